//! A page, a source and frames in virtual time: the other side of the keeper, natively.
//!
//! Everything that the keeper asks for is recorded or performed here, and the invariants that hold in every state
//! are checked after every input.
#![expect(unreachable_pub, reason = "a module of several test files has no outside")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]
#![allow(clippy::allow_attributes, dead_code, reason = "each test file uses its part")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use powerbi_token_keeper::io::{
    ApplyOutcome, CallId, ClaimId, Deadline, Effect, EmbedId, ErrorCode, Event, Headers, Input, KeeperState,
    Level, Outcome, Reason, Recovery, RecoveryOutcome, RequestId, Sight, SourceFailure, Status, Trigger,
    WaiterId,
};
use powerbi_token_keeper::keeper::Keeper;
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// 2026-01-01T00:00:00Z, the hour at which every story begins.
pub const START: i64 = 1_767_225_600_000;
/// Stands in every token; nothing that is printed may hold it.
pub const CANARY: &str = "CANARY";

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

/// What `JSON.parse` is in a browser.
pub fn read_json(text: &[u8]) -> Option<Json> {
    serde_json::from_slice(text).ok().map(|value| json_of(&value))
}

pub fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(number) => Json::Number(number.as_f64().unwrap()),
        Value::String(text) => Json::Text(AccessToken::new(text.clone())),
        Value::Array(items) => Json::List(items.iter().map(json_of).collect()),
        Value::Object(members) => Json::Map(
            members
                .iter()
                .map(|(name, value)| (name.clone(), json_of(value)))
                .collect(),
        ),
    }
}

/// An embed token that expires at `expires` (ms). Each `serial` gives another text.
pub fn embed_token(serial: u32, expires: i64) -> String {
    let metadata =
        json!({ "clusterUrl": "https://WABI-TEST-redirect.analysis.windows.net", "exp": expires / 1_000 });
    format!(
        "H4sI{CANARY}{serial:08}.{}",
        URL_SAFE_NO_PAD.encode(metadata.to_string())
    )
}

/// An Aad token of a user.
pub fn aad_token(serial: u32, issued: i64, expires: i64, oid: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "typ": "JWT", "alg": "RS256", "kid": serial }));
    let claims = part(json!({
        "aud": "https://analysis.windows.net/powerbi/api", "iss": "https://sts.windows.net/t/", "tid": "t", "oid": oid,
        "scp": "Report.Read.All", "iat": issued / 1_000, "nbf": issued / 1_000, "exp": expires / 1_000, "ver": "1.0",
    }));
    format!("{header}.{claims}.{CANARY}{serial:08}")
}

/// How a frame answers `setAccessToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// At once, and takes the token.
    Takes,
    /// At once, and refuses.
    Refuses,
    /// Never.
    Hangs,
    /// It does not listen yet.
    Deaf,
    /// It is gone.
    Gone,
}

/// One embed, as its configuration has it.
#[derive(Debug)]
pub struct Frame {
    pub holds: Option<String>,
    pub kind: Option<Kind>,
    pub manner: Manner,
    pub calls: u32,
    /// Calls that were never answered.
    pub open: Vec<(CallId, String)>,
}

/// A request under way.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub id: RequestId,
    pub reason: Reason,
    pub attempt: u32,
    pub at: i64,
}

pub struct World {
    pub keeper: Keeper,
    pub wall: i64,
    pub mono: i64,
    pub flight: Option<Asked>,
    pub asked: Vec<Asked>,
    pub frames: BTreeMap<u32, Frame>,
    pub events: Vec<Event>,
    pub settled: Vec<(u32, Outcome)>,
    pub recovered: Vec<(u32, Recovery)>,
    /// The turn among the tabs that is waited for or held.
    pub claim: Option<ClaimId>,
    /// What was given to other tabs: tokens, and when they expire.
    pub shares: Vec<(String, i64)>,
    /// How often an embed was looked at.
    pub looks: u32,
    /// The last call of `reload()` or `refresh()`.
    pub recovering: Option<(EmbedId, CallId)>,
    /// How a `reload()` or `refresh()` ends; `None` when it does not.
    pub recovery: Option<RecoveryOutcome>,
    pub ticks: u32,
    inbox: VecDeque<Input>,
    busy: bool,
    stopped: bool,
    serial: u32,
    waiter: u32,
    /// The budget by other means: the theoretical arrival time of GCRA.
    arrival: i64,
}

impl World {
    pub fn new() -> Self {
        Self::with(RefreshPolicy::default(), 7)
    }

