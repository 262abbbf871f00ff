//! The comparison: the keeper and its rivals on the same days, as a Markdown table.

use crate::generate::{DayKind, SingleFault, generate};
use crate::plan::{Fault, FaultKind, Plan};
use crate::strategies::{chained::Chained, microsoft::Microsoft, provider::Provider};
use crate::world::Metrics;
use crate::{SECOND, simulate, simulate_with};
use std::fmt::Write as _;

/// The rows of the table, in its order, with the number of tabs.
pub const DAYS: [(&str, DayKind, u8); 14] = [
    ("no fault", DayKind::Healthy, 1),
    ("the usual faults", DayKind::Usual, 1),
    ("the usual faults, three tabs", DayKind::Usual, 3),
    (
        "outages of 2 to 40 min",
        DayKind::SingleFault(SingleFault::Outage),
        1,
    ),
    (
        "a backend that takes 5 to 29 s",
        DayKind::SingleFault(SingleFault::SlowBackend),
        1,
    ),
    (
        "one that takes 31 to 95 s",
        DayKind::SingleFault(SingleFault::TooSlowBackend),
        1,
    ),
    (
        "a throttled backend",
        DayKind::SingleFault(SingleFault::ThrottledBackend),
        1,
    ),
    (
        "throttled timers",
        DayKind::SingleFault(SingleFault::ThrottledTimers),
        1,
    ),
    ("sleep", DayKind::SingleFault(SingleFault::Sleep), 1),
    ("a frozen tab", DayKind::SingleFault(SingleFault::FrozenTab), 1),
    ("clock jumps", DayKind::SingleFault(SingleFault::ClockJumps), 1),
    (
        "tokens of 1 to 9 min",
        DayKind::SingleFault(SingleFault::ShortTokens),
        1,
    ),
    (
        "the same token again",
        DayKind::SingleFault(SingleFault::SameToken),
        1,
    ),
    (
        "silent frames",
        DayKind::SingleFault(SingleFault::SilentFrames),
        1,
    ),
];

/// The strategies of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyKind {
    /// The keeper.
    Keeper,
    /// Microsoft's documented loop.
    Microsoft,
    /// `accessTokenProvider` alone, on days with Aad tokens, since no other embed may have one.
    Provider,
    /// A chained timeout, as Superset's.
    Chained,
}

/// Every strategy, with its name in the table.
pub const STRATEGIES: [(&str, StrategyKind); 4] = [
    ("powerbi-token-keeper", StrategyKind::Keeper),
    ("Microsoft's loop", StrategyKind::Microsoft),
    ("accessTokenProvider alone", StrategyKind::Provider),
    ("chained timeout", StrategyKind::Chained),
];

/// The metrics of one day with one strategy, the tabs added up.
#[must_use]
pub fn day(kind: DayKind, seed: u64, tabs: u8, strategy: StrategyKind) -> Metrics {
    let mut plan = generate(kind, seed);
    if strategy == StrategyKind::Provider {
        plan.faults.retain(|fault| fault.kind != FaultKind::EmbedTokens);
    }
    let each = |run: fn(&Plan) -> Metrics| {
        let mut sum = Metrics::default();
        (0..tabs).for_each(|tab| sum += run(&plan.of_tab(tab)));
        sum
    };
    match strategy {
        StrategyKind::Keeper => {
            // one shareKey
            plan.faults.insert(0, Fault::all_day(FaultKind::Tabs(tabs)));
            simulate(&plan, false).metrics
        }
        StrategyKind::Microsoft => each(|plan| simulate_with(plan, &mut Microsoft::default())),
        StrategyKind::Provider => each(|plan| simulate_with(plan, &mut Provider::default())),
        StrategyKind::Chained => each(|plan| simulate_with(plan, &mut Chained::default())),
    }
}

/// The table over `days` days of each kind. `tick` is called after each day.
///
/// A cell holds three means of a day: seconds without a valid token, requests, unhandled rejections.
#[must_use]
pub fn table(days: u64, tick: impl Fn()) -> String {
    let names = STRATEGIES.map(|(name, _)| name).join(" | ");
    let mut text = format!(
        "| a day with | {names} |\n|---|{}\n",
        "---:|".repeat(STRATEGIES.len())
    );
    for (name, kind, tabs) in DAYS {
        let _ = write!(text, "| {name} |");
        for (_, strategy) in STRATEGIES {
            let metrics = (0..days)
                .map(|seed| day(kind, seed, tabs, strategy))
                .inspect(|_| tick());
            let _ = write!(text, " {} |", cell(metrics, days));
        }
        text.push('\n');
    }
    text
}

fn cell(metrics: impl Iterator<Item = Metrics>, days: u64) -> String {
    let mut sum = Metrics::default();
    metrics.for_each(|one| sum += one);
    let mean = |sum: f64| sum / days.max(1) as f64;
    let seconds = mean(sum.without_token as f64 / SECOND as f64);
    let (requests, unhandled) = (
        mean(f64::from(sum.requests)),
        mean(f64::from(sum.unhandled_rejections)),
    );
    format!("{seconds:.1} s · {requests:.0} · {unhandled:.1}")
}
