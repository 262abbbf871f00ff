//! Points in time and spans, typed so that wall time and monotonic time never share a word.
//!
//! All are whole milliseconds. A [`Timestamp`] is what the calendar says and may jump; an [`Instant`] only
//! ever grows; a [`Duration`] is never negative; a [`Skew`] is signed.

use core::ops::{Add, Div, Sub};

/// JavaScript's dates end 8.64e15 ms from the epoch. Everything is clamped to that on its way in, so that sums can't
/// overflow, and plain arithmetic will do.
const MAX_MS: i64 = 8_640_000_000_000_000;

/// A span of time in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Duration(i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(clamped(ms))
    }

    /// A span of `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self::from_ms(s.saturating_mul(1_000))
    }

    /// A span of `m` minutes.
    #[must_use]
    pub const fn from_mins(m: u64) -> Self {
        Self::from_secs(m.saturating_mul(60))
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// The part of `self` that `draw`, 0 to `u32::MAX`, says. Spans of more than 24 days count as that long.
    #[must_use]
    pub const fn scaled_by(self, draw: u32) -> Self {
        let most = i32::MAX as i64;
        let ms = if self.0 > most { most } else { self.0 };
        Self(ms * draw as i64 / u32::MAX as i64)
    }

    const fn between(later: i64, earlier: i64) -> Self {
        Self(if later > earlier { later - earlier } else { 0 })
    }
}

const fn clamped(ms: u64) -> i64 {
    if ms > MAX_MS.unsigned_abs() {
        MAX_MS
    } else {
        ms.cast_signed()
    }
}

const fn within(ms: i64) -> i64 {
    if ms > MAX_MS {
        MAX_MS
    } else if ms < -MAX_MS {
        -MAX_MS
    } else {
        ms
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::between(self.0, other.0)
    }
}

/// A divisor of 0 counts as 1.
impl Div<u32> for Duration {
    type Output = Self;
    fn div(self, divisor: u32) -> Self {
        Self(self.0 / i64::from(divisor.max(1)))
    }
}

/// A point on the monotonic clock, in milliseconds since some start. Comes from `performance.now()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Instant(i64);

impl Instant {
    /// A point that does not come: later than any other.
    pub const NEVER: Self = Self(i64::MAX);

    /// The point `ms` milliseconds after the clock's start.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(clamped(ms))
    }

    /// Milliseconds since the clock's start.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0.unsigned_abs()
    }

    /// How long ago `earlier` was; nothing when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::between(self.0, earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0 + span.0)
    }
}

/// A point in calendar time, in milliseconds since the Unix epoch. Comes from `Date.now()` or from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `ms` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(within(ms))
    }

    /// The point `s` seconds after the Unix epoch.
    #[must_use]
    pub const fn from_secs(s: i64) -> Self {
        Self::from_ms(s.saturating_mul(1_000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; nothing when it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::between(self.0, earlier.0)
    }

    /// The signed difference `self − other`.
    #[must_use]
    pub const fn signed_difference(self, other: Self) -> Skew {
        Skew(self.0 - other.0)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0 + span.0)
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0 - span.0)
    }
}

impl Add<Skew> for Timestamp {
    type Output = Self;
    fn add(self, skew: Skew) -> Self {
        Self(self.0 + skew.0)
    }
}

/// A signed difference of two calendar readings in milliseconds: positive when the other clock is ahead of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Skew(i64);

impl Skew {
    /// No difference.
    pub const ZERO: Self = Self(0);

    /// A difference of `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(within(ms))
    }

    /// The difference in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Its size without its sign.
    #[must_use]
    pub const fn size(self) -> Duration {
        Duration(self.0.abs())
    }
}

impl Add for Skew {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_ms(self.0 + other.0)
    }
}

/// Both clocks, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// What the calendar says.
    pub wall: Timestamp,
    /// What the stopwatch says.
    pub mono: Instant,
}
