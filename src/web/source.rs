//! Asking the source: the page's function, or its endpoint.

use super::endpoint;
use super::js;
use crate::io::{Headers, Reason, SourceFailure};
use crate::token::Json;
use js_sys::{Array, Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

/// Where new tokens come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A function of the page.
    Function(Function),
    /// A backend, as the facade normalised it.
    Endpoint(JsValue),
}

/// Who is told the answer, or how there is none; either with the headers that came with it.
// Boxed callbacks and no futures: an executor with its queue, wakers and state machines is 10 KB of a page's load.
pub(crate) type Done = Box<dyn FnOnce(Result<Json, SourceFailure>, Headers)>;

impl Source {
    pub(crate) fn new(value: JsValue) -> Self {
        match value.dyn_into() {
            Ok(function) => Self::Function(function),
            Err(endpoint) => Self::Endpoint(endpoint),
        }
    }

    /// Asks. `done` is told once, when the source has settled; what a source that never does holds, goes with its
    /// promise.
    pub(crate) fn ask(&self, request: &Object, signal: &AbortSignal, done: Done) {
        match self {
            Self::Function(function) => match function.call1(&JsValue::UNDEFINED, request) {
                Ok(called) => js::settled(&called, move |answer| {
                    let answer = answer.map(|answer| super::answer::json(&answer));
                    done(answer.ok_or(SourceFailure::Threw), Headers::default());
                }),
                Err(_) => done(Err(SourceFailure::Threw), Headers::default()),
            },
            Self::Endpoint(endpoint) => endpoint::ask(endpoint, request, signal, done),
        }
    }
}

/// What a source is told: `TokenRequest` of the declarations.
pub(crate) fn request(reason: Reason, attempt: u32, embeds: &Array, abort: &AbortController) -> Object {
    let request = Object::new();
    js::set_text(&request, "reason", reason.as_str());
    js::set(&request, "attempt", &JsValue::from(attempt));
    js::set(&request, "signal", &abort.signal());
    js::set(&request, "embeds", embeds);
    request
}
