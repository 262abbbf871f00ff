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
    ApplyOutcome, Content, Deadline, Effect, EmbedCallId, EmbedConfig, EmbedId, EmbedSnapshot, ErrorCode,
    Event, ExpiryScope, Headers, Input, KeeperState, LockRequestId, Outcome, Reason, Recovery,
    RecoveryOutcome, RequestId, SourceFailure, Status, Trigger, WaiterId,
};
use powerbi_token_keeper::keeper::Keeper;
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// 2026-01-01T00:00:00Z, the hour at which every story begins.
pub const START: i64 = 1_767_225_600_000;
/// Stands in every token; nothing that is printed may hold it.
pub const CANARY: &str = "CANARY";

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

/// What `JSON.parse` is in a browser.
pub fn parse_json(text: &[u8]) -> Option<Json> {
    serde_json::from_slice(text).ok().map(|value| json_of(&value))
}

pub fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(number) => Json::Number(number.as_f64().unwrap()),
        Value::String(text) => Json::String(AccessToken::new(text.clone())),
        Value::Array(items) => Json::Array(items.iter().map(json_of).collect()),
        Value::Object(members) => Json::Object(
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
pub enum FrameBehaviour {
    /// At once, and takes the token.
    Accepts,
    /// At once, and refuses.
    Rejects,
    /// Never.
    Hangs,
    /// It does not listen yet.
    NotListening,
    /// It is gone.
    Gone,
}

/// One embed, as its configuration has it.
#[derive(Debug)]
pub struct Frame {
    pub holds: Option<String>,
    pub kind: Option<Kind>,
    /// The number of its content.
    pub content: u32,
    pub behaviour: FrameBehaviour,
    pub calls: u32,
    /// Calls that were never answered.
    pub open: Vec<(EmbedCallId, String)>,
}

impl Frame {
    fn config(&self) -> EmbedConfig {
        EmbedConfig {
            token: self.holds.clone().map(AccessToken::new),
            kind: self.kind,
            content: content(self.content),
        }
    }
}

/// The content of that number.
pub fn content(number: u32) -> Content {
    Content::new(Some("report"), Some(&number.to_string()), None)
}

/// What is known of a token from outside the keeper, for the invariants that need it.
#[derive(Debug, Default)]
struct Provenance {
    /// The source, a tab or the start brought it, or it was found on an embed before any other.
    is_known: bool,
    /// How often `refresh()` had brought a token when it was first seen.
    generation: u32,
    /// The content that it was requested for or found on.
    contents: BTreeSet<u32>,
    /// When it was first seen, by the wall clock.
    seen_at: i64,
    /// The server's time as the keeper believed it then, or when it first set the token.
    believed: i64,
    /// A frame that had it said `TokenExpired`, or asked for another.
    is_unwanted: bool,
}

/// A recovery that ended well, without a state to restore.
pub const DONE: RecoveryOutcome = RecoveryOutcome::Done {
    state_restored: false,
};

/// A request under way.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub id: RequestId,
    pub reason: Reason,
    pub attempt: u32,
    pub at: i64,
}

