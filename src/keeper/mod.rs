//! The state machine that keeps one access token fresh.
//!
//! It is told what happened ([`Input`]) and says what to do ([`Effects`]) and when it wants to be called again
//! ([`Keeper::deadline`]). It never waits, never reads a clock and never calls anybody.

mod attachments;
mod current_token;
mod embed_state;
mod embeds;
mod provider;
mod requests;
mod retry;
mod tabs;
mod tokens;
mod triggers;
mod validation;
mod waiters;

use crate::budget::Budget;
use crate::clock::{Clock, Jump, ServerTime};
use crate::io::{
    Deadline, DeadlineReason, Effect, Effects, EmbedId, EmbedSnapshot, ErrorCode, Event, Expired,
    ExpiryScope, Headers, Input, KeeperState, LockRequestId, Outcome, Reason, RefreshFailed, Refreshed,
    RequestId, SourceFailure, Status, Trigger, WaiterId,
};
use crate::policy::{Origin, RefreshPolicy, WhileHidden};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{self, AccessToken, Json, Kind, ParseJson, Token};
use current_token::CurrentToken;
use embeds::{Embeds, ExpiryReport};
use retry::{Backoff, BackoffReason, Failure, PendingRequest, RetryState};
use tabs::LockRequest;
use validation::Rejection;
use waiters::{WaitFor, Waiters};

/// Triggers within this time of each other count as one.
const TRIGGER_DEBOUNCE: Duration = Duration::from_secs(1);
/// For how long after waking a network that is not up yet is no surprise.
const WAKE_GRACE: Duration = Duration::from_secs(60);

/// What the keeper is doing about the source.
#[derive(Debug)]
enum Phase {
    /// Nothing is to be asked yet.
    Idle,
    /// A request waits for its turn among the tabs.
    AwaitingLock(LockRequest),
    /// A request is under way.
    Requesting(PendingRequest),
    /// A request failed, or none may be made; the next is scheduled.
    BackingOff(Backoff),
    /// Everything has ended.
    Stopped,
}

/// A new token on its way to the embeds.
#[derive(Debug, Clone, Copy)]
struct Rollout {
    reason: Reason,
    attempt: u32,
    expires: Timestamp,
    /// Waiters were told that no embed took it; `refreshed` follows when one does.
    failure_reported: bool,
}

/// A token that looked expired when it was received, and when that was.
#[derive(Debug)]
struct SuspectToken {
    text: AccessToken,
    expires: Timestamp,
    received: Instant,
}

/// Keeps one access token fresh.
#[derive(Debug)]
pub struct Keeper {
    policy: RefreshPolicy,
    parse_json: ParseJson,
    kind: Option<Kind>,
    clock: Clock,
    rng: fastrand::Rng,
    budget: Budget,
    phase: Phase,
    current: Option<CurrentToken>,
    rollout: Option<Rollout>,
    embeds: Embeds,
    waiters: Waiters,
    hidden: bool,
    /// When it last checked, by the poll or a trigger.
    last_poll: Instant,
    /// Until then triggers count as one with the last that was acted on.
    debounce_until: Instant,
    /// A trigger that came before that, which will be acted on then.
    debounced_trigger: Option<Trigger>,
    /// Until then a network that is not up yet is no surprise.
    wake_grace_until: Instant,
    /// Requests in a row that did not reach the server since it woke.
    network_failures: u32,
    /// When the token in place on the embeds expires.
    applied_expiry: Option<Timestamp>,
    refreshed_at: Option<Timestamp>,
    /// The last token of the source that looked expired on receipt.
    suspect_token: Option<SuspectToken>,
    /// A token of the page's own that looked expired. Under a wrong clock it may be the latest of all.
    superseding_token: Option<Token>,
    last_error: Option<ErrorCode>,
    next_request_id: u32,
    next_lock_id: u32,
    state: KeeperState,
    deadline: Option<Deadline>,
}

