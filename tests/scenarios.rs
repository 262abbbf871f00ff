//! A page's day, told as timelines: what the keeper does about its token, with every time virtual.

mod harness;

use harness::{DONE, FrameBehaviour, HOUR, Harness, MINUTE, SECOND, START, aad_token};
use powerbi_token_keeper::io::{
    ApplyOutcome, DeadlineReason, EmbedCallId, EmbedConfig, EmbedId, ErrorCode, Event, ExpiryScope, Headers,
    Input, KeeperState, Outcome, Reason, Recovery, RecoveryOutcome, SourceFailure, Trigger,
};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use powerbi_token_keeper::token::{AccessToken, Kind};
use serde_json::json;

// ---- the window, the poll --------------------------------------------------------------------------

#[test]
fn an_hour_of_life_is_asked_for_once_between_49_and_50_minutes() {
    let mut page = Harness::with_embed(HOUR);
    assert_eq!(page.state(), KeeperState::Fresh);
    page.advance(49 * MINUTE - 1);
    page.expect_requests(0);
    let asked = page.advance_until_request(MINUTE + 1);
    assert_eq!((asked.reason, asked.attempt), (Reason::Poll, 1));
    assert_eq!(page.state(), KeeperState::Refreshing);

    let token = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds.as_deref(), Some(token.as_str()));
    assert_eq!(page.state(), KeeperState::Fresh);
    let refreshed = page.events.iter().find_map(|event| {
        if let Event::Refreshed(refreshed) = event {
            Some(*refreshed)
        } else {
            None
        }
    });
    let refreshed = refreshed.unwrap();
    assert_eq!(
        (refreshed.reason, refreshed.attempt, refreshed.embeds),
        (Reason::Poll, 1, 1)
    );
    assert_eq!(refreshed.expires_at.as_ms(), harness::expires_at(&token));
}

#[test]
fn a_day_takes_at_most_a_request_per_50_minutes() {
    let mut page = Harness::with_embed(HOUR);
    for _ in 0..24 * HOUR / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond_with_token(HOUR);
        }
        assert!(!page.holds_expired(0), "I9");
    }
    assert!(
        (27..=30).contains(&page.requests.len()),
        "{}",
        page.requests.len()
    );
}

#[test]
fn an_idle_hour_is_120_polls() {
    let mut page = Harness::with_embed(10 * HOUR);
    assert_eq!(page.keeper.deadline().unwrap().reason, DeadlineReason::Poll);
    page.advance(HOUR);
    assert_eq!(page.ticks, 120);
}

#[test]
fn i5_a_tick_before_the_deadline_does_nothing() {
    let mut page = Harness::with_embed(HOUR);
    let before = (page.keeper.deadline(), page.events.len());
    for _ in 0..10 {
        page.freeze(SECOND);
        page.send(Input::Tick);
    }
    assert_eq!((page.keeper.deadline(), page.events.len()), before);
}

#[test]
fn no_token_at_all_is_asked_for_at_once() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Embed));
    assert_eq!(page.expect_request().reason, Reason::Initial);
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds.as_deref(), Some(token.as_str()));
}

#[test]
fn a_token_that_has_expired_already_is_asked_for_at_once_and_said_once() {
    let mut page = Harness::with_embed(-MINUTE);
    page.expect_request();
    assert_eq!(page.count(|event| matches!(event, Event::Expired(_))), 1);
    page.fail_request(SourceFailure::Network);
    assert_eq!(page.state(), KeeperState::Expired);
    page.advance(HOUR);
    assert_eq!(page.count(|event| matches!(event, Event::Expired(_))), 1);
}

#[test]
fn tokens_of_nine_minutes_are_asked_for_at_half_of_their_life() {
    let mut page = Harness::with_embed(9 * MINUTE);
    for _ in 0..8 * HOUR / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond_with_token(9 * MINUTE);
        }
        assert!(!page.holds_expired(0), "I9");
    }
    let requests = page.requests.len();
    assert!((100..=119).contains(&requests), "{requests} in eight hours");
}

#[test]
fn i9_tokens_of_a_minute_never_expire_on_the_embed() {
    let mut page = Harness::with_embed(MINUTE);
    for _ in 0..2 * HOUR / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond_with_token(MINUTE);
        }
        assert!(!page.holds_expired(0), "I9");
    }
    assert!(page.requests.len() <= 240, "{} in two hours", page.requests.len());
}

#[test]
fn tokens_of_twenty_seconds_cost_no_more_than_the_budget() {
    let mut page = Harness::with_embed(20 * SECOND);
    for _ in 0..HOUR / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond_with_token(20 * SECOND);
        }
    }
    assert!(page.requests.len() <= 121, "{} in an hour", page.requests.len());
    assert_eq!(page.failure_codes(), []);
}

// ---- triggers --------------------------------------------------------------------------------------

#[test]
fn visible_after_three_hours_of_sleep_asks_at_once() {
    let mut page = Harness::with_embed(HOUR);
    page.send(Input::Hidden);
    page.suspend(3 * HOUR);
    page.trigger(Trigger::Visible);
    assert_eq!(page.expect_request().reason, Reason::Visible);
    page.respond_with_token(HOUR);
    assert!(!page.holds_expired(0));
}

#[test]
fn sleep_is_noticed_by_the_timer_alone() {
    let mut page = Harness::with_embed(HOUR);
    page.suspend(3 * HOUR);
    page.advance(30 * SECOND);
    assert_eq!(page.expect_request().reason, Reason::Poll);
}

#[test]
fn triggers_on_a_fresh_token_ask_nothing() {
    let mut page = Harness::with_embed(HOUR);
    for trigger in [
        Trigger::Visible,
        Trigger::PageShow,
        Trigger::Resume,
        Trigger::Online,
        Trigger::Focus,
    ] {
        page.advance(2 * SECOND);
        page.trigger(trigger);
    }
    page.expect_requests(0);
}

#[test]
fn each_trigger_gives_its_reason() {
    for (trigger, reason) in [
        (Trigger::PageShow, Reason::PageShow),
        (Trigger::Resume, Reason::Resume),
        (Trigger::Online, Reason::Online),
        (Trigger::Focus, Reason::Focus),
    ] {
        let mut page = Harness::with_embed(HOUR);
        page.freeze(55 * MINUTE);
        page.trigger(trigger);
        assert_eq!(page.expect_request().reason, reason);
    }
}

#[test]
fn a_storm_of_triggers_within_a_second_counts_once() {
    let mut page = Harness::with_embed(HOUR);
    page.freeze(55 * MINUTE);
    page.trigger(Trigger::Visible);
    page.fail_request(SourceFailure::Status(500));
    for _ in 0..50 {
        page.freeze(10);
        page.trigger(Trigger::Visible);
        page.trigger(Trigger::Focus);
    }
    page.expect_requests(1);
    // the pause may end sooner by itself: it is up to two seconds
    page.advance_until_request(500);
    page.expect_requests(2);
}

#[test]
fn online_ends_the_pause_after_a_failure_and_focus_does_not() {
    let mut page = Harness::with_embed(HOUR);
    for _ in 0..6 {
        page.advance_until_request(53 * MINUTE);
        page.fail_request(SourceFailure::Network);
    }
    page.advance_until_request(MINUTE);
    page.fail_request(SourceFailure::Network);
    let made = page.requests.len();
    page.trigger(Trigger::Focus);
    page.expect_requests(made);
    page.freeze(2 * SECOND);
    page.trigger(Trigger::Online);
    page.expect_requests(made + 1);
}

#[test]
fn while_hidden_pause_asks_nothing_and_checks_on_return() {
    let policy = RefreshPolicy::parse(|_| None, WhileHidden::Pause, AfterExpiry::Auto).unwrap();
    let mut page = Harness::with(policy, 1);
    let token = page.mint(HOUR);
    page.attach(0, Some(token), Some(Kind::Embed));
    page.send(Input::Hidden);
    page.advance(3 * HOUR);
    page.expect_requests(0);
    let waiter = page.call_provider(Some(0));
    assert!(
        matches!(page.outcome_of(waiter), Some(Outcome::Failed(_))),
        "a frame nobody sees gets nothing"
    );
    page.trigger(Trigger::Visible);
    assert_eq!(page.expect_request().reason, Reason::Visible);
}

// ---- failures --------------------------------------------------------------------------------------

#[test]
fn an_outage_inside_the_window_is_retried_with_backoff_and_the_old_token_stays() {
    let mut page = Harness::with_embed(HOUR);
    let old = page.frame(0).holds.clone();
    page.advance_until_request(52 * MINUTE);
    let mut gaps = Vec::new();
    for attempt in 1..=5 {
        let asked = page.expect_request();
        assert_eq!(asked.attempt, attempt);
        assert_eq!(
            asked.reason,
            if attempt == 1 { Reason::Poll } else { Reason::Retry }
        );
        page.fail_request(SourceFailure::Status(500));
        assert_eq!(page.state(), KeeperState::Retrying);
        let failed_at = page.mono;
        gaps.push(page.advance_until_request(MINUTE).at - failed_at);
    }
    // a third of what is left of the token, at most 45 s, give or take a quarter
    for gap in &gaps {
        assert!((33 * SECOND..=57 * SECOND).contains(gap), "{gaps:?}");
    }
    assert_eq!(page.frame(0).holds, old);
    assert_eq!(page.failure_codes(), [ErrorCode::SourceStatus; 5]);
    page.respond_with_token(HOUR);
    assert_eq!(page.state(), KeeperState::Fresh);
    assert_eq!((page.status().attempt, page.status().last_error_code), (0, None));
}

