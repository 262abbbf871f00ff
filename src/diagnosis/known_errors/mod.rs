//! The known errors of powerbi-client, its frame and backends, with the causes of each.
//!
//! To add one, add an entry to the table of where it comes from.

mod backend;
mod client;
mod frame;

use super::FindingCode;
use super::error_report::ErrorReport;

/// When a new token of the same kind can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshHelps {
    /// Never.
    Never,
    /// Unless a cause is confirmed that a new token would share.
    UnlessRuledOut,
    /// Only when a cause is confirmed that a new token ends.
    IfConfirmed,
}

/// A known error.
pub(super) struct KnownError {
    /// The message as powerbi-client spells it, else `unknown`.
    pub(super) error: &'static str,
    /// Matches the error; the first entry that matches is used.
    pub(super) matches: fn(&ErrorReport) -> bool,
    /// What happened, in one sentence.
    pub(super) summary: &'static str,
    /// Causes that the error's own text confirms.
    pub(super) confirms: &'static [FindingCode],
    /// Other possible causes, likeliest first.
    pub(super) causes: &'static [FindingCode],
    /// When a new token helps.
    pub(super) refresh_helps: RefreshHelps,
    /// It is about the backend's own token and ids, of which the page's configuration tells nothing.
    pub(super) of_backend: bool,
}

/// All entries, in the order that they are tried in.
fn all() -> impl Iterator<Item = &'static KnownError> {
    [
        core::slice::from_ref(&NOTHING),
        backend::ENTRIES,
        frame::ENTRIES,
        client::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

/// The entry of an error.
pub(super) fn lookup(report: &ErrorReport) -> &'static KnownError {
    all().find(|entry| (entry.matches)(report)).unwrap_or(&UNKNOWN)
}

/// The fallback for an error that is not in the catalogue.
static UNKNOWN: KnownError = KnownError {
    error: "unknown",
    matches: |_| true,
    summary: "This error is not in the catalogue.",
    confirms: &[],
    causes: FindingCode::ALL,
    refresh_helps: RefreshHelps::IfConfirmed,
    of_backend: false,
};

/// An error that says nothing.
static NOTHING: KnownError = KnownError {
    error: "unknown",
    matches: |report| report.absent,
    summary: "The error is empty: powerbi-client rejects with undefined when the embed's iframe is gone, for example after reset() or when its container was removed.",
    confirms: &[],
    causes: &[],
    refresh_helps: RefreshHelps::Never,
    of_backend: false,
};
