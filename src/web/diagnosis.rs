//! Exports of the diagnosis. Each body is convert, call, convert; nothing leaves the page.

use super::convert::json::{parse_json, to_json_within};
use super::js;
use crate::diagnosis::{self, Options};
use crate::time::{Skew, Timestamp};
use crate::token::{AccessToken, Json};
use js_sys::{Array, Object};
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
            .then(|| js_sys::JSON::stringify(&copy_of(&to_json(token))));
        json?.ok()?.as_string()
    });
    let report = diagnosis::inspect(
        &AccessToken::new(text.unwrap_or_default()),
        &parse_options(options),
    );
    copy_of(&report.to_json())
}

/// Checks an embed configuration: an array of `Finding`.
#[wasm_bindgen]
pub fn diagnose(config: &JsValue, options: &JsValue) -> JsValue {
    let findings = diagnosis::diagnose(&to_json(config), &parse_options(options));
    findings
        .iter()
        .map(|finding| copy_of(&finding.to_json()))
        .collect::<Array>()
        .into()
}

/// Explains an error: an `Explanation`.
#[wasm_bindgen]
pub fn explain(error: &JsValue, config: &JsValue, options: &JsValue) -> JsValue {
    let config = config.is_object().then(|| to_json(config));
    let explanation = diagnosis::explain(&to_json(error), config.as_ref(), &parse_options(options));
    copy_of(&explanation.to_json())
}

/// A value of plain objects and lists.
fn copy_of(json: &Json) -> JsValue {
    match json {
        Json::Null | Json::Date(_) => JsValue::NULL,
        Json::Bool(flag) => JsValue::from_bool(*flag),
        Json::Number(number) => JsValue::from_f64(*number),
        Json::String(text) => JsValue::from_str(text.expose()),
        Json::Array(items) => items.iter().map(copy_of).collect::<Array>().into(),
        Json::Object(members) => {
            let copy = Object::new();
            for (name, value) in members {
                js::set(&copy, name, &copy_of(value));
            }
            copy.into()
        }
    }
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
