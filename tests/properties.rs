//! Random sequences of everything that can happen, in virtual time. What must hold in every state is checked after
//! every input by the [`world`], what needs the whole sequence by [`steps`].

mod steps;
mod world;

use powerbi_token_keeper::io::{Level, RecoveryOutcome, SourceFailure, Trigger};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use powerbi_token_keeper::token::Kind;
use proptest::prelude::*;
use steps::{Answer, NAMES, Run, Step};
use world::{HOUR, MINUTE, Manner, SECOND, World, expires_at};

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
    let embed = 0..NAMES;
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
    let dated = prop_oneof![3 => Just(None), 1 => (-25 * HOUR..25 * HOUR).prop_map(Some)];
    let recovery = prop_oneof![
        Just(RecoveryOutcome::Done),
        Just(RecoveryOutcome::TooSoon),
        Just(RecoveryOutcome::Refused),
    ];
    prop_oneof![
        8 => span.clone().prop_map(Step::Passes),
        1 => span.clone().prop_map(Step::Sleeps),
        1 => span.prop_map(Step::Freezes),
        1 => (-25 * HOUR..25 * HOUR).prop_map(Step::WallJumps),
        6 => (answer(), dated).prop_map(|(answer, dated)| Step::Answers(answer, dated)),
        2 => answer().prop_map(Step::AnswersLate),
        3 => (failure, retry_after).prop_map(|(failure, after)| Step::Fails(failure, after)),
        2 => trigger.prop_map(Step::Triggers),
        1 => Just(Step::Hides),
        3 => (embed.clone(), -HOUR..2 * HOUR).prop_map(|(id, life)| Step::Attaches(id, life)),
        1 => embed.clone().prop_map(Step::Detaches),
        2 => (embed.clone(), manner).prop_map(|(id, manner)| Step::Manners(id, manner)),
        1 => embed.clone().prop_map(Step::AnswersCall),
        1 => prop::option::of(recovery.clone()).prop_map(Step::Recovers),
        1 => recovery.prop_map(Step::AnswersRecovery),
        1 => embed.clone().prop_map(Step::Ails),
        2 => (embed.clone(), level).prop_map(|(id, level)| Step::Shouts(id, level)),
        2 => embed.clone().prop_map(Step::Provides),
        1 => Just(Step::Refreshes),
        1 => Just(Step::Obtains),
        1 => embed.clone().prop_map(Step::Sees),
        1 => (embed, any::<bool>()).prop_map(|(id, same)| Step::Embeds(id, same)),
        1 => Just(Step::GetsTurn),
        1 => answer().prop_map(Step::Hears),
    ]
}

fn policy() -> impl Strategy<Value = RefreshPolicy> {
    let ms = (
        10_000..600_000_u32,
        1_000..86_400_000_u32,
        1_000..300_000_u32,
        1_000..300_000_u32,
    );
    let usual = prop_oneof![Just(true), Just(false)];
    (ms, usual, any::<bool>(), any::<bool>()).prop_map(|((poll, lead, source, apply), usual, pause, tabs)| {
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
        let policy = RefreshPolicy::parse(stated, hidden, AfterExpiry::Auto).unwrap_or_default();
        policy.with_tabs(tabs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    /// I1, I2, I3, I4, I5, I6, I7, I8, I10, I12; I9 from the end of the faults on.
    #[test]
    fn i1_to_i12_hold_for_every_sequence(
        policy in policy(), seed in any::<u64>(), steps in prop::collection::vec(step(), 1..120)
    ) {
        Run::new(policy, seed).plays(&steps);
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
