//! What time it is for the server that checks the token: clock skew, jumps of the wall clock, and readings that
//! never go back.

use crate::time::{Duration, Instant, Now, Skew, Timestamp};

/// A difference to the server's clock below this is measurement noise.
pub const SKEW_TOLERANCE: Duration = Duration::from_secs(5);
/// Wall and monotonic time that part by more than this between two looks mean a jump.
pub const JUMP: Duration = Duration::from_secs(5);

/// What the wall clock did since the last look, against the monotonic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It went on as it should.
    None,
    /// It is further than it should be: the machine slept, or the clock was set.
    Forward,
    /// It was set back.
    Back,
}

/// Reads the server's time off this machine's clocks.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    skew: Skew,
    is_compared: bool,
    last: Option<Now>,
    /// The steady time at the last look.
    steady: Instant,
}

impl Clock {
    /// The signed correction of this machine's clock; zero when unknown.
    #[must_use]
    pub fn skew(&self) -> Skew {
        self.skew
    }

    /// Whether a response has said what time it is for the server.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        self.is_compared
    }

    /// The server's time, as far as is known.
    #[must_use]
    pub fn server(&self, now: Now) -> Timestamp {
        now.wall + self.skew
    }

    /// The time by a clock of the keeper's own, which never goes back: it has gone on as far as either of this machine's
    /// clocks says, whichever says more.
    #[must_use]
    pub fn steady(&self, now: Now) -> Instant {
        let passed = |last: Now| now.mono.since(last.mono).max(now.wall.since(last.wall));
        self.steady + self.last.map_or(Duration::ZERO, passed)
    }

    /// Compares both clocks with the last look at them.
    ///
    /// A clock set back is corrected for at once: the server's did not follow it. One that is ahead may have slept
    /// or been set; it counts as sleep, which at worst asks for a token too early.
    pub fn observe(&mut self, now: Now) -> Jump {
        self.steady = self.steady(now);
        let Some(last) = self.last.replace(now) else {
            return Jump::None;
        };
        let expected = last.wall + now.mono.since(last.mono);
        let drift = now.wall.signed_difference(expected);
        if drift.size() <= JUMP {
            Jump::None
        } else if drift > Skew::ZERO {
            Jump::Forward
        } else {
            self.skew = self.skew + expected.signed_difference(now.wall);
            Jump::Back
        }
    }

    /// Learns from an answer that says what time it was for the server, some time between `asked` and `now`.
    ///
    /// The middle of the two is taken; less than [`SKEW_TOLERANCE`] counts as none. A request during which a clock
    /// jumped teaches nothing.
    ///
    /// What the server's time is for tokens that were received before is [`ServerTime::advance`]'s to say.
    pub fn update_from_response(&mut self, asked: Now, now: Now, server: Timestamp) {
        let took = now.mono.since(asked.mono);
        if now.wall.signed_difference(asked.wall + took).size() > JUMP {
            return;
        }
        self.is_compared = true;
        let skew = server.signed_difference(asked.wall + took / 2);
        self.skew = if skew.size() < SKEW_TOLERANCE {
            Skew::ZERO
        } else {
            skew
        };
    }

    /// Learns from a token that was issued at `issued`: the server's clock is at least there.
    ///
    /// Only ever moves the server's time ahead of ours. A token issued long ago says nothing, since it may come
    /// from a cache.
    pub fn update_from_issued_at(&mut self, now: Now, issued: Timestamp) {
        let ahead = issued.signed_difference(self.server(now));
        if ahead > Skew::ZERO && ahead.size() >= SKEW_TOLERANCE {
            self.skew = self.skew + ahead;
        }
    }
}

/// The server's time as one token saw it: it goes on steadily from the latest reading, and no clock can take it back.
#[derive(Debug, Clone, Copy)]
pub struct ServerTime {
    /// The server's time when the steady clock began.
    start: Timestamp,
    /// This machine's clock is known to be wrong for this token: only what passes on it counts.
    ignores_wall_clock: bool,
}

impl ServerTime {
    /// The first reading, at a token's receipt.
    #[must_use]
    pub fn new(clock: &Clock, now: Now) -> Self {
        Self {
            start: start(clock.server(now), clock, now),
            ignores_wall_clock: false,
        }
    }

    /// The first reading where the token itself says better than this machine what time it was for the server.
    #[must_use]
    pub fn from_token(server: Timestamp, clock: &Clock, now: Now) -> Self {
        Self {
            start: start(server, clock, now),
            ignores_wall_clock: true,
        }
    }

    /// This reading, where the wall clock does not count for it; it holds for every token of the page then.
    #[must_use]
    pub fn if_wall_clock_untrusted(self) -> Option<Self> {
        self.ignores_wall_clock.then_some(self)
    }

    /// The server's time now.
    #[must_use]
    pub fn server(&self, clock: &Clock, now: Now) -> Timestamp {
        self.start + clock.steady(now).since(Instant::default())
    }

    /// The steady time at which it is `time` for the server; the steady clock's beginning where that was before.
    #[must_use]
    pub fn steady(&self, time: Timestamp) -> Instant {
        Instant::default() + time.since(self.start)
    }

