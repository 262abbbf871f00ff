//! The request budget: what the source is asked for at most, whatever happens.

use crate::time::{Duration, Instant};

/// How many requests may be made in one burst.
pub const BURST: u32 = 10;
/// The time in which one request is granted again: 120 an hour in the long run.
pub const REFILL_INTERVAL: Duration = Duration::from_secs(30);

/// A bucket of [`BURST`] requests that refills one per [`REFILL_INTERVAL`].
///
/// Counts on the monotonic clock alone: a wall clock that is set grants nothing.
#[derive(Debug, Clone)]
pub struct Budget {
    left: u32,
    /// When the grant under way began; means nothing while the bucket is full.
    since: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: BURST,
            since: Instant::default(),
        }
    }
}

impl Budget {
    /// Takes one request out.
    ///
    /// # Errors
    /// When none is left: the time until the next grant, never zero.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        if self.left == BURST {
            self.since = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(REFILL_INTERVAL - now.since(self.since)),
        }
    }

    fn refill(&mut self, now: Instant) {
        let grants = now.since(self.since).as_ms() / REFILL_INTERVAL.as_ms();
        let missing = u64::from(BURST - self.left);
        if grants >= missing {
            self.left = BURST;
        } else {
            // fewer grants than the burst, so the count fits
            self.left += u32::try_from(grants).unwrap_or(0);
            self.since = self.since + Duration::from_ms(grants * REFILL_INTERVAL.as_ms());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Instant {
        Instant::from_ms(s * 1_000)
    }

    #[test]
    fn i8_ten_at_once_then_one_per_half_minute() {
        let mut budget = Budget::default();
        for _ in 0..10 {
            assert_eq!(budget.take(at(5)), Ok(()));
        }
        assert_eq!(budget.take(at(5)), Err(REFILL_INTERVAL));
        assert_eq!(budget.take(at(20)), Err(Duration::from_secs(15)));
        assert_eq!(budget.take(at(35)), Ok(()));
        assert_eq!(budget.take(at(35)), Err(REFILL_INTERVAL));
    }

    #[test]
    fn i8_at_most_120_an_hour_after_the_burst() {
        let mut budget = Budget::default();
        let made = (0..36_000).filter(|s| budget.take(at(*s)).is_ok()).count();
        assert_eq!(made, 10 + 1_199, "ten hours, asked every second");
    }

    #[test]
    fn i8_a_rest_that_grants_more_than_is_missing_fills_the_bucket_and_no_more() {
        let mut budget = Budget::default();
        for _ in 0..5 {
            assert!(budget.take(at(0)).is_ok());
        }
        let later = at(7 * 30);
        let made = (0..20).filter(|_| budget.take(later).is_ok()).count();
        assert_eq!(made, 10);
    }

    #[test]
    fn a_day_of_rest_grants_no_more_than_the_burst() {
        let mut budget = Budget::default();
        for _ in 0..10 {
            assert!(budget.take(at(0)).is_ok());
        }
        let made = (0..20).filter(|_| budget.take(at(86_400)).is_ok()).count();
        assert_eq!(made, 10);
    }
}
