//! Random sequences of everything that can happen, in virtual time. What must hold in every state is checked after
//! every input by the [`world`]; here is what needs the whole sequence.

mod world;

use powerbi_token_keeper::io::{
    ApplyOutcome, CallId, EmbedId, Headers, Input, Level, SourceFailure, Trigger,
};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use powerbi_token_keeper::token::{AccessToken, Kind};
use proptest::prelude::*;
use serde_json::{Value, json};
use world::{HOUR, MINUTE, Manner, SECOND, World, aad_token, embed_token, expires_at};

/// Something that happens.
#[derive(Debug, Clone)]
enum Step {
    Passes(i64),
    Sleeps(i64),
    Freezes(i64),
    WallJumps(i64),
    Answers(Answer),
    AnswersLate(Answer),
    Fails(SourceFailure, Option<String>),
    Triggers(Trigger),
    Hides,
    Attaches(u32, i64),
    Detaches(u32),
    Manners(u32, Manner),
    AnswersCall(u32),
    Shouts(u32, Level),
    Provides(u32),
    Refreshes,
    Obtains,
}

#[derive(Debug, Clone)]
enum Answer {
    Token(i64),
    Same,
    OtherKind,
    Rubbish(u8),
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => (-HOUR..28 * HOUR).prop_map(Answer::Token),
        6 => (MINUTE..2 * HOUR).prop_map(Answer::Token),
        1 => Just(Answer::Same),
        1 => Just(Answer::OtherKind),
        1 => any::<u8>().prop_map(Answer::Rubbish),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let embed = 0..4_u32;
    let span = prop_oneof![0..SECOND, 0..MINUTE, 0..HOUR, Just(3 * HOUR)];
    let failure = prop_oneof![
        Just(SourceFailure::Network),
        Just(SourceFailure::Threw),
        Just(SourceFailure::Unreadable),
        (100..600_u16).prop_map(SourceFailure::Status),
    ];
    let retry_after = prop_oneof![
        3 => Just(None),
        1 => (0..100_000_u32).prop_map(|s| Some(s.to_string())),
        1 => ".{0,20}".prop_map(Some),
    ];
    let trigger = prop_oneof![
        Just(Trigger::Visible),
        Just(Trigger::PageShow),
        Just(Trigger::Resume),
        Just(Trigger::Online),
        Just(Trigger::Focus),
    ];
    let manner = prop_oneof![
        Just(Manner::Takes),
        Just(Manner::Refuses),
        Just(Manner::Hangs),
        Just(Manner::Deaf),
        Just(Manner::Gone),
    ];
    let level = prop_oneof![Just(Level::Load), Just(Level::Visual)];
    prop_oneof![
        8 => span.clone().prop_map(Step::Passes),
        1 => span.clone().prop_map(Step::Sleeps),
        1 => span.prop_map(Step::Freezes),
        1 => (-25 * HOUR..25 * HOUR).prop_map(Step::WallJumps),
        6 => answer().prop_map(Step::Answers),
        2 => answer().prop_map(Step::AnswersLate),
        3 => (failure, retry_after).prop_map(|(failure, after)| Step::Fails(failure, after)),
        2 => trigger.prop_map(Step::Triggers),
        1 => Just(Step::Hides),
        3 => (embed.clone(), -HOUR..2 * HOUR).prop_map(|(id, life)| Step::Attaches(id, life)),
        1 => embed.clone().prop_map(Step::Detaches),
        2 => (embed.clone(), manner).prop_map(|(id, manner)| Step::Manners(id, manner)),
        1 => embed.clone().prop_map(Step::AnswersCall),
        2 => (embed.clone(), level).prop_map(|(id, level)| Step::Shouts(id, level)),
        2 => embed.prop_map(Step::Provides),
        1 => Just(Step::Refreshes),
        1 => Just(Step::Obtains),
    ]
}

