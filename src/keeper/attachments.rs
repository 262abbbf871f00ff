//! Embeds that come, change, report errors and go.

use super::Keeper;
use super::requests::Phase;
use super::retry::BackoffReason;
use super::tokens::is_of_kind;
use super::tracked_token::expiry;
use crate::io::{Effect, Effects, EmbedConfig, EmbedId, EmbedSnapshot, ErrorCode, ExpiryScope, Reason};
use crate::time::{Instant, Now};
use crate::token::{self, AccessToken, Kind};

impl Keeper {
    pub(super) fn attach(&mut self, now: Now, embed: EmbedId, config: EmbedConfig, fx: &mut Effects) {
        if self.embeds.is_empty() {
            self.triggers.start_poll(now.mono);
        }
        // another embed may be what the source's answers are for
        self.requests.end_backoff(now.mono, &[BackoffReason::Refused]);
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.attach(embed, config, &mut ctx);
    }

    pub(super) fn detach(&mut self, now: Now, embed: EmbedId, fx: &mut Effects) {
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.detach(embed, &mut ctx);
        self.cancel_if_unused(fx);
    }

    /// Has some of the embeds observed, since others than the keeper change them too, and each get the newest token that
    /// it should have without a request.
    pub(super) fn check(&mut self, now: Now, fx: &mut Effects) {
        self.triggers.checked(now.mono, self.policy.poll_interval);
        let (embeds, mut ctx) = self.context(now, fx);
        embeds.observe_next(&mut ctx);
        embeds.reconcile(&mut ctx);
    }

    /// The embeds that the next check will have observed.
    pub fn embeds_to_observe(&self) -> impl Iterator<Item = EmbedId> {
        self.embeds.embeds_to_observe()
    }

    /// Whether a token may be set on an embed that has `config` now, which the page may have changed since it was last
    /// observed. To be asked right before [`Effect::SetAccessToken`] is performed: where it may not, the embed is to be
    /// observed instead, and the call to be answered with the token that it has.
    #[must_use]
    pub fn may_set(&self, now: Now, embed: EmbedId, config: &EmbedConfig) -> bool {
        self.embeds.get(embed).is_some_and(|state| {
            let kind = self.kind.or(config.kind);
            let is_good_own = || {
                config
                    .token
                    .as_ref()
                    .is_some_and(|text| self.is_good_own(now, text, kind))
            };
            state.has(config) || state.content() == config.content && !is_good_own()
        })
    }

    /// Whether this is a usable token of the page's own, seen before or not.
    fn is_good_own(&self, now: Now, text: &AccessToken, kind: Option<Kind>) -> bool {
        if let Some(token) = self.tokens.find(text).and_then(|id| self.tokens.get(id)) {
            return token.known.is_none() && token.is_valid(&self.clock, now);
        }
        let server = self.clock.server(now);
        token::parse_token(text, server, self.parse_json).is_ok_and(|token| {
            is_of_kind(&token, kind) && expiry(&token, server).is_none_or(|end| end > server)
        })
    }

    /// An embed was observed. One that is gone is let go.
    pub(super) fn embed_observed(
        &mut self,
        now: Now,
        embed: EmbedId,
        snapshot: EmbedSnapshot,
        fx: &mut Effects,
    ) {
        let (embeds, mut ctx) = self.context(now, fx);
        match snapshot {
            EmbedSnapshot::NotEmbedded => {}
            EmbedSnapshot::Present(config) => {
                embeds.record_observation(embed, config, &mut ctx);
                self.tokens.forget_unused();
            }
            EmbedSnapshot::Removed => {
                if embeds.remove(embed, &mut ctx) {
                    self.cancel_if_unused(fx);
                }
            }
        }
    }

    /// With nothing attached and nobody waiting, nothing goes on.
    pub(super) fn cancel_if_unused(&mut self, fx: &mut Effects) {
        if !self.embeds.is_empty() {
            return;
        }
        self.triggers.forget_debounced();
        self.tokens.forget_unused();
        self.tokens.without_not_due_before = Instant::default();
        match self.requests.phase {
            Phase::Requesting(pending) if self.waiters.is_empty() => {
                fx.push(Effect::AbortRequest(pending.id));
                self.release_lock(fx);
                self.requests.phase = Phase::Idle;
            }
            Phase::AwaitingLock(_) if self.waiters.is_empty() => {
                self.release_lock(fx);
                self.requests.phase = Phase::Idle;
            }
            // what the source said holds for the next embed as well
            Phase::BackingOff(backoff)
                if matches!(backoff.cause, BackoffReason::Denied | BackoffReason::Throttled) => {}
            Phase::BackingOff(_) => self.requests.phase = Phase::Idle,
            Phase::Requesting(_) | Phase::AwaitingLock(_) | Phase::Idle | Phase::Stopped => {}
        }
    }

    /// An embed said `TokenExpired`. Answers with the reason of the request that this may lead to.
    pub(super) fn token_expired_reported(
        &mut self,
        now: Now,
        embed: EmbedId,
        scope: ExpiryScope,
        fx: &mut Effects,
    ) -> Reason {
        let rejected = self.embeds.token_expired(embed, scope, now.mono);
        let clock = &self.clock;
        let token = rejected.and_then(|id| self.tokens.get_mut(id));
        if token.is_some_and(|mut token| token.reject(clock, now)) {
            let (embeds, mut ctx) = self.context(now, fx);
            embeds.reconcile(&mut ctx);
        }
        Reason::TokenExpired
    }

    pub(super) fn stop(&mut self, fx: &mut Effects) {
        if let Phase::Requesting(pending) = self.requests.phase {
            fx.push(Effect::AbortRequest(pending.id));
        }
        if let Some(check) = self.requests.check.take() {
            fx.push(Effect::AbortRequest(check.id));
        }
        self.release_lock(fx);
        self.waiters.failed(ErrorCode::Stopped, fx);
        self.embeds.clear();
        self.tokens.clear();
        self.rollout.clear();
        self.requests.phase = Phase::Stopped;
    }
}
