//! The keeper behind a shell for the simulator: one timer of at most 60 s, one inbox, calls tagged with their ids; and the
//! part of the facade that answers a frame within `providerTimeoutMs`.

use super::wire;
use crate::checks::Checks;
use crate::conformance::Conformance;
use crate::frame::FrameId;
use crate::plan::{FaultKind, RetryAfter};
use crate::schedule::{ClockReading, Failure, MAX_SOURCE_TIMEOUT, Options, Schedule};
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::tokens::{TokenId, parse_json};
use crate::world::{TabAction, World};
use crate::{MINUTE, SECOND, START};
use powerbi_token_keeper::io::{
    ApplyOutcome, Deadline, Effect, EmbedCallId, EmbedConfig, EmbedId, EmbedSnapshot, Event, ExpiryScope,
    Input, LockRequestId, Outcome, RecoveryOutcome, RequestId, Trigger, WaiterId,
};
use powerbi_token_keeper::policy::{AfterExpiry, WhileHidden};
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Kind};
use powerbi_token_keeper::{Keeper, RefreshPolicy};
use std::collections::{BTreeMap, VecDeque};

/// The longest timer, as in the shell for browsers.
const MAX_TIMER: i64 = 60 * SECOND;
/// `providerTimeoutMs`.
const PROVIDER_TIMEOUT: i64 = 15 * SECOND;
/// The time after a new token in which an embed's `TokenExpired` may still be about the old one.
const STALE_ERROR_WINDOW: i64 = 10 * SECOND;

/// The tolerance within which two tokens were issued when they were requested.
const CLOCK_TOLERANCE: i64 = 5 * SECOND;

/// A promise that the keeper has to settle.
#[derive(Debug, Clone, Copy)]
struct Waiter {
    /// The frame that called its provider, until that is resolved.
    frame: Option<FrameId>,
    /// The latest time of the core's outcome, on the monotonic clock.
    by: i64,
    /// It is a call of `refresh()`.
    is_refresh: bool,
}

/// The keeper of one page, its shell and its checks.
#[derive(Debug)]
pub struct KeeperStrategy {
    keeper: Keeper,
    /// The invariants.
    pub checks: Checks,
    /// The conformance check.
    pub conformance: Conformance,
    has_provider: bool,
    inbox: VecDeque<Input>,
    armed: Option<Deadline>,
    waiters: BTreeMap<u32, Waiter>,
    waiter: u32,
    /// The time at which each embed last took a token, on the monotonic clock.
    last_taken: BTreeMap<FrameId, i64>,
    options: Options,
    /// The last token that looked expired on receipt, its expiration, and the time of receipt.
    suspect: Option<(TokenId, i64, i64)>,
    /// The longest time between two moments at which this page's timers may fire.
    longest_period: i64,
    /// The keeper was last told that the page is hidden.
    hidden: bool,
    /// The response in the inbox has to be accepted.
    acceptable: bool,
    /// The request of the response in the inbox, where it is not under way any more.
    late: Option<RequestId>,
    /// A clock has jumped since the keeper last read it.
    jumped: bool,
    /// A token from another tab makes the request under way needless.
    superseded: bool,
}

impl KeeperStrategy {
    /// The strategy before the page has loaded.
    #[must_use]
    pub fn new(world: &World) -> Self {
        let options = options(world);
        let lookup = |name: &str| match name {
            "pollIntervalMs" => Some(options.poll as f64),
            "leadMs" => Some(options.lead as f64),
            "sourceTimeoutMs" => Some(options.source_timeout as f64),
            "applyTimeoutMs" => Some(options.apply_timeout as f64),
            _ => None,
        };
        let hidden = if options.pauses_hidden {
            WhileHidden::Pause
        } else {
            WhileHidden::Refresh
        };
        let policy = RefreshPolicy::parse(lookup, hidden, AfterExpiry::Auto).unwrap_or_default();
        let policy = policy.with_tabs(world.plan.tabs() > 1);
        let clocks = read_clocks(world);
        let late = world.plan.setting(|kind| {
            if let FaultKind::LateTimers(by) = kind {
                Some(*by)
            } else {
                None
            }
        });
        Self {
            keeper: Keeper::new(policy, parse_json, world.plan.seed),
            checks: Checks::default(),
            conformance: Conformance::new(Schedule::new(options, clocks), options, late.unwrap_or(0)),
            has_provider: world.plan.has(FaultKind::Provider),
            inbox: VecDeque::new(),
            armed: None,
            waiters: BTreeMap::new(),
            waiter: 0,
            last_taken: BTreeMap::new(),
            options,
            suspect: None,
            hidden: false,
            longest_period: world.page.longest_period(),
            acceptable: false,
            late: None,
            jumped: false,
            superseded: false,
        }
    }

