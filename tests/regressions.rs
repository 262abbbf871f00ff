//! Edges that no story passes by: what the fuzzer found, and lines that could be changed without any other test
//! noticing (`cargo mutants`).

mod actions;
mod harness;

use harness::{FrameBehaviour, HOUR, Harness, MINUTE, SECOND, json_of};
use powerbi_token_keeper::io::{
    ApplyOutcome, EmbedCallId, EmbedId, ErrorCode, Event, ExpiryScope, Headers, Input, KeeperState, Outcome,
    Reason, Recovery, SourceFailure, Trigger,
};
use powerbi_token_keeper::policy::{AfterExpiry, RefreshPolicy, WhileHidden};
use powerbi_token_keeper::token::{AccessToken, Kind};
use serde_json::json;

/// A keeper whose poll is so slow that every other deadline shows.
fn slow_poll(hidden: WhileHidden) -> RefreshPolicy {
    let ms = |name| (name == "pollIntervalMs").then_some(600_000.0);
    RefreshPolicy::parse(ms, hidden, AfterExpiry::Auto).unwrap_or_default()
}

/// A page under `policy` with one embed, whose token lives for `life` ms.
fn page_under(policy: RefreshPolicy, life: i64) -> Harness {
    let mut page = Harness::with(policy, 7);
    let token = page.mint(life);
    page.attach(0, Some(token), Some(Kind::Embed));
    page
}

fn is_expired(event: &Event) -> bool {
    matches!(event, Event::Expired(_))
}

// ---- found by the steps ----------------------------------------------------------------------------

#[test]
fn i14_a_token_that_a_late_call_put_over_other_content_is_none_for_that() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.call_refresh();
    let late = page.respond_with_token(2 * HOUR);
    // another report, whose token is no good; then the call for the first one is answered
    let expired = page.mint(0);
    page.embed_again(0, Some(expired.clone()), 1);
    let (call, text) = page.frame(0).open.remove(0);
    assert_eq!(text, late);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.settle(0, call, late);
    page.embed_again(0, Some(expired.clone()), 1);
    assert_eq!(page.frame(0).holds.as_ref(), Some(&expired));
}

#[test]
fn i7_a_token_of_the_page_that_looked_expired_under_a_wrong_clock_gives_way_to_no_earlier_one() {
    let mut page = Harness::with_embed(MINUTE);
    page.advance(HOUR);
    page.suspend(3 * HOUR); // set ahead, as far as anybody can tell, and then put right
    page.trigger(Trigger::Focus);
    page.wall -= 3 * HOUR;
    page.advance(MINUTE); // the request that saw the jump teaches nothing
    let later = page.mint(HOUR);
    page.attach(1, Some(later.clone()), Some(Kind::Embed));
    let asked = page.advance_until_request(10 * MINUTE);
    let earlier = page.mint(10 * MINUTE);
    let headers = Headers {
        date: Some(actions::http_date(page.wall)),
        retry_after: None,
    };
    page.respond_to(asked.id, &json!({ "token": earlier }), headers);
    assert_eq!(page.frame(1).holds.as_ref(), Some(&later));
    let next = page.mint(2 * HOUR);
    page.call_refresh();
    page.respond(&json!({ "token": next }));
    for id in 0..2 {
        assert_eq!(page.frame(id).holds.as_ref(), Some(&next));
    }
}

// ---- found by mutants ------------------------------------------------------------------------------

#[test]
fn i3_after_stop_nothing_is_taken_from_anybody() {
    let mut page = Harness::with_embed(HOUR);
    page.send(Input::Stop);
    for id in 1..3 {
        let token = page.mint(i64::from(id) * HOUR);
        page.attach(id, Some(token), Some(Kind::Embed));
    }
    page.receive_token_from_tab(9 * HOUR);
    page.advance(HOUR);
    assert!(page.frames.values().all(|frame| frame.calls == 0));
    assert_eq!(page.state(), KeeperState::Stopped);
}

// ---- states and deadlines --------------------------------------------------------------------------

