//! Requests on demand: `accessTokenProvider`, `getToken()`, `refresh()`.

use super::Keeper;
use super::requests::Phase;
use super::retry::{BackoffReason, RetryState};
use super::tracked_token::TrackedToken;
use super::waiters::WaitFor;
use crate::io::{Effect, Effects, EmbedId, ErrorCode, Outcome, Reason, WaiterId};
use crate::time::Now;
use crate::token::AccessToken;

impl Keeper {
    /// A frame asked. It gets a token that is newer than its own, or nothing.
    pub(super) fn provider_called(
        &mut self,
        now: Now,
        waiter: WaiterId,
        embed: Option<EmbedId>,
        fx: &mut Effects,
    ) {
        if let Some(text) = self.token_for_frame(now, embed, fx) {
            if let Some(embed) = embed {
                self.set_newer(now, embed, fx);
            }
            fx.push(Effect::ResolveWaiter(waiter, Outcome::Token(text)));
            return;
        }
        if self.is_paused_while_hidden() {
            fx.push(Effect::ResolveWaiter(
                waiter,
                Outcome::Failed(ErrorCode::SourceTimeout),
            ));
            return;
        }
        if let Some(embed) = embed {
            self.set_newer(now, embed, fx);
        }
        self.waiters.add(waiter, WaitFor::Token);
        match self.requests.phase {
            Phase::BackingOff(backoff)
                if !matches!(backoff.cause, BackoffReason::Failure | BackoffReason::Unchanged) =>
            {
                self.waiters.failed(code_of(backoff.cause), fx);
            }
            Phase::BackingOff(_)
            | Phase::Idle
            | Phase::AwaitingLock(_)
            | Phase::Requesting(_)
            | Phase::Stopped => self.request_on_demand(now, Reason::Provider, fx),
        }
    }

    /// The token that a frame gets without a request: one that is newer than its own, or has just been obtained.
    fn token_for_frame(&mut self, now: Now, embed: Option<EmbedId>, fx: &mut Effects) -> Option<AccessToken> {
        let (embeds, ctx) = self.context(now, fx);
        let Some(state) = embed.and_then(|embed| embeds.get(embed)) else {
            let newest = ctx.tokens.newest()?;
            let is_good = newest.is_valid(ctx.clock, now) && newest.was_just_received(now);
            return is_good.then(|| newest.text().clone());
        };
        let newest = state.newest_usable(&ctx)?;
        let own = state.token().and_then(|id| ctx.tokens.get(id));
        let is_newer =
            own.is_none_or(|own| own.id != newest.id && super::embed_state::ends_later(newest, own));
        (is_newer || newest.was_just_received(now)).then(|| newest.text().clone())
    }

    /// Has an embed whose frame asked take the newest token, now or with the next answer.
    fn set_newer(&mut self, now: Now, embed: EmbedId, fx: &mut Effects) {
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.wants_newer(embed, &mut ctx);
    }

    /// `getToken()`: a token that is valid now.
    pub(super) fn get_token(&mut self, now: Now, waiter: WaiterId, fx: &mut Effects) {
        let newest = self.tokens.newest();
        let valid = newest.filter(|token| token.is_valid(&self.clock, now));
        if let Some(text) = valid.map(TrackedToken::text) {
            fx.push(Effect::ResolveWaiter(waiter, Outcome::Token(text.clone())));
            return;
        }
        self.waiters.add(waiter, WaitFor::Token);
        self.request_on_demand(now, self.reason_or_initial(Reason::Manual), fx);
    }

    /// `refresh()`: a new token, whenever it expires.
    pub(super) fn refresh(&mut self, now: Now, waiter: WaiterId, fx: &mut Effects) {
        self.waiters.add(waiter, WaitFor::Refresh);
        self.request_on_demand(now, Reason::Manual, fx);
    }

    /// An embed failed to load in a way that a new token may heal: one is asked for, and the embed reloaded with it.
    pub(super) fn refresh_to_recover(&mut self, now: Now, embed: EmbedId, fx: &mut Effects) {
        let (embeds, mut ctx) = self.context(now, fx);
        if embeds.recover_with_next_token(embed) {
            embeds.wants_newer(embed, &mut ctx);
            self.request_on_demand(now, Reason::Manual, fx);
        }
    }

    /// Asks because the page or a frame wants it now: joins the request under way, and ends a pause that is ours.
    pub(super) fn request_on_demand(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        match self.requests.phase {
            Phase::Idle => self.request_token(now, reason, RetryState::default(), fx),
            Phase::AwaitingLock(_) | Phase::Requesting(_) | Phase::Stopped => {}
            // with nothing attached no deadline ends a pause
            Phase::BackingOff(backoff) if now.mono >= backoff.until => {
                self.request_token(now, reason, backoff.retry, fx);
            }
            Phase::BackingOff(backoff) => match backoff.cause {
                BackoffReason::Failure
                | BackoffReason::Unchanged
                | BackoffReason::Refused
                | BackoffReason::Denied => self.request_token(now, reason, backoff.retry, fx),
                BackoffReason::Throttled | BackoffReason::Budget => {
                    self.waiters.failed(code_of(backoff.cause), fx);
                }
            },
        }
    }
}

/// The code for somebody who can't wait for the end of the pause.
fn code_of(cause: BackoffReason) -> ErrorCode {
    match cause {
        BackoffReason::Failure => ErrorCode::SourceNetwork,
        BackoffReason::Unchanged => ErrorCode::TokenSame,
        BackoffReason::Refused => ErrorCode::TokenUnusable,
        BackoffReason::Denied => ErrorCode::SourceDenied,
        BackoffReason::Throttled => ErrorCode::SourceThrottled,
        BackoffReason::Budget => ErrorCode::Budget,
    }
}
