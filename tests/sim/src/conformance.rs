//! The conformance check: every second without a valid token must be one that the design's own waiting times prescribe.
//!
//! This holds the keeper to its design, not the design to what is possible: [`crate::comparison`] measures that, against the
//! tireless client.
//!
//! # Prescribed waiting
//!
//! At every moment at which the page runs, an embed without a valid token (by the server's true time) must be covered by
//! one of these:
//!
//! 1. **The source.** The newest token that had to be accepted has expired too, and the next request is not due yet by the
//!    [`Schedule`]: one is under way within its time limit, or the latest moment that window, budget, retry, Retry-After
//!    and denial allow has not come. On a healthy day that moment lies *before* the expiration; failures of the source move
//!    it behind.
//! 2. **The frame.** A newer token is in hand, and a call of `setAccessToken` is under way within its time limit, or the
//!    next is not due yet after one that failed (2, 4, 8, 15, 15 … s), or the frame is not listening or was removed.
//! 3. **The page.** It does not run, or has run again for no longer than poll and re-check allow; or it is hidden under
//!    `whileHidden: "pause"`; or its timers are throttled, in which case 1 and 2 last one such period longer.
//!
//! Every other millisecond counts as `unscheduled`, and there must be none (I9). A token had to be accepted when it is of
//! the right kind and user, not the same, expires later than the one in hand, and has not expired either by true time or
//! by what the page's clock can know.
//!
//! # Late requests
//!
//! The same latest moment holds while the old token is still valid: a keeper that lets it pass would get away with it only
//! until the next outage. These milliseconds count as `overdue`. Those for which a removed embed was not detached though a
//! check was due count as `unnoticed`. There must be none of either.

use crate::SECOND;
use crate::frame::{Frame, FrameId};
use crate::schedule::Schedule;
use crate::tokens::TokenId;
use crate::world::World;
use std::collections::BTreeMap;

/// The slack at every moment: timers are not exact to the millisecond.
const GRACE: i64 = 200;

/// The number of embeds that one check observes.
const OBSERVATIONS_PER_CHECK: usize = 8;

/// The calls into one embed.
#[derive(Debug, Clone, Copy, Default)]
struct CallDue {
    /// The latest time of the next call, on the monotonic clock.
    at: i64,
    /// Calls that failed in a row.
    failed: u32,
    /// The call that is under way.
    call: Option<u32>,
    /// Its time limit.
    ends: i64,
    /// The end of a `reload()` or `refresh()` under way; calls into one embed are serialised.
    recovery_ends: i64,
}

/// Counts the milliseconds that the design does not prescribe.
#[derive(Debug)]
pub struct Conformance {
    /// The request schedule.
    pub schedule: Schedule,
    /// The newest token that had to be accepted.
    pub newest: Option<TokenId>,
    /// Milliseconds of an embed without a valid token that no rule prescribes.
    pub unscheduled: i64,
    /// Milliseconds for which a request was overdue.
    pub overdue: i64,
    /// Milliseconds for which a removed embed was not detached.
    pub unnoticed: i64,
    calls_due: BTreeMap<FrameId, CallDue>,
    /// The latest time of the next observation of each removed embed, on the monotonic clock.
    gone: BTreeMap<FrameId, i64>,
    apply_timeout: i64,
    poll: i64,
    pauses_hidden: bool,
    late: i64,
    /// The end of the time in which the page has only just resumed, in true time.
    resumed_until: i64,
    stopped: bool,
}

impl Conformance {
    /// The check of a page that has just loaded and whose timers fire up to `late` ms late.
    #[must_use]
    pub const fn new(schedule: Schedule, options: crate::schedule::Options, late: i64) -> Self {
        Self {
            schedule,
            newest: None,
            unscheduled: 0,
            overdue: 0,
            unnoticed: 0,
            calls_due: BTreeMap::new(),
            gone: BTreeMap::new(),
            apply_timeout: options.apply_timeout,
            poll: options.poll,
            pauses_hidden: options.pauses_hidden,
            late,
            resumed_until: 0,
            stopped: false,
        }
    }

    /// Whether the page resumed only just now, so that its timers are still to fire.
    #[must_use]
    pub const fn just_resumed(&self, now: i64) -> bool {
        now < self.resumed_until
    }

