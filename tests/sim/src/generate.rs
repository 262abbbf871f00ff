//! Generates a day from a seed: its faults, their times and their severity.
//!
//! Kinds and sizes are those seen in the field: timers throttled to one a minute (Chrome, Edge) or one in six (Safari),
//! lifetimes from a minute on, clocks that are off by minutes, frames that never settle a call.

use crate::plan::{
    Expiration, FOCUS, Fault, FaultKind, InitialToken, ONLINE, PAGE_SHOW, Plan, RESUME, RetryAfter, VISIBLE,
};
use crate::{DAY, HOUR, MINUTE, SECOND};
use fastrand::Rng;

/// The kinds of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Nothing goes wrong.
    Healthy,
    /// The faults of a usual week: short outages, a hidden tab, sleep, a clock that is off.
    Usual,
    /// Everything there is, in any combination.
    Wild,
    /// One fault alone, a few times.
    SingleFault(SingleFault),
    /// Two to four tabs with one `shareKey`, and the faults of tabs.
    Tabs,
    /// A wild day of a page that embeds other reports, sets tokens by hand and changes roles.
    OwnTokens,
    /// All of these in turn, mostly wild ones.
    Mixed,
}

impl DayKind {
    /// The kind of the day with this seed.
    #[must_use]
    pub fn of(self, seed: u64) -> Self {
        match (self, seed % 8) {
            (Self::Mixed, 0) => Self::Usual,
            (Self::Mixed, 1) => match SINGLE_FAULTS.get((seed / 8) as usize % (SINGLE_FAULTS.len() + 1)) {
                Some(single) => Self::SingleFault(*single),
                None => Self::Healthy,
            },
            (Self::Mixed, 2) => Self::Tabs,
            (Self::Mixed, 3) => Self::OwnTokens,
            (Self::Mixed, _) => Self::Wild,
            (kind, _) => kind,
        }
    }
}

/// The days with one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingleFault {
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
    /// The source takes longer by the hour, from half a second to 1 to 3 minutes.
    SlowingBackend,
    /// Another report with a token of its own in the same container, four times.
    NewReport,
    /// A second report with a token of its own, twice for hours.
    TwoReports,
    /// The user's role changes three times: the page sets a token by hand, or calls `refresh()`.
    RoleChange,
}

/// Every single fault.
pub const SINGLE_FAULTS: [SingleFault; 15] = [
    SingleFault::Outage,
    SingleFault::SlowBackend,
    SingleFault::TooSlowBackend,
    SingleFault::ThrottledBackend,
    SingleFault::ThrottledTimers,
    SingleFault::Sleep,
    SingleFault::FrozenTab,
    SingleFault::ClockJumps,
    SingleFault::ShortTokens,
    SingleFault::SameToken,
    SingleFault::SilentFrames,
    SingleFault::SlowingBackend,
    SingleFault::NewReport,
    SingleFault::TwoReports,
    SingleFault::RoleChange,
];

/// Generates the plan of a day.
#[must_use]
pub fn generate(kind: DayKind, seed: u64) -> Plan {
    let mut rng = Generator(Rng::with_seed(seed ^ 0x005e_ed0f_da75));
    let mut faults = match kind.of(seed) {
        DayKind::Healthy | DayKind::Mixed => Vec::new(),
        DayKind::Usual => rng.usual(),
        DayKind::Wild => rng.wild(),
        DayKind::Tabs => rng.tabs(),
        DayKind::OwnTokens => rng.own_tokens(),
        DayKind::SingleFault(single) => rng.single(single),
    };
    faults.sort_by_key(|fault| fault.from);
    Plan { seed, faults }
}

/// The place of the first second report of a page; the places before it have embeds of the first report.
const FIRST_SECOND_REPORT: u32 = 4;

struct Generator(Rng);

impl Generator {
    fn one_in(&mut self, n: u32) -> bool {
        self.0.u32(0..n) == 0
    }

    fn span(&mut self, min: i64, max: i64) -> i64 {
        self.0.i64(min..=max)
    }

    /// A value between `min` and `max`, each order of magnitude as likely as another.
    fn wide(&mut self, min: i64, max: i64) -> i64 {
        let ratio = (max as f64 / min as f64).powf(self.0.f64());
        (min as f64 * ratio) as i64
    }