impl Keeper {
    /// A keeper that follows `policy`. `parse_json` is the platform's reader of JSON text; `seed` feeds the jitter.
    #[must_use]
    pub fn new(policy: RefreshPolicy, parse_json: ParseJson, seed: u64) -> Self {
        Self {
            policy,
            parse_json,
            kind: None,
            clock: Clock::default(),
            rng: fastrand::Rng::with_seed(seed),
            budget: Budget::default(),
            phase: Phase::Idle,
            current: None,
            rollout: None,
            embeds: Embeds::new(),
            waiters: Waiters::default(),
            hidden: false,
            last_poll: Instant::default(),
            debounce_until: Instant::default(),
            debounced_trigger: None,
            wake_grace_until: Instant::default(),
            network_failures: 0,
            applied_expiry: None,
            refreshed_at: None,
            suspect_token: None,
            superseding_token: None,
            last_error: None,
            next_request_id: 0,
            next_lock_id: 0,
            state: KeeperState::Idle,
            deadline: None,
        }
    }

    /// When the keeper wants [`Input::Tick`]; `None` while nothing is attached and nothing under way.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// Tells the keeper what happened at `now`; answers with what is to be done.
    ///
    /// A [`Input::Tick`] before the deadline does nothing, so a timer may fire early and often.
    pub fn handle(&mut self, now: Now, input: Input) -> Effects {
        let mut fx = Effects::default();
        let early = matches!(input, Input::Tick) && self.deadline.is_none_or(|due| now.mono < due.at);
        if early || matches!(self.phase, Phase::Stopped) {
            return fx;
        }
        self.observe_clocks(now);
        let reason = self.dispatch(now, input, &mut fx);
        if now.mono >= self.last_poll + self.policy.poll_interval {
            self.check(now, &mut fx);
        }
        self.do_due_work(now, reason, &mut fx);
        self.emit_changes(now, &mut fx);
        self.deadline = self.next_deadline(now);
        fx
    }

    /// Notices what the clocks did since the last time.
    fn observe_clocks(&mut self, now: Now) {
        if self.clock.observe(now) == Jump::Forward {
            self.start_wake_grace(now);
            // while asleep the backoff did not pass on every machine, and the failure may be gone
            if let Phase::BackingOff(
                backoff @ Backoff {
                    cause: BackoffReason::Failure,
                    ..
                },
            ) = &mut self.phase
            {
                backoff.until = now.mono;
            }
        }
        if let Some(held) = &mut self.current {
            held.advance(&self.clock, now);
        }
    }

    /// The network may not be up yet from here on.
    fn start_wake_grace(&mut self, now: Now) {
        self.wake_grace_until = now.mono + WAKE_GRACE;
        self.network_failures = 0;
    }

    /// Takes one input in. Answers with the reason of a request that time alone would now lead to.
    fn dispatch(&mut self, now: Now, input: Input, fx: &mut Effects) -> Reason {
        match input {
            Input::Tick => return self.fire_debounced(now, fx),
            Input::Begin {
                initial,
                kind,
                hidden,
            } => {
                self.hidden = hidden;
                self.kind = kind;
                self.begin(now, initial.as_ref());
            }
            Input::Trigger(trigger) => return self.trigger(now, trigger, fx),
            Input::Hidden => self.hidden = true,
            Input::Attach { embed, held, kind } => self.attach(now, embed, held, kind),
            Input::Detach(embed) => {
                self.embeds.detach(embed);
                self.cancel_if_unused(fx);
            }
            Input::EmbedObserved { embed, snapshot } => self.embed_observed(now, embed, snapshot, fx),
            Input::ResponseReceived {
                request,
                answer,
                headers,
            } => {
                self.response_received(now, request, &answer, &headers, fx);
            }
            Input::RequestFailed {
                request,
                failure,
                headers,
            } => self.request_failed(now, request, failure, &headers, fx),
            Input::ApplyFinished { embed, call, outcome } => {
                let newest = self.current.as_ref().map(CurrentToken::text);
                if self
                    .embeds
                    .applied(embed, call, outcome, newest, &self.policy, now.mono, fx)
                {
                    self.cancel_if_unused(fx);
                }
            }
            Input::RecoveryFinished { embed, call, outcome } => {
                let newest = self.current.as_ref().map(CurrentToken::text);
                self.embeds.recovered(embed, call, outcome, newest, now.mono, fx);
            }
            Input::LockAcquired(lock) => self.lock_acquired(now, lock),
            Input::TokenReceivedFromTab(answer) => self.token_received_from_tab(now, &answer, fx),
            Input::TokenExpiredReported { embed, scope } => {
                return self.token_expired_reported(now, embed, scope);
            }
            Input::RefreshMayHelp(embed) => self.refresh_to_recover(now, embed, fx),
            Input::ProviderCalled { waiter, embed } => self.provider_called(now, waiter, embed, fx),
            Input::Refresh(waiter) => {
                self.waiters.add(waiter, WaitFor::Refresh);
                self.request_on_demand(now, Reason::Manual, fx);
            }
            Input::GetToken(waiter) => self.get_token(now, waiter, fx),
            Input::Stop => self.stop(fx),
        }
        Reason::Poll
    }

