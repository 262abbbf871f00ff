//! A page's day as a list of steps, for whoever draws them: `tests/properties.rs` at random, `fuzz/` from bytes.
//!
//! What must hold in every state is checked after every input by [`crate::world`]; here is what needs more than one
//! state. A new input is a variant of [`Step`], a line in [`Run::step`], and one where steps are drawn.
#![expect(unreachable_pub, reason = "a module of several test files has no outside")]
#![expect(clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::allow_attributes, dead_code, reason = "each test file uses its part")]

use crate::world::{HOUR, MINUTE, Manner, SECOND, World, aad_token, embed_token, expires_at, json_of};
use powerbi_token_keeper::io::{
    ApplyOutcome, EmbedId, Headers, Input, KeeperState, Level, Outcome, RecoveryOutcome, RequestId,
    SourceFailure, Trigger,
};
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::token::{AccessToken, Kind};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// How many embeds a step can name.
pub const NAMES: u32 = 4;

/// Something that happens. All times are in milliseconds, all embeds are named by numbers below [`NAMES`].
#[derive(Debug, Clone)]
pub enum Step {
    Passes(i64),
    Sleeps(i64),
    Freezes(i64),
    WallJumps(i64),
    Answers(Answer, Dated),
    AnswersLate(Answer),
    Fails(SourceFailure, Option<String>),
    Triggers(Trigger),
    Hides,
    Attaches(u32, i64),
    Detaches(u32),
    Manners(u32, Manner),
    AnswersCall(u32),
    Recovers(Option<RecoveryOutcome>),
    AnswersRecovery(RecoveryOutcome),
    Shouts(u32, Level),
    Ails(u32),
    Provides(u32),
    Refreshes,
    Obtains,
    Sees(u32),
    /// The page embeds again, with the token it had at first, or none.
    Embeds(u32, bool),
    GetsTurn,
    Hears(Answer),
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
pub type Dated = Option<i64>;

/// The `Date` header of a server whose clock says `ms`.
pub fn http_date(ms: i64) -> String {
    let since = Duration::from_millis(ms.max(0).unsigned_abs());
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}

/// A page, and what a list of steps as a whole must keep to.
pub struct Run {
    pub page: World,
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

impl Run {
    pub fn new(policy: RefreshPolicy, seed: u64) -> Self {
        Self {
            page: World::with(policy, seed),
            next_embed: 0,
            named: [None; NAMES as usize],
            first: [const { None }; NAMES as usize],
            late: Vec::new(),
            waiters: Vec::new(),
            jumped: 0,
            latest: 0,
        }
    }

