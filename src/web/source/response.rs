//! Reading a `Response`: an endpoint's, or one that the page's source returned.

use super::{Completion, SourceResponse};
use crate::io::{Headers, SourceFailure};
use crate::token::{AccessToken, Json};
use crate::web::convert::json::TextDecoder;
use crate::web::{js, promise};
use js_sys::{JsString, Object};
use wasm_bindgen::JsValue;

/// The most bytes that a body may have: no token is longer.
const MAX_BODY: f64 = 1_048_576.0;

/// Whether a value is a `Response`, be it of another realm or of a polyfill.
pub(super) fn is_response(value: &JsValue) -> bool {
    js::get(value, "ok").as_bool().is_some()
        && js::get(value, "status").as_f64().is_some()
        && js::get(value, "text").is_function()
        && js::get(&js::get(value, "headers"), "get").is_function()
}

/// Reads a response: its status and headers, then its body, which may have 1 MiB.
pub(super) fn read(response: JsValue, completion: Completion) {
    let headers = headers_of(&response);
    if let Some(failure) = failure_of(&response) {
        return (completion.done)(SourceResponse {
            result: Err(failure),
            headers,
            evidence: response,
        });
    }
    let body = Body {
        reader: js::call(&js::get(&response, "body"), "getReader", &JsValue::UNDEFINED),
        length: 0.0,
        decoder: TextDecoder::new(),
        text: JsString::from(""),
        headers,
        completion,
    };
    body.read(&response);
}

/// The failure that a response is; none where its body is the answer.
///
/// A redirect is one, since a sign-in page is no token, and so is a response that hides its status.
fn failure_of(response: &JsValue) -> Option<SourceFailure> {
    let kind = js::text(response, "type");
    let is_opaque = matches!(kind.as_deref(), Some("opaque" | "opaqueredirect" | "error"));
    if is_opaque || js::get(response, "redirected") == JsValue::TRUE {
        return Some(SourceFailure::Network);
    }
    if js::get(response, "ok") == JsValue::TRUE {
        return None;
    }
    Some(SourceFailure::Status(
        status_of(response, "status").unwrap_or_default(),
    ))
}

/// The HTTP status in a property; `None` for what is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates"
)]
pub(super) fn status_of(value: &JsValue, key: &str) -> Option<u16> {
    let status = js::get(value, key).as_f64()? as u16;
    (100..600).contains(&status).then_some(status)
}

/// `Date` and `Retry-After` of a response, or of what a library made of one.
pub(super) fn headers_of(response: &JsValue) -> Headers {
    Headers {
        date: header(response, "date", "Date"),
        retry_after: header(response, "retry-after", "Retry-After"),
    }
}

/// A header by its name. `Headers` and those of axios and Angular have `get`, jQuery's request has `getResponseHeader`,
/// and a plain object has a property in either case.
fn header(response: &JsValue, name: &str, capitalised: &str) -> Option<String> {
    let headers = js::get(response, "headers");
    let argument = JsValue::from_str(name);
    let found = js::call(&headers, "get", &argument)
        .or_else(|| js::call(response, "getResponseHeader", &argument))
        .unwrap_or_else(|| js::get(&headers, name));
    js::short_text(&found).or_else(|| js::short_text(&js::get(&headers, capitalised)))
}

/// A body that is read piece by piece, so that an endless one is given up in time.
///
/// An abort ends the reading: with the stream of an endpoint, and with the next piece of a `Response` that the page has
/// requested without the signal.
struct Body {
    /// Missing where a polyfill has no streams.
    reader: Option<JsValue>,
    /// How many bytes were read.
    length: f64,
    decoder: TextDecoder,
    /// The text so far. It is JavaScript's until it is whole, so that no piece of it stays in our memory.
    text: JsString,
    headers: Headers,
    completion: Completion,
}

impl Body {
    fn read(self, response: &JsValue) {
        match &self.reader {
            Some(_) => self.read_piece(),
            None => {
                let text = js::call(response, "text", &JsValue::UNDEFINED).unwrap_or_default();
                promise::when_settled(&text, move |text| self.end(text.unwrap_or_default()));
            }
        }
    }

    fn read_piece(self) {
        let reader = self.reader.clone().unwrap_or_default();
        let piece = js::call(&reader, "read", &JsValue::UNDEFINED).unwrap_or_default();
        promise::when_settled(&piece, move |piece| match piece {
            Ok(piece) => self.take(&piece),
            Err(_) => self.complete(Err(SourceFailure::Network), JsValue::UNDEFINED),
        });
    }

    fn take(mut self, piece: &JsValue) {
        if self.completion.is_aborted() {
            return self.cancel();
        }
        if js::get(piece, "done") == JsValue::TRUE {
            let rest = self.decoder.decode(&JsValue::UNDEFINED, &JsValue::UNDEFINED);
            let text = self.text.concat(&rest.unwrap_or_else(|_| JsString::from("")));
            return self.end(text.into());
        }
        let bytes = js::get(piece, "value");
        self.length += js::get(&bytes, "byteLength").as_f64().unwrap_or(MAX_BODY);
        let more = Object::new();
        js::set(&more, "stream", &JsValue::TRUE);
        match self.decoder.decode(&bytes, &more) {
            Ok(text) if self.length <= MAX_BODY => {
                self.text = self.text.concat(&text);
                self.read_piece();
            }
            Ok(_) | Err(_) => {
                self.cancel();
                self.complete(Err(SourceFailure::InvalidBody), JsValue::UNDEFINED);
            }
        }
    }

    /// Cancels the stream. Whether that works does not matter.
    fn cancel(&self) {
        let reader = self.reader.clone().unwrap_or_default();
        if let Some(cancelled) = js::call(&reader, "cancel", &JsValue::UNDEFINED) {
            promise::when_settled(&cancelled, |_| {});
        }
    }

    /// The whole text is there, as far as it is one.
    fn end(self, text: JsValue) {
        let is_short = js::text_length(&text).is_some_and(|length| f64::from(length) <= MAX_BODY);
        let result = text
            .as_string()
            .filter(|_| is_short)
            .map(|text| Json::String(AccessToken::new(text)))
            .ok_or(SourceFailure::InvalidBody);
        self.complete(result, text);
    }

    fn complete(self, result: Result<Json, SourceFailure>, evidence: JsValue) {
        let headers = self.headers;
        (self.completion.done)(SourceResponse {
            result,
            headers,
            evidence,
        });
    }
}