    /// Ends the check: the keeper was stopped.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Counts the time from `from` to `to`, in which nothing happens.
    pub fn time_passes(&mut self, world: &World, from: i64, to: i64) {
        if self.stopped {
            return;
        }
        if let Some(until) = world.page.absent_until(from) {
            // a timer that stood still with its clock has up to a poll to go; others fire at once
            let stood_still = world.clocks.mono(to) - world.clocks.mono(from) < to - from;
            self.resumed_until = self
                .resumed_until
                .max(until + if stood_still { self.poll } else { SECOND } + GRACE + self.late);
            // a call that timed out meanwhile is noticed now, and the wait after it begins now
            let mono = world.clocks.mono(until);
            for due in self.calls_due.values_mut().filter(|due| due.call.is_some()) {
                due.at = due.at.max(mono + apply_backoff(due.failed + 1));
            }
            return;
        }
        if world.plan.has_own_tokens() {
            return;
        }
        let period = world.page.period(from);
        if period > 0 {
            // timers that are held back notice a time limit up to so much late
            let mono = world.clocks.mono(to);
            for due in self.calls_due.values_mut().filter(|due| due.call.is_some()) {
                due.at = due
                    .at
                    .max(mono.min(due.ends + period) + apply_backoff(due.failed + 1));
            }
        }
        if self.pauses_hidden && world.page.hidden(from) {
            // the page gets its event within a moment
            self.resumed_until = self.resumed_until.max(to + 300 + SECOND + GRACE + self.late);
            return;
        }
        for by in self.gone.values() {
            let noticed = self.with_slack(world, from, world.clocks.when(from, *by));
            self.unnoticed += (to - noticed.max(from)).max(0);
        }
        let attached = || {
            world
                .frames
                .iter()
                .enumerate()
                .filter(|(_, frame)| frame.attached && frame.in_page)
        };
        if attached().next().is_none() {
            return;
        }
        let ask = self.request_due_by(world, from);
        self.overdue += (to - ask.max(from)).max(0);
        for (id, frame) in attached() {
            let bad = frame.valid_until(&world.tokens, world.role()).max(from);
            if bad < to {
                let excused = self
                    .frame_excuse_until(world, from, id, frame, bad)
                    .unwrap_or(ask);
                self.unscheduled += (to - bad.max(excused)).max(0);
            }
        }
    }

    /// Until when the frame is to blame; `None` when it is the source.
    fn frame_excuse_until(
        &self,
        world: &World,
        from: i64,
        id: FrameId,
        frame: &Frame,
        bad: i64,
    ) -> Option<i64> {
        let newest = self.newest?;
        if self.schedule.is_rejected()
            || world.tokens.get(newest).expires_at <= bad
            || frame.config == Some(newest) && frame.in_use == Some(newest)
        {
            return None;
        }
        let due = self.calls_due.get(&id).copied().unwrap_or_default();
        Some(self.with_slack(world, from, world.clocks.when(from, due.at)))
    }

    /// The true moment by which the next request must be under way.
    fn request_due_by(&self, world: &World, from: i64) -> i64 {
        let latest = self.schedule.latest_request();
        self.with_slack(world, from, world.clocks.when(from, latest))
    }

    /// Clause 3.
    fn with_slack(&self, world: &World, from: i64, at: i64) -> i64 {
        // a time limit and the wait after it are two timers
        (at + GRACE + 2 * self.late + 2 * world.page.period(from)).max(self.resumed_until)
    }

    // ---- events of the page and effects of the keeper -------------------------------------------

    /// A trigger came.
    pub fn trigger_received(&mut self, world: &World) {
        let soon = world.now + SECOND + GRACE + self.late;
        self.resumed_until = if self.resumed_until > world.now {
            self.resumed_until.min(soon)
        } else {
            soon
        };
    }