#[test]
fn a_token_that_expires_in_an_outage_starts_no_burst_of_requests() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    let mut gaps = Vec::new();
    while page.mono < HOUR + 5 * MINUTE {
        page.fail_request(SourceFailure::Network);
        let failed_at = page.mono;
        gaps.push(page.advance_until_request(MINUTE).at - failed_at);
    }
    // a fleet of such pages asks no more often than Microsoft's loop
    let after_five = gaps.iter().skip(5);
    assert!(after_five.clone().count() > 10, "{gaps:?}");
    assert!(after_five.min() >= Some(&(24 * SECOND)), "{gaps:?}");
}

#[test]
fn the_source_may_take_95_seconds_and_is_never_asked_twice() {
    let ms = |name| (name == "sourceTimeoutMs").then_some(120_000.0);
    let policy = RefreshPolicy::parse(ms, WhileHidden::Refresh, AfterExpiry::Auto).unwrap();
    let mut page = Harness::with(policy, 1);
    let token = page.mint(HOUR);
    page.attach(0, Some(token), Some(Kind::Embed));
    page.advance_until_request(52 * MINUTE);
    for _ in 0..95 {
        page.advance(SECOND);
        page.trigger(Trigger::Focus);
        page.call_refresh();
    }
    page.expect_requests(1);
    page.respond_with_token(HOUR);
    assert_eq!(page.outcomes.len(), 95, "every refresh() joined it");
}

#[test]
fn i2_an_answer_after_the_time_limit_changes_nothing() {
    let mut page = Harness::with_embed(HOUR);
    let late = page.advance_until_request(52 * MINUTE);
    page.advance(30 * SECOND);
    assert_eq!(page.failure_codes(), [ErrorCode::SourceTimeout]);
    let old = page.frame(0).holds.clone();
    let (status, events) = (page.status(), page.events.len());
    let token = page.mint(HOUR);
    page.respond_to(late.id, &json!({ "token": token }), Headers::default());
    page.send(Input::RequestFailed {
        request: late.id,
        failure: SourceFailure::Status(401),
        headers: Headers {
            date: None,
            retry_after: Some("60".into()),
        },
    });
    assert_eq!((page.status(), page.events.len()), (status, events));
    assert_eq!(page.frame(0).holds, old);
}

#[test]
fn a_denied_source_is_left_alone_for_five_minutes_and_more() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let at = page.mono;
        page.fail_request(SourceFailure::Status(if waits.len() % 2 == 0 {
            401
        } else {
            403
        }));
        assert_eq!(page.state(), KeeperState::Denied);
        waits.push((page.advance_until_request(2 * HOUR).at - at) / MINUTE);
    }
    assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
}

#[test]
fn a_denied_source_is_tried_at_once_by_a_visible_page_and_by_refresh() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.fail_request(SourceFailure::Status(401));
    page.advance(10 * SECOND);
    for ignored in [Trigger::Online, Trigger::Focus] {
        page.trigger(ignored);
        page.advance(2 * SECOND);
    }
    page.expect_requests(1);
    page.trigger(Trigger::Visible);
    page.expect_requests(2);
    page.fail_request(SourceFailure::Status(401));
    page.call_refresh();
    page.expect_requests(3);
}

#[test]
fn retry_after_is_kept_and_up_to_a_tenth_more_whoever_asks() {
    for (text, wanted) in [
        ("7", 7),
        ("0", 1),
        ("86400", 3_600),
        ("Thu, 01 Jan 2026 00:52:30 GMT", 30),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 1),
    ] {
        let mut page = Harness::with_embed(HOUR);
        page.advance_until_request(52 * MINUTE);
        page.freeze(52 * MINUTE + SECOND - page.mono);
        page.fail_request_with(
            SourceFailure::Status(429),
            Headers {
                date: None,
                retry_after: Some(text.into()),
            },
        );
        let waiter = page.call_refresh();
        assert_eq!(
            page.outcome_of(waiter),
            Some(&Outcome::Failed(ErrorCode::SourceThrottled))
        );
        page.trigger(Trigger::Visible);
        let at = page.mono;
        let waited = page.advance_until_request(2 * HOUR).at - at;
        let wanted = wanted * SECOND;
        assert!(
            (wanted..=wanted + wanted / 10).contains(&waited),
            "{text}: {waited}"
        );
    }
}

#[test]
fn a_429_without_retry_after_waits_half_a_minute_at_least_and_a_503_is_an_ordinary_failure() {
    // with seconds left of the token the ordinary pause is a third of them
    for (status, least, most) in [(429, 30, 30), (503, 2, 5)] {
        let mut page = Harness::with_embed(HOUR);
        page.freeze(HOUR - 10 * SECOND);
        page.trigger(Trigger::Focus);
        page.fail_request(SourceFailure::Status(status));
        assert_eq!(page.failure_codes(), [ErrorCode::SourceThrottled]);
        let at = page.mono;
        let waited = page.advance_until_request(HOUR).at - at;
        assert!(
            (least * SECOND..=most * SECOND).contains(&waited),
            "{status}: {waited}"
        );
    }
}

#[test]
fn a_network_that_is_not_up_yet_after_waking_has_a_schedule_of_its_own() {
    let mut page = Harness::with_embed(HOUR);
    page.suspend(3 * HOUR);
    page.trigger(Trigger::Resume);
    for wait in [1, 2, 4, 8] {
        let at = page.mono;
        page.fail_request(SourceFailure::Network);
        page.advance(wait * SECOND);
        assert_eq!(page.expect_request().at - at, wait * SECOND);
    }
}

#[test]
fn the_schedule_of_waking_begins_anew_with_each_wake() {
    let mut page = Harness::with_embed(HOUR);
    page.suspend(3 * HOUR);
    for trigger in [Trigger::Resume, Trigger::Online] {
        page.trigger(trigger);
        for wait in [1, 2, 4, 8] {
            page.fail_request(SourceFailure::Network);
            page.advance(wait * SECOND);
            page.expect_request();
        }
        page.fail_request(SourceFailure::Network);
        page.advance(SECOND);
    }
}

#[test]
fn a_refresh_that_the_budget_forbids_says_so_and_waits_for_the_next_grant() {
    let mut page = Harness::with_embed(HOUR);
    let mut waiters = Vec::new();
    for _ in 0..12 {
        waiters.push(page.call_refresh());
        if page.pending.is_some() {
            page.fail_request(SourceFailure::Status(500));
        }
    }
    assert!(page.requests.len() <= 10, "I8");
    assert_eq!(
        page.outcome_of(waiters[11]),
        Some(&Outcome::Failed(ErrorCode::Budget))
    );
    assert!(page.failure_codes().contains(&ErrorCode::Budget));
    page.advance(30 * SECOND);
    assert_eq!(page.requests.len(), 11, "the request waited for the grant");
}

#[test]
fn a_backend_that_takes_95_seconds_is_given_the_time_and_from_then_on_twice_that() {
    let mut page = Harness::with_embed(HOUR);
    let mut took = Vec::new();
    for _ in 0..4 {
        let asked = page.advance_until_request(2 * HOUR);
        page.advance(95 * SECOND);
        let is_answered = page.pending.is_some_and(|pending| pending.id == asked.id);
        took.push(is_answered);
        if is_answered {
            page.respond_with_token(2 * HOUR);
        }
    }
    assert_eq!(
        took,
        [false, false, true, true],
        "30, 60, 120 and 190 s are the limits"
    );
    assert_eq!(page.failure_codes(), [ErrorCode::SourceTimeout; 2]);
    assert!(!page.holds_expired(0));
}

#[test]
fn what_waiting_can_not_heal_is_asked_for_after_minutes_and_by_whoever_may_have_changed_it() {
    let aad = |page: &Harness| json!({ "token": aad_token(1, page.wall, page.wall + 2 * HOUR, "jo") });
    let mut page = Harness::with_embed(-HOUR);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let refused = aad(&page);
        page.respond(&refused);
        assert_eq!(page.state(), KeeperState::Expired);
        let at = page.mono;
        waits.push((page.advance_until_request(HOUR).at - at) / MINUTE);
    }
    assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
    assert_eq!(page.failure_codes(), [ErrorCode::TokenType; 6]);

    type Change = fn(&mut Harness);
    let changes: [(Change, bool); 5] = [
        (|page| page.trigger(Trigger::Visible), true),
        (|page| assert!(page.call_refresh() > 0), true),
        (|page| page.attach_content(1, None, Some(Kind::Embed), 1), true),
        (|page| page.trigger(Trigger::Online), false),
        (|page| page.trigger(Trigger::Focus), false),
    ];
    for (change, asks) in changes {
        let mut page = Harness::with_embed(-HOUR);
        let refused = aad(&page);
        page.respond(&refused);
        page.freeze(10 * SECOND);
        change(&mut page);
        page.expect_requests(if asks { 2 } else { 1 });
    }
}

#[test]
fn unusable_answers_are_refused_for_good_from_the_third_in_a_row_on() {
    let mut page = Harness::with_embed(-HOUR);
    let mut waits = Vec::new();
    for _ in 0..5 {
        page.respond(&json!({ "token": "undefined" }));
        let at = page.mono;
        waits.push(page.advance_until_request(HOUR).at - at);
    }
    assert!(waits[0] <= SECOND && waits[1] <= 2 * SECOND, "{waits:?}");
    assert_eq!(waits[2..], [MINUTE, 2 * MINUTE, 4 * MINUTE]);
}

#[test]
fn a_source_that_says_the_user_must_sign_in_is_denied_without_a_status() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(51 * MINUTE);
    page.fail_request(SourceFailure::SignInRequired);
    assert_eq!(page.state(), KeeperState::Denied);
    assert_eq!(page.failure_codes(), [ErrorCode::SourceDenied]);
}