    /// All steps, and then both ends: everything is well again, and nothing happens after stop.
    pub fn plays(mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
        self.settles();
        self.stops();
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Passes(ms) => self.page.passes(*ms),
            Step::Sleeps(ms) => self.page.sleeps(*ms),
            Step::Freezes(ms) => self.page.freezes(*ms),
            Step::WallJumps(ms) => self.jump(*ms),
            Step::Answers(answer, dated) => self.answer(answer, *dated),
            Step::AnswersLate(answer) => self.answer_late(answer),
            Step::Fails(failure, header) => self.fail(*failure, header.clone()),
            Step::Triggers(trigger) => self.page.trigger(*trigger),
            Step::Hides => self.page.tell(Input::Hidden),
            Step::Attaches(name, life) => self.attach(*name, *life),
            Step::Detaches(name) => {
                if let Some(id) = self.embed(*name) {
                    self.page.detach(id);
                }
            }
            Step::Manners(name, manner) => {
                if let Some(id) = self.embed(*name) {
                    self.page.frame(id).manner = *manner;
                }
            }
            Step::AnswersCall(name) => self.answer_call(*name),
            Step::Recovers(outcome) => self.page.recovery = *outcome,
            Step::AnswersRecovery(outcome) => {
                if let Some((embed, call)) = self.page.recovering {
                    let outcome = *outcome;
                    self.page.tell(Input::Recovered { embed, call, outcome });
                }
            }
            Step::Shouts(name, level) => self.page.shouts(self.embed(*name).unwrap_or(99), *level),
            Step::Ails(name) => {
                let embed = EmbedId(self.embed(*name).unwrap_or(99));
                self.page.tell(Input::Ailing(embed));
            }
            Step::Provides(name) => {
                let embed = self.embed(*name);
                let waiter = self.page.asks_provider(embed);
                self.waiters.push(waiter);
            }
            Step::Refreshes => {
                let waiter = self.page.refreshes();
                self.waiters.push(waiter);
            }
            Step::Obtains => {
                let waiter = self.page.obtains();
                self.waiters.push(waiter);
            }
            Step::Sees(name) => self.page.sees(self.embed(*name).unwrap_or(99)),
            Step::Embeds(name, same) => {
                if let Some(id) = self.embed(*name) {
                    let first = &self.first[*name as usize];
                    self.page.frame(id).holds = first.clone().filter(|_| *same);
                    self.page.sees(id);
                }
            }
            Step::GetsTurn => {
                if self.page.claim.is_some() {
                    self.page.turn();
                }
            }
            Step::Hears(answer) => {
                let value = self.value(answer);
                self.page.tell(Input::Shared(json_of(&value)));
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
            self.page.attach(self.next_embed, Some(token), Some(Kind::Embed));
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

    fn answer(&mut self, answer: &Answer, dated: Dated) {
        let Some(flight) = self.page.flight else { return };
        self.late.push(flight.id);
        let value = self.value(answer);
        let date = dated.map(|skew| http_date(self.page.wall + skew));
        let headers = Headers {
            date,
            retry_after: None,
        };
        self.page.answers_to(flight.id, &value, headers);
    }

    fn fail(&mut self, failure: SourceFailure, header: Option<String>) {
        if self.page.flight.is_some() {
            let headers = Headers {
                date: header.clone(),
                retry_after: header,
            };
            self.page.fails_with(failure, headers);
        }
    }

    /// I10: a clock that is set back gives no token a longer life.
    fn jump(&mut self, ms: i64) {
        // the keeper has looked at its clocks: a tick before the deadline would not count as a look
        self.page.trigger(Trigger::Focus);
        let before = self.page.status().remaining_ms;
        self.page.wall += ms;
        self.jumped += ms;
        let waiter = self.page.obtains();
        self.waiters.push(waiter);
        if ms < 0 && before.is_some_and(|left| left.as_ms() == 0) {
            let told = self.page.told(waiter);
            let token = told.filter(|told| matches!(told, Outcome::Token(_)));
            let placed = self.page.status().expires_at;
            // a newer token may be in hand that no embed has taken yet; the expired one is never given out
            if let (Some(_), Some(placed)) = (token, placed) {
                let given = expires_at(self.page.told_token(waiter));
                assert_ne!(given, placed.as_ms(), "I10: an expired token was revived");
            }
        }
    }

    /// What the embeds hold, and what the page was told: what an answer that counts would change.
    fn picture(&self) -> impl PartialEq + core::fmt::Debug + use<> {
        let frames = self.page.frames.iter();
        let held: Vec<_> = frames
            .map(|(id, frame)| (*id, frame.holds.as_deref().map(expires_at)))
            .collect();
        let failures = self.page.failures().len();
        (held, self.page.status().expires_at, failures)
    }

    /// I2: an answer to any request but the current one changes nothing.
    fn answer_late(&mut self, answer: &Answer) {
        let value = self.value(answer);
        let current = self.page.flight.map(|flight| flight.id);
        let Some(old) = self.late.iter().copied().find(|id| Some(*id) != current) else {
            return;
        };
        self.page.tell(Input::Tick);
        let before = self.picture();
        self.page.answers_to(old, &value, Headers::default());
        // what has become due meanwhile is no answer's doing
        if self.page.flight.map(|flight| flight.id) == current {
            assert_eq!(before, self.picture(), "I2");
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
        self.page.tell(Input::Applied { embed, call, outcome });
    }

    /// I9 and I12: whatever happened before, with frames that listen and a source that answers all is well within
    /// minutes, stays so, and costs no more than it must.
    fn settles(&mut self) {
        for frame in self.page.frames.values_mut() {
            frame.manner = Manner::Takes;
        }
        self.page.recovery = Some(RecoveryOutcome::Done);
        if self.page.frames.is_empty() {
            self.page.attach(self.next_embed, None, Some(Kind::Embed));
        }
        // an hour at most for what the source said last, ten minutes for the calls under way
        self.goes_well(HOUR + 10 * MINUTE);
        self.page.trigger(Trigger::Visible);
        let refreshed = self.page.refreshes();
        self.waiters.push(refreshed);
        self.goes_well(10 * MINUTE);

        let made = self.page.asked.len();
        self.goes_well(2 * HOUR);
        if self.page.claim.is_some() {
            // no other tab lets this one in: five seconds more
            self.goes_well(MINUTE);
        }
        assert_eq!(self.page.state(), KeeperState::Fresh, "I12: all is well again");
        assert!(
            self.page.claim.is_none(),
            "I12: a turn that is over is given back"
        );
        let made = self.page.asked.len() - made;
        assert!(made <= 5, "I10: {made} requests in two hours without a fault");
        let now = self.page.wall - self.jumped;
        for (id, frame) in &self.page.frames {
            let expires = frame.holds.as_deref().map(expires_at);
            assert!(expires > Some(now), "I9: embed {id} holds an expired token");
        }
        for waiter in &self.waiters {
            let told = self.page.settled.iter().filter(|(id, _)| id == waiter).count();
            assert_eq!(told, 1, "I12: each waiter is told once");
        }
    }

    /// Time goes by with a source that is asked, and answers at once, with its time and a token of an hour or more.
    fn goes_well(&mut self, ms: i64) {
        let end = self.page.mono + ms;
        loop {
            if let Some(flight) = self.page.flight {
                let now = self.page.wall - self.jumped;
                self.latest = (now + HOUR).max(self.latest + 2 * SECOND);
                let token = self.page.mint(self.latest - self.page.wall);
                let headers = Headers {
                    date: Some(http_date(now)),
                    retry_after: None,
                };
                self.page
                    .answers_to(flight.id, &json!({ "token": token }), headers);
            }
            if self.page.mono >= end {
                return;
            }
            let due = self.page.keeper.deadline();
            let due = due.map_or(end, |due| due.at.as_ms().cast_signed());
            self.page
                .passes((due - self.page.mono).clamp(0, end - self.page.mono));
        }
    }

    /// I3: after stop nothing happens.
    fn stops(&mut self) {
        self.page.tell(Input::Stop);
        assert!(self.page.flight.is_none(), "I3");
        let told = (self.page.events.len(), self.page.asked.len());
        self.page.passes(HOUR);
        self.page.trigger(Trigger::Visible);
        for frame in 0..NAMES {
            self.page.shouts(frame, Level::Load);
        }
        assert_eq!(told, (self.page.events.len(), self.page.asked.len()), "I3");
    }
}
