//! The core's events as the details that pages get.

use crate::io::{Event, FieldValue};
use crate::token::split_words;
use crate::web::js;
use js_sys::{Array, Object};
use wasm_bindgen::JsValue;

/// The `detail` of an event, but for the element of the embed that it is about.
pub(crate) fn detail_of(event: &Event) -> Object {
    match event {
        Event::Refreshed(detail) => detail.to_object(object),
        Event::RefreshFailed(failed, _) => {
            let detail = failed.to_object(object);
            js::set(&detail, "findings", &Array::new());
            detail
        }
        Event::ApplyFailed(_, detail) => detail.to_object(object),
        Event::Expired(detail) => detail.to_object(object),
        Event::Recovered {
            how, state_restored, ..
        } => {
            let detail = Object::new();
            js::set_text(&detail, "how", how.as_str());
            js::set(&detail, "stateRestored", &JsValue::from_bool(*state_restored));
            detail
        }
        Event::StateChange(status) => status.to_object(object),
    }
}

/// A plain object with these fields.
pub(crate) fn object(names: &'static str, fields: &[FieldValue]) -> Object {
    let object = Object::new();
    for (name, field) in split_words(names).zip(fields) {
        let value = match field {
            FieldValue::Absent => continue,
            FieldValue::Null => JsValue::NULL,
            FieldValue::Number(number) => JsValue::from_f64(*number),
            FieldValue::Text(text) => JsValue::from_str(text),
        };
        js::set(&object, name, &value);
    }
    object
}
