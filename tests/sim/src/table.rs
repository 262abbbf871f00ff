//! The yardstick: our keeper and its neighbours on the same days, as a Markdown table (DESIGN §4, items 1 and 2).

use crate::draw::{Single, Sort, draw};
use crate::plan::What;
use crate::players::{chained::Chained, microsoft::Microsoft, provider::Provider};
use crate::site::Tally;
use crate::{SECOND, play, play_with};
use std::fmt::Write as _;

/// The days of the table, in its order.
pub const DAYS: [(&str, Sort); 13] = [
    ("no fault", Sort::Healthy),
    ("the usual faults", Sort::Usual),
    ("outages of 2 to 40 min", Sort::Single(Single::Outage)),
    (
        "a backend that takes 5 to 29 s",
        Sort::Single(Single::SlowBackend),
    ),
    ("one that takes 31 to 95 s", Sort::Single(Single::TooSlowBackend)),
    ("a throttled backend", Sort::Single(Single::ThrottledBackend)),
    ("throttled timers", Sort::Single(Single::ThrottledTimers)),
    ("sleep", Sort::Single(Single::Sleep)),
    ("a frozen tab", Sort::Single(Single::FrozenTab)),
    ("clock jumps", Sort::Single(Single::ClockJumps)),
    ("tokens of 1 to 9 min", Sort::Single(Single::ShortTokens)),
    ("the same token again", Sort::Single(Single::SameToken)),
    ("silent frames", Sort::Single(Single::SilentFrames)),
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

/// The figures of one day for one player.
#[must_use]
pub fn day(sort: Sort, seed: u64, who: Who) -> Tally {
    let mut plan = draw(sort, seed);
    match who {
        Who::Keeper => play(&plan, false).tally,
        Who::Microsoft => play_with(&plan, &mut Microsoft::default()),
        Who::Chained => play_with(&plan, &mut Chained::default()),
        Who::Provider => {
            plan.faults.retain(|fault| fault.what != What::EmbedTokens);
            play_with(&plan, &mut Provider::default())
        }
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
    for (name, sort) in DAYS {
        let _ = write!(text, "| {name} |");
        for (_, who) in EVERYBODY {
            let tallies = (0..days).map(|seed| day(sort, seed, who)).inspect(|_| tick());
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
