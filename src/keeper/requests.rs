//! Requests to the source: when one may be made, how long it may take, and what comes of it.

use super::Keeper;
use super::embeds::Addressees;
use super::retry::{self, Backoff, BackoffReason, Failure, Need, PendingRequest, RetryState};
use super::rollout::Report;
use super::tabs::LockRequest;
use super::tokens::SuspectToken;
use super::tracked_token::{TrackedToken, expiry};
use super::validation::{Rejection, Rules};
use crate::budget::Budget;
use crate::clock::ServerTime;
use crate::io::{
    Content, Effect, Effects, ErrorCode, Event, Headers, Reason, RefreshFailed, Refreshed, RequestId,
    SourceCheck, SourceFailure,
};
use crate::policy::{MIN_REFRESH_INTERVAL, Origin, SOURCE_TIMEOUT};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{self, ASSUMED_LIFE, Expiry, Json, Token};

/// How far two tokens may be out of step with the clock and still be made when they were asked for.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);
/// For so long after its expiration a token's successor is waited for, though nobody may look.
const EXPIRED_LATELY: Duration = Duration::from_mins(30);

/// What the keeper is doing about the source.
#[derive(Debug)]
pub(super) enum Phase {
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

/// The keeper's side of the source.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) phase: Phase,
    budget: Budget,
    /// How many were made so far: the last one's number.
    pub(super) made: u32,
    pub(super) lock_requests: u32,
    /// Requests in a row that did not reach the server since it woke.
    pub(super) network_failures: u32,
    /// Requests in a row that took too long.
    timeouts: u32,
    /// How long the last answer took.
    last_took: Duration,
    /// The content that the last request named.
    contents: Vec<Content>,
    /// A request that was made for `checkSource()` alone.
    pub(super) check: Option<PendingRequest>,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Idle,
            budget: Budget::default(),
            made: 0,
            lock_requests: 0,
            network_failures: 0,
            timeouts: 0,
            last_took: Duration::ZERO,
            contents: Vec::new(),
            check: None,
        }
    }

    /// How long the next request may take: twice as long after each one that took longer, and twice what the last answer
    /// took.
    fn time_limit(&self, usual: Duration) -> Duration {
        let doubled = Duration::from_ms(usual.as_ms() << self.timeouts.min(9));
        doubled
            .max(self.last_took + self.last_took)
            .min(SOURCE_TIMEOUT.max)
    }

    /// Makes a request; one that was made for a check becomes it.
    fn begin(
        &mut self,
        now: Now,
        reason: Reason,
        retry: RetryState,
        usual: Duration,
    ) -> Result<PendingRequest, Duration> {
        let pending = match self.check.take() {
            Some(check) => PendingRequest {
                reason,
                retry,
                ..check
            },
            None => self.make(now, reason, retry, usual)?,
        };
        self.phase = Phase::Requesting(pending);
        Ok(pending)
    }

    /// Takes a request of the budget.
    pub(super) fn make(
        &mut self,
        now: Now,
        reason: Reason,
        retry: RetryState,
        usual: Duration,
    ) -> Result<PendingRequest, Duration> {
        self.budget.take(now.mono)?;
        self.made = self.made.wrapping_add(1);
        Ok(PendingRequest {
            id: RequestId(self.made),
            reason,
            asked: now,
            ends: now.mono + self.time_limit(usual),
            retry,
        })
    }

    /// The request that `id` names, if it is the one under way.
    fn pending(&self, id: RequestId) -> Option<PendingRequest> {
        match self.phase {
            Phase::Requesting(pending) if pending.id == id => Some(pending),
            Phase::Requesting(_)
            | Phase::AwaitingLock(_)
            | Phase::Idle
            | Phase::BackingOff(_)
            | Phase::Stopped => None,
        }
    }

    /// The source has answered, whatever it said.
    pub(super) fn answered(&mut self, took: Duration) {
        self.timeouts = 0;
        self.last_took = took;
    }

    /// Which try is under way or was last made; 0 after a success.
    pub(super) fn attempt(&self) -> u32 {
        match &self.phase {
            Phase::AwaitingLock(lock) => lock.retry.attempt(),
            Phase::Requesting(pending) => pending.attempt(),
            Phase::BackingOff(backoff) => backoff.retry.failures,
            Phase::Idle | Phase::Stopped => 0,
        }
    }

    /// Ends the pause, if it is for one of `causes`.
    pub(super) fn end_backoff(&mut self, now: Instant, causes: &[BackoffReason]) {
        if let Phase::BackingOff(backoff) = &mut self.phase
            && causes.contains(&backoff.cause)
        {
            backoff.until = now;
        }
    }
}

