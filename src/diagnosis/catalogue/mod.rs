//! The errors that powerbi-client, its frame and backends are known to give, and what each can come from.
//!
//! To add one, add an entry to the table of where it comes from.

mod backend;
mod frame;
mod thrown;

use super::FindingCode;
use super::failure::Failure;

/// Whether a new token of the same kind can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Never.
    Never,
    /// Unless a cause is confirmed that a new token would share.
    Unless,
    /// Only when a cause is confirmed that a new token ends.
    If,
}

/// One error that is known.
pub(super) struct Entry {
    /// The message as powerbi-client spells it, else `unknown`.
    pub(super) error: &'static str,
    /// Knows the error; the first entry that does speaks.
    pub(super) matches: fn(&Failure) -> bool,
    /// What happened, in one sentence.
    pub(super) summary: &'static str,
    /// What the error's own text shows.
    pub(super) confirms: &'static [FindingCode],
    /// What else it can come from, likeliest first.
    pub(super) causes: &'static [FindingCode],
    /// Whether a new token helps.
    pub(super) renewal: Renewal,
    /// It is about the backend's own token and ids, of which the page's configuration tells nothing.
    pub(super) of_backend: bool,
}

/// All entries, in the order that they are tried in.
fn all() -> impl Iterator<Item = &'static Entry> {
    [
        core::slice::from_ref(&NOTHING),
        backend::ENTRIES,
        frame::ENTRIES,
        thrown::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

/// The entry of an error.
pub(super) fn entry(failure: &Failure) -> &'static Entry {
    all().find(|entry| (entry.matches)(failure)).unwrap_or(&UNKNOWN)
}

/// An error that none of the others is.
static UNKNOWN: Entry = Entry {
    error: "unknown",
    matches: |_| true,
    summary: "This error is none of those that are known; what the configuration shows is listed.",
    confirms: &[],
    causes: FindingCode::ALL,
    renewal: Renewal::If,
    of_backend: false,
};

/// An error that says nothing.
static NOTHING: Entry = Entry {
    error: "unknown",
    matches: |failure| failure.absent,
    summary: "The error says nothing: powerbi-client rejects with undefined when the embed's frame is gone, as after reset() or when its container was removed.",
    confirms: &[],
    causes: &[],
    renewal: Renewal::Never,
    of_backend: false,
};
