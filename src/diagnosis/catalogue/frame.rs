//! What the frame reports in an `error` event.

use super::{Entry, Renewal};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::failure::Failure;

pub(super) const ENTRIES: &[Entry] = &[
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
        of_backend: false,
    },
    Entry {
        error: "TokenExpired",
        matches: is_expiry,
        summary: "Power BI counts the token as ended, which it also says of a well-formed token whose signature is wrong.",
        confirms: &[],
        causes: EXPIRY,
        renewal: Renewal::Unless,
        of_backend: false,
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
        of_backend: false,
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
        of_backend: false,
    },
    Entry {
        error: "OpenConnectionError",
        matches: |failure| failure.says("openconnectionerror"),
        summary: "Power BI could not open the data set, which is most often a capacity that is paused or deleted.",
        confirms: &[],
        causes: &[Capacity, Permission],
        renewal: Renewal::Never,
        of_backend: false,
    },
    Entry {
        error: "ExplorationContainer_FailedToLoadModel_DefaultDetails",
        matches: |failure| failure.says("explorationcontainer_failedtoloadmodel"),
        summary: "Power BI could not load the report's data set.",
        confirms: &[],
        causes: &[Capacity, ContentNotInToken, Permission],
        renewal: Renewal::Never,
        of_backend: false,
    },
    Entry {
        error: "PowerBINotAuthorizedException",
        matches: |failure| is_unauthorized(failure) && failure.status == Some(403),
        summary: "The token does not open this content, as happens with a paginated visual whose report is not in the embed token.",
        confirms: &[],
        causes: &[ContentNotInToken, Permission, ScopeMissing, TokenExpired],
        renewal: Renewal::If,
        of_backend: false,
    },
    Entry {
        error: "PowerBINotAuthorizedException",
        matches: is_unauthorized,
        summary: "Power BI knows the token's holder, and the holder may not see this content.",
        confirms: &[],
        causes: UNAUTHORIZED,
        renewal: Renewal::If,
        of_backend: false,
    },
    Entry {
        error: "PowerBIEntityNotFound",
        matches: |failure| failure.says("powerbientitynotfound"),
        summary: "Power BI finds no content of this id.",
        confirms: &[],
        causes: NOT_FOUND,
        renewal: Renewal::Never,
        of_backend: false,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status == Some(404),
        summary: "Power BI finds no report of this id.",
        confirms: &[],
        causes: NOT_FOUND,
        renewal: Renewal::Never,
        of_backend: false,
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
        of_backend: false,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status == Some(401),
        summary: "Power BI knows the token's holder, and the holder may not see this report.",
        confirms: &[],
        causes: UNAUTHORIZED,
        renewal: Renewal::If,
        of_backend: false,
    },
    Entry {
        error: "LoadReportFailed",
        matches: |failure| is_load_failure(failure) && failure.status.is_some_and(|status| status >= 500),
        summary: "Power BI failed to load the report, as it does for an id that is no GUID; otherwise the failure is the service's, and its requestId is what Microsoft's support needs.",
        confirms: &[],
        causes: &[IdNotAGuid, IdMissing, Capacity],
        renewal: Renewal::Never,
        of_backend: false,
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
        of_backend: false,
    },
    Entry {
        error: "NotSupported",
        matches: |failure| failure.is("notsupported"),
        summary: "The service refused the call for this content; a token that was set by it does not count as set.",
        confirms: &[],
        causes: &[],
        renewal: Renewal::Never,
        of_backend: false,
    },
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
