//! For tests only: the platform's JSON reader, played by `serde_json`.
//!
//! Files under `tests/` take it in by `#[path]`; they name the crate's `token` and `time` at their root.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::token::{AccessToken, Json};

/// What `JSON.parse` is in a browser.
pub(crate) fn parse_json(text: &[u8]) -> Option<Json> {
    serde_json::from_slice::<Value>(text)
        .ok()
        .map(|value| json(&value))
}

/// The crate's value of one of `serde_json`'s, such as its `json!` makes.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bit) => Json::Bool(*bit),
        Value::Number(number) => Json::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Json::String(AccessToken::new(text.clone())),
        Value::Array(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(members) => Json::Object(members.iter().map(|(k, v)| (k.clone(), json(v))).collect()),
    }
}

/// A text of `json!` in URL-safe base64 without padding.
pub(crate) fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// An Entra token with these claims and a signature that is none.
pub(crate) fn jwt(claims: &Value) -> String {
    jwt_by("RS256", claims)
}

/// A JWT with this `alg`.
pub(crate) fn jwt_by(alg: &str, claims: &Value) -> String {
    let header = serde_json::json!({"typ": "JWT", "alg": alg, "kid": "k"});
    format!(
        "{}.{}.{}",
        segment(&header),
        segment(claims),
        URL_SAFE_NO_PAD.encode([7; 256])
    )
}

/// What only looks like an embed token: its gzip part is no gzip.
pub(crate) fn embed(metadata: &Value) -> String {
    format!("H4sIAAAAAAAEACWWxa7FCnZE.{}", segment(metadata))
}
