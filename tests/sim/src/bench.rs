//! What the simulator measures for `npm run bench`, as JSON: `requests` (a healthy day), `fleet` (a million pages), `speed`
//! (its own).

use serde_json::{Value, json};
use sim::draw::{SINGLES, Sort, draw};
use sim::fleet::{Seconds, Tokens, Way, page};
use sim::plan::{Fault, Plan, What};
use sim::players::microsoft::Microsoft;
use sim::{HOUR, SECOND, play, play_with};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (what, count) = (
        words.next(),
        words.next().and_then(|count| count.parse::<u64>().ok()),
    );
    let told = match (what.as_deref(), count) {
        (Some("requests"), Some(days)) => requests(days),
        (Some("fleet"), Some(pages)) => fleet(pages),
        (Some("speed"), Some(days)) => speed(days),
        _ => {
            eprintln!("requests DAYS | fleet PAGES | speed DAYS");
            return ExitCode::from(2);
        }
    };
    println!("{told}");
    ExitCode::SUCCESS
}

fn threads() -> u64 {
    thread::available_parallelism().map_or(1, usize::from) as u64
}

// ---- requests -----------------------------------------------------------------------------------------------------

/// Requests of healthy days: by our keeper, and by Microsoft's loop, of which there is one for each embed of each tab.
fn requests(days: u64) -> Value {
    let loops = |plan: &Plan, count: u8| {
        let one = |number| play_with(&plan.of_tab(number), &mut Microsoft::default()).requests;
        (0..count).map(one).sum::<u32>()
    };
    let cases = [
        ("one page", None, 1),
        ("20 embeds", Some(What::Crowd(19)), 20),
        ("5 tabs, one shareKey", Some(What::Tabs(5)), 5),
    ];
    let rows = cases.map(|(name, more, count)| {
        let each = (0..days).map(|seed| {
            let mut plan = draw(Sort::Healthy, seed);
            let microsoft = loops(&plan, count);
            plan.faults.extend(more.map(Fault::all_day));
            let day = play(&plan, false);
            assert!(
                day.violations.is_empty(),
                "{name}, seed {seed}: {:?}",
                day.violations
            );
            (day.tally.requests, microsoft)
        });
        let (ours, microsoft): (Vec<_>, Vec<_>) = each.unzip();
        json!({ "name": name, "ours": spread(&ours), "microsoft": spread(&microsoft) })
    });
    json!({ "days": days, "rows": rows })
}

fn spread(counts: &[u32]) -> Value {
    let mean = f64::from(counts.iter().sum::<u32>()) / counts.len().max(1) as f64;
    json!({ "mean": mean, "most": counts.iter().max() })
}

// ---- fleet --------------------------------------------------------------------------------------------------------

/// How long the fleet is watched.
const WATCHED: i64 = 4 * HOUR;

fn fleet(pages: u64) -> Value {
    let ways = [
        ("ours", Way::Keeper),
        ("unjittered", Way::Unjittered),
        ("microsoft", Way::Microsoft),
    ];
    let mut told = json!({ "pages": pages, "seconds": WATCHED / SECOND });
    for (name, way) in ways {
        let counted = count(way, pages);
        // seconds without any request are most of them
        let some: Vec<_> = counted
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .collect();
        told[name] = json!(some);
    }
    told
}

fn count(way: Way, pages: u64) -> Seconds {
    let part = |first: u64| {
        // a token is shared by reference count, within a thread
        let tokens = Tokens::new(WATCHED);
        let mut seconds = vec![0; (WATCHED / SECOND) as usize];
        for seed in (first..pages).step_by(threads() as usize) {
            page(way, seed, &tokens, WATCHED, &mut seconds);
        }
        seconds
    };
    let parts: Vec<Seconds> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads())
            .map(|first| scope.spawn(move || part(first)))
            .collect();
        running.into_iter().filter_map(|one| one.join().ok()).collect()
    });
    (0..(WATCHED / SECOND) as usize)
        .map(|second| parts.iter().map(|part| part[second]).sum())
        .collect()
}

// ---- speed --------------------------------------------------------------------------------------------------------

/// Days a minute, on all cores, with every check.
fn speed(days: u64) -> Value {
    let sorts = [
        ("usual", Sort::Usual),
        ("one fault each", Sort::Mixed),
        ("wild", Sort::Wild),
        ("several tabs", Sort::Tabs),
        ("healthy", Sort::Healthy),
        ("mixed, as the soak", Sort::Mixed),
    ];
    let rows = sorts.map(|(name, sort)| {
        let sort_of = |seed: u64| match name {
            "one fault each" => Sort::Single(SINGLES[seed as usize % SINGLES.len()]),
            _ => sort,
        };
        let (next, began) = (AtomicU64::new(0), Instant::now());
        thread::scope(|scope| {
            for _ in 0..threads() {
                scope.spawn(|| {
                    while let Some(seed) = Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < days) {
                        let day = play(&draw(sort_of(seed), seed), false);
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
