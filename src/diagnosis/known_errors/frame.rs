//! Errors that the frame reports in an `error` event.

use super::{KnownError, RefreshHelps, because, by_rule};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::docs;
use crate::diagnosis::error_report::ErrorReport;

pub(super) const ENTRIES: &[KnownError] = &[
    KnownError {
        error: Some("TokenExpired"),
        matches: |report| {
            report.says("clienterror_tokenexpired")
                || (is_expiry(report) && report.says("couldn't render a report visual"))
        },
        summary: "A visual requested data with an expired token; each visual on the page reports this separately.",
        confirms: &[],
        causes: EXPIRY,
        refresh_helps: RefreshHelps::UnlessRuledOut,
        of_backend: false,
    },
    KnownError {
        error: Some("TokenExpired"),
        matches: is_expiry,
        summary: "Power BI says the token has expired, which it also says of a well-formed token with a wrong signature.",
        confirms: &[],
        causes: EXPIRY,
        refresh_helps: RefreshHelps::UnlessRuledOut,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| report.says("resolve cluster"),
        summary: "Power BI could not tell from the token where the content is, so it can't use this token here.",
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
        refresh_helps: RefreshHelps::UnlessRuledOut,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| {
            is_load_failure(report)
                && report.says_any(&[
                    "capacitynotactive",
                    "capacity not active",
                    "capacitypaused",
                    "capacity operation failed",
                ])
        },
        summary: "Power BI can't load the report, because the workspace's capacity is paused or deleted.",
        confirms: &[because(
            Capacity,
            "Resume the capacity in the Azure portal, or assign the workspace to one that is running.",
            docs::CAPACITY,
        )],
        causes: &[],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("insufficientPermissions"),
        matches: |report| {
            report.is("insufficientpermissions")
                || report.says_any(&[
                    "could not load edit mode",
                    "insufficient permissions",
                    "edit mode is not allowed",
                ])
        },
        summary: "Edit mode needs edit permission in three places: the configuration, the token, and the workspace.",
        confirms: &[by_rule(EditNotPermitted)],
        causes: &[Permission],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("Invalid parameters"),
        matches: |report| {
            report.is("invalid parameters") || report.says("powerbitoken parameter not specified")
        },
        summary: "The frame received no token or no id.",
        confirms: &[],
        causes: &[TokenMissing, IdMissing, TokenNotAToken],
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("OpenConnectionError"),
        matches: |report| report.says("openconnectionerror"),
        summary: "Power BI could not open the data set, most often because the capacity is paused or deleted.",
        confirms: &[],
        causes: &[Capacity, Permission],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("ExplorationContainer_FailedToLoadModel_DefaultDetails"),
        matches: |report| report.says("failedtoloadmodel"),
        summary: "Power BI could not load the report's data set.",
        confirms: &[],
        causes: &[Capacity, ContentNotInToken, Permission],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: None,
        matches: |report| {
            report.says_any(&[
                "exceeded the available resources",
                "queryusererror",
                "querysystemerror",
                "querytimeout",
                "errorloadingdata",
            ])
        },
        summary: "A visual's query failed: it is too large or too slow for the capacity, or the data source could not be reached.",
        confirms: &[],
        causes: &[Capacity, IdentityInvalid, Permission],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("public-access-blocked"),
        matches: |report| report.says_any(&["private link", "privatelink"]),
        summary: "The tenant can be reached through its private link only, and this browser is not in that network.",
        confirms: &[],
        causes: &[PublicAccessBlocked],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("PowerBINotAuthorizedException"),
        matches: |report| is_unauthorized(report) && report.status == Some(403),
        summary: "The token does not grant access to this content, for example a paginated visual whose report is not in the embed token.",
        confirms: &[],
        causes: &[ContentNotInToken, Permission, ScopeMissing, TokenExpired],
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("PowerBINotAuthorizedException"),
        matches: is_unauthorized,
        summary: "Power BI accepts the token, but its holder may not see this content.",
        confirms: &[],
        causes: UNAUTHORIZED,
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("PowerBIEntityNotFound"),
        matches: |report| {
            report.says_any(&[
                "powerbientitynotfound",
                "couldn't find that report",
                "could not find that report",
            ])
        },
        summary: "Power BI finds no content with this id.",
        confirms: &[],
        causes: NOT_FOUND,
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| is_load_failure(report) && report.status == Some(404),
        summary: "Power BI finds no report with this id.",
        confirms: &[],
        causes: NOT_FOUND,
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| is_load_failure(report) && report.status == Some(403),
        summary: "The token does not grant access to this report.",
        confirms: &[],
        causes: &[
            IdMismatch,
            ContentNotInToken,
            TokenExpired,
            ScopeMissing,
            GroupMismatch,
            Permission,
        ],
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| is_load_failure(report) && report.status == Some(401),
        summary: "Power BI accepts the token, but its holder may not see this report.",
        confirms: &[],
        causes: UNAUTHORIZED,
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
        matches: |report| is_load_failure(report) && report.status.is_some_and(|status| status >= 500),
        summary: "Power BI failed to load the report, as it does for an id that is not a GUID; otherwise the service itself failed, and Microsoft support needs its requestId.",
        confirms: &[],
        causes: &[IdNotAGuid, IdMissing, Capacity],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
    KnownError {
        error: Some("LoadReportFailed"),
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
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
    KnownError {
        error: Some("NotSupported"),
        matches: |report| report.is("notsupported"),
        summary: "The service rejected the call for this content; if the call was setAccessToken, the token was not set.",
        confirms: &[],
        causes: &[],
        refresh_helps: RefreshHelps::Never,
        of_backend: false,
    },
];

/// Causes of a token that Power BI says has expired.
const EXPIRY: &[FindingCode] = &[
    TokenExpired,
    TokenNotRefreshed,
    CopiedFromPortal,
    TokenDamaged,
    CloudMismatch,
    ClockWrong,
    ExpirationDisagrees,
];
/// Causes of missing access.
const UNAUTHORIZED: &[FindingCode] = &[
    GroupMismatch,
    ScopeMissing,
    EmbedUrlNoConfig,
    Permission,
    TokenExpired,
    TenantMismatch,
    TokenNotYetValid,
];
/// Causes of content that is not found.
const NOT_FOUND: &[FindingCode] = &[
    IdNotAGuid,
    IdMismatch,
    TypeMismatch,
    GroupMismatch,
    Permission,
    PublicAccessBlocked,
];

fn is_expiry(report: &ErrorReport) -> bool {
    report.code.as_deref() == Some("TokenExpired")
        || report.is("tokenexpired")
        || report.says_any(&["token has expired", "token expired"])
}

fn is_unauthorized(report: &ErrorReport) -> bool {
    report.says_any(&[
        "powerbinotauthorizedexception",
        "you need access",
        "ask the author for access",
        "don't have access",
        "do not have access",
    ])
}

fn is_load_failure(report: &ErrorReport) -> bool {
    report.is("loadreportfailed") || report.says("get report failed")
}
