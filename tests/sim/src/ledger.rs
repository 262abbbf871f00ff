//! The avoidable seconds, and the other ways of being late.
//!
//! # What is avoidable
//!
//! At every moment at which the page runs, an embed that holds no valid token (by the server's true time) is excused
//! by exactly one of these, all taken from DESIGN §2 and none from the keeper's code:
//!
//! 1. **The source.** The newest token that a keeper had to accept has expired too, and the next request is not yet
//!    due by the [`Allowance`]: one is under way within its time limit, or the latest moment that the rows window,
//!    budget, retry, Retry-After and denied allow has not come. That latest moment lies *before* the expiration in a
//!    healthy day, and failures that the source is to blame for are what moves it behind. A token of less than 60 s
//!    falls under the window row's floor and the budget, and needs no clause of its own.
//! 2. **The frame.** A newer token is in hand, and a call of `setAccessToken` is under way within its time limit, or
//!    the row apply (2, 4, 8 … 60 s after a failed one) does not ask for the next yet, or the frame does not listen
//!    or is gone.
//! 3. **The page.** It does not run, or has run again for no longer than the rows poll and re-check allow; or it is
//!    hidden under `whileHidden: "pause"`; or its timers are held back to one a minute or one in six, in which case
//!    1 and 2 are prolonged by one such period.
//!
//! Every other millisecond is avoidable, and their number must be zero (I9). An answer counts as one that a keeper had
//! to accept when it is of the right kind and user, not the same, expires later than the one in hand (the row "a new
//! token is accepted when"), and has not expired either by true time or by what the page's clock can know.
//!
//! # What is late
//!
//! The same latest moment holds while the old token is still good: a keeper that lets it pass would get away with it
//! only until the next outage. These milliseconds are counted apart, as `overdue`, and must be zero as well. So must those
//! for which an embed that is gone from the page was not let go, though a check was due: `unnoticed`.

use crate::allowance::Allowance;
use crate::frame::{Frame, FrameId};
use crate::mint::TokenId;
use crate::site::Site;
use crate::{MINUTE, SECOND};
use std::collections::BTreeMap;

/// What a running page adds to every moment: timers are not exact to the millisecond.
const GRACE: i64 = 200;

/// How many embeds one check looks at.
const LOOKS: usize = 8;

/// What is known of the calls into one embed.
#[derive(Debug, Clone, Copy, Default)]
struct Due {
    /// When the next call must have been made, on the monotonic clock.
    at: i64,
    /// Calls that failed in a row.
    failed: u32,
    /// The call that is under way.
    call: Option<u32>,
    /// Its time limit.
    ends: i64,
    /// A `reload()` or `refresh()` is under way until then at the latest; calls into one embed are serialised.
    reviving: i64,
}

/// Counts the milliseconds that a keeper could have avoided.
#[derive(Debug)]
pub struct Ledger {
    /// The ask side of the table.
    pub allowance: Allowance,
    /// The newest token that had to be accepted.
    pub newest: Option<TokenId>,
    /// Milliseconds of an embed without a valid token, for which there is no excuse.
    pub avoidable: i64,
    /// Milliseconds for which a request was overdue.
    pub overdue: i64,
    /// Milliseconds for which an embed that is gone was not let go.
    pub unnoticed: i64,
    dues: BTreeMap<FrameId, Due>,
    /// By when each embed that is gone must have been looked at, on the monotonic clock.
    gone: BTreeMap<FrameId, i64>,
    apply_timeout: i64,
    poll: i64,
    pauses_hidden: bool,
    late: i64,
    /// Until then, in true time, the page has only just come back.
    back: i64,
    stopped: bool,
}

impl Ledger {
    /// Of a day whose page has just loaded. `late` is how late its timers may be.
    #[must_use]
    pub const fn new(allowance: Allowance, options: crate::allowance::Options, late: i64) -> Self {
        Self {
            allowance,
            newest: None,
            avoidable: 0,
            overdue: 0,
            unnoticed: 0,
            dues: BTreeMap::new(),
            gone: BTreeMap::new(),
            apply_timeout: options.apply_timeout,
            poll: options.poll,
            pauses_hidden: options.pauses_hidden,
            late,
            back: 0,
            stopped: false,
        }
    }

