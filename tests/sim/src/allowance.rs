//! What DESIGN §2 allows a keeper to take before it asks the source: a second writing of the table's rows, as the
//! latest moment at which the next request must be under way.
//!
//! It sees what the keeper sees (answers, triggers, the page's clocks) and what the keeper does (requests), and it
//! never looks into the keeper. Where a row has a range (jitter, a coalesced trigger) the far end counts; where a row
//! lets a trigger act at once, the trigger's moment counts. A keeper's needless requests are those that it makes by
//! itself while neither the window is open nor the row retry goes on.
//!
//! | row | latest next request |
//! |---|---|
//! | window | expiration − 80 % of min(lead, lifetime / 2), and 30 s after receipt, by the server's time as far as the clock row lets it be known |
//! | budget | the next grant of a bucket of 10, one per 30 s |
//! | retry | failure + min(2 s · 2ⁿ⁻¹, 60 s), after ten 5 min, whatever had asked; for as long as something is attached |
//! | network not up yet | failure + 1, 2, 4, 8 s, within 60 s of a visible, resume, online or a clock jump |
//! | Retry-After | what it says, 1 s to 1 h; 60 s where 429 or 503 says nothing |
//! | 401, 403 | failure + 5 min, doubling to 1 h |
//! | re-check | 1 s after a trigger, but for a throttled source and a spent budget |
//! | TokenExpired | at once, once per token |
//! | tabs | 5 s more, from the moment in which the turn is asked for |
//! | clock | server's time = wall clock + skew; skew from the Date header at the middle of the request (under 5 s ignored), else never behind a fresh `iat`; a clock set back is corrected; without either, a token that looks expired is believed from the second on that is in step with the one before |

use crate::plan::RetryAfter;
use crate::{MINUTE, SECOND};

/// The options that the table names, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// `pollIntervalMs`.
    pub poll: i64,
    /// `leadMs`.
    pub lead: i64,
    /// `sourceTimeoutMs`.
    pub source_timeout: i64,
    /// `applyTimeoutMs`.
    pub apply_timeout: i64,
    /// `whileHidden: "pause"`.
    pub pauses_hidden: bool,
}

impl Default for Options {
    fn default() -> Self {
        let (poll, lead, source_timeout, apply_timeout) =
            (30 * SECOND, 10 * MINUTE, 30 * SECOND, 10 * SECOND);
        Self {
            poll,
            lead,
            source_timeout,
            apply_timeout,
            pauses_hidden: false,
        }
    }
}

/// Both of the page's clocks, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// `Date.now()`.
    pub wall: i64,
    /// `performance.now()`.
    pub mono: i64,
    /// What the server's clock shows, which no page can read: a keeper that believes it to be later is not allowed more
    /// time for it.
    pub server: i64,
}

/// How a request failed, as far as the table tells failures apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// 401, 403.
    Denied,
    /// 429 and 503, and whatever named a `Retry-After`.
    Throttled(RetryAfter),
    /// The server was not reached.
    Network,
    /// Everything else, an answer that may not be accepted included.
    Other,
}

/// A token as the table sees it: times by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it expires, as far as anybody says.
    pub expires: i64,
    earliest: i64,
    latest: i64,
    /// 30 s after receipt on the monotonic clock.
    floor: i64,
    /// 30 s after receipt by the server's clock.
    floor_server: i64,
    /// The server's clock less the monotonic one, where the token alone says what time it is.
    alone: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Resting,
    /// Waits for its turn among the tabs, until then at the latest.
    Claiming(i64),
    /// Until its time limit, on the monotonic clock.
    Asking(i64),
    /// Until then on the monotonic clock; whether a trigger of a page that is seen, and of the network, ends it.
    Pausing {
        until: i64,
        seen: bool,
        network: bool,
    },
    /// Resting, or pausing until then: which of them can't be seen from outside.
    Waiting(i64),
}

