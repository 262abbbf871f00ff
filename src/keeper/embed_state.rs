//! One attached embed: the token it has, the one it is to have, and the call into it that is under way or to be made.

use super::context::Context;
use super::tokens::{Tokens, is_of_kind};
use super::tracked_token::{TokenId, TrackedToken};
use crate::backoff;
use crate::io::{
    ApplyFailed, Content, Effect, EmbedCallId, EmbedConfig, EmbedId, ErrorCode, Event, ExpiryScope, Recovery,
    RecoveryOutcome,
};
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// For how long after a new token an embed's per-visual `TokenExpired`, or any during its recovery, is about the old one.
const STALE_ERROR_WINDOW: Duration = Duration::from_secs(10);
/// How soon a reload that came too soon is made again.
pub(super) const RETRY_SOON: Duration = Duration::from_secs(1);
/// How long the report's state may take to be captured before a reload.
const CAPTURE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a reloaded report whose state is to be restored may take to load, beyond the time limit of a call.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

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
    config: EmbedConfig,
    /// The token in its configuration, where that can be used.
    token: Option<TokenId>,
    /// The token that it is to have instead.
    target: Option<TokenId>,
    pub(super) stage: Stage,
    /// The request under way names it, and it has not changed since.
    pub(super) is_named: bool,
    /// Its frame asked for a newer token than the one it has.
    pub(super) wants_newer: bool,
    /// It has shown `TokenExpired`, this far, and waits for a new token.
    pub(super) pending_recovery: Option<ExpiryScope>,
    /// Until then it has just taken a token, and a `TokenExpired` may be about the old one.
    ignore_expiry_until: Instant,
    /// Whether the report's state was captured for the `reload()` that is to be made; `None` before the try.
    captured: Option<bool>,
    /// Its first answer to the newest token is still out.
    pending: bool,
    /// When its target was chosen.
    targeted_at: Instant,
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

    /// The token that it has, or is to have.
    pub(super) fn effective(&self) -> Option<TokenId> {
        self.target.or(self.token)
    }

    pub(super) fn token(&self) -> Option<TokenId> {
        self.token
    }

    pub(super) fn has_target(&self) -> bool {
        self.target.is_some()
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
    fn is_busy(&self) -> bool {
        match &self.stage {
            Stage::Applying { .. } | Stage::RecoveryInFlight { .. } | Stage::CapturingState { .. } => true,
            Stage::Idle | Stage::Scheduled { .. } | Stage::RecoveryScheduled { .. } => false,
        }
    }

    fn set_tokens(&mut self, tokens: &mut Tokens, token: Option<TokenId>, target: Option<TokenId>) {
        let before = (self.token, self.effective());
        self.token = token;
        self.target = target.filter(|target| Some(*target) != token);
        let after = (self.token, self.effective());
        if before.0 != after.0 {
            count(tokens, before.0, |one| {
                one.holders = one.holders.saturating_sub(1)
            });
            count(tokens, after.0, |one| one.holders += 1);
        }
        if before.1 != after.1 {
            count(tokens, before.1, |one| one.users = one.users.saturating_sub(1));
            count(tokens, after.1, |one| one.users += 1);
            match (before.1, after.1) {
                (None, Some(_)) => tokens.embeds_without = tokens.embeds_without.saturating_sub(1),
                (Some(_), None) => tokens.embeds_without += 1,
                (None, None) | (Some(_), Some(_)) => {}
            }
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

    fn take_config(&mut self, config: EmbedConfig, ctx: &mut Context<'_>) {
        let token = ctx.track(&config);
        self.config = config;
        self.set_tokens(ctx.tokens, token, self.target);
    }

    fn take_text(&mut self, text: Option<AccessToken>, ctx: &mut Context<'_>) {
        let config = EmbedConfig {
            token: text,
            ..self.config.clone()
        };
        self.take_config(config, ctx);
    }

    /// What was to be set is not for what it has now.
    fn keep_own(&mut self, ctx: &mut Context<'_>) {
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

    /// Starts a rollout of `token` on this embed, unless it has that one already or can't use it.
    pub(super) fn roll_out(&mut self, token: TokenId, ctx: &mut Context<'_>) {
        let kind = ctx.kind.or(self.config.kind);
        let is_usable = ctx
            .tokens
            .get(token)
            .is_some_and(|one| is_of_kind(&one.token, kind));
        if !is_usable {
            return;
        }
        if self.token == Some(token) {
            return self.set_tokens(ctx.tokens, self.token, None);
        }
        self.set_target(token, ctx);
        self.pending = true;
        ctx.rollout.include();
    }

    /// The rollout before has ended with the one that starts now.
    pub(super) fn forget_rollout(&mut self) {
        self.pending = false;
    }

    fn set_target(&mut self, target: TokenId, ctx: &mut Context<'_>) {
        if let Some(token) = ctx.tokens.get_mut(target)
            && token.is_unbound
        {
            token.add_content(self.config.content);
        }
        self.set_tokens(ctx.tokens, self.token, Some(target));
        self.targeted_at = ctx.now.mono;
        // calls into one embed are serialised: the one under way ends first
        if !self.is_busy() {
            self.schedule(ctx.now.mono);
        }
    }

    /// Has the target set now. A recovery that was to be made follows that.
    fn schedule(&mut self, now: Instant) {
        if let Stage::RecoveryScheduled { how, .. } = self.stage {
            self.pending_recovery = Some(how.scope());
        }
        self.stage = Stage::Scheduled {
            until: now,
            attempt: 1,
        };
    }

    /// What follows a recovery: the token that came meanwhile.
    fn after_recovery(&mut self, ctx: &mut Context<'_>) {
        self.stage = Stage::Idle;
        self.captured = None;
        if self.target.is_some() {
            self.schedule(ctx.now.mono);
        }
        self.reconcile(ctx);
    }

    /// Moves it on to now: makes the call that is due, or gives up on one that took too long.
    pub(super) fn advance(&mut self, call: EmbedCallId, ctx: &mut Context<'_>) {
        let now = ctx.now.mono;
        if now < self.next_wakeup() {
            return;
        }
        let embed = self.id;
        match &self.stage {
            Stage::Idle => {}
            Stage::Applying { attempt, .. } => {
                let attempt = *attempt;
                self.retry_later(ErrorCode::ApplyTimeout, attempt, ctx);
            }
            Stage::Scheduled { attempt, .. } => {
                let attempt = *attempt;
                let target = self.target.and_then(|id| ctx.tokens.get(id));
                let target = target.filter(|token| token.is_valid(ctx.clock, ctx.now));
                let Some(target) = target else {
                    self.reconcile(ctx);
                    if self.target.is_none() {
                        self.stage = Stage::Idle;
                    }
                    return;
                };
                let (id, token) = (target.id, target.text().clone());
                ctx.fx.push(Effect::SetAccessToken { embed, call, token });
                self.stage = Stage::Applying {
                    call,
                    token: id,
                    ends: now + ctx.policy.apply_timeout,
                    attempt,
                };
            }
            Stage::RecoveryScheduled {
                how: Recovery::Reload,
                ..
            } if self.captured.is_none() => {
                ctx.fx.push(Effect::CaptureState { embed, call });
                self.stage = Stage::CapturingState {
                    call,
                    ends: now + CAPTURE_TIMEOUT,
                };
            }
            Stage::RecoveryScheduled { how, .. } => {
                let how = *how;
                self.recover(how, call, ctx);
            }
            Stage::CapturingState { .. } => self.state_captured(false, call, ctx),
            Stage::RecoveryInFlight { .. } => self.after_recovery(ctx),
        }
    }

    fn recover(&mut self, how: Recovery, call: EmbedCallId, ctx: &mut Context<'_>) {
        let restore_state = how == Recovery::Reload && self.captured == Some(true);
        ctx.fx.push(Effect::Recover {
            embed: self.id,
            call,
            how,
            restore_state,
        });
        let load = if restore_state {
            LOAD_TIMEOUT
        } else {
            Duration::ZERO
        };
        self.stage = Stage::RecoveryInFlight {
            call,
            how,
            ends: ctx.now.mono + ctx.policy.apply_timeout + load,
        };
    }

    /// The report's state was captured, or could not be: now it is reloaded.
    pub(super) fn state_captured(&mut self, captured: bool, call: EmbedCallId, ctx: &mut Context<'_>) {
        if matches!(self.stage, Stage::CapturingState { .. }) {
            self.captured = Some(captured);
            self.recover(Recovery::Reload, call, ctx);
        }
    }

    /// A call of `setAccessToken` settled, perhaps after its time limit; `text` is what the configuration holds now.
    pub(super) fn apply_settled(
        &mut self,
        is_current: bool,
        text: Option<AccessToken>,
        ctx: &mut Context<'_>,
    ) {
        let is_news = self.config.token != text;
        match &self.stage {
            Stage::Applying { token, attempt, .. } if is_current => {
                let (token, attempt) = (*token, *attempt);
                self.take_text(text, ctx);
                if self.token == Some(token) {
                    self.applied(token, ctx);
                } else if is_news && is_good_own(self.token, ctx) {
                    // the page set one of its own meanwhile
                    self.keep_own(ctx);
                } else {
                    self.retry_later(ErrorCode::ApplyRejected, attempt, ctx);
                }
            }
            Stage::Scheduled { .. } => {
                let target = self.target;
                self.take_text(text, ctx);
                if let (Some(target), true) = (target, self.token == target) {
                    self.applied(target, ctx);
                }
            }
            // a call under way will say what the embed has in the end
            Stage::Applying { .. } | Stage::RecoveryInFlight { .. } | Stage::CapturingState { .. } => {
                self.take_text(text, ctx);
            }
            Stage::Idle | Stage::RecoveryScheduled { .. } => {
                // a late answer of an older call overwrote the newest token: that is set again
                self.take_text(text, ctx);
                self.reconcile(ctx);
            }
        }
    }

    /// It has taken `token`.
    fn applied(&mut self, token: TokenId, ctx: &mut Context<'_>) {
        self.ignore_expiry_until = ctx.now.mono + STALE_ERROR_WINDOW;
        self.wants_newer = false;
        if self.target.is_some() {
            // this was the newest when the call was made
            self.stage = Stage::Scheduled {
                until: ctx.now.mono,
                attempt: 1,
            };
            return;
        }
        ctx.rollout.applied(token, &mut self.pending);
        let scope = self.pending_recovery.take();
        let recovery = scope.and_then(|scope| Recovery::after(ctx.policy.after_expiry, scope));
        self.captured = None;
        self.stage = match recovery {
            Some(how) => Stage::RecoveryScheduled {
                how,
                until: ctx.now.mono,
            },
            None => Stage::Idle,
        };
        self.reconcile(ctx);
    }

    fn retry_later(&mut self, code: ErrorCode, attempt: u32, ctx: &mut Context<'_>) {
        if self.target.is_none() {
            // its target has expired meanwhile
            self.stage = Stage::Idle;
            return self.reconcile(ctx);
        }
        let wait = backoff::apply(attempt);
        ctx.fx.push(apply_failed(self.id, code, attempt, Some(wait)));
        ctx.rollout.failed(code, &mut self.pending);
        self.stage = Stage::Scheduled {
            until: ctx.now.mono + wait,
            attempt: attempt.saturating_add(1),
        };
    }

    /// Its frame does not listen yet: it is called again after a second, or less often once it has been so for long.
    pub(super) fn not_listening(&mut self, later: Duration, ctx: &mut Context<'_>) {
        let Stage::Applying { attempt, .. } = self.stage else {
            return;
        };
        let is_deaf = ctx.now.mono.since(self.targeted_at) >= ctx.policy.apply_timeout;
        self.stage = Stage::Scheduled {
            until: ctx.now.mono + if is_deaf { later } else { RETRY_SOON },
            attempt,
        };
        // whoever waits for the rollout is told in time; the frame gets the token when it listens
        if is_deaf {
            ctx.rollout.failed(ErrorCode::ApplyTimeout, &mut self.pending);
        }
    }

    /// A `reload()` or `refresh()` ended.
    pub(super) fn recovery_finished(
        &mut self,
        call: EmbedCallId,
        outcome: RecoveryOutcome,
        ctx: &mut Context<'_>,
    ) {
        let Stage::RecoveryInFlight {
            call: current, how, ..
        } = self.stage
        else {
            return;
        };
        if current != call {
            return;
        }
        match (outcome, how) {
            (RecoveryOutcome::Done { state_restored }, _) => {
                ctx.fx.push(Effect::Emit(Event::Recovered {
                    embed: self.id,
                    how,
                    state_restored,
                }));
                self.after_recovery(ctx);
            }
            (RecoveryOutcome::TooSoon, _) => {
                self.stage = Stage::RecoveryScheduled {
                    how,
                    until: ctx.now.mono + RETRY_SOON,
                };
            }
            (RecoveryOutcome::Refused, Recovery::Refresh) => {
                self.stage = Stage::RecoveryScheduled {
                    how: Recovery::Reload,
                    until: ctx.now.mono,
                };
            }
            // its frame raises an error of its own, which says more
            (RecoveryOutcome::Refused, Recovery::Reload) => self.after_recovery(ctx),
        }
    }

    /// It said `TokenExpired`. True when that is about the token that it has, and no newer one is on its way.
    pub(super) fn token_expired(&mut self, scope: ExpiryScope, now: Instant) -> bool {
        let is_recovering = match self.stage {
            Stage::RecoveryScheduled { .. }
            | Stage::RecoveryInFlight { .. }
            | Stage::CapturingState { .. } => true,
            Stage::Idle | Stage::Applying { .. } | Stage::Scheduled { .. } => false,
        };
        if now < self.ignore_expiry_until && (is_recovering || scope == ExpiryScope::Visual) {
            return false;
        }
        // a failure of the whole embed needs more than that of a visual: the worst is remembered
        if self.pending_recovery != Some(ExpiryScope::Embed) {
            self.pending_recovery = Some(scope);
        }
        self.target.is_none() && self.token.is_some()
    }
}

/// Whether `newest` may replace `token` without the page's word.
pub(super) fn ends_later(newest: &TrackedToken, token: &TrackedToken) -> bool {
    !token.outlasts(newest.window.expires, newest.received_at)
}

/// Whether this is a token of the page's own that is good.
fn is_good_own(token: Option<TokenId>, ctx: &Context<'_>) -> bool {
    let token = token.and_then(|id| ctx.tokens.get(id));
    token.is_some_and(|token| token.known.is_none() && token.is_valid(ctx.clock, ctx.now))
}

fn count(tokens: &mut Tokens, id: Option<TokenId>, change: impl FnOnce(&mut TrackedToken)) {
    if let Some(token) = id.and_then(|id| tokens.get_mut(id)) {
        change(token);
    }
}

pub(super) fn apply_failed(
    embed: EmbedId,
    code: ErrorCode,
    attempt: u32,
    retry_in_ms: Option<Duration>,
) -> Effect {
    Effect::Emit(Event::ApplyFailed(
        embed,
        ApplyFailed {
            code,
            attempt,
            retry_in_ms,
        },
    ))
}