#[test]
fn an_expired_token_is_asked_for_within_seconds_then_every_half_minute_and_rarely_where_nobody_looks() {
    for hidden in [false, true] {
        let mut page = Harness::with_embed(HOUR);
        page.freeze(HOUR);
        page.trigger(Trigger::Focus);
        if hidden {
            page.send(Input::Hidden);
        }
        let count = |page: &mut Harness, span: i64| {
            let (made, end) = (page.requests.len(), page.mono + span);
            while page.mono < end {
                if page.pending.is_some() {
                    page.fail_request(SourceFailure::Status(500));
                }
                page.advance(SECOND);
            }
            page.requests.len() - made
        };
        // after 1, 2, 4, 8 s
        let first = count(&mut page, 20 * SECOND);
        assert!((4..=5).contains(&first), "{first} in the first seconds");
        let lately = count(&mut page, 29 * MINUTE);
        assert!((50..=62).contains(&lately), "{lately} in half an hour");
        let later = count(&mut page, 30 * MINUTE);
        let wanted = if hidden { 5..=11 } else { 52..=62 };
        assert!(wanted.contains(&later), "{later} in the half hour after that");
    }
}

// ---- which tokens are taken ------------------------------------------------------------------------

#[test]
fn a_token_that_is_no_better_is_refused_and_the_old_one_stays() {
    let expires = START + HOUR;
    let user = |serial, oid| aad_token(serial, START, START + 2 * HOUR, oid);
    let cases = [
        (
            "same",
            json!({ "token": aad_token(1, START, expires, "jo") }),
            ErrorCode::TokenSame,
        ),
        (
            "older",
            json!({ "token": aad_token(2, START, expires - MINUTE, "jo") }),
            ErrorCode::TokenOlder,
        ),
        (
            "no later",
            json!({ "token": aad_token(3, START, expires, "jo") }),
            ErrorCode::TokenOlder,
        ),
        (
            "other kind",
            json!({ "token": harness::embed_token(4, expires + HOUR) }),
            ErrorCode::TokenType,
        ),
        (
            "other user",
            json!({ "token": user(5, "eve") }),
            ErrorCode::TokenSubject,
        ),
        (
            "expired",
            json!({ "token": aad_token(6, START - HOUR, START, "jo") }),
            ErrorCode::TokenExpired,
        ),
        (
            "expired by the answer",
            json!({ "token": user(7, "jo"), "expiration": "2026-01-01T00:00:00Z" }),
            ErrorCode::TokenExpired,
        ),
        (
            "wrapped",
            json!({ "token": format!("Bearer {}", user(8, "jo")) }),
            ErrorCode::TokenUnusable,
        ),
        (
            "a GUID",
            json!({ "token": "11111111-2222-3333-4444-555555555555" }),
            ErrorCode::TokenUnusable,
        ),
        ("nothing", json!({}), ErrorCode::SourceAnswer),
        ("null", json!(null), ErrorCode::SourceAnswer),
        ("a number", json!(42), ErrorCode::SourceAnswer),
        (
            "a page",
            json!("<!doctype html><title>Sign in</title>"),
            ErrorCode::SourceAnswer,
        ),
        (
            "an error",
            json!({ "error": { "code": "InvalidToken" } }),
            ErrorCode::SourceAnswer,
        ),
        (
            "undated",
            json!({ "token": format!("opaque-{}", "x".repeat(100)) }),
            ErrorCode::ExpirationUnknown,
        ),
    ];
    for (name, answer, code) in cases {
        let mut page = Harness::new();
        let first = aad_token(1, START, expires, "jo");
        page.attach(0, Some(first.clone()), Some(Kind::Aad));
        page.advance_until_request(53 * MINUTE);
        page.respond(&answer);
        assert_eq!(page.failure_codes(), [code], "{name}");
        assert_eq!(page.frame(0).holds.as_ref(), Some(&first), "{name}");
        let is_unchanged = matches!(code, ErrorCode::TokenSame | ErrorCode::TokenOlder);
        let state = if is_unchanged {
            KeeperState::Due
        } else {
            KeeperState::Retrying
        };
        assert_eq!(page.state(), state, "{name}");
        page.advance_until_request(MINUTE);
        page.respond(&json!({ "token": user(9, "jo") }));
        assert_eq!(
            page.state(),
            KeeperState::Fresh,
            "{name}: a good one is taken all the same"
        );
    }
}

#[test]
fn the_same_token_for_an_hour_is_backed_off_from() {
    let mut page = Harness::with_embed(HOUR);
    let same = page.frame(0).holds.clone().unwrap();
    for _ in 0..2 * HOUR / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond(&json!({ "token": same }));
        }
    }
    // 45 s while it is good, 30 s once it has expired, give or take a quarter
    assert!(page.requests.len() < 165, "{} in two hours", page.requests.len());
    let pauses = page.requests.windows(2).map(|pair| pair[1].at - pair[0].at);
    assert!(pauses.min() >= Some(15 * SECOND));
    assert_eq!(page.count(|event| matches!(event, Event::Expired(_))), 1);
    assert_eq!(page.state(), KeeperState::Expired);
}

#[test]
fn an_embed_token_that_nobody_dated_counts_for_an_hour() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Embed));
    let undated = format!("H4sI{}", "A".repeat(200));
    page.respond(&json!({ "token": undated }));
    assert_eq!(page.frame(0).holds.as_ref(), Some(&undated));
    assert_eq!(page.status().expires_at.unwrap().as_ms(), START + HOUR);
    assert_eq!(
        page.status().last_error_code,
        Some(ErrorCode::ExpirationUnknown),
        "support can see it"
    );
}

#[test]
fn an_hour_that_was_guessed_under_a_wrong_clock_stands_in_no_tokens_way() {
    let undated = |serial: &str| format!("H4sI{}", serial.repeat(200));
    let mut page = Harness::new();
    page.wall += 3 * HOUR;
    page.attach(0, Some(undated("A")), Some(Kind::Embed));
    let asked = page.advance_until_request(HOUR);
    let headers = Headers {
        date: Some(httpdate::fmt_http_date(
            std::time::UNIX_EPOCH + std::time::Duration::from_millis((page.wall - 3 * HOUR).unsigned_abs()),
        )),
        retry_after: None,
    };
    page.respond_to(asked.id, &json!({ "token": undated("B") }), headers);
    assert_eq!(page.failure_codes(), []);
    assert_eq!(page.frame(0).holds, Some(undated("B")));
}

#[test]
fn an_embed_token_of_the_page_that_nobody_dated_replaces_none_that_is_known() {
    let mut page = Harness::new();
    let undated = format!("H4sI{}", "A".repeat(200));
    page.attach(0, Some(undated.clone()), Some(Kind::Embed));
    page.advance_until_request(HOUR);
    let token = page.respond_with_token(HOUR);
    page.advance(40 * MINUTE);
    // embedded again with the token that the page was made with
    page.frame(0).holds = Some(undated);
    page.advance(MINUTE);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
}

// ---- applying --------------------------------------------------------------------------------------

#[test]
fn a_frame_that_hangs_is_retried_without_a_new_request_and_delays_nobody() {
    let mut page = Harness::with_embed(HOUR);
    let shared = page.frame(0).holds.clone();
    page.attach(1, shared, Some(Kind::Embed));
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.advance_until_request(52 * MINUTE);
    let token = page.respond_with_token(HOUR);
    assert_eq!(
        page.frame(1).holds.as_ref(),
        Some(&token),
        "the other has it at once"
    );
    assert_eq!(
        page.count(|event| matches!(event, Event::Refreshed(_))),
        0,
        "not yet on all"
    );
    page.advance(10 * SECOND);
    let failed: Vec<_> = page
        .events
        .iter()
        .filter(|e| matches!(e, Event::ApplyFailed(..)))
        .collect();
    assert!(
        matches!(failed[..], [Event::ApplyFailed(EmbedId(0), detail)] if detail.code == ErrorCode::ApplyTimeout)
    );
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 1);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(2 * SECOND);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
    page.expect_requests(1);
}

#[test]
fn the_tracked_expiration_moves_only_when_the_token_is_in_place() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Rejects;
    page.advance_until_request(52 * MINUTE);
    let waiter = page.call_refresh();
    let token = page.respond_with_token(HOUR);
    assert_eq!(
        page.status().expires_at.unwrap().as_ms(),
        START + HOUR,
        "still the old one's"
    );
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::ApplyRejected))
    );
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 0);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(2 * SECOND);
    assert_eq!(
        page.status().expires_at.unwrap().as_ms(),
        harness::expires_at(&token)
    );
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 1);
    page.expect_requests(1);
}

#[test]
fn applies_are_retried_after_2_4_8_and_then_every_15_seconds() {
    let mut page = Harness::with_embed(2 * HOUR);
    page.frame(0).behaviour = FrameBehaviour::Rejects;
    page.call_refresh();
    page.respond_with_token(5 * HOUR);
    let mut calls = vec![page.mono];
    let mut seen = page.frame(0).calls;
    while calls.len() < 9 {
        page.advance(SECOND);
        if page.frame(0).calls > seen {
            seen = page.frame(0).calls;
            calls.push(page.mono);
        }
    }
    let gaps: Vec<_> = calls
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / SECOND)
        .collect();
    assert_eq!(gaps, [2, 4, 8, 15, 15, 15, 15, 15]);
}

