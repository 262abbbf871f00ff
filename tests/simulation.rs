//! Simulated days of each sort without an avoidable second; I1 to I12 are checked after every step.
//!
//! The simulator is the workspace's `tests/sim`; `npm run soak -- --days 100000` plays more. A day that fails prints its
//! seed, its faults shortened to those that are needed, and the trace up to the moment.

#![expect(clippy::panic, reason = "tests")]

use sim::draw::{SINGLES, Sort, draw};
use sim::plan::{Fault, What};
use sim::{play, report};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Plays the days with these seeds on all cores.
#[track_caller]
fn hold(sort: Sort, seeds: std::ops::Range<u64>) {
    let next = AtomicU64::new(seeds.start);
    let play_on = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= seeds.end {
                return None;
            }
            let plan = draw(sort, seed);
            if let Some(violation) = play(&plan, false).violations.first() {
                next.store(seeds.end, Relaxed);
                return Some(report::report(&plan, violation));
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let failed = std::thread::scope(|scope| {
        let players: Vec<_> = (0..cores).map(|_| scope.spawn(play_on)).collect();
        players
            .into_iter()
            .find_map(|player| player.join().ok().flatten())
    });
    if let Some(report) = failed {
        panic!("{sort:?}, {report}");
    }
}

#[test]
fn i9_no_second_is_avoidable_on_days_with_the_usual_faults() {
    hold(Sort::Usual, 0..500);
}

#[test]
fn i9_no_second_is_avoidable_on_days_with_every_fault_there_is() {
    hold(Sort::Wild, 0..2_000);
}

#[test]
fn i9_no_second_is_avoidable_on_days_with_one_fault() {
    for single in SINGLES {
        hold(Sort::Single(single), 0..40);
    }
}

#[test]
fn a_healthy_day_has_no_second_without_a_token_and_a_request_per_50_minutes() {
    for seed in 0..40 {
        let day = play(&draw(Sort::Healthy, seed), false);
        assert_eq!(day.violations, []);
        assert_eq!(day.tally.without, 0, "seed {seed}");
        // day / (lifetime − lead), DESIGN §4
        assert!(
            day.tally.requests <= 29,
            "seed {seed}: {} requests",
            day.tally.requests
        );
    }
}

#[test]
fn i9_no_second_is_avoidable_on_days_of_several_tabs() {
    hold(Sort::Tabs, 0..300);
}

#[test]
fn while_the_source_answers_the_tabs_of_one_share_key_ask_about_as_often_as_one() {
    let (mut alone, mut together) = (0, 0);
    for seed in 0..100 {
        let mut plan = draw(Sort::Usual, seed);
        // each tab has a ladder of its own, and waits for another's turn for no more than five seconds
        plan.faults.retain(|fault| {
            !matches!(
                fault.what,
                What::Outage | What::Status(..) | What::Slow(_) | What::Asleep { net: 1.., .. }
            )
        });
        alone += play(&plan, false).tally.requests;
        plan.faults.insert(0, Fault::all_day(What::Tabs(3)));
        let day = play(&plan, false);
        assert_eq!(day.violations, [], "seed {seed}");
        together += day.tally.requests;
    }
    let limit = alone + alone / 20;
    assert!(together <= limit, "{together} by three tabs, {alone} by one");
}

#[test]
fn a_seed_is_one_day_and_always_the_same() {
    for (seed, sort) in [(0, Sort::Wild), (7, Sort::Tabs), (u64::MAX, Sort::Wild)] {
        let tell = || play(&draw(sort, seed), true).trace;
        assert_eq!(tell(), tell());
    }
}
