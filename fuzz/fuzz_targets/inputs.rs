//! A page's day out of bytes: I1 to I8 and I10 after every input, and after every day all is well again.
#![no_main]

#[path = "../checks/inputs.rs"]
mod inputs;
#[path = "../../tests/actions/mod.rs"]
mod actions;
#[path = "../../tests/harness/mod.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| inputs::check(bytes));
