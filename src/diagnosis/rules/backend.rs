//! Causes behind the page: the backend, its identity, its request, the tenant. A page can't see them, so an error
//! confirms them, or they stay possible with a message that says how to find out.

use super::{Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::Error;
use crate::diagnosis::docs;

pub(super) const RULES: &[Rule] = &[
    unseen(
        FindingCode::BackendCredentials,
        "The backend may sign in to Entra with a wrong, missing or expired secret, certificate, client id or tenant id; its log has the AADSTS number.",
        "Correct the client id, tenant id and secret in the backend's settings, and renew a secret or certificate that has expired.",
        docs::AADSTS,
    ),
    unseen(
        FindingCode::BackendPermission,
        "The app may lack an API permission of the Power BI Service or the consent to it; check both in the app registration.",
        "Add the Power BI Service permissions that the call needs to the app registration, and have an administrator grant consent.",
        docs::REGISTER,
    ),
    unseen(
        FindingCode::TenantSetting,
        "A tenant setting may forbid service principals or embedding; ask a Fabric administrator to check the developer settings.",
        "Have a Fabric administrator enable \"Embed content in apps\" and \"Service principals can call Fabric public APIs\" for this app's security group.",
        docs::TENANT_SETTINGS,
    ),
    unseen(
        FindingCode::LicenseMissing,
        "The user may have no Power BI Pro or Premium Per User license; check it in the Microsoft 365 admin center.",
        "Assign the license to the user, or move the content to a capacity that needs none for viewers.",
        docs::LICENSES,
    ),
    unseen(
        FindingCode::IdentityInvalid,
        "The effective identity or its roles may be missing, unwanted or not the caller's; compare the request's identities with the data set's row-level security.",
        "Give each data set with row-level security one identity with a username, its id and its roles, and data sets without it none.",
        docs::ROW_LEVEL_SECURITY,
    ),
    unseen(
        FindingCode::RequestInvalid,
        "The GenerateToken request may be invalid; check its body with \"npx powerbi-token-keeper diagnose request.json\".",
        "Correct the request's body: run \"npx powerbi-token-keeper diagnose request.json\" on it, and compare it with the documentation of the call.",
        docs::GENERATE_TOKEN,
    ),
    unseen(
        FindingCode::Throttled,
        "The backend may send too many requests; its log shows status 429.",
        "Wait as long as the Retry-After header says, cache Entra tokens, and create one embed token per user and content instead of one per request.",
        docs::REST,
    ),
    unseen(
        FindingCode::SignInRequired,
        "The user's session may have ended; open the page again and sign in.",
        "Have the user sign in again, and let the endpoint answer 401 instead of redirecting to a sign-in page.",
        docs::MSAL,
    ),
    unseen(
        FindingCode::EndpointWrong,
        "The address or the method of the request may be wrong; open the browser's network panel and look at the request.",
        "Correct the endpoint's url and method, and check that it answers with JSON and not with a page or a redirect.",
        docs::SAMPLES,
    ),
];

/// A cause that a page can't see.
const fn unseen(
    code: FindingCode,
    possible_message: &'static str,
    fix: &'static str,
    docs: &'static str,
) -> Rule {
    Rule {
        code,
        severity: Error,
        evidence: |_| Evidence::Inconclusive,
        possible_message,
        fix,
        docs: Some(docs),
        fixed_by_refresh: false,
    }
}
