//! Draws a day from a seed: which faults, when, how long and how bad.
//!
//! The sorts and sizes are those of the facts: peers.md §2, §9 (throttling of a minute and of six), tokens.md §8, §9
//! (lifetimes, clocks), powerbi-client.md §1-§3 (what a frame does).

use crate::plan::{FOCUS, Fault, Holds, ONLINE, PAGE_SHOW, Plan, RESUME, RetryAfter, VISIBLE, What};
use crate::{DAY, HOUR, MINUTE, SECOND};
use fastrand::Rng;

/// What sort of day is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Nothing goes wrong.
    Healthy,
    /// What a page sees in a usual week: short outages, a hidden tab, sleep, a clock that is off.
    Usual,
    /// Everything there is, in any combination.
    Wild,
    /// One fault alone, a few times.
    Single(Single),
    /// Two to four tabs with one `shareKey`, and what befalls tabs.
    Tabs,
    /// All of these in turn, the wild ones most.
    Mixed,
}

impl Sort {
    /// What sort of day the one with this seed is.
    #[must_use]
    pub fn of(self, seed: u64) -> Self {
        match (self, seed % 8) {
            (Self::Mixed, 0) => Self::Usual,
            (Self::Mixed, 1) => match SINGLES.get((seed / 8) as usize % (SINGLES.len() + 1)) {
                Some(single) => Self::Single(*single),
                None => Self::Healthy,
            },
            (Self::Mixed, 2) => Self::Tabs,
            (Self::Mixed, _) => Self::Wild,
            (sort, _) => sort,
        }
    }
}

/// The days with one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Single {
    /// The source can't be reached, three times for 2 to 40 minutes.
    Outage,
    /// The source takes 5 to 29 seconds, all day.
    SlowBackend,
    /// The source takes 31 to 95 seconds, all day: longer than `sourceTimeoutMs`.
    TooSlowBackend,
    /// 429 and 503, with and without `Retry-After`, three times for 2 to 30 minutes.
    ThrottledBackend,
    /// Hidden for hours, timers once a minute or once in six.
    ThrottledTimers,
    /// The machine sleeps twice for hours.
    Sleep,
    /// The tab is frozen four times for up to two hours.
    FrozenTab,
    /// The wall clock is set forward or back four times by up to two hours.
    ClockJumps,
    /// Tokens live for 1 to 9 minutes.
    ShortTokens,
    /// The source gives the same token again, three times for 5 to 40 minutes.
    SameToken,
    /// The frame does not answer, twenty times for 1 to 20 minutes.
    SilentFrames,
}

/// All of them.
pub const SINGLES: [Single; 11] = [
    Single::Outage,
    Single::SlowBackend,
    Single::TooSlowBackend,
    Single::ThrottledBackend,
    Single::ThrottledTimers,
    Single::Sleep,
    Single::FrozenTab,
    Single::ClockJumps,
    Single::ShortTokens,
    Single::SameToken,
    Single::SilentFrames,
];

/// The plan of the day that `seed` stands for.
#[must_use]
pub fn draw(sort: Sort, seed: u64) -> Plan {
    let mut draws = Draws(Rng::with_seed(seed ^ 0x005e_ed0f_da75));
    let mut faults = match sort.of(seed) {
        Sort::Healthy | Sort::Mixed => Vec::new(),
        Sort::Usual => draws.usual(),
        Sort::Wild => draws.wild(),
        Sort::Tabs => draws.tabs(),
        Sort::Single(single) => draws.single(single),
    };
    faults.sort_by_key(|fault| fault.from);
    Plan { seed, faults }
}

struct Draws(Rng);

impl Draws {
    fn one_in(&mut self, n: u32) -> bool {
        self.0.u32(0..n) == 0
    }