    /// Whether the page has come back only just now, so that its timers are still to fire.
    #[must_use]
    pub const fn just_back(&self, now: i64) -> bool {
        now < self.back
    }

    /// Nothing is asked of a keeper that was stopped.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Time goes by, and nothing happens.
    pub fn passes(&mut self, site: &Site, from: i64, to: i64) {
        if self.stopped {
            return;
        }
        if let Some(until) = site.page.absent_until(from) {
            // a timer that stood still with its clock has up to a poll to go; others fire at once
            let stood_still = site.clocks.mono(to) - site.clocks.mono(from) < to - from;
            self.back = self
                .back
                .max(until + if stood_still { self.poll } else { SECOND } + GRACE + self.late);
            // a call that timed out meanwhile is noticed now, and the wait after it begins now
            let mono = site.clocks.mono(until);
            for due in self.dues.values_mut().filter(|due| due.call.is_some()) {
                due.at = due.at.max(mono + wait(due.failed + 1));
            }
            return;
        }
        let period = site.page.period(from);
        if period > 0 {
            // timers that are held back notice a time limit up to so much late
            let mono = site.clocks.mono(to);
            for due in self.dues.values_mut().filter(|due| due.call.is_some()) {
                due.at = due.at.max(mono.min(due.ends + period) + wait(due.failed + 1));
            }
        }
        if self.pauses_hidden && site.page.hidden(from) {
            // the page is told that it is seen again within a moment
            self.back = self.back.max(to + 300 + SECOND + GRACE + self.late);
            return;
        }
        for by in self.gone.values() {
            let noticed = self.eased(site, from, site.clocks.when(from, *by));
            self.unnoticed += (to - noticed.max(from)).max(0);
        }
        let attached = || {
            site.frames
                .iter()
                .enumerate()
                .filter(|(_, frame)| frame.attached && frame.there)
        };
        if attached().next().is_none() {
            return;
        }
        let ask = self.ask_by(site, from);
        self.overdue += (to - ask.max(from)).max(0);
        for (id, frame) in attached() {
            let bad = frame.good_until(&site.mint).max(from);
            if bad < to {
                let excused = self.excused_until(site, from, id, frame, bad).unwrap_or(ask);
                self.avoidable += (to - bad.max(excused)).max(0);
            }
        }
    }

    /// Until when the frame is to blame; `None` when it is the source.
    fn excused_until(&self, site: &Site, from: i64, id: FrameId, frame: &Frame, bad: i64) -> Option<i64> {
        let newest = self.newest?;
        if self.allowance.is_refused()
            || site.mint.get(newest).exp <= bad
            || frame.config == Some(newest) && frame.live == Some(newest)
        {
            return None;
        }
        let due = self.dues.get(&id).copied().unwrap_or_default();
        Some(self.eased(site, from, site.clocks.when(from, due.at)))
    }

    /// The true moment by which the next request must be under way.
    fn ask_by(&self, site: &Site, from: i64) -> i64 {
        let latest = self.allowance.latest();
        self.eased(site, from, site.clocks.when(from, latest))
    }

    /// Clause 3.
    fn eased(&self, site: &Site, from: i64, at: i64) -> i64 {
        // a time limit and the wait after it are two timers
        (at + GRACE + 2 * self.late + 2 * site.page.period(from)).max(self.back)
    }

    // ---- what the keeper is told and does -------------------------------------------------------

    /// The browser told the page that somebody looks at it again, or that there is a network.
    pub fn rechecked(&mut self, site: &Site) {
        let soon = site.now + SECOND + GRACE + self.late;
        self.back = if self.back > site.now {
            self.back.min(soon)
        } else {
            soon
        };
    }