    fn signed(&mut self, max: i64) -> i64 {
        let size = self.wide(6 * SECOND, max);
        if self.0.bool() { size } else { -size }
    }

    /// A fault at a random time of the day, for `min` to `max` ms.
    fn during(&mut self, kind: FaultKind, min: i64, max: i64) -> Fault {
        let long = self.wide(min, max);
        let from = self.span(1, DAY - long.min(DAY - 1));
        Fault {
            from,
            to: (from + long).min(DAY),
            kind,
            tab: None,
        }
    }

    fn moment(&mut self, kind: FaultKind) -> Fault {
        let from = self.span(1, DAY - 1);
        Fault {
            from,
            to: from,
            kind,
            tab: None,
        }
    }

    fn retry_after(&mut self) -> RetryAfter {
        match self.0.u32(0..6) {
            0 | 1 => RetryAfter::None,
            2 | 3 => RetryAfter::Seconds(self.wide(1, 7_200) as u32),
            4 => RetryAfter::Date(self.wide(1, 7_200) as u32),
            _ => RetryAfter::Invalid,
        }
    }

    fn throttled(&mut self) -> FaultKind {
        let status = if self.0.bool() { 429 } else { 503 };
        let after = match self.0.bool() {
            true => RetryAfter::None,
            false => RetryAfter::Seconds(self.wide(5, 600) as u32),
        };
        FaultKind::Status(status, after)
    }

    fn expiration(&mut self) -> Expiration {
        [Expiration::Sooner, Expiration::Together, Expiration::Later][self.0.usize(0..3)]
    }

    fn asleep(&mut self) -> FaultKind {
        let net = if self.0.bool() {
            0
        } else {
            self.wide(500, 30 * SECOND)
        };
        let triggers = self.0.u8(0..16);
        FaultKind::Sleep { net, triggers }
    }

    fn usual(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.one_in(2) {
            faults.push(Fault::all_day(FaultKind::EmbedTokens));
        }
        if self.one_in(4) {
            faults.push(Fault::all_day(FaultKind::ClockRunsInSleep));
        }
        if self.one_in(4) {
            let skew = self.span(-4 * MINUTE, 4 * MINUTE);
            faults.push(Fault::all_day(FaultKind::ClockSkew(skew)));
        }
        for _ in 0..self.0.u32(1..4) {
            let hidden = FaultKind::Hidden(if self.one_in(4) { 6 * MINUTE } else { MINUTE });
            faults.push(self.during(hidden, 5 * MINUTE, 3 * HOUR));
        }
        let asleep = self.asleep();
        faults.push(self.during(asleep, 10 * MINUTE, 9 * HOUR));
        for _ in 0..self.0.u32(0..3) {
            faults.push(self.during(FaultKind::Outage, 20 * SECOND, 15 * MINUTE));
        }
        if self.one_in(2) {
            let slow = FaultKind::SlowSource(self.span(3 * SECOND, 20 * SECOND));
            faults.push(self.during(slow, 10 * MINUTE, 4 * HOUR));
        }
        if self.one_in(2) {
            faults.push(self.during(FaultKind::Status(500, RetryAfter::None), 20 * SECOND, 10 * MINUTE));
        }
        if self.one_in(3) {
            let throttled = self.throttled();
            faults.push(self.during(throttled, MINUTE, 10 * MINUTE));
        }
        if self.one_in(3) {
            faults.push(self.during(FaultKind::FrameSilent(0), 5 * SECOND, 3 * MINUTE));
        }
        faults
    }

