//! Errors by HTTP status: those of a token source, and the floor for all others.

use super::{KnownError, Reason, RefreshHelps, because, by_rule};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::docs;
use crate::diagnosis::error_report::{ErrorReport, Origin};

/// A page of HTML. It comes before all others, since it may contain any word.
pub(super) const HTML: &[KnownError] = &[
    general(
        |report| {
            (is_source(report) && report.status == Some(419))
                || report.says_any(&[
                    "csrf",
                    "xsrf",
                    "antiforgery",
                    "anti-forgery",
                    "request verification token",
                    "authenticity token",
                    "invalidauthenticitytoken",
                ])
        },
        &[because(
            EndpointWrong,
            "Send the backend's anti-forgery token with each request, as a header: { url, headers: () => ({ \"X-CSRF-TOKEN\": token }) }.",
            docs::ANTI_FORGERY,
        )],
        &[SignInRequired],
        "The backend rejects the request because its anti-forgery token is missing or old.",
    ),
    general(
        |report| report.is_html && matches!(report.status, Some(404 | 405)),
        &[NO_ROUTE],
        &[],
        "The server answered with an error page: it has no such route, or not for this method.",
    ),
    general(
        |report| report.is_html && matches!(report.status, None | Some(..=399 | 401 | 403)),
        &[because(
            EndpointWrong,
            "Make the route answer fetch requests with JSON or a 401 instead of a redirect to a sign-in page, and check that the address is the API's and not the app's own page.",
            docs::SAMPLES,
        )],
        &[SignInRequired],
        "The server answered with a page of HTML instead of a token: a sign-in page, an error page, or the app's own start page.",
    ),
];

const NO_ROUTE: Reason = because(
    EndpointWrong,
    "Check the address, and the method: the route may answer GET only, so write { url, method: \"GET\" }.",
    docs::SAMPLES,
);

/// Failures of a token source, whose body gave no reason.
pub(super) const SOURCE: &[KnownError] = &[
    general(
        |report| is_source(report) && matches!(report.status, Some(413 | 414 | 431)),
        &[because(
            EndpointWrong,
            "Send less: keep the endpoint's body and headers small, and delete cookies that have grown too large.",
            docs::SAMPLES,
        )],
        &[],
        "The server rejects the request because its body, its address or its headers with the cookies are too large.",
    ),
    general(
        |report| is_source(report) && matches!(report.status, Some(502..=504 | 520..=530)),
        &[],
        &[EndpointWrong],
        "A gateway or proxy answered instead of the backend, which is down, starting, or slower than the gateway waits.",
    ),
    general(
        |report| is_source(report) && !report.has_code() && matches!(report.status, Some(200..=299)),
        &[because(
            EndpointWrong,
            "Look at the answer in the browser's network tools; return GenerateToken's { token, expiration }, or its error with the error's status.",
            docs::SAMPLES,
        )],
        &[SignInRequired],
        "The endpoint answered with success, but its answer has no token in it.",
    ),
    general(
        |report| {
            is_source(report)
                && report.says_any(&[
                    "is not valid json",
                    "unexpected token",
                    "unexpected end of json",
                    "json.parse",
                    "json parse error",
                ])
        },
        &[because(
            EndpointWrong,
            "Return the Response itself, and the keeper reads status and body; or check response.ok before response.json().",
            docs::SAMPLES,
        )],
        &[SignInRequired],
        "The source function read an answer as JSON that is none: an empty body, a text, or a page of HTML.",
    ),
    general(
        |report| is_source(report) && is_script_error(report),
        &[],
        &[EndpointWrong, SignInRequired],
        "The page's own source function failed in its code, most often because the answer was not what it expects.",
    ),
    general(
        |report| is_source(report) && matches!(report.status, Some(404 | 405 | 410)),
        &[NO_ROUTE],
        &[],
        "The endpoint does not exist, or does not accept this method.",
    ),
    general(
        |report| is_source(report) && matches!(report.status, Some(300..=399)),
        &[because(
            EndpointWrong,
            "Make the route answer directly, with JSON or with a 401 where the user must sign in.",
            docs::SAMPLES,
        )],
        &[SignInRequired],
        "The endpoint answered with a redirect, most often to a sign-in page.",
    ),
    general(
        |report| is_source(report) && report.status == Some(401),
        &[by_rule(SignInRequired)],
        &[BackendCredentials],
        "The endpoint says that the user is not signed in to the page's backend, or that the session has ended.",
    ),
    general(
        |report| is_source(report) && report.status == Some(403),
        &[],
        &[
            SignInRequired,
            Permission,
            TenantSetting,
            BackendPermission,
            Capacity,
        ],
        "The endpoint refuses the user, or passes on a refusal of Power BI without its reason.",
    ),
    general(
        |report| is_source(report) && matches!(report.status, Some(400 | 415 | 422)),
        &[because(
            EndpointWrong,
            "Compare the body that the endpoint expects with the one it receives: by default { reason, embeds: [{ type, id, groupId }] }, or the endpoint's body option.",
            docs::SAMPLES,
        )],
        &[RequestInvalid],
        "The endpoint rejected the request's body or its parameters.",
    ),
    general(
        |report| is_source(report) && matches!(report.status, Some(500..=599)),
        &[],
        &[
            BackendCredentials,
            BackendPermission,
            RequestInvalid,
            IdentityInvalid,
            Throttled,
        ],
        "The backend failed and did not say why; its log does, most often an error of Entra or of GenerateToken that was not passed on.",
    ),
];

