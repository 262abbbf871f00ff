//! Simulated days of a page in virtual time.
//!
//! A [`plan::Plan`] is generated from one seed and lists every fault of a day. A [`world::World`] runs it: the page with
//! its two clocks, the source and the frames, in true milliseconds, without a real second passing. A
//! [`strategy::Strategy`] keeps the page's token fresh: the keeper ([`strategies::keeper`]) or a rival to compare it with.
//! The keeper is checked after every step: by [`checks`] against the invariants, by [`conformance`] against the waiting
//! times that its own design prescribes.
//!
//! `npm run soak -- --days 100000` simulates days until one fails, and shortens that one. `--table` prints the comparison.
//! `--seed` repeats one day with its trace.

pub mod checks;
pub mod clocks;
pub mod comparison;
pub mod conformance;
pub mod fleet;
pub mod frame;
pub mod generate;
pub mod page;
pub mod plan;
pub mod report;
pub mod schedule;
pub mod shrink;
pub mod source;
pub mod stats;
pub mod strategies;
pub mod strategy;
pub mod tabs;
pub mod tokens;
pub mod world;

use checks::Violation;
use plan::Plan;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use strategies::keeper::KeeperStrategy;
use strategy::Strategy;
use tabs::Tabs;
use world::{Metrics, World};

/// A second in milliseconds.
pub const SECOND: i64 = 1_000;
/// A minute in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
pub const DAY: i64 = 24 * HOUR;
/// 2026-01-01T00:00:00Z, the true time at which every day begins.
pub const START: i64 = 1_767_225_600_000;
/// Part of every token. Nothing that is printed may contain it.
pub const CANARY: &str = "CANARY";

/// The result of a day with the keeper.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// Its metrics.
    pub metrics: Metrics,
    /// The invariants that did not hold, by time.
    pub violations: Vec<Violation>,
    /// Milliseconds without a valid token that the design's waiting times do not explain.
    pub unscheduled: i64,
    /// What happened, line by line, where a trace was asked for.
    pub trace: Vec<String>,
}

/// Simulates a day with the keeper. A panic counts as a violation of I12.
#[must_use]
pub fn simulate(plan: &Plan, traced: bool) -> Day {
    if plan.tabs() > 1 {
        return simulate_tabs(plan, traced);
    }
    let mut world = World::new(plan.clone(), traced);
    let mut keeper = KeeperStrategy::new(&world);
    let ran = catch_unwind(AssertUnwindSafe(|| world.run(&mut keeper)));
    if let Err(panic) = ran {
        keeper.checks.violations.insert(0, crash(world.now, &*panic));
    }
    Day {
        metrics: world.metrics,
        violations: keeper.checks.violations,
        unscheduled: keeper.conformance.unscheduled,
        trace: world.trace.unwrap_or_default(),
    }
}

/// Adds up the tabs' metrics and merges their violations and traces by time.
fn simulate_tabs(plan: &Plan, traced: bool) -> Day {
    let mut tabs = Tabs::new(plan, traced);
    let ran = catch_unwind(AssertUnwindSafe(|| tabs.run()));
    let mut day = Day::default();
    if let Err(panic) = ran {
        day.violations.push(crash(0, &*panic));
    }
    for (number, tab) in tabs.tabs.into_iter().enumerate() {
        day.metrics += tab.world.metrics;
        day.unscheduled += tab.keeper.conformance.unscheduled;
        let of_tab = |violation: Violation| Violation {
            observed: format!("tab {number}: {}", violation.observed),
            ..violation
        };
        day.violations
            .extend(tab.keeper.checks.violations.into_iter().map(of_tab));
        let trace = tab.world.trace.unwrap_or_default();
        day.trace.extend(trace.iter().map(|line| {
            let (at, what) = line.split_at(line.find(' ').unwrap_or(0));
            format!("{at} tab {number}{what}")
        }));
    }
    day.violations.sort_by_key(|violation| violation.at);
    day.trace
        .sort_by(|one, other| one.get(..12).cmp(&other.get(..12)));
    day
}

fn crash(at: i64, panic: &(dyn Any + Send)) -> Violation {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Violation {
        at,
        name: "I12",
        observed: text.unwrap_or_default(),
    }
}

/// Simulates a day with any strategy.
#[must_use]
pub fn simulate_with(plan: &Plan, strategy: &mut dyn Strategy) -> Metrics {
    let mut world = World::new(plan.clone(), false);
    world.run(strategy);
    world.metrics
}

/// A time of the day as `hh:mm:ss.mmm`.
#[must_use]
pub fn format_time(at: i64) -> String {
    let (sign, at) = if at < 0 { ("-", -at) } else { ("", at) };
    let (h, m, s, ms) = (at / HOUR, at / MINUTE % 60, at / SECOND % 60, at % SECOND);
    format!("{sign}{h:02}:{m:02}:{s:02}.{ms:03}")
}
