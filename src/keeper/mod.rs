//! The state machine that keeps the access tokens of a page's embeds fresh.
//!
//! It is told what happened ([`Input`]) and says what to do ([`Effects`]) and when it wants to be called again
//! ([`Keeper::deadline`]). It never waits, never reads a clock and never calls anybody.
//!
//! Each embed has its own token and its own expiration (`embed_state`); the tokens themselves are in `tokens`. A
//! token that the keeper obtained is *known*; any other that stands on an embed is the page's own, and stays while it is
//! good and not due.

mod apply;
mod attachments;
mod context;
mod embed_state;
mod embeds;
mod failures;
mod provider;
mod recovery;
mod requests;
mod responses;
mod retry;
mod rollout;
mod schedule;
mod source_check;
mod tabs;
mod tokens;
mod tracked_token;
mod triggers;
mod validation;
mod waiters;

use crate::clock::{Clock, Jump, ServerTime};
use crate::io::{
    Deadline, DeadlineReason, Effect, Effects, ErrorCode, Event, Expired, Input, KeeperState, Reason, Status,
};
use crate::policy::{Origin, RefreshPolicy, WhileHidden};
use crate::time::{Duration, Instant, Now, Skew, Timestamp};
use crate::token::{self, Json, Kind, ParseJson};
use context::Context;
use embeds::Embeds;
use requests::{Phase, Requests};
use retry::{BackoffReason, RetryState};
use rollout::Rollout;
use tokens::Tokens;
use tracked_token::TrackedToken;
use triggers::Triggers;
use waiters::Waiters;

