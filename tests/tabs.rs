//! `shareKey`, told as timelines of one tab: when it waits for its turn, and what it makes of what others got.

#![expect(clippy::panic, reason = "tests")]

mod harness;

use harness::{HOUR, Harness, MINUTE, SECOND, START, aad_token, expires_at};
use powerbi_token_keeper::io::{
    ErrorCode, Headers, Input, KeeperState, LockRequestId, Outcome, SourceFailure,
};
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::token::Kind;
use serde_json::json;

/// A page with a `shareKey`, and one embed whose token lives for `life` ms.
fn tab(life: i64) -> Harness {
    let mut page = Harness::with(RefreshPolicy::default().with_tabs(true), 7);
    let token = page.mint(life);
    page.attach(0, Some(token), Some(Kind::Embed));
    page
}

/// Time goes by until the tab waits for its turn.
#[track_caller]
fn until_claim(page: &mut Harness) -> LockRequestId {
    for _ in 0..52 * 60 {
        if let Some(claim) = page.lock_request {
            return claim;
        }
        page.advance(SECOND);
    }
    panic!("no turn is waited for");
}

#[test]
fn a_tab_asks_when_it_is_its_turn_tells_the_others_and_lets_them_go_on() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    assert_eq!(page.state(), KeeperState::Refreshing);
    page.grant_lock();
    page.expect_requests(1);
    let token = page.respond_with_token(HOUR);
    assert_eq!(page.broadcasts, [(token.clone(), expires_at(&token))]);
    assert_eq!(page.lock_request, None);
}

#[test]
fn a_turn_that_never_comes_is_waited_for_five_seconds() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.advance(4 * SECOND - 1);
    page.expect_requests(0);
    page.advance(SECOND + 1);
    page.expect_requests(1);
    // the lock that comes after all changes nothing, and is let go at the end
    page.grant_lock();
    page.expect_requests(1);
    page.fail_request(SourceFailure::Network);
    assert_eq!(page.lock_request, None);
}

#[test]
fn what_another_tab_got_is_taken_instead_of_asking() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    let waiter = page.call_refresh();
    let token = page.receive_token_from_tab(HOUR);
    assert_eq!(page.frame(0).holds, Some(token));
    assert!(matches!(page.outcome_of(waiter), Some(Outcome::Refreshed(_))));
    assert_eq!(
        (page.lock_request, page.broadcasts.len()),
        (None, 0),
        "it is not told on"
    );
    page.advance(40 * MINUTE);
    page.expect_requests(0);
}

#[test]
fn news_that_come_while_asking_end_the_request() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.advance(5 * SECOND);
    let request = page.expect_request().id;
    let token = page.receive_token_from_tab(HOUR);
    assert!(page.pending.is_none());
    let late = page.mint(2 * HOUR);
    page.respond_to(request, &json!({ "token": late }), Headers::default());
    assert_eq!(page.frame(0).holds, Some(token));
}

#[test]
fn news_that_come_before_they_are_needed_spare_a_request() {
    let mut page = tab(HOUR);
    page.advance(45 * MINUTE);
    page.receive_token_from_tab(HOUR);
    page.advance(45 * MINUTE);
    assert_eq!((page.lock_request, page.requests.len()), (None, 0));
}

#[test]
fn news_that_come_after_a_failure_end_the_pause() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.advance(5 * SECOND);
    page.fail_request(SourceFailure::Status(401));
    assert_eq!(page.state(), KeeperState::Denied);
    page.receive_token_from_tab(HOUR);
    assert_eq!(page.state(), KeeperState::Fresh);
}

#[test]
fn news_that_are_no_better_are_ignored() {
    let mut page = tab(HOUR);
    let holds = page.frame(0).holds.clone();
    let (older, same) = (page.mint(30 * MINUTE), holds.clone().unwrap());
    let aad = aad_token(9, page.wall, page.wall + 2 * HOUR, "jo");
    for told in [
        json!(null),
        json!("rubbish"),
        json!({ "token": 5, "expiration": {} }),
        json!({ "token": "undefined", "expiration": page.wall + HOUR }),
        json!({ "token": "opaque-".repeat(30), "expiration": page.wall + 2 * HOUR }),
        json!({ "token": older }),
        json!({ "token": same }),
        json!({ "token": aad }),
    ] {
        page.receive_from_tab(&told, &[0]);
        assert_eq!(page.frame(0).holds, holds, "{told}");
    }
    assert_eq!(page.failure_codes(), [], "and are no failure of the source");
}

#[test]
fn a_turn_that_nobody_needs_any_more_is_given_back() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.detach(0);
    assert_eq!(page.lock_request, None);
    assert_eq!(page.keeper.deadline(), None);

    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.send(Input::Stop);
    assert_eq!(page.lock_request, None);
}

#[test]
fn a_turn_that_comes_late_is_not_that_of_the_next_request() {
    let mut page = tab(HOUR);
    let old = until_claim(&mut page);
    page.advance(5 * SECOND);
    page.fail_request(SourceFailure::Network);
    assert_ne!(until_claim(&mut page), old);
    page.send(Input::LockAcquired(old));
    page.advance(SECOND);
    page.expect_requests(1);
    page.advance(4 * SECOND);
    page.expect_requests(2);
}

#[test]
fn i8_the_budget_counts_requests_and_not_turns() {
    let mut page = tab(HOUR);
    for _ in 0..10 {
        page.call_refresh();
        page.grant_lock();
        page.fail_request(SourceFailure::Network);
    }
    page.expect_requests(10);
    page.call_refresh();
    page.grant_lock();
    page.expect_requests(10);
    assert_eq!(page.failure_codes().last(), Some(&ErrorCode::Budget));
    assert_eq!(page.lock_request, None);
}

#[test]
fn without_a_share_key_no_tab_is_waited_for_or_told() {
    let mut page = Harness::with_embed(HOUR);
    page.advance_until_request(52 * MINUTE);
    page.respond_with_token(HOUR);
    assert_eq!((page.lock_request, page.broadcasts.len()), (None, 0));
}

#[test]
fn a_token_of_other_content_is_none_of_this_tab_s() {
    let mut page = tab(HOUR);
    let holds = page.frame(0).holds.clone();
    let later = page.mint(2 * HOUR);
    page.receive_from_tab(&json!({ "token": later }), &[1, 2]);
    page.receive_from_tab(&json!({ "token": later }), &[]);
    assert_eq!(page.frame(0).holds, holds);
    page.receive_from_tab(&json!({ "token": later }), &[2, 0]);
    assert_eq!(page.frame(0).holds, Some(later));
}

#[test]
fn an_aad_token_of_the_same_user_is_used_for_any_content_and_another_user_s_for_none() {
    let mut page = Harness::with(RefreshPolicy::default().with_tabs(true), 7);
    let token = |serial: u32, oid| aad_token(serial, START, START + HOUR + i64::from(serial) * MINUTE, oid);
    page.attach(0, Some(token(1, "jo")), Some(Kind::Aad));
    page.receive_from_tab(&json!({ "token": token(2, "eve") }), &[0]);
    assert_eq!(page.frame(0).holds, Some(token(1, "jo")));
    page.receive_from_tab(&json!({ "token": token(3, "jo") }), &[]);
    assert_eq!(page.frame(0).holds, Some(token(3, "jo")));
}
