//! Those who wait for an answer: callers of `refresh()` and `getToken()`, and frames that asked their provider.

use crate::io::{Effect, Effects, ErrorCode, Outcome, SourceCheck, WaiterId};
use crate::time::Timestamp;
use crate::token::AccessToken;
use core::mem::take;

/// What a waiter waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WaitFor {
    /// A new token in the keeper's hands.
    Token,
    /// A new token that the page asked for, whenever it expires.
    Refresh,
    /// The same, once it is in place on the embeds.
    Rollout,
    /// The verdict on the source's next answer.
    Check,
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub(super) struct Waiters(Vec<(WaiterId, WaitFor)>);

impl Waiters {
    pub(super) fn add(&mut self, id: WaiterId, wish: WaitFor) {
        self.0.push((id, wish));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the page called `refresh()` and waits for a token.
    pub(super) fn has_refresh(&self) -> bool {
        self.0.iter().any(|(_, waits)| *waits == WaitFor::Refresh)
    }

    /// The source's answer was judged.
    pub(super) fn checked(&mut self, check: SourceCheck, token: Option<&AccessToken>, fx: &mut Effects) {
        let outcome = Outcome::Checked(check, token.cloned());
        self.settle(Some(WaitFor::Check), &outcome, fx);
    }

    /// A new token was accepted.
    pub(super) fn accepted(&mut self, token: &AccessToken, fx: &mut Effects) {
        self.settle(Some(WaitFor::Token), &Outcome::Token(token.clone()), fx);
        for (_, waits) in &mut self.0 {
            *waits = WaitFor::Rollout;
        }
    }

    /// The first round of calls with the new token has ended.
    pub(super) fn rolled_out(&mut self, result: Result<Timestamp, ErrorCode>, fx: &mut Effects) {
        let outcome = match result {
            Ok(expires) => Outcome::Refreshed(expires),
            Err(code) => Outcome::Failed(code),
        };
        self.settle(Some(WaitFor::Rollout), &outcome, fx);
    }

    /// The request failed, or the keeper stopped: nobody waits on.
    pub(super) fn failed(&mut self, code: ErrorCode, fx: &mut Effects) {
        self.settle(None, &Outcome::Failed(code), fx);
    }

    fn settle(&mut self, wish: Option<WaitFor>, outcome: &Outcome, fx: &mut Effects) {
        for (id, its) in take(&mut self.0) {
            if wish.is_some_and(|wish| wish != its) {
                self.0.push((id, its));
            } else {
                fx.push(Effect::ResolveWaiter(id, outcome.clone()));
            }
        }
    }
}
