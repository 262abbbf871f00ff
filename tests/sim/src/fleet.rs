//! A fleet: many pages, and the requests that they make per second.
//!
//! Each page is the real core behind a minimal shell. Nothing goes wrong but for an outage of the source, in a
//! [`Scenario`] that has one.

use crate::tokens::{Grant, TokenStore, parse_json};
use crate::{HOUR, MINUTE, SECOND, START};
use fastrand::Rng;
use powerbi_token_keeper::io::{
    ApplyOutcome, Effect, EmbedConfig, EmbedId, EmbedSnapshot, Headers, Input, SourceFailure,
};
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use powerbi_token_keeper::{Keeper, RefreshPolicy};
use std::collections::VecDeque;
use std::thread;

/// Requests per second, from the beginning on.
pub type Seconds = Vec<u32>;

const LIFE: i64 = HOUR;
const GRANT: Grant = Grant {
    kind: Kind::Embed,
    own_user: true,
    contents: 1,
    role: 0,
    has_expiration: true,
};
const EMBED: EmbedId = EmbedId(0);
/// The time that the source and a frame take to respond.
const ANSWER: i64 = 200;

/// The strategy of a fleet's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetStrategy {
    /// The keeper.
    Keeper,
    /// The keeper with the same jitter in every page, as if there were none.
    Unjittered,
    /// Microsoft's documented loop.
    Microsoft,
}

/// Tokens that live for an hour, one for each second of issue.
#[derive(Debug)]
pub struct Tokens(Vec<(AccessToken, i64)>);

impl Tokens {
    /// All tokens that a fleet may get within `long` ms.
    #[must_use]
    pub fn new(long: i64) -> Self {
        let mut tokens = TokenStore::default();
        let each = |second| {
            let id = tokens.issue(GRANT, second * SECOND, LIFE);
            (tokens.get(id).text.clone(), tokens.get(id).expires_at)
        };
        Self((0..=long / SECOND + 1).map(each).collect())
    }

    fn at(&self, at: i64) -> &(AccessToken, i64) {
        &self.0[(at / SECOND) as usize]
    }
}

/// The pages of a fleet, and the time for which it is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The pages open, each with a new token, at random times until then.
    pub opened_until: i64,
    /// The outage of the source; empty for none.
    pub outage: (i64, i64),
    /// The end of the simulation.
    pub ends: i64,
}

impl Scenario {
    /// All pages get their token in the same second, and nothing goes wrong for four hours.
    pub const SAME_SECOND: Self = Self {
        opened_until: SECOND,
        outage: (0, 0),
        ends: 4 * HOUR,
    };
    /// All windows open during an outage of 20 minutes, and all tokens run out in its last nine.
    pub const OUTAGE: Self = Self {
        opened_until: 9 * MINUTE,
        outage: (LIFE - 11 * MINUTE, LIFE + 9 * MINUTE),
        ends: LIFE + 30 * MINUTE,
    };

    const fn fails(&self, at: i64) -> bool {
        self.outage.0 <= at && at < self.outage.1
    }
}

/// The requests of a fleet in one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The mean, per second.
    pub mean: f64,
    /// The most in a second, over the busiest seconds in a row.
    pub peak: f64,
}

impl Scenario {
    /// The load while the source is away, and from its return on. The peak is over `width` seconds in a row.
    #[must_use]
    pub fn loads(&self, requests: &[u32], width: usize) -> [Load; 2] {
        let load = |from: i64, to: i64| {
            let phase = (from / SECOND) as usize..(to / SECOND) as usize;
            let phase = requests.get(phase).unwrap_or_default();
            let sum = |seconds: &[u32]| f64::from(seconds.iter().sum::<u32>());
            Load {
                mean: sum(phase) / phase.len().max(1) as f64,
                peak: phase.windows(width).map(sum).fold(0.0, f64::max) / width as f64,
            }
        };
        [load(self.outage.0, self.outage.1), load(self.outage.1, self.ends)]
    }

    /// Where the keeper's fleet asks more often than that of Microsoft's loop.
    #[must_use]
    pub fn misses(&self, keeper: &[u32], microsoft: &[u32], width: usize) -> Vec<String> {
        let [ours, theirs] = [keeper, microsoft].map(|requests| self.loads(requests, width));
        let phases = ["while the backend is away", "when it is back"].into_iter();
        let pairs = phases.zip(ours.into_iter().zip(theirs));
        let values = pairs.flat_map(|(phase, (ours, theirs))| {
            [
                (phase, "in the mean", ours.mean, theirs.mean),
                (phase, "at the peak", ours.peak, theirs.peak),
            ]
        });
        values
            .filter(|(_, _, ours, theirs)| ours > theirs)
            .map(|(phase, which, ours, theirs)| {
                format!("a fleet {phase}: {ours:.0} requests a second {which}, Microsoft's loop {theirs:.0}")
            })
            .collect()
    }
}

