//! An embed that has shown `TokenExpired`: what follows the new token, `reload()` or `refresh()`.

use super::context::Context;
use super::embed_state::{EmbedState, Stage};
use crate::io::{Effect, EmbedCallId, Event, ExpiryScope, Recovery, RecoveryOutcome};
use crate::time::{Duration, Instant};

/// For how long after a new token an embed's per-visual `TokenExpired`, or any during its recovery, is about the old one.
pub(super) const STALE_ERROR_WINDOW: Duration = Duration::from_secs(10);
/// How soon a reload that came too soon is made again.
pub(super) const RETRY_SOON: Duration = Duration::from_secs(1);
/// How long the report's state may take to be captured before a reload.
pub(super) const CAPTURE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a reloaded report whose state is to be restored may take to load, beyond the time limit of a call.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);

impl EmbedState {
    pub(super) fn recover(&mut self, how: Recovery, call: EmbedCallId, ctx: &mut Context<'_>) {
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

    /// What follows a recovery: the token that came meanwhile.
    pub(super) fn after_recovery(&mut self, ctx: &mut Context<'_>) {
        self.stage = Stage::Idle;
        self.captured = None;
        if self.target.is_some() {
            self.schedule(ctx.now.mono);
        }
        self.reconcile(ctx);
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
