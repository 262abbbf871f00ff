//! A fleet: many pages that all got their first token in the same second, and the requests that they make per second.
//!
//! Each page is the real core behind a minimal shell. Nothing goes wrong.

use crate::tokens::{TokenStore, parse_json};
use crate::{HOUR, MINUTE, SECOND, START};
use fastrand::Rng;
use powerbi_token_keeper::io::{ApplyOutcome, Effect, EmbedId, EmbedSnapshot, Headers, Input};
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use powerbi_token_keeper::{Keeper, RefreshPolicy};
use std::collections::VecDeque;

/// Requests per second, from the beginning on.
pub type Seconds = Vec<u32>;

const LIFE: i64 = HOUR;
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
            let id = tokens.issue(Kind::Embed, second * SECOND, LIFE, true, true);
            (tokens.get(id).text.clone(), tokens.get(id).expires_at)
        };
        Self((0..=long / SECOND + 1).map(each).collect())
    }

    fn at(&self, at: i64) -> &(AccessToken, i64) {
        &self.0[(at / SECOND) as usize]
    }
}

/// Simulates one page from 0 to `long`, and adds its requests to `seconds`.
pub fn page(strategy: FleetStrategy, seed: u64, tokens: &Tokens, long: i64, seconds: &mut Seconds) {
    // all of them open within the first second
    let opened = Rng::with_seed(seed).i64(0..SECOND);
    let mut ask = |at: i64| {
        if let Some(count) = seconds.get_mut((at / SECOND) as usize) {
            *count += 1;
        }
    };
    match strategy {
        FleetStrategy::Microsoft => microsoft(opened, long, &mut ask),
        FleetStrategy::Keeper => keeper(seed, opened, tokens, long, &mut ask),
        FleetStrategy::Unjittered => keeper(0, opened, tokens, long, &mut ask),
    }
}

fn microsoft(opened: i64, long: i64, ask: &mut impl FnMut(i64)) {
    let mut expires = LIFE;
    let mut at = opened;
    while at < long {
        if expires - at <= 10 * MINUTE {
            ask(at);
            expires = at + ANSWER / 2 + LIFE;
        }
        at += 30 * SECOND;
    }
}

fn keeper(seed: u64, opened: i64, tokens: &Tokens, long: i64, ask: &mut impl FnMut(i64)) {
    let now = |at: i64| Now {
        wall: Timestamp::from_ms(START + at),
        mono: Instant::from_ms((at - opened).unsigned_abs()),
    };
    let mut keeper = Keeper::new(RefreshPolicy::default(), parse_json, seed);
    let mut holds = tokens.at(0).0.clone();
    let attach = Input::Attach {
        embed: EMBED,
        held: Some(holds.clone()),
        kind: Some(Kind::Embed),
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
            (next, timer) => next.or(timer).unwrap_or(long),
        }
        .max(at);
        if at >= long {
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
                    let (text, expires) = tokens.at(at + ANSWER / 2);
                    let answer = Json::Object(vec![
                        ("token".to_owned(), Json::String(text.clone())),
                        (
                            "expiration".to_owned(),
                            Json::Date(Timestamp::from_ms(START + expires)),
                        ),
                    ]);
                    let headers = Headers::default();
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
                    let snapshot = EmbedSnapshot::Present(Some(holds.clone()), Some(Kind::Embed));
                    inbox.push_front((at, Input::EmbedObserved { embed, snapshot }));
                }
                _ => {}
            }
        }
    }
}