/// The floor: errors of which no more than a status, a code or a known word is understood.
pub(super) const FLOOR: &[KnownError] = &[
    KnownError {
        error: Some("Failed to fetch"),
        ..floor(
            |report| {
                report.has_word(&["econnrefused", "enotfound", "econnreset", "etimedout"])
                    || report.says_any(&[
                        "cors policy",
                        "cross-origin request blocked",
                        "access-control-allow-origin",
                        "connect-src",
                        "failed to fetch",
                        "0 unknown error",
                        "network_error",
                        "network request failed",
                        "timed out",
                        "timeouterror",
                        "networkerror",
                        "network error",
                        "load failed",
                        "err_network",
                        "err_internet_disconnected",
                        "fetch failed",
                    ])
            },
            &[],
            &[EndpointWrong],
            "The request failed before any server answered: the network is down, the address is wrong, or CORS or the page's CSP blocked it.",
        )
    },
    floor(
        |report| report.code_has(&["throttl", "requestblocked", "ratelimit", "toomany", "quota"]),
        &[by_rule(Throttled)],
        &[Capacity],
        "The service rejects further requests for now, because too many were sent or a quota is used up.",
    ),
    floor(
        |report| report.code_has(&["notfound", "doesnotexist", "unknownid"]),
        &[],
        &[IdMismatch, GroupMismatch, Permission, IdNotAGuid],
        "There is no content with this id, or none that the caller may see.",
    ),
    floor(
        |report| report.code_has(&["principaltype", "serviceprincipal"]),
        &[],
        &[TenantSetting, ServicePrincipalAad, Permission],
        "The call does not accept this kind of caller: it is for users alone, or service principals are not allowed.",
    ),
    floor(
        |report| {
            report.code_has(&[
                "notauthorized",
                "accessdenied",
                "insufficient",
                "permission",
                "privilege",
            ])
        },
        &[],
        &[Permission, GroupMismatch, ScopeMissing, TenantSetting],
        "The caller is known, but may not do this.",
    ),
    floor(
        |report| report.code_has(&["capacity", "overload", "resourcelimit", "memorylimit"]),
        &[],
        &[Capacity],
        "The workspace's capacity is paused, deleted or over its limits.",
    ),
    floor(
        |report| report.code_has(&["authentication", "credential", "tokeninvalid", "expired"]),
        &[],
        &[TokenExpired, SignInRequired, BackendCredentials, AudienceWrong],
        "A token or a sign-in was not accepted: it has expired, is damaged, or is for something else.",
    ),
    floor(
        |report| report.code_has(&["timeout", "timedout"]),
        &[],
        &[Capacity],
        "The service took too long; a query may be too large for the workspace's capacity.",
    ),
    floor(
        |report| {
            report.origin == Origin::Embed && report.has_code() && matches!(report.status, Some(500..=599))
        },
        &[],
        &[Capacity, IdNotAGuid, ContentNotInToken],
        "Power BI's service failed with this code; if that lasts, Microsoft support can say why, by the requestId.",
    ),
    floor(
        |report| report.status == Some(400),
        &[],
        &[RequestInvalid, IdentityInvalid, IdNotAGuid],
        "The server rejected the request as invalid.",
    ),
    floor(
        |report| report.status == Some(401),
        &[],
        &[
            SignInRequired,
            BackendCredentials,
            Permission,
            TokenExpired,
            AudienceWrong,
        ],
        "The server does not accept the caller: no valid sign-in, or a token that is missing, expired or for something else.",
    ),
    floor(
        |report| report.status == Some(403),
        &[],
        &[
            Permission,
            TenantSetting,
            Capacity,
            BackendPermission,
            LicenseMissing,
            IdentityInvalid,
        ],
        "The server knows the caller and refuses the request.",
    ),
    floor(
        |report| matches!(report.status, Some(404 | 405 | 410)),
        &[],
        &[EndpointWrong, IdMismatch, GroupMismatch, Permission],
        "The server finds nothing at this address, or nothing with this id that the caller may see.",
    ),
    floor(
        |report| matches!(report.status, Some(408 | 500..=599)),
        &[],
        &[Capacity, BackendCredentials, IdNotAGuid],
        "The server itself failed; if that lasts, its log or Microsoft support (with the requestId) can say why.",
    ),
    floor(
        |report| matches!(report.status, Some(100..=599)),
        &[],
        &[EndpointWrong, RequestInvalid, SignInRequired],
        "The server did not accept the request.",
    ),
    floor(
        |report| is_source(report) && report.status.is_none() && !report.has_code(),
        &[],
        &[EndpointWrong, SignInRequired, BackendCredentials],
        "The token source failed or answered without a token, and did not say why.",
    ),
    floor(
        |report| report.code.is_some() && report.is_rest(),
        &[],
        &[Permission, RequestInvalid, TenantSetting, BackendCredentials],
        "The backend passed on an error with this code, which is not in the catalogue.",
    ),
    KnownError {
        error: None,
        matches: |report| report.code.is_some(),
        summary: "This error code is not in the catalogue.",
        confirms: &[],
        causes: FindingCode::ALL,
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
    },
];

fn is_source(report: &ErrorReport) -> bool {
    report.origin == Origin::Source
}

/// Whether a script failed by itself.
pub(super) fn is_script_error(report: &ErrorReport) -> bool {
    report.says_any(&[
        "cannot read propert",
        "is not a function",
        "is not defined",
        "is not iterable",
        "undefined is not an object",
        "can't access property",
    ])
}

/// An error of which little is known. The configuration is evidence: it may be the frame's.
const fn floor(
    matches: fn(&ErrorReport) -> bool,
    confirms: &'static [Reason],
    causes: &'static [FindingCode],
    summary: &'static str,
) -> KnownError {
    KnownError {
        refresh_helps: RefreshHelps::IfConfirmed,
        of_backend: false,
        ..general(matches, confirms, causes, summary)
    }
}

/// An error of a server between the page and Power BI; the page's token has no part in it.
const fn general(
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
