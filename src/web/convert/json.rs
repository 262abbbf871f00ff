//! JavaScript values as the core's [`Json`].

use crate::time::Timestamp;
use crate::token::{AccessToken, Json};
use js_sys::{Array, Date, Reflect};
use wasm_bindgen::prelude::*;

/// How many levels of a value are converted: a visual in a report's custom layout lies eight deep.
const MAX_DEPTH: u32 = 10;
/// How many entries of one object or list are converted.
const MAX_ENTRIES: u32 = 100;

#[wasm_bindgen]
extern "C" {
    type TextDecoder;
    #[wasm_bindgen(constructor)]
    fn new() -> TextDecoder;
    #[wasm_bindgen(method)]
    fn decode(this: &TextDecoder, bytes: &[u8]) -> JsValue;
    #[wasm_bindgen(catch, js_namespace = JSON)]
    pub(crate) fn parse(text: &JsValue) -> Result<JsValue, JsValue>;
}

/// Decodes UTF-8.
// the platform knows UTF-8 as well: to check it here is 700 bytes of code
pub(crate) fn decode_utf8(bytes: &[u8]) -> JsValue {
    TextDecoder::new().decode(bytes)
}

/// Parses JSON text with the platform's parser.
pub(crate) fn parse_json(bytes: &[u8]) -> Option<Json> {
    parse(&decode_utf8(bytes)).ok().map(|value| to_json(&value))
}

/// Converts a value as far as the core reads it. Getters that throw count as absent.
pub(crate) fn to_json(value: &JsValue) -> Json {
    convert(value, MAX_DEPTH)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast saturates, and whole milliseconds are meant"
)]
fn convert(value: &JsValue, depth: u32) -> Json {
    if let Some(text) = value.as_string() {
        return Json::String(AccessToken::new(text));
    }
    if let Some(number) = value.as_f64() {
        return Json::Number(number);
    }
    if *value == JsValue::TRUE || *value == JsValue::FALSE {
        return Json::Bool(*value == JsValue::TRUE);
    }
    if let Some(date) = value.dyn_ref::<Date>() {
        let ms = date.value_of();
        return if ms.is_nan() {
            Json::Null
        } else {
            Json::Date(Timestamp::from_ms(ms as i64))
        };
    }
    if value.is_function() {
        return Json::Object(Vec::new());
    }
    if depth == 0 || !value.is_object() {
        return Json::Null;
    }
    if let Some(list) = value.dyn_ref::<Array>() {
        let mut items = Vec::new();
        for at in 0..list.length().min(MAX_ENTRIES) {
            items.push(convert(&list.get(at), depth - 1));
        }
        return Json::Array(items);
    }
    let keys = Reflect::own_keys(value).unwrap_or_default();
    let mut entries = Vec::new();
    for at in 0..keys.length().min(MAX_ENTRIES) {
        let key = keys.get(at);
        if let (Some(name), Ok(value)) = (key.as_string(), Reflect::get(value, &key)) {
            entries.push((name, convert(&value, depth - 1)));
        }
    }
    Json::Object(entries)
}
