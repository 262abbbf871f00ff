//! A page's day as a list of actions, for whoever draws them: `tests/properties.rs` at random, `fuzz/` from bytes.
//!
//! What must hold in every state is checked after every input by [`crate::harness`]; here is what needs more than one
//! state. A new input is a variant of [`Action`], a line in [`Session::perform`], and one where actions are drawn.
#![expect(unreachable_pub, reason = "a module of several test files has no outside")]
#![expect(clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::allow_attributes, dead_code, reason = "each test file uses its part")]

use crate::harness::{
    DONE, FrameBehaviour, HOUR, Harness, MINUTE, SECOND, aad_token, embed_token, expires_at,
};
use powerbi_token_keeper::io::{
    ApplyOutcome, EmbedId, ExpiryScope, Headers, Input, KeeperState, Outcome, RecoveryOutcome, RequestId,
    SourceFailure, Trigger,
};
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::token::{AccessToken, Kind};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// How many embeds an action can name.
pub const NAMES: u32 = 4;

/// Something that happens. All times are in milliseconds, all embeds are named by numbers below [`NAMES`].
#[derive(Debug, Clone)]
pub enum Action {
    Advance(i64),
    Suspend(i64),
    Freeze(i64),
    JumpWallClock(i64),
    Respond(Answer, ServerDate),
    RespondLate(Answer),
    FailRequest(SourceFailure, Option<String>),
    Trigger(Trigger),
    Hide,
    Attach(u32, i64),
    Detach(u32),
    SetBehaviour(u32, FrameBehaviour),
    AnswerCall(u32),
    SetRecoveryOutcome(Option<RecoveryOutcome>),
    FinishRecovery(RecoveryOutcome),
    ReportTokenExpired(u32, ExpiryScope),
    ReportRefreshMayHelp(u32),
    CallProvider(u32),
    CallRefresh,
    CallGetToken,
    Observe(u32),
    /// The page embeds again, with the token it had at first, or none.
    EmbedAgain(u32, bool),
    /// The page embeds another report into the container, with a token of its own that lives for so long.
    EmbedOther(u32, i64),
    /// The page sets a token of its own by hand.
    SetToken(u32, i64),
    /// The report's state can be captured, can't be, or nobody says.
    SetStateCaptured(Option<bool>),
    GrantLock,
    ReceiveFromTab(Answer),
}

/// What the source answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A token that lives for so long.
    Token(i64),
    /// The one that an embed holds already.
    Same,
    OtherKind,
    Rubbish(u8),
}

/// Whether the source says what time it is: so far from this machine's wall clock.
pub type ServerDate = Option<i64>;