    /// Does what is due at `now`.
    fn do_due_work(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        if let Phase::Requesting(pending) = self.phase
            && now.mono >= pending.ends
        {
            fx.push(Effect::AbortRequest(pending.id));
            self.fail(
                now,
                pending.reason,
                pending.retry,
                Failure::new(ErrorCode::SourceTimeout),
                fx,
            );
        }
        if let Phase::AwaitingLock(lock) = self.phase
            && now.mono >= lock.ends
        {
            self.send_request(now, lock.reason, lock.retry, fx);
        }
        if !self.embeds.is_empty() && !self.is_paused_while_hidden() {
            match self.phase {
                Phase::Idle if self.is_refresh_due(now) => {
                    self.request_token(now, self.reason_or_initial(reason), RetryState::default(), fx)
                }
                Phase::BackingOff(backoff) if now.mono >= backoff.until => {
                    self.request_token(now, backoff.reason, backoff.retry, fx);
                }
                Phase::Idle
                | Phase::BackingOff(_)
                | Phase::AwaitingLock(_)
                | Phase::Requesting(_)
                | Phase::Stopped => {}
            }
        }
        let valid = self.current.as_ref().filter(|held| held.valid(&self.clock, now));
        self.embeds
            .run(valid.map(CurrentToken::text), &self.policy, now.mono, fx);
        self.finish_rollout(now, fx);
    }

    /// The reason to give for a request that a check led to: without a token it is the first.
    fn reason_or_initial(&self, reason: Reason) -> Reason {
        if self.current.is_none() {
            Reason::Initial
        } else {
            reason
        }
    }

    /// Whether a successor is due.
    fn is_refresh_due(&self, now: Now) -> bool {
        self.current
            .as_ref()
            .is_none_or(|held| held.until_due(&self.clock, now) == Duration::ZERO)
    }

    /// Whether nothing is asked for because nobody looks.
    fn is_paused_while_hidden(&self) -> bool {
        self.hidden && self.policy.while_hidden == WhileHidden::Pause
    }

    /// Tells the page what has changed by now.
    fn emit_changes(&mut self, now: Now, fx: &mut Effects) {
        if let Some(held) = &mut self.current
            && !held.expiry_reported
            && !self.embeds.is_empty()
            && held.remaining(&self.clock, now) == Duration::ZERO
        {
            held.expiry_reported = true;
            fx.push(Effect::Emit(Event::Expired(Expired {
                expires_at: held.window.expires,
            })));
        }
        let state = self.compute_state(now);
        if state != self.state {
            self.state = state;
            self.deadline = self.next_deadline(now);
            fx.push(Effect::Emit(Event::StateChange(self.status(now))));
        }
    }

