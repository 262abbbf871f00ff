//! Requests on demand: `accessTokenProvider`, `getToken()`, `refresh()`.

use super::*;

impl Keeper {
    /// A frame asked. It gets a token that is newer than its own, or nothing.
    pub(super) fn provider_called(
        &mut self,
        now: Now,
        waiter: WaiterId,
        embed: Option<EmbedId>,
        fx: &mut Effects,
    ) {
        if let Some(held) = self.current.as_ref().filter(|held| held.valid(&self.clock, now)) {
            let text = held.text().clone();
            let newer = embed.is_some_and(|embed| !self.embeds.holds(embed, &text));
            if newer || held.just_received(now) {
                fx.push(Effect::ResolveWaiter(waiter, Outcome::Token(text)));
                return;
            }
        }
        if self.is_paused_while_hidden() {
            fx.push(Effect::ResolveWaiter(
                waiter,
                Outcome::Failed(ErrorCode::SourceTimeout),
            ));
            return;
        }
        self.waiters.add(waiter, WaitFor::Token);
        match self.phase {
            Phase::BackingOff(backoff) if backoff.cause != BackoffReason::Failure => {
                self.waiters.failed(code_of(backoff.cause), fx);
            }
            Phase::BackingOff(_)
            | Phase::Idle
            | Phase::AwaitingLock(_)
            | Phase::Requesting(_)
            | Phase::Stopped => {
                self.request_on_demand(now, Reason::Provider, fx);
            }
        }
    }

    /// `getToken()`: a token that is valid now.
    pub(super) fn get_token(&mut self, now: Now, waiter: WaiterId, fx: &mut Effects) {
        if let Some(held) = self.current.as_ref().filter(|held| held.valid(&self.clock, now)) {
            fx.push(Effect::ResolveWaiter(waiter, Outcome::Token(held.text().clone())));
            return;
        }
        self.waiters.add(waiter, WaitFor::Token);
        self.request_on_demand(now, self.reason_or_initial(Reason::Manual), fx);
    }

    /// Asks because the page or a frame wants it now: joins the request under way, and ends a backoff that is ours.
    pub(super) fn request_on_demand(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        match self.phase {
            Phase::Idle => self.request_token(now, reason, RetryState::default(), fx),
            Phase::AwaitingLock(_) | Phase::Requesting(_) | Phase::Stopped => {}
            // with nothing attached no deadline ends a backoff
            Phase::BackingOff(backoff) if now.mono >= backoff.until => {
                self.request_token(now, reason, backoff.retry, fx)
            }
            Phase::BackingOff(backoff) => match backoff.cause {
                BackoffReason::Failure | BackoffReason::Denied => {
                    self.request_token(now, reason, backoff.retry, fx)
                }
                BackoffReason::Throttled | BackoffReason::Budget => {
                    self.waiters.failed(code_of(backoff.cause), fx)
                }
            },
        }
    }
}

/// What somebody is told who can't wait for the end of the backoff.
fn code_of(cause: BackoffReason) -> ErrorCode {
    match cause {
        BackoffReason::Failure => ErrorCode::SourceNetwork,
        BackoffReason::Denied => ErrorCode::SourceDenied,
        BackoffReason::Throttled => ErrorCode::SourceThrottled,
        BackoffReason::Budget => ErrorCode::Budget,
    }
}
