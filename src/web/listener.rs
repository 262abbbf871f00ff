//! A listener that is removed when it is dropped.

use super::globals;
use super::js::{self, Callback};
use js_sys::Function;
use wasm_bindgen::JsValue;
use web_sys::EventTarget;

/// An event listener on one target.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Removes it; missing where the target takes none.
    stop: Option<Function>,
    _callback: Callback,
}

impl Listener {
    /// Listens on `target` until the value is dropped.
    // takes what `js::callback` makes, so that there is one of it and not one for each function
    pub(crate) fn new(target: &EventTarget, name: &str, callback: Callback) -> Self {
        Self {
            stop: globals::listen(target, name, callback.as_ref()),
            _callback: callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stop) = &self.stop {
            let _stopped = js::run(stop, &JsValue::UNDEFINED);
        }
    }
}
