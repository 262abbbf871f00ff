//! Errors that powerbi-client throws by itself, and texts that its frame shows instead of an error.

use super::{KnownError, RefreshHelps};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::error_report::ErrorReport;

pub(super) const ENTRIES: &[KnownError] = &[
    thrown(
        |report| report.says("tokentype must be a number") || report.says("tokentype property is invalid"),
        &[TokenTypeInvalid],
        &[],
        "powerbi-client accepts only the number 0 or 1 as tokenType.",
    ),
    thrown(
        |report| report.says("accesstoken must be a string"),
        &[TokenNotAToken],
        &[],
        "powerbi-client received an accessToken that is not a string.",
    ),
    thrown(
        |report| report.says("no access token was found") || report.says("access token cannot be empty"),
        &[TokenMissing],
        &[],
        "powerbi-client received no access token.",
    ),
    thrown(
        |report| report.says("embed url is required"),
        &[EmbedUrlMissing],
        &[],
        "powerbi-client received no embedUrl.",
    ),
    thrown(
        |report| report.says("id is required"),
        &[IdMissing],
        &[],
        "powerbi-client found no id, neither in the configuration nor in the embedUrl.",
    ),
    thrown(
        |report| report.says("embed url is invalid for this scenario"),
        &[EmbedUrlInvalid],
        &[],
        "powerbi-client rejects an embedUrl with autoAuth=true, which is a secure-embed link.",
    ),
    thrown(
        |report| report.says("invalid embed url"),
        &[EmbedUrlInvalid],
        &[SdkTooOld, EmbedUrlMissing],
        "powerbi-client rejects the embedUrl: it is not https:, or this version does not accept its host.",
    ),
    thrown(
        |report| report.says("accesstokenprovider"),
        &[ProviderUnsupported],
        &[TokenTypeMissing, SdkTooOld],
        "powerbi-client accepts accessTokenProvider only as a function, and only with tokenType 0 for a report or quickCreate.",
    ),
    thrown(
        |report| report.says("attempted to embed component of type") || report.says("what type of component"),
        &[TypeMismatch],
        &[],
        "powerbi-client has no such type of content.",
    ),
    thrown(
        |report| report.says("permissions property is invalid"),
        &[],
        &[],
        "powerbi-client accepts only 0, 1, 2, 4 or 7 (models.Permissions) as permissions.",
    ),
    thrown(
        |report| report.says("eventname must be one of"),
        &[],
        &[TokenNotRefreshed],
        "powerbi-client has no event of this name; in particular there is no tokenExpired event: an expired token is reported as an error event with the message TokenExpired.",
    ),
    thrown(
        |report| report.says("not supported for rdl"),
        &[],
        &[],
        "powerbi-client does not support this call for paginated reports.",
    ),
    thrown(
        |report| report.says("target window is not provided"),
        &[],
        &[],
        "The embed's iframe is missing, so nothing can be sent to it; embed again, or wait until it is there.",
    ),
    thrown(
        |report| report.says("not loaded") || report.says("not ready"),
        &[],
        &[],
        "The method was called before the content was loaded; wait for the loaded event.",
    ),
    thrown(
        |report| report.says("content isn't available") || report.says("content is not available"),
        &[],
        &[TokenTypeMismatch, TokenTypeMissing, EmbedUrlInvalid, Permission],
        "The frame says that the content isn't available: the token is of the wrong kind, the URL is not for embedding, or access is missing.",
    ),
];

/// An error that powerbi-client throws by itself: the text says it all, and no token helps.
const fn thrown(
    matches: fn(&ErrorReport) -> bool,
    confirms: &'static [FindingCode],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> KnownError {
    KnownError {
        error: "unknown",
        matches,
        summary,
        confirms,
        causes,
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    }
}
