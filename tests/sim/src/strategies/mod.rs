//! The strategies: the keeper and its rivals.

pub mod chained;
pub mod keeper;
pub mod microsoft;
pub mod provider;
pub mod tireless;
mod wire;
