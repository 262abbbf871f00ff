//! One attached embed: its container, the listener on it, and the calls into powerbi-client.
//!
//! powerbi-client's `setAccessToken` may hang, reject with nothing, and writes the token to an attribute and to its
//! Service, where the next embed of the page picks it up. See the facts in ARCHITECTURE.md.

use super::js;
use super::listener::Listener;
use super::options::kind;
use super::promise;
use crate::io::{
    ApplyOutcome, Content, EmbedConfig, EmbedId, EmbedSnapshot, ExpiryScope, Recovery, RecoveryOutcome,
};
use crate::token::AccessToken;
use crate::token_expired;
use core::cell::{Cell, RefCell};
use js_sys::Reflect;
use std::rc::Rc;
use wasm_bindgen::JsValue;
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
    /// The report's state, from its capture to the reload that it is restored after.
    captured_state: Rc<RefCell<Option<JsValue>>>,
    /// Waits for the reloaded report, to restore its state.
    load_listener: RefCell<Option<Listener>>,
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
            captured_state: Rc::default(),
            load_listener: RefCell::default(),
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

    /// The embed's configuration, as far as the core needs it.
    pub(crate) fn embed_config(&self) -> EmbedConfig {
        let config = self.config();
        let [type_name, id, group] = ["type", "id", "groupId"].map(|key| js::text(&config, key));
        EmbedConfig {
            token: js::text(&config, "accessToken")
                .filter(|text| !text.is_empty())
                .map(AccessToken::new),
            kind: kind(&js::get(&config, "tokenType")),
            content: Content::new(type_name.as_deref(), id.as_deref(), group.as_deref()),
        }
    }

    /// The embed as it is now.
    pub(crate) fn snapshot(&self) -> EmbedSnapshot {
        match self.locate() {
            Readiness::Ready(_) => EmbedSnapshot::Present(self.embed_config()),
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
        promise::when_settled(&called.unwrap_or_default(), on_settled);
    }

    /// Captures the report's state as a bookmark, for the `reload()` that follows. `done` is told whether that worked.
    pub(crate) fn capture_state(&self, done: impl FnOnce(bool) + 'static) {
        drop(self.captured_state.take());
        let Readiness::Ready(embed) = self.readiness() else {
            return done(false);
        };
        let bookmarks = js::get(&embed, "bookmarksManager");
        let Some(capture) = js::call(&bookmarks, "capture", &JsValue::UNDEFINED) else {
            return done(false);
        };
        let captured_state = Rc::clone(&self.captured_state);
        promise::when_settled(&capture, move |bookmark| {
            let state = bookmark.map(|bookmark| js::get(&bookmark, "state"));
            let state = state.ok().filter(JsValue::is_string);
            let captured = state.is_some();
            drop(captured_state.replace(state));
            done(captured);
        });
    }

    /// Calls `reload()` or `refresh()`. With `restore_state` the state that was captured is applied once the report has
    /// loaded again, and `done` is called after that.
    pub(crate) fn recover(
        &self,
        how: Recovery,
        restore_state: bool,
        done: impl FnOnce(RecoveryOutcome) + 'static,
    ) {
        let embed = match self.readiness() {
            Readiness::Ready(embed) => embed,
            Readiness::NotYet => return done(RecoveryOutcome::TooSoon),
            Readiness::Gone => return done(RecoveryOutcome::Refused),
        };
        if how == Recovery::Reload && just_loaded(&embed) {
            return done(RecoveryOutcome::TooSoon);
        }
        let state = self.captured_state.take().filter(|_| restore_state);
        let done = Rc::new(Cell::new(Some(done)));
        let finish = move |outcome| {
            if let Some(done) = done.take() {
                done(outcome);
            }
        };
        let waits_for_load = state.is_some();
        if let Some(state) = state {
            self.restore_when_loaded(embed.clone(), state, finish.clone());
        }
        match js::call(&embed, how.as_str(), &JsValue::UNDEFINED) {
            None => finish(RecoveryOutcome::Refused),
            Some(promise) => promise::when_settled(&promise, move |result| {
                if result.is_err() {
                    finish(RecoveryOutcome::Refused);
                } else if !waits_for_load {
                    finish(RecoveryOutcome::Done {
                        state_restored: false,
                    });
                }
            }),
        }
    }

    /// Applies `state` when the report has loaded, once.
    fn restore_when_loaded(
        &self,
        embed: JsValue,
        state: JsValue,
        finish: impl Fn(RecoveryOutcome) + Clone + 'static,
    ) {
        let state = Cell::new(Some(state));
        let on_loaded = js::callback(move |_| {
            let Some(state) = state.take() else { return };
            let bookmarks = js::get(&embed, "bookmarksManager");
            let finish = finish.clone();
            match js::call(&bookmarks, "applyState", &state) {
                None => finish(RecoveryOutcome::Done {
                    state_restored: false,
                }),
                Some(applied) => promise::when_settled(&applied, move |result| {
                    finish(RecoveryOutcome::Done {
                        state_restored: result.is_ok(),
                    });
                }),
            }
        });
        let listener = Listener::new(&self.element, "loaded", on_loaded);
        let old = self.load_listener.replace(Some(listener));
        drop(old);
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
    // asked as a page's own object is: a proxy of a date looks like one, and throws
    let at = js::call(&loaded, "getTime", &JsValue::UNDEFINED).and_then(|at| at.as_f64());
    at.is_some_and(|at| js::date_now() - at < MIN_RELOAD_GAP_MS)
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
