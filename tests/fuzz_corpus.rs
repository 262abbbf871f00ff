//! What the fuzzers of `fuzz/` have collected, once more: the same checks on the same bytes, without a fuzzer.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use powerbi_token_keeper::token;
use std::path::{Path, PathBuf};

mod actions;
mod harness;

#[path = "../fuzz/checks/answer.rs"]
mod answer;
#[cfg(feature = "diagnosis")]
#[path = "../fuzz/checks/diagnosis.rs"]
mod diagnosis;
#[path = "../fuzz/checks/inputs.rs"]
mod inputs;
#[path = "../src/token/testing.rs"]
mod testing;
#[path = "../fuzz/checks/token.rs"]
mod token_check;

/// Checks every file of a corpus, and names those that fail.
fn all_of(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(files.len() > 50, "{target}: {} files are no corpus", files.len());
    let fails = |path: &&PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        std::panic::catch_unwind(|| check(&bytes)).is_err()
    };
    let failing: Vec<_> = files.iter().filter(fails).collect();
    assert!(failing.is_empty(), "{failing:#?}");
}

#[test]
fn the_answers_of_sources() {
    all_of("answer", answer::check);
}

#[test]
fn the_texts_of_tokens() {
    all_of("token", token_check::check);
}

#[test]
fn days_of_a_page() {
    all_of("inputs", inputs::check);
}

#[cfg(feature = "diagnosis")]
#[test]
fn errors_configurations_and_requests() {
    all_of("diagnosis", diagnosis::check);
}
