//! Any bytes as a page's day: a policy, then actions of four bytes each.
//!
//! The table in [`action`] has gaps, so that a new variant is a new line and the corpus keeps its meaning.

use crate::actions::{Action, Answer, NAMES, Session};
use crate::harness::{DONE, FrameBehaviour, HOUR, MINUTE, SECOND};
use powerbi_token_keeper::io::{ExpiryScope, RecoveryOutcome, SourceFailure, Trigger};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};

/// Longer days find nothing that shorter ones don't, and take their time.
const MAX_ACTIONS: usize = 200;

pub(crate) fn check(bytes: &[u8]) {
    let (actions, _) = bytes.as_chunks::<4>();
    let Some((head, actions)) = actions.split_first() else {
        return;
    };
    let actions: Vec<Action> = actions
        .iter()
        .take(MAX_ACTIONS)
        .map(|bytes| action(*bytes))
        .collect();
    Session::new(policy(*head), u64::from(head[3])).play(&actions);
}

fn policy([words, durations, size, _]: [u8; 4]) -> RefreshPolicy {
    let hidden = [WhileHidden::Refresh, WhileHidden::Pause][usize::from(words & 1)];
    let after = [
        AfterExpiry::Auto,
        AfterExpiry::Reload,
        AfterExpiry::Refresh,
        AfterExpiry::None,
    ];
    let after = after[usize::from(words >> 1 & 3)];
    let stated = |name: &str| {
        let (bit, least, most) = match name {
            "pollIntervalMs" => (1, 10_000.0, 600_000.0),
            "leadMs" => (2, 1_000.0, 86_400_000.0),
            "sourceTimeoutMs" => (4, 1_000.0, 300_000.0),
            "applyTimeoutMs" => (8, 1_000.0, 300_000.0),
            _ => return None,
        };
        let part = f64::from(size) / 255.0;
        (durations & bit > 0).then(|| (least + (most - least) * part).floor())
    };
    let policy = RefreshPolicy::parse(stated, hidden, after).unwrap_or_default();
    policy.with_tabs(words & 8 > 0)
}

fn action([tag, who, high, low]: [u8; 4]) -> Action {
    let name = u32::from(who) % NAMES;
    let amount = u16::from_be_bytes([high, low]);
    match tag {
        0..16 => Action::Advance(span(who, amount)),
        16..20 => Action::Suspend(span(who, amount)),
        20..24 => Action::Freeze(span(who, amount)),
        24..28 => Action::JumpWallClock(signed(amount) * 3 * SECOND),
        32..40 => Action::Respond(answer(who, amount), None),
        40..44 => Action::Respond(
            answer(who, amount),
            Some(signed(amount.rotate_left(5)) * 3 * SECOND),
        ),
        44..48 => Action::RespondLate(answer(who, amount)),
        48..56 => Action::FailRequest(failure(who, amount), None),
        56..60 => Action::FailRequest(failure(who, amount), Some(amount.to_string())),
        60..64 => Action::FailRequest(
            failure(who, amount),
            Some(crate::actions::http_date(i64::from(amount) * HOUR)),
        ),
        64..72 => Action::Trigger(trigger(who)),
        72..76 => Action::Hide,
        80..88 => Action::Attach(name, signed(amount) * SECOND),
        88..92 => Action::Detach(name),
        96..104 => Action::SetBehaviour(name, behaviour(low)),
        104..108 => Action::AnswerCall(name),
        112..116 => Action::SetRecoveryOutcome(recovery(who)),
        116..120 => Action::FinishRecovery(recovery(who).unwrap_or(DONE)),
        128..132 => Action::ReportTokenExpired(
            name,
            [ExpiryScope::Embed, ExpiryScope::Visual][usize::from(low & 1)],
        ),
        132..136 => Action::ReportRefreshMayHelp(name),
        144..148 => Action::CallProvider(name),
        148..152 => Action::CallRefresh,
        152..156 => Action::CallGetToken,
        160..164 => Action::Observe(name),
        164..168 => Action::EmbedAgain(name, low & 1 > 0),
        168..172 => Action::EmbedOther(name, signed(amount) * SECOND),
        172..176 => Action::SetToken(name, signed(amount) * SECOND),
        176..180 => Action::GrantLock,
        192..196 => Action::SetStateCaptured([None, Some(false), Some(true)][usize::from(low % 3)]),
        180..184 => Action::ReceiveFromTab(answer(who, amount)),
        _ => Action::Advance(i64::from(amount)),
    }
}

/// Up to a second, a minute, an hour, or three.
fn span(unit: u8, amount: u16) -> i64 {
    let most = [SECOND, MINUTE, HOUR, 3 * HOUR][usize::from(unit & 3)];
    most * i64::from(amount) / i64::from(u16::MAX)
}

/// -32768 to 32767: as seconds nine hours, by three more than a day.
fn signed(amount: u16) -> i64 {
    i64::from(amount.cast_signed())
}

fn answer(which: u8, amount: u16) -> Answer {
    match which {
        0..64 => Answer::Token(signed(amount) * SECOND),
        64..128 => Answer::Token(span(2, amount)),
        128..160 => Answer::Token(signed(amount) * 3 * SECOND),
        160..176 => Answer::Same,
        176..192 => Answer::OtherKind,
        192..=255 => Answer::Rubbish(amount.to_le_bytes()[0]),
    }
}

fn failure(which: u8, amount: u16) -> SourceFailure {
    match which {
        0..64 => SourceFailure::Network,
        64..80 => SourceFailure::SourceThrew,
        80..96 => SourceFailure::InvalidBody,
        96..112 => SourceFailure::Status(401),
        112..128 => SourceFailure::Status(403),
        128..144 => SourceFailure::Status(429),
        144..160 => SourceFailure::Status(503),
        160..=255 => SourceFailure::Status(100 + amount % 500),
    }
}

fn trigger(which: u8) -> Trigger {
    let all = [
        Trigger::Visible,
        Trigger::PageShow,
        Trigger::Resume,
        Trigger::Online,
        Trigger::Focus,
    ];
    all[usize::from(which) % all.len()]
}

fn behaviour(which: u8) -> FrameBehaviour {
    let all = [
        FrameBehaviour::Accepts,
        FrameBehaviour::Rejects,
        FrameBehaviour::Hangs,
        FrameBehaviour::NotListening,
        FrameBehaviour::Gone,
    ];
    all[usize::from(which) % all.len()]
}

fn recovery(which: u8) -> Option<RecoveryOutcome> {
    let all = [
        Some(DONE),
        Some(RecoveryOutcome::TooSoon),
        Some(RecoveryOutcome::Refused),
        None,
    ];
    all[usize::from(which) % all.len()]
}