#[test]
fn a_late_answer_while_the_next_call_is_under_way_says_which_token_a_frame_refuses() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.advance_until_request(52 * MINUTE);
    let token = page.respond_with_token(HOUR);
    page.advance(13 * SECOND);
    assert_eq!(page.frame(0).calls, 2);
    let (call, _) = page.frame(0).open.remove(0);
    page.settle(0, call, token);
    page.expect_requests(1);
    page.report_token_expired(0, ExpiryScope::Embed);
    page.expect_requests(2);
}

#[test]
fn a_late_answer_that_overwrote_the_newest_token_is_repaired() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.advance_until_request(52 * MINUTE);
    let second = page.respond_with_token(HOUR);
    page.advance(11 * SECOND);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance_until_request(55 * MINUTE);
    let third = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&third));
    // the first call is answered only now, and powerbi-client writes its token over the newer one
    let (call, text) = page.frame(0).open.remove(0);
    assert_eq!(text, second);
    page.settle(0, call, second);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&third));
    page.expect_requests(2);
}

#[test]
fn a_frame_that_does_not_listen_yet_is_waited_for_without_a_failure() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Embed));
    page.frame(0).behaviour = FrameBehaviour::NotListening;
    let token = page.respond_with_token(HOUR);
    page.advance(20 * SECOND);
    assert_eq!(page.count(|event| matches!(event, Event::ApplyFailed(..))), 0);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(5 * SECOND);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
}

#[test]
fn an_embed_that_is_gone_is_let_go() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.frame(0).behaviour = FrameBehaviour::Gone;
    page.respond_with_token(HOUR);
    let gone =
        |event: &Event| matches!(event, Event::ApplyFailed(_, detail) if detail.code == ErrorCode::ApplyGone);
    assert_eq!(page.count(gone), 1);
    assert_eq!((page.status().embeds, page.keeper.deadline()), (0, None));
    assert_eq!(page.state(), KeeperState::Idle);
}

#[test]
fn an_embed_that_comes_later_gets_the_newest_token() {
    let mut page = Harness::with_embed(HOUR);
    let old = page.frame(0).holds.clone();
    page.advance_until_request(52 * MINUTE);
    let token = page.respond_with_token(HOUR);
    page.attach(1, old, Some(Kind::Embed));
    assert_eq!(page.frame(1).holds.as_ref(), Some(&token));
    page.attach(2, Some(token), Some(Kind::Embed));
    assert_eq!(page.frame(2).calls, 0, "it holds it already");
}

// ---- whose token it is -----------------------------------------------------------------------------

/// A page with one embed whose token is known, and another with other content and a token of the page's own.
fn two_reports(first: i64, second: i64) -> (Harness, String, String) {
    let mut page = Harness::with_embed(first);
    let known = page.frame(0).holds.clone().unwrap_or_default();
    let own = page.mint(second);
    page.attach_content(1, Some(own.clone()), Some(Kind::Embed), 1);
    (page, known, own)
}

#[test]
fn i13_a_second_report_keeps_its_own_token_and_the_first_its_own() {
    for (first, second) in [(HOUR, 50 * MINUTE), (HOUR, HOUR), (50 * MINUTE, HOUR)] {
        let (mut page, known, own) = two_reports(first, second);
        page.advance(35 * MINUTE);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&known));
        assert_eq!(page.frame(1).holds.as_ref(), Some(&own));
        page.expect_requests(0);
        let earliest = first.min(second);
        assert_eq!(page.status().expires_at.unwrap().as_ms(), START + earliest);
    }
}

#[test]
fn i13_an_answer_leaves_an_own_token_that_is_not_due_alone_and_a_request_follows_when_it_is() {
    let (mut page, _, own) = two_reports(20 * MINUTE, HOUR);
    page.advance_until_request(11 * MINUTE);
    let token = page.respond_with_token(2 * HOUR);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
    assert_eq!(
        page.frame(1).holds.as_ref(),
        Some(&own),
        "it is good for 50 minutes"
    );
    let at = page.advance_until_request(HOUR).at;
    assert!(
        (49 * MINUTE..=50 * MINUTE + SECOND).contains(&(at - 1_000)),
        "{at}"
    );
    let token = page.respond_with_token(3 * HOUR);
    for id in 0..2 {
        assert_eq!(
            page.frame(id).holds.as_ref(),
            Some(&token),
            "the request named both"
        );
    }
}

#[test]
fn i13_another_report_in_the_same_container_keeps_the_token_it_came_with() {
    for life in [5 * MINUTE, HOUR, 2 * HOUR] {
        let mut page = Harness::with_embed(HOUR);
        page.advance_until_request(51 * MINUTE);
        page.respond_with_token(HOUR);
        let own = page.mint(life);
        page.embed_again(0, Some(own.clone()), 1);
        page.advance(life * 2 / 5);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&own), "{life}");
        page.expect_requests(1);
        assert_eq!(
            page.status().expires_at.unwrap().as_ms(),
            harness::expires_at(&own)
        );
        page.advance_until_request(life);
        let token = page.respond_with_token(3 * HOUR);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
    }
}

#[test]
fn i13_a_token_that_the_page_set_by_hand_stays_until_it_is_due() {
    for life in [5 * MINUTE, HOUR, 2 * HOUR] {
        let mut page = Harness::with_embed(HOUR);
        page.advance(10 * MINUTE);
        let own = page.mint(life);
        page.embed_again(0, Some(own.clone()), 0);
        page.advance(life * 2 / 5);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&own), "{life}");
        page.expect_requests(0);
    }
}

#[test]
fn i13_i14_what_the_page_has_put_there_since_the_last_check_is_not_overwritten() {
    for content in [0, 1] {
        let mut page = Harness::with_embed(HOUR);
        page.advance_until_request(51 * MINUTE);
        let own = page.mint(HOUR);
        let frame = page.frame(0);
        (frame.holds, frame.content) = (Some(own.clone()), content);
        // no check comes before the answer
        page.respond_with_token(2 * HOUR);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&own), "content {content}");
        page.advance(20 * MINUTE);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&own), "content {content}");
        assert_eq!(page.count(|event| matches!(event, Event::ApplyFailed(..))), 0);
    }
}

#[test]
fn i14_a_request_is_for_what_the_embeds_are_when_it_is_made() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone();
    page.advance(10 * SECOND);
    // another report, and refresh() before the next check
    let own = page.mint(HOUR);
    let frame = page.frame(0);
    (frame.holds, frame.content) = (Some(own), 1);
    page.call_refresh();
    let newest = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&newest));
    // back again: the newest was not obtained for this one
    page.embed_again(0, first.clone(), 0);
    page.advance(MINUTE);
    assert_eq!(page.frame(0).holds, first);
    page.expect_requests(1);
}

#[test]
fn i14_a_token_out_of_a_cache_replaces_no_good_one_of_other_content_even_with_refresh() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone().unwrap();
    page.advance(10 * SECOND);
    let (good, due) = (page.mint(HOUR), page.mint(SECOND));
    page.attach_content(1, Some(good.clone()), Some(Kind::Embed), 1);
    page.attach_content(2, Some(due), Some(Kind::Embed), 2);
    page.advance(2 * SECOND);
    page.call_refresh();
    page.respond(&json!({ "token": first, "expiration": harness::expires_at(&first) }));
    assert_eq!(
        page.frame(1).holds.as_ref(),
        Some(&good),
        "it was obtained for the other report alone"
    );
    assert_eq!(
        page.frame(2).holds.as_ref(),
        Some(&first),
        "what has no good token loses nothing"
    );
}

#[test]
fn i13_a_token_set_by_hand_while_one_is_being_set_stays() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.advance_until_request(51 * MINUTE);
    page.respond_with_token(HOUR);
    let own = page.mint(HOUR);
    let (call, _) = page.frame(0).open.remove(0);
    page.settle(0, call, own.clone());
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(20 * MINUTE);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&own));
    assert_eq!(page.count(|event| matches!(event, Event::ApplyFailed(..))), 0);
}

#[test]
fn an_embed_that_was_attached_or_changed_during_a_request_keeps_what_it_has() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone();
    page.attach(1, first, Some(Kind::Embed));
    page.advance_until_request(51 * MINUTE);
    let (own, due) = (page.mint(HOUR), page.mint(MINUTE));
    page.embed_again(1, Some(own.clone()), 1);
    page.attach_content(2, Some(due.clone()), Some(Kind::Embed), 2);
    page.advance(40 * SECOND);
    // the limit of this request has passed: the next one names all three
    page.advance_until_request(MINUTE);
    page.embed_again(2, Some(own.clone()), 2);
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds, Some(token));
    assert_eq!(page.frame(1).holds, Some(own.clone()));
    assert_eq!(page.frame(2).holds, Some(own));
}

#[test]
fn after_a_change_of_role_refresh_takes_a_token_that_ends_sooner_together_or_later() {
    for life in [30 * MINUTE, HOUR, 2 * HOUR] {
        let mut page = Harness::new();
        let (now, end) = (page.wall, page.wall + HOUR);
        let old = aad_token(1, now, end, "jo");
        page.attach(0, Some(old.clone()), Some(Kind::Aad));
        let waiter = page.call_refresh();
        let token = aad_token(2, now, now + life, "eve");
        page.respond(&json!({ "token": token }));
        assert_eq!(page.frame(0).holds.as_ref(), Some(&token), "{life}");
        assert!(matches!(page.outcome_of(waiter), Some(Outcome::Refreshed(_))));
        // an embed that comes back with the token of the role before gets that of the role now
        page.embed_again(0, Some(old), 0);
        assert_eq!(page.frame(0).holds.as_ref(), Some(&token), "{life}");
        page.expect_requests(1);
    }
}

