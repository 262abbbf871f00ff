//! Other tabs with the same `shareKey`: one of them asks, and what it got is everybody's.
//!
//! The lock is a courtesy. Whoever does not get it in time goes on without, so that a tab that hangs costs one
//! request more and never a token.

use super::*;

/// How long another tab is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request that waits for its turn among the tabs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    id: ClaimId,
    pub(super) reason: Reason,
    pub(super) row: Row,
    /// When the request is made, with the lock or without.
    pub(super) ends: Instant,
}

impl Keeper {
    /// Waits for this tab's turn.
    pub(super) fn claim(&mut self, now: Now, reason: Reason, row: Row, fx: &mut Effects) {
        self.claims = self.claims.wrapping_add(1);
        let id = ClaimId(self.claims);
        let ends = now.mono + PATIENCE;
        self.phase = Phase::Claiming(Claim {
            id,
            reason,
            row,
            ends,
        });
        fx.push(Effect::Claim(id));
    }

    /// It is this tab's turn.
    pub(super) fn claimed(&mut self, now: Now, id: ClaimId) {
        if let Phase::Claiming(claim) = &mut self.phase
            && claim.id == id
        {
            claim.ends = now.mono;
        }
    }

    /// The others may go on: the request has ended, or is not made.
    pub(super) fn release(&self, fx: &mut Effects) {
        if self.policy.tabs {
            fx.push(Effect::Release);
        }
    }

    /// Another tab got a token. One that would not be taken from the source is not taken from there either.
    pub(super) fn shared(&mut self, now: Now, answer: &Json, fx: &mut Effects) {
        let Ok(token) = token::read_answer(answer, self.clock.server(now), self.read_json) else {
            return;
        };
        let reading = self.reading(now);
        let server = reading.server(&self.clock, now);
        if accept::judge(&token, self.wanted(), self.newest.as_ref(), server).is_err() {
            return;
        }
        let (reason, attempt) = match self.phase {
            Phase::Asking(flight) => {
                fx.push(Effect::Abort(flight.id));
                (flight.reason, flight.attempt())
            }
            Phase::Claiming(claim) => (claim.reason, claim.row.attempt()),
            Phase::Resting | Phase::Pausing(_) | Phase::Stopped => (Reason::Poll, 1),
        };
        self.release(fx);
        self.take(now, token, reading, reason, attempt, fx);
    }
}
