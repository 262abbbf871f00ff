//! The errors that powerbi-client, its frame and backends are known to give, and what each can come from.

use super::FindingCode::{self, *};
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
}

/// The entry of an error.
pub(super) fn entry(failure: &Failure) -> &'static Entry {
    ENTRIES
        .iter()
        .find(|entry| (entry.matches)(failure))
        .unwrap_or(&UNKNOWN)
}

/// An error that none of the others is.
static UNKNOWN: Entry = Entry {
    error: "unknown",
    matches: |_| true,
    summary: "This error is none of those that are known; what the configuration shows is listed.",
    confirms: &[],
    causes: FindingCode::ALL,
    renewal: Renewal::If,
};

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
    }
}

/// A refusal of the REST API that a backend passes on; the page's token has no part in it.
const fn rest(
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
    }
}

static ENTRIES: &[Entry] = &[
    Entry {
        error: "unknown",
        matches: |failure| failure.absent,
        summary: "The error says nothing: powerbi-client rejects with undefined when the embed's frame is gone, as after reset() or when its container was removed.",
        confirms: &[],
        causes: &[],
        renewal: Renewal::Never,
    },
    // Refusals of the REST API that say more than their code.
    rest(
        |failure| failure.says("exceeded the amount of embed token"),
        &[Capacity],
        &[],
        "The backend may make no more embed tokens: without a capacity their number is limited.",
    ),
    rest(
        |failure| failure.says("api is not accessible for application"),
        &[Permission],
        &[],
        "The tenant does not let service principals use the Power BI API, or this one is not in the group that may.",
    ),
    rest(
        |failure| failure.says("groupnotaccessible"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
    rest(
        |failure| failure.says("usernotlicensed"),
        &[Permission],
        &[Capacity],
        "The backend's user has no Power BI Pro or Premium Per User licence.",
    ),
    rest(
        |failure| failure.says("insufficient_claims"),
        &[Permission],
        &[],
        "Entra's Conditional Access asks the user to sign in again with the claims that the answer names.",
    ),
    rest(
        |failure| failure.says("shouldn't have effective identity"),
        &[ContentNotInToken],
        &[],
        "The GenerateToken call names identities, and the data set has no row-level security.",
    ),
    rest(
        |failure| failure.says("effective identity"),
        &[ContentNotInToken],
        &[],
        "The data set has row-level security, and the GenerateToken call names no identity or no roles for it.",
    ),
    rest(
        |failure| failure.says("aadsts"),
        &[Permission],
        &[],
        "Entra refused to give the backend or the user a token; its AADSTS number says why.",
    ),
    rest(
        |failure| failure.status == Some(429) || failure.says("too many requests"),
        &[],
        &[],
        "The REST API is throttling the backend; it should wait as Retry-After says, and ask for fewer tokens.",
    ),
    rest(
        |failure| failure.rest && failure.says("tokenexpired"),
        &[],
        &[AudienceWrong, CloudMismatch, ClockWrong],
        "The REST API refused the Entra token that the backend used: it has expired, or is well-formed and invalid.",
    ),
    rest(
        |failure| failure.rest && failure.says("invalidtoken"),
        &[],
        &[AudienceWrong, CloudMismatch],
        "The REST API refused the Entra token that the backend used as malformed.",
    ),
    rest(
        |failure| failure.rest && failure.says("powerbientitynotfound"),
        &[],
        &[IdNotAGuid, IdMismatch, GroupMismatch, Permission],
        "The REST API finds no such content, or the backend's identity lacks the Build permission on its data set.",
    ),
    rest(
        |failure| failure.rest && failure.says("powerbinotauthorized"),
        &[Permission],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
    // What the frame reports.
    Entry {
        error: "TokenExpired",
        matches: |failure| {
            failure.says("clienterror_tokenexpired")
                || (is_expiry(failure) && failure.says("couldn't render a report visual"))
        },
        summary: "A visual asked for data with a token that has ended; every visual of the page reports it by itself.",
        confirms: &[],
        causes: EXPIRY,
        renewal: Renewal::Unless,
    },
    Entry {
        error: "TokenExpired",
        matches: is_expiry,
        summary: "Power BI counts the token as ended, which it also says of a well-formed token whose signature is wrong.",
        confirms: &[],
        causes: EXPIRY,
        renewal: Renewal::Unless,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| failure.says("resolve cluster"),
        summary: "Power BI could not tell from the token where the content is, so the token is not one it can use here.",
        confirms: &[],
        causes: &[
            TokenTypeMismatch,
            TokenTypeMissing,
            ServicePrincipalAad,
            AudienceWrong,
            TokenExpired,
            TokenDamaged,
            TokenWrapped,
            TokenNotAToken,
            TokenIdToken,
            TokenRefreshToken,
            TokenLegacy,
            CopiedFromPortal,
            CloudMismatch,
            ClusterMismatch,
            TenantMismatch,
        ],
        renewal: Renewal::Unless,
    },
    Entry {
        error: "Invalid parameters",
        matches: |failure| {
            failure.is("invalid parameters") || failure.says("powerbitoken parameter not specified")
        },
        summary: "The frame was given no token or no id.",
        confirms: &[],
        causes: &[TokenMissing, IdMissing, TokenNotAToken],
        renewal: Renewal::If,
    },
    Entry {
        error: "OpenConnectionError",
        matches: |failure| failure.says("openconnectionerror"),
        summary: "Power BI could not open the data set, which is most often a capacity that is paused or deleted.",
        confirms: &[],
        causes: &[Capacity, Permission],
        renewal: Renewal::Never,
    },
    Entry {
        error: "ExplorationContainer_FailedToLoadModel_DefaultDetails",
        matches: |failure| failure.says("explorationcontainer_failedtoloadmodel"),
        summary: "Power BI could not load the report's data set.",
        confirms: &[],
        causes: &[Capacity, ContentNotInToken, Permission],
        renewal: Renewal::Never,
    },
    Entry {
        error: "PowerBINotAuthorizedException",
        matches: |failure| is_unauthorized(failure) && failure.status == Some(403),
        summary: "The token does not open this content, as happens with a paginated visual whose report is not in the embed token.",
        confirms: &[],
        causes: &[ContentNotInToken, Permission, ScopeMissing, TokenExpired],
        renewal: Renewal::If,
    },
    Entry {
        error: "PowerBINotAuthorizedException",
        matches: is_unauthorized,
        summary: "Power BI knows the token's holder, and the holder may not see this content.",
        confirms: &[],
        causes: UNAUTHORIZED,
        renewal: Renewal::If,
    },
    Entry {
        error: "PowerBIEntityNotFound",
        matches: |failure| failure.says("powerbientitynotfound"),
        summary: "Power BI finds no content of this id.",
        confirms: &[],
        causes: NOT_FOUND,
        renewal: Renewal::Never,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status == Some(404),
        summary: "Power BI finds no report of this id.",
        confirms: &[],
        causes: NOT_FOUND,
        renewal: Renewal::Never,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status == Some(403),
        summary: "The token does not open this report.",
        confirms: &[],
        causes: &[
            IdMismatch,
            ContentNotInToken,
            TokenExpired,
            ScopeMissing,
            GroupMismatch,
            Permission,
        ],
        renewal: Renewal::If,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status == Some(401),
        summary: "Power BI knows the token's holder, and the holder may not see this report.",
        confirms: &[],
        causes: UNAUTHORIZED,
        renewal: Renewal::If,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status.is_some_and(|status| status >= 500),
        summary: "Power BI failed to load the report, as it does for an id that is no GUID; otherwise the failure is the service's, and its requestId is what Microsoft's support needs.",
        confirms: &[],
        causes: &[IdNotAGuid, IdMissing, Capacity],
        renewal: Renewal::Never,
    },
    Entry {
        error: "LoadReportFailed",
        matches: is_load_failure,
        summary: "Power BI could not load the report.",
        confirms: &[],
        causes: &[
            TokenTypeMismatch,
            TokenTypeMissing,
            TokenExpired,
            TokenDamaged,
            IdNotAGuid,
            IdMismatch,
            ContentNotInToken,
            Permission,
            Capacity,
        ],
        renewal: Renewal::If,
    },
    thrown(
        |failure| failure.says("content isn't available") || failure.says("content is not available"),
        &[],
        &[TokenTypeMismatch, TokenTypeMissing, EmbedUrlInvalid, Permission],
        "The frame shows that the content isn't available: the token is of the other kind, the address is for people, or access is missing.",
    ),
    Entry {
        error: "NotSupported",
        matches: |failure| failure.is("notsupported"),
        summary: "The service refused the call for this content; a token that was set by it does not count as set.",
        confirms: &[],
        causes: &[],
        renewal: Renewal::Never,
    },
    // What powerbi-client throws.
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
];

/// What a token that Power BI counts as ended can come from.
const EXPIRY: &[FindingCode] = &[
    TokenExpired,
    TokenNotRefreshed,
    CopiedFromPortal,
    TokenDamaged,
    CloudMismatch,
    ClockWrong,
    ExpirationDisagrees,
];
/// What a holder without access can come from.
const UNAUTHORIZED: &[FindingCode] = &[
    GroupMismatch,
    ScopeMissing,
    EmbedUrlNoConfig,
    Permission,
    TokenExpired,
    TenantMismatch,
    TokenNotYetValid,
];
/// What content that is not found can come from.
const NOT_FOUND: &[FindingCode] = &[
    IdNotAGuid,
    IdMismatch,
    TypeMismatch,
    GroupMismatch,
    Permission,
    PublicAccessBlocked,
];

fn is_expiry(failure: &Failure) -> bool {
    failure.is("tokenexpired") || failure.says("access token has expired")
}

fn is_unauthorized(failure: &Failure) -> bool {
    failure.says("powerbinotauthorizedexception")
}

fn is_load_failure(failure: &Failure) -> bool {
    failure.is("loadreportfailed") || failure.says("get report failed")
}