/// The `Date` header of a server whose clock says `ms`.
pub fn http_date(ms: i64) -> String {
    let since = Duration::from_millis(ms.max(0).unsigned_abs());
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

/// The content of the embed with that name: two and two have the same.
fn content_of(name: u32) -> u32 {
    name / 2
}

/// A page, and what a list of actions as a whole must keep to.
pub struct Session {
    pub page: Harness,
    next_embed: u32,
    /// The embed that each small number stands for now.
    named: [Option<u32>; NAMES as usize],
    /// The token with which each was attached.
    first: [Option<String>; NAMES as usize],
    late: Vec<RequestId>,
    waiters: Vec<u32>,
    /// How far the wall clock was set from the true time.
    jumped: i64,
    /// The latest expiration of any token so far.
    latest: i64,
}

impl Session {
    pub fn new(policy: RefreshPolicy, seed: u64) -> Self {
        Self {
            page: Harness::with(policy, seed),
            next_embed: 0,
            named: [None; NAMES as usize],
            first: [const { None }; NAMES as usize],
            late: Vec::new(),
            waiters: Vec::new(),
            jumped: 0,
            latest: 0,
        }
    }

    /// All actions, and then both ends: everything is well again, and nothing happens after stop.
    pub fn play(mut self, actions: &[Action]) {
        for action in actions {
            self.perform(action);
        }
        self.recovers();
        self.stop();
    }

    fn perform(&mut self, action: &Action) {
        match action {
            Action::Advance(ms) => self.page.advance(*ms),
            Action::Suspend(ms) => self.page.suspend(*ms),
            Action::Freeze(ms) => self.page.freeze(*ms),
            Action::JumpWallClock(ms) => self.jump(*ms),
            Action::Respond(answer, dated) => self.answer(answer, *dated),
            Action::RespondLate(answer) => self.answer_late(answer),
            Action::FailRequest(failure, header) => self.fail(*failure, header.clone()),
            Action::Trigger(trigger) => self.page.trigger(*trigger),
            Action::Hide => self.page.send(Input::Hidden),
            Action::Attach(name, life) => self.attach(*name, *life),
            Action::Detach(name) => {
                if let Some(id) = self.embed(*name) {
                    self.page.detach(id);
                }
            }
            Action::SetBehaviour(name, behaviour) => {
                if let Some(id) = self.embed(*name) {
                    self.page.frame(id).behaviour = *behaviour;
                }
            }
            Action::AnswerCall(name) => self.answer_call(*name),
            Action::SetRecoveryOutcome(outcome) => self.page.recovery_outcome = *outcome,
            Action::FinishRecovery(outcome) => {
                if let Some((embed, call)) = self.page.last_recovery {
                    let outcome = *outcome;
                    self.page.send(Input::RecoveryFinished { embed, call, outcome });
                }
            }
            Action::ReportTokenExpired(name, scope) => self
                .page
                .report_token_expired(self.embed(*name).unwrap_or(99), *scope),
            Action::ReportRefreshMayHelp(name) => {
                let embed = self.embed(*name).unwrap_or(99);
                self.page.report_refresh_may_help(embed);
            }
            Action::CallProvider(name) => {
                let embed = self.embed(*name);
                let waiter = self.page.call_provider(embed);
                self.waiters.push(waiter);
            }
            Action::CallRefresh => {
                let waiter = self.page.call_refresh();
                self.waiters.push(waiter);
            }
            Action::CallGetToken => {
                let waiter = self.page.call_get_token();
                self.waiters.push(waiter);
            }
            Action::Observe(name) => self.page.observe(self.embed(*name).unwrap_or(99)),
            Action::EmbedAgain(name, same) => {
                if let Some(id) = self.embed(*name) {
                    let first = self.first[*name as usize].clone().filter(|_| *same);
                    self.page.embed_again(id, first, content_of(*name));
                }
            }
            Action::EmbedOther(name, life) => {
                if let Some(id) = self.embed(*name) {
                    let token = self.mint(*life);
                    self.page.embed_again(id, Some(token), NAMES + content_of(*name));
                }
            }
            Action::SetToken(name, life) => {
                if let Some(id) = self.embed(*name) {
                    let token = self.mint(*life);
                    self.page.frame(id).holds = Some(token);
                    self.page.observe(id);
                }
            }
            Action::SetStateCaptured(captured) => self.page.state_captured = *captured,
            Action::GrantLock => {
                if self.page.lock_request.is_some() {
                    self.page.grant_lock();
                }
            }
            Action::ReceiveFromTab(answer) => {
                let value = self.value(answer);
                let contents: Vec<u32> = (0..2 * NAMES).collect();
                self.page.receive_from_tab(&value, &contents);
            }
        }
    }

    fn embed(&self, name: u32) -> Option<u32> {
        let id = self.named.get(name as usize).copied().flatten();
        id.filter(|id| self.page.frames.contains_key(id))
    }

    fn mint(&mut self, life: i64) -> String {
        self.latest = self.latest.max(self.page.wall + life);
        self.page.mint(life)
    }

    fn attach(&mut self, name: u32, life: i64) {
        if self.embed(name).is_none() {
            let token = self.mint(life);
            self.first[name as usize] = Some(token.clone());
            let content = content_of(name);
            self.page
                .attach_content(self.next_embed, Some(token), Some(Kind::Embed), content);
            self.named[name as usize] = Some(self.next_embed);
            self.next_embed += 1;
        }
    }

    fn value(&mut self, answer: &Answer) -> Value {
        match answer {
            Answer::Token(life) => json!({ "token": self.mint(*life) }),
            Answer::Same => {
                let held = self.page.frames.values().find_map(|frame| frame.holds.clone());
                json!({ "accessToken": held })
            }
            Answer::OtherKind => {
                self.latest = self.latest.max(self.page.wall + HOUR);
                json!({ "token": aad_token(1, self.page.wall, self.page.wall + HOUR, "jo") })
            }
            Answer::Rubbish(0..50) => json!("<html>sign in</html>"),
            Answer::Rubbish(50..100) => json!({ "token": "undefined" }),
            Answer::Rubbish(100..150) => json!([1, 2, { "a": null }]),
            Answer::Rubbish(_) => json!({ "token": embed_token(9, 0), "expiration": "never" }),
        }
    }

    fn answer(&mut self, answer: &Answer, dated: ServerDate) {
        let Some(request) = self.page.pending else { return };
        self.late.push(request.id);
        let value = self.value(answer);
        self.page.clocks_are_doubtful |= dated.is_some();
        let date = dated.map(|skew| http_date(self.page.wall + skew));
        let headers = Headers {
            date,
            retry_after: None,
        };
        self.page.respond_to(request.id, &value, headers);
    }

    fn fail(&mut self, failure: SourceFailure, header: Option<String>) {
        if self.page.pending.is_some() {
            self.page.clocks_are_doubtful |= header.is_some();
            let headers = Headers {
                date: header.clone(),
                retry_after: header,
            };
            self.page.fail_request_with(failure, headers);
        }
    }

    /// I10: a clock that is set back gives no token a longer life.
    fn jump(&mut self, ms: i64) {
        // the keeper has looked at its clocks: a tick before the deadline would not count as a look
        self.page.trigger(Trigger::Focus);
        let before = self.page.status().remaining_ms;
        self.page.wall += ms;
        self.page.clocks_are_doubtful = true;
        self.jumped += ms;
        let waiter = self.page.call_get_token();
        self.waiters.push(waiter);
        if ms < 0 && before.is_some_and(|left| left.as_ms() == 0) {
            let told = self.page.outcome_of(waiter);
            let token = told.filter(|told| matches!(told, Outcome::Token(_)));
            let placed = self.page.status().expires_at;
            // a newer token may be in hand that no embed has taken yet; the expired one is never given out
            if let (Some(_), Some(placed)) = (token, placed) {
                let given = expires_at(self.page.token_given_to(waiter));
                assert_ne!(given, placed.as_ms(), "I10: an expired token was revived");
            }
        }
    }

    /// What the embeds hold, and what the page was told: what an answer that counts would change.
    fn observable_state(&self) -> impl PartialEq + core::fmt::Debug + use<> {
        let frames = self.page.frames.iter();
        let held: Vec<_> = frames
            .map(|(id, frame)| (*id, frame.holds.as_deref().map(expires_at)))
            .collect();
        let failures = self.page.failure_codes().len();
        (held, self.page.status().expires_at, failures)
    }

    /// I2: an answer to any request but the current one changes nothing.
    fn answer_late(&mut self, answer: &Answer) {
        let value = self.value(answer);
        let current = self.page.pending.map(|request| request.id);
        let Some(old) = self.late.iter().copied().find(|id| Some(*id) != current) else {
            return;
        };
        // what is due, an expired token to be replaced among it, is done with any input, this one too
        self.page.send(Input::RequestSent(old));
        let before = self.observable_state();
        self.page.respond_to(old, &value, Headers::default());
        // what has become due meanwhile is no answer's doing
        if self.page.pending.map(|request| request.id) == current {
            assert_eq!(before, self.observable_state(), "I2");
        }
    }

    /// A frame answers a call at last, perhaps over a newer token.
    fn answer_call(&mut self, name: u32) {
        let Some(id) = self.embed(name) else { return };
        let frame = self.page.frame(id);
        if frame.open.is_empty() {
            return;
        }
        let (call, text) = frame.open.remove(0);
        frame.holds = Some(text.clone());
        let outcome = ApplyOutcome::Settled(Some(AccessToken::new(text)));
        let embed = EmbedId(id);
        self.page.send(Input::ApplyFinished { embed, call, outcome });
    }

    /// I9 and I12: whatever happened before, with frames that listen and a source that answers all is well within
    /// minutes, stays so, and costs no more than it must.
    fn recovers(&mut self) {
        for frame in self.page.frames.values_mut() {
            frame.behaviour = FrameBehaviour::Accepts;
        }
        self.page.recovery_outcome = Some(DONE);
        if self.page.frames.is_empty() {
            self.page.attach(self.next_embed, None, Some(Kind::Embed));
        }
        // an hour at most for what the source said last, ten minutes for the calls under way
        self.run_without_faults(HOUR + 10 * MINUTE);
        self.page.trigger(Trigger::Visible);
        let refreshed = self.page.call_refresh();
        self.waiters.push(refreshed);
        self.run_without_faults(10 * MINUTE);

        let made = self.page.requests.len();
        self.run_without_faults(2 * HOUR);
        if self.page.lock_request.is_some() {
            // no other tab lets this one in: five seconds more
            self.run_without_faults(MINUTE);
        }
        assert_eq!(self.page.state(), KeeperState::Fresh, "I12: all is well again");
        assert!(
            self.page.lock_request.is_none(),
            "I12: a turn that is over is given back"
        );
        let made = self.page.requests.len() - made;
        assert!(made <= 5, "I10: {made} requests in two hours without a fault");
        let now = self.page.wall - self.jumped;
        for (id, frame) in &self.page.frames {
            let expires = frame.holds.as_deref().map(expires_at);
            assert!(expires > Some(now), "I9: embed {id} holds an expired token");
        }
        for waiter in &self.waiters {
            let told = self.page.outcomes.iter().filter(|(id, _)| id == waiter).count();
            assert_eq!(told, 1, "I12: each waiter is told once");
        }
    }

    /// Time goes by with a source that is asked, and answers at once, with its time and a token of an hour or more.
    fn run_without_faults(&mut self, ms: i64) {
        let end = self.page.mono + ms;
        loop {
            if let Some(request) = self.page.pending {
                // half of a long request is what the keeper takes the clocks to be apart by
                self.page.clocks_are_doubtful |= self.page.mono - request.at > 5 * SECOND;
                let now = self.page.wall - self.jumped;
                self.latest = (now + HOUR).max(self.latest + 2 * SECOND);
                let token = self.page.mint(self.latest - self.page.wall);
                let headers = Headers {
                    date: Some(http_date(now)),
                    retry_after: None,
                };
                self.page
                    .respond_to(request.id, &json!({ "token": token }), headers);
            }
            if self.page.mono >= end {
                return;
            }
            let due = self.page.keeper.deadline();
            let due = due.map_or(end, |due| due.at.as_ms().cast_signed());
            self.page
                .advance((due - self.page.mono).clamp(0, end - self.page.mono));
        }
    }

    /// I3: after stop nothing happens.
    fn stop(&mut self) {
        self.page.send(Input::Stop);
        assert!(self.page.pending.is_none(), "I3");
        let told = (self.page.events.len(), self.page.requests.len());
        self.page.advance(HOUR);
        self.page.trigger(Trigger::Visible);
        for frame in 0..NAMES {
            self.page.report_token_expired(frame, ExpiryScope::Embed);
        }
        assert_eq!(told, (self.page.events.len(), self.page.requests.len()), "I3");
    }
}
