//! The core's events as the details that pages get.

use super::js;
use crate::io::{EmbedId, Event, FieldValue};
use crate::token::split_words;
use js_sys::{Array, Object};
use wasm_bindgen::JsValue;

/// An event for the page: its type, its detail, and the embed whose element belongs into the detail.
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) detail: Object,
    pub(crate) embed: Option<EmbedId>,
}

pub(crate) fn told(event: &Event) -> Told {
    let (name, detail, embed) = match event {
        Event::Refreshed(detail) => ("refreshed", detail.to_object(object), None),
        Event::RefreshFailed(failed, _) => {
            let detail = failed.to_object(object);
            js::set(&detail, "findings", &Array::new());
            ("refreshfailed", detail, None)
        }
        Event::ApplyFailed(embed, detail) => ("applyfailed", detail.to_object(object), Some(*embed)),
        Event::Expired(detail) => ("expired", detail.to_object(object), None),
        Event::Recovered(embed, how) => {
            let detail = Object::new();
            js::set_text(&detail, "how", how.as_str());
            ("recovered", detail, Some(*embed))
        }
        Event::StateChange(status) => ("statechange", status.to_object(object), None),
    };
    Told { name, detail, embed }
}

/// A plain object with these members.
pub(crate) fn object(names: &'static str, members: &[FieldValue]) -> Object {
    let object = Object::new();
    for (name, member) in split_words(names).zip(members) {
        let value = match member {
            FieldValue::Absent => continue,
            FieldValue::Null => JsValue::NULL,
            FieldValue::Number(number) => JsValue::from_f64(*number),
            FieldValue::Text(text) => JsValue::from_str(text),
        };
        js::set(&object, name, &value);
    }
    object
}
