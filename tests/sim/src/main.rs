//! Days by the hundred thousand: `npm run soak -- --days 100000`.
//!
//! Stops at the first day on which an invariant does not hold, and tells it, shortened. `--seed` tells one day, `--table`
//! prints the yardstick, `--sort healthy | usual | wild | tabs` chooses the days (all of them in turn when nothing is chosen),
//! `--from` the first seed, `--threads` how many.

use indicatif::{ProgressBar, ProgressStyle};
use sim::checks::Violation;
use sim::draw::{Sort, draw};
use sim::{SECOND, play, report, table};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

impl Asked {
    fn name(&self) -> String {
        format!("{:?}", self.sort).to_lowercase()
    }
}

/// What the command line says.
struct Asked {
    days: u64,
    from: u64,
    seed: Option<u64>,
    sort: Sort,
    threads: usize,
    table: bool,
}

fn asked() -> Result<Asked, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut days = None;
    let mut asked = Asked {
        days: 0,
        from: 0,
        seed: None,
        sort: Sort::Mixed,
        threads: cores,
        table: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--table" {
            asked.table = true;
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
            "--from" => asked.from = number()?,
            "--seed" => asked.seed = Some(number()?),
            "--threads" => asked.threads = usize::try_from(number()?.max(1)).unwrap_or(1),
            "--sort" => {
                asked.sort = match value.as_str() {
                    "healthy" => Sort::Healthy,
                    "usual" => Sort::Usual,
                    "wild" => Sort::Wild,
                    "tabs" => Sort::Tabs,
                    "mixed" => Sort::Mixed,
                    _ => {
                        return Err(format!(
                            "--sort is healthy, usual, wild, tabs or mixed, not {value}"
                        ));
                    }
                }
            }
            _ => {
                return Err(format!(
                    "{word} is not known: --days --from --seed --sort --threads --table"
                ));
            }
        }
    }
    asked.days = days.unwrap_or(if asked.table { 300 } else { 10_000 });
    Ok(asked)
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
    // a panic of the keeper is told as I12, with the day that leads to it
    std::panic::set_hook(Box::new(|_| {}));
    match asked() {
        Err(text) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
        Ok(asked) if asked.table => {
            let bar = bar(asked.days * (table::DAYS.len() * table::EVERYBODY.len()) as u64);
            let text = table::table(asked.days, || bar.inc(1));
            bar.finish_and_clear();
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Asked {
            seed: Some(seed),
            sort,
            ..
        }) => {
            let plan = draw(sort, seed);
            match play(&plan, false).violations.first() {
                Some(violation) => print!("{}", report::report(&plan, violation)),
                None => print!("seed {seed}\n{}", report::story(&plan)),
            }
            ExitCode::SUCCESS
        }
        Ok(asked) => soak(&asked),
    }
}

/// Plays the days on all cores until one fails.
fn soak(asked: &Asked) -> ExitCode {
    let (bar, began) = (bar(asked.days), Instant::now());
    let (next, failed, requests, without) = (
        AtomicU64::new(0),
        AtomicBool::new(false),
        AtomicU64::new(0),
        AtomicI64::new(0),
    );
    let first: Mutex<Option<(u64, Violation)>> = Mutex::new(None);
    let play_on = || {
        while !failed.load(Relaxed) {
            let day = next.fetch_add(1, Relaxed);
            if day >= asked.days {
                break;
            }
            let seed = asked.from + day;
            let played = play(&draw(asked.sort, seed), false);
            requests.fetch_add(u64::from(played.tally.requests), Relaxed);
            without.fetch_add(played.tally.without, Relaxed);
            if let Some(violation) = played.violations.into_iter().next() {
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
        for _ in 0..asked.threads {
            scope.spawn(play_on);
        }
    });
    let (played, took) = (bar.position(), began.elapsed().as_secs_f64());
    bar.finish_and_clear();
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((seed, violation)) = first {
        print!("{}", report::report(&draw(asked.sort, seed), &violation));
        println!("npm run soak -- --sort {} --seed {seed}", asked.name());
        return ExitCode::FAILURE;
    }
    println!(
        "{played} days ({}), seeds {} to {}, {} seconds: every invariant held, 0 avoidable seconds",
        asked.name(),
        asked.from,
        asked.from + asked.days.saturating_sub(1),
        played * 86_400
    );
    println!(
        "{} requests, {} s without a valid token, none of them avoidable",
        requests.into_inner(),
        without.into_inner() / SECOND,
    );
    println!(
        "{took:.1} s, {:.0} days a minute on {} threads",
        played as f64 / took * 60.0,
        asked.threads
    );
    ExitCode::SUCCESS
}
