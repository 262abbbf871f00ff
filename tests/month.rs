//! A page that is left open for a month, and engines that crash: five tabs with twenty embeds each, visible, hidden,
//! frozen and asleep in turn. Nothing grows, and a crash costs an event.
//!
//! What a crash leaves is what `npm/src/session.ts` hands over: the embeds with the tokens that stand on them, and the
//! waiters, who ask again. Everything else is new.

#![expect(unsafe_code, reason = "an allocator that counts")]
#![expect(clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod harness;

use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use harness::{HOUR, MINUTE, SECOND, START, content, embed_token, json_of, parse_json};
use powerbi_token_keeper::io::{
    ApplyOutcome, Effect, EmbedCallId, EmbedConfig, EmbedId, EmbedSnapshot, Headers, Input, LockRequestId,
    RecoveryOutcome, RequestId, Trigger, WaiterId,
};
use powerbi_token_keeper::keeper::Keeper;
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Kind};
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

struct Counting;
static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: the system's allocator does it all
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed() as i64, Relaxed);
        // SAFETY: as of this function
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed() as i64, Relaxed);
        // SAFETY: as of this function
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One test at a time, so that what is counted is its own.
static TURN: Mutex<()> = Mutex::new(());

const DAY: i64 = 24 * HOUR;
const LIFE: i64 = HOUR;
const TABS: usize = 5;
const EMBEDS: u32 = 20;
/// How long the source takes, and an embed.
const ANSWER: i64 = 2 * SECOND;

/// What the page goes through at an hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Visible,
    Hidden,
    /// No timer fires.
    Frozen,
    /// Nor does the monotonic clock go on, every other day.
    Asleep,
}

fn condition(at: i64) -> Condition {
    match at % DAY / HOUR {
        0..8 => Condition::Visible,
        8..12 => Condition::Hidden,
        12..14 => Condition::Frozen,
        14..16 => Condition::Visible,
        _ => Condition::Asleep,
    }
}

/// A token and its expiration.
#[derive(Debug, Clone)]
struct Token {
    text: Rc<str>,
    expires: i64,
}

struct Tab {
    keeper: Keeper,
    /// The tokens that stand on the embeds.
    embeds: Vec<Token>,
    /// The request under way, and when it is answered.
    request: Option<(RequestId, i64)>,
    /// Calls of `setAccessToken` that have not ended; without a number their engine has crashed.
    calls: VecDeque<(i64, EmbedId, Option<EmbedCallId>, Token)>,
    waiting: Vec<WaiterId>,
    next_waiter: u32,
    lock: Option<LockRequestId>,
}

struct World {
    at: i64,
    /// How far the monotonic clock is behind.
    uncounted: i64,
    minted: u32,
    requests: u32,
    /// Milliseconds in which a visible page had an embed with an expired token.
    without_token: i64,
    tabs: Vec<Tab>,
    holder: Option<usize>,
}

impl World {
    fn new(tabs: usize) -> Self {
        let mut world = Self {
            at: 0,
            uncounted: 0,
            minted: 0,
            requests: 0,
            without_token: 0,
            tabs: Vec::new(),
            holder: None,
        };
        for number in 0..tabs {
            let first = world.mint();
            world.tabs.push(Tab {
                keeper: keeper(number as u64, tabs > 1),
                embeds: vec![first; EMBEDS as usize],
                request: None,
                calls: VecDeque::new(),
                waiting: Vec::new(),
                next_waiter: 0,
                lock: None,
            });
            world.begin(number);
        }
        world
    }

    fn mint(&mut self) -> Token {
        self.minted += 1;
        let expires = self.at + LIFE;
        let text = embed_token(self.minted, START + expires).into();
        Token { text, expires }
    }

    fn now(&self) -> Now {
        Now {
            wall: Timestamp::from_ms(START + self.at),
            mono: Instant::from_ms((self.at - self.uncounted).unsigned_abs()),
        }
    }

    /// A keeper's first inputs, of which a crash has the same.
    fn begin(&mut self, tab: usize) {
        let hidden = condition(self.at) != Condition::Visible;
        self.tell(
            tab,
            Input::Begin {
                initial: None,
                kind: None,
                hidden,
            },
        );
        for embed in 0..EMBEDS {
            let config = self.config(tab, EmbedId(embed));
            self.tell(
                tab,
                Input::Attach {
                    embed: EmbedId(embed),
                    config,
                },
            );
        }
    }

    fn config(&self, tab: usize, embed: EmbedId) -> EmbedConfig {
        let held = &self.tabs[tab].embeds[embed.0 as usize];
        EmbedConfig {
            token: Some(AccessToken::new(held.text.to_string())),
            kind: Some(Kind::Embed),
            content: content(0),
        }
    }

