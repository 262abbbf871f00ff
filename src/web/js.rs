//! JavaScript at arm's length: reading properties, calling methods, the clocks. Nothing here throws.

use crate::time::{Instant, Now, Timestamp};
use js_sys::{Function, JsString, Object, Reflect};
use wasm_bindgen::prelude::*;

/// No token is longer, nor anything else that is read of an embed, an error or an option. Memory that was once added for
/// a longer text stays for good.
const MAX_TEXT: u32 = 65_536;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    pub(crate) fn date_now() -> f64;
}

/// Both clocks, read now.
pub(crate) fn now() -> Now {
    clocks([date_now(), performance_now()])
}

/// `Date.now()` and `performance.now()`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and whole milliseconds are meant"
)]
pub(crate) fn clocks([wall, mono]: [f64; 2]) -> Now {
    Now {
        wall: Timestamp::from_ms(wall as i64),
        mono: Instant::from_ms(mono as u64),
    }
}

/// The property `key` of `value`; undefined when there is none, or when reading it throws.
pub(crate) fn get(value: &JsValue, key: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(key)).unwrap_or(JsValue::UNDEFINED)
}

/// As [`get`], where the property is text, and no longer than any token.
pub(crate) fn text(value: &JsValue, key: &str) -> Option<String> {
    let value = get(value, key);
    text_length(&value).filter(|length| *length <= MAX_TEXT)?;
    value.as_string()
}

/// The length of a text; `None` for what is none.
pub(crate) fn text_length(value: &JsValue) -> Option<u32> {
    value.dyn_ref::<JsString>().map(JsString::length)
}

/// A text of at most 100 characters; `None` for anything else.
pub(crate) fn short_text(value: &JsValue) -> Option<String> {
    text_length(value).filter(|length| *length <= 100)?;
    value.as_string()
}

/// Calls the method `key` of `value`; `None` when there is none, or when it throws.
pub(crate) fn call(value: &JsValue, key: &str, argument: &JsValue) -> Option<JsValue> {
    let method: Function = get(value, key).dyn_into().ok()?;
    method.call1(value, argument).ok()
}

/// Calls a function of no object; `None` when it throws.
pub(crate) fn run(function: &Function, argument: &JsValue) -> Option<JsValue> {
    try_run(function, argument).ok()
}

/// As [`run`], with what was thrown, which may quote a token.
#[inline(never)] // called all over, and larger than a call
pub(crate) fn try_run(function: &Function, argument: &JsValue) -> Result<JsValue, JsValue> {
    function.call1(&JsValue::UNDEFINED, argument)
}

/// Sets a property of an object of our own.
pub(crate) fn set(object: &Object, key: &str, value: &JsValue) {
    // a plain object of ours takes any property
    let _set = Reflect::set(object, &JsValue::from_str(key), value);
}

/// As [`set`], where the property is text.
pub(crate) fn set_text(object: &Object, key: &str, text: &str) {
    set(object, key, &JsValue::from_str(text));
}

/// A time as a number of milliseconds since the Unix epoch.
#[expect(clippy::cast_precision_loss, reason = "JavaScript's times are f64")]
pub(crate) fn ms(at: Timestamp) -> f64 {
    at.as_ms() as f64
}

/// As [`ms`], as a value.
pub(crate) fn time(at: Timestamp) -> JsValue {
    JsValue::from_f64(ms(at))
}

/// A function for JavaScript. One type for all: each has glue of its own. It may be called while it runs.
pub(crate) fn callback(called: impl Fn(JsValue) + 'static) -> Callback {
    Closure::wrap(Box::new(called))
}

/// The type of [`callback`]'s result.
pub(crate) type Callback = Closure<dyn Fn(JsValue)>;
