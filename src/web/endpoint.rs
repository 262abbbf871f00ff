//! A backend that is asked with `fetch`.

use super::source::Asked;
use super::{answer, js};
use crate::io::{Headers, SourceFailure};
use crate::token::{AccessToken, Json};
use js_sys::{Function, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;
use zeroize::Zeroizing;

/// The most that an answer may take: no token is longer.
const LONGEST: usize = 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// Asks the endpoint once and reads its answer as text.
pub(crate) fn ask(endpoint: &JsValue, request: &Object, signal: &AbortSignal, asked: Asked) {
    let url = js::text(endpoint, "url").unwrap_or_default();
    match init(endpoint, request, signal) {
        Some((init, headers, own)) => js::settled(&own, move |own| match own {
            Some(own) => {
                add(&headers, &own);
                send(&url, &init, asked);
            }
            None => asked.fail(SourceFailure::SourceThrew),
        }),
        None => asked.fail(SourceFailure::SourceThrew),
    }
}

/// What is always the same in the second argument of `fetch`.
const INIT: &str = r#"{"cache":"no-store","redirect":"error","headers":{"accept":"application/json"}}"#;

/// The second argument of `fetch`, its headers, and those that the page adds to them: perhaps a promise of them.
fn init(endpoint: &JsValue, request: &Object, signal: &AbortSignal) -> Option<(Object, Object, JsValue)> {
    let init: Object = answer::parse(&JsValue::from_str(INIT)).ok()?.unchecked_into();
    let headers: Object = js::get(&init, "headers").unchecked_into();
    for key in ["method", "credentials"] {
        js::set(&init, key, &js::get(endpoint, key));
    }
    js::set(&init, "signal", signal);
    if js::get(endpoint, "method") == "POST" {
        js::set_text(&headers, "content-type", "application/json");
        js::set(&init, "body", &body_of(endpoint, request)?);
    }
    Some((init, headers, given(endpoint, "headers", request)?))
}

/// Adds the page's own headers, whose word counts; names are the same in any case.
fn add(headers: &Object, own: &JsValue) {
    let names = Reflect::own_keys(own).unwrap_or_default();
    for at in 0..names.length() {
        if let Some(name) = names.get(at).as_string() {
            js::set(headers, &name.to_ascii_lowercase(), &js::get(own, &name));
        }
    }
}

/// The JSON body of a POST: what the page wants there, else why and for which embeds a token is asked for.
fn body_of(endpoint: &JsValue, request: &Object) -> Option<JsValue> {
    let mut body = given(endpoint, "body", request)?;
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
fn given(endpoint: &JsValue, key: &str, request: &Object) -> Option<JsValue> {
    let value = js::get(endpoint, key);
    match value.dyn_ref::<Function>() {
        Some(function) => js::run(function, request),
        None => Some(value),
    }
}

fn send(url: &str, init: &Object, asked: Asked) {
    match fetch(url, init) {
        Ok(sent) => js::settled(&sent, move |response| match response {
            Some(response) => receive(&response, asked),
            None => asked.fail(SourceFailure::Network),
        }),
        Err(_) => asked.fail(SourceFailure::Network),
    }
}

fn receive(response: &JsValue, asked: Asked) {
    let headers = js::get(response, "headers");
    let header = |name| js::call(&headers, "get", &JsValue::from_str(name))?.as_string();
    let heard = Headers {
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
        return asked.answer(Err(SourceFailure::Status(status as u16)), heard);
    }
    match js::call(&body, "getReader", &JsValue::UNDEFINED) {
        Some(reader) => {
            let body = Body {
                reader,
                bytes: Zeroizing::default(),
                heard,
                asked,
            };
            body.read();
        }
        None => asked.answer(Err(SourceFailure::InvalidBody), heard),
    }
}

/// Has a stream end, be it a body or its reader. Whether that works is of no matter.
fn cancel(stream: &JsValue) {
    if let Some(ended) = js::call(stream, "cancel", &JsValue::UNDEFINED) {
        js::settled(&ended, |_| {});
    }
}

/// A body that is read piece by piece, so that an endless one is given up in time.
///
/// An abort ends the stream, and with it the reading.
struct Body {
    reader: JsValue,
    bytes: Zeroizing<Vec<u8>>,
    heard: Headers,
    asked: Asked,
}

impl Body {
    fn read(self) {
        let read = js::call(&self.reader, "read", &JsValue::UNDEFINED).unwrap_or_default();
        js::settled(&read, move |piece| self.take(piece));
    }

    fn take(mut self, piece: Option<JsValue>) {
        let Some(piece) = piece else {
            return self.fail(SourceFailure::Network);
        };
        if js::get(&piece, "done") == JsValue::TRUE {
            return self.end();
        }
        match js::get(&piece, "value").dyn_into::<Uint8Array>() {
            Ok(part) if self.bytes.len() + part.length() as usize <= LONGEST => {
                self.bytes.append(&mut part.to_vec());
                self.read();
            }
            Ok(_) | Err(_) => self.fail(SourceFailure::InvalidBody),
        }
    }

    fn end(self) {
        match answer::text(&self.bytes).as_string() {
            Some(text) => {
                let text = AccessToken::new(text);
                self.asked.answer(Ok(Json::String(text)), self.heard);
            }
            None => self.fail(SourceFailure::InvalidBody),
        }
    }

    fn fail(self, failure: SourceFailure) {
        cancel(&self.reader);
        self.asked.answer(Err(failure), self.heard);
    }
}
