//! `checkSource()`: a request whose answer is judged, and set nowhere.

use super::Keeper;
use super::failures::code_of;
use super::requests::Phase;
use super::retry::{PendingRequest, RetryState};
use super::tracked_token::expiry;
use super::validation::Rejection;
use super::waiters::WaitFor;
use crate::io::{
    Effect, Effects, ErrorCode, Headers, Reason, RequestId, SourceCheck, SourceFailure, WaiterId,
};
use crate::time::{Now, Timestamp};
use crate::token::Json;

impl Keeper {
    /// Joins the request under way, or makes one for the check alone.
    pub(super) fn check_source(&mut self, now: Now, waiter: WaiterId, fx: &mut Effects) {
        self.waiters.add(waiter, WaitFor::Check);
        let is_under_way = self.requests.check.is_some()
            || matches!(self.requests.phase, Phase::Requesting(_) | Phase::AwaitingLock(_));
        if is_under_way {
            return;
        }
        let usual = self.policy.source_timeout;
        match self
            .requests
            .make(now, Reason::Manual, RetryState::default(), usual)
        {
            Ok(check) => {
                self.requests.check = Some(check);
                self.requests.contents = self.embeds.name_all();
                fx.push(Effect::RequestToken {
                    request: check.id,
                    reason: Reason::Manual,
                    attempt: check.attempt(),
                });
            }
            Err(_) => self.waiters.checked(failed(ErrorCode::Budget, None), None, fx),
        }
    }

    /// Judges the answer to a check. The token in place already is as good as another.
    pub(super) fn check_answered(
        &mut self,
        now: Now,
        id: RequestId,
        answer: &Json,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(check) = self.take_check(id) else { return };
        self.requests.answered(now.mono.since(check.asked.mono));
        self.update_clock(now, check.asked, headers);
        let (verdict, token) = match self.read(now, answer, headers.date.is_some(), fx) {
            Ok((token, ..)) => {
                let expires_at = expiry(&token, self.clock.server(now));
                (passed(expires_at), Some(token.text))
            }
            Err(Rejection {
                code: ErrorCode::TokenSame | ErrorCode::TokenOlder,
                token,
            }) => {
                let newest = self.tokens.newest().map(|newest| newest.window.expires);
                (passed(newest), token)
            }
            Err(Rejection { code, token }) => (failed(code, None), token),
        };
        self.waiters.checked(verdict, token.as_ref(), fx);
    }

    /// A check got no answer.
    pub(super) fn check_failed(
        &mut self,
        now: Now,
        id: RequestId,
        failure: SourceFailure,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(check) = self.take_check(id) else { return };
        self.update_clock(now, check.asked, headers);
        let (code, status) = code_of(failure);
        self.waiters.checked(failed(code, status), None, fx);
    }

    /// Gives up on a check that has taken too long.
    pub(super) fn time_out_check(&mut self, now: Now, fx: &mut Effects) {
        if let Some(check) = self.requests.check.take_if(|check| now.mono >= check.ends) {
            fx.push(Effect::AbortRequest(check.id));
            self.waiters
                .checked(failed(ErrorCode::SourceTimeout, None), None, fx);
        }
    }

    fn take_check(&mut self, id: RequestId) -> Option<PendingRequest> {
        self.requests.check.take_if(|check| check.id == id)
    }
}

fn passed(expires_at: Option<Timestamp>) -> SourceCheck {
    SourceCheck {
        code: None,
        expires_at,
        status: None,
    }
}

fn failed(code: ErrorCode, status: Option<u16>) -> SourceCheck {
    SourceCheck {
        code: Some(code),
        expires_at: None,
        status,
    }
}
