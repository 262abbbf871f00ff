//! What one running keeper holds in the browser, from start to stop.

use super::attached::Attached;
use super::page::{self, KeeperId};
use super::source::{Asked, Source};
use super::{events, js};
use crate::io::{Effect, EmbedCallId, EmbedId, Event, Input, Outcome, Reason, Recovery, RequestId, WaiterId};
use crate::keeper::Keeper;
use crate::time::{Instant, Now};
use crate::token::AccessToken;
use core::cell::{Cell, RefCell};
use js_sys::{Function, Object};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, Element};

#[wasm_bindgen]
extern "C" {
    /// The facade's `look(ids, clocks)`.
    #[derive(Debug)]
    pub type Look;
    #[wasm_bindgen(method, catch)]
    fn call(this: &Look, that: &JsValue, ids: &[u32], clocks: &mut [f64]) -> Result<(), JsValue>;
}

/// A keeper and all that it owns in the page. Every borrow of a field ends before JavaScript is called.
pub(crate) struct Live {
    pub(crate) id: KeeperId,
    pub(crate) core: RefCell<Keeper>,
    source: Source,
    /// The facade's `emit(type, detail, more)`.
    emit: Function,
    look: Look,
    embeds: RefCell<Vec<Rc<Attached>>>,
    request: Cell<Option<(RequestId, AbortController)>>,
}

impl Live {
    pub(crate) fn new(id: KeeperId, core: Keeper, source: Source, emit: Function, look: Look) -> Self {
        Self {
            id,
            core: RefCell::new(core),
            source,
            emit,
            look,
            embeds: RefCell::default(),
            request: Cell::default(),
        }
    }

    /// When its core wants to be told the time.
    pub(crate) fn deadline(&self) -> Instant {
        let deadline = self.core.borrow().deadline();
        deadline.map_or(Instant::NEVER, |deadline| deadline.at)
    }

    pub(crate) fn has_embeds(&self) -> bool {
        !self.embeds.borrow().is_empty()
    }

    /// Takes an embed in. The facade gives each container one id, in rising order.
    pub(crate) fn attach(&self, id: EmbedId, element: Element, given: JsValue) {
        let keeper = self.id;
        let attached = Rc::new(Attached::new(id, element, given, move |scope, error| {
            let Some(live) = page::keeper(keeper) else { return };
            live.heard(id, error);
            if let Some(scope) = scope {
                // which token was it that has expired? others than us may have set it
                live.look(id, false);
                page::tell(keeper, Input::TokenExpiredReported { embed: id, scope });
            }
        }));
        let (held, kind) = (attached.holds(), attached.kind());
        self.embeds.borrow_mut().push(attached);
        page::tell(
            self.id,
            Input::Attach {
                embed: id,
                held,
                kind,
            },
        );
    }

    pub(crate) fn detach(&self, id: EmbedId) {
        self.drop_embed(id);
        page::tell(self.id, Input::Detach(id));
    }

    fn embed(&self, id: EmbedId) -> Option<Rc<Attached>> {
        let embeds = self.embeds.borrow();
        let at = embeds.binary_search_by_key(&id, |one| one.id).ok()?;
        embeds.get(at).cloned()
    }

    fn drop_embed(&self, id: EmbedId) {
        let dropped = {
            let mut embeds = self.embeds.borrow_mut();
            embeds
                .binary_search_by_key(&id, |one| one.id)
                .ok()
                .map(|at| embeds.remove(at))
        };
        drop(dropped);
    }

    /// Performs one effect. No borrow is held here.
    pub(crate) fn perform(&self, effect: Effect) {
        match effect {
            Effect::RequestToken {
                request,
                reason,
                attempt,
            } => self.ask(request, reason, attempt),
            Effect::AbortRequest(id) => self.abort(id),
            Effect::AcquireLock(claim) => {
                self.tell_tabs("claim", &JsValue::from(claim.0));
            }
            Effect::ReleaseLock => self.tell_tabs("release", &JsValue::TRUE),
            Effect::BroadcastToken(token, expires) => {
                let news = Object::new();
                js::set_text(&news, "token", token.expose());
                js::set(&news, "expiration", &js::time(expires));
                self.tell_tabs("news", &news);
            }
            Effect::SetAccessToken { embed, call, token } => self.apply(embed, call, &token),
            Effect::Recover { embed, call, how } => self.recover(embed, call, how),
            Effect::ObserveEmbed(embed) => self.look(embed, false),
            Effect::ForgetEmbed(embed) => self.drop_embed(embed),
            Effect::ResolveWaiter(waiter, outcome) => self.settle(waiter, &outcome),
            Effect::Emit(event) => self.emit(&event),
        }
    }

    fn ask(&self, request: RequestId, reason: Reason, attempt: u32) {
        let Ok(abort) = AbortController::new() else { return };
        let asked = self.source.request(reason, attempt, &abort);
        let signal = abort.signal();
        self.request.set(Some((request, abort)));
        let keeper = self.id;
        self.source.ask(&asked, &signal, Asked { keeper, request });
    }

