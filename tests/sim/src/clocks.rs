//! The page's two clocks, and the true time that only the server knows.
//!
//! The wall clock may be wrong from the start and be set while the page runs. The monotonic clock never goes back, and
//! stands still while some machines sleep. Power BI and the source live by the true time, in milliseconds since the
//! beginning of the day.

use crate::START;
use crate::plan::{FaultKind, Plan};

/// The readings of the page's clocks at every true moment of a day.
#[derive(Debug, Clone)]
pub struct Clocks {
    skew: i64,
    /// The times at which the wall clock is set, and by how much.
    sets: Vec<(i64, i64)>,
    /// Spans in which the monotonic clock stands still, in order and apart.
    still: Vec<(i64, i64)>,
}

/// The monotonic clock's reading when the day begins.
const MONO_START: i64 = 1_000;

impl Clocks {
    /// The clocks of a day.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let skew = plan.setting(|kind| match kind {
            FaultKind::ClockSkew(by) => Some(*by),
            _ => None,
        });
        let sets = plan.faults.iter().filter_map(|fault| match fault.kind {
            FaultKind::ClockSet(by) => Some((fault.from, by)),
            _ => None,
        });
        let still = match plan.has(FaultKind::ClockRunsInSleep) {
            true => Vec::new(),
            false => merged(plan, |kind| matches!(kind, FaultKind::Sleep { .. })),
        };
        Self {
            skew: skew.unwrap_or(0),
            sets: sets.collect(),
            still,
        }
    }

    /// The reading of `Date.now()`.
    #[must_use]
    pub fn wall(&self, at: i64) -> i64 {
        let set: i64 = self
            .sets
            .iter()
            .filter(|(when, _)| *when <= at)
            .map(|(_, by)| by)
            .sum();
        START + at + self.skew + set
    }

    /// The reading of `performance.now()`.
    #[must_use]
    pub fn mono(&self, at: i64) -> i64 {
        let still: i64 = self
            .still
            .iter()
            .map(|(from, to)| (at.min(*to) - from).max(0))
            .sum();
        MONO_START + at - still
    }

    /// The first true moment, from `at` on, at which the monotonic clock shows `mono`.
    #[must_use]
    pub fn when(&self, at: i64, mono: i64) -> i64 {
        let mut when = at + (mono - self.mono(at)).max(0);
        for (from, to) in &self.still {
            if *to > at && *from < when {
                when += to - (*from).max(at);
            }
        }
        when
    }
}

/// The spans of the faults that `pick` selects, by time, with touching ones merged.
#[must_use]
pub fn merged(plan: &Plan, pick: impl Fn(&FaultKind) -> bool) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    // the plan's faults are in the order of their beginnings
    for fault in plan
        .faults
        .iter()
        .filter(|fault| pick(&fault.kind) && fault.to > fault.from)
    {
        match spans.last_mut() {
            Some(last) if last.1 >= fault.from => last.1 = last.1.max(fault.to),
            _ => spans.push((fault.from, fault.to)),
        }
    }
    spans
}
