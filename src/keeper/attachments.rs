//! Embeds that come, go, and report errors.

use super::*;

impl Keeper {
    pub(super) fn attach(&mut self, now: Now, embed: EmbedId, text: Option<AccessToken>, kind: Option<Kind>) {
        if self.embeds.is_empty() {
            self.last_poll = now.mono;
        }
        if self.embeds.attach(embed, text.clone(), kind) {
            self.sync_embed(now, embed, text);
        }
    }

    /// Looks after an embed that holds `text`: adopts its token, or has it take the newest.
    fn sync_embed(&mut self, now: Now, embed: EmbedId, text: Option<AccessToken>) {
        let server = self.clock.server(now);
        let read = text.map(|text| token::parse_token(&text, server, self.parse_json));
        let adopted = read
            .and_then(Result::ok)
            .is_some_and(|token| self.adopt(now, token));
        let Some(newest) = self.current.as_ref().map(CurrentToken::text) else {
            return;
        };
        if adopted {
            self.embeds.update_all(newest, now.mono);
        } else {
            self.embeds.update_one(embed, newest, now.mono);
        }
    }

    /// Has some of the embeds looked at: others than powerbi-client's own calls change them too.
    pub(super) fn check(&mut self, now: Now, fx: &mut Effects) {
        // a poll that comes in time keeps the beat, so that a timer which repeats need not be set anew
        let interval = self.policy.poll_interval;
        let beat = self.last_poll + interval;
        let in_time = beat <= now.mono && now.mono < beat + interval;
        self.last_poll = if in_time { beat } else { now.mono };
        self.embeds.observe_next(fx);
    }

    /// The embeds that the next check will have looked at.
    pub fn embeds_to_observe(&self) -> impl Iterator<Item = EmbedId> {
        self.embeds.embeds_to_observe()
    }

    /// An embed was looked at. One that was embedded again is as good as newly attached, one that is gone is let go.
    pub(super) fn embed_observed(
        &mut self,
        now: Now,
        embed: EmbedId,
        snapshot: EmbedSnapshot,
        fx: &mut Effects,
    ) {
        match snapshot {
            EmbedSnapshot::NotEmbedded => {}
            EmbedSnapshot::Removed => {
                if self.embeds.remove(embed, fx) {
                    self.cancel_if_unused(fx);
                }
            }
            EmbedSnapshot::Present(text, kind) => {
                if self.embeds.record_observation(embed, text.as_ref(), kind) {
                    self.sync_embed(now, embed, text);
                }
            }
        }
    }

    /// With nothing attached and nobody waiting, nothing goes on.
    pub(super) fn cancel_if_unused(&mut self, fx: &mut Effects) {
        if !self.embeds.is_empty() {
            return;
        }
        self.debounced_trigger = None;
        match self.phase {
            Phase::Requesting(pending) if self.waiters.is_empty() => {
                fx.push(Effect::AbortRequest(pending.id));
                self.release_lock(fx);
                self.phase = Phase::Idle;
            }
            Phase::AwaitingLock(_) if self.waiters.is_empty() => {
                self.release_lock(fx);
                self.phase = Phase::Idle;
            }
            // what the source said holds for the next embed as well
            Phase::BackingOff(Backoff {
                cause: BackoffReason::Denied | BackoffReason::Throttled,
                ..
            }) => {}
            Phase::BackingOff(_) => self.phase = Phase::Idle,
            Phase::Requesting(_) | Phase::AwaitingLock(_) | Phase::Idle | Phase::Stopped => {}
        }
    }

    pub(super) fn token_expired_reported(&mut self, now: Now, embed: EmbedId, scope: ExpiryScope) -> Reason {
        let newest = self.current.as_ref().map(CurrentToken::text);
        let shout = self.embeds.token_expired(embed, scope, newest, now.mono);
        if let (Some(ExpiryReport::CurrentRejected), Some(held)) = (shout, &mut self.current) {
            held.rejected_by_embed = true;
        }
        Reason::TokenExpired
    }

    /// An embed failed to load in a way that a new token may heal: one is asked for, and the embed reloaded with it.
    pub(super) fn refresh_to_recover(&mut self, now: Now, embed: EmbedId, fx: &mut Effects) {
        if self.embeds.recover_with_next_token(embed) {
            self.request_on_demand(now, Reason::Manual, fx);
        }
    }

    pub(super) fn stop(&mut self, fx: &mut Effects) {
        if let Phase::Requesting(pending) = self.phase {
            fx.push(Effect::AbortRequest(pending.id));
        }
        self.release_lock(fx);
        self.waiters.failed(ErrorCode::Stopped, fx);
        self.embeds.clear();
        self.current = None;
        self.superseding_token = None;
        self.applied_expiry = None;
        self.rollout = None;
        self.phase = Phase::Stopped;
    }
}
