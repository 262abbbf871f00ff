//! Asking an endpoint with `fetch`.

use super::{Completion, SourceResponse, fail};
use crate::io::{Headers, SourceFailure};
use crate::token::{AccessToken, Json};
use crate::web::convert::json::{decode_utf8, parse};
use crate::web::js;
use js_sys::{Function, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;
use zeroize::Zeroizing;

/// The most bytes that a response may have: no token is longer.
const MAX_BODY: usize = 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// Asks the endpoint once and reads its response as text.
pub(super) fn ask(endpoint: &JsValue, request: &Object, signal: &AbortSignal, completion: Completion) {
    let url = js::text(endpoint, "url").unwrap_or_default();
    match init(endpoint, request, signal) {
        Some((init, headers, own)) => js::when_settled(&own, move |own| match own {
            Some(own) => {
                merge_headers(&headers, &own);
                send(&url, &init, completion);
            }
            None => fail(completion, SourceFailure::SourceThrew),
        }),
        None => fail(completion, SourceFailure::SourceThrew),
    }
}

/// The part of `fetch`'s second argument that is always the same.
const INIT: &str = r#"{"cache":"no-store","redirect":"error","headers":{"accept":"application/json"}}"#;

/// The second argument of `fetch`, its headers, and the page's own headers or a promise of them.
fn init(endpoint: &JsValue, request: &Object, signal: &AbortSignal) -> Option<(Object, Object, JsValue)> {
    let init: Object = parse(&JsValue::from_str(INIT)).ok()?.unchecked_into();
    let headers: Object = js::get(&init, "headers").unchecked_into();
    for key in ["method", "credentials"] {
        js::set(&init, key, &js::get(endpoint, key));
    }
    js::set(&init, "signal", signal);
    if js::get(endpoint, "method") == "POST" {
        js::set_text(&headers, "content-type", "application/json");
        js::set(&init, "body", &body_of(endpoint, request)?);
    }
    Some((init, headers, resolve_field(endpoint, "headers", request)?))
}

/// Merges the page's own headers in, which win; names are compared in lower case.
fn merge_headers(headers: &Object, own: &JsValue) {
    let names = Reflect::own_keys(own).unwrap_or_default();
    for at in 0..names.length() {
        if let Some(name) = names.get(at).as_string() {
            js::set(headers, &name.to_ascii_lowercase(), &js::get(own, &name));
        }
    }
}

/// The JSON body of a POST: the page's own, else the reason and the embeds of the request.
fn body_of(endpoint: &JsValue, request: &Object) -> Option<JsValue> {
    let mut body = resolve_field(endpoint, "body", request)?;
    if body == JsValue::UNDEFINED {
        let default = Object::new();
        for key in ["reason", "embeds"] {
            js::set(&default, key, &js::get(request, key));
        }
        body = default.into();
    }
    // a value that JSON knows nothing of gives undefined, which is no text
    let text: JsValue = JSON::stringify(&body).ok()?.into();
    Some(text).filter(|text| *text != JsValue::UNDEFINED)
}

/// A field of the endpoint, called with the request where it is a function.
fn resolve_field(endpoint: &JsValue, key: &str, request: &Object) -> Option<JsValue> {
    let value = js::get(endpoint, key);
    match value.dyn_ref::<Function>() {
        Some(function) => js::run(function, request),
        None => Some(value),
    }
}

fn send(url: &str, init: &Object, completion: Completion) {
    match fetch(url, init) {
        Ok(sent) => js::when_settled(&sent, move |response| match response {
            Some(response) => receive(&response, completion),
            None => fail(completion, SourceFailure::Network),
        }),
        Err(_) => fail(completion, SourceFailure::Network),
    }
}

fn receive(response: &JsValue, completion: Completion) {
    let headers = js::get(response, "headers");
    let header = |name| js::call(&headers, "get", &JsValue::from_str(name))?.as_string();
    let headers = Headers {
        date: header("date"),
        retry_after: header("retry-after"),
    };
    let body = js::get(response, "body");
    if js::get(response, "ok") != JsValue::TRUE {
        cancel(&body);
        let status = js::get(response, "status").as_f64().unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast saturates"
        )]
        let result = Err(SourceFailure::Status(status as u16));
        return completion(SourceResponse { result, headers });
    }
    match js::call(&body, "getReader", &JsValue::UNDEFINED) {
        Some(reader) => {
            let body = Body {
                reader,
                bytes: Zeroizing::default(),
                headers,
                completion,
            };
            body.read();
        }
        None => {
            let result = Err(SourceFailure::InvalidBody);
            completion(SourceResponse { result, headers });
        }
    }
}

/// Cancels a stream, be it a body or its reader. Whether that works does not matter.
fn cancel(stream: &JsValue) {
    if let Some(ended) = js::call(stream, "cancel", &JsValue::UNDEFINED) {
        js::when_settled(&ended, |_| {});
    }
}

/// A body that is read piece by piece, so that an endless one is given up in time.
///
/// An abort ends the stream, and with it the reading.
struct Body {
    reader: JsValue,
    bytes: Zeroizing<Vec<u8>>,
    headers: Headers,
    completion: Completion,
}

impl Body {
    fn read(self) {
        let read = js::call(&self.reader, "read", &JsValue::UNDEFINED).unwrap_or_default();
        js::when_settled(&read, move |piece| self.take(piece));
    }

    fn take(mut self, piece: Option<JsValue>) {
        let Some(piece) = piece else {
            return self.fail(SourceFailure::Network);
        };
        if js::get(&piece, "done") == JsValue::TRUE {
            return self.end();
        }
        match js::get(&piece, "value").dyn_into::<Uint8Array>() {
            Ok(part) if self.bytes.len() + part.length() as usize <= MAX_BODY => {
                self.bytes.append(&mut part.to_vec());
                self.read();
            }
            Ok(_) | Err(_) => self.fail(SourceFailure::InvalidBody),
        }
    }

    fn end(self) {
        match decode_utf8(&self.bytes).as_string() {
            Some(text) => self.complete(Ok(Json::String(AccessToken::new(text)))),
            None => self.fail(SourceFailure::InvalidBody),
        }
    }

    fn fail(self, failure: SourceFailure) {
        cancel(&self.reader);
        self.complete(Err(failure));
    }

    fn complete(self, result: Result<Json, SourceFailure>) {
        let headers = self.headers;
        (self.completion)(SourceResponse { result, headers });
    }
}
