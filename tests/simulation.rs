//! Simulated days of each kind, with I1 to I14 checked after every step; and the keeper beside its rivals.
//!
//! The simulator is the workspace's `tests/sim`; `npm run soak -- --days 100000` simulates more days. A day that fails
//! prints its seed, the faults that it takes, and the trace up to the violation.

#![expect(clippy::panic, reason = "tests")]

use sim::comparison::{ROWS, compare};
use sim::fleet::{FleetStrategy, Scenario, count};
use sim::generate::{DayKind, SINGLE_FAULTS, SingleFault, generate};
use sim::plan::{Fault, FaultKind};
use sim::{report, simulate};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The days of each row of the comparison.
const DAYS: u64 = 50;

/// Simulates the days with these seeds on all cores.
#[track_caller]
fn check_days(kind: DayKind, seeds: std::ops::Range<u64>) {
    let next = AtomicU64::new(seeds.start);
    let simulate_days = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= seeds.end {
                return None;
            }
            let plan = generate(kind, seed);
            if let Some(violation) = simulate(&plan, false).violations.first() {
                next.store(seeds.end, Relaxed);
                return Some(report::report(&plan, violation));
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(simulate_days)).collect();
        workers
            .into_iter()
            .find_map(|worker| worker.join().ok().flatten())
    });
    if let Some(report) = failed {
        panic!("{kind:?}, {report}");
    }
}

#[test]
fn i9_keeps_to_the_designs_schedule_on_days_with_the_usual_faults() {
    check_days(DayKind::Usual, 0..500);
}

#[test]
fn i9_keeps_to_the_designs_schedule_on_days_with_every_fault_there_is() {
    check_days(DayKind::Wild, 0..2_000);
}

#[test]
fn i9_keeps_to_the_designs_schedule_on_days_with_one_fault() {
    for single in SINGLE_FAULTS {
        check_days(DayKind::SingleFault(single), 0..40);
    }
}

#[test]
fn i13_i14_a_page_with_tokens_of_its_own_keeps_them_until_they_are_due() {
    for single in [
        SingleFault::NewReport,
        SingleFault::TwoReports,
        SingleFault::RoleChange,
    ] {
        check_days(DayKind::SingleFault(single), 0..300);
    }
    check_days(DayKind::OwnTokens, 0..600);
}

#[test]
fn no_rival_is_ahead_and_regret_and_requests_keep_to_their_bars() {
    // as many days as fit into twenty seconds; `npm run bench` simulates 3,000
    let misses: Vec<_> = ROWS.iter().flat_map(|row| compare(row, DAYS).misses()).collect();
    assert_eq!(misses, [""; 0]);
}

#[test]
fn a_fleet_that_loses_its_tokens_in_an_outage_asks_no_more_than_microsofts_loop() {
    let [keeper, microsoft] = [FleetStrategy::Keeper, FleetStrategy::Microsoft]
        .map(|strategy| count(strategy, 10_000, &Scenario::OUTAGE));
    // of so few pages a single second says little
    assert_eq!(Scenario::OUTAGE.misses(&keeper, &microsoft, 15), [""; 0]);
}

#[test]
fn a_healthy_day_has_no_second_without_a_token_and_a_request_per_50_minutes() {
    for seed in 0..40 {
        let day = simulate(&generate(DayKind::Healthy, seed), false);
        assert_eq!(day.violations, []);
        assert_eq!(day.metrics.without_token, 0, "seed {seed}");
        // day / (lifetime − lead)
        assert!(
            day.metrics.requests <= 29,
            "seed {seed}: {} requests",
            day.metrics.requests
        );
    }
}

#[test]
fn i9_keeps_to_the_designs_schedule_on_days_of_several_tabs() {
    check_days(DayKind::Tabs, 0..300);
}

#[test]
fn while_the_source_responds_the_tabs_of_one_share_key_make_about_as_many_requests_as_one() {
    let (mut alone, mut together) = (0, 0);
    for seed in 0..100 {
        let mut plan = generate(DayKind::Usual, seed);
        // each tab backs off by itself, and waits for the lock for no more than five seconds
        plan.faults.retain(|fault| {
            !matches!(
                fault.kind,
                FaultKind::Outage
                    | FaultKind::Status(..)
                    | FaultKind::SlowSource(_)
                    | FaultKind::Sleep { net: 1.., .. }
            )
        });
        alone += simulate(&plan, false).metrics.requests;
        plan.faults.insert(0, Fault::all_day(FaultKind::Tabs(3)));
        let day = simulate(&plan, false);
        assert_eq!(day.violations, [], "seed {seed}");
        together += day.metrics.requests;
    }
    let limit = alone + alone / 20;
    assert!(together <= limit, "{together} by three tabs, {alone} by one");
}

#[test]
fn a_seed_is_one_day_and_always_the_same() {
    for (seed, kind) in [(0, DayKind::Wild), (7, DayKind::Tabs), (u64::MAX, DayKind::Wild)] {
        let trace = || simulate(&generate(kind, seed), true).trace;
        assert_eq!(trace(), trace());
    }
}
