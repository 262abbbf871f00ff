//! The comparison: the keeper, its rivals and the tireless client on the same days, by the same seeds.
//!
//! [`Row::misses`] says where the keeper misses its bars: a rival is ahead in seconds without a valid token by more than two
//! standard errors and by more than [`MIN_LEAD`], the mean regret against the tireless client is above [`MAX_REGRET`] a day, or the keeper makes more
//! requests than its share over Microsoft's loop.

use crate::generate::{DayKind, SingleFault, generate};
use crate::plan::{Fault, FaultKind, Plan};
use crate::stats::Sample;
use crate::strategies::{chained::Chained, microsoft::Microsoft, provider::Provider, tireless::Tireless};
use crate::world::Metrics;
use crate::{SECOND, simulate, simulate_with};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

/// The largest mean regret, in seconds a day.
pub const MAX_REGRET: f64 = 20.0;
/// A rival's lead of less than this, in seconds a day, does not count. Microsoft's loop is ahead by 0.03 s where a tab was
/// frozen: on return its timer and its `visibilitychange` make two requests, and the first response counts. The keeper
/// makes one at a time (I1).
pub const MIN_LEAD: f64 = 0.1;
/// The keeper's requests over Microsoft's loop on a day without a fault, and on any other.
pub const MAX_REQUESTS: (f64, f64) = (1.05, 1.15);

/// The days of one row.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    /// The name of the row.
    pub name: &'static str,
    /// The kind of its days.
    pub kind: DayKind,
    /// The number of tabs.
    pub tabs: u8,
    /// Microsoft's loop fails to ask on these days, so that its requests are no measure.
    pub loop_fails_to_ask: bool,
}

const fn days(name: &'static str, kind: DayKind) -> Days {
    Days {
        name,
        kind,
        tabs: 1,
        loop_fails_to_ask: false,
    }
}

const fn single(name: &'static str, fault: SingleFault) -> Days {
    days(name, DayKind::SingleFault(fault))
}

/// The rows, in their order.
pub const ROWS: [Days; 18] = [
    days("no fault", DayKind::Healthy),
    days("the usual faults", DayKind::Usual),
    Days {
        tabs: 3,
        ..days("the usual faults, three tabs", DayKind::Usual)
    },
    single("outages of 2 to 40 min", SingleFault::Outage),
    single("a backend that takes 5 to 29 s", SingleFault::SlowBackend),
    single("a backend that takes 31 to 95 s", SingleFault::TooSlowBackend),
    single(
        "a backend that gets slower by the hour",
        SingleFault::SlowingBackend,
    ),
    single("a throttled backend", SingleFault::ThrottledBackend),
    single("throttled timers", SingleFault::ThrottledTimers),
    single("sleep", SingleFault::Sleep),
    single("a frozen tab", SingleFault::FrozenTab),
    single("clock jumps", SingleFault::ClockJumps),
    single("tokens of 1 to 9 min", SingleFault::ShortTokens),
    single("the same token again", SingleFault::SameToken),
    single("silent frames", SingleFault::SilentFrames),
    single("another report in the same container", SingleFault::NewReport),
    single("two reports with tokens of their own", SingleFault::TwoReports),
    single("a change of role", SingleFault::RoleChange),
];

/// The strategies of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StrategyKind {
    /// The keeper.
    Keeper,
    /// The tireless client.
    Tireless,
    /// Microsoft's documented loop.
    Microsoft,
    /// A chained timeout, as Superset's.
    Chained,
    /// The keeper with `configure()`, on days with Aad tokens.
    KeeperWithProvider,
    /// `accessTokenProvider` alone, on days with Aad tokens, since no other embed may have one.
    Provider,
}

/// Every strategy, with its name.
pub const STRATEGIES: [(&str, StrategyKind); 6] = [
    ("powerbi-token-keeper", StrategyKind::Keeper),
    ("the tireless client", StrategyKind::Tireless),
    ("Microsoft's loop", StrategyKind::Microsoft),
    ("chained timeout", StrategyKind::Chained),
    ("keeper with configure(), Aad", StrategyKind::KeeperWithProvider),
    ("accessTokenProvider alone, Aad", StrategyKind::Provider),
];