/// Keeps the access tokens of embeds fresh, all from one source.
#[derive(Debug)]
pub struct Keeper {
    policy: RefreshPolicy,
    parse_json: ParseJson,
    kind: Option<Kind>,
    clock: Clock,
    triggers: Triggers,
    requests: Requests,
    tokens: Tokens,
    rollout: Rollout,
    embeds: Embeds,
    waiters: Waiters,
    refreshed_at: Option<Timestamp>,
    last_error: Option<ErrorCode>,
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
            triggers: Triggers::default(),
            requests: Requests::new(),
            tokens: Tokens::new(seed),
            rollout: Rollout::default(),
            embeds: Embeds::new(),
            waiters: Waiters::default(),
            refreshed_at: None,
            last_error: None,
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
        if early || matches!(self.requests.phase, Phase::Stopped) {
            return fx;
        }
        self.observe_clocks(now, &mut fx);
        let reason = self.dispatch(now, input, &mut fx);
        if now.mono >= self.triggers.next_poll(self.policy.poll_interval) {
            self.check(now, &mut fx);
        }
        self.do_due_work(now, reason, &mut fx);
        self.emit_changes(now, &mut fx);
        self.deadline = self.next_deadline(now);
        fx
    }

    /// The embeds, and what they need of the rest.
    fn context<'a>(&'a mut self, now: Now, fx: &'a mut Effects) -> (&'a mut Embeds, Context<'a>) {
        let ctx = Context {
            now,
            policy: &self.policy,
            parse_json: self.parse_json,
            kind: self.kind,
            clock: &mut self.clock,
            tokens: &mut self.tokens,
            rollout: &mut self.rollout,
            fx,
        };
        (&mut self.embeds, ctx)
    }

    /// Notices what the clocks did since the last time.
    fn observe_clocks(&mut self, now: Now, fx: &mut Effects) {
        let jump = self.clock.observe(now);
        if jump == Jump::Forward {
            self.wake(now);
            // while asleep the pause did not pass on every machine, and the failure may be gone
            self.requests
                .end_backoff(now.mono, &[BackoffReason::Failure, BackoffReason::Unchanged]);
        }
        if jump != Jump::None {
            let (embeds, mut ctx) = self.context(now, fx);
            embeds.reconcile(&mut ctx);
        }
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
                self.triggers.set_hidden(hidden);
                self.kind = kind;
                self.begin(now, initial.as_ref());
            }
            Input::Trigger(trigger) => return self.trigger(now, trigger, fx),
            Input::Hidden => self.triggers.set_hidden(true),
            Input::Attach { embed, config } => self.attach(now, embed, config, fx),
            Input::Detach(embed) => self.detach(now, embed, fx),
            Input::EmbedObserved { embed, snapshot } => self.embed_observed(now, embed, snapshot, fx),
            Input::RequestSent(request) => self.request_sent(request),
            Input::ResponseReceived {
                request,
                answer,
                headers,
            } => self.response_received(now, request, &answer, &headers, fx),
            Input::RequestFailed {
                request,
                failure,
                headers,
            } => self.request_failed(now, request, failure, &headers, fx),
            Input::ApplyFinished { embed, call, outcome } => {
                let (embeds, mut ctx) = self.context(now, fx);
                if embeds.apply_finished(embed, call, outcome, &mut ctx) {
                    self.cancel_if_unused(fx);
                }
            }
            Input::RecoveryFinished { embed, call, outcome } => {
                let (embeds, mut ctx) = self.context(now, fx);
                embeds.recovery_finished(embed, call, outcome, &mut ctx);
            }
            Input::StateCaptured {
                embed,
                call,
                captured,
            } => {
                let (embeds, mut ctx) = self.context(now, fx);
                embeds.state_captured(embed, call, captured, &mut ctx);
            }
            Input::LockAcquired(lock) => self.lock_acquired(now, lock),
            Input::TokenReceivedFromTab(answer) => self.token_received_from_tab(now, &answer, fx),
            Input::TokenExpiredReported { embed, scope } => {
                return self.token_expired_reported(now, embed, scope, fx);
            }
            Input::RefreshMayHelp(embed) => self.refresh_to_recover(now, embed, fx),
            Input::ProviderCalled { waiter, embed } => self.provider_called(now, waiter, embed, fx),
            Input::Refresh(waiter) => self.refresh(now, waiter, fx),
            Input::GetToken(waiter) => self.get_token(now, waiter, fx),
            Input::CheckSource(waiter) => self.check_source(now, waiter, fx),
            Input::Stop => self.stop(fx),
        }
        Reason::Poll
    }

    /// Starts with a token already in hand, if it can be read and is still good for something.
    fn begin(&mut self, now: Now, initial: Option<&Json>) {
        let server = self.clock.server(now);
        let Some(Ok(token)) =
            initial.map(|answer| token::parse_response(answer, server, self.wanted(), self.parse_json))
        else {
            return;
        };
        if !tokens::is_of_kind(&token, self.kind) {
            return;
        }
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(now, issued);
            self.tokens.advance(&self.clock, now);
        }
        let reading = ServerTime::new(&self.clock, now);
        let id = self
            .tokens
            .track(token, Origin::Existing, &self.policy, (now, &self.clock, reading));
        self.tokens.make_known(id, &[], false);
        if let Some(mut token) = self.tokens.get_mut(id) {
            token.is_unbound = true;
        }
    }

    /// How the server's time is read for a token that did not come from the source.
    fn server_time_reading(&self, now: Now) -> ServerTime {
        let untrusted = self
            .tokens
            .newest()
            .and_then(TrackedToken::untrusted_clock_reading);
        untrusted.unwrap_or(ServerTime::new(&self.clock, now))
    }

    /// The kind of token that is needed, as far as anybody said.
    fn wanted(&self) -> Option<Kind> {
        self.kind
            .or_else(|| self.embeds.kind())
            .or_else(|| self.tokens.newest().and_then(|token| token.token.kind))
    }

    /// Does what is due at `now`.
    fn do_due_work(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        self.replace_expired(now, fx);
        self.time_out(now, fx);
        self.time_out_check(now, fx);
        if let Phase::AwaitingLock(lock) = self.requests.phase
            && now.mono >= lock.ends
        {
            self.send_request(now, lock.reason, lock.retry, fx);
        }
        if !self.embeds.is_empty() && !self.is_paused_while_hidden() {
            match self.requests.phase {
                Phase::Idle if self.is_refresh_due(now) => {
                    self.request_token(now, self.reason_or_initial(reason), RetryState::default(), fx);
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
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.advance(&mut ctx);
        self.finish_rollout(now, fx);
    }

    /// Gives embeds whose token has just expired the newest one, where that was obtained for their content.
    fn replace_expired(&mut self, now: Now, fx: &mut Effects) {
        if self.has_expired(now) {
            let (embeds, mut ctx) = self.context(now, fx);
            embeds.reconcile(&mut ctx);
        }
    }

    /// Whether a token that the embeds are to have has expired, and the page was not told yet.
    fn has_expired(&self, now: Now) -> bool {
        self.tokens.schedule().unreported <= self.clock.steady(now)
    }

    /// The reason to give for a request that a check led to: for an embed without a token it is the first.
    fn reason_or_initial(&self, reason: Reason) -> Reason {
        if self.tokens.newest().is_none() || self.tokens.embeds_without > 0 {
            Reason::Initial
        } else {
            reason
        }
    }

    /// Whether a new token is due for one of the embeds.
    fn is_refresh_due(&self, now: Now) -> bool {
        self.tokens.until_due(&self.clock, now) == Some(Duration::ZERO)
    }

    /// Whether nothing is asked for because nobody looks.
    fn is_paused_while_hidden(&self) -> bool {
        self.triggers.is_hidden() && self.policy.while_hidden == WhileHidden::Pause
    }

    /// Tells the page what has changed by now.
    fn emit_changes(&mut self, now: Now, fx: &mut Effects) {
        if self.has_expired(now) {
            self.report_expired(now, fx);
        }
        let state = self.compute_state(now);
        if state != self.state {
            self.state = state;
            self.deadline = self.next_deadline(now);
            fx.push(Effect::Emit(Event::StateChange(self.status(now))));
        }
    }

    /// Tells of each token that has expired on an embed that is to get no other.
    fn report_expired(&mut self, now: Now, fx: &mut Effects) {
        let has_expired = |token: &&TrackedToken| {
            let remaining = token.remaining(&self.clock, now);
            !token.expiry_reported && token.kept_by > 0 && remaining == Duration::ZERO
        };
        let expired: Vec<_> = self
            .tokens
            .in_use()
            .filter(has_expired)
            .map(|token| (token.id, token.window.expires))
            .collect();
        for (id, expires_at) in expired {
            if let Some(mut token) = self.tokens.get_mut(id) {
                token.expiry_reported = true;
            }
            self.tokens.last_reported = self.tokens.last_reported.max(Some(expires_at));
            fx.push(Effect::Emit(Event::Expired(Expired { expires_at })));
        }
    }

    fn compute_state(&self, now: Now) -> KeeperState {
        let expires = self.tokens.schedule().expires;
        let is_expired = expires <= self.clock.steady(now);
        match &self.requests.phase {
            Phase::Stopped => KeeperState::Stopped,
            Phase::AwaitingLock(_) | Phase::Requesting(_) => KeeperState::Refreshing,
            Phase::BackingOff(backoff) if backoff.cause == BackoffReason::Denied => KeeperState::Denied,
            Phase::BackingOff(_) | Phase::Idle if is_expired => KeeperState::Expired,
            Phase::BackingOff(_) if self.embeds.is_empty() => KeeperState::Idle,
            Phase::BackingOff(backoff) => match backoff.cause {
                BackoffReason::Unchanged => KeeperState::Due,
                BackoffReason::Budget if backoff.retry.failures == 0 => KeeperState::Due,
                BackoffReason::Failure
                | BackoffReason::Refused
                | BackoffReason::Denied
                | BackoffReason::Throttled
                | BackoffReason::Budget => KeeperState::Retrying,
            },
            Phase::Idle if self.rollout.pending > 0 => KeeperState::Refreshing,
            Phase::Idle if expires == Instant::NEVER => KeeperState::Idle,
            Phase::Idle if self.is_refresh_due(now) => KeeperState::Due,
            Phase::Idle => KeeperState::Fresh,
        }
    }

    /// The next time at which something may have to be done.
    fn next_deadline(&self, now: Now) -> Option<Deadline> {
        let mut next = DeadlinePicker {
            now: now.mono,
            next: None,
        };
        match self.requests.phase {
            Phase::Stopped => return None,
            Phase::AwaitingLock(lock) => next.at(lock.ends, DeadlineReason::Lock),
            Phase::Requesting(pending) => next.at(pending.ends, DeadlineReason::SourceTimeout),
            Phase::BackingOff(backoff) if !self.is_paused_while_hidden() && !self.embeds.is_empty() => {
                next.at(backoff.until, DeadlineReason::Retry);
            }
            Phase::BackingOff(_) | Phase::Idle => {}
        }
        if let Some(check) = self.requests.check {
            next.at(check.ends, DeadlineReason::SourceTimeout);
        }
        if self.embeds.is_empty() {
            return next.next;
        }
        next.at(
            self.triggers.next_poll(self.policy.poll_interval),
            DeadlineReason::Poll,
        );
        if matches!(self.requests.phase, Phase::Idle)
            && !self.is_paused_while_hidden()
            && let Some(until) = self.tokens.until_due(&self.clock, now)
        {
            next.at(now.mono + until, DeadlineReason::Window);
        }
        let steady = self.clock.steady(now);
        if let Some(expires) = self.tokens.next_to_expire(steady) {
            next.at(now.mono + expires.since(steady), DeadlineReason::Expiry);
        }
        if let Some(at) = self.triggers.next_debounced() {
            next.at(at, DeadlineReason::Recheck);
        }
        next.at(self.embeds.next_wakeup(), DeadlineReason::Embed);
        next.next
    }

    /// A read-out at `now`.
    #[must_use]
    pub fn status(&self, now: Now) -> Status {
        let first = self.tokens.in_place().min_by_key(|token| token.window.expires);
        let first = first.or_else(|| self.tokens.newest());
        Status {
            state: self.state,
            token_type: self.wanted(),
            expires_at: first.map(|token| token.window.expires),
            remaining_ms: first.map(|token| token.remaining(&self.clock, now)),
            next_check_at: self.deadline.map(|due| now.wall + due.at.since(now.mono)),
            last_refresh_at: self.refreshed_at,
            last_error_code: self.last_error,
            attempt: self.requests.attempt(),
            embeds: self.embeds.len(),
            clock_skew_ms: self.clock_skew(now),
            requests: self.requests.made,
        }
    }

    /// The correction of this machine's clock that is believed in, in whichever way it was learnt.
    fn clock_skew(&self, now: Now) -> Skew {
        let newest = self.tokens.newest();
        match newest.filter(|token| token.untrusted_clock_reading().is_some()) {
            Some(token) => token.server(&self.clock, now).signed_difference(now.wall),
            None => self.clock.skew(),
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
