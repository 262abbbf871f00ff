//! Asking the source for a token: the page's function, or its endpoint.

mod http;
mod rejection;
mod response;

use super::convert::json::to_json;
use super::{js, promise};
use crate::io::{Headers, Reason, SourceFailure};
use crate::token::Json;
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

/// Where new tokens come from.
#[derive(Debug)]
pub(crate) struct Source {
    /// A function of the page, or an endpoint as the facade normalised it.
    source: JsValue,
}

/// The end of a request: an answer or a failure, with the headers that came with it.
#[derive(Debug)]
pub(crate) struct SourceResponse {
    pub(crate) result: Result<Json, SourceFailure>,
    pub(crate) headers: Headers,
    /// What a failure can be explained with: the error, the response or the answer. For the diagnosis alone.
    pub(crate) evidence: JsValue,
}

/// What is called with the end of a request.
// no futures: an executor with its queue, wakers and state machines is 10 KB of a page's load
pub(crate) struct Completion {
    pub(crate) signal: AbortSignal,
    pub(crate) done: Box<dyn FnOnce(SourceResponse)>,
}

impl Completion {
    /// Whether nobody waits for it any more.
    fn is_aborted(&self) -> bool {
        js::get(&self.signal, "aborted") == JsValue::TRUE
    }
}

/// Completes a request that got no response at all.
fn fail(completion: Completion, failure: SourceFailure) {
    (completion.done)(SourceResponse {
        result: Err(failure),
        headers: Headers::default(),
        evidence: JsValue::UNDEFINED,
    });
}

/// Completes a request with what a source returned or rejected with.
fn complete(completion: Completion, settled: Result<JsValue, JsValue>) {
    let (result, headers, evidence) = match settled {
        Ok(answer) | Err(answer) if response::is_response(&answer) => {
            return response::read(answer, completion);
        }
        Ok(answer) => (Ok(to_json(&answer)), Headers::default(), answer),
        Err(error) => {
            let (failure, headers) = rejection::failure_of(&error);
            (Err(failure), headers, error)
        }
    };
    (completion.done)(SourceResponse {
        result,
        headers,
        evidence,
    });
}

/// The argument of a source: `TokenRequest` of the declarations.
pub(crate) fn token_request(
    reason: Reason,
    attempt: u32,
    abort: &AbortController,
    embeds: &JsValue,
) -> Object {
    let request = Object::new();
    js::set_text(&request, "reason", reason.as_str());
    js::set(&request, "attempt", &JsValue::from(attempt));
    js::set(&request, "signal", &abort.signal());
    js::set(&request, "embeds", embeds);
    request
}

impl Source {
    /// The source that the facade's `options` name.
    pub(crate) fn new(options: &JsValue) -> Self {
        Self {
            source: js::get(options, "source"),
        }
    }

    /// Asks for a token. `completion` is called once, when the source has settled; if it never does, what is held for
    /// it goes with its promise. Once it is aborted it may never be called, and nothing more is read or sent.
    pub(crate) fn ask(&self, request: &Object, completion: Completion) {
        match self.source.dyn_ref::<Function>() {
            Some(function) => match js::try_run(function, request) {
                Ok(called) => promise::when_settled(&called, move |settled| complete(completion, settled)),
                Err(thrown) => complete(completion, Err(thrown)),
            },
            None => http::ask(&self.source, request, completion),
        }
    }
}
