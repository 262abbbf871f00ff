//! How long to wait after a failure. Randomness is an argument: `jitter` is 0 to `u32::MAX`.

use crate::time::Duration;

/// How pressing a new token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The token in place is good for so long: zero where it has expired, or there is none.
    Remaining(Duration),
    /// There is no good token, and nobody has looked at the page for a while.
    Unseen,
}

/// The pause after a request that failed, the `failures`th in a row: a third of the time that is left, at most 45 s, and
/// at least 1, 2, 4, 8, 16, 32, 32 … s; 4 min from the fifth failure on where nobody looks. Give or take a quarter.
///
/// In the long run that is a little less often than Microsoft's loop asks, and than the budget grants.
#[must_use]
pub fn retry(urgency: Urgency, failures: u32, jitter: u32) -> Duration {
    let least = Duration::from_secs(exponential(1, failures).min(32));
    let pause = match urgency {
        Urgency::Remaining(remaining) => (remaining / 3).min(Duration::from_secs(45)).max(least),
        Urgency::Unseen if failures > 4 => Duration::from_mins(4),
        Urgency::Unseen => least,
    };
    let quarter = pause / 4;
    pause - quarter + (quarter + quarter).scaled_by(jitter)
}

/// The schedule after a `setAccessToken` that failed: 2, 4, 8, 15, 15 … s. `failures` counts from 1.
#[must_use]
pub fn apply(failures: u32) -> Duration {
    Duration::from_secs(exponential(2, failures).min(15))
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

/// The schedule after answers that waiting can't heal: 1 min, doubling to 15 min. `refusals` counts from 1.
#[must_use]
pub fn refused(refusals: u32) -> Duration {
    Duration::from_mins(exponential(1, refusals).min(15))
}

/// What a `Retry-After` of `asked` makes us wait: 1 s to 1 h, and up to a tenth more, so that a fleet does not come back
/// in the same second.
#[must_use]
pub fn retry_after(asked: Duration, jitter: u32) -> Duration {
    let wait = asked.clamp(Duration::from_secs(1), Duration::from_mins(60));
    wait + (wait / 10).scaled_by(jitter)
}

/// `base` × 2^(count − 1), without overflow.
fn exponential(base: u64, count: u32) -> u64 {
    base << count.saturating_sub(1).min(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// The shortest and the longest pause, in ms.
    fn range(urgency: Urgency, failures: u32) -> [u64; 2] {
        [0, u32::MAX].map(|jitter| retry(urgency, failures, jitter).as_ms())
    }

    #[test]
    fn a_third_of_what_is_left_up_to_45_s_give_or_take_a_quarter() {
        for (left, wanted) in [
            (3_600, [33_750, 56_250]),
            (135, [33_750, 56_250]),
            (90, [22_500, 37_500]),
            (12, [3_000, 5_000]),
            (2, [750, 1_250]),
        ] {
            assert_eq!(range(Urgency::Remaining(S(left)), 1), wanted, "{left} s left");
        }
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_least_pause_up_to_half_a_minute() {
        for (failures, least) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 4),
            (4, 8),
            (5, 16),
            (6, 32),
            (u32::MAX, 32),
        ] {
            let [shortest, longest] = range(Urgency::Remaining(Duration::ZERO), failures);
            assert_eq!([shortest, longest], [least * 750, least * 1_250], "{failures}");
            assert_eq!(range(Urgency::Remaining(S(3)), failures), [shortest, longest]);
        }
        assert_eq!(range(Urgency::Remaining(S(120)), 9), [30_000, 50_000]);
    }

    #[test]
    fn where_nobody_looks_it_is_minutes_from_the_fifth_on() {
        assert_eq!(range(Urgency::Unseen, 4), [6_000, 10_000]);
        assert_eq!(range(Urgency::Unseen, 5), [180_000, 300_000]);
        assert_eq!(range(Urgency::Unseen, u32::MAX), [180_000, 300_000]);
    }

    #[test]
    fn apply_doubles_to_15_s() {
        let waits: Vec<u64> = (1..=6).map(|n| apply(n).as_ms() / 1_000).collect();
        assert_eq!(waits, [2, 4, 8, 15, 15, 15]);
    }

    #[test]
    fn waking_has_four_steps() {
        let waits: Vec<_> = (0..=5).map(|n| waking(n).map(|w| w.as_ms() / 1_000)).collect();
        assert_eq!(waits, [None, Some(1), Some(2), Some(4), Some(8), None]);
    }

    #[test]
    fn denied_doubles_to_an_hour_and_refused_to_a_quarter_of_one() {
        let minutes =
            |wait: fn(u32) -> Duration| (1..=6).map(|n| wait(n).as_ms() / 60_000).collect::<Vec<_>>();
        assert_eq!(minutes(denied), [5, 10, 20, 40, 60, 60]);
        assert_eq!(minutes(refused), [1, 2, 4, 8, 15, 15]);
    }

    #[test]
    fn retry_after_is_clamped_and_up_to_a_tenth_longer() {
        assert_eq!(retry_after(Duration::ZERO, 0), S(1));
        assert_eq!(retry_after(S(7), 0), S(7));
        assert_eq!(retry_after(S(7), u32::MAX), Duration::from_ms(7_700));
        assert_eq!(retry_after(Duration::from_mins(600), 0), Duration::from_mins(60));
        assert_eq!(
            retry_after(Duration::from_mins(600), u32::MAX),
            Duration::from_mins(66)
        );
    }
}
