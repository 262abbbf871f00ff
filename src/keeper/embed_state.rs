//! One attached embed: the token it has and the one it is to have. `apply.rs` sets tokens on it, `recovery.rs` brings
//! it back after an expiration.

use super::context::Context;
use super::tokens::Tokens;
use super::tracked_token::{TokenId, TrackedToken};
use crate::io::{Content, EmbedCallId, EmbedConfig, EmbedId, ErrorCode, ExpiryScope, Recovery};
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// What is going on between the keeper and one embed.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing.
    Idle,
    /// `setAccessToken` was called.
    Applying {
        call: EmbedCallId,
        token: TokenId,
        ends: Instant,
        attempt: u32,
    },
    /// `setAccessToken` is to be called.
    Scheduled { until: Instant, attempt: u32 },
    /// `reload()` or `refresh()` is to be called.
    RecoveryScheduled { how: Recovery, until: Instant },
    /// The report's state is being captured for a `reload()`.
    CapturingState { call: EmbedCallId, ends: Instant },
    /// `reload()` or `refresh()` was called.
    RecoveryInFlight {
        call: EmbedCallId,
        how: Recovery,
        ends: Instant,
    },
}

/// One embed.
#[derive(Debug)]
pub(super) struct EmbedState {
    pub(super) id: EmbedId,
    pub(super) config: EmbedConfig,
    /// The token in its configuration, where that can be used.
    pub(super) token: Option<TokenId>,
    /// The token that it is to have instead.
    pub(super) target: Option<TokenId>,
    pub(super) stage: Stage,
    /// The request under way names it, and it has not changed since.
    pub(super) is_named: bool,
    /// Its frame asked for a newer token than the one it has.
    pub(super) wants_newer: bool,
    /// It has shown `TokenExpired`, this far, and waits for a new token.
    pub(super) pending_recovery: Option<ExpiryScope>,
    /// Until then it has just taken a token, and a `TokenExpired` may be about the old one.
    pub(super) ignore_expiry_until: Instant,
    /// Whether the report's state was captured for the `reload()` that is to be made; `None` before the try.
    pub(super) captured: Option<bool>,
    /// Its first answer to the newest token is still out.
    pub(super) pending: bool,
    /// When its target was chosen.
    pub(super) targeted_at: Instant,
}

impl EmbedState {
    pub(super) fn new(id: EmbedId, tokens: &mut Tokens) -> Self {
        tokens.embeds_without += 1;
        Self {
            id,
            config: EmbedConfig::default(),
            token: None,
            target: None,
            stage: Stage::Idle,
            is_named: false,
            wants_newer: false,
            pending_recovery: None,
            ignore_expiry_until: Instant::default(),
            captured: None,
            pending: false,
            targeted_at: Instant::default(),
        }
    }

    /// Gives up all that it has in the keeper's books.
    pub(super) fn release(&mut self, ctx: &mut Context<'_>) {
        ctx.rollout.withdraw(&mut self.pending);
        self.set_tokens(ctx.tokens, None, None);
        ctx.tokens.embeds_without = ctx.tokens.embeds_without.saturating_sub(1);
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.config.kind
    }

    pub(super) fn content(&self) -> Content {
        self.config.content
    }

    /// Whether its configuration was this when it was last observed.
    pub(super) fn has(&self, config: &EmbedConfig) -> bool {
        self.config == *config
    }

    /// The token that it has, or is to have.
    pub(super) fn effective(&self) -> Option<TokenId> {
        self.target.or(self.token)
    }

    pub(super) fn token(&self) -> Option<TokenId> {
        self.token
    }

    /// The token that it has and is to go on with.
    fn kept(&self) -> Option<TokenId> {
        self.token.filter(|_| self.target.is_none())
    }