    /// A request has ended: a stop that comes now has nothing to abort.
    pub(crate) fn asked(&self, request: RequestId) {
        drop(self.take_request(request));
    }

    fn abort(&self, id: RequestId) {
        if let Some(abort) = self.take_request(id) {
            abort.abort();
        }
    }

    /// The request under way, if it is that one; from now on there is none.
    fn take_request(&self, id: RequestId) -> Option<AbortController> {
        let (current, abort) = self.request.take()?;
        if current == id {
            return Some(abort);
        }
        self.request.set(Some((current, abort)));
        None
    }

    fn apply(&self, embed: EmbedId, call: EmbedCallId, token: &AccessToken) {
        let Some(attached) = self.embed(embed) else { return };
        let keeper = self.id;
        attached.call_begins();
        attached.apply(token, move |outcome| {
            called(keeper, embed, Input::ApplyFinished { embed, call, outcome })
        });
    }

    /// Tells the core what there is to see of an embed. `seen`: the facade saw the same, and says so when it changes.
    pub(crate) fn look(&self, embed: EmbedId, seen: bool) {
        let Some(attached) = self.embed(embed) else { return };
        attached.sees(seen);
        let snapshot = attached.look();
        page::tell(self.id, Input::EmbedObserved { embed, snapshot });
    }

    /// Has the facade look at the embeds whose turn it is: it calls back for those that are not as it saw them last, and for those
    /// with an odd number, which is an id doubled and one more. Looking from here would be twenty calls for each. Answers with the
    /// clocks, which the same call brings.
    pub(crate) fn glance(&self) -> Now {
        let mut ids = Vec::new();
        for embed in self.core.borrow().embeds_to_observe() {
            if let Some(attached) = self.embed(embed) {
                ids.push(2 * attached.id.0 + u32::from(!attached.is_seen()));
            }
        }
        let mut clocks = [0.0; 2];
        let _looked = self.look.call(&JsValue::UNDEFINED, &ids, &mut clocks);
        js::clocks(clocks)
    }

    fn recover(&self, embed: EmbedId, call: EmbedCallId, how: Recovery) {
        let Some(attached) = self.embed(embed) else { return };
        let keeper = self.id;
        attached.call_begins();
        attached.recover(how, move |outcome| {
            called(keeper, embed, Input::RecoveryFinished { embed, call, outcome })
        });
    }

    fn settle(&self, WaiterId(waiter): WaiterId, outcome: &Outcome) {
        let (name, value) = match outcome {
            Outcome::Token(token) => ("answer", JsValue::from_str(token.expose())),
            Outcome::Refreshed(at) => ("answer", js::time(*at)),
            Outcome::Failed(code) => ("refusal", JsValue::from_str(code.as_str())),
        };
        self.tell_facade(name, &JsValue::from(waiter), &value);
    }

    fn emit(&self, event: &Event) {
        let told = events::told(event);
        if let Some(embed) = told.embed.and_then(|id| self.embed(id)) {
            js::set(&told.detail, "element", &embed.element);
        }
        let refused = match event {
            Event::RefreshFailed(_, Some(token)) => JsValue::from_str(token.expose()),
            Event::RefreshFailed(_, None)
            | Event::Refreshed(_)
            | Event::ApplyFailed(..)
            | Event::Expired(_)
            | Event::Recovered(..)
            | Event::StateChange(_) => JsValue::UNDEFINED,
        };
        self.tell_facade(told.name, &told.detail, &refused);
    }

    /// An embed raised an error, which the facade may want to explain.
    fn heard(&self, id: EmbedId, error: &JsValue) {
        let Some(attached) = self.embed(id) else { return };
        let detail = Object::new();
        js::set(&detail, "element", &attached.element);
        js::set(&detail, "error", error);
        self.tell_facade("heard", &detail, &JsValue::UNDEFINED);
    }

    /// Says one thing to the other tabs, through the facade.
    fn tell_tabs(&self, key: &str, value: &JsValue) {
        let detail = Object::new();
        js::set(&detail, key, value);
        self.tell_facade("tabs", &detail, &JsValue::UNDEFINED);
    }

    fn tell_facade(&self, name: &str, detail: &JsValue, more: &JsValue) {
        let _told = self
            .emit
            .call3(&JsValue::UNDEFINED, &JsValue::from_str(name), detail, more);
    }

    /// Lets go of all that is owned in the page.
    pub(crate) fn clear(&self) {
        let embeds = self.embeds.take();
        if let Some((_, abort)) = self.request.take() {
            abort.abort();
        }
        drop(embeds);
    }
}

/// A call into an embed ended.
fn called(keeper: KeeperId, embed: EmbedId, input: Input) {
    if let Some(attached) = page::keeper(keeper).and_then(|live| live.embed(embed)) {
        attached.call_ends();
    }
    page::tell(keeper, input);
}
