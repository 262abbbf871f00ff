//! Points in time and spans, typed so that wall time and monotonic time never share a word.
//!
//! All are whole milliseconds. A [`Timestamp`] is what the calendar says and may jump; an [`Instant`] only
//! ever grows; a [`Duration`] is never negative; a [`Skew`] is signed.

use core::ops::{Add, Sub};
use serde::{Serialize, Serializer};

/// A span of time in milliseconds, never negative. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// A span of `s` seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s.saturating_mul(1_000))
    }

    /// A span of `m` minutes.
    #[must_use]
    pub const fn from_mins(m: u64) -> Self {
        Self::from_secs(m.saturating_mul(60))
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// `self` × `n` / `d`. A `d` of 0 counts as 1.
    #[must_use]
    pub const fn scale(self, n: u64, d: u64) -> Self {
        let d = if d == 0 { 1 } else { d };
        Self(self.0.saturating_mul(n) / d)
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// A point on the monotonic clock, in milliseconds since some start. Comes from `performance.now()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The point `ms` milliseconds after the clock's start.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the clock's start.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; nothing when it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

/// A point in calendar time, in milliseconds since the Unix epoch. Comes from `Date.now()` or from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `ms` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// The point `s` seconds after the Unix epoch.
    #[must_use]
    pub const fn from_secs(s: i64) -> Self {
        Self(s.saturating_mul(1_000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; nothing when it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let ms = self.0.saturating_sub(earlier.0);
        Duration(if ms > 0 { ms.unsigned_abs() } else { 0 })
    }

    /// The signed difference `self − other`.
    #[must_use]
    pub const fn skew_to(self, other: Self) -> Skew {
        Skew(self.0.saturating_sub(other.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(span.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(span.0))
    }
}

impl Add<Skew> for Timestamp {
    type Output = Self;
    fn add(self, skew: Skew) -> Self {
        Self(self.0.saturating_add(skew.0))
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
        Self(ms)
    }

    /// The difference in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Its size without its sign.
    #[must_use]
    pub const fn size(self) -> Duration {
        Duration(self.0.unsigned_abs())
    }
}

impl Add for Skew {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
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

/// As JavaScript has it: a number of milliseconds, never a `BigInt`.
macro_rules! as_number {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers are f64, and no date needs 2^53 ms")]
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_f64(self.0 as f64)
            }
        }
    )*};
}
as_number!(Duration, Timestamp, Skew);