    fn span(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    /// Small values as often as great ones.
    fn wide(&mut self, least: i64, most: i64) -> i64 {
        let ratio = (most as f64 / least as f64).powf(self.0.f64());
        (least as f64 * ratio) as i64
    }

    fn signed(&mut self, most: i64) -> i64 {
        let size = self.wide(6 * SECOND, most);
        if self.0.bool() { size } else { -size }
    }

    /// `what`, somewhere in the day, for `least` to `most` ms.
    fn during(&mut self, what: What, least: i64, most: i64) -> Fault {
        let long = self.wide(least, most);
        let from = self.span(1, DAY - long.min(DAY - 1));
        Fault {
            from,
            to: (from + long).min(DAY),
            what,
            tab: None,
        }
    }

    fn moment(&mut self, what: What) -> Fault {
        let from = self.span(1, DAY - 1);
        Fault {
            from,
            to: from,
            what,
            tab: None,
        }
    }

    fn retry_after(&mut self) -> RetryAfter {
        match self.0.u32(0..6) {
            0 | 1 => RetryAfter::None,
            2 | 3 => RetryAfter::Seconds(self.wide(1, 7_200) as u32),
            4 => RetryAfter::Date(self.wide(1, 7_200) as u32),
            _ => RetryAfter::Rubbish,
        }
    }

    fn throttled(&mut self) -> What {
        let status = if self.0.bool() { 429 } else { 503 };
        let after = match self.0.bool() {
            true => RetryAfter::None,
            false => RetryAfter::Seconds(self.wide(5, 600) as u32),
        };
        What::Status(status, after)
    }

    fn asleep(&mut self) -> What {
        let net = if self.0.bool() {
            0
        } else {
            self.wide(500, 30 * SECOND)
        };
        let told = self.0.u8(0..16);
        What::Asleep { net, told }
    }

    fn usual(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.one_in(2) {
            faults.push(Fault::all_day(What::EmbedTokens));
        }
        if self.one_in(4) {
            faults.push(Fault::all_day(What::ClockRunsInSleep));
        }
        if self.one_in(4) {
            let skew = self.span(-4 * MINUTE, 4 * MINUTE);
            faults.push(Fault::all_day(What::Skewed(skew)));
        }
        for _ in 0..self.0.u32(1..4) {
            let hidden = What::Hidden(if self.one_in(4) { 6 * MINUTE } else { MINUTE });
            faults.push(self.during(hidden, 5 * MINUTE, 3 * HOUR));
        }
        let asleep = self.asleep();
        faults.push(self.during(asleep, 10 * MINUTE, 9 * HOUR));
        for _ in 0..self.0.u32(0..3) {
            faults.push(self.during(What::Outage, 20 * SECOND, 15 * MINUTE));
        }
        if self.one_in(2) {
            let slow = What::Slow(self.span(3 * SECOND, 20 * SECOND));
            faults.push(self.during(slow, 10 * MINUTE, 4 * HOUR));
        }
        if self.one_in(2) {
            faults.push(self.during(What::Status(500, RetryAfter::None), 20 * SECOND, 10 * MINUTE));
        }
        if self.one_in(3) {
            let throttled = self.throttled();
            faults.push(self.during(throttled, MINUTE, 10 * MINUTE));
        }
        if self.one_in(3) {
            faults.push(self.during(What::FrameSilent(0), 5 * SECOND, 3 * MINUTE));
        }
        faults
    }

    fn single(&mut self, single: Single) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.0.bool() {
            faults.push(Fault::all_day(What::EmbedTokens));
        }
        let times = |draws: &mut Self, n: u32, mut each: Box<dyn FnMut(&mut Self) -> Fault>| {
            (0..n).map(|_| each(draws)).collect::<Vec<_>>()
        };
        faults.extend(match single {
            Single::Outage => times(
                self,
                3,
                Box::new(|d| d.during(What::Outage, 2 * MINUTE, 40 * MINUTE)),
            ),
            Single::SlowBackend => {
                let slow = self.wide(5 * SECOND, 29 * SECOND);
                vec![Fault::all_day(What::Slow(slow))]
            }
            Single::TooSlowBackend => {
                let slow = self.wide(31 * SECOND, 95 * SECOND);
                vec![Fault::all_day(What::Slow(slow))]
            }
            Single::ThrottledBackend => times(
                self,
                3,
                Box::new(|d| {
                    let what = d.throttled();
                    d.during(what, 2 * MINUTE, 30 * MINUTE)
                }),
            ),
            Single::ThrottledTimers => times(
                self,
                3,
                Box::new(|d| {
                    let period = if d.0.bool() { MINUTE } else { 6 * MINUTE };
                    d.during(What::Hidden(period), HOUR, 6 * HOUR)
                }),
            ),
            Single::Sleep => times(
                self,
                2,
                Box::new(|d| {
                    let what = d.asleep();
                    d.during(what, HOUR, 8 * HOUR)
                }),
            ),
            Single::FrozenTab => times(
                self,
                4,
                Box::new(|d| d.during(What::Frozen, 5 * MINUTE, 2 * HOUR)),
            ),
            Single::ClockJumps => times(
                self,
                4,
                Box::new(|d| {
                    let by = d.signed(2 * HOUR);
                    d.moment(What::ClockSet(by))
                }),
            ),
            Single::ShortTokens => {
                let life = self.span(MINUTE, 9 * MINUTE);
                vec![Fault::all_day(What::Life(life))]
            }
            Single::SameToken => times(
                self,
                3,
                Box::new(|d| d.during(What::Same, 5 * MINUTE, 40 * MINUTE)),
            ),
            Single::SilentFrames => times(
                self,
                20,
                Box::new(|d| d.during(What::FrameSilent(0), MINUTE, 20 * MINUTE)),
            ),
        });
        faults
    }