pub struct Harness {
    pub keeper: Keeper,
    pub wall: i64,
    pub mono: i64,
    pub pending: Option<Request>,
    pub requests: Vec<Request>,
    pub frames: BTreeMap<u32, Frame>,
    pub events: Vec<Event>,
    pub outcomes: Vec<(u32, Outcome)>,
    pub recoveries: Vec<(u32, Recovery)>,
    /// The turn among the tabs that is waited for or held.
    pub lock_request: Option<LockRequestId>,
    /// What was given to other tabs: tokens, and when they expire.
    pub broadcasts: Vec<(String, i64)>,
    /// How often an embed was looked at.
    pub observations: u32,
    /// How often a report's state was to be captured.
    pub captures: u32,
    /// Whether that works; `None` when it does not end.
    pub state_captured: Option<bool>,
    /// The last `reload()` was to restore a state.
    pub restores_state: bool,
    /// The last call of `reload()` or `refresh()`.
    pub last_recovery: Option<(EmbedId, EmbedCallId)>,
    /// How a `reload()` or `refresh()` ends; `None` when it does not.
    pub recovery_outcome: Option<RecoveryOutcome>,
    pub ticks: u32,
    /// The last second in which the timer fired, and how often.
    busy_second: (i64, u32),
    inbox: VecDeque<Input>,
    busy: bool,
    stopped: bool,
    serial: u32,
    waiter: u32,
    /// The budget by other means: the theoretical arrival time of GCRA.
    arrival: i64,
    provenances: BTreeMap<String, Provenance>,
    /// The keeper has taken a token: from then on one that is found on an embed is the page's own.
    has_known_token: bool,
    /// The content that the request under way names.
    named: BTreeSet<u32>,
    /// How often `refresh()` brought a token, and who waits for that.
    generation: u32,
    refreshing: BTreeSet<u32>,
    /// The clocks may be wrong, so that nobody outside the keeper can say which tokens it has to take for good.
    pub clocks_are_doubtful: bool,
}

impl Harness {
    pub fn new() -> Self {
        Self::with(RefreshPolicy::default(), 7)
    }

    pub fn with(policy: RefreshPolicy, seed: u64) -> Self {
        let mut harness = Self {
            keeper: Keeper::new(policy, parse_json, seed),
            wall: START,
            mono: 1_000,
            pending: None,
            requests: Vec::new(),
            frames: BTreeMap::new(),
            events: Vec::new(),
            outcomes: Vec::new(),
            recoveries: Vec::new(),
            lock_request: None,
            broadcasts: Vec::new(),
            observations: 0,
            captures: 0,
            state_captured: Some(false),
            restores_state: false,
            last_recovery: None,
            recovery_outcome: Some(DONE),
            ticks: 0,
            busy_second: (0, 0),
            inbox: VecDeque::new(),
            busy: false,
            stopped: false,
            serial: 0,
            waiter: 0,
            arrival: i64::MIN,
            provenances: BTreeMap::new(),
            has_known_token: false,
            named: BTreeSet::new(),
            generation: 0,
            refreshing: BTreeSet::new(),
            clocks_are_doubtful: false,
        };
        harness.send(Input::Begin {
            initial: None,
            kind: None,
            hidden: false,
        });
        harness
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
    pub fn send(&mut self, input: Input) {
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
            Effect::RequestToken {
                request,
                reason,
                attempt,
            } => self.ask(request, reason, attempt),
            Effect::AbortRequest(request) => {
                assert_eq!(
                    self.pending.map(|request| request.id),
                    Some(request),
                    "only the current is aborted"
                );
                self.pending = None;
            }
            Effect::AcquireLock(claim) => self.lock_request = Some(claim),
            Effect::ReleaseLock => self.lock_request = None,
            Effect::BroadcastToken { token, expires, .. } => {
                self.broadcasts.push((token.expose().to_owned(), expires.as_ms()));
            }
            Effect::CaptureState { embed, call } => {
                self.captures += 1;
                if let Some(captured) = self.state_captured {
                    self.send(Input::StateCaptured {
                        embed,
                        call,
                        captured,
                    });
                }
            }
            Effect::SetAccessToken { embed, call, token } => self.apply(embed, call, &token),
            Effect::Recover {
                embed,
                call,
                how,
                restore_state,
            } => {
                self.recoveries.push((embed.0, how));
                self.restores_state = restore_state;
                self.last_recovery = Some((embed, call));
                if let Some(outcome) = self.recovery_outcome {
                    self.send(Input::RecoveryFinished { embed, call, outcome });
                }
            }
            Effect::ObserveEmbed(embed) => {
                self.observations += 1;
                self.observe(embed.0);
            }
            Effect::ForgetEmbed(embed) => {
                self.frames.remove(&embed.0);
            }
            Effect::ResolveWaiter(WaiterId(id), outcome) => {
                self.refreshing.remove(&id);
                self.has_known_token |= matches!(outcome, Outcome::Token(_) | Outcome::Refreshed(_));
                self.outcomes.push((id, outcome));
            }
            Effect::Emit(event) => {
                assert!(
                    !format!("{event:?}").contains(CANARY),
                    "I6: events print no token"
                );
                self.has_known_token |= matches!(event, Event::Refreshed(_));
                self.events.push(event);
            }
        }
    }

