//! The text of a token, a date, an audience: read alike whatever is around it, and as other readers do.
#![no_main]

use powerbi_token_keeper::token;

#[path = "../../src/token/testing.rs"]
#[allow(dead_code)]
mod testing;
#[path = "../checks/token.rs"]
mod token_check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| token_check::check(bytes));
