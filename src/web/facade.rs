//! The facade, as the engine sees it: one method for each thing that it is told.
//!
//! Each may run listeners of the page, so each is caught. What was thrown is dropped.

use super::convert::events::{detail_of, object};
use super::js;
use crate::io::{Content, EmbedId, Event, LockRequestId, Outcome, WaiterId};
use crate::time::{Now, Timestamp};
use crate::token::AccessToken;
use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, Element};

#[wasm_bindgen]
extern "C" {
    /// `EngineFacade` in `npm/src/session.ts`.
    #[derive(Debug)]
    pub type Facade;
    #[wasm_bindgen(method, catch)]
    fn refreshed(this: &Facade, detail: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = refreshFailed)]
    fn refresh_failed(
        this: &Facade,
        detail: &Object,
        refused_token: Option<&str>,
        evidence: &JsValue,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = applyFailed)]
    fn apply_failed(this: &Facade, detail: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn expired(this: &Facade, detail: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn recovered(this: &Facade, detail: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = stateChanged)]
    fn state_changed(this: &Facade, detail: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = embedError)]
    fn embed_error(this: &Facade, embed: u32, error: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = resolveWaiter)]
    fn resolve_waiter(this: &Facade, waiter: u32, value: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = rejectWaiter)]
    fn reject_waiter(this: &Facade, waiter: u32, code: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = sourceChecked)]
    fn source_checked(
        this: &Facade,
        waiter: u32,
        check: &Object,
        token: Option<&str>,
        evidence: &JsValue,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = isIntact)]
    fn is_intact(this: &Facade, token: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = acquireLock)]
    fn acquire_lock(this: &Facade, lock_request: u32) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = releaseLock)]
    fn release_lock(this: &Facade) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = broadcastToken)]
    fn broadcast_token(this: &Facade, token: &str, expiration: f64, contents: &[f64]) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = startRequest)]
    fn start_request(this: &Facade) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = observeEmbeds)]
    fn observe_embeds(this: &Facade, numbers: &[u32], clocks: &mut [f64]) -> Result<(), JsValue>;
}

/// What a failure of the source can be explained with, for the diagnosis alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// The error, the response or the answer.
    pub(crate) value: JsValue,
    pub(crate) damaged_token: Option<AccessToken>,
}

impl Facade {
    /// Raises an event on the page. `element` is that of the embed which the event is about.
    pub(crate) fn emit(&self, event: &Event, element: Option<&Element>, evidence: &Evidence) {
        let detail = detail_of(event);
        if let Some(element) = element {
            js::set(&detail, "element", element);
        }
        let _told = match event {
            Event::Refreshed(_) => self.refreshed(&detail),
            Event::RefreshFailed(_, refused) => {
                let refused = refused.as_ref().or(evidence.damaged_token.as_ref());
                self.refresh_failed(&detail, refused.map(AccessToken::expose), &evidence.value)
            }
            Event::ApplyFailed(..) => self.apply_failed(&detail),
            Event::Expired(_) => self.expired(&detail),
            Event::Recovered { .. } => self.recovered(&detail),
            Event::StateChange(_) => self.state_changed(&detail),
        };
    }

    /// Reports an `error` event of an embed, which the facade may want to explain.
    pub(crate) fn report_embed_error(&self, EmbedId(embed): EmbedId, error: &JsValue) {
        let _told = self.embed_error(embed, error);
    }

    /// Answers a waiter.
    pub(crate) fn settle_waiter(&self, WaiterId(waiter): WaiterId, outcome: &Outcome, evidence: &Evidence) {
        let _told = match outcome {
            Outcome::Checked(check, token) => {
                let token = token.as_ref().or(evidence.damaged_token.as_ref());
                let token = token.map(AccessToken::expose);
                self.source_checked(waiter, &check.to_object(object), token, &evidence.value)
            }
            Outcome::Token(token) => self.resolve_waiter(waiter, &JsValue::from_str(token.expose())),
            Outcome::Refreshed(expires) => self.resolve_waiter(waiter, &js::time(*expires)),
            Outcome::Failed(code) => self.reject_waiter(waiter, code.as_str()),
        };
    }

    /// A promise of whether an embed token can be unpacked.
    pub(crate) fn check_integrity(&self, token: &AccessToken) -> JsValue {
        self.is_intact(token.expose()).unwrap_or(JsValue::TRUE)
    }

    /// Waits for the lock among the tabs of the same `shareKey`.
    pub(crate) fn request_lock(&self, LockRequestId(request): LockRequestId) {
        let _told = self.acquire_lock(request);
    }

    /// Releases the lock, or stops waiting for it.
    pub(crate) fn give_lock_back(&self) {
        let _told = self.release_lock();
    }

    /// Gives a token to the other tabs, with the content that it was requested for.
    pub(crate) fn broadcast(&self, token: &AccessToken, expires: Timestamp, contents: &[Content]) {
        let contents: Vec<f64> = contents.iter().map(|content| content.as_number()).collect();
        let _told = self.broadcast_token(token.expose(), js::ms(expires), &contents);
    }

    /// A request to the source begins: its controller, and the `embeds` that the source is told of.
    // made by the facade, which aborts it when this instance has crashed, and can describe 10,000 embeds quickly
    pub(crate) fn begin_request(&self) -> (AbortController, JsValue) {
        let begun = self.start_request().unwrap_or_default();
        (js::get(&begun, "0").unchecked_into(), js::get(&begun, "1"))
    }

    /// Has the facade compare embeds with its last snapshots of them. It calls back for those that have changed, and
    /// for each odd number, which is an id doubled and one more. Returns the clocks, which the same call brings.
    pub(crate) fn observe(&self, numbers: &[u32]) -> Now {
        let mut clocks = [0.0; 2];
        let _observed = self.observe_embeds(numbers, &mut clocks);
        js::clocks(clocks)
    }
}