    pub(super) fn next_wakeup(&self) -> Instant {
        match &self.stage {
            Stage::Idle => Instant::NEVER,
            Stage::Applying { ends, .. }
            | Stage::RecoveryInFlight { ends, .. }
            | Stage::CapturingState { ends, .. } => *ends,
            Stage::Scheduled { until, .. } | Stage::RecoveryScheduled { until, .. } => *until,
        }
    }

    /// Whether `call` is the one under way.
    pub(super) fn is_current(&self, at: EmbedCallId) -> bool {
        match &self.stage {
            Stage::Applying { call, .. }
            | Stage::RecoveryInFlight { call, .. }
            | Stage::CapturingState { call, .. } => *call == at,
            Stage::Idle | Stage::Scheduled { .. } | Stage::RecoveryScheduled { .. } => false,
        }
    }

    /// Whether a call into the embed is under way, which will say what the embed has in the end.
    pub(super) fn is_busy(&self) -> bool {
        match &self.stage {
            Stage::Applying { .. } | Stage::RecoveryInFlight { .. } | Stage::CapturingState { .. } => true,
            Stage::Idle | Stage::Scheduled { .. } | Stage::RecoveryScheduled { .. } => false,
        }
    }

    pub(super) fn set_tokens(
        &mut self,
        tokens: &mut Tokens,
        token: Option<TokenId>,
        target: Option<TokenId>,
    ) {
        let before = [self.token, self.effective(), self.kept()];
        self.token = token;
        self.target = target.filter(|target| Some(*target) != token);
        let [held, effective, kept] = [self.token, self.effective(), self.kept()];
        let [held_before, effective_before, kept_before] = before;
        count(tokens, held_before, held, |token| &mut token.holders);
        count(tokens, effective_before, effective, |token| &mut token.users);
        count(tokens, kept_before, kept, |token| &mut token.kept_by);
        match (effective_before, effective) {
            (None, Some(_)) => tokens.embeds_without = tokens.embeds_without.saturating_sub(1),
            (Some(_), None) => tokens.embeds_without += 1,
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    /// Its configuration is `config` now. A good token of the page's own that was put there stays.
    ///
    /// During a call into the embed only what the page did counts: other content, or a token of its own. The rest is the
    /// call's doing, which will say in the end what the embed has.
    pub(super) fn observe(&mut self, config: EmbedConfig, ctx: &mut Context<'_>) {
        if self.config == config {
            return;
        }
        let token = ctx.track(&config);
        let is_own = is_good_own(token, ctx);
        let is_other = self.config.content != config.content;
        if self.is_busy() && !is_own && !is_other {
            return;
        }
        self.is_named = false;
        self.wants_newer = false;
        ctx.found(token, config.content);
        self.config = config;
        self.set_tokens(ctx.tokens, token, self.target);
        if is_other {
            self.pending_recovery = None;
            self.stage = Stage::Idle;
        }
        if is_own || is_other {
            self.keep_own(ctx);
        }
        self.reconcile(ctx);
    }

    /// A call has ended, and this is the token that its configuration has now. That it was the call's own doing, perhaps
    /// over other content, makes it no token for that.
    pub(super) fn take_text(&mut self, text: Option<AccessToken>, ctx: &mut Context<'_>) {
        self.config.token = text;
        let token = ctx.track(&self.config);
        self.set_tokens(ctx.tokens, token, self.target);
    }

    /// What was to be set is not for what it has now.
    pub(super) fn keep_own(&mut self, ctx: &mut Context<'_>) {
        self.set_tokens(ctx.tokens, self.token, None);
        ctx.rollout.withdraw(&mut self.pending);
        if matches!(self.stage, Stage::Scheduled { .. } | Stage::Applying { .. }) {
            self.stage = Stage::Idle;
        }
    }

    /// Whether the answer to a request may replace what it has: a good token of the page's own is replaced when it is due,
    /// or because the page or the frame asked for another.
    pub(super) fn is_replaceable(&self, is_refresh: bool, ctx: &Context<'_>) -> bool {
        let Some(token) = self.effective().and_then(|id| ctx.tokens.get(id)) else {
            return true;
        };
        is_refresh
            || self.wants_newer
            || token.known.is_some()
            || !token.is_valid(ctx.clock, ctx.now)
            || token.until_due(ctx.clock, ctx.now) == Duration::ZERO
    }

    /// Whether it has no token that is still valid.
    pub(super) fn needs_token(&self, ctx: &Context<'_>) -> bool {
        self.effective().is_none_or(|id| !ctx.is_valid(id))
    }

    /// The newest token that was obtained for its content, where that replaces what it has without a request.
    fn replacement(&self, ctx: &Context<'_>) -> Option<TokenId> {
        let token = self.token.and_then(|id| ctx.tokens.get(id));
        let newest = self.newest_usable(ctx)?;
        let replaces = token.is_none_or(|token| match token.known {
            Some(known) => {
                let is_newer = newest.known > Some(known);
                let is_outdated = newest
                    .known
                    .is_some_and(|newest| newest.generation > known.generation);
                is_newer && (is_outdated || ends_later(newest, token))
            }
            // without a request, a frame that refuses the page's own token is no reason for one that ends earlier
            None => {
                let ends_later = !token.claims_to_outlast(newest.window.expires, newest.received_at);
                ends_later && (self.wants_newer || !token.is_valid(ctx.clock, ctx.now))
            }
        });
        (replaces && self.token != Some(newest.id)).then_some(newest.id)
    }

    /// The newest valid token that was obtained for its content.
    pub(super) fn newest_usable<'a>(&self, ctx: &'a Context<'_>) -> Option<&'a TrackedToken> {
        // between two tokens that the keeper obtained the user may have changed by refresh() alone
        let own = self
            .token
            .and_then(|id| ctx.tokens.get(id))
            .filter(|token| token.known.is_none());
        let subject = own.and_then(|token| token.token.subject.as_ref());
        let kind = ctx.kind.or(self.config.kind);
        ctx.tokens
            .newest_for(self.config.content, subject, kind, ctx.clock, ctx.now)
    }

    /// Gives up a target that is worth nothing any more, and chooses the newest token where that needs no request.
    pub(super) fn reconcile(&mut self, ctx: &mut Context<'_>) {
        if self.is_busy() {
            return;
        }
        if self.target.is_some_and(|target| !ctx.is_valid(target)) {
            self.set_tokens(ctx.tokens, self.token, None);
            ctx.rollout.failed(ErrorCode::TokenExpired, &mut self.pending);
            if matches!(self.stage, Stage::Scheduled { .. }) {
                self.stage = Stage::Idle;
            }
        }
        if self.target.is_none()
            && let Some(newest) = self.replacement(ctx)
        {
            self.set_target(newest, ctx);
        }
    }
}

/// Whether `newest` may replace `token` without the page's word.
pub(super) fn ends_later(newest: &TrackedToken, token: &TrackedToken) -> bool {
    !token.outlasts(newest.window.expires, newest.received_at)
}

/// Whether this is a token of the page's own that is good.
pub(super) fn is_good_own(token: Option<TokenId>, ctx: &Context<'_>) -> bool {
    let token = token.and_then(|id| ctx.tokens.get(id));
    token.is_some_and(|token| token.known.is_none() && token.is_valid(ctx.clock, ctx.now))
}

/// One embed less counts for `before`, and one more for `after`.
fn count(
    tokens: &mut Tokens,
    before: Option<TokenId>,
    after: Option<TokenId>,
    embeds: fn(&mut TrackedToken) -> &mut u32,
) {
    if before == after {
        return;
    }
    if let Some(mut token) = before.and_then(|id| tokens.get_mut(id)) {
        let embeds = embeds(&mut token);
        *embeds = embeds.saturating_sub(1);
    }
    if let Some(mut token) = after.and_then(|id| tokens.get_mut(id)) {
        *embeds(&mut token) += 1;
    }
}