    /// A token is the newest from now on; every embed is to have it.
    ///
    /// One that the source gave starts the row apply anew; one that the page brought waits for the call that is due.
    pub fn current_token(&mut self, world: &World, token: TokenId, by_source: bool) {
        self.newest = Some(token);
        for (id, frame) in world
            .frames
            .iter()
            .enumerate()
            .filter(|(_, frame)| frame.attached)
        {
            let due = self.calls_due.entry(id).or_default();
            let mono = world.clocks.mono(world.now);
            if frame.config != Some(token) && due.call.is_none() && (by_source || due.at < mono) {
                *due = CallDue {
                    at: mono.max(due.recovery_ends),
                    recovery_ends: due.recovery_ends,
                    ..CallDue::default()
                };
            }
        }
    }

    /// An embed came.
    pub fn attached(&mut self, world: &World, frame: FrameId) {
        self.calls_due.insert(
            frame,
            CallDue {
                at: world.clocks.mono(world.now),
                ..CallDue::default()
            },
        );
        self.trigger_received(world);
    }

    /// An embed went; `last` when none is left.
    pub fn detached(&mut self, frame: FrameId, last: bool) {
        self.calls_due.remove(&frame);
        self.gone.remove(&frame);
        if last {
            self.schedule.nothing_attached();
        }
    }

    /// An embed was taken off the page, or another took its place: a check looks at a few, each in turn.
    pub fn changed(&mut self, world: &World, frame: FrameId) {
        let attached = world.frames.iter().filter(|frame| frame.attached).count();
        let checks = i64::try_from(attached.div_ceil(OBSERVATIONS_PER_CHECK)).unwrap_or(i64::MAX);
        let by = world.clocks.mono(world.now) + checks * self.poll;
        self.gone.remove(&frame);
        if !world.frames[frame].in_page {
            self.gone.insert(frame, by);
        } else if let Some(due) = self.calls_due.get_mut(&frame) {
            due.at = due.at.max(by);
        }
    }

    /// A call into the embed was made.
    pub fn called(&mut self, world: &World, frame: FrameId, call: u32) {
        if let Some(due) = self.calls_due.get_mut(&frame) {
            // the one before was never answered
            due.failed += u32::from(due.call.replace(call).is_some());
            due.ends = world.clocks.mono(world.now) + self.apply_timeout;
            // should it never be answered, the next one follows the time limit as it would a failure
            due.at = due.ends + apply_backoff(due.failed + 1);
        }
    }

    /// A call was not made, as the frame does not listen: to be looked at again at the next poll.
    pub fn not_listening(&mut self, world: &World, frame: FrameId) {
        if let Some(due) = self.calls_due.get_mut(&frame) {
            due.call = None;
            due.at = world.clocks.mono(world.now) + self.poll.max(30 * SECOND);
        }
    }

    /// A call of `setAccessToken` settled, perhaps long after its time limit.
    pub fn settled(&mut self, world: &World, frame: FrameId, call: u32) {
        let mono = world.clocks.mono(world.now);
        let holds = world.frames[frame].config;
        let Some(due) = self.calls_due.get_mut(&frame) else {
            return;
        };
        match due.call {
            // calls are serialised: the one under way will say what the embed holds in the end
            Some(under_way) if under_way != call => {}
            _ if holds == self.newest => {
                *due = CallDue {
                    at: mono,
                    ..CallDue::default()
                };
            }
            Some(_) => {
                due.call = None;
                due.failed += 1;
                due.at = mono + apply_backoff(due.failed);
            }
            // a late answer overwrote the newest token: it is set again at once
            None => due.at = due.at.max(mono),
        }
    }

    /// A `reload()` or `refresh()` is under way.
    pub fn recovering(&mut self, world: &World, frame: FrameId) {
        if let Some(due) = self.calls_due.get_mut(&frame) {
            due.recovery_ends = world.clocks.mono(world.now) + self.apply_timeout;
            due.at = due.at.max(due.recovery_ends);
        }
    }

    /// It has ended. Should the frame have no newer token by then, it is given one now.
    pub fn recovered(&mut self, world: &World, frame: FrameId) {
        if let Some(due) = self.calls_due.get_mut(&frame)
            && due.at == due.recovery_ends
        {
            due.at = world.clocks.mono(world.now);
        }
    }
}

/// The pause after a failed call: 2, 4, 8, 15, 15 … s.
fn apply_backoff(failed: u32) -> i64 {
    ((2 * SECOND) << failed.saturating_sub(1).min(20)).min(15 * SECOND)
}