/// A page under a random policy, and what the sequence as a whole must keep to.
struct Run {
    page: World,
    next_embed: u32,
    /// The embed that each small number stands for now.
    named: [Option<u32>; 4],
    late: Vec<powerbi_token_keeper::io::RequestId>,
}

impl Run {
    fn embed(&self, name: u32) -> Option<u32> {
        let id = self.named.get(name as usize).copied().flatten();
        id.filter(|id| self.page.frames.contains_key(id))
    }

    fn value(&mut self, answer: &Answer) -> Value {
        match answer {
            Answer::Token(life) => json!({ "token": self.page.mint(*life) }),
            Answer::Same => {
                let held = self.page.frames.values().find_map(|frame| frame.holds.clone());
                json!({ "accessToken": held })
            }
            Answer::OtherKind => {
                json!({ "token": aad_token(1, self.page.wall, self.page.wall + HOUR, "jo") })
            }
            Answer::Rubbish(0..50) => json!("<html>sign in</html>"),
            Answer::Rubbish(50..100) => json!({ "token": "undefined" }),
            Answer::Rubbish(100..150) => json!([1, 2, { "a": null }]),
            Answer::Rubbish(_) => json!({ "token": embed_token(9, 0), "expiration": "never" }),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Passes(ms) => self.page.passes(*ms),
            Step::Sleeps(ms) => self.page.sleeps(*ms),
            Step::Freezes(ms) => self.page.freezes(*ms),
            Step::WallJumps(ms) => self.jump(*ms),
            Step::Answers(answer) => {
                let value = self.value(answer);
                if let Some(flight) = self.page.flight {
                    self.late.push(flight.id);
                    self.page.answers(&value);
                }
            }
            Step::AnswersLate(answer) => self.answer_late(answer),
            Step::Fails(failure, retry_after) => {
                if self.page.flight.is_some() {
                    let headers = Headers {
                        date: retry_after.clone(),
                        retry_after: retry_after.clone(),
                    };
                    self.page.fails_with(*failure, headers);
                }
            }
            Step::Triggers(trigger) => self.page.trigger(*trigger),
            Step::Hides => self.page.tell(Input::Hidden),
            Step::Attaches(name, life) => {
                if self.embed(*name).is_none() {
                    let token = self.page.mint(*life);
                    self.page.attach(self.next_embed, Some(token), Some(Kind::Embed));
                    if let Some(slot) = self.named.get_mut(*name as usize) {
                        *slot = Some(self.next_embed);
                    }
                    self.next_embed += 1;
                }
            }
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
            Step::Shouts(name, level) => self.page.shouts(self.embed(*name).unwrap_or(99), *level),
            Step::Provides(name) => {
                let embed = self.embed(*name);
                self.page.asks_provider(embed);
            }
            Step::Refreshes => {
                self.page.refreshes();
            }
            Step::Obtains => {
                self.page.obtains();
            }
        }
    }

    /// I10: a clock that is set back gives no token a longer life.
    fn jump(&mut self, ms: i64) {
        // the keeper has looked at its clocks: a tick before the deadline would not count as a look
        self.page.trigger(Trigger::Focus);
        let before = self.page.status().remaining_ms;
        self.page.wall += ms;
        let waiter = self.page.obtains();
        if ms < 0 && before.is_some_and(|left| left.as_ms() == 0) {
            let told = self.page.told(waiter);
            let token = told.filter(|told| matches!(told, powerbi_token_keeper::io::Outcome::Token(_)));
            let placed = self.page.status().expires_at;
            // a newer token may be in hand that no embed has taken yet; the expired one is never given out
            if let (Some(_), Some(placed)) = (token, placed) {
                let given = expires_at(self.page.told_token(waiter));
                assert_ne!(given, placed.as_ms(), "I10: an expired token was revived");
            }
        }
    }

