//! Any bytes as a token, an answer, a configuration and an error: nothing panics, and no text quotes a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powerbi_token_keeper::diagnosis::{Options, diagnose, explain, inspect};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{self, AccessToken, Json, parse_response, parse_token};

#[path = "../../src/token/testing.rs"]
#[allow(dead_code)]
mod testing;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let now = Timestamp::from_secs(1_700_000_000);
    let options = Options::new(now, testing::parse_json);
    let token = AccessToken::new(text.to_owned());
    let _ = parse_token(&token, now, testing::parse_json);
    let _ = inspect(&token, &options);
    let json = testing::parse_json(bytes).unwrap_or(Json::String(token));
    let _ = parse_response(&json, now, None, testing::parse_json);
    let _ = diagnose(&json, &options);
    let _ = explain(&json, Some(&json), &options);
});