/// The latest moment at which the next request must be under way, kept up from outside.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    options: Options,
    phase: Phase,
    failures: u32,
    denials: u32,
    unreached: u32,
    /// The budget by GCRA: when the bucket would be full again, were nothing asked.
    full: i64,
    skew: i64,
    last: Look,
    asked: Look,
    woke: i64,
    /// What a throttled source asked for, whoever comes and goes meanwhile.
    not_before: i64,
    window: Option<Window>,
    /// The last request failed, and the row retry goes on.
    owed: bool,
    /// The server's time, moved on by whichever clock is further, so that it never goes back.
    furthest: i64,
    /// The newest token was refused by a frame that holds it.
    refused: bool,
    /// The page's clock has called the newest token expired; nothing revives it (I10).
    dead: bool,
}

/// Microsoft's longest life of an embed token.
const LONGEST_LIFE: i64 = 60 * MINUTE;
/// The five seconds for which a turn is waited for.
const TURN: i64 = 5 * SECOND;
const GRANT: i64 = 30 * SECOND;
const BURST: i64 = 10;

impl Allowance {
    /// At the first look at the clocks.
    #[must_use]
    pub const fn new(options: Options, look: Look) -> Self {
        Self {
            options,
            phase: Phase::Resting,
            failures: 0,
            denials: 0,
            unreached: 0,
            full: 0,
            skew: 0,
            last: look,
            asked: look,
            woke: i64::MIN / 2,
            not_before: i64::MIN,
            window: None,
            owed: false,
            furthest: look.wall,
            refused: false,
            dead: false,
        }
    }

    /// The clock row: a wall clock set back by more than 5 s is corrected for, one that is ahead is believed. True when
    /// it has jumped.
    pub fn look(&mut self, look: Look) -> bool {
        let drift = (look.wall - self.last.wall) - (look.mono - self.last.mono);
        if drift < -5 * SECOND {
            self.skew -= drift;
        } else if drift > 5 * SECOND {
            self.wakes(look.mono);
        }
        let passed = (look.wall - self.last.wall).max(look.mono - self.last.mono);
        self.last = look;
        self.furthest = (self.furthest + passed).max(self.believed());
        self.dead |= self.window.is_some_and(|window| window.expires <= self.furthest);
        drift.abs() > 5 * SECOND
    }

    /// The network may not be up yet, and the row for that begins.
    fn wakes(&mut self, mono: i64) {
        self.woke = mono;
        self.unreached = 0;
    }

    /// What a keeper can make of its own clock.
    #[must_use]
    pub const fn server(&self) -> i64 {
        self.last.wall + self.skew
    }

    /// What a keeper can believe the server's clock to show, with the word of a token whose clock is known better.
    #[must_use]
    pub fn believed(&self) -> i64 {
        let alone = self.window.and_then(|window| window.alone);
        alone.map_or(self.server(), |ahead| self.last.mono + ahead)
    }

    /// A request was made; true when a throttled source asked for more time than it was given.
    pub fn asked(&mut self) -> bool {
        let too_soon = self.last.mono < self.not_before;
        self.asked = self.last;
        self.full = self.full.max(self.last.mono) + GRANT;
        self.phase = Phase::Asking(self.last.mono + self.options.source_timeout);
        too_soon
    }

    /// The turn among the tabs is waited for: that is the row tabs' five seconds.
    pub fn claims(&mut self) {
        self.phase = Phase::Claiming(self.last.mono + TURN);
    }

    /// Another tab got a token that must be taken.
    pub fn shared(&mut self, expires: i64, issued: Option<i64>) {
        (self.failures, self.denials, self.unreached) = (0, 0, 0);
        self.not_before = i64::MIN;
        self.dropped();
        self.holds(expires, issued);
        self.receipt();
    }

    /// What the keeper's clock must show for a token that comes from elsewhere.
    #[must_use]
    pub fn clock(&self) -> i64 {
        let alone = self.window.is_some_and(|window| window.alone.is_some());
        if alone { self.furthest } else { self.server() }
    }

