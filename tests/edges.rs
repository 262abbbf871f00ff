//! Edges that no story passes by: what the fuzzer found, and lines that could be changed without any other test
//! noticing (`cargo mutants`).

mod steps;
mod world;

use powerbi_token_keeper::io::{Headers, Input, KeeperState, Trigger};
use powerbi_token_keeper::token::Kind;
use serde_json::json;
use world::{HOUR, MINUTE, World};

// ---- found by the steps ----------------------------------------------------------------------------

#[test]
fn i7_a_token_of_the_page_that_looked_expired_under_a_wrong_clock_gives_way_to_no_earlier_one() {
    let mut page = World::with_embed(MINUTE);
    page.passes(HOUR);
    page.sleeps(3 * HOUR); // set ahead, as far as anybody can tell, and then put right
    page.trigger(Trigger::Focus);
    page.wall -= 3 * HOUR;
    page.passes(MINUTE); // the request that saw the jump teaches nothing
    let later = page.mint(HOUR);
    page.attach(1, Some(later.clone()), Some(Kind::Embed));
    let asked = page.until_request(10 * MINUTE);
    let earlier = page.mint(10 * MINUTE);
    let headers = Headers {
        date: Some(steps::http_date(page.wall)),
        retry_after: None,
    };
    page.answers_to(asked.id, &json!({ "token": earlier }), headers);
    assert_eq!(page.frame(1).holds.as_ref(), Some(&later));
    let next = page.mint(2 * HOUR);
    page.until_request(10 * MINUTE);
    page.answers(&json!({ "token": next }));
    for id in 0..2 {
        assert_eq!(page.frame(id).holds.as_ref(), Some(&next));
    }
}

// ---- found by mutants ------------------------------------------------------------------------------

#[test]
fn i3_after_stop_nothing_is_taken_from_anybody() {
    let mut page = World::with_embed(HOUR);
    page.tell(Input::Stop);
    for id in 1..3 {
        let token = page.mint(i64::from(id) * HOUR);
        page.attach(id, Some(token), Some(Kind::Embed));
    }
    page.hears_of_token(9 * HOUR);
    page.passes(HOUR);
    assert!(page.frames.values().all(|frame| frame.calls == 0));
    assert_eq!(page.state(), KeeperState::Stopped);
}
