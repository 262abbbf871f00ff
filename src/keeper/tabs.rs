//! Other tabs with the same `shareKey`: one of them asks, and what it got is everybody's.
//!
//! The lock is a courtesy. Whoever does not get it in time goes on without, so that a tab that hangs costs one
//! request more and never a token.

use super::*;

/// How long another tab is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that waits for its turn among the tabs.
#[derive(Debug, Clone, Copy)]
pub(super) struct LockRequest {
    id: LockRequestId,
    pub(super) reason: Reason,
    pub(super) retry: RetryState,
    /// When the request is made, with the lock or without.
    pub(super) ends: Instant,
}

impl Keeper {
    /// Waits for this tab's turn.
    pub(super) fn acquire_lock(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        self.next_lock_id = self.next_lock_id.wrapping_add(1);
        let id = LockRequestId(self.next_lock_id);
        let ends = now.mono + LOCK_TIMEOUT;
        self.phase = Phase::AwaitingLock(LockRequest {
            id,
            reason,
            retry,
            ends,
        });
        fx.push(Effect::AcquireLock(id));
    }

    /// It is this tab's turn.
    pub(super) fn lock_acquired(&mut self, now: Now, id: LockRequestId) {
        if let Phase::AwaitingLock(lock) = &mut self.phase
            && lock.id == id
        {
            lock.ends = now.mono;
        }
    }

    /// The others may go on: the request has ended, or is not made.
    pub(super) fn release_lock(&self, fx: &mut Effects) {
        if self.policy.tabs {
            fx.push(Effect::ReleaseLock);
        }
    }

    /// Another tab got a token. One that would not be taken from the source is not taken from there either.
    pub(super) fn token_received_from_tab(&mut self, now: Now, answer: &Json, fx: &mut Effects) {
        let Ok(token) = token::parse_response(answer, self.clock.server(now), self.wanted(), self.parse_json)
        else {
            return;
        };
        let reading = self.server_time_reading(now);
        let server = reading.server(&self.clock, now);
        if validation::validate_replacement(&token, self.wanted(), self.current.as_ref(), server).is_err() {
            return;
        }
        let (reason, attempt) = match self.phase {
            Phase::Requesting(pending) => {
                fx.push(Effect::AbortRequest(pending.id));
                (pending.reason, pending.attempt())
            }
            Phase::AwaitingLock(lock) => (lock.reason, lock.retry.attempt()),
            Phase::Idle | Phase::BackingOff(_) | Phase::Stopped => (Reason::Poll, 1),
        };
        self.release_lock(fx);
        self.take(now, token, reading, reason, attempt, fx);
    }
}