/// A token that was obtained, and how.
pub(super) struct Obtained<'a> {
    pub(super) token: Token,
    pub(super) reading: ServerTime,
    pub(super) reason: Reason,
    pub(super) attempt: u32,
    /// The content that it was requested for.
    pub(super) contents: &'a [Content],
    pub(super) rules: Rules,
}

impl Keeper {
    /// Asks the source, when it is this tab's turn.
    pub(super) fn request_token(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        if self.policy.tabs {
            self.acquire_lock(now, reason, retry, fx);
        } else {
            self.send_request(now, reason, retry, fx);
        }
    }

    /// Asks the source, if the budget allows it; otherwise waits for the next grant.
    pub(super) fn send_request(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        let was_check = self.requests.check.is_some();
        match self
            .requests
            .begin(now, reason, retry, self.policy.source_timeout)
        {
            Ok(pending) => {
                self.requests.contents = self.embeds.name_all();
                if !was_check {
                    fx.push(Effect::RequestToken {
                        request: pending.id,
                        reason,
                        attempt: pending.attempt(),
                    });
                }
            }
            Err(wait) => {
                let backoff = Backoff {
                    until: now.mono + wait,
                    cause: BackoffReason::Budget,
                    reason,
                    retry,
                };
                self.back_off(
                    now,
                    reason,
                    backoff,
                    retry.attempt(),
                    Failure::new(ErrorCode::Budget),
                    fx,
                );
            }
        }
    }

    /// Gives up on a request that has taken too long.
    pub(super) fn time_out(&mut self, now: Now, fx: &mut Effects) {
        if let Phase::Requesting(pending) = self.requests.phase
            && now.mono >= pending.ends
        {
            self.requests.timeouts = self.requests.timeouts.saturating_add(1);
            fx.push(Effect::AbortRequest(pending.id));
            let failure = Failure::new(ErrorCode::SourceTimeout);
            self.fail(now, pending.reason, pending.retry, failure, fx);
        }
    }

    pub(super) fn response_received(
        &mut self,
        now: Now,
        id: RequestId,
        answer: &Json,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.requests.pending(id) else {
            return self.check_answered(now, id, answer, headers, fx);
        };
        self.requests.answered(now.mono.since(pending.asked.mono));
        self.update_clock(now, pending.asked, headers);
        match self.read(now, answer, headers.date.is_some(), fx) {
            Ok((token, reading, rules)) => self.accept(now, pending, token, reading, rules, fx),
            Err(Rejection { code, token }) => {
                let failure = Failure {
                    refused: token,
                    ..Failure::new(code)
                };
                self.fail(now, pending.reason, pending.retry, failure, fx);
            }
        }
    }

