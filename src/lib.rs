//! Keeps the access token of an embedded Power BI report fresh.

extern crate alloc;

pub mod backoff;
pub mod budget;
pub mod clock;
pub mod io;
pub mod keeper;
pub mod policy;
pub mod shout;
pub mod time;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod web;
