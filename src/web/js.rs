//! JavaScript at arm's length: reading properties, settling promises, the clocks. Nothing here throws.

use crate::time::{Instant, Now, Timestamp};
use core::cell::Cell;
use js_sys::{Function, Object, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
}

/// Both clocks, read now.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and whole milliseconds are meant"
)]
pub(crate) fn now() -> Now {
    Now {
        wall: Timestamp::from_ms(date_now() as i64),
        mono: Instant::from_ms(performance_now() as u64),
    }
}

/// The property `key` of `value`; undefined when there is none, or when reading it throws.
pub(crate) fn get(value: &JsValue, key: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// As [`get`], where the property is text.
pub(crate) fn text(value: &JsValue, key: &str) -> Option<String> {
    get(value, key).as_string()
}

/// As [`get`], where the property is a function.
pub(crate) fn method(value: &JsValue, key: &str) -> Option<Function> {
    get(value, key).dyn_into().ok()
}

/// Sets a property of an object of our own.
pub(crate) fn set(object: &Object, key: &str, value: &JsValue) {
    // a plain object of ours takes any property
    let _set = Reflect::set(object, &JsValue::from_str(key), value);
}

/// A promise of our own that settles as `value` does, be it a promise, a thenable or anything else.
///
/// `then` of a foreign object may throw; that of our own does not.
pub(crate) fn promise(value: &JsValue) -> Promise {
    Promise::new(&mut |resolve, _| {
        let _resolved = resolve.call1(&JsValue::UNDEFINED, value);
    })
}

/// Calls `done` when `value` has settled, with whether it was fulfilled. What it settled to is dropped.
///
/// The callbacks belong to the promise and go with it, so that one which never settles leaves nothing behind.
pub(crate) fn after(value: &JsValue, done: impl FnOnce(bool) + 'static) {
    let done = Rc::new(Cell::new(Some(done)));
    let callback = |fulfilled: bool| {
        let done = Rc::clone(&done);
        Closure::once(move |_: JsValue| {
            if let Some(done) = done.take() {
                done(fulfilled);
            }
        })
        .into_js_value()
        .unchecked_into::<Function>()
    };
    let promise = promise(value);
    if let Some(then) = method(&promise, "then") {
        let _derived = then.call2(&promise, &callback(true), &callback(false));
    }
}