    fn ask(&mut self, id: RequestId, reason: Reason, attempt: u32) {
        assert!(self.pending.is_none(), "I1: at most one request under way");
        self.arrival = self.arrival.max(self.mono) + 30 * SECOND;
        assert!(
            self.arrival - self.mono <= 300 * SECOND,
            "I8: the request budget holds"
        );
        let asked = Request {
            id,
            reason,
            attempt,
            at: self.mono,
        };
        self.named = self.frames.values().map(|frame| frame.content).collect();
        self.pending = Some(asked);
        self.requests.push(asked);
        for embed in self.frames.keys().copied().collect::<Vec<_>>() {
            self.observe(embed);
        }
        self.send(Input::RequestSent(id));
    }

    fn apply(&mut self, embed: EmbedId, call: EmbedCallId, token: &AccessToken) {
        let now = self.now();
        let Some(frame) = self.frames.get_mut(&embed.0) else {
            return self.send(Input::ApplyFinished {
                embed,
                call,
                outcome: ApplyOutcome::Gone,
            });
        };
        let config = frame.config();
        if frame.behaviour != FrameBehaviour::Gone && !self.keeper.may_set(now, embed, &config) {
            let outcome = ApplyOutcome::Settled(config.token);
            self.observe(embed.0);
            return self.send(Input::ApplyFinished { embed, call, outcome });
        }
        let text = token.expose().to_owned();
        frame.calls += 1;
        self.has_known_token = true;
        let (held, content) = (frame.holds.clone(), frame.content);
        self.check_set(held.as_deref(), &text, content);
        let believed = self.believed();
        let provenance = self.provenance(&text);
        provenance.believed = provenance.believed.min(believed);
        let frame = self.frames.get_mut(&embed.0).unwrap();
        let outcome = match frame.behaviour {
            FrameBehaviour::Accepts => {
                frame.holds = Some(text);
                ApplyOutcome::Settled(Some(token.clone()))
            }
            FrameBehaviour::Rejects => ApplyOutcome::Settled(frame.holds.clone().map(AccessToken::new)),
            FrameBehaviour::NotListening => ApplyOutcome::NotListening,
            FrameBehaviour::Gone => ApplyOutcome::Gone,
            FrameBehaviour::Hangs => {
                frame.open.push((call, text));
                return;
            }
        };
        self.send(Input::ApplyFinished { embed, call, outcome });
    }

    /// The server's time as the keeper believes it.
    fn believed(&self) -> i64 {
        self.wall + self.status().clock_skew_ms.as_ms()
    }

