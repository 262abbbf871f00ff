//! Keeps the access token of an embedded Power BI report fresh.

extern crate alloc;

#[cfg(feature = "diagnosis")]
pub mod diagnosis;
pub mod time;
pub mod token;
