//! Requests to the source: the one under way, the pause after one that failed, and the row of failures so far.

use crate::backoff;
use crate::io::{ErrorCode, Reason, RequestId};
use crate::time::{Duration, Instant, Now};
use crate::token::AccessToken;

/// The failures in a row since the last success.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) failures: u32,
    denials: u32,
}

/// The request under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) id: RequestId,
    pub(super) reason: Reason,
    pub(super) asked: Now,
    pub(super) ends: Instant,
    pub(super) row: Row,
}

impl Row {
    /// Which try the next request is.
    pub(super) fn attempt(self) -> u32 {
        self.failures.saturating_add(1)
    }
}

impl Flight {
    pub(super) fn attempt(&self) -> u32 {
        self.row.attempt()
    }
}

/// Why no request is made for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The last request failed.
    Failure,
    /// The source answered 401 or 403.
    Denied,
    /// The source named the time, or was throttled.
    Throttled,
    /// The budget is spent.
    Budget,
}

/// The pause between a failure and the next request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    pub(super) until: Instant,
    pub(super) cause: Cause,
    /// What the next request will be made for.
    pub(super) reason: Reason,
    pub(super) row: Row,
}

/// A failure, as far as it decides the pause that follows.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    /// So many requests in a row, this one included, that did not reach the server within a minute of waking.
    pub(super) unreached: u32,
    /// The token that was refused.
    pub(super) refused: Option<AccessToken>,
}

impl Failure {
    pub(super) fn of(code: ErrorCode) -> Self {
        Self {
            code,
            status: None,
            retry_after: None,
            unreached: 0,
            refused: None,
        }
    }
}

/// The pause that follows `failure` in a row of them. `draw` is 0 to `u32::MAX`.
pub(super) fn pause(mut row: Row, failure: &Failure, now: Instant, draw: u32) -> Pause {
    row.failures = row.failures.saturating_add(1);
    row.denials = if failure.code == ErrorCode::SourceDenied {
        row.denials.saturating_add(1)
    } else {
        0
    };
    let (cause, wait) = if failure.code == ErrorCode::SourceDenied {
        (Cause::Denied, backoff::denied(row.denials))
    } else if failure.code == ErrorCode::SourceThrottled || failure.retry_after.is_some() {
        (Cause::Throttled, backoff::throttled(failure.retry_after))
    } else if let Some(wait) = backoff::waking(failure.unreached) {
        (Cause::Failure, wait)
    } else {
        (Cause::Failure, backoff::retry(row.failures, draw))
    };
    Pause {
        until: now + wait,
        cause,
        reason: Reason::Retry,
        row,
    }
}
