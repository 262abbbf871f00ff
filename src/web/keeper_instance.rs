//! One running keeper in the browser: its core, and all that it owns in the page.

use super::convert::json::parse_json;
use super::embed::Embed;
use super::facade::{Evidence, Facade};
use super::js;
use super::mailbox::{self, KeeperId};
use super::promise;
use super::source::{Completion, Source, SourceResponse, token_request};
use crate::io::{
    ApplyOutcome, Effect, EmbedCallId, EmbedId, EmbedSnapshot, Event, Input, Outcome, Reason, Recovery,
    RequestId, SourceFailure, WaiterId,
};
use crate::keeper::Keeper;
use crate::time::{Instant, Now};
use crate::token::{self, AccessToken, Json, Kind, ResponseError};
use core::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, Element};

/// A keeper from its start to its stop. Every borrow of a field ends before JavaScript is called; listeners and
/// promises hold it weakly.
pub(crate) struct KeeperInstance {
    pub(crate) id: KeeperId,
    // boxed, since a promise that never settles may hold the memory of this struct until it is collected
    pub(crate) core: Box<RefCell<Keeper>>,
    this: Weak<Self>,
    source: Source,
    facade: Facade,
    embeds: RefCell<Vec<Rc<Embed>>>,
    request: Cell<Option<(RequestId, AbortController)>>,
    /// What the last request's failure can be explained with, until it was.
    evidence: Cell<Evidence>,
}

