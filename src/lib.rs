//! Keeps the access token of an embedded Power BI report fresh.

extern crate alloc;

pub mod time;
pub mod token;
