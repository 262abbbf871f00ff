//! Any bytes as a page's day: a policy, then steps of four bytes each.
//!
//! The table in [`step`] has gaps, so that a new variant is a new line and the corpus keeps its meaning.

use crate::steps::{Answer, NAMES, Run, Step};
use crate::world::{HOUR, MINUTE, Manner, SECOND};
use powerbi_token_keeper::io::{Level, RecoveryOutcome, SourceFailure, Trigger};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};

/// Longer days find nothing that shorter ones don't, and take their time.
const MOST_STEPS: usize = 200;

pub(crate) fn check(bytes: &[u8]) {
    let (steps, _) = bytes.as_chunks::<4>();
    let Some((head, steps)) = steps.split_first() else {
        return;
    };
    let steps: Vec<Step> = steps.iter().take(MOST_STEPS).map(|bytes| step(*bytes)).collect();
    Run::new(policy(*head), u64::from(head[3])).plays(&steps);
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

fn step([tag, who, high, low]: [u8; 4]) -> Step {
    let name = u32::from(who) % NAMES;
    let amount = u16::from_be_bytes([high, low]);
    match tag {
        0..16 => Step::Passes(span(who, amount)),
        16..20 => Step::Sleeps(span(who, amount)),
        20..24 => Step::Freezes(span(who, amount)),
        24..28 => Step::WallJumps(signed(amount) * 3 * SECOND),
        32..40 => Step::Answers(answer(who, amount), None),
        40..44 => Step::Answers(
            answer(who, amount),
            Some(signed(amount.rotate_left(5)) * 3 * SECOND),
        ),
        44..48 => Step::AnswersLate(answer(who, amount)),
        48..56 => Step::Fails(failure(who, amount), None),
        56..60 => Step::Fails(failure(who, amount), Some(amount.to_string())),
        60..64 => Step::Fails(
            failure(who, amount),
            Some(crate::steps::http_date(i64::from(amount) * HOUR)),
        ),
        64..72 => Step::Triggers(trigger(who)),
        72..76 => Step::Hides,
        80..88 => Step::Attaches(name, signed(amount) * SECOND),
        88..92 => Step::Detaches(name),
        96..104 => Step::Manners(name, manner(low)),
        104..108 => Step::AnswersCall(name),
        112..116 => Step::Recovers(recovery(who)),
        116..120 => Step::AnswersRecovery(recovery(who).unwrap_or(RecoveryOutcome::Done)),
        128..132 => Step::Shouts(name, [Level::Load, Level::Visual][usize::from(low & 1)]),
        132..136 => Step::Ails(name),
        144..148 => Step::Provides(name),
        148..152 => Step::Refreshes,
        152..156 => Step::Obtains,
        160..164 => Step::Sees(name),
        164..168 => Step::Embeds(name, low & 1 > 0),
        176..180 => Step::GetsTurn,
        180..184 => Step::Hears(answer(who, amount)),
        _ => Step::Passes(i64::from(amount)),
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
        64..80 => SourceFailure::Threw,
        80..96 => SourceFailure::Unreadable,
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

fn manner(which: u8) -> Manner {
    let all = [
        Manner::Takes,
        Manner::Refuses,
        Manner::Hangs,
        Manner::Deaf,
        Manner::Gone,
    ];
    all[usize::from(which) % all.len()]
}

fn recovery(which: u8) -> Option<RecoveryOutcome> {
    let all = [
        Some(RecoveryOutcome::Done),
        Some(RecoveryOutcome::TooSoon),
        Some(RecoveryOutcome::Refused),
        None,
    ];
    all[usize::from(which) % all.len()]
}