#[test]
fn refresh_replaces_the_tokens_of_the_page_s_own_too_but_not_by_the_same() {
    let (mut page, ..) = two_reports(HOUR, 2 * HOUR);
    page.call_refresh();
    let token = page.respond_with_token(30 * MINUTE);
    for id in 0..2 {
        assert_eq!(page.frame(id).holds.as_ref(), Some(&token));
    }
    let waiter = page.call_refresh();
    page.respond(&json!({ "token": token }));
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::TokenSame))
    );
}

#[test]
fn i14_a_token_goes_to_no_content_that_it_was_not_obtained_for() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(51 * MINUTE);
    let token = page.respond_with_token(HOUR);
    // other content, without a token: one is requested, and that names both
    page.attach_content(1, None, Some(Kind::Embed), 1);
    assert_eq!(page.frame(1).holds, None);
    assert_eq!(page.expect_request().reason, Reason::Initial);
    let both = page.respond_with_token(2 * HOUR);
    assert_eq!(page.frame(1).holds.as_ref(), Some(&both));
    // a token that ran out in the page, of content that no token was obtained for
    let expired = page.mint(-MINUTE);
    page.attach_content(2, Some(expired.clone()), Some(Kind::Embed), 2);
    assert_eq!(page.frame(2).holds.as_ref(), Some(&expired));
    page.expect_request();
    // and one of content that one was: no request is needed
    page.respond_with_token(3 * HOUR);
    page.embed_again(0, Some(token), 1);
    let expired = page.mint(-MINUTE);
    page.embed_again(1, Some(expired), 0);
    let newest = page.frame(2).holds.clone();
    assert_eq!(page.frame(1).holds, newest);
    assert_eq!(
        page.frame(0).holds,
        newest,
        "a known token that is older is replaced at once"
    );
    page.expect_requests(3);
}

#[test]
fn i14_an_aad_token_is_good_for_all_content_of_its_user_and_no_other_s() {
    let mut page = Harness::new();
    let token = |serial, oid| aad_token(serial, START, START + HOUR + i64::from(serial) * MINUTE, oid);
    page.attach(0, Some(token(1, "jo")), Some(Kind::Aad));
    page.attach_content(1, None, Some(Kind::Aad), 1);
    assert_eq!(page.frame(1).holds, Some(token(1, "jo")));
    page.attach_content(2, Some(token(2, "eve")), Some(Kind::Aad), 2);
    page.advance_until_request(52 * MINUTE);
    page.respond(&json!({ "token": token(60, "jo") }));
    assert_eq!(page.frame(0).holds, Some(token(60, "jo")));
    assert_eq!(page.frame(1).holds, Some(token(60, "jo")));
    assert_eq!(page.frame(2).holds, Some(token(2, "eve")));
}

#[test]
fn i7_an_embed_with_a_later_token_keeps_it_to_itself() {
    // before, it brought that token to the others: with another report's, or another user's, that is wrong
    let (mut page, known, own) = two_reports(HOUR, 2 * HOUR);
    assert_eq!(page.frame(0).holds, Some(known));
    page.advance_until_request(51 * MINUTE);
    page.respond_with_token(30 * MINUTE);
    assert_eq!(page.frame(1).holds, Some(own), "and no earlier one replaces it");
}

#[test]
fn an_answer_that_does_not_help_every_embed_is_not_asked_for_again_at_once() {
    let mut page = Harness::with_embed(MINUTE);
    let own = page.mint(10 * MINUTE);
    page.attach_content(1, Some(own), Some(Kind::Embed), 1);
    // due are both in the end, and the source's tokens end before that of the second
    for _ in 0..15 * MINUTE / SECOND {
        page.advance(SECOND);
        if page.pending.is_some() {
            page.respond_with_token(MINUTE + SECOND);
        }
    }
    assert!(page.requests.len() <= 31, "{}", page.requests.len());
    assert!(!page.holds_expired(1));
}

#[test]
fn an_expiration_counts_for_48_hours_at_most_and_one_that_a_frame_disproves_for_nothing() {
    let mut page = Harness::with_embed(MINUTE);
    page.advance_until_request(MINUTE);
    let far = page.mint(70 * 365 * 24 * HOUR);
    page.respond(&json!({ "token": far }));
    assert_eq!(page.status().remaining_ms.unwrap().as_ms(), 48 * HOUR as u64);
    page.report_token_expired(0, ExpiryScope::Embed);
    let good = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds, Some(good));
}

// ---- embeds come and go ----------------------------------------------------------------------------

#[test]
fn an_embed_that_was_embedded_again_gets_the_newest_token_at_the_next_check() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone();
    page.advance_until_request(52 * MINUTE);
    let second = page.respond_with_token(HOUR);
    page.frame(0).holds = first;
    page.advance(30 * SECOND);
    assert_eq!(page.frame(0).holds, Some(second));
    page.expect_requests(1);
}

#[test]
fn an_embed_that_is_gone_is_let_go_at_the_next_check() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Gone;
    page.advance(30 * SECOND);
    assert_eq!(page.status().embeds, 0);
    assert_eq!(page.keeper.deadline(), None);
    let gone =
        |event: &Event| matches!(event, Event::ApplyFailed(_, failed) if failed.code == ErrorCode::ApplyGone);
    assert_eq!(page.count(gone), 1);
}

#[test]
fn an_embed_of_another_type_is_followed_by_its_kind() {
    let mut page = Harness::with_embed(HOUR);
    let token = aad_token(1, page.wall, page.wall + 90 * MINUTE, "jo");
    page.frame(0).holds = Some(token);
    page.frame(0).kind = Some(Kind::Aad);
    page.advance(30 * SECOND);
    assert_eq!(page.status().token_type, Some(Kind::Aad));
    assert_eq!(
        page.status().expires_at.unwrap().as_ms(),
        page.wall - 30 * SECOND + 90 * MINUTE
    );
}

#[test]
fn a_token_expired_about_a_token_that_somebody_else_replaced_costs_no_request() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone();
    page.advance_until_request(52 * MINUTE);
    let second = page.respond_with_token(HOUR);
    page.advance(15 * MINUTE);
    page.frame(0).holds = first;
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.observe(0);
    page.report_token_expired(0, ExpiryScope::Embed);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(20 * SECOND);
    assert_eq!(page.recoveries, [(0, Recovery::Reload)]);
    assert_eq!(page.frame(0).holds, Some(second));
    page.expect_requests(1);
}

#[test]
fn a_check_looks_at_a_few_embeds_and_at_each_in_turn() {
    let mut page = Harness::with_embed(HOUR);
    let token = page.frame(0).holds.clone();
    for id in 1..20 {
        page.attach(id, token.clone(), Some(Kind::Embed));
    }
    page.advance(30 * SECOND);
    assert_eq!(page.observations, 8);
    page.frame(19).behaviour = FrameBehaviour::Gone;
    page.frame(0).behaviour = FrameBehaviour::Gone;
    page.advance(MINUTE);
    assert_eq!((page.status().embeds, page.observations), (19, 20));
    page.advance(30 * SECOND);
    assert_eq!((page.status().embeds, page.observations), (18, 28));
}

// ---- TokenExpired ----------------------------------------------------------------------------------

#[test]
fn fifty_visuals_raise_token_expired_and_one_request_follows() {
    let mut page = Harness::with_embed(HOUR);
    page.advance(20 * MINUTE);
    for _ in 0..50 {
        page.report_token_expired(0, ExpiryScope::Visual);
    }
    assert_eq!(page.expect_request().reason, Reason::TokenExpired);
    page.respond_with_token(HOUR);
    for _ in 0..50 {
        page.report_token_expired(0, ExpiryScope::Visual);
    }
    page.advance(MINUTE);
    page.expect_requests(1);
    assert_eq!(page.recoveries, [(0, Recovery::Refresh)]);
    assert_eq!(page.count(|event| matches!(event, Event::Recovered { .. })), 1);
}

#[test]
fn a_load_level_expiry_is_reloaded_and_after_expiry_decides() {
    for (after, scope, wanted) in [
        (AfterExpiry::Auto, ExpiryScope::Embed, Some(Recovery::Reload)),
        (AfterExpiry::Auto, ExpiryScope::Visual, Some(Recovery::Refresh)),
        (AfterExpiry::Reload, ExpiryScope::Visual, Some(Recovery::Reload)),
        (AfterExpiry::Refresh, ExpiryScope::Embed, Some(Recovery::Refresh)),
        (AfterExpiry::None, ExpiryScope::Embed, None),
    ] {
        let policy = RefreshPolicy::parse(|_| None, WhileHidden::Refresh, after).unwrap();
        let mut page = Harness::with(policy, 1);
        let token = page.mint(HOUR);
        page.attach(0, Some(token), Some(Kind::Embed));
        page.report_token_expired(0, scope);
        page.respond_with_token(2 * HOUR);
        let recovered: Vec<_> = page.recoveries.iter().map(|(_, how)| *how).collect();
        assert_eq!(
            recovered,
            wanted.into_iter().collect::<Vec<_>>(),
            "{after:?} {scope:?}"
        );
    }
}

/// A page whose embed shows that its token has expired, and has just taken a new one.
fn late(captured: Option<bool>) -> Harness {
    let mut page = Harness::with_embed(-MINUTE);
    page.state_captured = captured;
    page.report_token_expired(0, ExpiryScope::Embed);
    page.recovery_outcome = None;
    page.respond_with_token(HOUR);
    page
}

fn finish_recovery(page: &mut Harness, outcome: RecoveryOutcome) {
    if let Some((embed, call)) = page.last_recovery {
        page.send(Input::RecoveryFinished { embed, call, outcome });
    }
}

