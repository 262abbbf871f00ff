//! One attached embed: which token it holds, and the call into it that is under way or to be made.

use crate::backoff;
use crate::io::{
    ApplyFailed, Effect, Effects, EmbedCallId, EmbedId, ErrorCode, Event, ExpiryScope, Recovery,
};
use crate::policy::RefreshPolicy;
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// For how long after a new token an embed's per-visual `TokenExpired`, or any during its recovery, is an echo of the old
/// one.
const STALE_ERROR_WINDOW: Duration = Duration::from_secs(10);

/// What is going on between the keeper and one embed.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing: it holds the newest token.
    Idle,
    /// `setAccessToken` was called.
    Applying {
        call: EmbedCallId,
        token: AccessToken,
        ends: Instant,
        attempt: u32,
    },
    /// `setAccessToken` is to be called.
    Scheduled { until: Instant, attempt: u32 },
    /// `reload()` or `refresh()` is to be called.
    RecoveryScheduled { how: Recovery, until: Instant },
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
    pub(super) kind: Option<Kind>,
    pub(super) holds: Option<AccessToken>,
    pub(super) stage: Stage,
    /// It has shown `TokenExpired`, this far, and waits for a new token.
    pub(super) pending_recovery: Option<ExpiryScope>,
    /// Until then it has just taken a token, and a `TokenExpired` may be an echo of the old one.
    pub(super) ignore_expiry_until: Instant,
    /// Its first answer to the newest token is still out.
    pub(super) pending: bool,
    /// When the newest token was offered to it.
    pub(super) offered: Instant,
}

impl EmbedState {
    pub(super) fn next_wakeup(&self) -> Instant {
        match &self.stage {
            Stage::Idle => Instant::NEVER,
            Stage::Applying { ends, .. } | Stage::RecoveryInFlight { ends, .. } => *ends,
            Stage::Scheduled { until, .. } | Stage::RecoveryScheduled { until, .. } => *until,
        }
    }

    pub(super) fn want(&mut self, token: &AccessToken, now: Instant) {
        if self.holds.as_ref() != Some(token) && matches!(self.stage, Stage::Idle) {
            self.offered = now;
            self.stage = Stage::Scheduled {
                until: now,
                attempt: 1,
            };
        }
    }

    /// Has it take the newest token now. A recovery that was to be made follows that token.
    pub(super) fn call_now(&mut self, now: Instant) {
        if let Stage::RecoveryScheduled { how, .. } = self.stage {
            self.pending_recovery = Some(how.scope());
        }
        self.stage = Stage::Scheduled {
            until: now,
            attempt: 1,
        };
    }

    /// What follows a recovery: the token that came meanwhile, since calls into one embed are serialised.
    pub(super) fn after_recovery(&self, newest: Option<&AccessToken>, now: Instant) -> Stage {
        if newest.is_none() || self.holds.as_ref() == newest {
            return Stage::Idle;
        }
        Stage::Scheduled {
            until: now,
            attempt: 1,
        }
    }

    pub(super) fn calling(&self, at: EmbedCallId) -> bool {
        match &self.stage {
            Stage::Applying { call, .. } | Stage::RecoveryInFlight { call, .. } => *call == at,
            Stage::Idle | Stage::Scheduled { .. } | Stage::RecoveryScheduled { .. } => false,
        }
    }
}

/// What became of the first round of calls with a new token.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct RolloutProgress {
    /// Embeds whose first answer is still out.
    pub(super) pending: u32,
    /// Embeds that took it.
    pub(super) took: u32,
    /// What the last failure was.
    pub(super) failed: Option<ErrorCode>,
}

pub(super) fn failed(embed: EmbedId, code: ErrorCode, attempt: u32, retry_in_ms: Option<Duration>) -> Effect {
    Effect::Emit(Event::ApplyFailed(
        embed,
        ApplyFailed {
            code,
            attempt,
            retry_in_ms,
        },
    ))
}

