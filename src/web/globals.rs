//! The page's globals, as the facade hands them in: markup can shadow a property that they would be found by.

use super::js;
use core::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AddEventListenerOptions, EventTarget};

thread_local! {
    /// `Globals` in `npm/src/engine/load.ts`.
    static GLOBALS: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
}

/// Takes the globals.
pub(crate) fn init(globals: JsValue) {
    GLOBALS.set(globals);
}

pub(crate) fn window() -> EventTarget {
    global("window").unchecked_into()
}

pub(crate) fn document() -> EventTarget {
    global("document").unchecked_into()
}

/// The options of every listener: a signal, which aborts when the instance has crashed and can't remove them itself.
pub(crate) fn listener_options() -> AddEventListenerOptions {
    global("listenerOptions").unchecked_into()
}

fn global(key: &str) -> JsValue {
    let globals = GLOBALS.with_borrow(JsValue::clone);
    js::get(&globals, key)
}