#[test]
fn a_spent_budget_is_due_without_a_failure_and_retrying_after_one() {
    for (failures, state) in [(0, KeeperState::Due), (1, KeeperState::Retrying)] {
        let mut page = Harness::with_embed(HOUR);
        for life in 1..=10 - failures {
            page.call_refresh();
            page.respond_with_token(HOUR + life * MINUTE);
        }
        for _ in 0..failures {
            page.call_refresh();
            page.fail_request(SourceFailure::Network);
        }
        page.call_refresh();
        assert_eq!(page.failure_codes().last(), Some(&ErrorCode::Budget));
        assert_eq!(page.state(), state);
    }
}

#[test]
fn a_token_that_no_frame_has_answered_to_is_still_being_refreshed() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.call_refresh();
    page.respond_with_token(2 * HOUR);
    assert_eq!(page.state(), KeeperState::Refreshing);
    page.advance(10 * SECOND);
    assert_eq!(page.state(), KeeperState::Fresh, "the call goes on by itself");
}

#[test]
fn a_hidden_page_that_pauses_is_due_and_waits_without_a_timer_of_its_own() {
    let mut page = page_under(slow_poll(WhileHidden::Pause), HOUR);
    page.send(Input::Hidden);
    page.advance(53 * MINUTE);
    page.trigger(Trigger::Focus);
    assert_eq!(page.state(), KeeperState::Due);
    page.advance(6 * MINUTE);
    page.expect_requests(0);
    assert!(page.ticks <= 6, "{} ticks in an hour", page.ticks);
}

#[test]
fn a_pause_or_a_request_inside_the_window_costs_no_ticks() {
    let mut page = page_under(slow_poll(WhileHidden::Refresh), 65 * MINUTE);
    page.advance_until_request(HOUR);
    let ticks = page.ticks;
    page.advance(29 * SECOND);
    assert_eq!(page.ticks, ticks, "while asking");
    page.fail_request(SourceFailure::Status(401));
    page.advance(4 * MINUTE);
    assert!(page.ticks <= ticks + 1, "while denied");
}

#[test]
fn windows_and_ends_are_met_to_the_millisecond_whatever_the_poll() {
    let mut page = page_under(slow_poll(WhileHidden::Refresh), 4 * MINUTE);
    let asked = page.advance_until_request(3 * MINUTE);
    assert!(
        asked.at <= page.mono,
        "at half of its life, and not with the poll"
    );
    page.fail_request(SourceFailure::Status(403));
    let left = page
        .status()
        .remaining_ms
        .map_or(0, |left| left.as_ms().cast_signed());
    page.advance(left - 1);
    assert_eq!((page.count(is_expired), page.state()), (0, KeeperState::Denied));
    page.advance(1);
    assert_eq!(page.count(is_expired), 1);
    let ticks = page.ticks;
    page.advance(2 * MINUTE);
    assert!(page.ticks <= ticks + 2, "said once, it needs no more ticks");
}

#[test]
fn the_status_says_when_it_will_act_next_and_nothing_of_embeds_after_stop() {
    let mut page = Harness::with_embed(HOUR);
    page.freeze(SECOND);
    let next = page.status().next_check_at.map(|at| at.as_ms() - page.wall);
    assert_eq!(next, Some(29 * SECOND));
    page.send(Input::Stop);
    assert_eq!((page.status().embeds, page.status().next_check_at), (0, None));
}

// ---- clocks ----------------------------------------------------------------------------------------

#[test]
fn i10_a_token_that_ran_out_while_asleep_stays_so_when_the_clock_is_set_back() {
    let mut page = Harness::with_embed(HOUR);
    page.suspend(2 * HOUR);
    page.trigger(Trigger::Visible);
    page.fail_request(SourceFailure::Status(401));
    assert_eq!(page.state(), KeeperState::Denied);
    page.wall -= 2 * HOUR;
    page.advance(MINUTE);
    let waiter = page.call_get_token();
    assert_eq!(page.outcome_of(waiter), None, "it is asked for");
    page.respond_with_token(3 * HOUR);
    assert!(page.outcome_of(waiter).is_some());
}

#[test]
fn i10_nor_does_it_come_back_where_the_clock_was_known_to_be_ahead() {
    let mut page = Harness::new();
    page.wall += 3 * HOUR; // and no Date header says so: the tokens do
    page.attach(0, None, Some(Kind::Embed));
    for _ in 0..2 {
        page.advance_until_request(MINUTE);
        page.respond_with_token(-2 * HOUR);
    }
    assert_eq!(page.state(), KeeperState::Fresh);
    page.suspend(2 * HOUR);
    page.trigger(Trigger::Visible);
    page.fail_request(SourceFailure::Status(401));
    page.wall -= 2 * HOUR;
    page.advance(MINUTE);
    let waiter = page.call_get_token();
    assert_eq!(page.outcome_of(waiter), None, "it is asked for");
}

