//! Requests to the source: when one may be made, and how long it may take.

use super::Keeper;
use super::retry::{Backoff, BackoffReason, Failure, PendingRequest, RetryState};
use super::tabs::LockRequest;
use crate::budget::Budget;
use crate::io::{Content, Effect, Effects, ErrorCode, Headers, Reason, RequestId};
use crate::policy::SOURCE_TIMEOUT;
use crate::time::{Duration, Instant, Now};
use crate::token;

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
    pub(super) contents: Vec<Content>,
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
    pub(super) fn pending(&self, id: RequestId) -> Option<PendingRequest> {
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
                if !was_check {
                    self.requests.contents = self.embeds.name_all();
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

    /// The request was made, and the embeds were observed for it: what it names is what they are now.
    pub(super) fn request_sent(&mut self, id: RequestId) {
        if self.requests.pending(id).is_some() || self.requests.check.is_some_and(|check| check.id == id) {
            self.requests.contents = self.embeds.name_all();
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

    pub(super) fn update_clock(&mut self, now: Now, asked: Now, headers: &Headers) {
        if let Some(date) = headers.date.as_deref().and_then(token::parse_http_date) {
            self.clock.update_from_response(asked, now, date);
            self.tokens.advance(&self.clock, now);
        }
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
