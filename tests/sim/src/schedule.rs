//! The request schedule of the design: the latest moment at which the keeper's next request must be under way.
//!
//! A second, independent writing of the keeper's waiting times. It sees what the keeper sees (responses, triggers, the
//! page's clocks) and what the keeper does (requests), and never looks into the keeper. Where a rule has a range (jitter, a
//! debounced trigger) the far end counts; where a rule lets a trigger act at once, the trigger's moment counts. A request is
//! needless when the keeper makes it by itself while neither the window is open nor a retry is due.
//!
//! | rule | latest next request |
//! |---|---|
//! | window | expiration − min(lead, lifetime / 2), and 30 s after receipt, by the server's time as far as it can be known |
//! | budget | the next refill of a bucket of 10, one per 30 s |
//! | time limit | `sourceTimeoutMs`, doubled after each timeout in a row, twice the time of the last response, 5 min at most |
//! | retry, token valid | failure + a third of the remaining time, 32 s to 45 s, and a quarter more; for as long as something is attached |
//! | retry, no valid token | failure + 32 s and a quarter more; 5 min in a hidden page half an hour after the expiration |
//! | the same token, or one that expires no later | the same, at least 15 s |
//! | wrong kind or user; no usable token, from the third response on | failure + 1 min, doubling to 15 min |
//! | network not up yet | failure + 1, 2, 4, 8 s, within 60 s of a visible, resume, online or a clock jump |
//! | Retry-After | its value, 1 s to 1 h, and a tenth more; the pause of a retry and at least 30 s where 429 has none |
//! | 401, 403 | failure + 5 min, doubling to 1 h |
//! | re-check | 1 s after a trigger, except for a throttled source and a spent budget |
//! | TokenExpired | at once, once per token |
//! | tabs | 5 s more, from the lock request on |
//! | clock | server's time = wall clock + skew; skew from the Date header at the middle of the request (under 5 s ignored), else never behind a fresh `iat`; a clock set back is corrected; without either, a token that looks expired is believed from the second on that agrees with the one before |

use crate::plan::RetryAfter;
use crate::{MINUTE, SECOND};

/// The keeper's options, in milliseconds.
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

/// A reading of the clocks, in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// `Date.now()`.
    pub wall: i64,
    /// `performance.now()`.
    pub mono: i64,
    /// The server's clock, which no page can read. A keeper that believes it to be later gets no more time for that.
    pub server: i64,
}

/// The failures of a request that the rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// 401, 403.
    Denied,
    /// A status with a `Retry-After`.
    Throttled(RetryAfter),
    /// 429 without one.
    TooMany,
    /// The same token, or one that expires no later.
    Unchanged,
    /// A token of the wrong kind or user.
    Refused,
    /// A response without a usable token.
    Unusable,
    /// No response within the time limit.
    Timeout,
    /// The server was not reached.
    Network,
    /// Everything else, a response that may not be accepted included.
    Other,
}

/// The refresh window of a token, by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its expiration, stated or assumed.
    pub expires: i64,
    earliest: i64,
    latest: i64,
    /// 30 s after receipt on the monotonic clock.
    floor: i64,
    /// 30 s after receipt by the server's clock.
    floor_server: i64,
    /// The server's clock less the monotonic one, where the token alone tells the time.
    own_clock: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Waiting for the lock among the tabs, until then at the latest.
    AwaitingLock(i64),
    /// A request is under way, until its time limit on the monotonic clock.
    Requesting(i64),
    /// Backing off until then on the monotonic clock, unless a trigger of visibility or of the network ends it.
    BackingOff {
        until: i64,
        seen: bool,
        network: bool,
        /// It goes on while nothing is attached, since the source asked for it.
        persists: bool,
    },
    /// Idle, or backing off until then: which of them can't be seen from outside.
    IdleOrBackingOff(i64),
}

/// The schedule of one keeper, kept up from outside.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    options: Options,
    phase: Phase,
    failures: u32,
    denials: u32,
    refusals: u32,
    unusable: u32,
    timeouts: u32,
    network_failures: u32,
    /// The time of the last response.
    last_took: i64,
    /// The keeper was told that the page is hidden.
    pub hidden: bool,
    /// The budget as GCRA has it: the time at which the bucket is full again if no request is made.
    budget_full_at: i64,
    skew: i64,
    last: ClockReading,
    request_started_at: ClockReading,
    woke_at: i64,
    /// The end of the wait that a throttled source asked for, whatever is attached meanwhile.
    not_before: i64,
    window: Option<Window>,
    /// The last request failed, and a retry is due.
    retrying: bool,
    /// The server's time, advanced by whichever clock ran further, so that it never goes back.
    latest_server: i64,
    /// A frame that holds the newest token reported that it has expired.
    rejected: bool,
    /// By the page's clock the newest token has expired, which nothing undoes (I10).
    expired: bool,
}

