//! The facade's options, parsed into what the core and the shell need.
//!
//! The facade has checked them already and named what was wrong; a value that is wrong here all the same falls
//! back to its default.

use super::convert::json::to_json;
use super::js;
use super::source::Source;
use crate::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use crate::token::{Json, Kind};
use wasm_bindgen::JsValue;

pub(crate) struct Options {
    pub(crate) policy: RefreshPolicy,
    pub(crate) source: Source,
    pub(crate) kind: Option<Kind>,
    pub(crate) initial: Option<Json>,
}

pub(crate) fn parse(options: &JsValue) -> Options {
    let while_hidden = match js::text(options, "whileHidden").as_deref() {
        Some("pause") => WhileHidden::Pause,
        _ => WhileHidden::Refresh,
    };
    let after_expiry = match js::text(options, "afterExpiry").as_deref() {
        Some("reload") => AfterExpiry::Reload,
        Some("refresh") => AfterExpiry::Refresh,
        Some("none") => AfterExpiry::None,
        _ => AfterExpiry::Auto,
    };
    let lookup = |name| js::get(options, name).as_f64();
    let initial = js::get(options, "initial");
    Options {
        policy: RefreshPolicy::parse(lookup, while_hidden, after_expiry)
            .unwrap_or_default()
            .with_tabs(js::text(options, "shareKey").is_some()),
        source: Source::new(options),
        kind: kind(&js::get(options, "tokenType")),
        initial: (initial != JsValue::UNDEFINED).then(|| to_json(&initial)),
    }
}

/// `models.TokenType`.
pub(crate) fn kind(value: &JsValue) -> Option<Kind> {
    let number = value.as_f64()?;
    if number == 0.0 {
        Some(Kind::Aad)
    } else {
        (number == 1.0).then_some(Kind::Embed)
    }
}
