//! The yardstick: our keeper and its neighbours on the same days, as a Markdown table (DESIGN §4, items 1 and 2).

use crate::draw::{Single, Sort, draw};
use crate::plan::What;
use crate::players::{chained::Chained, microsoft::Microsoft, provider::Provider};
use crate::site::Tally;
use crate::{SECOND, play, play_with};
use std::fmt::Write as _;

/// The days of the table, in its order.
pub const DAYS: [(&str, Sort); 12] = [
    ("healthy", Sort::Healthy),
    ("usual faults", Sort::Usual),
    ("outage", Sort::Single(Single::Outage)),
    ("slow backend", Sort::Single(Single::SlowBackend)),
    ("throttled backend", Sort::Single(Single::ThrottledBackend)),
    ("throttled timers", Sort::Single(Single::ThrottledTimers)),
    ("sleep", Sort::Single(Single::Sleep)),
    ("frozen tab", Sort::Single(Single::FrozenTab)),
    ("clock jumps", Sort::Single(Single::ClockJumps)),
    ("short tokens", Sort::Single(Single::ShortTokens)),
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
    ("**powerbi-token-keeper**", Who::Keeper),
    ("Microsoft's documented loop", Who::Microsoft),
    ("accessTokenProvider alone (Aad)", Who::Provider),
    ("chained timeout, as Superset's", Who::Chained),
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
#[must_use]
pub fn table(days: u64, tick: impl Fn()) -> String {
    let mut text = String::from(
        "| day | who | seconds without a valid token, mean | p99 | requests | unhandled rejections |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    for (name, sort) in DAYS {
        for (row, (label, who)) in EVERYBODY.into_iter().enumerate() {
            let tallies: Vec<_> = (0..days)
                .map(|seed| day(sort, seed, who))
                .inspect(|_| tick())
                .collect();
            let name = if row == 0 { name } else { "" };
            let _ = writeln!(text, "| {name} | {label} | {}", figures(&tallies));
        }
    }
    text
}

fn figures(tallies: &[Tally]) -> String {
    let count = tallies.len().max(1) as f64;
    let mean = |of: fn(&Tally) -> f64| tallies.iter().map(of).sum::<f64>() / count;
    let mut without: Vec<_> = tallies.iter().map(|tally| tally.without).collect();
    without.sort_unstable();
    let p99 = without
        .get((without.len() * 99).div_ceil(100).saturating_sub(1))
        .copied()
        .unwrap_or(0);
    let seconds = mean(|tally| tally.without as f64 / SECOND as f64);
    let (requests, unhandled) = (
        mean(|tally| f64::from(tally.requests)),
        mean(|tally| f64::from(tally.unhandled)),
    );
    format!(
        "{seconds:.1} | {:.1} | {requests:.1} | {unhandled:.1} |",
        p99 as f64 / SECOND as f64
    )
}