    /// The loop of the shell: one input at a time, its effects after it.
    fn drain(&mut self, world: &mut World) {
        while let Some(input) = self.inbox.pop_front() {
            let now = now(world);
            let stopping = matches!(input, Input::Stop) && !self.checks.stopped;
            let early =
                matches!(input, Input::Tick) && self.keeper.deadline().is_none_or(|due| now.mono < due.at);
            let before = self.keeper.deadline();
            let late = self.late.take().is_some_and(|late| is_response_to(&input, late))
                && !self.jumped
                && before.is_none_or(|due| now.mono < due.at);
            let effects = self.keeper.handle(now, input);
            self.jumped = false;
            if late {
                self.checks.check_late_response(world, &effects);
            }
            if early && (!effects.is_empty() || self.keeper.deadline() != before) {
                self.checks
                    .fail(world.now, "I5", "a tick before the deadline did something");
            }
            self.checks.stopped |= stopping;
            self.checks.effects(world, &effects, stopping);
            for effect in effects {
                if stopping {
                    self.checks.check_stop_effect(world, &effect);
                }
                self.perform(world, effect);
            }
            self.checks
                .deadline(world, &self.keeper, now, !self.waiters.is_empty());
        }
        self.arm(world);
    }

    fn arm(&mut self, world: &mut World) {
        let deadline = self.keeper.deadline();
        if deadline == self.armed {
            return;
        }
        self.armed = deadline;
        match deadline {
            Some(due) => {
                let wait = due.at.as_ms().cast_signed() - world.clocks.mono(world.now);
                world.arm(0, wait.min(MAX_TIMER));
            }
            None => drop(world.disarm(0)),
        }
    }

    fn perform(&mut self, world: &mut World, effect: Effect) {
        match effect {
            Effect::RequestToken {
                request,
                reason,
                attempt,
            } => {
                world.note(|_| format!("keeper asks, {reason:?}, attempt {attempt}"));
                let too_soon = self.conformance.schedule.request_started();
                self.checks.expect(world.now, "I8", !too_soon, || {
                    "a throttled source was asked too soon".to_owned()
                });
                self.checks
                    .check_request(world, &self.conformance, request, reason);
                let contents = world.contents();
                world.request_token(request.0, contents);
                for frame in 0..world.frames.len() {
                    if world.frames[frame].attached {
                        self.observe_embed(world, EmbedId(frame as u32));
                    }
                }
                self.inbox.push_back(Input::RequestSent(request));
            }
            Effect::AbortRequest(request) => self.abort(world, request),
            Effect::SetAccessToken { embed, call, token } => self.apply(world, embed, call, &token),
            Effect::CaptureState { embed, call } => self.inbox.push_back(Input::StateCaptured {
                embed,
                call,
                captured: false,
            }),
            Effect::Recover { embed, call, how, .. } => {
                let frame = embed.0 as FrameId;
                self.conformance.recovering(world, frame);
                world.recover(frame, call.0, how);
            }
            Effect::AcquireLock(claim) => {
                self.conformance.schedule.lock_requested();
                world.note(|_| "waits for its turn".to_owned());
                world.tab_actions.push(TabAction::AcquireLock(claim.0));
            }
            Effect::ReleaseLock => world.tab_actions.push(TabAction::ReleaseLock),
            Effect::BroadcastToken { token, expires, .. } => {
                if let Some(token) = world.tokens.find(&token) {
                    world
                        .tab_actions
                        .push(TabAction::Broadcast(token, expires.as_ms()));
                }
            }
            Effect::ObserveEmbed(embed) => self.observe_embed(world, embed),
            Effect::ForgetEmbed(embed) => {
                world.frames[embed.0 as FrameId].attached = false;
                let last = !world.frames.iter().any(|frame| frame.attached);
                self.conformance.detached(embed.0 as FrameId, last);
            }
            Effect::ResolveWaiter(waiter, outcome) => self.resolve_waiter(world, waiter, &outcome),
            Effect::Emit(event) => {
                world.note(|_| describe(&event));
                self.checks.event(&event);
                if let (Event::RefreshFailed(failed, _), true) = (event, self.acceptable) {
                    self.checks.fail(
                        world.now,
                        "I9 refused",
                        format!("a good token: {:?}", failed.code),
                    );
                }
            }
        }
    }

