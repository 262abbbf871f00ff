//! One attached embed: its container, the listener on it, and the calls into powerbi-client.
//!
//! powerbi-client's `setAccessToken` may hang, reject with nothing, and writes the token to an attribute and to its
//! Service, where the next embed of the page picks it up. See the facts in ARCHITECTURE.md.

use super::js;
use super::listener::Listener;
use super::options::kind;
use crate::io::{ApplyOutcome, EmbedId, EmbedSnapshot, ExpiryScope, Recovery, RecoveryOutcome};
use crate::token::{AccessToken, Kind};
use crate::token_expired;
use core::cell::Cell;
use js_sys::{Date, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// The attribute into which powerbi-client copies each token.
const TOKEN_ATTRIBUTE: &str = "powerbi-access-token";
/// powerbi-client swallows a `reload()` that comes sooner than this after a load.
const MIN_RELOAD_GAP_MS: f64 = 110.0;

/// One attached embed, from attach to detach.
#[derive(Debug)]
pub(crate) struct Embed {
    pub(crate) id: EmbedId,
    pub(crate) element: Element,
    /// The embed that was handed in. Counts only until the element has one itself.
    provided_embed: JsValue,
    /// The element has had an embed itself.
    element_has_embed: Cell<bool>,
    /// Calls into the embed that have not ended.
    pending_calls: Cell<u32>,
    /// The facade has taken a snapshot since the last call, as it does before it attaches.
    observed_by_facade: Cell<bool>,
    _listener: Listener,
}

/// Whether an embed can be called.
enum Readiness {
    /// It can be called.
    Ready(JsValue),
    /// Its frame does not listen yet, or nothing is embedded yet.
    NotYet,
    /// It is gone from the page.
    Gone,
}

impl Embed {
    pub(crate) fn new(
        id: EmbedId,
        element: Element,
        provided_embed: JsValue,
        on_error: impl Fn(Option<ExpiryScope>, &JsValue) + 'static,
    ) -> Self {
        let on_error = js::callback(move |event| {
            // missing where something else raised the event
            let detail = js::get(&event, "detail");
            if detail.is_object() {
                on_error(expiry_scope(&detail), &detail);
            }
        });
        let listener = Listener::new(&element, "error", on_error);
        Self {
            id,
            element,
            provided_embed,
            element_has_embed: Cell::new(false),
            pending_calls: Cell::new(0),
            observed_by_facade: Cell::new(true),
            _listener: listener,
        }
    }

    /// A call into the embed begins, after which the core has to be told anew what it holds.
    pub(crate) fn begin_call(&self) {
        self.pending_calls.set(self.pending_calls.get() + 1);
        self.observed_by_facade.set(false);
    }

    pub(crate) fn end_call(&self) {
        self.pending_calls.set(self.pending_calls.get().saturating_sub(1));
        self.observed_by_facade.set(false);
    }

    /// Whether the core knows the embed as it is in the facade's last snapshot.
    pub(crate) fn is_observed_by_facade(&self) -> bool {
        self.observed_by_facade.get()
    }

    /// The core gets a snapshot now; `by_facade` says whether the facade has taken one too. During a call the core
    /// ignores it.
    pub(crate) fn set_observed(&self, by_facade: bool) {
        self.observed_by_facade
            .set(by_facade && self.pending_calls.get() == 0);
    }

    /// The embed in the container now. The element's own counts more than the object handed in: that may be a proxy,
    /// or belong to an embed that was since replaced.
    fn current(&self) -> Option<JsValue> {
        let own = js::get(&self.element, "powerBiEmbed");
        if own.is_object() {
            self.element_has_embed.set(true);
            return Some(own);
        }
        let is_provided = self.provided_embed.is_object() && !self.element_has_embed.get();
        is_provided.then(|| self.provided_embed.clone())
    }

    /// The embed's configuration; undefined when there is none.
    fn config(&self) -> JsValue {
        self.current()
            .map_or(JsValue::UNDEFINED, |embed| js::get(&embed, "config"))
    }

    /// The token in the embed's configuration.
    pub(crate) fn access_token(&self) -> Option<AccessToken> {
        js::text(&self.config(), "accessToken")
            .filter(|text| !text.is_empty())
            .map(AccessToken::new)
    }

    /// The token type in the embed's configuration.
    pub(crate) fn token_type(&self) -> Option<Kind> {
        kind(&js::get(&self.config(), "tokenType"))
    }

    /// The embed as it is now.
    pub(crate) fn snapshot(&self) -> EmbedSnapshot {
        match self.locate() {
            Readiness::Ready(_) => EmbedSnapshot::Present(self.access_token(), self.token_type()),
            Readiness::NotYet => EmbedSnapshot::NotEmbedded,
            Readiness::Gone => EmbedSnapshot::Removed,
        }
    }

    /// The embed, where it is in the page.
    fn locate(&self) -> Readiness {
        let Some(embed) = self.current() else {
            let was_never_there = !self.element_has_embed.get() && !self.provided_embed.is_object();
            return if was_never_there {
                Readiness::NotYet
            } else {
                Readiness::Gone
            };
        };
        let iframe = js::get(&embed, "iframe");
        if iframe.is_object() && js::get(&iframe, "isConnected") == JsValue::FALSE {
            return Readiness::Gone;
        }
        Readiness::Ready(embed)
    }

    /// The embed, where its frame listens.
    fn readiness(&self) -> Readiness {
        let embed = match self.locate() {
            Readiness::Ready(embed) => embed,
            other @ (Readiness::NotYet | Readiness::Gone) => return other,
        };
        // create and quickCreate never set it
        let kind = js::text(&js::get(&embed, "config"), "type").unwrap_or_default();
        let reports_load = !matches!(kind.as_str(), "create" | "quickCreate" | "quickcreate");
        if reports_load && js::get(&embed, "iframeLoaded") == JsValue::FALSE {
            return Readiness::NotYet;
        }
        Readiness::Ready(embed)
    }

    /// Calls `setAccessToken`. `done` is called once, however late; at once if the call can't be made.
    pub(crate) fn apply(&self, token: &AccessToken, done: impl FnOnce(ApplyOutcome) + 'static) {
        let embed = match self.readiness() {
            Readiness::Ready(embed) => embed,
            Readiness::NotYet => return done(ApplyOutcome::NotListening),
            Readiness::Gone => return done(ApplyOutcome::Gone),
        };
        let service_token = ServiceTokenGuard::new(&embed);
        let called = js::call(&embed, "setAccessToken", &JsValue::from_str(token.expose()));
        let (element, token) = (self.element.clone(), token.clone());
        let on_settled = move |_| {
            let in_place = js::text(&js::get(&embed, "config"), "accessToken").map(AccessToken::new);
            remove_token_attribute(&element);
            service_token.restore(&token);
            done(ApplyOutcome::Settled(in_place));
        };
        js::when_settled(&called.unwrap_or_default(), on_settled);
    }

    /// Calls `reload()` or `refresh()`.
    pub(crate) fn recover(&self, how: Recovery, done: impl FnOnce(RecoveryOutcome) + 'static) {
        let embed = match self.readiness() {
            Readiness::Ready(embed) => embed,
            Readiness::NotYet => return done(RecoveryOutcome::TooSoon),
            Readiness::Gone => return done(RecoveryOutcome::Refused),
        };
        if how == Recovery::Reload && just_loaded(&embed) {
            return done(RecoveryOutcome::TooSoon);
        }
        match js::call(&embed, how.as_str(), &JsValue::UNDEFINED) {
            None => done(RecoveryOutcome::Refused),
            Some(promise) => js::when_settled(&promise, move |result| {
                done(if result.is_ok() {
                    RecoveryOutcome::Done
                } else {
                    RecoveryOutcome::Refused
                });
            }),
        }
    }
}

impl Drop for Embed {
    fn drop(&mut self) {
        remove_token_attribute(&self.element);
    }
}

/// Removes powerbi-client's copy of the token from the page.
fn remove_token_attribute(element: &Element) {
    let _removed = element.remove_attribute(TOKEN_ATTRIBUTE);
}

/// Whether the embed was loaded so recently that a `reload()` would be swallowed.
fn just_loaded(embed: &JsValue) -> bool {
    let loaded = js::get(embed, "lastLoadRequest");
    loaded
        .dyn_ref::<Date>()
        .is_some_and(|date| js::date_now() - date.value_of() < MIN_RELOAD_GAP_MS)
}

/// The scope of a `TokenExpired`; none for other errors.
fn expiry_scope(detail: &JsValue) -> Option<ExpiryScope> {
    let (message, detailed) = (js::text(detail, "message"), js::text(detail, "detailedMessage"));
    token_expired::expiry_scope(message.as_deref(), detailed.as_deref())
}

/// The token that powerbi-client's Service shares among embeds, as it was before a call.
struct ServiceTokenGuard {
    service: JsValue,
    before: JsValue,
}

impl ServiceTokenGuard {
    fn new(embed: &JsValue) -> Self {
        let service = js::get(embed, "service");
        let before = js::get(&service, "accessToken");
        Self { service, before }
    }

    /// Puts it back, if it is `token` that the call left there.
    fn restore(&self, token: &AccessToken) {
        if js::text(&self.service, "accessToken").is_some_and(|left| left == token.expose()) {
            let _set = Reflect::set(&self.service, &JsValue::from_str("accessToken"), &self.before);
        }
    }
}
