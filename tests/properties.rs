//! Random sequences of everything that can happen, in virtual time. What must hold in every state is checked after
//! every input by the [`harness`], what needs the whole sequence by [`actions`].

mod actions;
mod harness;

use actions::{Action, Answer, NAMES, Session};
use harness::{FrameBehaviour, HOUR, Harness, MINUTE, SECOND, expires_at};
use powerbi_token_keeper::io::{ExpiryScope, RecoveryOutcome, SourceFailure, Trigger};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use powerbi_token_keeper::token::Kind;
use proptest::prelude::*;

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => (-HOUR..28 * HOUR).prop_map(Answer::Token),
        6 => (MINUTE..2 * HOUR).prop_map(Answer::Token),
        1 => Just(Answer::Same),
        1 => Just(Answer::OtherKind),
        1 => any::<u8>().prop_map(Answer::Rubbish),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let embed = 0..NAMES;
    let span = prop_oneof![0..SECOND, 0..MINUTE, 0..HOUR, Just(3 * HOUR)];
    let failure = prop_oneof![
        Just(SourceFailure::Network),
        Just(SourceFailure::SourceThrew),
        Just(SourceFailure::InvalidBody),
        Just(SourceFailure::SignInRequired),
        Just(SourceFailure::DamagedToken),
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
    let behaviour = prop_oneof![
        Just(FrameBehaviour::Accepts),
        Just(FrameBehaviour::Rejects),
        Just(FrameBehaviour::Hangs),
        Just(FrameBehaviour::NotListening),
        Just(FrameBehaviour::Gone),
    ];
    let scope = prop_oneof![Just(ExpiryScope::Embed), Just(ExpiryScope::Visual)];
    let dated = prop_oneof![3 => Just(None), 1 => (-25 * HOUR..25 * HOUR).prop_map(Some)];
    let recovery = prop_oneof![
        any::<bool>().prop_map(|state_restored| RecoveryOutcome::Done { state_restored }),
        Just(RecoveryOutcome::TooSoon),
        Just(RecoveryOutcome::Refused),
    ];
    prop_oneof![
        8 => span.clone().prop_map(Action::Advance),
        1 => span.clone().prop_map(Action::Suspend),
        1 => span.prop_map(Action::Freeze),
        1 => (-25 * HOUR..25 * HOUR).prop_map(Action::JumpWallClock),
        6 => (answer(), dated).prop_map(|(answer, dated)| Action::Respond(answer, dated)),
        2 => answer().prop_map(Action::RespondLate),
        3 => (failure, retry_after).prop_map(|(failure, after)| Action::FailRequest(failure, after)),
        2 => trigger.prop_map(Action::Trigger),
        1 => Just(Action::Hide),
        3 => (embed.clone(), -HOUR..2 * HOUR).prop_map(|(id, life)| Action::Attach(id, life)),
        1 => embed.clone().prop_map(Action::Detach),
        2 => (embed.clone(), behaviour).prop_map(|(id, behaviour)| Action::SetBehaviour(id, behaviour)),
        1 => embed.clone().prop_map(Action::AnswerCall),
        1 => prop::option::of(recovery.clone()).prop_map(Action::SetRecoveryOutcome),
        1 => recovery.prop_map(Action::FinishRecovery),
        1 => embed.clone().prop_map(Action::ReportRefreshMayHelp),
        2 => (embed.clone(), scope).prop_map(|(id, scope)| Action::ReportTokenExpired(id, scope)),
        2 => embed.clone().prop_map(Action::CallProvider),
        1 => Just(Action::CallRefresh),
        1 => Just(Action::CallGetToken),
        1 => embed.clone().prop_map(Action::Observe),
        1 => (embed.clone(), any::<bool>()).prop_map(|(id, same)| Action::EmbedAgain(id, same)),
        2 => (embed.clone(), -HOUR..2 * HOUR).prop_map(|(id, life)| Action::EmbedOther(id, life)),
        2 => (embed, -HOUR..2 * HOUR).prop_map(|(id, life)| Action::SetToken(id, life)),
        1 => any::<Option<bool>>().prop_map(Action::SetStateCaptured),
        1 => Just(Action::GrantLock),
        1 => answer().prop_map(Action::ReceiveFromTab),
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

    /// I1 to I8, I10, I12 to I14; I9 from the end of the faults on.
    #[test]
    fn i1_to_i14_hold_for_every_sequence(
        policy in policy(), seed in any::<u64>(), actions in prop::collection::vec(action(), 1..120)
    ) {
        Session::new(policy, seed).play(&actions);
    }

    /// I9: with a source that answers in time, no embed ever holds an expired token, whatever the lifetimes.
    #[test]
    fn i9_no_embed_holds_an_expired_token_while_the_source_answers(
        lives in prop::collection::vec(61 * SECOND..3 * HOUR, 5..40), delay in 0..10 * SECOND, seed in any::<u64>()
    ) {
        let mut page = Harness::with(RefreshPolicy::default(), seed);
        let first = page.mint(HOUR);
        page.attach(0, Some(first), Some(Kind::Embed));
        for life in lives {
            page.advance_until_request(4 * HOUR);
            page.advance(delay);
            prop_assert!(!page.holds_expired(0), "I9");
            // expirations are whole seconds, and no earlier than the one replaced
            let held = page.frame(0).holds.as_deref().map_or(0, expires_at);
            page.respond_with_token(life.max(held - page.wall + 2 * SECOND));
            prop_assert!(!page.holds_expired(0), "I9");
        }
    }
}