/// Moves one embed on to `now`.
pub(super) fn advance(
    state: &mut EmbedState,
    calls: &mut u32,
    progress: &mut RolloutProgress,
    newest: Option<&AccessToken>,
    policy: &RefreshPolicy,
    now: Instant,
    fx: &mut Effects,
) {
    if now < state.next_wakeup() {
        return;
    }
    let ends = now + policy.apply_timeout;
    *calls = calls.wrapping_add(1);
    let call = EmbedCallId(*calls);
    match &state.stage {
        Stage::Idle => {}
        Stage::Applying { attempt, .. } => {
            let attempt = *attempt;
            retry_later(state, progress, ErrorCode::ApplyTimeout, attempt, now, fx);
        }
        Stage::Scheduled { attempt, .. } => match newest {
            None => state.stage = Stage::Idle,
            Some(token) => {
                fx.push(Effect::SetAccessToken {
                    embed: state.id,
                    call,
                    token: token.clone(),
                });
                state.stage = Stage::Applying {
                    call,
                    token: token.clone(),
                    ends,
                    attempt: *attempt,
                };
            }
        },
        Stage::RecoveryScheduled { how, .. } => {
            fx.push(Effect::Recover {
                embed: state.id,
                call,
                how: *how,
            });
            state.stage = Stage::RecoveryInFlight {
                call,
                how: *how,
                ends,
            };
        }
        Stage::RecoveryInFlight { .. } => state.stage = state.after_recovery(newest, now),
    }
}

/// A call of `setAccessToken` settled, perhaps after its time limit; `holds` is what the embed holds now.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of Embeds, borrowed apart from the state"
)]
pub(super) fn settled(
    state: &mut EmbedState,
    current: bool,
    holds: Option<AccessToken>,
    newest: Option<&AccessToken>,
    policy: &RefreshPolicy,
    progress: &mut RolloutProgress,
    now: Instant,
    fx: &mut Effects,
) {
    let newest_there = holds.is_some() && holds.as_ref() == newest;
    let (taken, attempt) = match &state.stage {
        Stage::Applying { token, attempt, .. } if current => (holds.as_ref() == Some(token), *attempt),
        // a call under way will say what the embed holds in the end, and what it holds now is looked at when a recovery
        // is over
        Stage::Applying { .. } | Stage::RecoveryInFlight { .. } => {
            state.holds = holds;
            return;
        }
        Stage::Idle | Stage::RecoveryScheduled { .. } if newest_there => return,
        // a late answer of an older call overwrote the newest token: it is set again
        Stage::Idle | Stage::RecoveryScheduled { .. } => {
            state.holds = holds;
            state.call_now(now);
            return;
        }
        Stage::Scheduled { attempt, .. } => (newest_there, *attempt),
    };
    state.holds = holds;
    if !taken {
        if current {
            retry_later(state, progress, ErrorCode::ApplyRejected, attempt, now, fx);
        }
        return;
    }
    state.ignore_expiry_until = now + STALE_ERROR_WINDOW;
    if !newest_there {
        // it took what was the newest when the call was made
        state.stage = Stage::Scheduled {
            until: now,
            attempt: 1,
        };
        return;
    }
    progress.took += 1;
    if state.pending {
        state.pending = false;
        progress.pending = progress.pending.saturating_sub(1);
    }
    let recovery = state
        .pending_recovery
        .take()
        .and_then(|scope| Recovery::after(policy.after_expiry, scope));
    state.stage = match recovery {
        Some(how) => Stage::RecoveryScheduled { how, until: now },
        None => Stage::Idle,
    };
}

fn retry_later(
    state: &mut EmbedState,
    progress: &mut RolloutProgress,
    code: ErrorCode,
    attempt: u32,
    now: Instant,
    fx: &mut Effects,
) {
    let wait = backoff::apply(attempt);
    fx.push(failed(state.id, code, attempt, Some(wait)));
    mark_failed(state, progress, code);
    state.stage = Stage::Scheduled {
        until: now + wait,
        attempt: attempt.saturating_add(1),
    };
}

/// The round goes on without this embed.
pub(super) fn mark_failed(state: &mut EmbedState, progress: &mut RolloutProgress, code: ErrorCode) {
    if state.pending {
        state.pending = false;
        progress.pending = progress.pending.saturating_sub(1);
        progress.failed = Some(code);
    }
}
