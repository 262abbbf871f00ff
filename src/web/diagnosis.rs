//! Exports of the diagnosis. Each body is convert, call, convert; nothing leaves the page.

use super::convert::json::{parse_json, to_json_within};
use super::convert::serialize::to_plain;
use super::js;
use crate::diagnosis::{self, Finding, Options};
use crate::time::{Skew, Timestamp};
use crate::token::{AccessToken, Json};
use wasm_bindgen::prelude::*;

/// How many characters of a value are looked at: an explanation needs the beginnings of texts, and no token is longer.
/// More would hold up the page.
const MAX_TEXT: u32 = 262_144;

fn to_json(value: &JsValue) -> Json {
    to_json_within(value, MAX_TEXT)
}

/// Takes a token apart: a `TokenReport`. What is no text counts as a missing token, and an object as the answer that
/// somebody took for one.
#[wasm_bindgen]
pub fn inspect(token: &JsValue, options: &JsValue) -> JsValue {
    let text = token.as_string().or_else(|| {
        // of a copy, whose size is bounded, and which has no code of its own
        let json = token
            .is_object()
            .then(|| js_sys::JSON::stringify(&to_plain(&to_json(token))));
        json?.ok()?.as_string()
    });
    let report = diagnosis::inspect(
        &AccessToken::new(text.unwrap_or_default()),
        &parse_options(options),
    );
    to_plain(&report.to_json())
}

/// Checks an embed configuration: an array of `Finding`.
#[wasm_bindgen]
pub fn diagnose(config: &JsValue, options: &JsValue) -> JsValue {
    let findings = diagnosis::diagnose(&to_json(config), &parse_options(options));
    to_plain(&Json::Array(findings.iter().map(Finding::to_json).collect()))
}

/// Explains an error: an `Explanation`.
#[wasm_bindgen]
pub fn explain(error: &JsValue, config: &JsValue, options: &JsValue) -> JsValue {
    let config = config.is_object().then(|| to_json(config));
    let explanation = diagnosis::explain(&to_json(error), config.as_ref(), &parse_options(options));
    to_plain(&explanation.to_json())
}

/// `DiagnoseOptions`, and what a keeper knows besides: `clockSkewMs` and `expiresAt`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast saturates, and whole milliseconds are meant"
)]
fn parse_options(options: &JsValue) -> Options {
    let number = |key| js::get(options, key).as_f64().filter(|number| number.is_finite());
    let now = number("now").unwrap_or_else(js_sys::Date::now);
    Options {
        tenant: js::text(&js::get(options, "expected"), "tenantId"),
        sdk: js::text(options, "sdkVersion"),
        skew: number("clockSkewMs").map(|ms| Skew::from_ms(ms as i64)),
        stated: number("expiresAt").map(|ms| Timestamp::from_ms(ms as i64)),
        ..Options::new(Timestamp::from_ms(now as i64), parse_json)
    }
}
