//! The core's events as the details that pages get.

use super::plain::plain;
use crate::io::{EmbedId, Event, Status};
use js_sys::{Array, Object};

/// An event for the page: its type, its detail, and the embed whose element belongs into the detail.
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) detail: Object,
    pub(crate) embed: Option<EmbedId>,
}

pub(crate) fn told(event: &Event) -> Told {
    let (name, detail, embed) = match event {
        Event::Refreshed(detail) => ("refreshed", plain(detail), None),
        Event::RefreshFailed(failed, _) => {
            let detail = plain(failed);
            super::js::set(&detail, "findings", &Array::new());
            ("refreshfailed", detail, None)
        }
        Event::ApplyFailed(embed, detail) => ("applyfailed", plain(detail), Some(*embed)),
        Event::Expired(detail) => ("expired", plain(detail), None),
        Event::Recovered(embed, how) => {
            let detail = Object::new();
            super::js::set_text(&detail, "how", how.as_str());
            ("recovered", detail, Some(*embed))
        }
        Event::StateChange(status) => ("statechange", read_out(status), None),
    };
    Told { name, detail, embed }
}

/// A status as a plain object.
pub(crate) fn read_out(status: &Status) -> Object {
    plain(status)
}