    /// Moves the reading ahead to what the clock has learned of the server's time.
    pub fn advance(&mut self, clock: &Clock, now: Now) {
        if !self.ignores_wall_clock {
            self.start = self.start.max(start(clock.server(now), clock, now));
        }
    }
}

/// What the server's time was when the steady clock began, if it is `server` now.
fn start(server: Timestamp, clock: &Clock, now: Now) -> Timestamp {
    server - clock.steady(now).since(Instant::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn now(wall_s: i64, mono_s: u64) -> Now {
        Now {
            wall: Timestamp::from_secs(wall_s),
            mono: Instant::from_ms(mono_s * 1_000),
        }
    }

    #[test]
    fn sleep_and_a_set_clock_are_told_from_passing_time() {
        let mut clock = Clock::default();
        assert_eq!(clock.observe(now(1_000, 0)), Jump::None);
        assert_eq!(clock.observe(now(1_030, 30)), Jump::None);
        assert_eq!(
            clock.observe(now(1_064, 60)),
            Jump::None,
            "four seconds are drift"
        );
        assert_eq!(clock.observe(now(11_000, 61)), Jump::Forward);
        assert_eq!(clock.skew(), Skew::ZERO, "sleep moves the server's clock too");
        assert_eq!(clock.observe(now(7_401, 62)), Jump::Back);
        assert_eq!(clock.server(now(7_401, 62)), Timestamp::from_secs(11_001));
    }

    #[test]
    fn skew_is_measured_at_the_middle_of_the_request() {
        let mut clock = Clock::default();
        clock.update_from_response(now(1_000, 0), now(1_020, 20), Timestamp::from_secs(4_610));
        assert_eq!(clock.skew(), Skew::from_ms(3_600_000));
        clock.update_from_response(now(1_000, 0), now(1_020, 20), Timestamp::from_secs(1_014));
        assert_eq!(clock.skew(), Skew::ZERO, "under five seconds is noise");
        clock.update_from_response(now(1_000, 0), now(8_000, 20), Timestamp::from_secs(9));
        assert_eq!(clock.skew(), Skew::ZERO, "a jump in between teaches nothing");
    }

    #[test]
    fn five_seconds_are_a_skew_and_no_jump() {
        let mut clock = Clock::default();
        // the wall clock went five seconds further than the monotonic one: drift, as in `observe`
        clock.update_from_response(now(1_000, 0), now(1_007, 2), Timestamp::from_secs(1_006));
        assert_eq!(
            clock.skew(),
            Skew::from_ms(5_000),
            "and that is no noise any more"
        );
        clock.update_from_response(now(1_000, 0), now(1_002, 2), Timestamp::from_secs(996));
        assert_eq!(clock.skew(), Skew::from_ms(-5_000));
    }

    #[test]
    fn a_token_of_the_future_puts_a_slow_clock_right_and_an_old_one_says_nothing() {
        let mut clock = Clock::default();
        clock.update_from_issued_at(now(1_000, 0), Timestamp::from_secs(400));
        assert_eq!(clock.skew(), Skew::ZERO);
        clock.update_from_issued_at(now(1_000, 0), Timestamp::from_secs(1_003));
        assert_eq!(clock.skew(), Skew::ZERO);
        clock.update_from_issued_at(now(1_000, 0), Timestamp::from_secs(4_600));
        assert_eq!(clock.skew(), Skew::from_ms(3_600_000));
    }

    #[test]
    fn i10_a_reading_never_goes_back() {
        let mut clock = Clock::default();
        clock.observe(now(1_000, 0));
        let reading = ServerTime::new(&clock, now(1_000, 0));
        assert_eq!(reading.server(&clock, now(4_600, 1)), Timestamp::from_secs(4_600));
        clock.observe(now(4_600, 1));
        clock.observe(now(1_002, 2));
        assert_eq!(reading.server(&clock, now(1_002, 2)), Timestamp::from_secs(4_601));
        assert_eq!(
            reading.server(&clock, now(1_060, 60)),
            Timestamp::from_secs(4_659)
        );
    }

    #[test]
    fn what_the_clock_learns_moves_a_reading_ahead_and_never_back() {
        let mut clock = Clock::default();
        clock.observe(now(1_000, 0));
        let mut reading = ServerTime::new(&clock, now(1_000, 0));
        let mut untrusted = ServerTime::from_token(Timestamp::from_secs(500), &clock, now(1_000, 0));
        let at = now(1_020, 20);
        for (date, expected) in [(4_610, 4_620), (1_010, 4_620)] {
            clock.observe(at);
            clock.update_from_response(now(1_000, 0), at, Timestamp::from_secs(date));
            reading.advance(&clock, at);
            untrusted.advance(&clock, at);
            assert_eq!(reading.server(&clock, at), Timestamp::from_secs(expected));
            assert_eq!(untrusted.server(&clock, at), Timestamp::from_secs(520));
        }
        assert_eq!(
            reading.steady(Timestamp::from_secs(4_630)),
            Instant::from_ms(30_000)
        );
    }
}
