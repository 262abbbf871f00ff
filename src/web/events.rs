//! The core's events as the details that pages get.

use super::js;
use crate::io::{EmbedId, Event, Member};
use crate::token::words;
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
        Event::Refreshed(detail) => ("refreshed", detail.read_out(object), None),
        Event::RefreshFailed(failed, _) => {
            let detail = failed.read_out(object);
            js::set(&detail, "findings", &Array::new());
            ("refreshfailed", detail, None)
        }
        Event::ApplyFailed(embed, detail) => ("applyfailed", detail.read_out(object), Some(*embed)),
        Event::Expired(detail) => ("expired", detail.read_out(object), None),
        Event::Recovered(embed, how) => {
            let detail = Object::new();
            js::set_text(&detail, "how", how.as_str());
            ("recovered", detail, Some(*embed))
        }
        Event::StateChange(status) => ("statechange", status.read_out(object), None),
    };
    Told { name, detail, embed }
}

/// A plain object with these members.
pub(crate) fn object(names: &'static str, members: &[Member]) -> Object {
    let object = Object::new();
    for (name, member) in words(names).zip(members) {
        let value = match member {
            Member::Absent => continue,
            Member::Null => JsValue::NULL,
            Member::Number(number) => JsValue::from_f64(*number),
            Member::Text(text) => JsValue::from_str(text),
        };
        js::set(&object, name, &value);
    }
    object
}
