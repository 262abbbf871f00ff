//! The yardstick: our keeper and its neighbours on the same days, as a Markdown table (DESIGN §4, items 1 and 2).

use crate::draw::{Single, Sort, draw};
use crate::plan::{Fault, Plan, What};
use crate::players::{chained::Chained, microsoft::Microsoft, provider::Provider};
use crate::site::Tally;
use crate::{SECOND, play, play_with};
use std::fmt::Write as _;

/// The days of the table, in its order, and how many tabs each has.
pub const DAYS: [(&str, Sort, u8); 14] = [
    ("no fault", Sort::Healthy, 1),
    ("the usual faults", Sort::Usual, 1),
    ("the usual faults, three tabs", Sort::Usual, 3),
    ("outages of 2 to 40 min", Sort::Single(Single::Outage), 1),
    (
        "a backend that takes 5 to 29 s",
        Sort::Single(Single::SlowBackend),
        1,
    ),
    (
        "one that takes 31 to 95 s",
        Sort::Single(Single::TooSlowBackend),
        1,
    ),
    ("a throttled backend", Sort::Single(Single::ThrottledBackend), 1),
    ("throttled timers", Sort::Single(Single::ThrottledTimers), 1),
    ("sleep", Sort::Single(Single::Sleep), 1),
    ("a frozen tab", Sort::Single(Single::FrozenTab), 1),
    ("clock jumps", Sort::Single(Single::ClockJumps), 1),
    ("tokens of 1 to 9 min", Sort::Single(Single::ShortTokens), 1),
    ("the same token again", Sort::Single(Single::SameToken), 1),
    ("silent frames", Sort::Single(Single::SilentFrames), 1),
];

/// Who plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Our keeper.
    Keeper,
    /// Microsoft's documented loop.
    Microsoft,
    /// `accessTokenProvider` alone, on days with Aad tokens, since no other embed may have one.
    Provider,
    /// A chained timeout, as Superset's.
    Chained,
}

/// Everybody, with the name that the table gives.
pub const EVERYBODY: [(&str, Who); 4] = [
    ("powerbi-token-keeper", Who::Keeper),
    ("Microsoft's loop", Who::Microsoft),
    ("accessTokenProvider alone", Who::Provider),
    ("chained timeout", Who::Chained),
];

/// The figures of one day for one player, the tabs added up.
#[must_use]
pub fn day(sort: Sort, seed: u64, tabs: u8, who: Who) -> Tally {
    let mut plan = draw(sort, seed);
    if who == Who::Provider {
        plan.faults.retain(|fault| fault.what != What::EmbedTokens);
    }
    let each = |play: fn(&Plan) -> Tally| {
        let mut sum = Tally::default();
        (0..tabs).for_each(|tab| sum += play(&plan.of_tab(tab)));
        sum
    };
    match who {
        Who::Keeper => {
            // one shareKey
            plan.faults.insert(0, Fault::all_day(What::Tabs(tabs)));
            play(&plan, false).tally
        }
        Who::Microsoft => each(|plan| play_with(plan, &mut Microsoft::default())),
        Who::Provider => each(|plan| play_with(plan, &mut Provider::default())),
        Who::Chained => each(|plan| play_with(plan, &mut Chained::default())),
    }
}

/// The table over `days` days of each sort; `tick` is called once per day played.
///
/// A cell holds three means of a day: seconds without a valid token, requests, rejections that nobody caught.
#[must_use]
pub fn table(days: u64, tick: impl Fn()) -> String {
    let names = EVERYBODY.map(|(name, _)| name).join(" | ");
    let mut text = format!(
        "| a day with | {names} |\n|---|{}\n",
        "---:|".repeat(EVERYBODY.len())
    );
    for (name, sort, tabs) in DAYS {
        let _ = write!(text, "| {name} |");
        for (_, who) in EVERYBODY {
            let tallies = (0..days)
                .map(|seed| day(sort, seed, tabs, who))
                .inspect(|_| tick());
            let _ = write!(text, " {} |", cell(tallies, days));
        }
        text.push('\n');
    }
    text
}

fn cell(tallies: impl Iterator<Item = Tally>, days: u64) -> String {
    let mut sum = Tally::default();
    tallies.for_each(|one| sum += one);
    let mean = |sum: f64| sum / days.max(1) as f64;
    let seconds = mean(sum.without as f64 / SECOND as f64);
    let (requests, unhandled) = (mean(f64::from(sum.requests)), mean(f64::from(sum.unhandled)));
    format!("{seconds:.1} s · {requests:.0} · {unhandled:.1}")
}