    fn tell(&mut self, tab: usize, input: Input) {
        let now = self.now();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.tabs[tab].keeper.handle(now, input) {
                inputs.extend(self.perform(tab, effect));
            }
        }
    }

    /// Performs an effect. Returns what the keeper is told at once.
    fn perform(&mut self, number: usize, effect: Effect) -> Option<Input> {
        let at = self.at;
        let tab = &mut self.tabs[number];
        match effect {
            Effect::RequestToken { request, .. } => {
                assert!(tab.request.is_none(), "I1: two requests at once");
                tab.request = Some((request, at + ANSWER));
                self.requests += 1;
            }
            Effect::AbortRequest(_) => tab.request = None,
            Effect::SetAccessToken { embed, call, token } => {
                let text: Rc<str> = token.expose().into();
                let expires = harness::expires_at(&text) - START;
                tab.calls
                    .push_back((at + ANSWER, embed, Some(call), Token { text, expires }));
            }
            Effect::CaptureState { embed, call } => {
                return Some(Input::StateCaptured {
                    embed,
                    call,
                    captured: false,
                });
            }
            Effect::Recover { embed, call, .. } => {
                let outcome = RecoveryOutcome::Done {
                    state_restored: false,
                };
                return Some(Input::RecoveryFinished { embed, call, outcome });
            }
            Effect::ObserveEmbed(embed) => {
                let snapshot = EmbedSnapshot::Present(self.config(number, embed));
                return Some(Input::EmbedObserved { embed, snapshot });
            }
            Effect::AcquireLock(request) => tab.lock = Some(request),
            Effect::ReleaseLock => self.release(number),
            Effect::BroadcastToken {
                token,
                expires,
                contents,
            } => {
                let contents: Vec<_> = contents.iter().map(|one| one.as_number()).collect();
                let message =
                    json!({ "token": token.expose(), "expiration": expires.as_ms(), "contents": contents });
                for other in (0..self.tabs.len()).filter(|other| *other != number) {
                    self.tell(other, Input::TokenReceivedFromTab(json_of(&message)));
                }
            }
            Effect::ResolveWaiter(waiter, _) => tab.waiting.retain(|one| *one != waiter),
            Effect::ForgetEmbed(_) => panic!("an embed is forgotten"),
            Effect::Emit(_) => {}
        }
        None
    }

    fn release(&mut self, tab: usize) {
        self.tabs[tab].lock = None;
        if self.holder == Some(tab) {
            self.holder = None;
        }
    }

    /// A second goes by.
    fn step(&mut self) {
        let before = condition(self.at);
        self.at += SECOND;
        let after = condition(self.at);
        if after == Condition::Asleep && self.at / DAY % 2 == 0 {
            self.uncounted += SECOND;
        }
        for tab in 0..self.tabs.len() {
            if before != after {
                match (before, after) {
                    (_, Condition::Visible) => self.tell(tab, Input::Trigger(Trigger::Visible)),
                    (_, Condition::Hidden) => self.tell(tab, Input::Hidden),
                    _ => {}
                }
            }
            if !matches!(after, Condition::Visible | Condition::Hidden) {
                continue;
            }
            self.answers(tab);
            let now = self.now();
            if self.tabs[tab]
                .keeper
                .deadline()
                .is_some_and(|due| due.at <= now.mono)
            {
                let seen: Vec<_> = self.tabs[tab].keeper.embeds_to_observe().collect();
                for embed in seen {
                    let snapshot = EmbedSnapshot::Present(self.config(tab, embed));
                    self.tell(tab, Input::EmbedObserved { embed, snapshot });
                }
                self.tell(tab, Input::Tick);
            }
            let expired = |token: &Token| token.expires <= self.at;
            if after == Condition::Visible && self.tabs[tab].embeds.iter().any(expired) {
                self.without_token += SECOND;
            }
        }
        if self.holder.is_none() {
            let next = self.tabs.iter().position(|tab| tab.lock.is_some());
            if let Some(tab) = next
                && let Some(request) = self.tabs[tab].lock.take()
            {
                self.holder = Some(tab);
                self.tell(tab, Input::LockAcquired(request));
            }
        }
    }

    /// What the tab waited for is there.
    fn answers(&mut self, tab: usize) {
        if let Some((request, due)) = self.tabs[tab].request
            && due <= self.at
        {
            self.tabs[tab].request = None;
            let token = self.mint();
            let answer = json_of(&json!({ "token": &*token.text, "expiration": START + token.expires }));
            self.tell(
                tab,
                Input::ResponseReceived {
                    request,
                    answer,
                    headers: Headers::default(),
                },
            );
        }
        while self.tabs[tab]
            .calls
            .front()
            .is_some_and(|(due, ..)| *due <= self.at)
        {
            let Some((_, embed, call, token)) = self.tabs[tab].calls.pop_front() else {
                return;
            };
            self.tabs[tab].embeds[embed.0 as usize] = token.clone();
            if let Some(call) = call {
                let outcome = ApplyOutcome::Settled(Some(AccessToken::new(token.text.to_string())));
                self.tell(tab, Input::ApplyFinished { embed, call, outcome });
            }
        }
    }

    /// A waiter asks: for a refresh, for a token, or as a frame.
    fn asks(&mut self, tab: usize, how: u32) {
        let waiter = WaiterId(self.tabs[tab].next_waiter * 3 + how % 3);
        self.tabs[tab].next_waiter += 1;
        self.tabs[tab].waiting.push(waiter);
        self.tell(tab, question(waiter));
    }

    /// The engine crashes: what it knew is lost, and what it asked for is aborted.
    fn crash(&mut self, tab: usize, seed: u64) {
        self.release(tab);
        let many = self.tabs.len() > 1;
        let one = &mut self.tabs[tab];
        one.keeper = keeper(seed, many);
        one.request = None;
        for (_, _, call, _) in &mut one.calls {
            *call = None;
        }
        let waiting = one.waiting.clone();
        self.begin(tab);
        for waiter in waiting {
            self.tell(tab, question(waiter));
        }
    }
}

