//! Days of a page in virtual time.
//!
//! A [`plan::Plan`] is drawn from one seed and holds every fault of a day. A [`site::Site`] plays it: the page and its
//! two clocks, the source, the frames, in true milliseconds, without a real second passing. A [`player::Player`] keeps
//! the page's token fresh: our keeper ([`players::ours`]), or a neighbour to compare it with. Our keeper is watched by
//! [`checks`] (the invariants I1 to I12 of DESIGN §3) and by the [`ledger`] (the avoidable seconds).
//!
//! `npm run soak -- --days 100000` plays days until one fails, and shortens that one; `--table` prints the yardstick;
//! `--seed` repeats one day with its trace.

pub mod allowance;
pub mod checks;
pub mod clocks;
pub mod draw;
pub mod fleet;
pub mod frame;
pub mod ledger;
pub mod mint;
pub mod page;
pub mod plan;
pub mod player;
pub mod players;
pub mod report;
pub mod shrink;
pub mod site;
pub mod source;
pub mod table;
pub mod tabs;

use checks::Violation;
use plan::Plan;
use player::Player;
use players::ours::Ours;
use site::{Site, Tally};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tabs::Tabs;

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
/// Stands in every token; nothing that is printed may hold it.
pub const CANARY: &str = "CANARY";

/// What came of a day of our keeper.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// The figures.
    pub tally: Tally,
    /// The invariants that did not hold, in the order of time.
    pub violations: Vec<Violation>,
    /// Milliseconds without a valid token, for which there is no excuse.
    pub avoidable: i64,
    /// What happened, where it was to be told.
    pub trace: Vec<String>,
}

/// Plays a day of our keeper. A panic counts as I12.
#[must_use]
pub fn play(plan: &Plan, traced: bool) -> Day {
    if plan.tabs() > 1 {
        return play_tabs(plan, traced);
    }
    let mut site = Site::new(plan.clone(), traced);
    let mut ours = Ours::new(&site);
    let ran = catch_unwind(AssertUnwindSafe(|| site.run(&mut ours)));
    if let Err(panic) = ran {
        ours.checks.violations.insert(0, crash(site.now, &*panic));
    }
    Day {
        tally: site.tally,
        violations: ours.checks.violations,
        avoidable: ours.ledger.avoidable,
        trace: site.trace.unwrap_or_default(),
    }
}

/// The tabs' figures are added up; what is told of them is told in the order of time.
fn play_tabs(plan: &Plan, traced: bool) -> Day {
    let mut tabs = Tabs::new(plan, traced);
    let ran = catch_unwind(AssertUnwindSafe(|| tabs.run()));
    let mut day = Day::default();
    if let Err(panic) = ran {
        day.violations.push(crash(0, &*panic));
    }
    for (number, tab) in tabs.tabs.into_iter().enumerate() {
        day.tally += tab.site.tally;
        day.avoidable += tab.ours.ledger.avoidable;
        let told = |violation: Violation| Violation {
            seen: format!("tab {number}: {}", violation.seen),
            ..violation
        };
        day.violations
            .extend(tab.ours.checks.violations.into_iter().map(told));
        let trace = tab.site.trace.unwrap_or_default();
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
        seen: text.unwrap_or_default(),
    }
}

/// Plays a day of anybody.
#[must_use]
pub fn play_with(plan: &Plan, player: &mut dyn Player) -> Tally {
    let mut site = Site::new(plan.clone(), false);
    site.run(player);
    site.tally
}

/// A time of the day as `hh:mm:ss.mmm`.
#[must_use]
pub fn stamp(at: i64) -> String {
    let (sign, at) = if at < 0 { ("-", -at) } else { ("", at) };
    let (h, m, s, ms) = (at / HOUR, at / MINUTE % 60, at / SECOND % 60, at % SECOND);
    format!("{sign}{h:02}:{m:02}:{s:02}.{ms:03}")
}