    /// Reads and validates an answer. `dated` says that the server named its time with it.
    pub(super) fn read(
        &mut self,
        now: Now,
        answer: &Json,
        dated: bool,
        fx: &mut Effects,
    ) -> Result<(Token, ServerTime, Rules), Rejection> {
        let token = token::parse_response(answer, self.clock.server(now), self.wanted(), self.parse_json)?;
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(now, issued);
        }
        let rules = Rules {
            kind: self.wanted(),
            is_refresh: self.waiters.has_refresh(),
            server: self.clock.server(now),
            may_look_expired: false,
        };
        // such a token has to end later than the one in place, whoever asked for it
        let lenient = Rules {
            may_look_expired: true,
            is_refresh: false,
            ..rules
        };
        let validated = match self.validate(now, &token, &rules, Addressees::Named, fx) {
            Ok(()) => Ok(ServerTime::new(&self.clock, now)),
            Err(ErrorCode::TokenExpired)
                if !dated
                    && self
                        .validate(now, &token, &lenient, Addressees::Named, fx)
                        .is_ok() =>
            {
                self.detect_fast_clock(now, &token).ok_or(ErrorCode::TokenExpired)
            }
            Err(code) => Err(code),
        };
        match validated {
            Ok(reading) => Ok((token, reading, rules)),
            Err(code) => Err(Rejection {
                code,
                token: Some(token.text),
            }),
        }
    }

    /// Whether the answer is better than one of the tokens that it may replace. With none of those, than the newest.
    pub(super) fn validate(
        &mut self,
        now: Now,
        token: &Token,
        rules: &Rules,
        addressees: Addressees<'_>,
        fx: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let (embeds, ctx) = self.context(now, fx);
        let mut replaced = embeds.replaceable(addressees, rules.is_refresh, &ctx);
        if replaced.is_empty() {
            replaced.push(ctx.tokens.newest().map(|newest| newest.id));
        }
        let mut verdict = Ok(());
        for old in replaced {
            let old = old.and_then(|id| ctx.tokens.get(id));
            match rules.validate_replacement(token, old) {
                Ok(()) => return Ok(()),
                Err(code) if verdict.is_ok() => verdict = Err(code),
                Err(_) => {}
            }
        }
        verdict
    }

    /// The server's time by a token that looks expired, where it is this machine's clock that is ahead.
    ///
    /// One such token may come out of a cache. Two different ones, whose expirations lie as far apart as their
    /// receipts, were made when they were asked for.
    fn detect_fast_clock(&mut self, now: Now, token: &Token) -> Option<ServerTime> {
        let expires = expiry(token, self.clock.server(now))?;
        let text = token.text.clone();
        let before = self.tokens.suspect.replace(SuspectToken {
            text,
            expires,
            received: now.mono,
        })?;
        let passed = before.expires + now.mono.since(before.received);
        let in_step =
            before.text != token.text && expires.signed_difference(passed).size() <= CLOCK_TOLERANCE;
        in_step.then(|| ServerTime::from_token(token.issued_at.unwrap_or(expires - ASSUMED_LIFE), now))
    }

    fn accept(
        &mut self,
        now: Now,
        pending: PendingRequest,
        token: Token,
        reading: ServerTime,
        rules: Rules,
        fx: &mut Effects,
    ) {
        let contents = core::mem::take(&mut self.requests.contents);
        if let (true, Some(expires)) = (self.policy.tabs, expiry(&token, self.clock.server(now))) {
            fx.push(Effect::BroadcastToken {
                token: token.text.clone(),
                expires,
                contents: contents.clone(),
            });
        }
        self.release_lock(fx);
        let obtained = Obtained {
            token,
            reading,
            reason: pending.reason,
            attempt: pending.attempt(),
            contents: &contents,
            rules,
        };
        self.take(now, obtained, fx);
    }

    /// Takes a token that was asked for, here or in another tab, and starts its rollout.
    pub(super) fn take(&mut self, now: Now, obtained: Obtained<'_>, fx: &mut Effects) {
        let Obtained {
            token,
            reading,
            reason,
            attempt,
            contents,
            rules,
        } = obtained;
        self.requests.phase = Phase::Idle;
        self.requests.network_failures = 0;
        self.last_error = match token.expiry {
            Expiry::Known(_) => None,
            // taken all the same, for as long as such a token lives at most; support should know
            Expiry::Assumed(_) | Expiry::Unknown => Some(ErrorCode::ExpirationUnknown),
        };
        let id = self
            .tokens
            .track(token, Origin::Source, &self.policy, (now, &self.clock, reading));
        self.tokens.make_known(id, contents, rules.is_refresh);
        let Some(new) = self.tokens.get(id) else { return };
        let (text, expires) = (new.text().clone(), new.window.expires);
        let replaces: Vec<_> = {
            let better = |old: &&TrackedToken| rules.replaces(new, old);
            self.tokens.iter().filter(better).map(|old| old.id).collect()
        };
        self.rollout.start(id, reason, attempt, expires);
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.start_rollout(id, rules.is_refresh, |old| replaces.contains(&old.id), &mut ctx);
        self.put_off_unserved(now);
        self.tokens.forget_unused();
        let check = SourceCheck {
            code: None,
            expires_at: Some(expires),
            status: None,
        };
        self.waiters.checked(check, Some(&text), fx);
        self.waiters.accepted(&text, fx);
    }

    /// Embeds that were named and are due all the same, since the answer is not for them or no better than what they have,
    /// are not asked for again at once.
    fn put_off_unserved(&mut self, now: Now) {
        let later = now.mono + MIN_REFRESH_INTERVAL;
        for token in self.embeds.unserved() {
            match token {
                None => self.tokens.without_not_due_before = later,
                Some(id) => {
                    let clock = &self.clock;
                    if let Some(token) = self.tokens.get_mut(id)
                        && token.until_due(clock, now) == Duration::ZERO
                    {
                        token.not_due_before = later;
                    }
                }
            }
        }
    }

    /// Tells the page of a new token when every embed has answered to it for the first time.
    pub(super) fn finish_rollout(&mut self, now: Now, fx: &mut Effects) {
        if self.rollout.is_in_place() {
            self.refreshed_at = Some(now.wall);
        }
        match self.rollout.report() {
            None => {}
            Some(Report::Done {
                reason,
                attempt,
                expires,
                embeds,
            }) => {
                let refreshed = Refreshed {
                    reason,
                    expires_at: expires,
                    attempt,
                    embeds,
                };
                fx.push(Effect::Emit(Event::Refreshed(refreshed)));
                self.waiters.rolled_out(Ok(expires), fx);
            }
            Some(Report::Failed(code)) => {
                self.last_error = Some(code);
                self.waiters.rolled_out(Err(code), fx);
            }
        }
    }

    pub(super) fn request_failed(
        &mut self,
        now: Now,
        id: RequestId,
        failure: SourceFailure,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.requests.pending(id) else {
            return self.check_failed(now, id, failure, headers, fx);
        };
        self.update_clock(now, pending.asked, headers);
        let (code, status) = code_of(failure);
        if status.is_some() {
            self.requests.answered(now.mono.since(pending.asked.mono));
        }
        let retry_after = headers
            .retry_after
            .as_deref()
            .and_then(|text| self.retry_after(now, text));
        let network_failures = if self.triggers.is_waking(now.mono) && code == ErrorCode::SourceNetwork {
            self.requests.network_failures.saturating_add(1)
        } else {
            0
        };
        let failure = Failure {
            code,
            status,
            retry_after,
            network_failures,
            refused: None,
        };
        self.fail(now, pending.reason, pending.retry, failure, fx);
    }

    /// Ends a request that failed, and schedules the next.
    pub(super) fn fail(
        &mut self,
        now: Now,
        reason: Reason,
        retry: RetryState,
        failure: Failure,
        fx: &mut Effects,
    ) {
        let need = self.need(now);
        let backoff = retry::backoff_after(retry, &failure, need, now.mono, self.tokens.draw());
        self.requests.network_failures = failure.network_failures;
        self.back_off(now, reason, backoff, retry.attempt(), failure, fx);
    }

    /// What the page stands to lose while no token comes.
    fn need(&self, now: Now) -> Need {
        let first = self.tokens.first_to_expire(&self.clock, now);
        let remaining = first
            .filter(|token| self.tokens.embeds_without == 0 && token.is_valid(&self.clock, now))
            .map(|token| token.remaining(&self.clock, now));
        let expired_lately = first.is_some_and(|token| {
            let server = token.server(&self.clock, now);
            server.since(token.window.expires) < EXPIRED_LATELY
        });
        Need {
            remaining,
            waited_for: !self.triggers.is_hidden() || expired_lately,
        }
    }

    /// Pauses after a request for `reason` that failed or may not be made, and says so.
    fn back_off(
        &mut self,
        now: Now,
        reason: Reason,
        backoff: Backoff,
        attempt: u32,
        failure: Failure,
        fx: &mut Effects,
    ) {
        self.release_lock(fx);
        self.last_error = Some(failure.code);
        let will_retry = !self.embeds.is_empty();
        let source_requested_wait = matches!(backoff.cause, BackoffReason::Denied | BackoffReason::Throttled);
        self.requests.phase = if will_retry || source_requested_wait {
            Phase::BackingOff(backoff)
        } else {
            Phase::Idle
        };
        let failed = RefreshFailed {
            reason,
            code: failure.code,
            attempt,
            retry_in_ms: will_retry.then(|| backoff.until.since(now.mono)),
            status: failure.status,
        };
        let check = SourceCheck {
            code: Some(failure.code),
            expires_at: None,
            status: failure.status,
        };
        self.waiters.checked(check, failure.refused.as_ref(), fx);
        fx.push(Effect::Emit(Event::RefreshFailed(failed, failure.refused)));
        self.waiters.failed(failure.code, fx);
    }

    pub(super) fn update_clock(&mut self, now: Now, asked: Now, headers: &Headers) {
        if let Some(date) = headers.date.as_deref().and_then(token::parse_http_date) {
            self.clock.update_from_response(asked, now, date);
        }
    }

    /// `Retry-After`: seconds, or an HTTP date.
    fn retry_after(&self, now: Now, text: &str) -> Option<Duration> {
        match token::parse_digits(token::trim(text)) {
            Some(seconds) => Some(Duration::from_secs(seconds.unsigned_abs())),
            None => token::parse_http_date(text).map(|at: Timestamp| at.since(self.clock.server(now))),
        }
    }
}

