//! What is printed of a failing day: the seed, its faults, what did not hold, and the trace up to there.

use crate::checks::Violation;
use crate::plan::Plan;
use crate::shrink::shrink;
use crate::{play, stamp};
use std::fmt::Write as _;

/// So many lines of the trace are shown before the moment at which something did not hold, and after it.
const LINES: (usize, usize) = (40, 4);

/// Shortens a failing day and tells it.
#[must_use]
pub fn report(plan: &Plan, violation: &Violation) -> String {
    let short = shrink(plan, violation.name);
    format!(
        "seed {}, {} faults, of which {} are enough\n{}",
        plan.seed,
        plan.faults.len(),
        short.faults.len(),
        story(&short)
    )
}

/// Tells a day: its faults, what did not hold, and the trace before that.
#[must_use]
pub fn story(plan: &Plan) -> String {
    let day = play(plan, true);
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
            stamp(violation.at),
            violation.seen
        );
    }
    let moment = stamp(first.at);
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
