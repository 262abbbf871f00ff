//! Requests to the source: the one under way, the pause after one that failed, and the failures in a row so far.

use crate::backoff::{self, Urgency};
use crate::io::{ErrorCode, Reason, RequestId};
use crate::time::{Duration, Instant, Now};
use crate::token::AccessToken;

/// The least pause after a 429 that names none.
const THROTTLED_PAUSE: Duration = Duration::from_secs(30);
/// The least pause after a token that is no news: the source has a cache.
const UNCHANGED_PAUSE: Duration = Duration::from_secs(15);
/// From so many unusable answers in a row on, waiting is not expected to help.
const UNUSABLE_LIMIT: u32 = 3;

/// The failures in a row since the last success.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RetryState {
    pub(super) failures: u32,
    denials: u32,
    unusable: u32,
    refusals: u32,
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
    /// The last request brought a token that is no news.
    Unchanged,
    /// The source answers what can't be used, and waiting won't heal that.
    Refused,
    /// The source answered 401 or 403.
    Denied,
    /// The source named the time, or was throttled.
    Throttled,
    /// The budget is spent.
    Budget,
}

/// The pause between a failure and the next request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    pub(super) until: Instant,
    pub(super) cause: BackoffReason,
    /// What the next request will be made for.
    pub(super) reason: Reason,
    pub(super) retry: RetryState,
}

/// A failure, as far as it decides the pause that follows.
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

/// The pause that follows `failure`. `jitter` is 0 to `u32::MAX`.
pub(super) fn backoff_after(
    mut retry: RetryState,
    failure: &Failure,
    urgency: Urgency,
    now: Instant,
    jitter: u32,
) -> Backoff {
    retry.failures = retry.failures.saturating_add(1);
    let next = |count: u32, continues: bool| if continues { count.saturating_add(1) } else { 0 };
    retry.denials = next(retry.denials, failure.code == ErrorCode::SourceDenied);
    retry.unusable = next(retry.unusable, failure.code == ErrorCode::TokenUnusable);
    let is_refused = matches!(failure.code, ErrorCode::TokenType | ErrorCode::TokenSubject)
        || retry.unusable >= UNUSABLE_LIMIT;
    retry.refusals = next(retry.refusals, is_refused);

    let ordinary = backoff::retry(urgency, retry.failures, jitter);
    let (cause, wait) = if retry.denials > 0 {
        (BackoffReason::Denied, backoff::denied(retry.denials))
    } else if let Some(asked) = failure.retry_after {
        (BackoffReason::Throttled, backoff::retry_after(asked, jitter))
    } else if failure.status == Some(429) {
        (BackoffReason::Throttled, ordinary.max(THROTTLED_PAUSE))
    } else if is_refused {
        (BackoffReason::Refused, backoff::refused(retry.refusals))
    } else if matches!(failure.code, ErrorCode::TokenSame | ErrorCode::TokenOlder) {
        (BackoffReason::Unchanged, ordinary.max(UNCHANGED_PAUSE))
    } else if let Some(wait) = backoff::waking(failure.network_failures) {
        (BackoffReason::Failure, wait)
    } else {
        (BackoffReason::Failure, ordinary)
    };
    Backoff {
        until: now + wait,
        cause,
        reason: Reason::Retry,
        retry,
    }
}
