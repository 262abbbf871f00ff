//! The soak: days by the hundred thousand, `npm run soak -- --days 100000`.
//!
//! It stops at the first day on which an invariant does not hold, and prints that day, shortened. `--seed` prints one day,
//! `--table` the comparison. `--kind healthy | usual | wild | tabs | owntokens` selects the days (all in turn by default),
//! `--from` the first seed, `--threads` the number of threads.

use indicatif::{ProgressBar, ProgressStyle};
use sim::checks::Violation;
use sim::generate::{DayKind, generate};
use sim::{SECOND, comparison, report, simulate};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The command line.
struct Arguments {
    days: u64,
    from: u64,
    seed: Option<u64>,
    kind: DayKind,
    threads: usize,
    table: bool,
}

impl Arguments {
    fn name(&self) -> String {
        format!("{:?}", self.kind).to_lowercase()
    }
}

fn parse_arguments() -> Result<Arguments, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut days = None;
    let mut arguments = Arguments {
        days: 0,
        from: 0,
        seed: None,
        kind: DayKind::Mixed,
        threads: cores,
        table: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--table" {
            arguments.table = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("{word} wants a number, not {value}"))
        };
        match word.as_str() {
            "--days" => days = Some(number()?),
            "--from" => arguments.from = number()?,
            "--seed" => arguments.seed = Some(number()?),
            "--threads" => arguments.threads = usize::try_from(number()?.max(1)).unwrap_or(1),
            "--kind" => {
                arguments.kind = match value.as_str() {
                    "healthy" => DayKind::Healthy,
                    "usual" => DayKind::Usual,
                    "wild" => DayKind::Wild,
                    "tabs" => DayKind::Tabs,
                    "owntokens" => DayKind::OwnTokens,
                    "mixed" => DayKind::Mixed,
                    _ => {
                        return Err(format!(
                            "--kind is healthy, usual, wild, tabs, owntokens or mixed, not {value}"
                        ));
                    }
                }
            }
            _ => {
                return Err(format!(
                    "{word} is not known: --days --from --seed --kind --threads --table"
                ));
            }
        }
    }
    arguments.days = days.unwrap_or(if arguments.table { 300 } else { 10_000 });
    Ok(arguments)
}

fn bar(days: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} days, {per_sec}, {eta} to go");
    let bar = ProgressBar::new(days);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn main() -> ExitCode {
    // a panic of the keeper is reported as I12, with the day that leads to it
    std::panic::set_hook(Box::new(|_| {}));
    match parse_arguments() {
        Err(text) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
        Ok(arguments) if arguments.table => {
            let bar = bar(comparison::ROWS.len() as u64);
            let text = comparison::table(arguments.days, || bar.inc(1));
            bar.finish_and_clear();
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Arguments {
            seed: Some(seed),
            kind,
            ..
        }) => {
            let plan = generate(kind, seed);
            match simulate(&plan, false).violations.first() {
                Some(violation) => print!("{}", report::report(&plan, violation)),
                None => print!("seed {seed}\n{}", report::describe(&plan)),
            }
            ExitCode::SUCCESS
        }
        Ok(arguments) => soak(&arguments),
    }
}

/// Simulates the days on all cores until one fails.
fn soak(arguments: &Arguments) -> ExitCode {
    let (bar, began) = (bar(arguments.days), Instant::now());
    let (next, failed, requests, without) = (
        AtomicU64::new(0),
        AtomicBool::new(false),
        AtomicU64::new(0),
        AtomicI64::new(0),
    );
    let first: Mutex<Option<(u64, Violation)>> = Mutex::new(None);
    let simulate_days = || {
        while !failed.load(Relaxed) {
            let day = next.fetch_add(1, Relaxed);
            if day >= arguments.days {
                break;
            }
            let seed = arguments.from + day;
            let done = simulate(&generate(arguments.kind, seed), false);
            requests.fetch_add(u64::from(done.metrics.requests), Relaxed);
            without.fetch_add(done.metrics.without_token, Relaxed);
            if let Some(violation) = done.violations.into_iter().next() {
                failed.store(true, Relaxed);
                first
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get_or_insert((seed, violation));
            }
            bar.inc(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(simulate_days);
        }
    });
    let (done, took) = (bar.position(), began.elapsed().as_secs_f64());
    bar.finish_and_clear();
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((seed, violation)) = first {
        print!("{}", report::report(&generate(arguments.kind, seed), &violation));
        println!("npm run soak -- --kind {} --seed {seed}", arguments.name());
        return ExitCode::FAILURE;
    }
    println!(
        "{done} days ({}), seeds {} to {}, {} seconds: every invariant held",
        arguments.name(),
        arguments.from,
        arguments.from + arguments.days.saturating_sub(1),
        done * 86_400
    );
    println!(
        "{} requests, {} s without a valid token",
        requests.into_inner(),
        without.into_inner() / SECOND,
    );
    println!(
        "{took:.1} s, {:.0} days a minute on {} threads",
        done as f64 / took * 60.0,
        arguments.threads
    );
    ExitCode::SUCCESS
}
