//! Asking an endpoint with `fetch`.

use super::rejection::failure_of;
use super::{Completion, complete, fail, response};
use crate::io::SourceFailure;
use crate::web::convert::json::parse;
use crate::web::{js, promise};
use js_sys::{Array, Function, JSON, Object};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    fn fetch(url: &JsValue, init: &Object) -> Result<JsValue, JsValue>;
    /// Reads every form of headers that `fetch` takes, and iterates over them in lower case.
    type Headers;
    #[wasm_bindgen(catch, constructor)]
    fn new(init: &JsValue) -> Result<Headers, JsValue>;
    // a page may have put something else in place of it
    #[wasm_bindgen(catch, js_namespace = Promise)]
    fn all(values: &Array) -> Result<JsValue, JsValue>;
}

/// The part of `fetch`'s second argument that is always the same.
const INIT: &str = r#"{"cache":"no-store","redirect":"error","headers":{"accept":"application/json"}}"#;

/// Asks the endpoint once and reads its response.
pub(super) fn ask(endpoint: &JsValue, request: &Object, completion: Completion) {
    let fields = resolve_field(endpoint, "headers", request)
        .and_then(|headers| Ok(Array::of2(&headers, &resolve_field(endpoint, "body", request)?)));
    let fields = match fields.and_then(|fields| all(&fields)) {
        Ok(fields) => fields,
        Err(thrown) => return complete(completion, Err(thrown)),
    };
    let (endpoint, request) = (endpoint.clone(), request.clone());
    promise::when_settled(&fields, move |fields| {
        // a `fetch` of the page's own may not know signals
        if completion.is_aborted() {
            return;
        }
        let url = js::get(&endpoint, "url");
        match fields.and_then(|fields| init(&endpoint, &fields, &request, &completion.signal)) {
            Ok(init) => send(&url, &init, completion),
            Err(error) => complete(completion, Err(error)),
        }
    });
}

/// A field of the endpoint, called with the request where it is a function.
fn resolve_field(endpoint: &JsValue, key: &str, request: &Object) -> Result<JsValue, JsValue> {
    let value = js::get(endpoint, key);
    match value.dyn_ref::<Function>() {
        Some(function) => js::try_run(function, request),
        None => Ok(value),
    }
}

/// The second argument of `fetch`. `fields` are the page's own headers and body.
fn init(
    endpoint: &JsValue,
    fields: &JsValue,
    request: &Object,
    signal: &AbortSignal,
) -> Result<Object, JsValue> {
    // without a prototype, which may be polluted with more of `fetch`'s options
    let init = Object::create(JsValue::NULL.unchecked_ref());
    Object::assign(&init, parse(&JsValue::from_str(INIT))?.unchecked_ref());
    let headers: Object = js::get(&init, "headers").unchecked_into();
    for key in ["method", "credentials"] {
        js::set(&init, key, &js::get(endpoint, key));
    }
    js::set(&init, "signal", signal);
    if js::get(endpoint, "method") == "POST" {
        js::set_text(&headers, "content-type", "application/json");
        js::set(&init, "body", &body(&js::get(fields, "1"), request)?);
    }
    let own: JsValue = Headers::new(&js::get(fields, "0"))?.into();
    Object::assign(&headers, &Object::from_entries(&own)?);
    Ok(init)
}

/// The JSON body of a POST: the page's own, else the reason and the embeds of the request.
fn body(own: &JsValue, request: &Object) -> Result<JsValue, JsValue> {
    if !own.is_undefined() {
        // undefined for a value that JSON knows nothing of
        let text: JsValue = JSON::stringify(own)?.into();
        return if text.is_undefined() { Err(text) } else { Ok(text) };
    }
    let default = Object::new();
    for key in ["reason", "embeds"] {
        js::set(&default, key, &js::get(request, key));
    }
    // Prototype.js gives every list one, which makes a text of it
    js::set(
        js::get(&default, "embeds").unchecked_ref(),
        "toJSON",
        &JsValue::UNDEFINED,
    );
    Ok(JSON::stringify(&default)?.into())
}

fn send(url: &JsValue, init: &Object, completion: Completion) {
    match fetch(url, init) {
        Ok(sent) => promise::when_settled(&sent, move |response| match response {
            Ok(response) => response::read(response, completion),
            Err(error) => not_sent(error, completion),
        }),
        Err(error) => not_sent(error, completion),
    }
}

/// No response came: the network's doing, unless a `fetch` of the page's own says why it sent nothing.
fn not_sent(error: JsValue, completion: Completion) {
    match failure_of(&error) {
        (SourceFailure::SourceThrew, _) => fail(completion, SourceFailure::Network),
        _ => complete(completion, Err(error)),
    }
}
