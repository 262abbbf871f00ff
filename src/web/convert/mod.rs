//! Conversions between JavaScript's values and ours.

#[cfg(feature = "keeper")]
pub(crate) mod events;
pub(crate) mod json;
#[cfg(feature = "diagnosis")]
pub(crate) mod serialize;