    /// I7, I13 and I14, as far as they can be told from outside.
    fn check_set(&self, old: Option<&str>, new: &str, content: u32) {
        let source = self.provenances.get(new).expect("a token out of nowhere");
        assert!(
            source.contents.contains(&content) || kind_of(new) == Kind::Aad,
            "I14: a token is set on content that it was neither requested for nor found on: {content}, {source:?}"
        );
        let Some((old, provenance)) = old.and_then(|old| Some((old, self.provenances.get(old)?))) else {
            return;
        };
        let was_refreshed = source.generation > provenance.generation;
        // an expiration counts for 48 hours from its receipt, by the clock that the keeper believes in
        let believed = provenance.believed.min(source.believed).min(self.believed());
        let latest = expires_at(old).max(expires_at(new));
        let is_capped = self.clocks_are_doubtful && latest - believed > 40 * HOUR;
        assert!(
            was_refreshed || provenance.is_unwanted || is_capped || expires_at(new) >= expires_at(old),
            "I7: an earlier expiration never replaces a later one on an embed"
        );
        let (left, life) = (expires_at(old) - self.wall, expires_at(old) - provenance.seen_at);
        // whatever the lead, the window opens in the second half of a token's life
        let is_good = kind_of(old) == kind_of(new) && left * 100 > life * 56;
        assert!(
            !is_good
                || provenance.is_known
                || provenance.is_unwanted
                || was_refreshed
                || self.clocks_are_doubtful,
            "I13: a good token of the page's own is not replaced before it is due: {left} ms of {life} are left"
        );
    }

    /// An embed with this content has a token.
    fn found(&mut self, text: Option<&str>, content: u32) {
        let Some(text) = text else { return };
        let is_first = !std::mem::replace(&mut self.has_known_token, true);
        let provenance = self.provenance(text);
        provenance.is_known |= is_first;
        provenance.contents.insert(content);
    }

    /// The source, a tab or the start brought this token.
    fn obtained(&mut self, answer: &Value, contents: &BTreeSet<u32>) {
        let text = ["token", "accessToken"]
            .iter()
            .find_map(|name| answer[*name].as_str());
        let Some(text) = text.map(str::to_owned) else {
            return;
        };
        if !self.refreshing.is_empty() {
            self.generation += 1;
        }
        let generation = self.generation;
        let provenance = self.provenance(&text);
        provenance.is_known = true;
        provenance.generation = generation;
        provenance.contents.extend(contents);
    }

    fn provenance(&mut self, text: &str) -> &mut Provenance {
        let (generation, seen_at, believed) = (self.generation, self.wall, self.believed());
        self.provenances
            .entry(text.to_owned())
            .or_insert_with(|| Provenance {
                generation,
                seen_at,
                believed,
                ..Provenance::default()
            })
    }

    /// The frame has said, in one way or another, that it needs another token.
    fn is_unwanted(&mut self, id: u32) {
        if let Some(text) = self.frames.get(&id).and_then(|frame| frame.holds.clone()) {
            self.provenance(&text).is_unwanted = true;
        }
    }

    // ---- what happens ---------------------------------------------------------------------------