    /// A token is the newest from now on; every embed is to have it.
    ///
    /// One that the source gave starts the row apply anew; one that the page brought waits for the call that is due.
    pub fn renewed(&mut self, site: &Site, token: TokenId, by_source: bool) {
        self.newest = Some(token);
        for (id, frame) in site.frames.iter().enumerate().filter(|(_, frame)| frame.attached) {
            let due = self.dues.entry(id).or_default();
            let mono = site.clocks.mono(site.now);
            if frame.config != Some(token) && due.call.is_none() && (by_source || due.at < mono) {
                *due = Due {
                    at: mono.max(due.reviving),
                    reviving: due.reviving,
                    ..Due::default()
                };
            }
        }
    }

    /// An embed came.
    pub fn attached(&mut self, site: &Site, frame: FrameId) {
        self.dues.insert(
            frame,
            Due {
                at: site.clocks.mono(site.now),
                ..Due::default()
            },
        );
        self.rechecked(site);
    }

    /// An embed went; `last` when none is left.
    pub fn detached(&mut self, frame: FrameId, last: bool) {
        self.dues.remove(&frame);
        self.gone.remove(&frame);
        if last {
            self.allowance.let_go();
        }
    }

    /// An embed was taken off the page, or another took its place: a check looks at a few, each in turn.
    pub fn changed(&mut self, site: &Site, frame: FrameId) {
        let attached = site.frames.iter().filter(|frame| frame.attached).count();
        let checks = i64::try_from(attached.div_ceil(LOOKS)).unwrap_or(i64::MAX);
        let by = site.clocks.mono(site.now) + checks * self.poll;
        self.gone.remove(&frame);
        if !site.frames[frame].there {
            self.gone.insert(frame, by);
        } else if let Some(due) = self.dues.get_mut(&frame) {
            due.at = due.at.max(by);
        }
    }

    /// A call into the embed was made.
    pub fn called(&mut self, site: &Site, frame: FrameId, call: u32) {
        if let Some(due) = self.dues.get_mut(&frame) {
            // the one before was never answered
            due.failed += u32::from(due.call.replace(call).is_some());
            due.ends = site.clocks.mono(site.now) + self.apply_timeout;
            // should it never be answered, the next one follows the time limit as it would a failure
            due.at = due.ends + wait(due.failed + 1);
        }
    }

    /// A call was not made, as the frame does not listen: to be looked at again at the next poll.
    pub fn deaf(&mut self, site: &Site, frame: FrameId) {
        if let Some(due) = self.dues.get_mut(&frame) {
            due.call = None;
            due.at = site.clocks.mono(site.now) + self.poll.max(30 * SECOND);
        }
    }

    /// A call of `setAccessToken` settled, perhaps long after its time limit.
    pub fn settled(&mut self, site: &Site, frame: FrameId, call: u32) {
        let mono = site.clocks.mono(site.now);
        let holds = site.frames[frame].config;
        let Some(due) = self.dues.get_mut(&frame) else {
            return;
        };
        match due.call {
            // calls are serialised: the one under way will say what the embed holds in the end
            Some(under_way) if under_way != call => {}
            _ if holds == self.newest => {
                *due = Due {
                    at: mono,
                    ..Due::default()
                };
            }
            Some(_) => {
                due.call = None;
                due.failed += 1;
                due.at = mono + wait(due.failed);
            }
            // a late answer overwrote the newest token: it is set again at once
            None => due.at = due.at.max(mono),
        }
    }

    /// A `reload()` or `refresh()` is under way.
    pub fn recovering(&mut self, site: &Site, frame: FrameId) {
        if let Some(due) = self.dues.get_mut(&frame) {
            due.reviving = site.clocks.mono(site.now) + self.apply_timeout;
            due.at = due.at.max(due.reviving);
        }
    }

    /// It has ended. Should the frame have no newer token by then, it is given one now.
    pub fn recovered(&mut self, site: &Site, frame: FrameId) {
        if let Some(due) = self.dues.get_mut(&frame)
            && due.at == due.reviving
        {
            due.at = site.clocks.mono(site.now);
        }
    }
}

/// The row apply: 2, 4, 8 … 60 s.
fn wait(failed: u32) -> i64 {
    ((2 * SECOND) << failed.saturating_sub(1).min(20)).min(MINUTE)
}
