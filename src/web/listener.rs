//! A listener that is removed when it is dropped.

use super::globals::listener_options;
use super::js::Callback;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// An event listener on one target.
#[derive(Debug)]
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    callback: Callback,
}

impl Listener {
    /// Listens on `target` until the value is dropped.
    // takes what `js::callback` makes, so that there is one of it and not one for each function
    pub(crate) fn new(target: &EventTarget, name: &'static str, callback: Callback) -> Self {
        let _added = target.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            callback.as_ref().unchecked_ref(),
            &listener_options(),
        );
        Self {
            target: target.clone(),
            name,
            callback,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _removed = self
            .target
            .remove_event_listener_with_callback(self.name, callback);
    }
}