    fn single(&mut self, single: SingleFault) -> Vec<Fault> {
        let mut faults = Vec::new();
        let for_embed_tokens = matches!(
            single,
            SingleFault::NewReport | SingleFault::TwoReports | SingleFault::RoleChange
        );
        if self.0.bool() || for_embed_tokens {
            faults.push(Fault::all_day(FaultKind::EmbedTokens));
        }
        let times = |rng: &mut Self, n: u32, mut each: Box<dyn FnMut(&mut Self) -> Fault>| {
            (0..n).map(|_| each(rng)).collect::<Vec<_>>()
        };
        faults.extend(match single {
            SingleFault::Outage => times(
                self,
                3,
                Box::new(|d| d.during(FaultKind::Outage, 2 * MINUTE, 40 * MINUTE)),
            ),
            SingleFault::SlowBackend => {
                let slow = self.wide(5 * SECOND, 29 * SECOND);
                vec![Fault::all_day(FaultKind::SlowSource(slow))]
            }
            SingleFault::TooSlowBackend => {
                let slow = self.wide(31 * SECOND, 95 * SECOND);
                vec![Fault::all_day(FaultKind::SlowSource(slow))]
            }
            SingleFault::ThrottledBackend => times(
                self,
                3,
                Box::new(|d| {
                    let kind = d.throttled();
                    d.during(kind, 2 * MINUTE, 30 * MINUTE)
                }),
            ),
            SingleFault::ThrottledTimers => times(
                self,
                3,
                Box::new(|d| {
                    let period = if d.0.bool() { MINUTE } else { 6 * MINUTE };
                    d.during(FaultKind::Hidden(period), HOUR, 6 * HOUR)
                }),
            ),
            SingleFault::Sleep => times(
                self,
                2,
                Box::new(|d| {
                    let kind = d.asleep();
                    d.during(kind, HOUR, 8 * HOUR)
                }),
            ),
            SingleFault::FrozenTab => times(
                self,
                4,
                Box::new(|d| d.during(FaultKind::Frozen, 5 * MINUTE, 2 * HOUR)),
            ),
            SingleFault::ClockJumps => times(
                self,
                4,
                Box::new(|d| {
                    let by = d.signed(2 * HOUR);
                    d.moment(FaultKind::ClockSet(by))
                }),
            ),
            SingleFault::ShortTokens => {
                let lifetime = self.span(MINUTE, 9 * MINUTE);
                vec![Fault::all_day(FaultKind::TokenLifetime(lifetime))]
            }
            SingleFault::SameToken => times(
                self,
                3,
                Box::new(|d| d.during(FaultKind::SameToken, 5 * MINUTE, 40 * MINUTE)),
            ),
            SingleFault::SilentFrames => times(
                self,
                20,
                Box::new(|d| d.during(FaultKind::FrameSilent(0), MINUTE, 20 * MINUTE)),
            ),
            SingleFault::SlowingBackend => {
                let (first, last) = (SECOND / 2, self.wide(MINUTE, 3 * MINUTE));
                let ratio = (last as f64 / first as f64).powf(1.0 / 23.0);
                let hour = |hour: i32| Fault {
                    from: i64::from(hour) * HOUR,
                    to: i64::from(hour + 1) * HOUR,
                    kind: FaultKind::SlowSource((first as f64 * ratio.powi(hour)) as i64),
                    tab: None,
                };
                (0..24).map(hour).collect()
            }
            SingleFault::NewReport => times(
                self,
                4,
                Box::new(|d| {
                    let kind = FaultKind::NewReport(0, d.expiration());
                    d.moment(kind)
                }),
            ),
            SingleFault::TwoReports => times(
                self,
                2,
                Box::new(|d| {
                    let kind = FaultKind::SecondReport(1, d.expiration());
                    d.during(kind, 2 * HOUR, 16 * HOUR)
                }),
            ),
            SingleFault::RoleChange => times(
                self,
                3,
                Box::new(|d| {
                    let expiration = d.expiration();
                    let kind = if d.0.bool() {
                        FaultKind::TokenSetByHand(expiration)
                    } else {
                        FaultKind::RoleChange(expiration)
                    };
                    d.moment(kind)
                }),
            ),
        });
        faults
    }

