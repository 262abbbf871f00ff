//! Waiting for what may be a promise.
// no futures: see `source::Completion`

use super::{globals, js};
use core::cell::Cell;
use wasm_bindgen::JsValue;

/// Calls `done` with the value or the reason when `value` has settled, be it a promise, a thenable or anything else.
/// A reason may quote a token.
///
/// The callback belongs to the promise and goes with it, so that one which never settles leaves nothing behind.
pub(crate) fn when_settled(value: &JsValue, done: impl FnOnce(Result<JsValue, JsValue>) + 'static) {
    then(value, Box::new(done));
}

fn then(value: &JsValue, done: Box<dyn FnOnce(Result<JsValue, JsValue>)>) {
    let done = Cell::new(Some(done));
    let callback = js::callback(move |result| {
        if let Some(done) = done.take() {
            let value = js::get(&result, "1");
            let is_fulfilled = js::get(&result, "0") == JsValue::TRUE;
            done(if is_fulfilled { Ok(value) } else { Err(value) });
        }
    });
    globals::settle(value, &callback.into_js_value());
}
