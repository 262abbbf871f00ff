//! The answer of a source: what is read from it is a token, ends no later than the token says, and is not printed.
#![no_main]

use powerbi_token_keeper::token;

#[path = "../checks/answer.rs"]
mod answer;
#[path = "../../src/token/testing.rs"]
#[allow(dead_code)]
mod testing;
#[path = "../checks/token.rs"]
#[allow(dead_code)]
mod token_check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| answer::check(bytes));
