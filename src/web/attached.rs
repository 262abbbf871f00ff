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
const ATTRIBUTE: &str = "powerbi-access-token";
/// powerbi-client swallows a `reload()` that comes sooner than this after a load.
const LOAD_GAP_MS: f64 = 110.0;

/// What the shell holds for one embed, from attach to detach.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) id: EmbedId,
    pub(crate) element: Element,
    /// The embed that was handed in. Counts only while the element names none itself.
    given: JsValue,
    /// The element has named an embed itself.
    named: Cell<bool>,
    /// Calls into the embed that have not ended.
    calls: Cell<u32>,
    /// The facade has seen it since the last call, as it does before it attaches.
    seen: Cell<bool>,
    _listener: Listener,
}

/// Where a call into an embed stands before it is made.
enum Ready {
    /// It can be made.
    Yes(JsValue),
    /// Its frame does not listen yet, or nothing is embedded yet.
    NotYet,
    /// There is no such embed any more.
    Gone,
}

impl Attached {
    pub(crate) fn new(
        id: EmbedId,
        element: Element,
        given: JsValue,
        heard: impl Fn(Option<ExpiryScope>, &JsValue) + 'static,
    ) -> Self {
        let heard = js::callback(move |event| {
            // missing where something else raised the event
            let detail = js::get(&event, "detail");
            if detail.is_object() {
                heard(expiry_scope(&detail), &detail);
            }
        });
        let listener = Listener::new(&element, "error", heard);
        Self {
            id,
            element,
            given,
            named: Cell::new(false),
            calls: Cell::new(0),
            seen: Cell::new(true),
            _listener: listener,
        }
    }

    /// A call into the embed begins, after which the core has to be told anew what it holds.
    pub(crate) fn call_begins(&self) {
        self.calls.set(self.calls.get() + 1);
        self.seen.set(false);
    }

    pub(crate) fn call_ends(&self) {
        self.calls.set(self.calls.get().saturating_sub(1));
        self.seen.set(false);
    }

    /// Whether it is enough to look at what the facade sees change. During a call the core does not listen.
    pub(crate) fn is_seen(&self) -> bool {
        self.seen.get()
    }

    /// The core is told what there is to see now; the facade sees the same, or not.
    pub(crate) fn sees(&self, seen: bool) {
        self.seen.set(seen && self.calls.get() == 0);
    }

    /// The embed in the container now. An element's own word counts more than the object handed in: that may be a
    /// proxy, or belong to an embed that was since replaced.
    fn embed(&self) -> Option<JsValue> {
        let named = js::get(&self.element, "powerBiEmbed");
        if named.is_object() {
            self.named.set(true);
            return Some(named);
        }
        (self.given.is_object() && !self.named.get()).then(|| self.given.clone())
    }

    /// The embed's configuration; undefined when there is none.
    fn config(&self) -> JsValue {
        self.embed()
            .map_or(JsValue::UNDEFINED, |embed| js::get(&embed, "config"))
    }

    /// The token in the embed's configuration.
    pub(crate) fn holds(&self) -> Option<AccessToken> {
        js::text(&self.config(), "accessToken")
            .filter(|text| !text.is_empty())
            .map(AccessToken::new)
    }

    /// The token type in the embed's configuration.
    pub(crate) fn kind(&self) -> Option<Kind> {
        kind(&js::get(&self.config(), "tokenType"))
    }

    /// What there is to see of the embed.
    pub(crate) fn look(&self) -> EmbedSnapshot {
        match self.there() {
            Ready::Yes(_) => EmbedSnapshot::Present(self.holds(), self.kind()),
            Ready::NotYet => EmbedSnapshot::NotEmbedded,
            Ready::Gone => EmbedSnapshot::Removed,
        }
    }

    /// The embed, where it is in the page.
    fn there(&self) -> Ready {
        let Some(embed) = self.embed() else {
            let never = !self.named.get() && !self.given.is_object();
            return if never { Ready::NotYet } else { Ready::Gone };
        };
        let iframe = js::get(&embed, "iframe");
        if iframe.is_object() && js::get(&iframe, "isConnected") == JsValue::FALSE {
            return Ready::Gone;
        }
        Ready::Yes(embed)
    }

    /// The embed, where its frame listens.
    fn ready(&self) -> Ready {
        let embed = match self.there() {
            Ready::Yes(embed) => embed,
            other @ (Ready::NotYet | Ready::Gone) => return other,
        };
        // create and quickCreate never set it
        let kind = js::text(&js::get(&embed, "config"), "type").unwrap_or_default();
        let says_when = !matches!(kind.as_str(), "create" | "quickCreate" | "quickcreate");
        if says_when && js::get(&embed, "iframeLoaded") == JsValue::FALSE {
            return Ready::NotYet;
        }
        Ready::Yes(embed)
    }

    /// Calls `setAccessToken`. `done` is told once, however late; a call that was not made is answered at once.
    pub(crate) fn apply(&self, token: &AccessToken, done: impl FnOnce(ApplyOutcome) + 'static) {
        let embed = match self.ready() {
            Ready::Yes(embed) => embed,
            Ready::NotYet => return done(ApplyOutcome::NotListening),
            Ready::Gone => return done(ApplyOutcome::Gone),
        };
        let shared = Shared::of(&embed);
        let called = js::call(&embed, "setAccessToken", &JsValue::from_str(token.expose()));
        let (element, token) = (self.element.clone(), token.clone());
        let settled = move |_| {
            let holds = js::text(&js::get(&embed, "config"), "accessToken").map(AccessToken::new);
            clean(&element);
            shared.restore(&token);
            done(ApplyOutcome::Settled(holds));
        };
        js::settled(&called.unwrap_or_default(), settled);
    }

    /// Calls `reload()` or `refresh()`.
    pub(crate) fn recover(&self, how: Recovery, done: impl FnOnce(RecoveryOutcome) + 'static) {
        let embed = match self.ready() {
            Ready::Yes(embed) => embed,
            Ready::NotYet => return done(RecoveryOutcome::TooSoon),
            Ready::Gone => return done(RecoveryOutcome::Refused),
        };
        if how == Recovery::Reload && just_loaded(&embed) {
            return done(RecoveryOutcome::TooSoon);
        }
        match js::call(&embed, how.as_str(), &JsValue::UNDEFINED) {
            None => done(RecoveryOutcome::Refused),
            Some(promise) => js::settled(&promise, move |result: Option<JsValue>| {
                done(if result.is_some() {
                    RecoveryOutcome::Done
                } else {
                    RecoveryOutcome::Refused
                });
            }),
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        clean(&self.element);
    }
}

/// Takes the token's copy off the page.
fn clean(element: &Element) {
    let _removed = element.remove_attribute(ATTRIBUTE);
}

/// Whether the embed was loaded so recently that a `reload()` would be swallowed.
fn just_loaded(embed: &JsValue) -> bool {
    let loaded = js::get(embed, "lastLoadRequest");
    loaded
        .dyn_ref::<Date>()
        .is_some_and(|date| js::date_now() - date.value_of() < LOAD_GAP_MS)
}

/// How far a `TokenExpired` reaches.
fn expiry_scope(detail: &JsValue) -> Option<ExpiryScope> {
    let (message, detailed) = (js::text(detail, "message"), js::text(detail, "detailedMessage"));
    token_expired::expiry_scope(message.as_deref(), detailed.as_deref())
}

/// The token that powerbi-client's Service shares among embeds, as it was before a call.
struct Shared {
    service: JsValue,
    before: JsValue,
}

impl Shared {
    fn of(embed: &JsValue) -> Self {
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
