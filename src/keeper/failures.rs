//! Requests that failed: why, how long the keeper pauses, and whom it tells.

use super::Keeper;
use super::requests::Phase;
use super::retry::{self, Backoff, BackoffReason, Failure, RetryState};
use crate::backoff::Urgency;
use crate::io::{
    Effect, Effects, ErrorCode, Event, Headers, Reason, RefreshFailed, RequestId, SourceCheck, SourceFailure,
};
use crate::time::{Duration, Now, Timestamp};
use crate::token;

/// For so long after its expiration a token's successor is waited for, though nobody may look.
const EXPIRED_LATELY: Duration = Duration::from_mins(30);

impl Keeper {
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
        let urgency = self.urgency(now);
        let backoff = retry::backoff_after(retry, &failure, urgency, now.mono, self.tokens.draw());
        self.requests.network_failures = failure.network_failures;
        self.back_off(now, reason, backoff, retry.attempt(), failure, fx);
    }

    /// How pressing a new token is.
    fn urgency(&self, now: Now) -> Urgency {
        let first = self.tokens.first_to_expire(&self.clock, now);
        let good = first.filter(|token| self.tokens.embeds_without == 0 && token.is_valid(&self.clock, now));
        let expired_lately = first.is_some_and(|token| {
            let server = token.server(&self.clock, now);
            server.since(token.window.expires) < EXPIRED_LATELY
        });
        match good {
            Some(token) => Urgency::Remaining(token.remaining(&self.clock, now)),
            None if expired_lately || !self.triggers.is_hidden() => Urgency::Remaining(Duration::ZERO),
            None => Urgency::Unseen,
        }
    }

    /// Pauses after a request for `reason` that failed or may not be made, and says so.
    pub(super) fn back_off(
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