/// The rivals, and the strategy of ours that each is compared with.
const RIVALS: [(StrategyKind, StrategyKind); 3] = [
    (StrategyKind::Microsoft, StrategyKind::Keeper),
    (StrategyKind::Chained, StrategyKind::Keeper),
    (StrategyKind::Provider, StrategyKind::KeeperWithProvider),
];

/// The metrics of one day with one strategy, the tabs added up.
#[must_use]
pub fn day(days: &Days, seed: u64, strategy: StrategyKind) -> Metrics {
    let mut plan = generate(days.kind, seed);
    if matches!(
        strategy,
        StrategyKind::KeeperWithProvider | StrategyKind::Provider
    ) {
        plan.faults.retain(|fault| fault.kind != FaultKind::EmbedTokens);
    }
    let each = |run: fn(&Plan) -> Metrics| {
        let mut sum = Metrics::default();
        (0..days.tabs).for_each(|tab| sum += run(&plan.of_tab(tab)));
        sum
    };
    match strategy {
        StrategyKind::Keeper | StrategyKind::KeeperWithProvider => {
            let mut plan = plan;
            if strategy == StrategyKind::KeeperWithProvider {
                plan.faults.insert(0, Fault::all_day(FaultKind::Provider));
            }
            // one shareKey
            plan.faults.insert(0, Fault::all_day(FaultKind::Tabs(days.tabs)));
            simulate(&plan, false).metrics
        }
        StrategyKind::Tireless => each(|plan| simulate_with(plan, &mut Tireless::default())),
        StrategyKind::Microsoft => each(|plan| simulate_with(plan, &mut Microsoft::default())),
        StrategyKind::Provider => each(|plan| simulate_with(plan, &mut Provider::default())),
        StrategyKind::Chained => each(|plan| simulate_with(plan, &mut Chained::default())),
    }
}

/// Seconds without a valid token: in all, and in a visible page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seconds {
    /// In all.
    pub all: Sample,
    /// In a visible page.
    pub visible: Sample,
}

impl Seconds {
    fn add(&mut self, all: i64, visible: i64) {
        self.all.add(all as f64 / SECOND as f64);
        self.visible.add(visible as f64 / SECOND as f64);
    }

    fn add_difference(&mut self, one: Metrics, other: Metrics) {
        self.add(
            one.without_token - other.without_token,
            one.without_token_visible - other.without_token_visible,
        );
    }

    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.visible.merge(other.visible);
    }
}

/// The means of a day with one strategy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    /// Seconds without a valid token.
    pub seconds: Seconds,
    /// Requests.
    pub requests: Sample,
    /// Unhandled rejections.
    pub unhandled: Sample,
}

/// The results of one row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its days.
    pub days: Days,
    /// Each strategy's means, in the order of [`STRATEGIES`].
    pub cells: [Cell; STRATEGIES.len()],
    /// The keeper's seconds over those of the tireless client on the same day.
    pub regret: Seconds,
    /// The keeper's seconds over those of each rival on the same day.
    pub behind: [Seconds; RIVALS.len()],
}

impl Row {
    const fn new(days: Days) -> Self {
        const NONE: Sample = Sample::new();
        const SECONDS: Seconds = Seconds {
            all: NONE,
            visible: NONE,
        };
        const CELL: Cell = Cell {
            seconds: SECONDS,
            requests: NONE,
            unhandled: NONE,
        };
        Self {
            days,
            cells: [CELL; STRATEGIES.len()],
            regret: SECONDS,
            behind: [SECONDS; RIVALS.len()],
        }
    }

    fn add_day(&mut self, seed: u64) {
        let metrics = STRATEGIES.map(|(_, strategy)| (strategy, day(&self.days, seed, strategy)));
        let of = |strategy: StrategyKind| {
            let one = metrics.iter().find(|(kind, _)| *kind == strategy);
            one.map_or(Metrics::default(), |(_, metrics)| *metrics)
        };
        for (cell, (_, metrics)) in self.cells.iter_mut().zip(metrics) {
            cell.seconds
                .add(metrics.without_token, metrics.without_token_visible);
            cell.requests.add(f64::from(metrics.requests));
            cell.unhandled.add(f64::from(metrics.unhandled_rejections));
        }
        self.regret
            .add_difference(of(StrategyKind::Keeper), of(StrategyKind::Tireless));
        for (behind, (rival, own)) in self.behind.iter_mut().zip(RIVALS) {
            behind.add_difference(of(own), of(rival));
        }
    }