    fn abort(&mut self, world: &World, request: RequestId) {
        if self.checks.pending_request.take() != Some(request) {
            self.checks
                .fail(world.now, "I1", "a request was given up that is not under way");
        }
        match Self::has_embeds(world) && !self.checks.stopped && !self.superseded {
            true => self.conformance.schedule.request_failed(Failure::Timeout, true),
            false => self.conformance.schedule.request_abandoned(),
        }
    }

    fn has_embeds(world: &World) -> bool {
        world.frames.iter().any(|frame| frame.attached)
    }

    fn apply(&mut self, world: &mut World, embed: EmbedId, call: EmbedCallId, text: &AccessToken) {
        let frame = embed.0 as FrameId;
        let config = embed_config(world, frame);
        if world.frames[frame].in_page && !self.keeper.may_set(now(world), embed, &config) {
            let outcome = ApplyOutcome::Settled(config.token);
            self.observe_embed(world, embed);
            return self
                .inbox
                .push_back(Input::ApplyFinished { embed, call, outcome });
        }
        let token = world.tokens.find(text);
        let in_place = world.frames[frame].config.filter(|_| world.frames[frame].in_page);
        self.checks.check_handed_out(world, token, in_place);
        let Some(token) = token else { return };
        self.checks
            .check_set(world, &self.conformance.schedule, frame, token);
        let outcome = if world.set_access_token(frame, call.0, token) {
            return self.conformance.called(world, frame, call.0);
        } else if world.frames[frame].in_page {
            self.conformance.not_listening(world, frame);
            ApplyOutcome::NotListening
        } else {
            ApplyOutcome::Gone
        };
        self.inbox
            .push_back(Input::ApplyFinished { embed, call, outcome });
    }

    /// Observes an embed for the keeper.
    fn observe_embed(&mut self, world: &World, embed: EmbedId) {
        let frame = &world.frames[embed.0 as FrameId];
        let snapshot = match frame.in_page {
            true => EmbedSnapshot::Present(embed_config(world, embed.0 as FrameId)),
            false => EmbedSnapshot::Removed,
        };
        self.inbox.push_back(Input::EmbedObserved { embed, snapshot });
    }

    fn resolve_waiter(&mut self, world: &mut World, WaiterId(waiter): WaiterId, outcome: &Outcome) {
        let token = match outcome {
            Outcome::Token(text) => {
                let token = world.tokens.find(text);
                self.checks.check_handed_out(world, token, None);
                token
            }
            Outcome::Refreshed(_) | Outcome::Failed(_) | Outcome::Checked(..) => None,
        };
        let Some(known) = self.waiters.remove(&waiter) else {
            return self
                .checks
                .fail(world.now, "I11", format!("waiter {waiter} was answered twice"));
        };
        if let Some(frame) = known.frame {
            world.answer_provider(frame, token);
            world.disarm(waiter);
        }
    }

    /// Whether a call of `refresh()` is to be settled.
    fn waits_for_refresh(&self) -> bool {
        self.waiters.values().any(|waiter| waiter.is_refresh)
    }

    fn add_waiter(&mut self, world: &World, frame: Option<FrameId>) -> WaiterId {
        self.waiter += 1;
        let by = world.clocks.mono(world.now) + self.waiter_limit(world);
        let is_refresh = false;
        self.waiters.insert(
            self.waiter,
            Waiter {
                frame,
                by,
                is_refresh,
            },
        );
        WaiterId(self.waiter)
    }

    /// The time that the core may take to settle a promise: the lock, the request, and its calls, which wait for those of
    /// the token before.
    fn waiter_limit(&self, world: &World) -> i64 {
        let lock = if world.plan.tabs() > 1 { 6 * SECOND } else { 0 };
        lock + MAX_SOURCE_TIMEOUT + 2 * self.options.apply_timeout
    }