// ---- embeds ----------------------------------------------------------------------------------------

#[test]
fn every_check_looks_at_embeds_though_their_number_is_that_of_one_check() {
    let mut page = Harness::new();
    let token = page.mint(10 * HOUR);
    for id in 0..8 {
        page.attach(id, Some(token.clone()), Some(Kind::Embed));
    }
    page.advance(2 * MINUTE);
    assert_eq!(page.observations, 4 * 8);
}

#[test]
fn a_frame_that_does_not_listen_is_called_each_second_for_ten_and_then_each_five() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::NotListening;
    let waiter = page.call_refresh();
    page.respond_with_token(2 * HOUR);
    page.advance(9 * SECOND);
    assert_eq!((page.frame(0).calls, page.outcome_of(waiter)), (10, None));
    page.advance(SECOND);
    let timeout = Outcome::Failed(ErrorCode::ApplyTimeout);
    assert_eq!(
        (page.frame(0).calls, page.outcome_of(waiter)),
        (11, Some(&timeout))
    );
    page.advance(20 * SECOND);
    assert_eq!(page.frame(0).calls, 15);
}

#[test]
fn an_embed_that_fails_to_load_is_reloaded_with_the_next_token() {
    let mut page = Harness::with_embed(HOUR);
    page.report_refresh_may_help(9);
    page.expect_requests(0);
    page.report_refresh_may_help(0);
    page.expect_request();
    page.respond_with_token(2 * HOUR);
    assert_eq!(page.recoveries, [(0, Recovery::Reload)]);
}

#[test]
fn a_visual_that_says_expired_within_ten_seconds_of_a_token_is_an_echo() {
    for (after, requests) in [(10 * SECOND - 1, 1), (10 * SECOND, 2)] {
        let mut page = Harness::with_embed(HOUR);
        page.call_refresh();
        page.respond_with_token(2 * HOUR);
        page.freeze(after);
        page.report_token_expired(0, ExpiryScope::Visual);
        page.expect_requests(requests);
    }
}

// ---- the page's own token, and its questions -------------------------------------------------------

#[test]
fn a_token_in_hand_at_the_start_spares_a_request() {
    let mut page = Harness::new();
    let token = page.mint(HOUR);
    page.send(Input::Begin {
        initial: Some(json_of(&json!({ "token": token }))),
        kind: Some(Kind::Embed),
        hidden: false,
    });
    let waiter = page.call_get_token();
    assert_eq!(page.token_given_to(waiter), token);
    page.attach(0, Some(token), None);
    page.expect_requests(0);
    assert_eq!(page.state(), KeeperState::Fresh);
}

#[test]
fn what_the_page_says_at_the_start_counts() {
    let mut page = Harness::with(slow_poll(WhileHidden::Pause), 7);
    page.send(Input::Begin {
        initial: None,
        kind: Some(Kind::Aad),
        hidden: true,
    });
    page.attach(0, None, Some(Kind::Embed));
    page.advance(HOUR);
    page.expect_requests(0);
    page.trigger(Trigger::Visible);
    page.respond_with_token(HOUR);
    assert_eq!(page.failure_codes(), [ErrorCode::TokenType]);
}

#[test]
fn a_frame_that_missed_the_newest_token_gets_it_without_a_request() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Rejects;
    page.call_refresh();
    let token = page.respond_with_token(2 * HOUR);
    page.advance(MINUTE);
    let waiter = page.call_provider(Some(0));
    assert_eq!(page.token_given_to(waiter), token);
    page.expect_requests(1);
}

#[test]
fn a_frame_that_asks_within_half_a_minute_of_a_receipt_gets_that_token() {
    for (after, requests) in [(30 * SECOND - 1, 1), (30 * SECOND, 2)] {
        let mut page = Harness::with_embed(HOUR);
        page.call_refresh();
        page.respond_with_token(2 * HOUR);
        page.freeze(after);
        page.call_provider(Some(0));
        page.expect_requests(requests);
    }
}