#[test]
fn a_late_reload_restores_the_state_that_was_captured_before_it() {
    for (captured, restored) in [(true, true), (true, false), (false, false)] {
        let mut page = late(Some(captured));
        assert_eq!(page.recoveries, [(0, Recovery::Reload)]);
        assert_eq!((page.captures, page.restores_state), (1, captured));
        // the report takes its time to load, and the state is applied after that
        page.advance(if captured { 35 * SECOND } else { 9 * SECOND });
        finish_recovery(
            &mut page,
            RecoveryOutcome::Done {
                state_restored: restored,
            },
        );
        let recovered = page.events.iter().find_map(|event| {
            if let Event::Recovered {
                how, state_restored, ..
            } = event
            {
                Some((*how, *state_restored))
            } else {
                None
            }
        });
        assert_eq!(recovered, Some((Recovery::Reload, restored)));
    }
}

#[test]
fn a_frame_that_says_nothing_of_its_state_for_two_seconds_is_reloaded_all_the_same() {
    let mut page = late(None);
    page.advance(2 * SECOND - 1);
    assert_eq!(page.recoveries, []);
    page.advance(1);
    assert_eq!((page.recoveries.len(), page.restores_state), (1, false));
    // what it says after that changes nothing
    page.send(Input::StateCaptured {
        embed: EmbedId(0),
        call: EmbedCallId(0),
        captured: true,
    });
    assert_eq!((page.captures, page.recoveries.len()), (1, 1));
}

#[test]
fn a_reload_that_came_too_soon_is_made_again_with_the_state_of_before() {
    let mut page = late(Some(true));
    finish_recovery(&mut page, RecoveryOutcome::TooSoon);
    page.advance(SECOND);
    assert_eq!(
        (page.captures, page.recoveries.len(), page.restores_state),
        (1, 2, true)
    );
}

#[test]
fn a_refresh_of_a_visual_captures_nothing() {
    let mut page = Harness::with_embed(-MINUTE);
    page.report_token_expired(0, ExpiryScope::Visual);
    page.respond_with_token(HOUR);
    assert_eq!((page.captures, page.recoveries.len()), (0, 1));
}

#[test]
fn an_embed_that_raises_token_expired_while_a_newer_token_is_on_its_way_costs_no_request() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Rejects;
    page.advance_until_request(52 * MINUTE);
    page.respond_with_token(HOUR);
    page.report_token_expired(0, ExpiryScope::Embed);
    page.expect_requests(1);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(2 * SECOND);
    assert_eq!(page.recoveries, [(0, Recovery::Reload)]);
    page.expect_requests(1);
}

// ---- the provider, refresh(), getToken() -----------------------------------------------------------

#[test]
fn a_frame_that_asks_joins_the_one_request_and_gets_its_token() {
    let mut page = Harness::with_embed(HOUR);
    page.advance(40 * MINUTE);
    let (one, two) = (page.call_provider(Some(0)), page.call_provider(Some(0)));
    assert_eq!(page.expect_request().reason, Reason::Provider);
    page.expect_requests(1);
    let token = page.respond_with_token(HOUR);
    assert_eq!(
        (page.token_given_to(one), page.token_given_to(two)),
        (token.as_str(), token.as_str())
    );
    assert_eq!(
        page.frame(0).holds.as_ref(),
        Some(&token),
        "powerbi-client does not store it"
    );
    let three = page.call_provider(Some(0));
    assert_eq!(
        page.token_given_to(three),
        token,
        "straight afterwards there is no newer one to be had"
    );
    page.expect_requests(1);
}

#[test]
fn a_frame_gets_nothing_when_the_source_fails_and_a_pause_for_good_reason_is_not_broken() {
    let mut page = Harness::with_embed(HOUR);
    let waiter = page.call_provider(Some(0));
    page.fail_request(SourceFailure::SourceThrew);
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::SourceThrew))
    );
    let waiter = page.call_provider(Some(0));
    page.fail_request(SourceFailure::Status(403));
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::SourceDenied))
    );
    let waiter = page.call_provider(Some(0));
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::SourceDenied)),
        "at once"
    );
    page.expect_requests(2);
}

#[test]
fn get_token_gives_the_valid_one_and_asks_only_without() {
    let mut page = Harness::new();
    let waiter = page.call_get_token();
    assert_eq!(page.expect_request().reason, Reason::Initial);
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.token_given_to(waiter), token);
    assert_eq!(
        (page.state(), page.keeper.deadline()),
        (KeeperState::Idle, None),
        "nothing is attached"
    );
    let again = page.call_get_token();
    assert_eq!(page.token_given_to(again), token);
    page.attach(0, Some(token), Some(Kind::Embed));
    assert_eq!(page.state(), KeeperState::Fresh);
    page.expect_requests(1);
    assert_eq!(page.frame(0).calls, 0);
}

#[test]
fn get_token_without_anything_attached_fails_once_and_rests() {
    let mut page = Harness::new();
    let waiter = page.call_get_token();
    page.fail_request(SourceFailure::Network);
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::SourceNetwork))
    );
    assert_eq!(page.keeper.deadline(), None);
    page.advance(HOUR);
    page.expect_requests(1);
}

#[test]
fn get_token_without_anything_attached_asks_again_once_the_source_has_had_its_quiet() {
    let mut page = Harness::new();
    page.call_get_token();
    page.fail_request(SourceFailure::Status(429));
    page.advance(29 * SECOND);
    let early = page.call_get_token();
    assert_eq!(
        page.outcome_of(early),
        Some(&Outcome::Failed(ErrorCode::SourceThrottled))
    );
    page.expect_requests(1);
    page.advance(SECOND);
    let waiter = page.call_get_token();
    page.expect_requests(2);
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.token_given_to(waiter), token);
}

// ---- clocks ----------------------------------------------------------------------------------------

#[test]
fn i10_a_clock_set_back_never_revives_a_token() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.fail_request(SourceFailure::Status(401));
    page.freeze(20 * MINUTE);
    page.advance_until_request(SECOND);
    page.fail_request(SourceFailure::Status(500));
    assert_eq!(page.state(), KeeperState::Expired);
    page.wall -= HOUR;
    page.advance(30 * SECOND);
    assert_ne!(page.state(), KeeperState::Fresh);
    assert_eq!(page.status().remaining_ms.unwrap().as_ms(), 0);
    let waiter = page.call_get_token();
    assert!(
        page.outcome_of(waiter)
            .is_none_or(|told| matches!(told, Outcome::Failed(_)))
    );
}

#[test]
fn i10_a_clock_set_back_within_the_life_of_a_token_does_not_lengthen_it() {
    let mut page = Harness::with_embed(HOUR);
    page.advance(10 * MINUTE);
    page.wall -= HOUR;
    page.advance_until_request(42 * MINUTE);
}

#[test]
fn i10_a_clock_set_forward_never_starts_a_loop() {
    let mut page = Harness::with_embed(HOUR);
    let date = |wall: i64| {
        // what a backend whose clock is right says, as our wall clock is an hour ahead
        let true_now = wall - HOUR;
        let minutes = (true_now - START) / MINUTE;
        format!(
            "Thu, 01 Jan 2026 {:02}:{:02}:{:02} GMT",
            minutes / 60,
            minutes % 60,
            (true_now - START) / SECOND % 60
        )
    };
    page.advance(5 * MINUTE);
    page.wall += HOUR;
    let asked = page.advance_until_request(MINUTE);
    let token = page.mint(0);
    let headers = Headers {
        date: Some(date(page.wall)),
        retry_after: None,
    };
    page.respond_to(asked.id, &json!({ "token": token }), headers);
    assert_eq!(
        page.state(),
        KeeperState::Fresh,
        "the hour ahead was learnt from the answer"
    );
    let skew = page.status().clock_skew_ms.as_ms();
    assert!((skew + HOUR).abs() <= 60 * SECOND, "{skew}");
    page.advance(40 * MINUTE);
    page.expect_requests(1);
}

#[test]
fn a_clock_that_is_wrong_from_the_start_is_learnt_from_a_fresh_aad_token() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Aad));
    // the true time is two hours ahead of this machine's
    let (issued, expires) = (page.wall + 2 * HOUR, page.wall + 3 * HOUR);
    page.respond(&json!({ "token": aad_token(1, issued, expires, "jo") }));
    assert_eq!(page.status().clock_skew_ms.as_ms(), 2 * HOUR);
    page.advance(49 * MINUTE);
    page.expect_requests(1);
    page.advance_until_request(3 * MINUTE);
}

// ---- ends ------------------------------------------------------------------------------------------

#[test]
fn i3_after_stop_nothing_happens_but_the_last_statechange() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    let waiter = page.call_get_token();
    let refresh = page.call_refresh();
    page.send(Input::Stop);
    assert!(page.pending.is_none(), "the request was aborted");
    assert!(page.outcome_of(waiter).is_some());
    assert_eq!(
        page.outcome_of(refresh),
        Some(&Outcome::Failed(ErrorCode::Stopped))
    );
    assert!(
        matches!(page.events.last(), Some(Event::StateChange(status)) if status.state == KeeperState::Stopped)
    );
    let (events, settled) = (page.events.len(), page.outcomes.len());
    page.trigger(Trigger::Visible);
    page.send(Input::Stop);
    page.call_get_token();
    page.advance(3 * HOUR);
    assert_eq!((page.events.len(), page.outcomes.len()), (events, settled));
    page.expect_requests(1);
}

#[test]
fn with_the_last_embed_detached_the_request_ends_and_nothing_is_armed() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.detach(0);
    assert!(page.pending.is_none());
    assert_eq!((page.state(), page.keeper.deadline()), (KeeperState::Idle, None));
}