    /// Checks I11: each promise settles with the request it waits for, at the latest when that times out.
    fn check_waiters(&mut self, world: &World) {
        // the longest period of throttled timers may have ended just now
        let slack = 12 * SECOND + 3 * self.longest_period;
        if self.conformance.just_resumed(world.now) {
            return;
        }
        let mono = world.clocks.mono(world.now);
        if let Some((waiter, late)) = self.waiters.iter().find(|(_, waiter)| waiter.by + slack < mono) {
            let seen = format!("waiter {waiter} should have been answered by {}", late.by);
            self.checks.fail(world.now, "I11", seen);
            self.waiters.clear();
        }
    }

    // ---- responses ------------------------------------------------------------------------------

    fn on_response(&mut self, world: &World, tag: u32, response: Response) {
        let request = RequestId(tag);
        let current = self.checks.pending_request == Some(request);
        if current {
            self.checks.pending_request = None;
            if let Response::Token(token) = response {
                self.checks.token_obtained(token, self.waits_for_refresh());
            }
            self.expect_outcome(world, response);
        } else {
            self.late = Some(request);
        }
        self.inbox.push_back(wire::input(world, request, response));
    }

    /// Tells the schedule the outcome that the response must have.
    fn expect_outcome(&mut self, world: &World, response: Response) {
        let schedule = &mut self.conformance.schedule;
        if let (true, Some(date)) = (response.reached_server(), world.date()) {
            schedule.server_date(START + date);
        }
        // a body that can't be read counts as no response
        if response.reached_server() && !wire::is_unreadable(response) {
            schedule.source_responded();
        }
        let failure = match response {
            Response::Token(token) => match self
                .acceptable(world, token)
                .filter(|expires| self.is_plausibly_valid(world, token, *expires))
            {
                Some(expires) => {
                    let own_clock = expires <= self.conformance.schedule.server();
                    let issued = world.tokens.get(token).stated_issue_time().map(|at| START + at);
                    self.conformance
                        .schedule
                        .token_accepted(expires, issued, own_clock);
                    self.acceptable = !world.plan.has_own_tokens();
                    return self.conformance.current_token(world, token, true);
                }
                None => self.rejection(world, token),
            },
            Response::Status(401 | 403, _) => Failure::Denied,
            Response::Status(_, after @ (RetryAfter::Seconds(_) | RetryAfter::Date(_))) => {
                Failure::Throttled(after)
            }
            Response::Status(429, _) => Failure::TooMany,
            Response::Network => Failure::Network,
            Response::InvalidBody(_) => Failure::Unusable,
            Response::Status(..) | Response::Threw => Failure::Other,
        };
        self.conformance
            .schedule
            .request_failed(failure, Self::has_embeds(world));
    }

    /// The failure that a token which must not be accepted counts as.
    fn rejection(&self, world: &World, id: TokenId) -> Failure {
        let token = world.tokens.get(id);
        let newest = self.conformance.newest.map(|newest| world.tokens.get(newest));
        let is_same = newest.is_some_and(|newest| newest.text == token.text);
        if !is_same && (token.kind != world.kind() || !token.own_user) {
            return Failure::Refused;
        }
        // one that has expired is an ordinary failure, which waits no longer
        Failure::Unchanged
    }

    /// The expiration of a token that has to be accepted; `None` for one that must not be.
    fn acceptable(&mut self, world: &World, id: TokenId) -> Option<i64> {
        let by_refresh = self.waits_for_refresh();
        let token = world.tokens.get(id);
        let newest = self.conformance.newest.map(|newest| world.tokens.get(newest));
        let schedule = &mut self.conformance.schedule;
        if let Some(issued) = token.stated_issue_time() {
            schedule.token_issued(START + issued);
        }
        let expires = match (token.has_expiration, token.kind) {
            (true, _) => START + token.expires_at,
            (false, Kind::Embed) => schedule.server() + 60 * MINUTE,
            (false, Kind::Aad) => return None,
        };
        // an assumed expiration is not compared with
        let known = schedule
            .window()
            .filter(|_| newest.is_some_and(|newest| newest.has_expiration));
        let better = by_refresh || known.is_none_or(|old| expires > old.expires);
        let same = newest.is_some_and(|newest| newest.text == token.text);
        let own_user = token.kind == world.kind() && token.own_user;
        (own_user && !same && better).then_some(expires)
    }

