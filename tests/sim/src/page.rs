//! The page: when it runs, when it is hidden, and when its timers fire.
//!
//! A frozen page, one in the back/forward cache and one on a sleeping machine run nothing at all. A hidden page runs, and
//! its timers fire once a minute (Chrome, Edge) or once in six minutes (Safari).

use crate::clocks::merged;
use crate::plan::{FaultKind, Plan};

/// The times at which the page runs and is seen.
#[derive(Debug, Clone)]
pub struct Page {
    absent: Vec<(i64, i64)>,
    /// From, to, and the time between two moments at which timers may fire.
    hidden: Vec<(i64, i64, i64)>,
}

impl Page {
    /// The page of a day.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let absent = merged(plan, |kind| {
            matches!(
                kind,
                FaultKind::Frozen | FaultKind::Sleep { .. } | FaultKind::BackForwardCache
            )
        });
        let hidden = plan.faults.iter().filter_map(|fault| match fault.kind {
            FaultKind::Hidden(period) => Some((fault.from, fault.to, period)),
            _ => None,
        });
        Self {
            absent,
            hidden: hidden.collect(),
        }
    }

    /// The time at which a page that does not run at `at` runs again; `None` while it runs.
    #[must_use]
    pub fn absent_until(&self, at: i64) -> Option<i64> {
        self.absent
            .iter()
            .find(|(from, to)| *from <= at && at < *to)
            .map(|(_, to)| *to)
    }

    /// Freezes the page from `at` to `to`, beyond what its plan says.
    pub fn freeze(&mut self, at: i64, to: i64) {
        self.absent.push((at, to));
    }

    /// Whether scripts run.
    #[must_use]
    pub fn runs(&self, at: i64) -> bool {
        self.absent_until(at).is_none()
    }

    /// Whether it is hidden.
    #[must_use]
    pub fn hidden(&self, at: i64) -> bool {
        self.hidden.iter().any(|(from, to, _)| *from <= at && at < *to)
    }

    /// The time between two moments at which timers may fire; 0 when they fire as they please.
    #[must_use]
    pub fn period(&self, at: i64) -> i64 {
        let covering = self.hidden.iter().filter(|(from, to, _)| *from <= at && at < *to);
        covering.map(|(.., period)| *period).max().unwrap_or(0)
    }

    /// The longest such time of the day.
    #[must_use]
    pub fn longest_period(&self) -> i64 {
        self.hidden.iter().map(|(.., period)| *period).max().unwrap_or(0)
    }

    /// The time at which a timer that is due at `at` may fire in a throttled page; `None` when at once.
    #[must_use]
    pub fn held_until(&self, at: i64) -> Option<i64> {
        let period = self.period(at);
        if period == 0 || at % period == 0 {
            return None;
        }
        let next = at - at % period + period;
        let seen = self
            .hidden
            .iter()
            .filter(|(from, to, _)| *from <= at && at < *to)
            .map(|(_, to, _)| *to)
            .min();
        Some(seen.map_or(next, |seen| seen.min(next)))
    }
}