#[test]
fn somebody_who_waits_for_a_token_gets_it_though_the_last_embed_goes() {
    for tabs in [false, true] {
        let mut page = page_under(RefreshPolicy::default().with_tabs(tabs), -MINUTE);
        let waiter = page.call_get_token();
        page.detach(0);
        page.advance(5 * SECOND);
        let token = page.respond_with_token(HOUR);
        assert_eq!(page.token_given_to(waiter), token);
    }
}

// ---- triggers --------------------------------------------------------------------------------------

/// A page whose source denies it, and which was told something at just this moment.
fn denied_and_told() -> Harness {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(53 * MINUTE);
    page.fail_request(SourceFailure::Status(401));
    page.freeze(2 * SECOND);
    page.trigger(Trigger::Focus);
    page
}

#[test]
fn triggers_a_second_apart_are_two_and_less_than_that_wait_for_the_second() {
    let mut page = denied_and_told();
    page.freeze(SECOND);
    page.trigger(Trigger::Visible);
    page.expect_requests(2);

    let mut page = denied_and_told();
    page.freeze(SECOND - 1);
    page.trigger(Trigger::Visible);
    page.expect_requests(1);
    page.advance(1);
    page.expect_requests(2);
}

#[test]
fn of_two_triggers_alike_within_a_second_the_first_gives_the_reason() {
    let mut page = denied_and_told();
    for trigger in [Trigger::Online, Trigger::Resume, Trigger::PageShow] {
        page.freeze(100);
        page.trigger(trigger);
    }
    assert_eq!(page.advance_until_request(SECOND).reason, Reason::Resume);
}

#[test]
fn a_tick_for_something_else_does_not_hurry_a_trigger_that_waits() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::NotListening;
    page.call_refresh();
    page.respond_with_token(2 * HOUR); // from now on it is called each second
    page.call_refresh();
    page.fail_request(SourceFailure::Status(401));
    page.freeze(500);
    page.trigger(Trigger::Focus);
    page.freeze(100);
    page.trigger(Trigger::Visible);
    let calls = page.frame(0).calls;
    page.advance(899);
    assert_eq!(page.frame(0).calls, calls + 1);
    page.expect_requests(2);
    page.advance(1);
    page.expect_requests(3);
}

// ---- calls -----------------------------------------------------------------------------------------

/// A frame answers a call that it was left with, so that its configuration holds `text`.
fn answers_call(page: &mut Harness, call: EmbedCallId, text: Option<String>) {
    page.frame(0).holds = text.clone();
    page.send(Input::ApplyFinished {
        embed: EmbedId(0),
        call,
        outcome: ApplyOutcome::Settled(text.map(AccessToken::new)),
    });
}

#[test]
fn a_late_answer_is_not_taken_for_that_of_the_call_under_way() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.call_refresh();
    let token = page.respond_with_token(2 * HOUR);
    page.advance(12 * SECOND);
    let calls: Vec<_> = page.frame(0).open.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls.len(), 2);
    answers_call(&mut page, calls[0], None);
    page.send(Input::ApplyFinished {
        embed: EmbedId(0),
        call: calls[0],
        outcome: ApplyOutcome::Gone,
    });
    assert_eq!(page.status().embeds, 1);
    answers_call(&mut page, calls[1], Some(token));
    assert_eq!(
        page.count(|event| matches!(event, Event::ApplyFailed(..))),
        1,
        "the time limit of the first"
    );
    assert_eq!(page.count(|event| matches!(event, Event::Refreshed(_))), 1);
    page.advance(MINUTE);
    assert_eq!(page.frame(0).calls, 2);
}

#[test]
fn a_recovery_is_followed_by_no_further_call() {
    let mut page = Harness::with_embed(HOUR);
    page.report_token_expired(0, ExpiryScope::Embed);
    page.respond_with_token(2 * HOUR);
    page.advance(MINUTE);
    assert_eq!((page.frame(0).calls, page.recoveries.len()), (1, 1));
}