/// The longest lifetime of an embed token.
const MAX_LIFETIME: i64 = 60 * MINUTE;
/// The time limit of a lock request.
const LOCK_TIMEOUT: i64 = 5 * SECOND;
/// The longest time limit of a request.
pub const MAX_SOURCE_TIMEOUT: i64 = 5 * MINUTE;
/// The time after an expiration in which a hidden page still waits for a token.
const EXPIRED_LATELY: i64 = 30 * MINUTE;
const REFILL_INTERVAL: i64 = 30 * SECOND;
const BURST: i64 = 10;

impl Schedule {
    /// The schedule at the first reading of the clocks.
    #[must_use]
    pub const fn new(options: Options, clocks: ClockReading) -> Self {
        Self {
            options,
            phase: Phase::Idle,
            failures: 0,
            denials: 0,
            refusals: 0,
            unusable: 0,
            timeouts: 0,
            network_failures: 0,
            last_took: 0,
            hidden: false,
            budget_full_at: 0,
            skew: 0,
            last: clocks,
            request_started_at: clocks,
            woke_at: i64::MIN / 2,
            not_before: i64::MIN,
            window: None,
            retrying: false,
            latest_server: clocks.wall,
            rejected: false,
            expired: false,
        }
    }

    /// Takes a reading. A wall clock set back by more than 5 s is corrected for, one set forward is believed. True when it
    /// has jumped.
    pub fn observe_clocks(&mut self, clocks: ClockReading) -> bool {
        let drift = (clocks.wall - self.last.wall) - (clocks.mono - self.last.mono);
        if drift < -5 * SECOND {
            self.skew -= drift;
        } else if drift > 5 * SECOND {
            self.start_wake_grace(clocks.mono);
        }
        let passed = (clocks.wall - self.last.wall).max(clocks.mono - self.last.mono);
        self.last = clocks;
        self.latest_server = (self.latest_server + passed).max(self.believed());
        self.expired |= self
            .window
            .is_some_and(|window| window.expires <= self.latest_server);
        drift.abs() > 5 * SECOND
    }

    /// Starts the time in which the network may not be up yet.
    fn start_wake_grace(&mut self, mono: i64) {
        self.woke_at = mono;
        self.network_failures = 0;
    }

    /// `leadMs`.
    #[must_use]
    pub const fn lead(&self) -> i64 {
        self.options.lead
    }

    /// The server's time by the page's clock.
    #[must_use]
    pub const fn server(&self) -> i64 {
        self.last.wall + self.skew
    }

    /// The server's time by the token in hand where its own clock is known to be better, else by the page's clock.
    #[must_use]
    pub fn believed(&self) -> i64 {
        let own_clock = self.window.and_then(|window| window.own_clock);
        own_clock.map_or(self.server(), |ahead| self.last.mono + ahead)
    }

    /// A request was made. True when a throttled source had asked for a longer wait.
    pub fn request_started(&mut self) -> bool {
        let too_soon = self.last.mono < self.not_before;
        self.request_started_at = self.last;
        self.budget_full_at = self.budget_full_at.max(self.last.mono) + REFILL_INTERVAL;
        let limit = (self.options.source_timeout << self.timeouts.min(9)).max(2 * self.last_took);
        self.phase = Phase::Requesting(self.last.mono + limit.min(MAX_SOURCE_TIMEOUT));
        too_soon
    }

    /// The lock among the tabs was requested.
    pub fn lock_requested(&mut self) {
        self.phase = Phase::AwaitingLock(self.last.mono + LOCK_TIMEOUT);
    }

    /// Another tab broadcast a token that must be taken.
    pub fn token_from_tab(&mut self, expires: i64, issued: Option<i64>) {
        self.reset_failures();
        self.not_before = i64::MIN;
        self.request_abandoned();
        self.hold(expires, issued);
        self.start_receipt_pause();
    }

    /// The time by which a token from elsewhere is judged.
    #[must_use]
    pub fn clock(&self) -> i64 {
        let own_clock = self.window.is_some_and(|window| window.own_clock.is_some());
        if own_clock {
            self.latest_server
        } else {
            self.server()
        }
    }

    /// Whether the budget allows the request that was just counted (I8).
    #[must_use]
    pub const fn within_budget(&self) -> bool {
        self.budget_full_at - self.last.mono <= BURST * REFILL_INTERVAL
    }

    /// The request was abandoned.
    pub fn request_abandoned(&mut self) {
        self.phase = Phase::Idle;
        self.retrying = false;
    }

