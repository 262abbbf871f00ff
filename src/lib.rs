//! Keeps the access token of an embedded Power BI report fresh.

pub mod time;
pub mod token;
