//! The simulator's part of `npm run bench`, as JSON: `requests` (a healthy day), `fleet` and `outage` (a million pages),
//! `comparison` (the keeper and its rivals) and `speed` (days a minute).

use serde_json::{Value, json};
use sim::comparison::{ROWS, STRATEGIES, Seconds, compare};
use sim::fleet::{FleetStrategy, Scenario, count};
use sim::generate::{DayKind, SINGLE_FAULTS, generate};
use sim::plan::{Fault, FaultKind, Plan};
use sim::stats::Sample;
use sim::strategies::microsoft::Microsoft;
use sim::{SECOND, simulate, simulate_with};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (figure, count) = (
        words.next(),
        words.next().and_then(|count| count.parse::<u64>().ok()),
    );
    let data = match (figure.as_deref(), count) {
        (Some("requests"), Some(days)) => requests(days),
        (Some("fleet"), Some(pages)) => fleet(pages),
        (Some("outage"), Some(pages)) => outage(pages),
        (Some("comparison"), Some(days)) => comparison(days),
        (Some("speed"), Some(days)) => speed(days),
        _ => {
            eprintln!("requests DAYS | fleet PAGES | outage PAGES | comparison DAYS | speed DAYS");
            return ExitCode::from(2);
        }
    };
    println!("{data}");
    ExitCode::SUCCESS
}

fn threads() -> u64 {
    thread::available_parallelism().map_or(1, usize::from) as u64
}

// ---- requests -----------------------------------------------------------------------------------------------------

/// Requests of healthy days: of the keeper, and of Microsoft's loop, of which each embed of each tab needs its own.
fn requests(days: u64) -> Value {
    let loops = |plan: &Plan, count: u8| {
        let one = |number| simulate_with(&plan.of_tab(number), &mut Microsoft::default()).requests;
        (0..count).map(one).sum::<u32>()
    };
    let cases = [
        ("one page", None, 1),
        ("20 embeds", Some(FaultKind::ExtraEmbeds(19)), 20),
        ("5 tabs, one shareKey", Some(FaultKind::Tabs(5)), 5),
    ];
    let rows = cases.map(|(name, more, count)| {
        let each = (0..days).map(|seed| {
            let mut plan = generate(DayKind::Healthy, seed);
            let microsoft = loops(&plan, count);
            plan.faults.extend(more.map(Fault::all_day));
            let day = simulate(&plan, false);
            assert!(
                day.violations.is_empty(),
                "{name}, seed {seed}: {:?}",
                day.violations
            );
            (day.metrics.requests, microsoft)
        });
        let (keeper, microsoft): (Vec<_>, Vec<_>) = each.unzip();
        json!({ "name": name, "keeper": spread(&keeper), "microsoft": spread(&microsoft) })
    });
    json!({ "days": days, "rows": rows })
}

fn spread(counts: &[u32]) -> Value {
    let mean = f64::from(counts.iter().sum::<u32>()) / counts.len().max(1) as f64;
    json!({ "mean": mean, "most": counts.iter().max() })
}

// ---- fleet --------------------------------------------------------------------------------------------------------

fn fleet(pages: u64) -> Value {
    let scenario = &Scenario::SAME_SECOND;
    let strategies = [
        ("keeper", FleetStrategy::Keeper),
        ("unjittered", FleetStrategy::Unjittered),
        ("microsoft", FleetStrategy::Microsoft),
    ];
    let mut data = json!({ "pages": pages, "seconds": scenario.ends / SECOND });
    for (name, strategy) in strategies {
        let counted = count(strategy, pages, scenario);
        // seconds without any request are most of them
        let some: Vec<_> = counted
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .collect();
        data[name] = json!(some);
    }
    data
}

/// The load of a fleet whose tokens run out in an outage, and the bars that the keeper misses.
fn outage(pages: u64) -> Value {
    let scenario = Scenario::OUTAGE;
    let [keeper, microsoft] =
        [FleetStrategy::Keeper, FleetStrategy::Microsoft].map(|strategy| count(strategy, pages, &scenario));
    let loads = |seconds: &[u32]| {
        scenario
            .loads(seconds, 1)
            .map(|load| json!({ "mean": load.mean, "peak": load.peak }))
    };
    json!({
        "pages": pages,
        "keeper": loads(&keeper),
        "microsoft": loads(&microsoft),
        "misses": scenario.misses(&keeper, &microsoft, 1),
    })
}

// ---- comparison ---------------------------------------------------------------------------------------------------

/// Every row of the comparison, over `days` days each, and the bars that the keeper misses.
fn comparison(days: u64) -> Value {
    let sample = |sample: &Sample| json!([sample.mean(), sample.standard_error()]);
    let mut misses = Vec::new();
    let rows: Vec<_> = ROWS
        .iter()
        .map(|row| {
            let row = compare(row, days);
            misses.extend(row.misses());
            let seconds = |one: &Seconds| json!({ "all": sample(&one.all), "visible": sample(&one.visible) });
            let cells = row.cells.iter().map(|cell| {
                json!({
                    "seconds": seconds(&cell.seconds),
                    "requests": sample(&cell.requests),
                    "unhandled": sample(&cell.unhandled),
                })
            });
            let behind = row.behind.iter().map(seconds);
            json!({
                "name": row.days.name,
                "cells": cells.collect::<Vec<_>>(),
                "regret": seconds(&row.regret),
                "behind": behind.collect::<Vec<_>>(),
                "requestRatio": row.request_ratio(),
            })
        })
        .collect();
    let strategies = STRATEGIES.map(|(name, _)| name);
    json!({ "days": days, "strategies": strategies, "rows": rows, "misses": misses })
}

// ---- speed --------------------------------------------------------------------------------------------------------

/// Days a minute, on all cores, with every check.
fn speed(days: u64) -> Value {
    let kinds = [
        ("usual", DayKind::Usual),
        ("one fault each", DayKind::Mixed),
        ("wild", DayKind::Wild),
        ("several tabs", DayKind::Tabs),
        ("healthy", DayKind::Healthy),
        ("mixed, as the soak", DayKind::Mixed),
    ];
    let rows = kinds.map(|(name, kind)| {
        let kind_of = |seed: u64| match name {
            "one fault each" => DayKind::SingleFault(SINGLE_FAULTS[seed as usize % SINGLE_FAULTS.len()]),
            _ => kind,
        };
        let (next, began) = (AtomicU64::new(0), Instant::now());
        thread::scope(|scope| {
            for _ in 0..threads() {
                scope.spawn(|| {
                    while let Some(seed) = Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < days) {
                        let day = simulate(&generate(kind_of(seed), seed), false);
                        assert!(
                            day.violations.is_empty(),
                            "{name}, seed {seed}: {:?}",
                            day.violations
                        );
                    }
                });
            }
        });
        json!({ "name": name, "perMinute": days as f64 / began.elapsed().as_secs_f64() * 60.0 })
    });
    json!({ "days": days, "threads": threads(), "rows": rows })
}
