//! `shareKey`, told as timelines of one tab: when it waits for its turn, and what it makes of what others got.

#![expect(clippy::panic, reason = "tests")]

mod world;

use powerbi_token_keeper::io::{ClaimId, ErrorCode, Headers, Input, KeeperState, Outcome, SourceFailure};
use powerbi_token_keeper::policy::RefreshPolicy;
use powerbi_token_keeper::token::Kind;
use serde_json::json;
use world::{HOUR, MINUTE, SECOND, World, aad_token, expires_at, json_of};

/// A page with a `shareKey`, and one embed whose token lives for `life` ms.
fn tab(life: i64) -> World {
    let mut page = World::with(RefreshPolicy::default().with_tabs(true), 7);
    let token = page.mint(life);
    page.attach(0, Some(token), Some(Kind::Embed));
    page
}

/// Time goes by until the tab waits for its turn.
#[track_caller]
fn until_claim(page: &mut World) -> ClaimId {
    for _ in 0..52 * 60 {
        if let Some(claim) = page.claim {
            return claim;
        }
        page.passes(SECOND);
    }
    panic!("no turn is waited for");
}

#[test]
fn a_tab_asks_when_it_is_its_turn_tells_the_others_and_lets_them_go_on() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    assert_eq!(page.state(), KeeperState::Refreshing);
    page.turn();
    page.expect_requests(1);
    let token = page.answers_token(HOUR);
    assert_eq!(page.shares, [(token.clone(), expires_at(&token))]);
    assert_eq!(page.claim, None);
}

#[test]
fn a_turn_that_never_comes_is_waited_for_five_seconds() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.passes(4 * SECOND - 1);
    page.expect_requests(0);
    page.passes(SECOND + 1);
    page.expect_requests(1);
    // the lock that comes after all changes nothing, and is let go at the end
    page.turn();
    page.expect_requests(1);
    page.fails(SourceFailure::Network);
    assert_eq!(page.claim, None);
}

#[test]
fn what_another_tab_got_is_taken_instead_of_asking() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    let waiter = page.refreshes();
    let token = page.hears_of_token(HOUR);
    assert_eq!(page.frame(0).holds, Some(token));
    assert!(matches!(page.told(waiter), Some(Outcome::Refreshed(_))));
    assert_eq!((page.claim, page.shares.len()), (None, 0), "it is not told on");
    page.passes(40 * MINUTE);
    page.expect_requests(0);
}

#[test]
fn news_that_come_while_asking_end_the_request() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.passes(5 * SECOND);
    let request = page.expect_request().id;
    let token = page.hears_of_token(HOUR);
    assert!(page.flight.is_none());
    let late = page.mint(2 * HOUR);
    page.answers_to(request, &json!({ "token": late }), Headers::default());
    assert_eq!(page.frame(0).holds, Some(token));
}

#[test]
fn news_that_come_before_they_are_needed_spare_a_request() {
    let mut page = tab(HOUR);
    page.passes(45 * MINUTE);
    page.hears_of_token(HOUR);
    page.passes(45 * MINUTE);
    assert_eq!((page.claim, page.asked.len()), (None, 0));
}

#[test]
fn news_that_come_after_a_failure_end_the_pause() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.passes(5 * SECOND);
    page.fails(SourceFailure::Status(401));
    assert_eq!(page.state(), KeeperState::Denied);
    page.hears_of_token(HOUR);
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
        json!({ "token": older }),
        json!({ "token": same }),
        json!({ "token": aad }),
    ] {
        page.tell(Input::Shared(json_of(&told)));
        assert_eq!(page.frame(0).holds, holds, "{told}");
    }
    assert_eq!(page.failures(), [], "and are no failure of the source");
}

#[test]
fn a_turn_that_nobody_needs_any_more_is_given_back() {
    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.detach(0);
    assert_eq!(page.claim, None);
    assert_eq!(page.keeper.deadline(), None);

    let mut page = tab(HOUR);
    until_claim(&mut page);
    page.tell(Input::Stop);
    assert_eq!(page.claim, None);
}

#[test]
fn a_turn_that_comes_late_is_not_that_of_the_next_request() {
    let mut page = tab(HOUR);
    let old = until_claim(&mut page);
    page.passes(5 * SECOND);
    page.fails(SourceFailure::Network);
    page.passes(3 * SECOND);
    assert!(page.claim.is_some_and(|claim| claim != old));
    page.tell(Input::Claimed(old));
    page.passes(SECOND);
    page.expect_requests(1);
    page.passes(4 * SECOND);
    page.expect_requests(2);
}

#[test]
fn i8_the_budget_counts_requests_and_not_turns() {
    let mut page = tab(HOUR);
    for _ in 0..10 {
        page.refreshes();
        page.turn();
        page.fails(SourceFailure::Network);
    }
    page.expect_requests(10);
    page.refreshes();
    page.turn();
    page.expect_requests(10);
    assert_eq!(page.failures().last(), Some(&ErrorCode::Budget));
    assert_eq!(page.claim, None);
}

#[test]
fn without_a_share_key_no_tab_is_waited_for_or_told() {
    let mut page = World::with_embed(HOUR);
    page.until_request(52 * MINUTE);
    page.answers_token(HOUR);
    assert_eq!((page.claim, page.shares.len()), (None, 0));
}
