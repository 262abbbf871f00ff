//! A token, a configuration, a request and an error: each is judged, and no sentence quotes a token.
#![no_main]

use powerbi_token_keeper::token;

#[path = "../checks/diagnosis.rs"]
mod diagnosis;
#[path = "../../src/token/testing.rs"]
#[allow(dead_code)]
mod testing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| diagnosis::check(bytes));
