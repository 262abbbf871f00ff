//! Errors of Entra: AADSTS numbers by family, OAuth's and MSAL's codes.

use super::{KnownError, Reason, RefreshHelps, because};
use crate::diagnosis::FindingCode::{self, *};
use crate::diagnosis::docs;
use crate::diagnosis::error_report::ErrorReport;

/// The client secret or certificate.
const SECRET: &[u32] = &[
    7_000_215, 7_000_222, 7_000_218, 7_000_216, 700_027, 700_021, 700_024, 700_025, 700_026, 50_012,
    7_000_232, 7_000_229, 700_211, 700_212, 700_213, 700_222, 70_021, 50_013, 50_027, 50_006,
];
/// The user name and password of a master user.
const PASSWORD: &[u32] = &[
    50_126, 50_034, 50_053, 50_055, 50_056, 50_057, 50_064, 50_142, 50_144, 81_016,
];
/// The app's id.
const APP: &[u32] = &[
    700_016, 700_030, 700_054, 50_194, 7_000_112, 7_000_113, 7_000_114, 90_008, 90_009, 50_010,
];
/// The tenant's id or domain.
const TENANT: &[u32] = &[
    90_002, 900_021, 900_023, 900_382, 50_059, 50_128, 90_023, 90_019, 90_012, 50_107,
];
/// Consent and API permissions.
const CONSENT: &[u32] = &[
    65_001, 65_002, 65_004, 65_005, 650_051, 650_052, 650_056, 650_057, 90_094, 90_093, 500_011, 501_051,
    50_105, 530_004,
];
/// A guest, or a user of another tenant.
const GUEST: &[u32] = &[50_020, 90_072, 50_177, 500_208, 51_004, 500_213];
/// Conditional Access, multi-factor authentication, and sessions that have ended.
const SIGN_IN: &[u32] = &[
    50_005, 50_061, 50_085, 50_086, 50_088, 50_089, 50_125, 50_127, 50_155, 50_187, 50_199, 700_003, 501_291,
    501_314, 50_072, 50_074, 50_076, 50_078, 50_079, 50_158, 50_097, 50_058, 50_132, 50_133, 50_140, 50_173,
    53_000, 53_001, 53_002, 53_003, 53_004, 53_009, 53_010, 53_011, 530_002, 530_003, 530_034, 70_008,
    70_043, 70_044, 700_081, 700_082, 700_084, 16_000, 16_001, 500_133, 135_010, 50_129, 50_131, 399_218,
];
/// Too many requests.
const THROTTLED: &[u32] = &[50_196, 90_055];
/// Entra's own failures, which pass.
const TRANSIENT: &[u32] = &[90_006, 90_007, 90_024, 90_025, 90_033, 90_036, 90_051, 50_168];
/// Scopes, resources and other parameters of the request.
const PARAMETERS: &[u32] = &[
    70_011, 28_002, 28_003, 900_144, 90_014, 9_002_313, 9_002_331, 90_013, 90_015, 70_001, 70_003, 901_002,
    240_002, 165_900, 50_017, 50_143, 50_146, 65_003, 70_000, 70_002, 70_004, 70_005, 70_007, 90_004, 90_010,
    90_016, 90_100, 90_112, 500_112, 500_113, 650_053, 700_005, 700_051, 900_384, 900_432, 900_561, 900_971,
    9_002_327, 1_002_012, 50_001, 54_005, 50_011, 9_002_326, 9_002_325,
];