    fn wild(&mut self) -> Vec<Fault> {
        let mut faults = self.settings();
        let extra = self.0.u32(0..4);
        for place in 1..=extra {
            for _ in 0..self.0.u32(1..3) {
                let holds = [Holds::Fresh, Holds::Expired, Holds::Nothing][self.0.usize(0..3)];
                faults.push(self.during(What::Embed(place, holds), 10 * SECOND, DAY / 2));
            }
        }
        for _ in 0..self.0.u32(0..16) {
            let fault = match self.0.u32(0..3) {
                0 => self.source(),
                1 => self.page(),
                _ => self.frame(extra + 1),
            };
            faults.push(fault);
        }
        faults
    }

    fn tabs(&mut self) -> Vec<Fault> {
        let tabs = self.0.u8(2..5);
        let mut faults = vec![Fault::all_day(What::Tabs(tabs))];
        let settings = [
            (2, What::EmbedTokens),
            (2, What::HidesDate),
            (2, What::ClockRunsInSleep),
            (3, What::Provider),
        ];
        for (n, what) in settings {
            if self.one_in(n) {
                faults.push(Fault::all_day(what));
            }
        }
        if self.one_in(3) {
            let life = self.wide(MINUTE, 3 * HOUR);
            faults.push(Fault::all_day(What::Life(life)));
        }
        if self.one_in(4) {
            let skew = self.signed(HOUR);
            faults.push(Fault::all_day(What::Skewed(skew)));
        }
        for _ in 0..self.0.u32(0..4) {
            faults.push(self.source());
        }
        if self.one_in(2) {
            let what = self.asleep();
            faults.push(self.during(what, MINUTE, 8 * HOUR));
        }
        if self.one_in(4) {
            let by = self.signed(2 * HOUR);
            faults.push(self.moment(What::ClockSet(by)));
        }
        for (n, what) in [(3, What::NoLock), (3, What::NoChannel)] {
            if self.one_in(n) {
                faults.push(self.during(what, MINUTE, DAY));
            }
        }
        for tab in 0..tabs {
            for _ in 0..self.0.u32(0..4) {
                faults.push(self.tab(tab > 0).of_tab(tab));
            }
        }
        faults
    }

    /// What befalls one tab; all but the first may be opened late.
    fn tab(&mut self, late: bool) -> Fault {
        match self.0.u32(0..12) {
            0..=2 => {
                let what = What::Hidden([0, MINUTE, MINUTE, 6 * MINUTE][self.0.usize(0..4)]);
                self.during(what, MINUTE, 12 * HOUR)
            }
            3 => self.during(What::Frozen, 5 * SECOND, 5 * HOUR),
            4 => self.during(What::Cached, SECOND, 2 * HOUR),
            5 => self.moment(What::Closed),
            6 | 7 => {
                let what = What::DiesOnTurn {
                    closed: self.0.bool(),
                };
                self.during(what, MINUTE, 6 * HOUR)
            }
            8 if late => self.moment(What::Opened),
            9 => self.during(What::Malformed, 5 * SECOND, 10 * MINUTE),
            10 => self.moment(What::Refresh),
            _ => self.frame(1),
        }
    }