fn keeper(seed: u64, tabs: bool) -> Keeper {
    Keeper::new(RefreshPolicy::default().with_tabs(tabs), parse_json, seed)
}

/// What a waiter asks, by its number.
fn question(waiter: WaiterId) -> Input {
    match waiter.0 % 3 {
        0 => Input::Refresh(waiter),
        1 => Input::GetToken(waiter),
        _ => Input::ProviderCalled {
            waiter,
            embed: Some(EmbedId(0)),
        },
    }
}

#[test]
fn a_month_of_five_tabs_with_twenty_embeds_grows_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut world = World::new(TABS);
    let mut days = Vec::new();
    for _ in 0..30 {
        let before = world.requests;
        for _ in 0..DAY / SECOND {
            world.step();
        }
        days.push((LIVE.load(Relaxed), world.requests - before));
    }
    let (first, second) = (days[2], days[3]);
    for (day, (bytes, requests)) in days.iter().enumerate().skip(4) {
        let like = if day % 2 == 0 { first } else { second };
        assert!(
            (bytes - like.0).abs() < 2_000,
            "day {day}: {bytes} bytes, {} before",
            like.0
        );
        // 14 hours awake, and a request for each of three returns
        assert!(*requests <= 22, "day {day}: {requests} requests");
    }
    // the returns find an expired token, and wait for the answer and for the embeds
    assert!(
        world.without_token <= 30 * TABS as i64 * 3 * 15 * SECOND,
        "{} ms",
        world.without_token
    );
    for tab in &world.tabs {
        assert!(tab.calls.len() <= EMBEDS as usize && tab.waiting.is_empty());
    }
}

#[test]
fn i1_crashes_at_random_moments_of_a_day_lose_no_token_and_no_waiter() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in 0..60 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let tabs = if seed % 3 == 0 { 3 } else { 1 };
        let mut world = World::new(tabs);
        let mut crashes = 0;
        let mut asked = 0;
        for _ in 0..DAY / SECOND {
            world.step();
            let tab = dice.usize(..tabs);
            let awake = matches!(condition(world.at), Condition::Visible | Condition::Hidden);
            if awake && dice.u32(..1_800) == 0 {
                world.asks(tab, dice.u32(..));
                asked += 1;
            }
            // now and then while something is under way, which is rare
            let busy = world.tabs[tab].request.is_some() || !world.tabs[tab].calls.is_empty();
            if awake && dice.u32(..if busy { 8 } else { 3_000 }) == 0 {
                world.crash(tab, dice.u64(..));
                crashes += 1;
            }
        }
        assert!(crashes > 10, "{crashes} crashes");
        // it is midnight, and the page is visible
        for _ in 0..3 * MINUTE / SECOND {
            world.step();
        }
        for tab in &world.tabs {
            assert!(
                tab.waiting.is_empty(),
                "seed {seed}: {:?} still wait",
                tab.waiting
            );
            for token in &tab.embeds {
                assert!(token.expires > world.at, "seed {seed}: an expired token");
            }
        }
        // a crash asks again for what was under way, and sets again what was being set
        let most = 22 * u32::try_from(tabs).unwrap_or(1) + crashes + asked;
        assert!(
            world.requests <= most,
            "seed {seed}: {} requests, at most {most}",
            world.requests
        );
        let limit = (i64::from(crashes) + 4) * 20 * SECOND;
        assert!(
            world.without_token <= limit,
            "seed {seed}: {} ms without a token",
            world.without_token
        );
    }
}
