//! Those who keep a page's token fresh: our keeper and its neighbours, each in its own words.

pub mod chained;
pub mod microsoft;
pub mod ours;
pub mod provider;
mod wire;