    /// Time goes by, on both clocks alike; the timer fires at each deadline.
    pub fn advance(&mut self, ms: i64) {
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
            self.expect_quiet_timer();
            self.send(Input::Tick);
        }
        self.wall += end - self.mono;
        self.mono = end;
    }

    /// A deadline that brings nothing new, and is set again at once, would keep the page's timer busy.
    fn expect_quiet_timer(&mut self) {
        let second = self.mono / SECOND;
        self.busy_second = match self.busy_second {
            (last, ticks) if last == second => (second, ticks + 1),
            _ => (second, 1),
        };
        assert!(self.busy_second.1 <= 20, "the timer fires all the time");
    }

    /// Time goes by until a request is under way, for `within` ms at most.
    #[track_caller]
    pub fn advance_until_request(&mut self, within: i64) -> Request {
        let end = self.mono + within;
        while self.pending.is_none() && self.mono < end {
            let due = self
                .keeper
                .deadline()
                .map_or(end, |due| due.at.as_ms().cast_signed());
            self.advance((due - self.mono).clamp(0, end - self.mono));
        }
        self.expect_request()
    }

    /// The machine sleeps: the wall clock goes on, the monotonic one does not, no timer fires.
    pub fn suspend(&mut self, ms: i64) {
        self.wall += ms;
    }

    /// The page is frozen or throttled: both clocks go on, no timer fires.
    pub fn freeze(&mut self, ms: i64) {
        self.wall += ms;
        self.mono += ms;
    }

    /// An embed with a token in its configuration is attached.
    pub fn attach(&mut self, id: u32, holds: Option<String>, kind: Option<Kind>) {
        self.attach_content(id, holds, kind, 0);
    }

    /// The same, with content of that number.
    pub fn attach_content(&mut self, id: u32, holds: Option<String>, kind: Option<Kind>, content: u32) {
        let frame = Frame {
            holds,
            kind,
            content,
            behaviour: FrameBehaviour::Accepts,
            calls: 0,
            open: Vec::new(),
        };
        let config = frame.config();
        self.found(frame.holds.clone().as_deref(), content);
        self.frames.insert(id, frame);
        self.send(Input::Attach {
            embed: EmbedId(id),
            config,
        });
    }

    /// A page with one embed whose token lives for `life` ms from now.
    pub fn with_embed(life: i64) -> Self {
        let mut harness = Self::new();
        let token = harness.mint(life);
        harness.attach(0, Some(token), Some(Kind::Embed));
        harness
    }

    /// The shell looks at an embed.
    pub fn observe(&mut self, id: u32) {
        let snapshot = match self.frames.get(&id) {
            None => EmbedSnapshot::Removed,
            Some(frame) if frame.behaviour == FrameBehaviour::Gone => EmbedSnapshot::Removed,
            Some(frame) => {
                let (config, content) = (frame.config(), frame.content);
                let text = frame.holds.clone();
                self.found(text.as_deref(), content);
                EmbedSnapshot::Present(config)
            }
        };
        self.send(Input::EmbedObserved {
            embed: EmbedId(id),
            snapshot,
        });
    }

    /// It is this tab's turn.
    #[track_caller]
    pub fn grant_lock(&mut self) {
        let claim = self.lock_request.expect("a turn is waited for");
        self.send(Input::LockAcquired(claim));
    }

    /// Another tab got a new token that lives for `life` ms from now.
    pub fn receive_token_from_tab(&mut self, life: i64) -> String {
        let token = self.mint(life);
        self.receive_from_tab(&json!({ "token": token, "expiration": self.wall + life }), &[0]);
        token
    }

    /// Another tab got this, for embeds with these contents.
    pub fn receive_from_tab(&mut self, message: &Value, contents: &[u32]) {
        self.obtained(message, &contents.iter().copied().collect());
        let mut message = message.clone();
        if let Some(members) = message.as_object_mut() {
            let numbers = contents.iter().map(|number| content(*number).as_number());
            members.insert("contents".to_owned(), numbers.collect());
        }
        self.send(Input::TokenReceivedFromTab(json_of(&message)));
    }

    /// Another report is embedded into the container, with this token, and noticed at once.
    pub fn embed_again(&mut self, id: u32, holds: Option<String>, content: u32) {
        let frame = self.frame(id);
        (frame.holds, frame.content) = (holds, content);
        self.observe(id);
    }

    /// A call of `setAccessToken` settles, perhaps late; the configuration has this token then.
    pub fn settle(&mut self, id: u32, call: EmbedCallId, holds: String) {
        self.frame(id).holds = Some(holds.clone());
        let outcome = ApplyOutcome::Settled(Some(AccessToken::new(holds)));
        let embed = EmbedId(id);
        self.send(Input::ApplyFinished { embed, call, outcome });
    }

    pub fn detach(&mut self, id: u32) {
        self.frames.remove(&id);
        self.send(Input::Detach(EmbedId(id)));
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
    pub fn expect_request(&self) -> Request {
        self.pending.expect("a request is under way")
    }

    #[track_caller]
    pub fn expect_requests(&self, count: usize) {
        assert_eq!(self.requests.len(), count, "requests made: {:?}", self.requests);
    }

    /// The source answers the request under way.
    #[track_caller]
    pub fn respond(&mut self, answer: &Value) {
        let request = self.expect_request().id;
        self.respond_to(request, answer, Headers::default());
    }

    pub fn respond_to(&mut self, request: RequestId, answer: &Value, headers: Headers) {
        if self.pending.is_some_and(|pending| pending.id == request) {
            self.pending = None;
            let named = self.named.clone();
            self.obtained(answer, &named);
        }
        self.send(Input::ResponseReceived {
            request,
            answer: json_of(answer),
            headers,
        });
    }

    /// The source answers with a new token that lives for `life` ms from now; gives its text.
    #[track_caller]
    pub fn respond_with_token(&mut self, life: i64) -> String {
        let token = self.mint(life);
        self.respond(&json!({ "token": token }));
        token
    }

    /// A token that can't be used is refused; the event must not hold it.
    pub fn expect_wrapped_rejected(&mut self, token: &str) {
        self.call_refresh();
        self.respond(&json!({ "token": format!("Bearer {token}") }));
        assert_eq!(self.failure_codes(), [ErrorCode::TokenUnusable]);
    }

    #[track_caller]
    pub fn fail_request(&mut self, failure: SourceFailure) {
        self.fail_request_with(failure, Headers::default());
    }

    #[track_caller]
    pub fn fail_request_with(&mut self, failure: SourceFailure, headers: Headers) {
        let request = self.expect_request().id;
        self.pending = None;
        self.send(Input::RequestFailed {
            request,
            failure,
            headers,
        });
    }

    pub fn trigger(&mut self, trigger: Trigger) {
        self.send(Input::Trigger(trigger));
    }

    pub fn report_token_expired(&mut self, id: u32, scope: ExpiryScope) {
        self.is_unwanted(id);
        self.send(Input::TokenExpiredReported {
            embed: EmbedId(id),
            scope,
        });
    }

    fn next_waiter(&mut self) -> WaiterId {
        self.waiter += 1;
        WaiterId(self.waiter)
    }

    /// An embed failed to load in a way that a new token may heal.
    pub fn report_refresh_may_help(&mut self, id: u32) {
        self.is_unwanted(id);
        self.send(Input::RefreshMayHelp(EmbedId(id)));
    }

    pub fn call_provider(&mut self, embed: Option<u32>) -> u32 {
        if let Some(id) = embed {
            self.is_unwanted(id);
        }
        let waiter = self.next_waiter();
        self.send(Input::ProviderCalled {
            waiter,
            embed: embed.map(EmbedId),
        });
        waiter.0
    }

    pub fn call_refresh(&mut self) -> u32 {
        let waiter = self.next_waiter();
        self.refreshing.insert(waiter.0);
        self.send(Input::Refresh(waiter));
        waiter.0
    }

    pub fn call_check_source(&mut self) -> u32 {
        let waiter = self.next_waiter();
        self.send(Input::CheckSource(waiter));
        waiter.0
    }

    pub fn call_get_token(&mut self) -> u32 {
        let waiter = self.next_waiter();
        self.send(Input::GetToken(waiter));
        waiter.0
    }

    /// What a waiter was told; `None` while it waits.
    pub fn outcome_of(&self, waiter: u32) -> Option<&Outcome> {
        self.outcomes
            .iter()
            .find(|(id, _)| *id == waiter)
            .map(|(_, outcome)| outcome)
    }

    #[track_caller]
    pub fn token_given_to(&self, waiter: u32) -> &str {
        match self.outcome_of(waiter) {
            Some(Outcome::Token(token)) => token.expose(),
            other => panic!("waiter {waiter} got no token: {other:?}"),
        }
    }

    // ---- what was told --------------------------------------------------------------------------

    /// The codes of all `refreshfailed` so far.
    pub fn failure_codes(&self) -> Vec<ErrorCode> {
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

fn kind_of(token: &str) -> Kind {
    if token.starts_with("H4sI") {
        Kind::Embed
    } else {
        Kind::Aad
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