    /// Whether a token is valid by the page's clock. Where the server's time is not known, a token that looks expired counts
    /// as valid from the second on that was issued when it was requested.
    fn is_plausibly_valid(&mut self, world: &World, id: TokenId, expires: i64) -> bool {
        let server = self.conformance.schedule.server();
        if expires > server {
            return true;
        }
        if world.date().is_some() || self.suspect.is_some_and(|(same, ..)| same == id) {
            return false;
        }
        let mono = world.clocks.mono(world.now);
        let before = self.suspect.replace((id, expires, mono));
        before.is_some_and(|(_, then, at)| (expires - then - (mono - at)).abs() <= CLOCK_TOLERANCE)
    }

    /// A token from another tab is judged like one of the source's, and is no failure when it is no better.
    fn on_token_from_tab(&mut self, world: &World, token: TokenId, expires: i64) {
        self.checks.token_obtained(token, false);
        let record = world.tokens.get(token);
        let newest = self.conformance.newest.map(|newest| world.tokens.get(newest));
        let schedule = &mut self.conformance.schedule;
        let until = expires.min(START + record.expires_at);
        let later =
            newest.is_none_or(|newest| !newest.has_expiration || record.expires_at > newest.expires_at);
        // without an embed nobody knows whether it is for this page's content
        let is_for = record.kind == Kind::Aad || Self::has_embeds(world);
        if later && is_for && record.own_user && record.kind == world.kind() && until > schedule.clock() {
            let issued = record.stated_issue_time().map(|at| START + at);
            self.conformance
                .schedule
                .token_from_tab(START + record.expires_at, issued);
            self.superseded = true;
            self.conformance.current_token(world, token, true);
        }
        self.inbox
            .push_back(Input::TokenReceivedFromTab(wire::shared_token(
                world, token, expires,
            )));
    }

    // ---- embeds ---------------------------------------------------------------------------------

    fn on_attached(&mut self, world: &World, frame: FrameId) {
        self.checks.page_set_token(world, frame);
        self.conformance.attached(world, frame);
        let held = world.frames[frame].config;
        if let Some(token) = held {
            let record = world.tokens.get(token);
            let believed = self.conformance.schedule.believed();
            let first = self.conformance.newest.is_none() && record.has_expiration;
            let known = self.conformance.newest.is_none() || record.has_expiration;
            let expires = self
                .acceptable(world, token)
                .filter(|expires| known && *expires > believed)
                .or(first.then_some(START + record.expires_at));
            if let Some(expires) = expires {
                self.conformance
                    .schedule
                    .hold(expires, record.stated_issue_time().map(|at| START + at));
                self.conformance.current_token(world, token, false);
            }
        }
        self.inbox.push_back(Input::Attach {
            embed: EmbedId(frame as u32),
            config: embed_config(world, frame),
        });
        let hidden = world.page.hidden(world.now);
        if hidden != self.hidden {
            // it happened while the shell had no listeners
            self.report_visibility(world, hidden);
        }
    }

    fn on_token_expired(&mut self, world: &World, frame: FrameId, scope: ExpiryScope) {
        let mono = world.clocks.mono(world.now);
        let settled = self
            .last_taken
            .get(&frame)
            .is_none_or(|last_taken| mono - last_taken > STALE_ERROR_WINDOW);
        if settled && world.frames[frame].config == self.conformance.newest {
            self.conformance.schedule.token_rejected();
        }
        self.checks.token_refused(world, frame);
        // which token has expired?
        self.observe_embed(world, EmbedId(frame as u32));
        self.inbox.push_back(Input::TokenExpiredReported {
            embed: EmbedId(frame as u32),
            scope,
        });
    }

    fn report_visibility(&mut self, world: &World, hidden: bool) {
        if hidden {
            self.hidden = true;
            self.conformance.schedule.hidden = true;
            self.inbox.push_back(Input::Hidden);
        } else {
            self.on_trigger(world, Trigger::Visible);
        }
    }

    fn on_trigger(&mut self, world: &World, trigger: Trigger) {
        let seen = matches!(trigger, Trigger::Visible | Trigger::PageShow | Trigger::Resume);
        self.hidden &= !seen;
        self.conformance.schedule.hidden = self.hidden;
        let network = seen || trigger == Trigger::Online;
        self.conformance
            .schedule
            .trigger_received(seen, network, network && trigger != Trigger::PageShow);
        self.conformance.trigger_received(world);
        self.inbox.push_back(Input::Trigger(trigger));
    }
}

