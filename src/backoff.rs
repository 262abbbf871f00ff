//! How long to wait after a failure. Randomness is an argument: `jitter` is 0 to `u32::MAX`.

use crate::time::Duration;

/// How pressing a new token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The token in place is good for so long.
    Good(Duration),
    /// There is none, or it has expired: so many requests have failed since then, this one included.
    Expired {
        /// How many, from 1.
        failures: u32,
        /// Somebody looks at the page, or did until a short time ago.
        waited_for: bool,
    },
}

/// The pause after a request that failed: a third of the time that is left, 5 s to 60 s; without a good token 1, 2, 4,
/// 8 s, then 15 s to 30 s, and 2.5 to 5 min where nobody waits for it.
#[must_use]
pub fn retry(urgency: Urgency, jitter: u32) -> Duration {
    match urgency {
        Urgency::Good(remaining) => {
            let pause = (remaining / 3).clamp(Duration::from_secs(5), Duration::from_secs(60));
            upper_half(pause, jitter)
        }
        Urgency::Expired {
            failures: failures @ ..5,
            ..
        } => Duration::from_secs(exponential(1, failures)).scaled_by(jitter),
        Urgency::Expired { waited_for: true, .. } => upper_half(Duration::from_secs(30), jitter),
        Urgency::Expired {
            waited_for: false, ..
        } => upper_half(Duration::from_mins(5), jitter),
    }
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

/// Between a half and the whole of `span`.
fn upper_half(span: Duration, jitter: u32) -> Duration {
    let half = span / 2;
    half + (span - half).scaled_by(jitter)
}

/// `base` × 2^(count − 1), without overflow.
fn exponential(base: u64, count: u32) -> u64 {
    base << count.saturating_sub(1).min(20)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn with_a_good_token_a_third_of_what_is_left_between_5_and_60_s_or_half_of_that() {
        for (left, most) in [(3_600, 60), (180, 60), (90, 30), (15, 5), (2, 5), (0, 5)] {
            let good = Urgency::Good(S(left));
            assert_eq!(retry(good, u32::MAX), S(most), "{left} s left");
            assert_eq!(retry(good, 0), S(most) / 2, "{left} s left");
        }
    }

    #[test]
    fn without_one_1_2_4_8_s_and_then_15_to_30_s_or_minutes_where_nobody_waits() {
        let pauses = |waited_for, jitter| {
            [1, 2, 3, 4, 5, 6, u32::MAX]
                .map(|failures| retry(Urgency::Expired { failures, waited_for }, jitter).as_ms())
        };
        assert_eq!(
            pauses(true, u32::MAX),
            [1_000, 2_000, 4_000, 8_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(pauses(true, 0), [0, 0, 0, 0, 15_000, 15_000, 15_000]);
        assert_eq!(pauses(false, u32::MAX)[3..6], [8_000, 300_000, 300_000]);
        assert_eq!(pauses(false, 0)[3..6], [0, 150_000, 150_000]);
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
