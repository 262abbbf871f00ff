//! One attached embed: which token it holds, and the call into it that is under way or to be made.

use crate::backoff;
use crate::io::{ApplyFailed, CallId, Effect, Effects, EmbedId, ErrorCode, Event, Level, Recovery};
use crate::policy::RefreshPolicy;
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// For how long after a new token an embed's per-visual `TokenExpired`, or any during its recovery, is an echo of the old
/// one.
const ECHO: Duration = Duration::from_secs(10);

/// What is going on between the keeper and one embed.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing: it holds the newest token.
    Calm,
    /// `setAccessToken` was called.
    Calling {
        call: CallId,
        token: AccessToken,
        ends: Instant,
        attempt: u32,
    },
    /// `setAccessToken` is to be called.
    Waiting { until: Instant, attempt: u32 },
    /// `reload()` or `refresh()` is to be called.
    Recovering { how: Recovery, until: Instant },
    /// `reload()` or `refresh()` was called.
    Reviving {
        call: CallId,
        how: Recovery,
        ends: Instant,
    },
}

/// One embed.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) id: EmbedId,
    pub(super) kind: Option<Kind>,
    pub(super) holds: Option<AccessToken>,
    pub(super) stage: Stage,
    /// It has shown `TokenExpired`, this far, and waits for a new token.
    pub(super) late: Option<Level>,
    /// Until then it has just taken a token, and a `TokenExpired` may be an echo of the old one.
    pub(super) fresh: Instant,
    /// Its first answer to the newest token is still out.
    pub(super) pending: bool,
    /// When the newest token was offered to it.
    pub(super) offered: Instant,
}

impl Slot {
    pub(super) fn alarm(&self) -> Instant {
        match &self.stage {
            Stage::Calm => Instant::NEVER,
            Stage::Calling { ends, .. } | Stage::Reviving { ends, .. } => *ends,
            Stage::Waiting { until, .. } | Stage::Recovering { until, .. } => *until,
        }
    }

    pub(super) fn want(&mut self, token: &AccessToken, now: Instant) {
        if self.holds.as_ref() != Some(token) && matches!(self.stage, Stage::Calm) {
            self.offered = now;
            self.stage = Stage::Waiting {
                until: now,
                attempt: 1,
            };
        }
    }

    /// Has it take the newest token now. A recovery that was to be made follows that token.
    pub(super) fn call_now(&mut self, now: Instant) {
        if let Stage::Recovering { how, .. } = self.stage {
            self.late = Some(how.level());
        }
        self.stage = Stage::Waiting {
            until: now,
            attempt: 1,
        };
    }

    /// What follows a recovery: the token that came meanwhile, since calls into one embed are serialised.
    pub(super) fn after_recovery(&self, newest: Option<&AccessToken>, now: Instant) -> Stage {
        if newest.is_none() || self.holds.as_ref() == newest {
            return Stage::Calm;
        }
        Stage::Waiting {
            until: now,
            attempt: 1,
        }
    }

    pub(super) fn calling(&self, at: CallId) -> bool {
        match &self.stage {
            Stage::Calling { call, .. } | Stage::Reviving { call, .. } => *call == at,
            Stage::Calm | Stage::Waiting { .. } | Stage::Recovering { .. } => false,
        }
    }
}

/// What became of the first round of calls with a new token.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
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
pub(super) fn step(
    slot: &mut Slot,
    calls: &mut u32,
    tally: &mut Tally,
    newest: Option<&AccessToken>,
    policy: &RefreshPolicy,
    now: Instant,
    fx: &mut Effects,
) {
    if now < slot.alarm() {
        return;
    }
    let ends = now + policy.apply_timeout;
    *calls = calls.wrapping_add(1);
    let call = CallId(*calls);
    match &slot.stage {
        Stage::Calm => {}
        Stage::Calling { attempt, .. } => {
            let attempt = *attempt;
            retry_later(slot, tally, ErrorCode::ApplyTimeout, attempt, now, fx);
        }
        Stage::Waiting { attempt, .. } => match newest {
            None => slot.stage = Stage::Calm,
            Some(token) => {
                fx.push(Effect::Apply {
                    embed: slot.id,
                    call,
                    token: token.clone(),
                });
                slot.stage = Stage::Calling {
                    call,
                    token: token.clone(),
                    ends,
                    attempt: *attempt,
                };
            }
        },
        Stage::Recovering { how, .. } => {
            fx.push(Effect::Recover {
                embed: slot.id,
                call,
                how: *how,
            });
            slot.stage = Stage::Reviving {
                call,
                how: *how,
                ends,
            };
        }
        Stage::Reviving { .. } => slot.stage = slot.after_recovery(newest, now),
    }
}

/// A call of `setAccessToken` settled, perhaps after its time limit; `holds` is what the embed holds now.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of Embeds, borrowed apart from the slot"
)]
pub(super) fn settled(
    slot: &mut Slot,
    current: bool,
    holds: Option<AccessToken>,
    newest: Option<&AccessToken>,
    policy: &RefreshPolicy,
    tally: &mut Tally,
    now: Instant,
    fx: &mut Effects,
) {
    let newest_there = holds.is_some() && holds.as_ref() == newest;
    let (taken, attempt) = match &slot.stage {
        Stage::Calling { token, attempt, .. } if current => (holds.as_ref() == Some(token), *attempt),
        // a call under way will say what the embed holds in the end, and what it holds now is looked at when a recovery
        // is over
        Stage::Calling { .. } | Stage::Reviving { .. } => {
            slot.holds = holds;
            return;
        }
        Stage::Calm | Stage::Recovering { .. } if newest_there => return,
        // a late answer of an older call overwrote the newest token: it is set again
        Stage::Calm | Stage::Recovering { .. } => {
            slot.holds = holds;
            slot.call_now(now);
            return;
        }
        Stage::Waiting { attempt, .. } => (newest_there, *attempt),
    };
    slot.holds = holds;
    if !taken {
        if current {
            retry_later(slot, tally, ErrorCode::ApplyRejected, attempt, now, fx);
        }
        return;
    }
    slot.fresh = now + ECHO;
    if !newest_there {
        // it took what was the newest when the call was made
        slot.stage = Stage::Waiting {
            until: now,
            attempt: 1,
        };
        return;
    }
    tally.took += 1;
    if slot.pending {
        slot.pending = false;
        tally.pending = tally.pending.saturating_sub(1);
    }
    let recovery = slot
        .late
        .take()
        .and_then(|level| Recovery::after(policy.after_expiry, level));
    slot.stage = match recovery {
        Some(how) => Stage::Recovering { how, until: now },
        None => Stage::Calm,
    };
}

fn retry_later(
    slot: &mut Slot,
    tally: &mut Tally,
    code: ErrorCode,
    attempt: u32,
    now: Instant,
    fx: &mut Effects,
) {
    let wait = backoff::apply(attempt);
    fx.push(failed(slot.id, code, attempt, Some(wait)));
    give_up(slot, tally, code);
    slot.stage = Stage::Waiting {
        until: now + wait,
        attempt: attempt.saturating_add(1),
    };
}

/// The round goes on without this embed.
pub(super) fn give_up(slot: &mut Slot, tally: &mut Tally, code: ErrorCode) {
    if slot.pending {
        slot.pending = false;
        tally.pending = tally.pending.saturating_sub(1);
        tally.failed = Some(code);
    }
}
