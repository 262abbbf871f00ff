//! How long to wait after a failure. Randomness is an argument.

use crate::time::Duration;

/// The schedule after a request that failed: full jitter, base 2 s, factor 2, cap 60 s; after 10 failures in a row
/// cap 5 min.
///
/// `failures` counts from 1; `jitter` is 0 to `u32::MAX`.
#[must_use]
pub fn retry(failures: u32, jitter: u32) -> Duration {
    let cap = if failures > 10 {
        Duration::from_mins(5)
    } else {
        Duration::from_secs(60)
    };
    let step = Duration::from_secs(exponential(2, failures));
    step.min(cap).scaled_by(jitter)
}

/// The schedule after a `setAccessToken` that failed: 2, 4, 8 … 60 s. `failures` counts from 1.
#[must_use]
pub fn apply(failures: u32) -> Duration {
    Duration::from_secs(exponential(2, failures).min(60))
}

/// The schedule while the network is not up yet after waking: 1, 2, 4, 8 s, then `None`. `failures` counts from 1; `None`
/// for none.
#[must_use]
pub fn waking(failures: u32) -> Option<Duration> {
    (1..=4)
        .contains(&failures)
        .then(|| Duration::from_secs(exponential(1, failures)))
}

/// The schedule after 401 and 403: 5 min, doubling to 1 h. `denials` counts from 1.
#[must_use]
pub fn denied(denials: u32) -> Duration {
    Duration::from_mins(exponential(5, denials).min(60))
}

/// What a `Retry-After` of `asked` makes us wait: 1 s to 1 h, and 60 s where a throttled answer names none.
#[must_use]
pub fn throttled(asked: Option<Duration>) -> Duration {
    asked.map_or(Duration::from_secs(60), |asked| {
        asked.clamp(Duration::from_secs(1), Duration::from_mins(60))
    })
}

/// `base` × 2^(count − 1), without overflow.
fn exponential(base: u64, count: u32) -> u64 {
    base << count.saturating_sub(1).min(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_is_full_jitter_under_a_cap() {
        let longest: Vec<u64> = (1..=12).map(|n| retry(n, u32::MAX).as_ms() / 1_000).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 300, 300]);
        assert_eq!(retry(5, 0), Duration::ZERO);
        assert_eq!(retry(2, u32::MAX / 2).as_ms(), 1_999);
        assert_eq!(retry(u32::MAX, u32::MAX), Duration::from_mins(5));
    }

    #[test]
    fn apply_doubles_to_a_minute() {
        let waits: Vec<u64> = (1..=8).map(|n| apply(n).as_ms() / 1_000).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn waking_has_four_steps() {
        let waits: Vec<_> = (0..=5).map(|n| waking(n).map(|w| w.as_ms() / 1_000)).collect();
        assert_eq!(waits, [None, Some(1), Some(2), Some(4), Some(8), None]);
    }

    #[test]
    fn denied_doubles_to_an_hour() {
        let waits: Vec<u64> = (1..=6).map(|n| denied(n).as_ms() / 60_000).collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn retry_after_is_clamped() {
        assert_eq!(throttled(None), Duration::from_secs(60));
        assert_eq!(throttled(Some(Duration::ZERO)), Duration::from_secs(1));
        assert_eq!(throttled(Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(throttled(Some(Duration::from_mins(600))), Duration::from_mins(60));
    }
}
