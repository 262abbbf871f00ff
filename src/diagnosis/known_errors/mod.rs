//! The known errors of powerbi-client, its frame, the REST API, Entra and backends, with the causes of each.
//!
//! To add one, add an entry to the table of where it comes from. An entry that knows the reason confirms it with a fix
//! of its own; the entries of `http` are the floor, for errors of which no more than a status or a code is known.

mod client;
mod entra;
mod frame;
mod http;
mod rest;

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

/// A cause that the error's own text confirms.
pub(super) struct Reason {
    /// Its code.
    pub(super) code: FindingCode,
    /// Its fix, where it differs from that of the code's rule.
    pub(super) fix: Option<&'static str>,
    /// The page of Microsoft's documentation, where it differs.
    pub(super) docs: Option<&'static str>,
}

/// A known error.
pub(super) struct KnownError {
    /// Its name as powerbi-client spells it; `None` where the code that it carries is the name.
    pub(super) error: Option<&'static str>,
    /// Matches the error; the first entry that matches is used.
    pub(super) matches: fn(&ErrorReport) -> bool,
    /// What happened, in one sentence.
    pub(super) summary: &'static str,
    /// Causes that the error's own text confirms.
    pub(super) confirms: &'static [Reason],
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
        core::slice::from_ref(&EMPTY),
        http::HTML,
        entra::ENTRIES,
        rest::ENTRIES,
        http::SOURCE,
        frame::ENTRIES,
        client::ENTRIES,
        http::FLOOR,
    ]
    .into_iter()
    .flatten()
}

/// The entry of an error.
pub(super) fn lookup(report: &ErrorReport) -> &'static KnownError {
    all().find(|entry| (entry.matches)(report)).unwrap_or(&UNKNOWN)
}

/// Whether an entry lists what the configuration confirms, since nothing is known of the error itself.
pub(super) fn is_unknown(entry: &KnownError) -> bool {
    entry.causes.len() == FindingCode::ALL.len()
}

/// The reason of an entry with the fix of the code's rule.
const fn by_rule(code: FindingCode) -> Reason {
    Reason {
        code,
        fix: None,
        docs: None,
    }
}

/// The reason of an entry with a fix of its own.
const fn because(code: FindingCode, fix: &'static str, docs: &'static str) -> Reason {
    Reason {
        code,
        fix: Some(fix),
        docs: Some(docs),
    }
}

/// The fallback for an error of which nothing is known.
static UNKNOWN: KnownError = KnownError {
    error: None,
    matches: |_| true,
    summary: "This error is not in the catalogue.",
    confirms: &[],
    causes: FindingCode::ALL,
    refresh_helps: RefreshHelps::IfConfirmed,
    of_backend: false,
};

/// An error that says nothing.
static EMPTY: KnownError = KnownError {
    error: None,
    matches: |report| {
        report.is_empty || report.is("uncaught (in promise) undefined") || report.is("undefined")
    },
    summary: "The error is empty: powerbi-client rejects with undefined when the embed's iframe is gone, for example after reset() or when its container was removed.",
    confirms: &[],
    causes: &[],
    refresh_helps: RefreshHelps::Never,
    of_backend: false,
};