    /// I2: an answer to any request but the current one changes nothing.
    fn answer_late(&mut self, answer: &Answer) {
        let value = self.value(answer);
        let current = self.page.flight.map(|flight| flight.id);
        let Some(old) = self.late.iter().copied().find(|id| Some(*id) != current) else {
            return;
        };
        self.page.tell(Input::Tick);
        let held: Vec<_> = self
            .page
            .frames
            .values()
            .map(|frame| frame.holds.clone())
            .collect();
        let (placed, failures) = (self.page.status().expires_at, self.page.failures().len());
        self.page.answers_to(old, &value, Headers::default());
        let after: Vec<_> = self
            .page
            .frames
            .values()
            .map(|frame| frame.holds.clone())
            .collect();
        if self.page.flight.map(|flight| flight.id) == current {
            assert_eq!((held, placed), (after, self.page.status().expires_at), "I2");
            assert_eq!(failures, self.page.failures().len(), "I2");
        }
    }

    /// A frame answers a call at last, perhaps over a newer token.
    fn answer_call(&mut self, name: u32) {
        let Some(id) = self.embed(name) else { return };
        let frame = self.page.frame(id);
        if frame.open.is_empty() {
            return;
        }
        let (call, text): (CallId, String) = frame.open.remove(0);
        frame.holds = Some(text.clone());
        let outcome = ApplyOutcome::Settled(Some(AccessToken::new(text)));
        self.page.tell(Input::Applied {
            embed: EmbedId(id),
            call,
            outcome,
        });
    }
}

fn policy() -> impl Strategy<Value = RefreshPolicy> {
    let ms = (
        10_000..600_000_u32,
        1_000..86_400_000_u32,
        1_000..300_000_u32,
        1_000..300_000_u32,
    );
    let usual = prop_oneof![Just(true), Just(false)];
    (ms, usual, any::<bool>()).prop_map(|((poll, lead, source, apply), usual, pause)| {
        let stated = |name: &str| match name {
            _ if usual => None,
            "pollIntervalMs" => Some(f64::from(poll)),
            "leadMs" => Some(f64::from(lead)),
            "sourceTimeoutMs" => Some(f64::from(source)),
            "applyTimeoutMs" => Some(f64::from(apply)),
            _ => None,
        };
        let hidden = if pause {
            WhileHidden::Pause
        } else {
            WhileHidden::Refresh
        };
        RefreshPolicy::parse(stated, hidden, AfterExpiry::Auto).unwrap_or_default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// I1, I2, I3, I4, I5, I6, I7, I8, I10, I12.
    #[test]
    fn i1_to_i12_hold_for_every_sequence(
        policy in policy(), seed in any::<u64>(), steps in prop::collection::vec(step(), 1..120)
    ) {
        let mut run =
            Run { page: World::with(policy, seed), next_embed: 0, named: [None; 4], late: Vec::new() };
        for step in &steps {
            run.step(step);
        }
        run.page.tell(Input::Stop);
        prop_assert!(run.page.flight.is_none(), "I3");
        let told = (run.page.events.len(), run.page.asked.len());
        run.page.passes(HOUR);
        run.page.trigger(Trigger::Visible);
        prop_assert_eq!(told, (run.page.events.len(), run.page.asked.len()), "I3");
    }

    /// I9: with a source that answers in time, no embed ever holds an expired token, whatever the lifetimes.
    #[test]
    fn i9_no_embed_holds_an_expired_token_while_the_source_answers(
        lives in prop::collection::vec(61 * SECOND..3 * HOUR, 5..40), delay in 0..10 * SECOND, seed in any::<u64>()
    ) {
        let mut page = World::with(RefreshPolicy::default(), seed);
        let first = page.mint(HOUR);
        page.attach(0, Some(first), Some(Kind::Embed));
        for life in lives {
            page.until_request(4 * HOUR);
            page.passes(delay);
            prop_assert!(!page.holds_expired(0), "I9");
            // expirations are whole seconds, and no earlier than the one replaced
            let held = page.frame(0).holds.as_deref().map_or(0, expires_at);
            page.answers_token(life.max(held - page.wall + 2 * SECOND));
            prop_assert!(!page.holds_expired(0), "I9");
        }
    }
}
