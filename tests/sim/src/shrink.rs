//! Shortens a failing day: leaves faults out for as long as it still fails in the same way.

use crate::plan::Plan;
use crate::simulate;

/// The name of the first violation of a day.
#[must_use]
pub fn failure(plan: &Plan) -> Option<&'static str> {
    simulate(plan, false)
        .violations
        .first()
        .map(|violation| violation.name)
}

/// The day with the fewest faults that still violates `name` first.
#[must_use]
pub fn shrink(plan: &Plan, name: &'static str) -> Plan {
    let mut plan = plan.clone();
    let mut at_once = plan.faults.len().div_ceil(2);
    while at_once > 0 {
        let mut from = 0;
        let mut shorter = false;
        while from < plan.faults.len() {
            let mut less = plan.clone();
            let to = (from + at_once).min(less.faults.len());
            less.faults.drain(from..to);
            if failure(&less) == Some(name) {
                plan = less;
                shorter = true;
            } else {
                from += at_once;
            }
        }
        if !shorter {
            at_once /= 2;
        }
    }
    plan
}
