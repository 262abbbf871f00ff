//! The shell: the only place that knows a browser.
//!
//! It owns listeners, timers and requests, and decides nothing. Its contract:
//!
//! - Everything that happens becomes an [`Input`](crate::io::Input) in the `page`'s inbox. One loop takes them out,
//!   asks the core, and performs the effects after the core's borrow has ended.
//! - JavaScript is never called inside a borrow. What it calls back meanwhile goes into the inbox of the same loop.
//! - Every import that can throw is caught. What was thrown is dropped: it may quote a token.
//! - All times are milliseconds. One timer serves the page; it may fire early.
//! - A panic traps, and so does an exception that leaves through Rust. The facade's loader sees either, and never enters the
//!   instance again (`npm/src/engine/instance.ts`).

mod answer;
#[cfg(feature = "keeper")]
mod attached;
#[cfg(feature = "keeper")]
mod door;
#[cfg(feature = "keeper")]
mod endpoint;
#[cfg(feature = "keeper")]
mod events;
#[cfg_attr(
    not(feature = "keeper"),
    expect(dead_code, reason = "the diagnosis reads properties and calls nothing")
)]
mod js;
#[cfg(feature = "keeper")]
mod listener;
#[cfg(feature = "keeper")]
mod live;
#[cfg(feature = "keeper")]
mod options;
#[cfg(feature = "keeper")]
mod page;
#[cfg(feature = "diagnosis")]
mod plain;
#[cfg(feature = "keeper")]
mod source;
#[cfg(feature = "trap")]
mod trap;

#[cfg(feature = "diagnosis")]
pub mod diagnosis;

use talc::wasm::{WasmBinning, WasmGrowAndClaim};

#[cfg(feature = "keeper")]
pub use door::{attach, begin, boot, call, shared, status, tell};
#[cfg(feature = "trap")]
pub use trap::trap;

// Each piece of memory that is added is a heap of its own: 50 bytes less than one that grows.
#[global_allocator]
static ALLOCATOR: talc::cell::TalcSyncCell<WasmGrowAndClaim, WasmBinning> =
    talc::cell::TalcSyncCell::new_wasm(WasmGrowAndClaim);
