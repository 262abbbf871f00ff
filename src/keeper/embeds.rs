//! The attached embeds, and the round of calls that brings a new token to all of them.

use super::slot::{Slot, Stage, Tally, failed, give_up, settled, step};
use crate::io::{
    ApplyOutcome, CallId, Effect, Effects, EmbedId, ErrorCode, Event, Level, Recovery, RecoveryOutcome,
};
use crate::policy::RefreshPolicy;
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// How soon a frame that does not listen yet is looked at again, and a reload that came too soon is made again.
const SHORTLY: Duration = Duration::from_secs(1);
/// How soon one is looked at that has not listened for the length of an apply.
const LATER: Duration = Duration::from_secs(5);
/// How many embeds are looked at in one check, in turn: a poll costs the same however many there are.
const GLANCES: usize = 8;
/// With more than these it is one: a look at what has not been in use for hours is slow, and it would be hours all the same.
const CROWD: usize = 1_000;

/// Every attached embed.
#[derive(Debug)]
pub(super) struct Embeds {
    slots: Vec<Slot>,
    calls: u32,
    /// No alarm is due before this. May be earlier than the next one, never later.
    alarm: Instant,
    /// Where the next look begins.
    glance: usize,
    pub(super) tally: Tally,
}

/// What a shout asks of the keeper.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shout {
    /// The newest token itself is refused: a newer one is needed.
    Refused,
    /// A newer token is already on its way to this embed, or has just arrived.
    Late,
}

impl Embeds {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            calls: 0,
            alarm: Instant::NEVER,
            glance: 0,
            tally: Tally::default(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The kind of token that the embeds' configurations ask for.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.slots.iter().find_map(|slot| slot.kind)
    }

    /// The next time at which [`Self::run`] may have something to do.
    pub(super) fn alarm(&self) -> Instant {
        self.alarm
    }

    fn find(&mut self, embed: EmbedId) -> Option<&mut Slot> {
        find(&mut self.slots, embed)
    }

    /// Takes an embed in; false when it is there already.
    pub(super) fn attach(&mut self, id: EmbedId, holds: Option<AccessToken>, kind: Option<Kind>) -> bool {
        let Err(at) = self.slots.binary_search_by_key(&id, |slot| slot.id) else {
            return false;
        };
        let slot = Slot {
            id,
            kind,
            holds,
            stage: Stage::Calm,
            late: None,
            fresh: Instant::default(),
            pending: false,
            offered: Instant::default(),
        };
        self.slots.insert(at, slot);
        true
    }

    /// Lets an embed go; false when it is not there.
    pub(super) fn detach(&mut self, id: EmbedId) -> bool {
        let Ok(at) = self.slots.binary_search_by_key(&id, |slot| slot.id) else {
            return false;
        };
        if self.slots.remove(at).pending {
            self.tally.pending = self.tally.pending.saturating_sub(1);
        }
        true
    }

    /// Has the next few looked at.
    pub(super) fn look(&mut self, fx: &mut Effects) {
        for embed in self.looks_next() {
            fx.push(Effect::Look(embed));
        }
        self.glance = self.first() + self.glances();
    }

    /// The next few.
    pub(super) fn looks_next(&self) -> impl Iterator<Item = EmbedId> {
        let rest = self.slots.get(self.first()..).unwrap_or_default();
        let some = rest.get(..self.glances()).unwrap_or(rest);
        some.iter().map(|slot| slot.id)
    }

    /// The first of them.
    fn first(&self) -> usize {
        if self.glance < self.slots.len() {
            self.glance
        } else {
            0
        }
    }

    fn glances(&self) -> usize {
        if self.slots.len() > CROWD { 1 } else { GLANCES }
    }

    /// An embed holds `token`, of `kind`. True when the keeper did not know that.
    pub(super) fn see(&mut self, embed: EmbedId, token: Option<&AccessToken>, kind: Option<Kind>) -> bool {
        let Some(slot) = self.find(embed) else {
            return false;
        };
        // a call under way will say what it holds in the end
        if matches!(slot.stage, Stage::Calling { .. } | Stage::Reviving { .. }) {
            return false;
        }
        slot.kind = kind;
        let news = slot.holds.as_ref() != token;
        slot.holds = token.cloned();
        news
    }

    /// An embed is gone from the page; false when it was not there.
    pub(super) fn lose(&mut self, embed: EmbedId, fx: &mut Effects) -> bool {
        let there = self.detach(embed);
        if there {
            fx.push(failed(embed, ErrorCode::ApplyGone, 1, None));
            fx.push(Effect::Drop(embed));
        }
        there
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.alarm = Instant::NEVER;
    }

    /// Whether this embed is known to hold `token`.
    pub(super) fn holds(&mut self, embed: EmbedId, token: &AccessToken) -> bool {
        self.find(embed)
            .is_some_and(|slot| slot.holds.as_ref() == Some(token))
    }

    /// Starts a round: every embed that does not hold `token` is to take it now.
    pub(super) fn offer(&mut self, token: &AccessToken, now: Instant) {
        self.tally = Tally::default();
        for slot in &mut self.slots {
            slot.pending = slot.holds.as_ref() != Some(token);
            slot.offered = now;
            if !slot.pending {
                continue;
            }
            self.tally.pending += 1;
            match &slot.stage {
                // calls into one embed are serialised: the one under way ends first
                Stage::Calling { .. } | Stage::Reviving { .. } => {}
                Stage::Calm | Stage::Waiting { .. } | Stage::Recovering { .. } => slot.call_now(now),
            }
        }
        self.alarm = now;
    }