#[test]
fn a_late_answer_with_the_newest_token_costs_no_further_call() {
    let mut page = Harness::with_embed(HOUR);
    page.frame(0).behaviour = FrameBehaviour::Hangs;
    page.call_refresh();
    let token = page.respond_with_token(2 * HOUR);
    page.advance(11 * SECOND);
    page.frame(0).behaviour = FrameBehaviour::Accepts;
    page.advance(SECOND);
    let (call, _) = page.frame(0).open.remove(0);
    answers_call(&mut page, call, Some(token));
    page.advance(MINUTE);
    assert_eq!(page.frame(0).calls, 2);
}

// ---- the source ------------------------------------------------------------------------------------

#[test]
fn i2_an_answer_to_an_older_request_does_not_end_the_one_under_way() {
    let mut page = Harness::with_embed(HOUR);
    let old = page.advance_until_request(53 * MINUTE);
    page.advance(30 * SECOND);
    let current = page.advance_until_request(MINUTE);
    let token = page.mint(2 * HOUR);
    page.respond_to(old.id, &json!({ "token": token }), Headers::default());
    assert_ne!(page.frame(0).holds.as_ref(), Some(&token));
    assert_eq!(page.state(), KeeperState::Refreshing);
    page.respond_to(current.id, &json!({ "token": token }), Headers::default());
    assert_eq!(page.frame(0).holds.as_ref(), Some(&token));
}

#[test]
fn the_diagnosis_gets_the_token_that_was_refused() {
    let mut page = Harness::with_embed(HOUR);
    for wrapped in [false, true] {
        let refused = page.mint(-MINUTE);
        let refused = if wrapped {
            format!("Bearer {refused}")
        } else {
            refused
        };
        page.call_refresh();
        page.respond(&json!({ "token": refused }));
        let told = page.count(
            |event| matches!(event, Event::RefreshFailed(_, Some(token)) if token.expose() == refused),
        );
        assert_eq!(told, 1, "{wrapped}");
    }
}

#[test]
fn expired_tokens_made_on_request_are_refused_where_the_server_says_what_time_it_is() {
    let mut page = Harness::new();
    page.attach(0, None, Some(Kind::Embed));
    for _ in 0..4 {
        let asked = page.advance_until_request(MINUTE);
        let token = page.mint(-MINUTE);
        let headers = Headers {
            date: Some(actions::http_date(page.wall)),
            retry_after: None,
        };
        page.respond_to(asked.id, &json!({ "token": token }), headers);
    }
    assert_eq!(page.failure_codes(), [ErrorCode::TokenExpired; 4]);
}

#[test]
fn expired_tokens_made_on_request_are_refused_where_a_later_one_is_in_hand() {
    let mut page = Harness::with_embed(HOUR);
    for _ in 0..4 {
        page.call_refresh();
        page.respond_with_token(-MINUTE);
    }
    assert_eq!(page.failure_codes(), [ErrorCode::TokenExpired; 4]);
}

#[test]
fn only_a_network_that_fails_straight_after_waking_is_tried_by_the_clock() {
    for (failure, waking) in [
        (SourceFailure::Network, false),
        (SourceFailure::Status(500), true),
    ] {
        let mut page = Harness::with_embed(HOUR);
        page.freeze(53 * MINUTE);
        page.trigger(if waking { Trigger::Resume } else { Trigger::Focus });
        let mut waits = Vec::new();
        for _ in 0..4 {
            let failed_at = page.advance_until_request(MINUTE).at;
            page.fail_request(failure);
            waits.push(page.advance_until_request(MINUTE).at - failed_at);
        }
        assert_ne!(waits, [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND], "{failure:?}");
        assert!(waits.iter().any(|ms| ms % SECOND > 0), "full jitter: {waits:?}");
    }
}

#[test]
fn i14_an_embed_that_a_tab_s_token_was_refused_for_is_not_named_by_the_request_before_it() {
    let mut page = Harness::with(RefreshPolicy::default().with_tabs(true), 7);
    page.call_get_token();
    page.grant_lock();
    let expired = page.mint(-HOUR);
    page.attach(0, Some(expired.clone()), Some(Kind::Embed));
    let refused = page.mint(-MINUTE);
    page.receive_from_tab(&json!({ "token": refused }), &[0]);
    page.respond_with_token(HOUR);
    assert_eq!(page.frame(0).holds, Some(expired), "the request named no embed");
    page.grant_lock();
    let token = page.respond_with_token(2 * HOUR);
    assert_eq!(page.frame(0).holds, Some(token));
}
