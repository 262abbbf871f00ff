//! Asking the source: the page's function, or its endpoint.

use super::endpoint;
use super::js;
use crate::io::{Headers, Reason, SourceFailure};
use crate::token::Json;
use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

/// Where new tokens come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A function of the page.
    Function(Function),
    /// A backend, as the facade normalised it.
    Endpoint(JsValue),
}

/// An answer, or how there is none; each with the headers that came with it.
pub(crate) type Answer = Result<(Json, Headers), (SourceFailure, Headers)>;

impl Source {
    pub(crate) fn new(value: JsValue) -> Self {
        match value.dyn_into() {
            Ok(function) => Self::Function(function),
            Err(endpoint) => Self::Endpoint(endpoint),
        }
    }

    /// Asks. Settles when the source does, and in any case when `signal` aborts.
    pub(crate) async fn ask(self, request: Object, signal: AbortSignal) -> Answer {
        match self {
            Self::Function(function) => {
                let threw = |_| (SourceFailure::Threw, Headers::default());
                let called = function.call1(&JsValue::UNDEFINED, &request).map_err(threw)?;
                let answer = unless_aborted(&js::promise(&called), &signal)
                    .await
                    .map_err(threw)?;
                Ok((super::answer::json(&answer), Headers::default()))
            }
            Self::Endpoint(endpoint) => endpoint::ask(&endpoint, &request, &signal).await,
        }
    }
}

/// What a source is told: `TokenRequest` of the declarations.
pub(crate) fn request(reason: Reason, attempt: u32, embeds: &Array, abort: &AbortController) -> Object {
    let request = Object::new();
    js::set(&request, "reason", &JsValue::from_str(reason.as_str()));
    js::set(&request, "attempt", &JsValue::from(attempt));
    js::set(&request, "signal", &abort.signal());
    js::set(&request, "embeds", embeds);
    request
}

/// Settles as `promise` does, or rejects when `signal` aborts, so that no task outlives its request.
pub(crate) async fn unless_aborted(promise: &Promise, signal: &AbortSignal) -> Result<JsValue, JsValue> {
    let aborted = Promise::new(&mut |_, reject| {
        if signal.aborted() {
            let _rejected = reject.call0(&JsValue::UNDEFINED);
        }
        let _added = signal.add_event_listener_with_callback("abort", &reject);
    });
    Promise::race(&Array::of2(promise, &aborted)).await
}