impl KeeperInstance {
    pub(crate) fn new(id: KeeperId, core: Keeper, source: Source, facade: Facade) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            id,
            core: Box::new(RefCell::new(core)),
            this: this.clone(),
            source,
            facade,
            embeds: RefCell::default(),
            request: Cell::default(),
            evidence: Cell::default(),
        })
    }

    /// When its core wants to be told the time.
    pub(crate) fn deadline(&self) -> Instant {
        let deadline = self.core.borrow().deadline();
        deadline.map_or(Instant::NEVER, |deadline| deadline.at)
    }

    pub(crate) fn has_embeds(&self) -> bool {
        !self.embeds.borrow().is_empty()
    }

    /// Attaches an embed. The facade gives each container one id, in rising order.
    pub(crate) fn attach(&self, id: EmbedId, element: Element, provided_embed: JsValue) {
        let this = self.this.clone();
        let embed = Rc::new(Embed::new(id, element, provided_embed, move |scope, error| {
            let Some(this) = this.upgrade() else { return };
            this.on_embed_error(id, error);
            if let Some(scope) = scope {
                // which token was it that has expired? others than us may have set it
                this.observe_embed(id, false);
                mailbox::post(this.id, Input::TokenExpiredReported { embed: id, scope });
            }
        }));
        let config = embed.embed_config();
        self.embeds.borrow_mut().push(embed);
        mailbox::post(self.id, Input::Attach { embed: id, config });
    }

    pub(crate) fn detach(&self, id: EmbedId) {
        self.drop_embed(id);
        mailbox::post(self.id, Input::Detach(id));
    }

    fn embed(&self, id: EmbedId) -> Option<Rc<Embed>> {
        let embeds = self.embeds.borrow();
        let at = embeds.binary_search_by_key(&id, |embed| embed.id).ok()?;
        embeds.get(at).cloned()
    }

    fn drop_embed(&self, id: EmbedId) {
        let dropped = {
            let mut embeds = self.embeds.borrow_mut();
            let found = embeds.binary_search_by_key(&id, |embed| embed.id).ok();
            found.map(|at| embeds.remove(at))
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
            } => self.request_token(request, reason, attempt),
            Effect::AbortRequest(id) => self.abort_request(id),
            Effect::AcquireLock(request) => self.facade.request_lock(request),
            Effect::ReleaseLock => self.facade.give_lock_back(),
            Effect::BroadcastToken {
                token,
                expires,
                contents,
            } => self.facade.broadcast(&token, expires, &contents),
            Effect::SetAccessToken { embed, call, token } => self.set_access_token(embed, call, &token),
            Effect::CaptureState { embed, call } => self.capture_state(embed, call),
            Effect::Recover {
                embed,
                call,
                how,
                restore_state,
            } => self.recover(embed, call, how, restore_state),
            Effect::ObserveEmbed(embed) => self.observe_embed(embed, false),
            Effect::ForgetEmbed(embed) => self.drop_embed(embed),
            Effect::ResolveWaiter(waiter, outcome) => self.resolve_waiter(waiter, &outcome),
            Effect::Emit(event) => self.emit(&event),
        }
    }

    fn request_token(&self, id: RequestId, reason: Reason, attempt: u32) {
        // the page may have changed them since, and what the request names is what its answer is for
        self.observe_all();
        let (abort, embeds) = self.facade.begin_request();
        mailbox::post(self.id, Input::RequestSent(id));
        let request = token_request(reason, attempt, &abort, &embeds);
        let signal = abort.signal();
        self.request.set(Some((id, abort)));
        drop(self.evidence.take());
        let this = self.this.clone();
        let done = Box::new(move |response| {
            if let Some(this) = this.upgrade() {
                this.request_finished(id, response);
            }
        });
        self.source.ask(&request, Completion { signal, done });
    }

    fn request_finished(&self, request: RequestId, mut response: SourceResponse) {
        let answer = response.result.as_mut().ok();
        let Some(token) = answer.and_then(|answer| self.embed_token_in(answer)) else {
            return self.complete_request(request, response, None);
        };
        let this = self.this.clone();
        let is_intact = self.facade.check_integrity(&token);
        promise::when_settled(&is_intact, move |is_intact| {
            let Some(this) = this.upgrade() else { return };
            if is_intact == Ok(JsValue::FALSE) {
                let result = Err(SourceFailure::DamagedToken);
                this.complete_request(request, SourceResponse { result, ..response }, Some(token));
            } else {
                this.complete_request(request, response, None);
            }
        });
    }

    /// The embed token in an answer, which is packed. What holds no token is given up, so that the core need not read
    /// all of it again.
    fn embed_token_in(&self, answer: &mut Json) -> Option<AccessToken> {
        let now = js::now();
        let wanted = self.core.borrow().status(now).token_type;
        match token::parse_response(answer, now.wall, wanted, parse_json) {
            Ok(token) => (token.kind == Some(Kind::Embed)).then_some(token.text),
            Err(ResponseError::NoToken) => {
                *answer = Json::Null;
                None
            }
            Err(ResponseError::Unusable(..)) => None,
        }
    }

    fn complete_request(
        &self,
        request: RequestId,
        response: SourceResponse,
        damaged_token: Option<AccessToken>,
    ) {
        let SourceResponse {
            result,
            headers,
            evidence: value,
        } = response;
        // taken out, so that a stop that comes now has nothing to abort
        if self.take_request(request).is_some() {
            self.evidence.set(Evidence { value, damaged_token });
        }
        let input = match result {
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
        mailbox::post(self.id, input);
    }

    fn abort_request(&self, id: RequestId) {
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

    fn set_access_token(&self, id: EmbedId, call: EmbedCallId, token: &AccessToken) {
        let Some(embed) = self.embed(id) else { return };
        // the answer was good, and holds a token
        drop(self.evidence.take());
        if let EmbedSnapshot::Present(config) = embed.snapshot() {
            let may_set = self.core.borrow().may_set(js::now(), id, &config);
            if !may_set {
                // the page has put another report or a token of its own there
                let outcome = ApplyOutcome::Settled(config.token.clone());
                let snapshot = EmbedSnapshot::Present(config);
                mailbox::post(self.id, Input::EmbedObserved { embed: id, snapshot });
                let embed = id;
                return mailbox::post(self.id, Input::ApplyFinished { embed, call, outcome });
            }
        }
        let finished = self.embed_call(&embed);
        embed.apply(token, move |outcome| {
            finished(Input::ApplyFinished {
                embed: id,
                call,
                outcome,
            });
        });
    }

    fn capture_state(&self, id: EmbedId, call: EmbedCallId) {
        let Some(embed) = self.embed(id) else { return };
        let finished = self.embed_call(&embed);
        embed.capture_state(move |captured| {
            finished(Input::StateCaptured {
                embed: id,
                call,
                captured,
            });
        });
    }

    fn recover(&self, id: EmbedId, call: EmbedCallId, how: Recovery, restore_state: bool) {
        let Some(embed) = self.embed(id) else { return };
        let finished = self.embed_call(&embed);
        embed.recover(how, restore_state, move |outcome| {
            finished(Input::RecoveryFinished {
                embed: id,
                call,
                outcome,
            });
        });
    }

    /// Begins a call into an embed. The result is to be called when it has ended, with the input that tells so.
    fn embed_call(&self, embed: &Rc<Embed>) -> impl FnOnce(Input) + use<> {
        embed.begin_call();
        let (keeper, embed) = (self.id, Rc::downgrade(embed));
        move |input| {
            if let Some(embed) = embed.upgrade() {
                embed.end_call();
            }
            mailbox::post(keeper, input);
        }
    }

    /// Gives the core a snapshot of an embed. `by_facade`: the facade has taken the same, and tells when it changes.
    pub(crate) fn observe_embed(&self, id: EmbedId, by_facade: bool) {
        let Some(embed) = self.embed(id) else { return };
        embed.set_observed(by_facade);
        let snapshot = embed.snapshot();
        mailbox::post(self.id, Input::EmbedObserved { embed: id, snapshot });
    }

    /// Has the facade observe the embeds whose turn it is, and returns the clocks, which the same call brings. Observing
    /// them from here would be twenty calls for each.
    pub(crate) fn observe_embeds(&self) -> Now {
        let core = self.core.borrow();
        let due = core.embeds_to_observe().filter_map(|id| self.embed(id));
        let numbers: Vec<u32> = due.map(|embed| number_of(&embed)).collect();
        drop(core);
        self.facade.observe(&numbers)
    }

    /// Has the facade observe all embeds.
    fn observe_all(&self) {
        let numbers: Vec<u32> = self
            .embeds
            .borrow()
            .iter()
            .map(|embed| number_of(embed))
            .collect();
        self.facade.observe(&numbers);
    }

    fn resolve_waiter(&self, waiter: WaiterId, outcome: &Outcome) {
        let evidence = match outcome {
            Outcome::Failed(_) => Evidence::default(),
            Outcome::Checked(check, _) if check.code.is_some() => {
                // an event may have to be explained with it too
                let evidence = self.evidence.take();
                self.evidence.set(evidence.clone());
                evidence
            }
            Outcome::Token(_) | Outcome::Refreshed(_) | Outcome::Checked(..) => {
                // the answer was good, and holds a token
                drop(self.evidence.take());
                Evidence::default()
            }
        };
        self.facade.settle_waiter(waiter, outcome, &evidence);
    }

    fn emit(&self, event: &Event) {
        let embed = match event {
            Event::ApplyFailed(embed, _) | Event::Recovered { embed, .. } => self.embed(*embed),
            Event::Refreshed(_) | Event::RefreshFailed(..) | Event::Expired(_) | Event::StateChange(_) => {
                None
            }
        };
        let element = embed.as_ref().map(|embed| &embed.element);
        let evidence = match event {
            Event::RefreshFailed(..) => self.evidence.take(),
            Event::Refreshed(_)
            | Event::ApplyFailed(..)
            | Event::Expired(_)
            | Event::Recovered { .. }
            | Event::StateChange(_) => Evidence::default(),
        };
        self.facade.emit(event, element, &evidence);
    }

    fn on_embed_error(&self, id: EmbedId, error: &JsValue) {
        if self.embed(id).is_some() {
            self.facade.report_embed_error(id, error);
        }
    }

    /// Releases all that is owned in the page.
    pub(crate) fn clear(&self) {
        let embeds = self.embeds.take();
        if let Some((_, abort)) = self.request.take() {
            abort.abort();
        }
        drop(self.evidence.take());
        drop(embeds);
    }
}

/// An embed, as the facade is asked to observe it: twice its id, and one more where the facade has not taken the last
/// snapshot.
fn number_of(embed: &Embed) -> u32 {
    2 * embed.id.0 + u32::from(!embed.is_observed_by_facade())
}
