//! Requests to the source: the one under way, the backoff after one that failed, and and the failures in a row so far.

use crate::backoff;
use crate::io::{ErrorCode, Reason, RequestId};
use crate::time::{Duration, Instant, Now};
use crate::token::AccessToken;

/// The failures in a row since the last success.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RetryState {
    pub(super) failures: u32,
    denials: u32,
}

/// The request under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingRequest {
    pub(super) id: RequestId,
    pub(super) reason: Reason,
    pub(super) asked: Now,
    pub(super) ends: Instant,
    pub(super) retry: RetryState,
}

impl RetryState {
    /// Which try the next request is.
    pub(super) fn attempt(self) -> u32 {
        self.failures.saturating_add(1)
    }
}

impl PendingRequest {
    pub(super) fn attempt(&self) -> u32 {
        self.retry.attempt()
    }
}

/// Why no request is made for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BackoffReason {
    /// The last request failed.
    Failure,
    /// The source answered 401 or 403.
    Denied,
    /// The source named the time, or was throttled.
    Throttled,
    /// The budget is spent.
    Budget,
}

/// The backoff between a failure and the next request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) until: Instant,
    pub(super) cause: BackoffReason,
    /// What the next request will be made for.
    pub(super) reason: Reason,
    pub(super) retry: RetryState,
}

/// A failure, as far as it decides the backoff that follows.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    /// So many requests in a row, this one included, that did not reach the server within a minute of waking.
    pub(super) network_failures: u32,
    /// The token that was refused.
    pub(super) refused: Option<AccessToken>,
}

impl Failure {
    pub(super) fn new(code: ErrorCode) -> Self {
        Self {
            code,
            status: None,
            retry_after: None,
            network_failures: 0,
            refused: None,
        }
    }
}

/// The backoff that follows `failure` in a row of them. `draw` is 0 to `u32::MAX`.
pub(super) fn backoff_after(mut retry: RetryState, failure: &Failure, now: Instant, draw: u32) -> Backoff {
    retry.failures = retry.failures.saturating_add(1);
    retry.denials = if failure.code == ErrorCode::SourceDenied {
        retry.denials.saturating_add(1)
    } else {
        0
    };
    let (cause, wait) = if failure.code == ErrorCode::SourceDenied {
        (BackoffReason::Denied, backoff::denied(retry.denials))
    } else if failure.code == ErrorCode::SourceThrottled || failure.retry_after.is_some() {
        (BackoffReason::Throttled, backoff::throttled(failure.retry_after))
    } else if let Some(wait) = backoff::waking(failure.network_failures) {
        (BackoffReason::Failure, wait)
    } else {
        (BackoffReason::Failure, backoff::retry(retry.failures, draw))
    };
    Backoff {
        until: now + wait,
        cause,
        reason: Reason::Retry,
        retry,
    }
}
