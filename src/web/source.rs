//! Asking the source: the page's function, or its endpoint.

use super::endpoint;
use super::js;
use super::page::{self, KeeperId};
use crate::io::{Headers, Input, Reason, RequestId, SourceFailure};
use crate::token::Json;
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

/// Where new tokens come from.
#[derive(Debug)]
pub(crate) struct Source {
    /// A function of the page, or a backend as the facade normalised it.
    asked: JsValue,
    /// Answers what a source is told of the embeds: the facade's, since 10,000 of them would be slow from here.
    embeds: JsValue,
}

/// A request that was made, which is to be answered once.
// A number and no futures: an executor with its queue, wakers and state machines is 10 KB of a page's load.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) keeper: KeeperId,
    pub(crate) request: RequestId,
}

impl Asked {
    /// Tells the keeper what came, or how nothing did; either with the headers that came with it.
    pub(crate) fn answer(self, answer: Result<Json, SourceFailure>, headers: Headers) {
        let Self { keeper, request } = self;
        if let Some(live) = page::keeper(keeper) {
            live.asked(request);
        }
        let input = match answer {
            Ok(answer) => Input::ResponseReceived {
                request,
                answer,
                headers,
            },
            Err(failure) => Input::RequestFailed {
                request,
                failure,
                headers,
            },
        };
        page::tell(keeper, input);
    }

    /// There was no answer at all.
    pub(crate) fn fail(self, failure: SourceFailure) {
        self.answer(Err(failure), Headers::default());
    }
}

impl Source {
    /// The source that the facade's `options` name.
    pub(crate) fn new(options: &JsValue) -> Self {
        Self {
            asked: js::get(options, "source"),
            embeds: js::get(options, "embeds"),
        }
    }

    /// What a source is told: `TokenRequest` of the declarations.
    pub(crate) fn request(&self, reason: Reason, attempt: u32, abort: &AbortController) -> Object {
        let request = Object::new();
        js::set_text(&request, "reason", reason.as_str());
        js::set(&request, "attempt", &JsValue::from(attempt));
        js::set(&request, "signal", &abort.signal());
        let embeds: Option<&Function> = self.embeds.dyn_ref();
        let embeds = embeds.and_then(|embeds| js::run(embeds, &JsValue::UNDEFINED));
        js::set(&request, "embeds", &embeds.unwrap_or_default());
        request
    }

    /// Asks. `asked` is answered once, when the source has settled; what a source that never does holds, goes with its
    /// promise.
    pub(crate) fn ask(&self, request: &Object, signal: &AbortSignal, asked: Asked) {
        match self.asked.dyn_ref::<Function>() {
            Some(function) => match js::run(function, request) {
                Some(called) => js::settled(&called, move |answer| {
                    let answer = answer.map(|answer| super::answer::json(&answer));
                    asked.answer(answer.ok_or(SourceFailure::SourceThrew), Headers::default());
                }),
                None => asked.fail(SourceFailure::SourceThrew),
            },
            None => endpoint::ask(&self.asked, request, signal, asked),
        }
    }
}