    /// Nothing is attached any more. A wait that the source asked for remains.
    pub fn nothing_attached(&mut self) {
        match self.phase {
            Phase::AwaitingLock(_) | Phase::BackingOff { persists: false, .. } => self.request_abandoned(),
            // a wait for the budget ends here, where the pause is over or may be by a clock that is ahead
            Phase::BackingOff { until, seen, .. }
                if until <= self.last.mono || !seen && until > self.not_before =>
            {
                self.phase = Phase::IdleOrBackingOff(until);
            }
            Phase::IdleOrBackingOff(_) | Phase::BackingOff { .. } | Phase::Idle | Phase::Requesting(_) => {}
        }
    }

    /// The response stated the server's time.
    pub fn server_date(&mut self, date: i64) {
        let took = self.last.mono - self.request_started_at.mono;
        let jumped = (self.last.wall - self.request_started_at.wall - took).abs() > 5 * SECOND;
        if !jumped {
            let skew = date - (self.request_started_at.wall + took / 2);
            self.skew = if skew.abs() < 5 * SECOND { 0 } else { skew };
        }
    }

    /// A token states its time of issue: the server's clock is at least there.
    pub fn token_issued(&mut self, iat: i64) {
        let ahead = iat - self.server();
        if ahead >= 5 * SECOND {
            self.skew += ahead;
        }
    }

    fn reset_failures(&mut self) {
        (self.failures, self.denials, self.network_failures) = (0, 0, 0);
        (self.refusals, self.unusable) = (0, 0);
    }

    /// The source responded, whatever it said.
    pub const fn source_responded(&mut self) {
        self.timeouts = 0;
        self.last_took = self.last.mono - self.request_started_at.mono;
    }

    /// The time that the newest token has left; `None` where it has expired or there is none.
    fn remaining(&self) -> Option<i64> {
        let window = self.window.filter(|_| !self.is_rejected())?;
        Some(window.expires - self.latest_server).filter(|remaining| *remaining > 0)
    }

    /// The longest ordinary pause after a failure; the first ones are shorter.
    fn retry(&self) -> i64 {
        let expired_lately = |window: Window| self.latest_server - window.expires < EXPIRED_LATELY - MINUTE;
        match self.remaining() {
            Some(remaining) => (remaining / 3).clamp(32 * SECOND, 45 * SECOND) * 5 / 4,
            // a token in place may state no expiration
            None if self.window.is_none() && !self.hidden => 45 * SECOND * 5 / 4,
            None if !self.hidden || self.window.is_some_and(expired_lately) => 32 * SECOND * 5 / 4,
            None => 5 * MINUTE,
        }
    }

    /// The request failed, while something was `attached` or nothing was.
    pub fn request_failed(&mut self, failure: Failure, attached: bool) {
        self.failures += 1;
        self.retrying = true;
        let next = |count: u32, continues: bool| if continues { count + 1 } else { 0 };
        self.denials = next(self.denials, failure == Failure::Denied);
        self.refusals = next(
            self.refusals,
            matches!(failure, Failure::Refused | Failure::Unusable),
        );
        self.unusable = next(self.unusable, failure == Failure::Unusable);
        self.timeouts += u32::from(failure == Failure::Timeout);
        let waking = failure == Failure::Network && self.last.mono - self.woke_at < MINUTE;
        self.network_failures = if waking { self.network_failures + 1 } else { 0 };
        let retry = self.retry();
        let refused = exponential(MINUTE, self.refusals).min(15 * MINUTE);
        let (wait, seen, network) = match failure {
            Failure::Denied => (
                exponential(5 * MINUTE, self.denials).min(60 * MINUTE),
                true,
                false,
            ),
            Failure::Throttled(after) => (self.retry_after(after) * 11 / 10, false, false),
            Failure::TooMany => (retry.max(30 * SECOND), false, false),
            Failure::Refused => (refused, true, false),
            Failure::Unusable if self.unusable >= 3 => (refused.max(retry), true, false),
            Failure::Unchanged => (retry.max(15 * SECOND), true, true),
            Failure::Network if waking && self.network_failures <= 4 => {
                (exponential(SECOND, self.network_failures), true, true)
            }
            Failure::Network | Failure::Other | Failure::Unusable | Failure::Timeout => (retry, true, true),
        };
        let persists = matches!(
            failure,
            Failure::Denied | Failure::Throttled(_) | Failure::TooMany
        );
        self.phase = Phase::BackingOff {
            until: self.last.mono + wait,
            seen,
            network,
            persists,
        };
        if !persists && !attached {
            self.request_abandoned();
        }
        let not_before = match failure {
            // a date is read by a clock that may be wrong
            Failure::Throttled(RetryAfter::Date(_)) => return,
            Failure::Throttled(after) => self.retry_after(after),
            Failure::TooMany => 30 * SECOND,
            _ => return,
        };
        self.not_before = self.last.mono + not_before;
    }