    pub fn with(policy: RefreshPolicy, seed: u64) -> Self {
        let mut world = Self {
            keeper: Keeper::new(policy, read_json, seed),
            wall: START,
            mono: 1_000,
            flight: None,
            asked: Vec::new(),
            frames: BTreeMap::new(),
            events: Vec::new(),
            settled: Vec::new(),
            recovered: Vec::new(),
            claim: None,
            shares: Vec::new(),
            looks: 0,
            recovering: None,
            recovery: Some(RecoveryOutcome::Done),
            ticks: 0,
            inbox: VecDeque::new(),
            busy: false,
            stopped: false,
            serial: 0,
            waiter: 0,
            arrival: i64::MIN,
        };
        world.tell(Input::Begin {
            initial: None,
            kind: None,
            hidden: false,
        });
        world
    }

    pub fn now(&self) -> Now {
        Now {
            wall: Timestamp::from_ms(self.wall),
            mono: Instant::from_ms(self.mono.unsigned_abs()),
        }
    }

    pub fn status(&self) -> Status {
        self.keeper.status(self.now())
    }

    pub fn state(&self) -> KeeperState {
        self.status().state
    }

    /// Tells the keeper, performs what it wants, and checks what must hold in every state.
    pub fn tell(&mut self, input: Input) {
        self.inbox.push_back(input);
        // as in the shell: what is answered while effects are performed waits until all of them are
        if std::mem::replace(&mut self.busy, true) {
            return;
        }
        while let Some(input) = self.inbox.pop_front() {
            self.deliver(input);
        }
        self.busy = false;
    }

    fn deliver(&mut self, input: Input) {
        if matches!(input, Input::Stop) {
            self.stopped = true;
        }
        let effects = self.keeper.handle(self.now(), input);
        assert!(
            effects.is_empty() || !format!("{effects:?}").contains(CANARY),
            "I6: effects print no token"
        );
        for effect in effects {
            self.perform(effect);
        }
        self.check();
    }

    fn check(&self) {
        let deadline = self.keeper.deadline();
        if self.stopped {
            assert_eq!(deadline, None, "I3: no deadline after stop");
            return;
        }
        if let Some(Deadline { at, reason }) = deadline {
            assert!(
                at > self.now().mono,
                "I5: the deadline is not in the past: {reason:?}"
            );
        }
        if self.status().embeds > 0 {
            assert!(
                deadline.is_some(),
                "I4: with something attached there is a deadline"
            );
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Ask {
                request,
                reason,
                attempt,
            } => self.ask(request, reason, attempt),
            Effect::Abort(request) => {
                assert_eq!(
                    self.flight.map(|flight| flight.id),
                    Some(request),
                    "only the current is aborted"
                );
                self.flight = None;
            }
            Effect::Claim(claim) => self.claim = Some(claim),
            Effect::Release => self.claim = None,
            Effect::Share(token, expires) => self.shares.push((token.expose().to_owned(), expires.as_ms())),
            Effect::Apply { embed, call, token } => self.apply(embed, call, &token),
            Effect::Recover { embed, call, how } => {
                self.recovered.push((embed.0, how));
                self.recovering = Some((embed, call));
                if let Some(outcome) = self.recovery {
                    self.tell(Input::Recovered { embed, call, outcome });
                }
            }
            Effect::Look(embed) => {
                self.looks += 1;
                self.sees(embed.0);
            }
            Effect::Drop(embed) => {
                self.frames.remove(&embed.0);
            }
            Effect::Settle(WaiterId(id), outcome) => self.settled.push((id, outcome)),
            Effect::Emit(event) => {
                assert!(
                    !format!("{event:?}").contains(CANARY),
                    "I6: events print no token"
                );
                self.events.push(event);
            }
        }
    }

    fn ask(&mut self, id: RequestId, reason: Reason, attempt: u32) {
        assert!(self.flight.is_none(), "I1: at most one request under way");
        self.arrival = self.arrival.max(self.mono) + 30 * SECOND;
        assert!(
            self.arrival - self.mono <= 300 * SECOND,
            "I8: the request budget holds"
        );
        let asked = Asked {
            id,
            reason,
            attempt,
            at: self.mono,
        };
        self.flight = Some(asked);
        self.asked.push(asked);
    }