    fn merge(&mut self, other: &Self) {
        for (cell, other) in self.cells.iter_mut().zip(other.cells) {
            cell.seconds.merge(other.seconds);
            cell.requests.merge(other.requests);
            cell.unhandled.merge(other.unhandled);
        }
        self.regret.merge(other.regret);
        for (behind, other) in self.behind.iter_mut().zip(other.behind) {
            behind.merge(other);
        }
    }

    /// The means with one strategy.
    #[must_use]
    pub fn cell(&self, strategy: StrategyKind) -> &Cell {
        let at = STRATEGIES.iter().position(|(_, kind)| *kind == strategy);
        &self.cells[at.unwrap_or(0)]
    }

    /// The keeper's requests over those of Microsoft's loop.
    #[must_use]
    pub fn request_ratio(&self) -> f64 {
        let requests = |strategy| self.cell(strategy).requests.mean();
        requests(StrategyKind::Keeper) / requests(StrategyKind::Microsoft)
    }

    /// The bars that the keeper misses.
    #[must_use]
    pub fn misses(&self) -> Vec<String> {
        let mut misses = Vec::new();
        let name = self.days.name;
        for (behind, (rival, _)) in self.behind.iter().zip(RIVALS) {
            for (where_, sample) in [("in all", behind.all), ("in a visible page", behind.visible)] {
                if sample.is_positive() && sample.mean() > MIN_LEAD {
                    let (mean, error) = (sample.mean(), sample.standard_error());
                    misses.push(format!(
                        "{name}: {rival:?} is ahead by {mean:.1} ± {error:.1} s {where_}"
                    ));
                }
            }
        }
        let regret = self.regret.all.mean();
        if regret > MAX_REGRET {
            misses.push(format!("{name}: a regret of {regret:.1} s a day"));
        }
        let limit = if self.days.kind == DayKind::Healthy {
            MAX_REQUESTS.0
        } else {
            MAX_REQUESTS.1
        };
        let ratio = self.request_ratio();
        if ratio > limit && !self.days.loop_fails_to_ask {
            misses.push(format!("{name}: {ratio:.2} × the requests of Microsoft's loop"));
        }
        misses
    }
}

/// Simulates `count` days of a row with every strategy, on all cores.
#[must_use]
pub fn compare(days: &Days, count: u64) -> Row {
    let next = AtomicU64::new(0);
    let part = || {
        let mut row = Row::new(*days);
        while let Some(seed) = Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < count) {
            row.add_day(seed);
        }
        row
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<Row> = thread::scope(|scope| {
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(part)).collect();
        running.into_iter().filter_map(|one| one.join().ok()).collect()
    });
    let mut row = Row::new(*days);
    parts.iter().for_each(|part| row.merge(part));
    row
}

/// The comparison over `count` days a row as a Markdown table; `tick` is called after each row.
///
/// A cell holds the means of a day: seconds without a valid token, those in a visible page, requests.
#[must_use]
pub fn table(count: u64, tick: impl Fn()) -> String {
    let names = STRATEGIES.map(|(name, _)| name).join(" | ");
    let mut text = format!(
        "| a day with | {names} | regret |\n|---|{}\n",
        "---:|".repeat(STRATEGIES.len() + 1)
    );
    let mut misses = String::new();
    for days in ROWS {
        let row = compare(&days, count);
        tick();
        let _ = write!(text, "| {} |", days.name);
        for cell in row.cells {
            let Seconds { all, visible } = cell.seconds;
            let (all, visible) = (all.mean(), visible.mean());
            let _ = write!(text, " {all:.1} · {visible:.1} s · {:.1} |", cell.requests.mean());
        }
        let (mean, error) = (row.regret.all.mean(), row.regret.all.standard_error());
        let _ = writeln!(text, " {mean:.1} ± {error:.1} s |");
        for miss in row.misses() {
            let _ = writeln!(misses, "{miss}");
        }
    }
    text + "\n" + &misses
}
