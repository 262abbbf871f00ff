//! A backend that is asked with `fetch`.

use super::js;
use super::source::{Answer, unless_aborted};
use crate::io::{Headers, SourceFailure};
use crate::token::{AccessToken, Json};
use js_sys::{Function, JSON, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, ReadableStreamDefaultReader, Response};
use zeroize::Zeroize;

/// The most that an answer may take: no token is longer.
const LONGEST: usize = 1024 * 1024;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// Asks the endpoint once and reads its answer as text.
pub(crate) async fn ask(endpoint: &JsValue, request: &Object, signal: &AbortSignal) -> Answer {
    let nothing = Headers::default;
    let init = init(endpoint, request, signal)
        .await
        .map_err(|_| (SourceFailure::Threw, nothing()))?;
    let url = js::text(endpoint, "url").unwrap_or_default();
    let unreached = |_| (SourceFailure::Network, nothing());
    let asked = fetch(&url, &init).map_err(unreached)?;
    let response: Response = asked.await.map_err(unreached)?.unchecked_into();
    let heard = Headers {
        date: response.headers().get("date").unwrap_or_default(),
        retry_after: response.headers().get("retry-after").unwrap_or_default(),
    };
    if !response.ok() {
        if let Some(body) = response.body() {
            js::after(&body.cancel(), |_| {});
        }
        return Err((SourceFailure::Status(response.status()), heard));
    }
    match body(&response).await {
        Ok(text) => Ok((Json::Text(text), heard)),
        Err(failure) => Err((failure, heard)),
    }
}

/// The second argument of `fetch`.
async fn init(endpoint: &JsValue, request: &Object, signal: &AbortSignal) -> Result<Object, JsValue> {
    let init = Object::new();
    let method = js::get(endpoint, "method");
    let headers = Object::new();
    js::set(&headers, "accept", &"application/json".into());
    if method == "POST" {
        js::set(&headers, "content-type", &"application/json".into());
        js::set(&init, "body", &body_of(endpoint, request)?.into());
    }
    let own = given(endpoint, "headers", request);
    let own = unless_aborted(&js::promise(&own?), signal).await?;
    for name in Reflect::own_keys(&own)
        .unwrap_or_default()
        .iter()
        .filter_map(|name| name.as_string())
    {
        // header names are the same in any case, and the page's own word counts
        js::set(&headers, &name.to_ascii_lowercase(), &js::get(&own, &name));
    }
    js::set(&init, "headers", &headers);
    js::set(&init, "method", &method);
    js::set(&init, "credentials", &js::get(endpoint, "credentials"));
    js::set(&init, "signal", signal);
    js::set(&init, "cache", &"no-store".into());
    js::set(&init, "redirect", &"error".into());
    Ok(init)
}

/// The JSON body of a POST: what the page wants there, else why and for which embeds a token is asked for.
fn body_of(endpoint: &JsValue, request: &Object) -> Result<String, JsValue> {
    let mut body = given(endpoint, "body", request)?;
    if body.is_undefined() {
        let default = Object::new();
        for key in ["reason", "embeds"] {
            js::set(&default, key, &js::get(request, key));
        }
        body = default.into();
    }
    // a value that JSON knows nothing of gives undefined, which is no text
    JSON::stringify(&body)?.as_string().ok_or(JsValue::UNDEFINED)
}

/// A field of the endpoint, called with the request where it is a function.
fn given(endpoint: &JsValue, key: &str, request: &Object) -> Result<JsValue, JsValue> {
    let value = js::get(endpoint, key);
    match value.dyn_ref::<Function>() {
        Some(function) => function.call1(&JsValue::UNDEFINED, request),
        None => Ok(value),
    }
}

/// Reads a body piece by piece, so that an endless one is given up in time.
///
/// An abort ends the stream, and with it the reading.
async fn body(response: &Response) -> Result<AccessToken, SourceFailure> {
    let Some(stream) = response.body() else {
        return Err(SourceFailure::Unreadable);
    };
    let reader = ReadableStreamDefaultReader::new(&stream).map_err(|_| SourceFailure::Unreadable)?;
    let mut bytes = Vec::new();
    let read = pieces(&reader, &mut bytes).await;
    let text = read.and_then(|()| {
        let text = core::str::from_utf8(&bytes).map_err(|_| SourceFailure::Unreadable)?;
        Ok(AccessToken::new(text.trim_start_matches('\u{feff}').into()))
    });
    bytes.zeroize();
    if text.is_err() {
        js::after(&reader.cancel(), |_| {});
    }
    text
}

async fn pieces(reader: &ReadableStreamDefaultReader, bytes: &mut Vec<u8>) -> Result<(), SourceFailure> {
    loop {
        let piece = reader.read().await.map_err(|_| SourceFailure::Network)?;
        if js::get(&piece, "done").is_truthy() {
            return Ok(());
        }
        let Ok(part) = js::get(&piece, "value").dyn_into::<Uint8Array>() else {
            return Err(SourceFailure::Unreadable);
        };
        if bytes.len() + part.length() as usize > LONGEST {
            return Err(SourceFailure::Unreadable);
        }
        bytes.append(&mut part.to_vec());
    }
}