#[test]
fn i12_rubbish_from_every_side_does_not_stop_it() {
    let mut page = Harness::with_embed(HOUR);
    page.send(Input::ApplyFinished {
        embed: EmbedId(9),
        call: EmbedCallId(9),
        outcome: ApplyOutcome::Gone,
    });
    page.send(Input::ApplyFinished {
        embed: EmbedId(0),
        call: EmbedCallId(9),
        outcome: ApplyOutcome::Settled(None),
    });
    page.send(Input::Detach(EmbedId(77)));
    page.report_token_expired(77, ExpiryScope::Embed);
    page.send(Input::Attach {
        embed: EmbedId(0),
        config: EmbedConfig::default(),
    });
    page.send(Input::Attach {
        embed: EmbedId(5),
        config: EmbedConfig {
            token: Some(AccessToken::new("\u{0}<rubbish>".into())),
            ..EmbedConfig::default()
        },
    });
    page.frames.insert(
        5,
        harness::Frame {
            holds: None,
            kind: None,
            content: 0,
            behaviour: FrameBehaviour::Rejects,
            calls: 0,
            open: Vec::new(),
        },
    );
    page.advance_until_request(52 * MINUTE);
    page.respond_with_token(HOUR);
    assert_eq!(
        page.status().expires_at.unwrap().as_ms(),
        page.wall + HOUR - page.wall % SECOND
    );
}

#[test]
fn the_states_of_a_day_with_one_outage() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.fail_request(SourceFailure::Network);
    page.advance_until_request(MINUTE);
    page.respond_with_token(HOUR);
    page.send(Input::Stop);
    assert_eq!(
        page.states(),
        [
            "fresh",
            "refreshing",
            "retrying",
            "refreshing",
            "fresh",
            "stopped"
        ]
    );
}

#[test]
fn a_call_that_is_answered_late_while_the_next_is_due_saves_it() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.advance_until_request(51 * MINUTE);
    let token = page.respond_with_token(HOUR);
    page.advance(10 * SECOND + SECOND / 2); // the limit has passed, and the pause has not
    let (call, _) = page.frame(0).open.remove(0);
    page.settle(0, call, token);
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 1);
    assert_eq!(page.state(), KeeperState::Fresh);
    page.advance(MINUTE);
    assert_eq!(page.frame(0).calls, 1);
}

#[test]
fn with_refresh_a_token_of_the_page_s_own_that_a_frame_clings_to_is_replaced_by_the_next_call() {
    let mut page = Harness::with_embed(HOUR);
    let own = page.mint(HOUR);
    page.embed_again(0, Some(own.clone()), 0);
    page.frame(0).behaviour = FrameBehaviour::Rejects;
    page.call_refresh();
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&own));
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(5 * SECOND);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
}

// ---- found by the simulator ------------------------------------------------------------------------

#[test]
fn an_embed_without_a_token_is_no_way_in_for_another_user_s() {
    let mut page = Harness::new();
    let token = |page: &Harness, serial, user| aad_token(serial, page.wall, page.wall + HOUR, user);
    let jo = token(&page, 1, "jo");
    page.attach(0, Some(jo), Some(Kind::Aad));
    page.advance_until_request(51 * MINUTE);
    let al = token(&page, 2, "al");
    page.respond(&json!({ "token": al }));
    page.attach(1, None, Some(Kind::Aad));
    page.respond(&json!({ "token": al }));
    assert_eq!(page.failure_codes(), [ErrorCode::TokenSubject; 2]);
    // with nobody else there, or asked for, it is welcome
    page.detach(0);
    page.call_refresh();
    page.respond(&json!({ "token": al }));
    assert_eq!(page.frame(1).holds.as_ref(), Some(&al));
}

#[test]
fn under_a_clock_that_is_ahead_a_cached_token_is_as_old_as_its_first_receipt() {
    let mut page = Harness::new();
    page.wall += 3 * HOUR; // and nobody says so
    page.attach(0, None, None);
    let cached = harness::embed_token(1, page.wall - 2 * HOUR);
    page.respond(&json!({ "token": cached }));
    for _ in 0..10 {
        page.advance_until_request(MINUTE);
        page.respond(&json!({ "token": cached }));
    }
    assert_eq!(page.failure_codes(), [ErrorCode::TokenExpired; 11]);
    page.advance_until_request(MINUTE);
    let fresh = harness::embed_token(2, page.wall - 2 * HOUR);
    page.respond(&json!({ "token": fresh }));
    assert_eq!(
        page.frame(0).holds.as_ref(),
        Some(&fresh),
        "made when it was asked for"
    );
}

#[test]
fn a_clock_that_is_ahead_refuses_one_fresh_token_and_takes_the_next() {
    for aad in [true, false] {
        let mut page = Harness::new();
        page.wall += 3 * HOUR; // the server's time is three hours behind, and nobody says so
        page.attach(0, None, None);
        let fresh = |page: &Harness, serial| {
            let server = page.wall - 3 * HOUR;
            if aad {
                aad_token(serial, server, server + HOUR, "jo")
            } else {
                harness::embed_token(serial, server + HOUR)
            }
        };
        page.respond(&json!({ "token": fresh(&page, 1) }));
        assert_eq!(
            page.failure_codes(),
            [ErrorCode::TokenExpired],
            "it may come out of a cache"
        );
        page.advance_until_request(3 * SECOND);
        let second = fresh(&page, 2);
        page.respond(&json!({ "token": second }));
        assert_eq!(page.frame(0).holds.as_ref(), Some(&second));
        assert_eq!(page.state(), KeeperState::Fresh);
        let skew = page.status().clock_skew_ms.as_ms();
        assert!(
            (skew + 3 * HOUR).abs() <= 10 * SECOND,
            "what is believed is said: {skew}"
        );
        page.advance(48 * MINUTE);
        page.expect_requests(2);
        page.advance_until_request(4 * MINUTE);
        let third = fresh(&page, 3);
        page.respond(&json!({ "token": third }));
        assert_eq!(
            page.frame(0).holds.as_ref(),
            Some(&third),
            "the third is known to be made on request"
        );
    }
}

#[test]
fn an_expired_token_out_of_a_cache_is_refused_however_often() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Embed));
    let stale = page.mint(-MINUTE);
    for _ in 0..5 {
        page.respond(&json!({ "token": stale }));
        page.advance_until_request(2 * MINUTE);
    }
    assert_eq!(page.failure_codes(), [ErrorCode::TokenExpired; 5]);
}

#[test]
fn retry_after_outlives_a_remount() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(HOUR);
    let headers = Headers {
        date: None,
        retry_after: Some("700".into()),
    };
    page.fail_request_with(SourceFailure::Status(503), headers);
    page.detach(0);
    assert_eq!((page.state(), page.keeper.deadline()), (KeeperState::Idle, None));
    let token = page.mint(MINUTE);
    page.attach(1, Some(token), Some(Kind::Embed));
    page.expect_requests(1);
    page.advance(699 * SECOND);
    page.expect_requests(1);
    page.advance_until_request(71 * SECOND);
}

#[test]
fn refresh_settles_though_no_frame_listens() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::NotListening;
    let waiter = page.call_refresh();
    let token = page.respond_with_token(HOUR + MINUTE);
    page.advance(11 * SECOND);
    assert_eq!(
        page.outcome_of(waiter),
        Some(&Outcome::Failed(ErrorCode::ApplyTimeout))
    );
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(5 * SECOND);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 1);
}

#[test]
fn i7_under_a_fast_clock_an_embed_that_brings_a_later_token_keeps_it() {
    let mut page = Harness::new();
    page.wall += 3 * HOUR; // and no Date header says so
    page.attach(0, None, Some(Kind::Aad));
    let mint = |page: &Harness, serial| {
        let server = page.wall - 3 * HOUR;
        aad_token(serial, server, server + HOUR, "jo")
    };
    for serial in 1..=2 {
        let token = mint(&page, serial);
        page.respond(&json!({ "token": token }));
        page.advance(3 * SECOND);
    }
    page.advance(10 * MINUTE);
    let later = mint(&page, 3);
    page.attach(1, Some(later.clone()), Some(Kind::Aad));
    // each has its own: before, the first was given the later one too
    assert_eq!(page.frame(1).holds.as_deref(), Some(later.as_str()));
    assert_ne!(page.frame(0).holds.as_deref(), Some(later.as_str()));
    page.expect_requests(2);
}

#[test]
fn i7_an_embed_whose_token_expired_later_than_ours_is_given_no_earlier_one() {
    let mut page = Harness::with_embed(-HOUR);
    let later = page.mint(-10 * MINUTE);
    page.attach(1, Some(later.clone()), Some(Kind::Embed));
    // out of a cache, and by chance as far apart as two that were made when they were asked for
    page.respond_with_token(-30 * MINUTE);
    page.advance_until_request(MINUTE);
    page.respond_with_token(-30 * MINUTE);
    assert_eq!(page.frame(1).holds.as_ref(), Some(&later));
}

#[test]
fn i10_what_was_said_to_have_expired_is_not_forgotten_with_the_embed_that_had_it() {
    let mut page = Harness::with_embed(-HOUR);
    let later = page.mint(-10 * MINUTE);
    page.attach(1, Some(later), Some(Kind::Embed));
    page.detach(1);
    page.observe(0);
    // found by `npm run soak -- --kind mixed --seed 25863`
    let taken = page.respond_with_token(-30 * MINUTE);
    page.advance_until_request(MINUTE);
    let next = page.respond_with_token(-30 * MINUTE);
    let holds = page.frame(0).holds.clone();
    assert!(holds.as_ref() != Some(&taken) && holds.as_ref() != Some(&next));
}

