//! Setting a token on one embed: when it is called, what its answer means, and when it is called again.

use super::context::Context;
use super::embed_state::{EmbedState, Stage, is_good_own};
use super::recovery::{CAPTURE_TIMEOUT, RETRY_SOON, STALE_ERROR_WINDOW};
use super::tokens::is_of_kind;
use super::tracked_token::TokenId;
use crate::backoff;
use crate::io::{ApplyFailed, Effect, EmbedCallId, EmbedId, ErrorCode, Event, Recovery};
use crate::time::{Duration, Instant};
use crate::token::AccessToken;

impl EmbedState {
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

    pub(super) fn set_target(&mut self, target: TokenId, ctx: &mut Context<'_>) {
        if let Some(mut token) = ctx.tokens.get_mut(target)
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
    pub(super) fn schedule(&mut self, now: Instant) {
        if let Stage::RecoveryScheduled { how, .. } = self.stage {
            self.pending_recovery = Some(how.scope());
        }
        self.stage = Stage::Scheduled {
            until: now,
            attempt: 1,
        };
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