impl Strategy for KeeperStrategy {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        let ignored = match event {
            // with nothing attached the shell has no listeners
            PageEvent::Trigger(_) | PageEvent::Hidden => !Self::has_embeds(world),
            // the keeper does not read its clocks when it is called too early
            PageEvent::Timer(0) => {
                let now = now(world).mono;
                self.keeper.deadline().is_none_or(|due| now < due.at)
            }
            _ => false,
        };
        if !ignored {
            self.jumped |= self.conformance.schedule.observe_clocks(read_clocks(world));
        }
        self.check_waiters(world);
        match event {
            PageEvent::Begin => self.inbox.push_back(Input::Begin {
                initial: None,
                kind: None,
                hidden: false,
            }),
            PageEvent::Timer(0) => {
                self.armed = None;
                let now = now(world).mono;
                // a timer that fires early is the platform's doing
                if self.keeper.deadline().is_some_and(|due| due.at <= now) {
                    self.checks.timer_fired(world.now);
                }
                self.inbox.push_back(Input::Tick);
            }
            PageEvent::Timer(waiter) => {
                // the facade gives up for the frame; the core goes on
                if let Some(frame) = self
                    .waiters
                    .get_mut(&waiter)
                    .and_then(|waiter| waiter.frame.take())
                {
                    world.answer_provider(frame, None);
                }
            }
            PageEvent::Response { tag, response } => self.on_response(world, tag, response),
            PageEvent::CallFinished { frame, call, taken } => {
                if taken {
                    self.last_taken.insert(frame, world.clocks.mono(world.now));
                }
                self.conformance.settled(world, frame, call);
                let holds = world.frames[frame]
                    .config
                    .map(|token| world.tokens.get(token).text.clone());
                let (embed, call) = (EmbedId(frame as u32), EmbedCallId(call));
                self.inbox.push_back(Input::ApplyFinished {
                    embed,
                    call,
                    outcome: ApplyOutcome::Settled(holds),
                });
            }
            PageEvent::RecoveryFinished { frame, call, outcome } => {
                if outcome != RecoveryOutcome::TooSoon {
                    self.conformance.recovered(world, frame);
                }
                let (embed, call) = (EmbedId(frame as u32), EmbedCallId(call));
                self.inbox
                    .push_back(Input::RecoveryFinished { embed, call, outcome });
            }
            PageEvent::Trigger(_) | PageEvent::Hidden if ignored => {}
            PageEvent::Trigger(trigger) => self.on_trigger(world, trigger),
            PageEvent::Hidden => self.report_visibility(world, true),
            PageEvent::Attached(frame) => self.on_attached(world, frame),
            PageEvent::Detached(frame) => {
                let last = !world.frames.iter().any(|frame| frame.attached);
                self.conformance.detached(frame, last);
                self.inbox.push_back(Input::Detach(EmbedId(frame as u32)));
            }
            PageEvent::ProviderCalled(frame) => {
                self.checks.newer_wanted(world, Some(frame));
                let waiter = self.add_waiter(world, Some(frame));
                world.arm(waiter.0, PROVIDER_TIMEOUT);
                self.inbox.push_back(Input::ProviderCalled {
                    waiter,
                    embed: Some(EmbedId(frame as u32)),
                });
            }
            PageEvent::Changed(frame) => {
                if world.frames[frame].attached {
                    self.conformance.changed(world, frame);
                    self.checks.page_set_token(world, frame);
                }
            }
            // the keeper sees it when it next observes the embed
            PageEvent::TokenSetByPage(frame) => self.checks.page_set_token(world, frame),
            PageEvent::TokenExpired(frame, scope) => self.on_token_expired(world, frame, scope),
            PageEvent::LockAcquired(claim) => self.inbox.push_back(Input::LockAcquired(LockRequestId(claim))),
            PageEvent::TokenFromTab(token, expires) => self.on_token_from_tab(world, token, expires),
            PageEvent::MalformedMessage(variant) => {
                let newest = self.conformance.newest;
                self.inbox.push_back(Input::TokenReceivedFromTab(wire::malformed(
                    world, newest, variant,
                )));
            }
            PageEvent::Refresh => {
                self.checks.newer_wanted(world, None);
                let waiter = self.add_waiter(world, None);
                if let Some(waiter) = self.waiters.get_mut(&waiter.0) {
                    waiter.is_refresh = true;
                }
                self.inbox.push_back(Input::Refresh(waiter));
            }
            PageEvent::GetToken => {
                let waiter = self.add_waiter(world, None);
                self.inbox.push_back(Input::GetToken(waiter));
            }
            PageEvent::Stop => {
                self.conformance.stop();
                self.inbox.push_back(Input::Stop);
            }
        }
        self.drain(world);
        (self.acceptable, self.superseded) = (false, false);
        if self.checks.stopped {
            self.waiters.clear();
        }
    }

    fn time_passes(&mut self, world: &World, from: i64, to: i64) {
        if let (true, Some(until)) = (world.plan.tabs() > 1, world.page.absent_until(from)) {
            // a request that waited for the lock meanwhile begins only now
            let by = world.clocks.mono(until) + self.waiter_limit(world);
            self.waiters
                .values_mut()
                .for_each(|waiter| waiter.by = waiter.by.max(by));
        }
        let before = (
            self.conformance.unscheduled,
            self.conformance.overdue,
            self.conformance.unnoticed,
        );
        self.conformance.time_passes(world, from, to);
        if self.conformance.unscheduled > before.0 {
            let seen = format!(
                "{} ms up to {}",
                self.conformance.unscheduled - before.0,
                crate::format_time(to)
            );
            self.checks.fail(from, "I9 unscheduled", seen);
        } else if self.conformance.overdue > before.1 {
            let seen = format!(
                "{} ms up to {}",
                self.conformance.overdue - before.1,
                crate::format_time(to)
            );
            self.checks.fail(from, "I9 overdue", seen);
        } else if self.conformance.unnoticed > before.2 {
            let seen = format!(
                "{} ms up to {}",
                self.conformance.unnoticed - before.2,
                crate::format_time(to)
            );
            self.checks.fail(from, "unnoticed", seen);
        }
    }

    fn has_provider(&self) -> bool {
        self.has_provider
    }
}