    fn apply(&mut self, embed: EmbedId, call: CallId, token: &AccessToken) {
        let Some(frame) = self.frames.get_mut(&embed.0) else {
            return self.tell(Input::Applied {
                embed,
                call,
                outcome: ApplyOutcome::Gone,
            });
        };
        let text = token.expose().to_owned();
        if let Some(old) = &frame.holds {
            assert!(
                expires_at(&text) >= expires_at(old),
                "I7: an earlier expiration never replaces a later one on an embed"
            );
        }
        frame.calls += 1;
        let outcome = match frame.manner {
            Manner::Takes => {
                frame.holds = Some(text);
                ApplyOutcome::Settled(Some(token.clone()))
            }
            Manner::Refuses => ApplyOutcome::Settled(frame.holds.clone().map(AccessToken::new)),
            Manner::Deaf => ApplyOutcome::NotListening,
            Manner::Gone => ApplyOutcome::Gone,
            Manner::Hangs => {
                frame.open.push((call, text));
                return;
            }
        };
        self.tell(Input::Applied { embed, call, outcome });
    }

    // ---- what happens ---------------------------------------------------------------------------

    /// Time goes by, on both clocks alike; the timer fires at each deadline.
    pub fn passes(&mut self, ms: i64) {
        let end = self.mono + ms;
        while let Some(due) = self
            .keeper
            .deadline()
            .map(|due| due.at.as_ms().cast_signed())
            .filter(|at| *at <= end)
        {
            // a timer that was due while the page was frozen fires now
            let due = due.max(self.mono);
            self.wall += due - self.mono;
            self.mono = due;
            self.ticks += 1;
            self.tell(Input::Tick);
        }
        self.wall += end - self.mono;
        self.mono = end;
    }

    /// Time goes by until a request is under way, for `within` ms at most.
    #[track_caller]
    pub fn until_request(&mut self, within: i64) -> Asked {
        let end = self.mono + within;
        while self.flight.is_none() && self.mono < end {
            let due = self
                .keeper
                .deadline()
                .map_or(end, |due| due.at.as_ms().cast_signed());
            self.passes((due - self.mono).clamp(0, end - self.mono));
        }
        self.expect_request()
    }

    /// The machine sleeps: the wall clock goes on, the monotonic one does not, no timer fires.
    pub fn sleeps(&mut self, ms: i64) {
        self.wall += ms;
    }

    /// The page is frozen or throttled: both clocks go on, no timer fires.
    pub fn freezes(&mut self, ms: i64) {
        self.wall += ms;
        self.mono += ms;
    }

    /// An embed with a token in its configuration is attached.
    pub fn attach(&mut self, id: u32, holds: Option<String>, kind: Option<Kind>) {
        let frame = Frame {
            holds: holds.clone(),
            kind,
            manner: Manner::Takes,
            calls: 0,
            open: Vec::new(),
        };
        self.frames.insert(id, frame);
        self.tell(Input::Attach {
            embed: EmbedId(id),
            held: holds.map(AccessToken::new),
            kind,
        });
    }

    /// A page with one embed whose token lives for `life` ms from now.
    pub fn with_embed(life: i64) -> Self {
        let mut world = Self::new();
        let token = world.mint(life);
        world.attach(0, Some(token), Some(Kind::Embed));
        world
    }

    /// The shell looks at an embed.
    pub fn sees(&mut self, id: u32) {
        let sight = match self.frames.get(&id) {
            None => Sight::Gone,
            Some(frame) if frame.manner == Manner::Gone => Sight::Gone,
            Some(frame) => Sight::Holds(frame.holds.clone().map(AccessToken::new), frame.kind),
        };
        self.tell(Input::Seen {
            embed: EmbedId(id),
            sight,
        });
    }

    /// It is this tab's turn.
    #[track_caller]
    pub fn turn(&mut self) {
        let claim = self.claim.expect("a turn is waited for");
        self.tell(Input::Claimed(claim));
    }

    /// Another tab got a new token that lives for `life` ms from now.
    pub fn hears_of_token(&mut self, life: i64) -> String {
        let token = self.mint(life);
        self.tell(Input::Shared(json_of(
            &json!({ "token": token, "expiration": self.wall + life }),
        )));
        token
    }

    pub fn detach(&mut self, id: u32) {
        self.frames.remove(&id);
        self.tell(Input::Detach(EmbedId(id)));
    }

    pub fn frame(&mut self, id: u32) -> &mut Frame {
        self.frames.get_mut(&id).unwrap()
    }

    /// A new embed token that lives for `life` ms from now, by the wall clock.
    pub fn mint(&mut self, life: i64) -> String {
        self.serial += 1;
        embed_token(self.serial, self.wall + life)
    }

