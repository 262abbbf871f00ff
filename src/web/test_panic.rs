//! A way to crash on purpose, for tests. What is packed never has it.

use wasm_bindgen::prelude::*;

/// Panics, as a defect would; its message quotes what it is given.
#[wasm_bindgen]
#[expect(clippy::panic, reason = "what it is for")]
pub fn trap(quoted: &str) {
    panic!("{quoted}");
}
