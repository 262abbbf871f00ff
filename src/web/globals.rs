//! The page's globals, as the facade hands them in: markup can shadow a property that they would be found by.

use super::js;
use core::cell::RefCell;
use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

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

/// Adds a listener. The result removes it, which the facade does itself when the instance has crashed.
pub(crate) fn listen(target: &EventTarget, name: &str, callback: &JsValue) -> Option<Function> {
    let listen: Function = global("listen").dyn_into().ok()?;
    let stop = listen.call3(&JsValue::UNDEFINED, target, &JsValue::from_str(name), callback);
    stop.ok()?.dyn_into().ok()
}

/// Calls `callback` with `[whether it was fulfilled, its value or reason]` when a value has settled.
pub(crate) fn settle(value: &JsValue, callback: &JsValue) {
    if let Ok(settle) = global("settle").dyn_into::<Function>() {
        let _begun = settle.call2(&JsValue::UNDEFINED, value, callback);
    }
}

fn global(key: &str) -> JsValue {
    let globals = GLOBALS.with_borrow(JsValue::clone);
    js::get(&globals, key)
}