    /// The request under way, which must be there.
    #[track_caller]
    pub fn expect_request(&self) -> Asked {
        self.flight.expect("a request is under way")
    }

    #[track_caller]
    pub fn expect_requests(&self, count: usize) {
        assert_eq!(self.asked.len(), count, "requests made: {:?}", self.asked);
    }

    /// The source answers the request under way.
    #[track_caller]
    pub fn answers(&mut self, answer: &Value) {
        let request = self.expect_request().id;
        self.answers_to(request, answer, Headers::default());
    }

    pub fn answers_to(&mut self, request: RequestId, answer: &Value, headers: Headers) {
        if self.flight.is_some_and(|flight| flight.id == request) {
            self.flight = None;
        }
        self.tell(Input::Answered {
            request,
            answer: json_of(answer),
            headers,
        });
    }

    /// The source answers with a new token that lives for `life` ms from now; gives its text.
    #[track_caller]
    pub fn answers_token(&mut self, life: i64) -> String {
        let token = self.mint(life);
        self.answers(&json!({ "token": token }));
        token
    }

    /// A token that can't be used is refused; the event must not hold it.
    pub fn refuses_wrapped(&mut self, token: &str) {
        self.refreshes();
        self.answers(&json!({ "token": format!("Bearer {token}") }));
        assert_eq!(self.failures(), [ErrorCode::TokenUnusable]);
    }

    #[track_caller]
    pub fn fails(&mut self, failure: SourceFailure) {
        self.fails_with(failure, Headers::default());
    }

    #[track_caller]
    pub fn fails_with(&mut self, failure: SourceFailure, headers: Headers) {
        let request = self.expect_request().id;
        self.flight = None;
        self.tell(Input::Failed {
            request,
            failure,
            headers,
        });
    }

    pub fn trigger(&mut self, trigger: Trigger) {
        self.tell(Input::Trigger(trigger));
    }

    pub fn shouts(&mut self, id: u32, level: Level) {
        self.tell(Input::Shouted {
            embed: EmbedId(id),
            level,
        });
    }

    fn next_waiter(&mut self) -> WaiterId {
        self.waiter += 1;
        WaiterId(self.waiter)
    }

    pub fn asks_provider(&mut self, embed: Option<u32>) -> u32 {
        let waiter = self.next_waiter();
        self.tell(Input::Provide {
            waiter,
            embed: embed.map(EmbedId),
        });
        waiter.0
    }

    pub fn refreshes(&mut self) -> u32 {
        let waiter = self.next_waiter();
        self.tell(Input::Refresh(waiter));
        waiter.0
    }

    pub fn obtains(&mut self) -> u32 {
        let waiter = self.next_waiter();
        self.tell(Input::Obtain(waiter));
        waiter.0
    }

    /// What a waiter was told; `None` while it waits.
    pub fn told(&self, waiter: u32) -> Option<&Outcome> {
        self.settled
            .iter()
            .find(|(id, _)| *id == waiter)
            .map(|(_, outcome)| outcome)
    }

    #[track_caller]
    pub fn told_token(&self, waiter: u32) -> &str {
        match self.told(waiter) {
            Some(Outcome::Token(token)) => token.expose(),
            other => panic!("waiter {waiter} got no token: {other:?}"),
        }
    }

    // ---- what was told --------------------------------------------------------------------------

    /// The codes of all `refreshfailed` so far.
    pub fn failures(&self) -> Vec<ErrorCode> {
        let code = |event: &Event| match event {
            Event::RefreshFailed(failed, _) => Some(failed.code),
            _ => None,
        };
        self.events.iter().filter_map(code).collect()
    }

    /// The names of all states so far.
    pub fn states(&self) -> Vec<&'static str> {
        let state = |event: &Event| match event {
            Event::StateChange(status) => Some(status.state.as_str()),
            _ => None,
        };
        self.events.iter().filter_map(state).collect()
    }

    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }

    /// Whether an embed holds a token that has run out by the true clock.
    pub fn holds_expired(&self, id: u32) -> bool {
        self.frames[&id]
            .holds
            .as_deref()
            .is_none_or(|token| expires_at(token) <= self.wall)
    }
}

/// When a token of ours expires, in ms; 0 when it does not say.
pub fn expires_at(token: &str) -> i64 {
    let Some(segment) = token.split('.').nth(1) else {
        return 0;
    };
    let claims = URL_SAFE_NO_PAD.decode(segment).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["exp"]
        .as_i64()
        .unwrap()
        * 1_000
}