    fn wild(&mut self) -> Vec<Fault> {
        let mut faults = self.settings();
        let extra = self.0.u32(0..4);
        for place in 1..=extra {
            for _ in 0..self.0.u32(1..3) {
                let holds =
                    [InitialToken::Fresh, InitialToken::Expired, InitialToken::Missing][self.0.usize(0..3)];
                faults.push(self.during(FaultKind::Embed(place, holds), 10 * SECOND, DAY / 2));
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

    fn own_tokens(&mut self) -> Vec<Fault> {
        let mut faults = self.wild();
        for _ in 0..self.0.u32(1..8) {
            let expiration = self.expiration();
            let second = FIRST_SECOND_REPORT + self.0.u32(0..2);
            let fault = match self.0.u32(0..4) {
                0 => self.moment(FaultKind::NewReport(0, expiration)),
                1 => self.during(FaultKind::SecondReport(second, expiration), MINUTE, DAY / 2),
                2 => self.moment(FaultKind::TokenSetByHand(expiration)),
                _ => self.moment(FaultKind::RoleChange(expiration)),
            };
            faults.push(fault);
        }
        faults
    }

    fn tabs(&mut self) -> Vec<Fault> {
        let tabs = self.0.u8(2..5);
        let mut faults = vec![Fault::all_day(FaultKind::Tabs(tabs))];
        let settings = [
            (2, FaultKind::EmbedTokens),
            (2, FaultKind::NoDateHeader),
            (2, FaultKind::ClockRunsInSleep),
            (3, FaultKind::Provider),
        ];
        for (n, kind) in settings {
            if self.one_in(n) {
                faults.push(Fault::all_day(kind));
            }
        }
        if self.one_in(3) {
            let lifetime = self.wide(MINUTE, 3 * HOUR);
            faults.push(Fault::all_day(FaultKind::TokenLifetime(lifetime)));
        }
        if self.one_in(4) {
            let skew = self.signed(HOUR);
            faults.push(Fault::all_day(FaultKind::ClockSkew(skew)));
        }
        for _ in 0..self.0.u32(0..4) {
            faults.push(self.source());
        }
        if self.one_in(2) {
            let kind = self.asleep();
            faults.push(self.during(kind, MINUTE, 8 * HOUR));
        }
        if self.one_in(4) {
            let by = self.signed(2 * HOUR);
            faults.push(self.moment(FaultKind::ClockSet(by)));
        }
        for (n, kind) in [(3, FaultKind::NoLock), (3, FaultKind::NoChannel)] {
            if self.one_in(n) {
                faults.push(self.during(kind, MINUTE, DAY));
            }
        }
        for tab in 0..tabs {
            for _ in 0..self.0.u32(0..4) {
                faults.push(self.tab(tab > 0).of_tab(tab));
            }
        }
        faults
    }

    /// A fault of one tab. All but the first tab may be opened late.
    fn tab(&mut self, late: bool) -> Fault {
        match self.0.u32(0..12) {
            0..=2 => {
                let kind = FaultKind::Hidden([0, MINUTE, MINUTE, 6 * MINUTE][self.0.usize(0..4)]);
                self.during(kind, MINUTE, 12 * HOUR)
            }
            3 => self.during(FaultKind::Frozen, 5 * SECOND, 5 * HOUR),
            4 => self.during(FaultKind::BackForwardCache, SECOND, 2 * HOUR),
            5 => self.moment(FaultKind::TabCloses),
            6 | 7 => {
                let kind = FaultKind::TabStopsWithLock {
                    closed: self.0.bool(),
                };
                self.during(kind, MINUTE, 6 * HOUR)
            }
            8 if late => self.moment(FaultKind::TabOpens),
            9 => self.during(FaultKind::MalformedMessages, 5 * SECOND, 10 * MINUTE),
            10 => self.moment(FaultKind::Refresh),
            _ => self.frame(1),
        }
    }

    fn settings(&mut self) -> Vec<Fault> {
        let mut all = Vec::new();
        if self.0.bool() {
            let lifetime = match self.0.u32(0..8) {
                0 => self.span(20 * SECOND, 59 * SECOND),
                1 | 2 => self.span(MINUTE, 10 * MINUTE),
                3 => self.span(HOUR, 28 * HOUR),
                _ => self.wide(MINUTE, 28 * HOUR),
            };
            all.push(FaultKind::TokenLifetime(lifetime));
        }
        let settings = [
            (2, FaultKind::EmbedTokens),
            (30, FaultKind::NoExpiration),
            (2, FaultKind::NoDateHeader),
            (2, FaultKind::ClockRunsInSleep),
            (2, FaultKind::Provider),
            (6, FaultKind::PauseWhileHidden),
        ];
        all.extend(
            settings
                .into_iter()
                .filter(|(n, _)| self.one_in(*n))
                .map(|(_, kind)| kind),
        );
        if self.one_in(3) {
            all.push(FaultKind::ClockSkew(self.signed(13 * HOUR)));
        }
        if self.one_in(3) {
            all.push(FaultKind::EarlyTimers(self.span(1, 20)));
        }
        if self.one_in(3) {
            all.push(FaultKind::LateTimers(self.wide(1, 8 * SECOND)));
        }
        if self.one_in(30) {
            all.push(FaultKind::ExtraEmbeds(self.0.u32(8..40)));
        }
        if self.one_in(5) {
            all.push(FaultKind::Options(
                self.wide(SECOND, 120 * SECOND),
                self.wide(SECOND, 4 * HOUR),
                self.wide(2 * SECOND, 120 * SECOND),
                self.wide(2 * SECOND, 60 * SECOND),
            ));
        }
        all.into_iter().map(Fault::all_day).collect()
    }

    fn source(&mut self) -> Fault {
        let kind = match self.0.u32(0..12) {
            0 | 1 => FaultKind::Outage,
            2 => FaultKind::SlowSource(self.wide(SECOND, 100 * SECOND)),
            3 => FaultKind::NoResponse,
            4 => FaultKind::Status([500, 502, 404, 400, 302][self.0.usize(0..5)], self.retry_after()),
            5 => FaultKind::Status([401, 403][self.0.usize(0..2)], self.retry_after()),
            6 => FaultKind::Status([429, 503][self.0.usize(0..2)], self.retry_after()),
            7 => FaultKind::SourceThrows,
            8 => FaultKind::SameToken,
            9 => [FaultKind::ShorterTokens, FaultKind::ExpiredToken][self.0.usize(0..2)],
            10 => [FaultKind::WrongKind, FaultKind::OtherUser][self.0.usize(0..2)],
            _ => FaultKind::InvalidBody(self.0.u8(..)),
        };
        self.during(kind, 5 * SECOND, 6 * HOUR)
    }

    fn page(&mut self) -> Fault {
        match self.0.u32(0..8) {
            0 | 1 => {
                let kind = FaultKind::Hidden([0, MINUTE, MINUTE, 6 * MINUTE][self.0.usize(0..4)]);
                self.during(kind, SECOND, 8 * HOUR)
            }
            2 => self.during(FaultKind::Frozen, 5 * SECOND, 5 * HOUR),
            3 => {
                let kind = self.asleep();
                self.during(kind, 2 * SECOND, 10 * HOUR)
            }
            4 => self.during(FaultKind::BackForwardCache, SECOND, 2 * HOUR),
            5 => {
                let sorts = [
                    VISIBLE,
                    FOCUS,
                    ONLINE,
                    RESUME,
                    PAGE_SHOW,
                    VISIBLE | FOCUS | ONLINE,
                ];
                let kind = FaultKind::TriggerStorm(sorts[self.0.usize(0..sorts.len())]);
                self.during(kind, SECOND, 20 * SECOND)
            }
            6 => {
                let by = self.signed(5 * HOUR);
                self.moment(FaultKind::ClockSet(by))
            }
            _ => {
                let kind = [
                    FaultKind::Refresh,
                    FaultKind::GetToken,
                    FaultKind::Refresh,
                    FaultKind::Stop,
                ][self.0.usize(0..4)];
                self.moment(kind)
            }
        }
    }

    fn frame(&mut self, frames: u32) -> Fault {
        let which = self.0.u32(0..frames);
        let slow = self.wide(SECOND, 3 * MINUTE);
        match self.0.u32(0..8) {
            0 => self.during(FaultKind::FrameSlow(which, slow), MINUTE, 8 * HOUR),
            1 => self.during(FaultKind::FrameSilent(which), SECOND, 3 * HOUR),
            2 => self.during(FaultKind::FrameRefuses(which), SECOND, 3 * HOUR),
            3 => self.during(FaultKind::FrameNotListening(which), SECOND, HOUR),
            4 => self.during(FaultKind::FrameRemoved(which), MINUTE, 4 * HOUR),
            5 | 6 => self.moment(FaultKind::FrameReplaced(which)),
            7 if self.one_in(3) => self.moment(FaultKind::FrameReset(which)),
            _ => self.moment(FaultKind::FalseTokenExpired(which)),
        }
    }
}