    /// The request brought a token that must be accepted.
    ///
    /// `own_clock` when the page's clock is known to be wrong for it. Then its own times count, and an embed token, which
    /// states no time of issue, counts as issued now for an hour.
    pub fn token_accepted(&mut self, expires: i64, issued: Option<i64>, own_clock: bool) {
        self.reset_failures();
        self.phase = Phase::Idle;
        self.retrying = false;
        // nothing of the token before applies to this one
        self.window = None;
        self.hold(expires, issued.or(own_clock.then_some(expires - MAX_LIFETIME)));
        self.start_receipt_pause();
        if let Some(window) = &mut self.window {
            let made = issued.unwrap_or(expires - MAX_LIFETIME);
            window.own_clock = own_clock.then_some(made - self.last.mono);
        }
        self.latest_server = self.believed();
        self.expired = false;
    }

    /// Starts the 30 seconds in which no other token is requested.
    fn start_receipt_pause(&mut self) {
        let server = self.server();
        if let Some(window) = &mut self.window {
            window.floor = self.last.mono + 30 * SECOND;
            window.floor_server = server + 30 * SECOND;
        }
    }

    /// This is the newest token now, wherever it came from.
    pub fn hold(&mut self, expires: i64, issued: Option<i64>) {
        let issued_at = issued
            .filter(|issued| *issued < expires)
            .unwrap_or(self.believed());
        let lead = self.options.lead.min((expires - issued_at).max(0) / 2);
        self.window = Some(Window {
            expires,
            earliest: expires - lead - lead / 10 - 1,
            latest: expires - lead + 1,
            floor: i64::MIN,
            floor_server: i64::MIN,
            own_clock: self.window.and_then(|window| window.own_clock),
        });
        // a clock that is known to be better than the page's stays in use
        if self.window.is_none_or(|window| window.own_clock.is_none()) {
            self.latest_server = self.believed();
        }
        self.rejected = false;
        self.expired = expires <= self.latest_server;
    }

    /// The window of the newest token, if there is one.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        self.window
    }

    /// Whether the newest token came from the source less than 30 s ago, by every clock there is.
    #[must_use]
    fn just_received(&self) -> bool {
        let by_both = |window: Window| window.floor > self.last.mono && window.floor_server > self.server();
        self.window.is_some_and(by_both)
    }

    /// Whether the newest token counts as expired: reported so by a frame that holds it, or by the page's clock.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        self.rejected || self.expired
    }

    /// A frame that holds the newest token reported that it has expired.
    pub fn token_rejected(&mut self) {
        self.rejected = true;
    }

    /// A trigger came: of visibility, of the network, or one after which the network may not be up yet.
    pub fn trigger_received(&mut self, by_seen: bool, by_network: bool, wakes: bool) {
        if wakes {
            self.start_wake_grace(self.last.mono);
        }
        if let Phase::BackingOff {
            until, seen, network, ..
        } = &mut self.phase
            && (*seen && by_seen || *network && by_network)
        {
            *until = (*until).min(self.last.mono + SECOND);
        }
    }

    /// The latest moment on the monotonic clock at which the next request must be under way.
    #[must_use]
    pub fn latest_request(&self) -> i64 {
        let latest = match self.phase {
            // it ends within its time limit
            Phase::Requesting(ends) => return ends + self.after_timeout(),
            Phase::BackingOff { until, .. } | Phase::AwaitingLock(until) => until,
            Phase::IdleOrBackingOff(until) => until.max(self.idle_until()),
            Phase::Idle => self.idle_until(),
        };
        latest
            .max(self.budget_full_at - (BURST - 1) * REFILL_INTERVAL)
            .max(self.not_before)
    }

    /// Whether no rule leads to a request now: the window of a valid token is closed, and no request failed.
    #[must_use]
    pub fn is_needless(&self) -> bool {
        let shut = |window: Window| self.latest_server < window.earliest || self.just_received();
        !self.retrying && !self.rejected && self.window.is_some_and(shut)
    }

    fn idle_until(&self) -> i64 {
        match self.window {
            Some(window) if !self.rejected => {
                let believed = self.believed().min(self.last.server);
                (self.last.mono + (window.latest - believed).max(0)).max(window.floor)
            }
            Some(_) | None => self.last.mono,
        }
    }

    /// The wait that `Retry-After` asks for. A date is read by the page's clock.
    fn retry_after(&self, after: RetryAfter) -> i64 {
        let wait = match after {
            RetryAfter::None | RetryAfter::Invalid => MINUTE,
            RetryAfter::Seconds(s) => i64::from(s) * SECOND,
            RetryAfter::Date(s) => i64::from(s) * SECOND + (self.last.server - self.server()).max(0),
        };
        wait.clamp(SECOND, 60 * MINUTE)
    }

    /// The longest pause after a request that timed out.
    fn after_timeout(&self) -> i64 {
        self.retry()
    }
}

fn exponential(base: i64, count: u32) -> i64 {
    base << count.saturating_sub(1).min(20)
}