    /// Whether the budget row allows the request that was just counted (I8).
    #[must_use]
    pub const fn within_budget(&self) -> bool {
        self.full - self.last.mono <= BURST * GRANT
    }

    /// The request was given up without an answer.
    pub fn dropped(&mut self) {
        self.phase = Phase::Resting;
        self.owed = false;
    }

    /// Nobody needs a token any more. What the source said holds for the next embed as well.
    pub fn let_go(&mut self) {
        match self.phase {
            Phase::Claiming(_) | Phase::Pausing { network: true, .. } => self.dropped(),
            // it may have waited for the budget, which is let go: where the pause is over, or may be by a clock that is ahead
            Phase::Pausing { until, seen, .. }
                if until <= self.last.mono || !seen && until > self.not_before =>
            {
                self.phase = Phase::Waiting(until);
            }
            Phase::Waiting(_) | Phase::Pausing { .. } | Phase::Resting | Phase::Asking(_) => {}
        }
    }

    /// The answer named the server's time.
    pub fn dated(&mut self, date: i64) {
        let took = self.last.mono - self.asked.mono;
        let jumped = (self.last.wall - self.asked.wall - took).abs() > 5 * SECOND;
        if !jumped {
            let skew = date - (self.asked.wall + took / 2);
            self.skew = if skew.abs() < 5 * SECOND { 0 } else { skew };
        }
    }

    /// A token was issued then: the server's clock is at least there.
    pub fn issued(&mut self, iat: i64) {
        let ahead = iat - self.server();
        if ahead >= 5 * SECOND {
            self.skew += ahead;
        }
    }

    /// The request failed, while something was `attached` or nothing was.
    pub fn failed(&mut self, failure: Failure, attached: bool) {
        self.failures += 1;
        self.owed = true;
        self.denials = if failure == Failure::Denied {
            self.denials + 1
        } else {
            0
        };
        let waking = failure == Failure::Network && self.last.mono - self.woke < MINUTE;
        self.unreached = if waking { self.unreached + 1 } else { 0 };
        let (wait, seen, network) = match failure {
            Failure::Denied => (doubled(5 * MINUTE, self.denials).min(60 * MINUTE), true, false),
            Failure::Throttled(after) => (self.retry_after(after), false, false),
            Failure::Network if waking && self.unreached <= 4 => {
                (doubled(SECOND, self.unreached), true, true)
            }
            Failure::Network | Failure::Other => {
                let cap = if self.failures > 10 { 5 * MINUTE } else { MINUTE };
                (doubled(2 * SECOND, self.failures).min(cap), true, true)
            }
        };
        self.phase = Phase::Pausing {
            until: self.last.mono + wait,
            seen,
            network,
        };
        if network && !attached {
            self.dropped();
        }
        // a date is read by a clock that may be wrong, so only the allowance can be told
        if matches!(failure, Failure::Throttled(after) if !matches!(after, RetryAfter::Date(_))) {
            self.not_before = self.last.mono + wait;
        }
    }

    /// The request brought a token that must be accepted.
    ///
    /// `alone` when the page's clock is known to be wrong for it: then its own words count, and an embed token, which
    /// does not say when it was made, counts as made now for an hour.
    pub fn accepted(&mut self, expires: i64, issued: Option<i64>, alone: bool) {
        (self.failures, self.denials, self.unreached) = (0, 0, 0);
        self.phase = Phase::Resting;
        self.owed = false;
        // nothing of the token before counts for this one
        self.window = None;
        self.holds(expires, issued.or(alone.then_some(expires - LONGEST_LIFE)));
        self.receipt();
        if let Some(window) = &mut self.window {
            let made = issued.unwrap_or(expires - LONGEST_LIFE);
            window.alone = alone.then_some(made - self.last.mono);
        }
        self.furthest = self.believed();
        self.dead = false;
    }

    /// The 30 seconds in which no other token is asked for begin.
    fn receipt(&mut self) {
        let server = self.server();
        if let Some(window) = &mut self.window {
            window.floor = self.last.mono + 30 * SECOND;
            window.floor_server = server + 30 * SECOND;
        }
    }

