//! The shell: the only place that knows a browser.
//!
//! It owns listeners, timers and requests, and decides nothing. Its contract:
//!
//! - Everything that happens becomes an [`Input`](crate::io::Input) in the `mailbox`. One loop, in `runtime`, takes them
//!   out, has the core handle them, and performs the effects after the core's borrow has ended.
//! - JavaScript is never called inside a borrow. What it calls back meanwhile is posted to the same mailbox.
//! - Every import that can throw is caught. What was thrown is dropped: it may quote a token.
//! - All times are milliseconds. One timer serves the page; it may fire early.
//! - A panic traps, and so does an exception that leaves through Rust. The facade's loader sees either, and never enters the
//!   instance again (`npm/src/engine/instance.ts`).

mod allocator;
mod convert;
#[cfg(feature = "diagnosis")]
pub mod diagnosis;
#[cfg(feature = "keeper")]
mod embed;
#[cfg(feature = "keeper")]
mod exports;
#[cfg(feature = "keeper")]
mod facade;
#[cfg(feature = "keeper")]
mod globals;
#[cfg_attr(
    not(feature = "keeper"),
    expect(dead_code, reason = "the diagnosis reads properties and calls nothing")
)]
mod js;
#[cfg(feature = "keeper")]
mod keeper_instance;
#[cfg(feature = "keeper")]
mod lifecycle;
#[cfg(feature = "keeper")]
mod listener;
#[cfg(feature = "keeper")]
mod mailbox;
#[cfg(feature = "keeper")]
mod options;
#[cfg(feature = "keeper")]
mod promise;
#[cfg(feature = "keeper")]
mod runtime;
#[cfg(feature = "keeper")]
mod source;
#[cfg(feature = "trap")]
mod test_panic;

#[cfg(feature = "keeper")]
pub use exports::{
    attach, check_source, create_keeper, detach, get_token, init, lock_acquired, observe_embed,
    provider_called, refresh, refresh_may_help, status, stop, token_received_from_tab,
};
#[cfg(feature = "keeper")]
pub use facade::Facade;
#[cfg(feature = "trap")]
pub use test_panic::trap;
