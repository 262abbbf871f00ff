//! Errors of the Power BI REST API, which a backend passes on.

use super::{KnownError, Reason, RefreshHelps, because, by_rule};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::docs;
use crate::diagnosis::error_report::ErrorReport;

pub(super) const ENTRIES: &[KnownError] = &[
    rest(
        |report| {
            report.says_any(&[
                "exceeded the amount of embed token",
                "embed token quota",
                "embedtokenquota",
                "tokenquotaexceeded",
            ])
        },
        &[because(
            Capacity,
            "Assign the workspace to a capacity (Embedded, Premium or Fabric); without one, only a limited number of embed tokens for testing can be created.",
            docs::CAPACITY,
        )],
        &[],
        "The quota of embed tokens is used up: the workspace has no capacity, and without one their number is limited.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "capacitynotactive",
                "capacity not active",
                "capacity is not active",
                "capacitypaused",
                "capacity is paused",
                "capacity has exceeded",
                "capacity limit",
                "capacitylimit",
            ]) && !is_frame(report)
        },
        &[because(
            Capacity,
            "Resume the capacity in the Azure portal, scale it up, or assign the workspace to another one.",
            docs::CAPACITY,
        )],
        &[],
        "The workspace's capacity is paused, deleted or over its limits.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "api is not accessible for application",
                "service principals are not allowed",
                "serviceprincipalnotallowed",
                "serviceprincipalsnotallowed",
                "powerbinotenabled",
                "embeddingdisabled",
                "disabled by your admin",
                "disabled by the admin",
                "disabled by tenant",
                "tenantsettingdisabled",
                "tenant setting",
                "tenant switch",
                "featurenotavailable",
            ])
        },
        &[because(
            TenantSetting,
            "Have a Fabric administrator allow service principals to use the API (and embedding in apps) in the tenant settings, and add this one to the allowed security group.",
            docs::TENANT_SETTINGS,
        )],
        &[],
        "A tenant setting forbids the call: service principals may not use the Power BI API, this one is not in the allowed security group, or embedding is off.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "notlicensed",
                "not licensed",
                "licenserequired",
                "license is required",
                "no power bi license",
                "pro license",
                "premium per user license",
                "powerbilicense",
            ])
        },
        &[because(
            LicenseMissing,
            "Assign a Power BI Pro or Premium Per User license to the user, or use a service principal, which needs none.",
            docs::LICENSES,
        )],
        &[],
        "The user that the backend signs in has no Power BI Pro or Premium Per User license.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "shouldn't have effective identity",
                "should not have effective identity",
                "effective identity is not supported",
                "effectiveidentitynotsupported",
            ])
        },
        &[because(
            IdentityInvalid,
            "Remove the identity for this data set from the request: it has no row-level security, or its roles were deleted.",
            docs::ROW_LEVEL_SECURITY,
        )],
        &[],
        "The GenerateToken request contains an effective identity for a data set that takes none.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "identical to the caller",
                "caller's principal name",
                "caller principal name",
            ])
        },
        &[because(
            IdentityInvalid,
            "Set the identity's username to the caller's own: the user's UPN, or the service principal's object id.",
            docs::ROW_LEVEL_SECURITY,
        )],
        &[],
        "For this data set the effective identity's username must be that of the caller, and it is another one.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "requires roles",
                "roles to be included",
                "roles are required",
                "role is required",
            ])
        },
        &[because(
            IdentityInvalid,
            "Add the names of the data set's roles to roles of the identity, spelt as in Power BI Desktop.",
            docs::ROW_LEVEL_SECURITY,
        )],
        &[],
        "The data set has row-level security roles, but the effective identity in the GenerateToken request names none.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "requires effective identity",
                "effective identity to be provided",
                "effective identity is required",
                "effectiveidentityrequired",
            ])
        },
        &[because(
            IdentityInvalid,
            "Add an identity with a username, the data set's id in datasets, and its roles to identities in the GenerateToken request.",
            docs::ROW_LEVEL_SECURITY,
        )],
        &[],
        "The data set has row-level security, but the GenerateToken request contains no effective identity for it.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "effective identity",
                "effectiveidentity",
                "identity blob",
                "identityblob",
                "effective username",
            ])
        },
        &[by_rule(IdentityInvalid)],
        &[],
        "The REST API rejected the effective identity in the GenerateToken request.",
    ),
    rest(
        |report| {
            report.says_any(&[
                "workspaces v2",
                "workspace v2",
                "v2 workspace",
                "new workspace experience",
                "v1 workspace",
                "workspace v1",
            ])
        },
        &[because(
            RequestInvalid,
            "Move the content to a new (V2) workspace, since classic ones can't be used with this call.",
            docs::GENERATE_TOKEN,
        )],
        &[],
        "The content is in a classic (V1) workspace, and the call supports only new (V2) workspaces.",
    ),
    rest(
        |report| {
            report.says("paginated") && report.says_any(&["generatetoken", "embed token", "invalidrequest"])
        },
        &[because(
            RequestInvalid,
            "Use the multi-item GenerateToken call: list the paginated report in reports and its semantic models in datasets with xmlaPermissions ReadOnly.",
            docs::GENERATE_TOKEN,
        )],
        &[],
        "The REST API can't create an embed token for a paginated report from this request.",
    ),
    rest(
        |report| {
            report.status == Some(429)
                || report.says_any(&[
                    "too many requests",
                    "toomanyrequests",
                    "requestthrottled",
                    "throttled",
                    "rate limit",
                ])
        },
        &[by_rule(Throttled)],
        &[],
        "The server rejects further requests for now, because too many were sent.",
    ),
    rest(
        |report| report.is_rest() && report.says("tokenexpired"),
        &[because(
            BackendCredentials,
            "Request a new Entra token before each GenerateToken call (MSAL returns a cached one while it is valid), for the audience and cloud of the API.",
            docs::REST,
        )],
        &[AudienceWrong, CloudMismatch, ClockWrong],
        "The REST API rejected the backend's Entra token: it has expired, or its signature is invalid.",
    ),
    rest(
        |report| report.is_rest() && report.says("invalidtoken"),
        &[because(
            BackendCredentials,
            "Send the Entra access token unchanged in the header \"Authorization: Bearer …\", requested with the scope https://analysis.windows.net/powerbi/api/.default.",
            docs::REST,
        )],
        &[AudienceWrong, CloudMismatch],
        "The REST API rejected the backend's Entra token as malformed.",
    ),
    rest(
        |report| report.says_any(&["groupnotaccessible", "workspacenotaccessible"]),
        &[by_rule(Permission)],
        &[GroupMismatch],
        "The backend's identity has no access to the workspace.",
    ),
    rest(
        |report| {
            report.is_rest()
                && report.says_any(&[
                    "powerbinotauthorized",
                    "insufficientprivileges",
                    "insufficientscopes",
                    "accessdenied",
                ])
        },
        &[by_rule(Permission)],
        &[GroupMismatch, BackendPermission],
        "The backend's identity may not access the workspace or the content.",
    ),
    rest(
        |report| {
            report.is_rest()
                && (report.says("entitynotfound") || report.has_code() && report.code_has(&["notfound"]))
        },
        &[],
        &[IdMismatch, GroupMismatch, Permission, IdNotAGuid],
        "The REST API finds no such content, or the backend's identity lacks Build permission on the data set.",
    ),
    rest(
        |report| {
            report.is_rest()
                && report.says_any(&[
                    "invalidrequest",
                    "badrequest",
                    "requestinvalid",
                    "jsonreader",
                    "deserializ",
                ])
        },
        &[by_rule(RequestInvalid)],
        &[IdentityInvalid, ContentNotInToken],
        "The REST API rejected the request as invalid.",
    ),
    rest(
        |report| {
            report.is_rest()
                && has_code(report)
                && !is_frame(report)
                && report.status.is_none_or(|status| status < 500)
        },
        &[],
        &[
            Permission,
            RequestInvalid,
            TenantSetting,
            BackendPermission,
            LicenseMissing,
        ],
        "The REST API rejected the backend's request with this code.",
    ),
];

fn has_code(report: &ErrorReport) -> bool {
    report.code.as_deref().is_some_and(|code| {
        code.starts_with("PowerBI") || code.starts_with("DM_") || code.ends_with("Exception")
    })
}

/// Whether the frame reported it, which names more causes.
fn is_frame(report: &ErrorReport) -> bool {
    report.is("loadreportfailed") || report.is("openconnectionerror")
}

/// A refusal of the REST API; the page's token has no part in it.
const fn rest(
    matches: fn(&ErrorReport) -> bool,
    confirms: &'static [Reason],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> KnownError {
    KnownError {
        error: None,
        matches,
        summary,
        confirms,
        causes,
        refresh_helps: RefreshHelps::Never,
        of_backend: true,
    }
}
