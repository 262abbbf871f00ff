//! The report of a failing day: its seed, its faults, the violations, and the trace up to the first.

use crate::checks::Violation;
use crate::plan::Plan;
use crate::shrink::shrink;
use crate::{format_time, simulate};
use std::fmt::Write as _;

/// The lines of the trace that are printed before the first violation, and after it.
const LINES: (usize, usize) = (40, 4);

/// Shortens a failing day and describes it.
#[must_use]
pub fn report(plan: &Plan, violation: &Violation) -> String {
    let short = shrink(plan, violation.name);
    format!(
        "seed {}, {} faults, of which {} are enough\n{}",
        plan.seed,
        plan.faults.len(),
        short.faults.len(),
        describe(&short)
    )
}

/// Describes a day: its faults, its violations, and the trace before the first.
#[must_use]
pub fn describe(plan: &Plan) -> String {
    let day = simulate(plan, true);
    let mut text = String::new();
    for fault in &plan.faults {
        let _ = writeln!(text, "  {fault}");
    }
    let Some(first) = day.violations.first() else {
        return text + "everything holds\n";
    };
    for violation in &day.violations {
        let _ = writeln!(
            text,
            "{} at {}: {}",
            violation.name,
            format_time(violation.at),
            violation.observed
        );
    }
    let moment = format_time(first.at);
    let before = |line: &&String| line.get(..moment.len()).is_some_and(|at| at <= moment.as_str());
    let upto = day.trace.iter().take_while(before).count();
    for line in day
        .trace
        .iter()
        .take(upto + LINES.1)
        .skip(upto.saturating_sub(LINES.0))
    {
        let _ = writeln!(text, "  | {line}");
    }
    text
}