/// An event as a line of the trace.
fn describe(event: &Event) -> String {
    match event {
        Event::StateChange(status) => format!("state   {:?}", status.state),
        Event::RefreshFailed(failed, _) => {
            let again = failed
                .retry_in_ms
                .map_or_else(|| "never".to_owned(), |wait| format!("in {} ms", wait.as_ms()));
            let (reason, code, attempt) = (failed.reason, failed.code, failed.attempt);
            format!("failed  {reason:?}, attempt {attempt}: {code:?}; again {again}")
        }
        Event::Refreshed(refreshed) => format!(
            "fresh   {:?}, attempt {}, {} embeds",
            refreshed.reason, refreshed.attempt, refreshed.embeds
        ),
        other => format!("event   {other:?}"),
    }
}

fn is_response_to(input: &Input, asked: RequestId) -> bool {
    matches!(input, Input::ResponseReceived { request, .. } | Input::RequestFailed { request, .. } if *request == asked)
}

fn options(world: &World) -> Options {
    let lookup = world.plan.setting(|kind| match kind {
        FaultKind::Options(poll, lead, source, apply) => Some((*poll, *lead, *source, *apply)),
        _ => None,
    });
    let usual = Options {
        pauses_hidden: world.plan.has(FaultKind::PauseWhileHidden),
        ..Options::default()
    };
    lookup.map_or(usual, |(poll, lead, source_timeout, apply_timeout)| Options {
        poll,
        lead,
        source_timeout,
        apply_timeout,
        ..usual
    })
}

fn read_clocks(world: &World) -> ClockReading {
    ClockReading {
        wall: world.wall(),
        mono: world.clocks.mono(world.now),
        server: START + world.now,
    }
}

fn now(world: &World) -> Now {
    let ClockReading { wall, mono, .. } = read_clocks(world);
    Now {
        wall: Timestamp::from_ms(wall),
        mono: Instant::from_ms(mono.unsigned_abs()),
    }
}

/// The configuration of a frame's embed.
fn embed_config(world: &World, frame: FrameId) -> EmbedConfig {
    let frame = &world.frames[frame];
    EmbedConfig {
        token: frame.config.map(|token| world.tokens.get(token).text.clone()),
        kind: Some(world.kind()),
        content: wire::content(frame.content),
    }
}