#[test]
fn a_token_that_expires_while_a_recovery_waits_for_a_timer_is_replaced() {
    let mut page = Harness::with_embed(-MINUTE);
    page.report_token_expired(0, ExpiryScope::Visual);
    page.recovery_outcome = Some(RecoveryOutcome::TooSoon);
    page.respond_with_token(HOUR);
    page.report_token_expired(0, ExpiryScope::Visual);
    page.expect_requests(1);
    page.freeze(20 * SECOND);
    page.report_token_expired(0, ExpiryScope::Visual);
    page.expect_requests(2);
}

#[test]
fn a_token_that_comes_during_a_recovery_is_set_after_it() {
    for outcome in [Some(DONE), Some(RecoveryOutcome::Refused), None] {
        let mut page = Harness::with_embed(-MINUTE);
        page.report_token_expired(0, ExpiryScope::Visual);
        page.recovery_outcome = None;
        page.respond_with_token(HOUR);
        assert_eq!(page.recoveries, [(0, Recovery::Refresh)], "and it does not end");
        page.call_refresh();
        let token = page.respond_with_token(HOUR + MINUTE);
        assert_ne!(page.frame(0).holds.as_deref(), Some(token.as_str()));
        match outcome {
            Some(outcome) => {
                let (embed, call) = page.last_recovery.unwrap();
                page.recovery_outcome = Some(DONE);
                page.send(Input::RecoveryFinished { embed, call, outcome });
                page.advance(MINUTE);
            }
            None => page.advance(11 * SECOND),
        }
        assert_eq!(
            page.frame(0).holds.as_deref(),
            Some(token.as_str()),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_recovery_that_came_too_soon_is_not_lost_to_a_newer_token() {
    let mut page = Harness::with_embed(-MINUTE);
    page.report_token_expired(0, ExpiryScope::Embed);
    page.recovery_outcome = Some(RecoveryOutcome::TooSoon);
    page.respond_with_token(HOUR);
    page.call_refresh();
    page.recovery_outcome = Some(DONE);
    page.respond_with_token(HOUR + MINUTE);
    page.advance(2 * SECOND);
    assert_eq!(page.recoveries, [(0, Recovery::Reload), (0, Recovery::Reload)]);
    assert_eq!(page.count(|event| matches!(event, Event::Recovered { .. })), 1);
}

#[test]
fn i1_every_trigger_joins_the_request_under_way() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    for trigger in [
        Trigger::Visible,
        Trigger::PageShow,
        Trigger::Resume,
        Trigger::Online,
        Trigger::Focus,
    ] {
        page.freeze(2 * SECOND);
        page.trigger(trigger);
        page.call_refresh();
        page.call_get_token();
        page.call_provider(Some(0));
        page.report_token_expired(0, ExpiryScope::Embed);
        page.report_refresh_may_help(0);
    }
    page.expect_requests(1);
}

#[test]
fn i4_in_every_state_with_something_attached_there_is_a_deadline() {
    let mut page = Harness::with_embed(HOUR);
    let mut seen = Vec::new();
    let mut look = |page: &Harness| {
        assert!(page.keeper.deadline().is_some(), "{:?}", page.state());
        seen.push(page.state());
    };
    look(&page);
    page.advance_until_request(52 * MINUTE);
    look(&page);
    page.fail_request(SourceFailure::Network);
    look(&page);
    page.advance_until_request(MINUTE);
    page.fail_request(SourceFailure::Status(401));
    look(&page);
    page.advance(15 * MINUTE);
    page.advance_until_request(HOUR);
    page.fail_request(SourceFailure::Status(500));
    look(&page);
    use KeeperState::{Denied, Expired, Fresh, Refreshing, Retrying};
    assert_eq!(seen, [Fresh, Refreshing, Retrying, Denied, Expired]);
}

#[test]
fn i6_a_token_is_given_to_embeds_and_askers_alone_and_printed_nowhere() {
    let mut page = Harness::with_embed(HOUR);
    let waiter = page.call_provider(Some(0));
    let token = page.respond_with_token(HOUR + MINUTE);
    assert!(token.contains(harness::CANARY));
    assert_eq!(page.token_given_to(waiter), token);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
    page.expect_wrapped_rejected(&token);
    let printed = format!(
        "{:?} {:?} {:?} {:?}",
        page.keeper,
        page.status(),
        page.events,
        page.outcomes
    );
    assert!(!printed.contains(harness::CANARY), "I6");
}

#[test]
fn a_late_answer_that_overwrote_the_newest_token_during_a_recovery_is_repaired() {
    let mut page = Harness::with_embed(-MINUTE);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    let first = page.respond_with_token(HOUR);
    page.advance(11 * SECOND);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.report_token_expired(0, ExpiryScope::Visual);
    page.recovery_outcome = None;
    page.call_refresh();
    let newest = page.respond_with_token(HOUR + MINUTE);
    page.advance(5 * SECOND);
    let (embed, recovery) = page.last_recovery.unwrap();
    let (call, _) = page.frame(0).open.remove(0);
    page.frame(0).holds = Some(first.clone());
    let outcome = ApplyOutcome::Settled(Some(AccessToken::new(first)));
    page.send(Input::ApplyFinished { embed, call, outcome });
    let (call, outcome) = (recovery, DONE);
    page.send(Input::RecoveryFinished { embed, call, outcome });
    page.advance(SECOND);
    assert_eq!(page.frame(0).holds.as_deref(), Some(newest.as_str()));
}

#[test]
fn a_page_that_is_seen_again_tries_a_denied_source_whatever_else_it_is_told_within_that_second() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(HOUR);
    page.fail_request(SourceFailure::Status(401));
    page.advance(MINUTE);
    for trigger in [Trigger::Focus, Trigger::Online, Trigger::Visible] {
        page.advance(100);
        page.trigger(trigger);
    }
    page.advance(SECOND);
    page.expect_requests(2);
}

// ---- checkSource() ---------------------------------------------------------------------------------

/// What a check came to.
#[track_caller]
fn checked(page: &Harness, waiter: u32) -> (Option<ErrorCode>, Option<u16>, bool) {
    match page.outcome_of(waiter) {
        Some(Outcome::Checked(check, _)) => (check.code, check.status, check.expires_at.is_some()),
        other => unreachable!("no check: {other:?}"),
    }
}

#[test]
fn a_check_asks_once_and_sets_nothing() {
    let mut page = Harness::with_embed(HOUR);
    let first = page.frame(0).holds.clone();
    page.advance(MINUTE);
    let check = page.call_check_source();
    page.expect_requests(1);
    page.respond_with_token(HOUR);
    assert_eq!(checked(&page, check), (None, None, true));
    assert_eq!(page.frame(0).holds, first);
    assert_eq!(page.state(), KeeperState::Fresh);

    let check = page.call_check_source();
    page.fail_request(SourceFailure::Status(403));
    assert_eq!(
        checked(&page, check),
        (Some(ErrorCode::SourceDenied), Some(403), false)
    );
    assert_eq!(page.state(), KeeperState::Fresh);
    assert_eq!(page.failure_codes(), []);
    page.expect_requests(2);
}

#[test]
fn a_check_joins_a_request_and_a_request_joins_a_check() {
    let mut page = Harness::with_embed(HOUR);
    page.advance(MINUTE);
    let refresh = page.call_refresh();
    let check = page.call_check_source();
    page.expect_requests(1);
    let token = page.respond_with_token(HOUR);
    assert_eq!(checked(&page, check), (None, None, true));
    assert!(matches!(page.outcome_of(refresh), Some(Outcome::Refreshed(_))));
    assert_eq!(page.frame(0).holds.as_deref(), Some(token.as_str()));

    page.advance(MINUTE);
    let check = page.call_check_source();
    let refresh = page.call_refresh();
    page.expect_requests(2);
    let token = page.respond_with_token(HOUR);
    assert_eq!(checked(&page, check), (None, None, true));
    assert!(matches!(page.outcome_of(refresh), Some(Outcome::Refreshed(_))));
    assert_eq!(page.frame(0).holds.as_deref(), Some(token.as_str()));
}

#[test]
fn a_check_has_a_time_limit_with_nothing_attached_too() {
    let mut page = Harness::new();
    let check = page.call_check_source();
    page.expect_requests(1);
    page.advance(31 * SECOND);
    assert_eq!(
        checked(&page, check),
        (Some(ErrorCode::SourceTimeout), None, false)
    );
}

#[test]
fn i8_checks_take_requests_of_the_budget() {
    let mut page = Harness::with_embed(HOUR);
    let mut last = None;
    for _ in 0..11 {
        last = Some(page.call_check_source());
        if page.pending.is_some() {
            page.fail_request(SourceFailure::Status(500));
        }
    }
    let last = last.unwrap_or_default();
    assert_eq!(checked(&page, last), (Some(ErrorCode::Budget), None, false));
    page.expect_requests(10);
}

#[test]
fn a_token_that_expires_while_a_frame_hangs_keeps_no_timer_busy() {
    let policy = RefreshPolicy::parse(
        |name| (name == "applyTimeoutMs").then_some(300_000.0),
        WhileHidden::default(),
        AfterExpiry::default(),
    )
    .unwrap();
    let mut page = Harness::with(policy, 1);
    let token = page.mint(HOUR);
    page.attach(0, Some(token), Some(Kind::Embed));
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.call_refresh();
    page.respond_with_token(40 * SECOND);
    let (ticks, requests) = (page.ticks, page.requests.len());
    page.advance(4 * MINUTE);
    assert!(page.ticks - ticks < 60, "{} ticks", page.ticks - ticks);
    assert!(page.requests.len() - requests < 10);
}
