//! Our own values as plain JavaScript objects.

use crate::token::Json;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

/// A value of plain objects and arrays, with null for what is not there.
pub(crate) fn to_plain(json: &Json) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new()
        .serialize_missing_as_null(true)
        .serialize_maps_as_objects(true);
    // texts, numbers and objects of those always serialise
    Plain(json).serialize(&serializer).unwrap_or(JsValue::NULL)
}

struct Plain<'a>(&'a Json);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Null | Json::Date(_) => serializer.serialize_unit(),
            Json::Bool(flag) => serializer.serialize_bool(*flag),
            Json::Number(number) => serializer.serialize_f64(*number),
            Json::String(text) => serializer.serialize_str(text.expose()),
            Json::Array(items) => serializer.collect_seq(items.iter().map(Plain)),
            Json::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, Plain(value))))
            }
        }
    }
}