pub(super) const ENTRIES: &[KnownError] = &[
    KnownError {
        error: Some("err.json is not a function"),
        ..entra(
            |report| report.says("err.json is not a function"),
            &[],
            &[BackendCredentials, BackendPermission],
            "Microsoft's Node sample says this where signing in to Entra failed; its own log has the reason.",
        )
    },
    entra(
        |report| {
            report.says_any(&[
                "credentialunavailable",
                "credential is unavailable",
                "defaultazurecredential failed",
                "no managed identity",
            ])
        },
        &[because(
            BackendCredentials,
            "Set the credentials that the backend's library reads (for @azure/identity the environment variables AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET), or give the host a managed identity.",
            docs::PRINCIPAL,
        )],
        &[],
        "The backend has no credentials to sign in to Entra with: none are configured where it runs.",
    ),
    entra(
        |report| {
            report.has_word(&[
                "uninitialized_public_client_application",
                "block_nested_popups",
                "interaction_in_progress",
                "redirect_in_iframe",
                "hash_empty_error",
                "state_not_found",
                "no_token_request_cache_error",
            ])
        },
        &[because(
            SignInRequired,
            "Await initialize() once, start one interaction at a time and never in an iframe, and keep scripts off the page that MSAL redirects to.",
            docs::MSAL,
        )],
        &[],
        "MSAL could not start or finish the sign-in on this page: it is not initialized, another interaction is open, or the page runs in an iframe or popup.",
    ),
    entra(
        |report| is_one_of(report, SECRET) || report.says("invalid_client"),
        &[because(
            BackendCredentials,
            "Create a new client secret or certificate in the app registration, and put the secret's value (not its id) into the backend's settings.",
            docs::AADSTS,
        )],
        &[],
        "Entra rejected the backend's client secret or certificate: it is wrong, missing or expired, or the secret's id was used instead of its value.",
    ),
    entra(
        |report| is_one_of(report, PASSWORD),
        &[because(
            BackendCredentials,
            "Correct the master user's name and password and check that the account is enabled, or better, use a service principal.",
            docs::AADSTS,
        )],
        &[],
        "Entra rejected the user name or password that the backend signs in with, or the account is locked, disabled or unknown.",
    ),
    entra(
        |report| is_one_of(report, APP) || report.says("unauthorized_client"),
        &[because(
            BackendCredentials,
            "Use the application (client) id of the app registration, with the tenant id and login host of the cloud that it is registered in.",
            docs::AADSTS,
        )],
        &[CloudMismatch],
        "Entra finds no such application in this tenant, or does not let it sign in this way: the client id is wrong, or from another tenant or cloud.",
    ),
    entra(
        |report| is_one_of(report, TENANT),
        &[because(
            BackendCredentials,
            "Use the tenant's id or one of its verified domains in the authority, at the login host of its cloud.",
            docs::AADSTS,
        )],
        &[CloudMismatch],
        "Entra finds no such tenant: the tenant id or domain in the authority is wrong, or belongs to another cloud.",
    ),
    entra(
        |report| is_one_of(report, CONSENT) || report.says("consent_required"),
        &[because(
            BackendPermission,
            "Add the delegated Power BI Service permissions to the app registration, and have an administrator grant consent to them.",
            docs::REGISTER,
        )],
        &[],
        "Consent is missing: nobody has allowed this app to use the Power BI Service on the user's behalf, or the user is not assigned to the app.",
    ),
    entra(
        |report| is_one_of(report, GUEST),
        &[because(
            TenantMismatch,
            "Sign the user in to the content's tenant (name it in MSAL's authority), and invite accounts of other tenants as guests first.",
            docs::AADSTS,
        )],
        &[],
        "The user's account belongs to another tenant and is not a guest in this one.",
    ),
    entra(
        |report| is_one_of(report, THROTTLED),
        &[because(
            Throttled,
            "Cache the Entra token (MSAL does) and reuse it until shortly before it expires, and don't retry a failed request at once.",
            docs::AADSTS,
        )],
        &[],
        "Entra stopped the app because it sent the same request too often in a short time.",
    ),
    entra(
        |report| is_one_of(report, TRANSIENT) || report.says("temporarily_unavailable"),
        &[because(
            Throttled,
            "Try again later, with a pause that grows; if it lasts, look at the status of Microsoft Entra.",
            docs::AADSTS,
        )],
        &[],
        "Entra itself failed for a moment, or its budget for this request was used up; the same request can work later.",
    ),
    entra(
        |report| {
            is_one_of(report, SIGN_IN)
                || report
                    .aadsts()
                    .is_some_and(|number| matches!(number, 53_000..=53_999 | 530_000..=530_999))
                || report.says_any(&[
                    "insufficient_claims",
                    "interaction_required",
                    "interactionrequired",
                    "login_required",
                    "no_account",
                    "no_tokens_found",
                    "monitor_window_timeout",
                    "invalid_grant",
                    "user_cancelled",
                    "popup_window_error",
                    "empty_window_error",
                    "monitor_popup_timeout",
                    "unauthenticated",
                ])
        },
        &[because(
            SignInRequired,
            "Sign the user in interactively (acquireTokenPopup or acquireTokenRedirect); a backend can't answer such a prompt, so use a service principal there.",
            docs::MSAL,
        )],
        &[],
        "Entra requires the user to sign in again: the session has ended, or Conditional Access asks for another factor or a managed device.",
    ),
    entra(
        |report| is_one_of(report, PARAMETERS) || report.says_any(&["invalid_scope", "invalid_resource"]),
        &[because(
            AudienceWrong,
            "Request the scope https://analysis.windows.net/powerbi/api/.default (or that of your cloud), and send every parameter that the flow requires.",
            docs::AADSTS,
        )],
        &[],
        "Entra rejected the token request itself: a scope, a resource, a redirect URI or another parameter is wrong or missing.",
    ),
    entra(
        |report| report.aadsts().is_some(),
        &[],
        &[
            BackendCredentials,
            BackendPermission,
            SignInRequired,
            TenantMismatch,
        ],
        "Entra refused to issue a token to the backend or the user; its list of error codes explains the AADSTS number.",
    ),
];

fn is_one_of(report: &ErrorReport, numbers: &[u32]) -> bool {
    report.aadsts().is_some_and(|number| numbers.contains(&number))
}

/// A refusal of Entra; the page's configuration has no part in it.
const fn entra(
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