/// Simulates `pages` pages on all cores: their requests in each second.
#[must_use]
pub fn count(strategy: FleetStrategy, pages: u64, scenario: &Scenario) -> Seconds {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let length = (scenario.ends / SECOND) as usize;
    let part = |first: usize| {
        // a token is shared by reference count, within a thread
        let tokens = Tokens::new(scenario.ends);
        let mut seconds = vec![0; length];
        for seed in (first as u64..pages).step_by(threads) {
            page(strategy, seed, &tokens, scenario, &mut seconds);
        }
        seconds
    };
    let parts: Vec<Seconds> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || part(first)))
            .collect();
        running.into_iter().filter_map(|one| one.join().ok()).collect()
    });
    (0..length)
        .map(|second| parts.iter().map(|part| part[second]).sum())
        .collect()
}

/// Simulates one page, and adds its requests to `seconds`.
pub fn page(strategy: FleetStrategy, seed: u64, tokens: &Tokens, scenario: &Scenario, seconds: &mut Seconds) {
    let opened = Rng::with_seed(seed).i64(0..scenario.opened_until);
    let mut ask = |at: i64| {
        if let Some(count) = seconds.get_mut((at / SECOND) as usize) {
            *count += 1;
        }
    };
    match strategy {
        FleetStrategy::Microsoft => microsoft(opened, scenario, &mut ask),
        FleetStrategy::Keeper => keeper(seed, opened, tokens, scenario, &mut ask),
        FleetStrategy::Unjittered => keeper(0, opened, tokens, scenario, &mut ask),
    }
}

fn microsoft(opened: i64, scenario: &Scenario, ask: &mut impl FnMut(i64)) {
    let mut expires = opened + LIFE;
    let mut at = opened;
    while at < scenario.ends {
        if expires - at <= 10 * MINUTE {
            ask(at);
            if !scenario.fails(at) {
                expires = at + ANSWER / 2 + LIFE;
            }
        }
        at += 30 * SECOND;
    }
}

fn keeper(seed: u64, opened: i64, tokens: &Tokens, scenario: &Scenario, ask: &mut impl FnMut(i64)) {
    let now = |at: i64| Now {
        wall: Timestamp::from_ms(START + at),
        mono: Instant::from_ms((at - opened).unsigned_abs()),
    };
    let mut keeper = Keeper::new(RefreshPolicy::default(), parse_json, seed);
    let mut holds = tokens.at(opened).0.clone();
    let attach = Input::Attach {
        embed: EMBED,
        config: embed_config(&holds),
    };
    let mut inbox = VecDeque::from([(opened, attach)]);
    let mut at = opened;
    loop {
        let timer = keeper
            .deadline()
            .map(|due| opened + due.at.since(Instant::from_ms(0)).as_ms() as i64);
        let next = inbox.front().map(|(when, _)| *when);
        at = match (next, timer) {
            (Some(next), Some(timer)) => next.min(timer),
            (next, timer) => next.or(timer).unwrap_or(scenario.ends),
        }
        .max(at);
        if at >= scenario.ends {
            return;
        }
        let due = if next.is_some_and(|next| next <= at) {
            inbox.pop_front()
        } else {
            None
        };
        let input = due.map_or(Input::Tick, |(_, input)| input);
        for effect in keeper.handle(now(at), input) {
            match effect {
                Effect::RequestToken { request, .. } => {
                    ask(at);
                    let headers = Headers::default();
                    if scenario.fails(at) {
                        let failure = SourceFailure::Network;
                        let failed = Input::RequestFailed {
                            request,
                            failure,
                            headers,
                        };
                        inbox.push_back((at + ANSWER, failed));
                        continue;
                    }
                    let (text, expires) = tokens.at(at + ANSWER / 2);
                    let answer = Json::Object(vec![
                        ("token".to_owned(), Json::String(text.clone())),
                        (
                            "expiration".to_owned(),
                            Json::Date(Timestamp::from_ms(START + expires)),
                        ),
                    ]);
                    inbox.push_back((
                        at + ANSWER,
                        Input::ResponseReceived {
                            request,
                            answer,
                            headers,
                        },
                    ));
                }
                Effect::SetAccessToken { embed, call, token } => {
                    holds = token.clone();
                    let outcome = ApplyOutcome::Settled(Some(token));
                    inbox.push_back((at + ANSWER, Input::ApplyFinished { embed, call, outcome }));
                }
                Effect::ObserveEmbed(embed) => {
                    let snapshot = EmbedSnapshot::Present(embed_config(&holds));
                    inbox.push_front((at, Input::EmbedObserved { embed, snapshot }));
                }
                _ => {}
            }
        }
    }
}

fn embed_config(token: &AccessToken) -> EmbedConfig {
    EmbedConfig {
        token: Some(token.clone()),
        kind: Some(Kind::Embed),
        ..EmbedConfig::default()
    }
}