    /// The newest token is this one now, wherever it came from.
    pub fn holds(&mut self, expires: i64, issued: Option<i64>) {
        let born = issued
            .filter(|issued| *issued < expires)
            .unwrap_or(self.believed());
        let lead = self.options.lead.min((expires - born).max(0) / 2);
        self.window = Some(Window {
            expires,
            earliest: expires - lead,
            latest: expires - lead + lead / 5 + 1,
            floor: i64::MIN,
            floor_server: i64::MIN,
            alone: self.window.and_then(|window| window.alone),
        });
        // a reading that is known to be better than the page's clock goes on
        if self.window.is_none_or(|window| window.alone.is_none()) {
            self.furthest = self.believed();
        }
        self.refused = false;
        self.dead = expires <= self.furthest;
    }

    /// The token in hand, if any.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        self.window
    }

    /// Whether the source gave the newest token less than 30 s ago, by every clock there is.
    #[must_use]
    fn just_received(&self) -> bool {
        let by_both = |window: Window| window.floor > self.last.mono && window.floor_server > self.server();
        self.window.is_some_and(by_both)
    }

    /// Whether the newest token may not be handed out any more: a frame that holds it said that it has expired, or the
    /// page's clock did.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused || self.dead
    }

    /// A frame that holds the newest token said that it has expired.
    pub fn refused(&mut self) {
        self.refused = true;
    }

    /// The page was told of being seen again (`seen`), or of the network.
    pub fn triggered(&mut self, by_seen: bool, by_network: bool, wakes: bool) {
        if wakes {
            self.wakes(self.last.mono);
        }
        if let Phase::Pausing { until, seen, network } = &mut self.phase
            && (*seen && by_seen || *network && by_network)
        {
            *until = (*until).min(self.last.mono + SECOND);
        }
    }

    /// The latest moment on the monotonic clock at which the next request must be under way.
    #[must_use]
    pub fn latest(&self) -> i64 {
        let latest = match self.phase {
            // it answers within its time, or is given up
            Phase::Asking(ends) => return ends + self.after_timeout(),
            Phase::Pausing { until, .. } | Phase::Claiming(until) => until,
            Phase::Waiting(until) => until.max(self.resting()),
            Phase::Resting => self.resting(),
        };
        latest.max(self.full - (BURST - 1) * GRANT).max(self.not_before)
    }

    /// Whether nothing in the table leads to a request now: the window of a good token is shut, and no request failed.
    #[must_use]
    pub fn is_needless(&self) -> bool {
        let shut = |window: Window| self.furthest < window.earliest || self.just_received();
        !self.owed && !self.refused && self.window.is_some_and(shut)
    }

    fn resting(&self) -> i64 {
        match self.window {
            Some(window) if !self.refused => {
                let believed = self.believed().min(self.last.server);
                (self.last.mono + (window.latest - believed).max(0)).max(window.floor)
            }
            Some(_) | None => self.last.mono,
        }
    }

    /// A date is a point of the server's time, and is waited for by what the page's clock makes of that.
    fn retry_after(&self, after: RetryAfter) -> i64 {
        let wait = match after {
            RetryAfter::None | RetryAfter::Rubbish => MINUTE,
            RetryAfter::Seconds(s) => i64::from(s) * SECOND,
            RetryAfter::Date(s) => i64::from(s) * SECOND + (self.last.server - self.server()).max(0),
        };
        wait.clamp(SECOND, 60 * MINUTE)
    }

    /// How long a keeper may wait after a request that was never answered, once its time limit has passed.
    fn after_timeout(&self) -> i64 {
        doubled(2 * SECOND, self.failures + 1).min(if self.failures >= 10 { 5 * MINUTE } else { MINUTE })
    }
}

fn doubled(base: i64, count: u32) -> i64 {
    base << count.saturating_sub(1).min(20)
}