    /// Has every embed that does not hold `token` take it as soon as it can, outside any round.
    pub(super) fn share(&mut self, token: &AccessToken, now: Instant) {
        for slot in &mut self.slots {
            slot.want(token, now);
        }
        self.alarm = now;
    }

    /// Has one embed take `token` as soon as it can, outside any round.
    pub(super) fn hand(&mut self, embed: EmbedId, token: &AccessToken, now: Instant) {
        if let Some(slot) = self.find(embed) {
            slot.want(token, now);
            self.alarm = now;
        }
    }

    /// An embed said `TokenExpired`. `newest` is the newest token there is.
    pub(super) fn shout(
        &mut self,
        embed: EmbedId,
        level: Level,
        newest: Option<&AccessToken>,
        now: Instant,
    ) -> Option<Shout> {
        let slot = self.find(embed)?;
        let reviving = matches!(slot.stage, Stage::Recovering { .. } | Stage::Reviving { .. });
        if now < slot.fresh && (reviving || level == Level::Visual) {
            return Some(Shout::Late);
        }
        // a load-level failure needs more than a visual-level one: the worst is remembered
        if slot.late != Some(Level::Load) {
            slot.late = Some(level);
        }
        let current = slot.holds.as_ref() == newest && newest.is_some();
        Some(if current { Shout::Refused } else { Shout::Late })
    }

    /// An embed is to be brought back to life when it gets a newer token; false when it is not there.
    pub(super) fn await_newer(&mut self, embed: EmbedId) -> bool {
        let slot = self.find(embed);
        slot.map(|slot| slot.late = Some(Level::Load)).is_some()
    }

    /// Makes the calls that are due, and gives up on those that took too long.
    pub(super) fn run(
        &mut self,
        newest: Option<&AccessToken>,
        policy: &RefreshPolicy,
        now: Instant,
        fx: &mut Effects,
    ) {
        if now < self.alarm {
            return;
        }
        let Self {
            slots,
            calls,
            tally,
            alarm,
            ..
        } = self;
        *alarm = Instant::NEVER;
        for slot in slots {
            step(slot, calls, tally, newest, policy, now, fx);
            *alarm = slot.alarm().min(*alarm);
        }
    }

    /// A call of `setAccessToken` ended. True when the embed is gone and was dropped.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of the keeper that it may not borrow"
    )]
    pub(super) fn applied(
        &mut self,
        embed: EmbedId,
        call: CallId,
        outcome: ApplyOutcome,
        newest: Option<&AccessToken>,
        policy: &RefreshPolicy,
        now: Instant,
        fx: &mut Effects,
    ) -> bool {
        let Self {
            slots, tally, alarm, ..
        } = self;
        let Some(slot) = find(slots, embed) else {
            return false;
        };
        let current = slot.calling(call);
        match outcome {
            ApplyOutcome::Gone => {
                return current && self.lose(embed, fx);
            }
            ApplyOutcome::NotListening => {
                let deaf = now.since(slot.offered) >= policy.apply_timeout;
                if let (true, Stage::Calling { attempt, .. }) = (current, &slot.stage) {
                    slot.stage = Stage::Waiting {
                        until: now + if deaf { LATER } else { SHORTLY },
                        attempt: *attempt,
                    };
                    // whoever waits for the round is told in time; the frame gets the token when it listens
                    if deaf {
                        give_up(slot, tally, ErrorCode::ApplyTimeout);
                    }
                }
            }
            ApplyOutcome::Settled(holds) => settled(slot, current, holds, newest, policy, tally, now, fx),
        }
        *alarm = slot.alarm().min(*alarm);
        false
    }

    /// A `reload()` or `refresh()` ended.
    pub(super) fn recovered(
        &mut self,
        embed: EmbedId,
        call: CallId,
        outcome: RecoveryOutcome,
        newest: Option<&AccessToken>,
        now: Instant,
        fx: &mut Effects,
    ) {
        let Self { slots, alarm, .. } = self;
        let Some(slot) = find(slots, embed) else { return };
        let Stage::Reviving {
            call: current, how, ..
        } = slot.stage
        else {
            return;
        };
        if current != call {
            return;
        }
        slot.stage = match (outcome, how) {
            (RecoveryOutcome::Done, _) => {
                fx.push(Effect::Emit(Event::Recovered(embed, how)));
                slot.after_recovery(newest, now)
            }
            (RecoveryOutcome::TooSoon, _) => Stage::Recovering {
                how,
                until: now + SHORTLY,
            },
            (RecoveryOutcome::Refused, Recovery::Refresh) => Stage::Recovering {
                how: Recovery::Reload,
                until: now,
            },
            // its frame raises an error of its own, which says more
            (RecoveryOutcome::Refused, Recovery::Reload) => slot.after_recovery(newest, now),
        };
        *alarm = slot.alarm().min(*alarm);
    }
}

/// The embed's slot; the slots are in the order of their ids.
fn find(slots: &mut [Slot], embed: EmbedId) -> Option<&mut Slot> {
    let at = slots.binary_search_by_key(&embed, |slot| slot.id).ok()?;
    slots.get_mut(at)
}
