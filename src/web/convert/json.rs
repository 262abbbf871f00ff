//! JavaScript values as the core's [`Json`].
//!
//! A page may hand over anything: proxies, getters that throw, a million entries. What throws counts as absent, and the
//! work is bounded.

use crate::time::Timestamp;
use crate::token::{AccessToken, Json};
use crate::web::js;
use js_sys::{Array, JsString, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

/// How many levels of a value are converted: a visual in a report's custom layout lies eight deep.
const MAX_DEPTH: u32 = 10;
/// How many values are converted in all.
const MAX_VALUES: u32 = 2_000;
/// How many characters are converted in all.
const MAX_TEXT: u32 = 1_048_576;

#[wasm_bindgen]
extern "C" {
    pub(crate) type TextDecoder;
    #[wasm_bindgen(constructor)]
    pub(crate) fn new() -> TextDecoder;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn decode(this: &TextDecoder, bytes: &JsValue, options: &JsValue)
    -> Result<JsString, JsValue>;
    #[wasm_bindgen(catch, js_namespace = JSON)]
    pub(crate) fn parse(text: &JsValue) -> Result<JsValue, JsValue>;
    // throws for a proxy that was revoked
    #[wasm_bindgen(catch, js_namespace = Array, js_name = isArray)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
}

/// Parses JSON text with the platform's parser.
// the platform knows UTF-8 as well: to check it here is 700 bytes of code
pub(crate) fn parse_json(bytes: &[u8]) -> Option<Json> {
    let text = TextDecoder::new().decode(&Uint8Array::from(bytes), &JsValue::UNDEFINED);
    parse(&text.ok()?.into()).ok().map(|value| to_json(&value))
}

/// Converts a value as far as the core reads it.
pub(crate) fn to_json(value: &JsValue) -> Json {
    to_json_within(value, MAX_TEXT)
}

/// The same, with no more than `text` characters in all.
pub(crate) fn to_json_within(value: &JsValue, text: u32) -> Json {
    let mut budget = Budget {
        values: MAX_VALUES,
        text,
    };
    budget.convert(value, MAX_DEPTH)
}

/// What is left to be converted of one value.
struct Budget {
    values: u32,
    text: u32,
}

impl Budget {
    fn convert(&mut self, value: &JsValue, depth: u32) -> Json {
        self.values = self.values.saturating_sub(1);
        if let Some(length) = js::text_length(value) {
            return self.text(value, length);
        }
        if let Some(number) = value.as_f64() {
            return Json::Number(number);
        }
        if let Some(flag) = value.as_bool() {
            return Json::Bool(flag);
        }
        if value.is_function() {
            return Json::Object(Vec::new());
        }
        if depth == 0 || !value.is_object() {
            return Json::Null;
        }
        match is_array(value) {
            Ok(true) => self.list(value, depth),
            Ok(false) => self.object(value, depth),
            Err(_) => Json::Null,
        }
    }

    fn text(&mut self, value: &JsValue, length: u32) -> Json {
        if length > self.text {
            return Json::Null;
        }
        self.text -= length;
        value
            .as_string()
            .map_or(Json::Null, |text| Json::String(AccessToken::new(text)))
    }

    /// A value within another. It gets no more than half of what is left, so that its siblings are converted too.
    fn inner(&mut self, value: &JsValue, depth: u32) -> Json {
        let kept = self.values / 2;
        self.values -= kept;
        let json = self.convert(value, depth - 1);
        self.values += kept;
        json
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates"
    )]
    fn list(&mut self, value: &JsValue, depth: u32) -> Json {
        let length = js::get(value, "length").as_f64().unwrap_or_default() as u32;
        let mut items = Vec::new();
        for at in 0..length.min(self.values) {
            let item = Reflect::get_u32(value, at).unwrap_or_default();
            let is_data = at == 0 && item.as_f64().is_some();
            if is_data || self.values == 0 {
                break;
            }
            items.push(self.inner(&item, depth));
        }
        Json::Array(items)
    }

    fn object(&mut self, value: &JsValue, depth: u32) -> Json {
        if let Some(date) = date(value) {
            return date;
        }
        // a typed array, or a proxy of one: it may have millions of keys
        let is_bytes = js::get(value, "BYTES_PER_ELEMENT").as_f64().is_some();
        // its thousand properties take long to read, and the browser warns of some
        let is_window = js::get(value, "window") == *value;
        if is_bytes || is_window {
            return Json::Null;
        }
        let keys: Array = Reflect::own_keys(value).unwrap_or_default();
        let mut entries = Vec::new();
        for at in 0..keys.length().min(self.values) {
            if self.values == 0 {
                break;
            }
            let key = keys.get(at);
            if let (Some(name), Ok(value)) = (js::short_text(&key), Reflect::get(value, &key)) {
                entries.push((name, self.inner(&value, depth)));
            }
        }
        Json::Object(entries)
    }
}

/// A `Date`, be it of another realm.
#[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
fn date(value: &JsValue) -> Option<Json> {
    let ms = js::call(value, "getTime", &JsValue::UNDEFINED)?.as_f64()?;
    Some(if ms.is_nan() {
        Json::Null
    } else {
        Json::Date(Timestamp::from_ms(ms as i64))
    })
}