    fn compute_state(&self, now: Now) -> KeeperState {
        let left = self.current.as_ref().map(|held| held.remaining(&self.clock, now));
        let expired = left == Some(Duration::ZERO);
        match &self.phase {
            Phase::Stopped => KeeperState::Stopped,
            Phase::AwaitingLock(_) | Phase::Requesting(_) => KeeperState::Refreshing,
            Phase::BackingOff(Backoff {
                cause: BackoffReason::Denied,
                ..
            }) => KeeperState::Denied,
            Phase::BackingOff(_) | Phase::Idle if expired && !self.embeds.is_empty() => KeeperState::Expired,
            Phase::BackingOff(Backoff {
                cause: BackoffReason::Budget,
                retry,
                ..
            }) if retry.failures == 0 => KeeperState::Due,
            Phase::BackingOff(_) if self.embeds.is_empty() => KeeperState::Idle,
            Phase::BackingOff(_) => KeeperState::Retrying,
            Phase::Idle if self.embeds.progress.pending > 0 => KeeperState::Refreshing,
            Phase::Idle if self.embeds.is_empty() || left.is_none() => KeeperState::Idle,
            Phase::Idle if self.is_refresh_due(now) => KeeperState::Due,
            Phase::Idle => KeeperState::Fresh,
        }
    }

    /// The next time at which something may have to be done.
    fn next_deadline(&self, now: Now) -> Option<Deadline> {
        let mut plan = DeadlinePicker {
            now: now.mono,
            next: None,
        };
        match self.phase {
            Phase::Stopped => return None,
            Phase::AwaitingLock(lock) => plan.at(lock.ends, DeadlineReason::Lock),
            Phase::Requesting(pending) => plan.at(pending.ends, DeadlineReason::SourceTimeout),
            Phase::BackingOff(backoff) if !self.is_paused_while_hidden() && !self.embeds.is_empty() => {
                plan.at(backoff.until, DeadlineReason::Retry);
            }
            Phase::BackingOff(_) | Phase::Idle => {}
        }
        if self.embeds.is_empty() {
            return plan.next;
        }
        plan.at(self.last_poll + self.policy.poll_interval, DeadlineReason::Poll);
        if let Some(held) = &self.current {
            if matches!(self.phase, Phase::Idle) && !self.is_paused_while_hidden() {
                plan.at(
                    now.mono + held.until_due(&self.clock, now),
                    DeadlineReason::Window,
                );
            }
            if !held.expiry_reported {
                plan.at(
                    now.mono + held.remaining(&self.clock, now),
                    DeadlineReason::Expiry,
                );
            }
        }
        if self.debounced_trigger.is_some() {
            plan.at(self.debounce_until, DeadlineReason::Recheck);
        }
        plan.at(self.embeds.next_wakeup(), DeadlineReason::Embed);
        plan.next
    }

    /// A read-out at `now`.
    #[must_use]
    pub fn status(&self, now: Now) -> Status {
        let attempt = match &self.phase {
            Phase::AwaitingLock(lock) => lock.retry.attempt(),
            Phase::Requesting(pending) => pending.attempt(),
            Phase::BackingOff(backoff) => backoff.retry.failures,
            Phase::Idle | Phase::Stopped => 0,
        };
        Status {
            state: self.state,
            token_type: self.wanted(),
            expires_at: self.applied_expiry,
            remaining_ms: self.applied_expiry.map(|at| at.since(self.server_time(now))),
            next_check_at: self.deadline.map(|due| now.wall + due.at.since(now.mono)),
            last_refresh_at: self.refreshed_at,
            last_error_code: self.last_error,
            attempt,
            embeds: self.embeds.len(),
            clock_skew_ms: self.clock.skew(),
            requests: self.next_request_id,
        }
    }

    /// The server's time, no earlier than the newest token has seen it.
    fn server_time(&self, now: Now) -> Timestamp {
        match &self.current {
            Some(held) => held.server(&self.clock, now),
            None => self.clock.server(now),
        }
    }
}

/// The earliest of several times, none of them in the past.
struct DeadlinePicker {
    now: Instant,
    next: Option<Deadline>,
}

impl DeadlinePicker {
    fn at(&mut self, at: Instant, reason: DeadlineReason) {
        let at = at.max(self.now + Duration::from_ms(1));
        if self.next.is_none_or(|next| at < next.at) {
            self.next = Some(Deadline { at, reason });
        }
    }
}