    fn settings(&mut self) -> Vec<Fault> {
        let mut all = Vec::new();
        if self.0.bool() {
            let life = match self.0.u32(0..8) {
                0 => self.span(20 * SECOND, 59 * SECOND),
                1 | 2 => self.span(MINUTE, 10 * MINUTE),
                3 => self.span(HOUR, 28 * HOUR),
                _ => self.wide(MINUTE, 28 * HOUR),
            };
            all.push(What::Life(life));
        }
        let settings = [
            (2, What::EmbedTokens),
            (30, What::Undated),
            (2, What::HidesDate),
            (2, What::ClockRunsInSleep),
            (2, What::Provider),
            (6, What::PausesHidden),
        ];
        all.extend(
            settings
                .into_iter()
                .filter(|(n, _)| self.one_in(*n))
                .map(|(_, what)| what),
        );
        if self.one_in(3) {
            all.push(What::Skewed(self.signed(13 * HOUR)));
        }
        if self.one_in(3) {
            all.push(What::EarlyTimers(self.span(1, 20)));
        }
        if self.one_in(3) {
            all.push(What::LateTimers(self.wide(1, 8 * SECOND)));
        }
        if self.one_in(30) {
            all.push(What::Crowd(self.0.u32(8..40)));
        }
        if self.one_in(5) {
            all.push(What::Options(
                self.wide(SECOND, 120 * SECOND),
                self.wide(SECOND, 4 * HOUR),
                self.wide(2 * SECOND, 120 * SECOND),
                self.wide(2 * SECOND, 60 * SECOND),
            ));
        }
        all.into_iter().map(Fault::all_day).collect()
    }

    fn source(&mut self) -> Fault {
        let what = match self.0.u32(0..12) {
            0 | 1 => What::Outage,
            2 => What::Slow(self.wide(SECOND, 100 * SECOND)),
            3 => What::Hangs,
            4 => What::Status([500, 502, 404, 400, 302][self.0.usize(0..5)], self.retry_after()),
            5 => What::Status([401, 403][self.0.usize(0..2)], self.retry_after()),
            6 => What::Status([429, 503][self.0.usize(0..2)], self.retry_after()),
            7 => What::Throws,
            8 => What::Same,
            9 => [What::Shrinking, What::Stale][self.0.usize(0..2)],
            10 => [What::WrongKind, What::OtherUser][self.0.usize(0..2)],
            _ => What::Rubbish(self.0.u8(..)),
        };
        self.during(what, 5 * SECOND, 6 * HOUR)
    }

    fn page(&mut self) -> Fault {
        match self.0.u32(0..8) {
            0 | 1 => {
                let what = What::Hidden([0, MINUTE, MINUTE, 6 * MINUTE][self.0.usize(0..4)]);
                self.during(what, SECOND, 8 * HOUR)
            }
            2 => self.during(What::Frozen, 5 * SECOND, 5 * HOUR),
            3 => {
                let what = self.asleep();
                self.during(what, 2 * SECOND, 10 * HOUR)
            }
            4 => self.during(What::Cached, SECOND, 2 * HOUR),
            5 => {
                let sorts = [
                    VISIBLE,
                    FOCUS,
                    ONLINE,
                    RESUME,
                    PAGE_SHOW,
                    VISIBLE | FOCUS | ONLINE,
                ];
                let what = What::Storm(sorts[self.0.usize(0..sorts.len())]);
                self.during(what, SECOND, 20 * SECOND)
            }
            6 => {
                let by = self.signed(5 * HOUR);
                self.moment(What::ClockSet(by))
            }
            _ => {
                let what = [What::Refresh, What::Obtain, What::Refresh, What::Stop][self.0.usize(0..4)];
                self.moment(what)
            }
        }
    }

    fn frame(&mut self, frames: u32) -> Fault {
        let which = self.0.u32(0..frames);
        let slow = self.wide(SECOND, 3 * MINUTE);
        match self.0.u32(0..8) {
            0 => self.during(What::FrameSlow(which, slow), MINUTE, 8 * HOUR),
            1 => self.during(What::FrameSilent(which), SECOND, 3 * HOUR),
            2 => self.during(What::FrameRefuses(which), SECOND, 3 * HOUR),
            3 => self.during(What::FrameDeaf(which), SECOND, HOUR),
            4 => self.during(What::FrameGone(which), MINUTE, 4 * HOUR),
            5 | 6 => self.moment(What::FrameReplaced(which)),
            7 if self.one_in(3) => self.moment(What::FrameReset(which)),
            _ => self.moment(What::FalseShout(which)),
        }
    }
}
