//! What powerbi-client throws by itself, and what its frame shows in place of an error.

use super::{Entry, Renewal};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::failure::Failure;

pub(super) const ENTRIES: &[Entry] = &[
    thrown(
        |failure| failure.says("tokentype must be a number") || failure.says("tokentype property is invalid"),
        &[TokenTypeInvalid],
        &[],
        "powerbi-client takes the numbers 0 and 1 as tokenType, and nothing else.",
    ),
    thrown(
        |failure| failure.says("accesstoken must be a string"),
        &[TokenNotAToken],
        &[],
        "powerbi-client was given an accessToken that is no text.",
    ),
    thrown(
        |failure| failure.says("no access token was found") || failure.says("access token cannot be empty"),
        &[TokenMissing],
        &[],
        "powerbi-client was given no access token.",
    ),
    thrown(
        |failure| failure.says("embed url is required"),
        &[EmbedUrlMissing],
        &[],
        "powerbi-client was given no embedUrl.",
    ),
    thrown(
        |failure| failure.says("id is required"),
        &[IdMissing],
        &[],
        "powerbi-client found no id, neither in the configuration nor in the embedUrl.",
    ),
    thrown(
        |failure| failure.says("embed url is invalid for this scenario"),
        &[EmbedUrlInvalid],
        &[],
        "powerbi-client refuses an embedUrl with autoAuth=true, which is a secure-embed link for people.",
    ),
    thrown(
        |failure| failure.says("invalid embed url"),
        &[EmbedUrlInvalid],
        &[SdkTooOld, EmbedUrlMissing],
        "powerbi-client refuses the embedUrl, since it is not https: or its host is none that this version knows.",
    ),
    thrown(
        |failure| failure.says("accesstokenprovider"),
        &[ProviderUnsupported],
        &[TokenTypeMissing, SdkTooOld],
        "powerbi-client takes accessTokenProvider as a function, and only with tokenType 0 for a report or quickCreate.",
    ),
    thrown(
        |failure| {
            failure.says("attempted to embed component of type") || failure.says("what type of component")
        },
        &[TypeMismatch],
        &[],
        "powerbi-client knows no such type of content.",
    ),
    thrown(
        |failure| failure.says("permissions property is invalid"),
        &[],
        &[],
        "powerbi-client takes 0, 1, 2, 4 or 7 as permissions, which are models.Permissions.",
    ),
    thrown(
        |failure| failure.says("eventname must be one of"),
        &[],
        &[TokenNotRefreshed],
        "powerbi-client has no event of this name; there is no tokenExpired event, and the end of a token is an error event with the message TokenExpired.",
    ),
    thrown(
        |failure| failure.says("not supported for rdl"),
        &[],
        &[],
        "powerbi-client does not support this call for paginated reports.",
    ),
    thrown(
        |failure| failure.says("target window is not provided"),
        &[],
        &[],
        "The embed's frame is missing, so nothing can be sent to it; embed again, or wait until it is there.",
    ),
    thrown(
        |failure| failure.says("not loaded") || failure.says("not ready"),
        &[],
        &[],
        "The call came before the content was loaded; wait for the loaded event.",
    ),
    thrown(
        |failure| failure.says("content isn't available") || failure.says("content is not available"),
        &[],
        &[TokenTypeMismatch, TokenTypeMissing, EmbedUrlInvalid, Permission],
        "The frame shows that the content isn't available: the token is of the other kind, the address is for people, or access is missing.",
    ),
];

/// What powerbi-client throws by itself: the text says it all, and no token helps.
const fn thrown(
    matches: fn(&Failure) -> bool,
    confirms: &'static [FindingCode],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> Entry {
    Entry {
        error: "unknown",
        matches,
        summary,
        confirms,
        causes,
        renewal: Renewal::Never,
        of_backend: false,
    }
}