/// The code of a failure, and the HTTP status where there was one.
pub(super) fn code_of(failure: SourceFailure) -> (ErrorCode, Option<u16>) {
    match failure {
        SourceFailure::Network => (ErrorCode::SourceNetwork, None),
        SourceFailure::SourceThrew => (ErrorCode::SourceThrew, None),
        SourceFailure::SignInRequired => (ErrorCode::SourceDenied, None),
        SourceFailure::InvalidBody => (ErrorCode::SourceAnswer, None),
        SourceFailure::DamagedToken => (ErrorCode::TokenUnusable, None),
        SourceFailure::Status(status @ (401 | 403)) => (ErrorCode::SourceDenied, Some(status)),
        SourceFailure::Status(status @ (429 | 503)) => (ErrorCode::SourceThrottled, Some(status)),
        SourceFailure::Status(status) => (ErrorCode::SourceStatus, Some(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Duration = Duration::from_secs(30);

    #[test]
    fn the_time_limit_doubles_after_each_timeout_up_to_five_minutes() {
        let mut requests = Requests::new();
        let mut limits = Vec::new();
        for timeouts in 0..6 {
            requests.timeouts = timeouts;
            limits.push(requests.time_limit(USUAL).as_ms() / 1_000);
        }
        assert_eq!(limits, [30, 60, 120, 240, 300, 300]);
        requests.timeouts = u32::MAX;
        assert_eq!(requests.time_limit(SOURCE_TIMEOUT.max), SOURCE_TIMEOUT.max);
    }

    #[test]
    fn a_slow_answer_is_given_twice_its_time_from_then_on() {
        let mut requests = Requests::new();
        requests.timeouts = 2;
        requests.answered(Duration::from_secs(95));
        assert_eq!(requests.time_limit(USUAL), Duration::from_secs(190));
        requests.answered(Duration::from_secs(1));
        assert_eq!(requests.time_limit(USUAL), USUAL);
    }
}
