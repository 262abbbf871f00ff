//! The error catalogue: what each error is called, what it comes from, and whether a new token helps.

use powerbi_token_keeper::diagnosis::{Explanation, FindingCode, Options, Verdict, explain};
use serde_json::{Value, json};

use crate::support::{
    CLUSTER, GROUP, NOW, REPORT, TENANT, app, embed, embed_of, embed_with, for_customers, for_users, name,
    options, user, value, with,
};
use crate::testing;

/// An error with or without a configuration, and what is said of it.
pub(crate) struct Case {
    pub(crate) about: FindingCode,
    what: &'static str,
    error: Value,
    config: Option<Value>,
    /// The error's name, whether a new token helps, and the confirmed causes in their order.
    said: (&'static str, bool, Vec<&'static str>),
    /// Other causes that must have this verdict: `code=verdict`; `code=absent` for one that must not be there.
    others: Vec<&'static str>,
}

impl Case {
    /// Whether the code it is about is confirmed or possible here.
    pub(crate) fn is_positive(&self) -> bool {
        let code = name(self.about);
        self.said.2.contains(&code.as_str())
            || self
                .others
                .iter()
                .any(|other| *other == format!("{code}=possible"))
    }
}

fn case(
    about: FindingCode,
    what: &'static str,
    error: Value,
    config: impl Into<Option<Value>>,
    said: (&'static str, bool, &[&'static str]),
    others: &[&'static str],
) -> Case {
    let said = (said.0, said.1, said.2.to_vec());
    Case {
        about,
        what,
        error,
        config: config.into(),
        said,
        others: others.to_vec(),
    }
}

/// An `IError` as the frame sends it.
fn ierror(message: &str, detailed: &str, code: &str) -> Value {
    json!({"message": message, "detailedMessage": detailed, "errorCode": code, "level": 6,
        "technicalDetails": {"requestId": "r", "errorInfo": [{"key": "k", "value": "v"}]}})
}

fn cluster() -> Value {
    ierror(
        "LoadReportFailed",
        "Fail to initialize - Could not resolve cluster",
        "403",
    )
}

fn expired() -> Value {
    ierror(
        "TokenExpired",
        "Access token has expired, resubmit with a new access token",
        "403",
    )
}

fn patched(base: &Value, patch: &Value) -> Option<Value> {
    Some(with(base, patch))
}

/// A healthy configuration whose embed token has ended.
fn ended() -> Value {
    with(
        &for_customers(),
        &json!({"accessToken": embed_with(&json!({"clusterUrl": CLUSTER, "exp": NOW - 60}))}),
    )
}

fn users_with(claims: &Value) -> Option<Value> {
    patched(
        &for_users(),
        &json!({"accessToken": testing::jwt(&with(&user(), claims))}),
    )
}

#[rustfmt::skip] // one line a case
fn of_the_frame() -> Vec<Case> {
    use FindingCode::*;
    let (mine, theirs) = (for_customers(), for_users());
    let visual = ierror("TokenExpired", "Access token has expired. Couldn't render a report visual titled: Sales", "");
    let failed = |code: &str| ierror("LoadReportFailed", "Get report failed", code);
    vec![
        // 1
        case(TokenTypeMismatch, "no configuration", cluster(), None, ("LoadReportFailed", true, &[]), &["token-type-mismatch=possible", "token-expired=possible", "service-principal-aad=possible", "tenant-mismatch=possible"]),
        case(TokenTypeMismatch, "the older spelling", ierror("LoadReportFailed", "Fail to initialize - Couldn't resolve cluster", "403"), patched(&mine, &json!({"tokenType": 0})), ("LoadReportFailed", false, &["token-type-mismatch"]), &["token-expired=ruled-out", "token-damaged=ruled-out", "cloud-mismatch=ruled-out", "cluster-mismatch=ruled-out"]),
        case(TokenTypeMismatch, "a typographic apostrophe", ierror("LoadReportFailed", "COULDN’T RESOLVE CLUSTER", "403"), patched(&theirs, &json!({"tokenType": 1})), ("LoadReportFailed", false, &["token-type-mismatch"]), &[]),
        case(TokenTypeMismatch, "types agree", cluster(), mine.clone(), ("LoadReportFailed", true, &[]), &["token-type-mismatch=ruled-out", "token-type-missing=ruled-out", "tenant-mismatch=ruled-out", "audience-wrong=ruled-out"]),
        case(TokenTypeMissing, "left out", cluster(), patched(&mine, &json!({"tokenType": null})), ("LoadReportFailed", false, &["token-type-missing"]), &["token-type-mismatch=possible"]),
        case(ServicePrincipalAad, "an app's token", cluster(), patched(&theirs, &json!({"accessToken": testing::jwt(&app())})), ("LoadReportFailed", false, &["service-principal-aad"]), &["token-type-mismatch=ruled-out", "audience-wrong=ruled-out"]),
        case(ServicePrincipalAad, "a user's token", cluster(), theirs.clone(), ("LoadReportFailed", true, &[]), &["service-principal-aad=ruled-out", "token-damaged=possible", "copied-from-portal=ruled-out"]),
        case(AudienceWrong, "Graph", cluster(), users_with(&json!({"aud": "https://graph.microsoft.com"})), ("LoadReportFailed", false, &["audience-wrong"]), &[]),
        case(AudienceWrong, "Power BI", cluster(), theirs.clone(), ("LoadReportFailed", true, &[]), &["audience-wrong=ruled-out"]),
        case(TokenDamaged, "cut", cluster(), patched(&mine, &json!({"accessToken": embed().get(..900).unwrap()})), ("LoadReportFailed", true, &["token-damaged"]), &[]),
        case(TokenExpired, "ended", cluster(), ended(), ("LoadReportFailed", true, &["token-expired"]), &[]),
        case(CopiedFromPortal, "copied", cluster(), users_with(&json!({"appid": "871c010f-5e61-4fb1-83ac-98610a7e9110"})), ("LoadReportFailed", true, &["copied-from-portal"]), &[]),
        case(CloudMismatch, "China", cluster(), users_with(&json!({"aud": "https://analysis.chinacloudapi.cn/powerbi/api"})), ("LoadReportFailed", false, &["cloud-mismatch"]), &[]),
        case(ClusterMismatch, "another", cluster(), patched(&mine, &json!({"accessToken": embed_of("2022", "https://WABI-X-redirect.analysis.windows.net")})), ("LoadReportFailed", false, &["cluster-mismatch"]), &[]),
        case(TokenWrapped, "Bearer", cluster(), patched(&mine, &json!({"accessToken": format!("Bearer {}", embed())})), ("LoadReportFailed", false, &["token-wrapped"]), &["token-damaged=ruled-out"]),
        case(TokenNotAToken, "a secret", cluster(), patched(&mine, &json!({"accessToken": "abc8Q~fakefakefakefakefakefakefakefakefak"})), ("LoadReportFailed", false, &["token-not-a-token"]), &[]),
        case(TokenLegacy, "of a collection", cluster(), patched(&theirs, &json!({"accessToken": testing::jwt_by("HS256", &with(&user(), &json!({"wcn": "w"})))})), ("LoadReportFailed", false, &["token-legacy"]), &[]),
        case(TokenRefreshToken, "a refresh token", cluster(), patched(&theirs, &json!({"accessToken": format!("0.A{}", "x".repeat(300))})), ("LoadReportFailed", false, &["token-refresh-token"]), &[]),
        case(TokenIdToken, "an id token", cluster(), patched(&for_users(), &json!({"accessToken": testing::jwt(&json!({"aud": GROUP, "nonce": "n"}))})), ("LoadReportFailed", false, &["token-id-token"]), &[]),
        // 2, 3, 4
        case(TokenExpired, "no configuration", expired(), None, ("TokenExpired", true, &[]), &["token-expired=possible", "token-not-refreshed=possible", "clock-wrong=possible"]),
        case(TokenNotRefreshed, "ended", expired(), ended(), ("TokenExpired", true, &["token-expired", "token-not-refreshed"]), &["token-damaged=ruled-out", "cloud-mismatch=ruled-out"]),
        case(TokenNotRefreshed, "not ended", expired(), theirs.clone(), ("TokenExpired", true, &[]), &["token-expired=ruled-out", "token-not-refreshed=ruled-out", "clock-wrong=possible", "token-damaged=possible", "cloud-mismatch=ruled-out"]),
        case(TokenExpired, "not ended", expired(), mine.clone(), ("TokenExpired", true, &[]), &["token-expired=ruled-out", "token-damaged=ruled-out"]),
        case(CloudMismatch, "an altered or foreign token", expired(), users_with(&json!({"aud": "https://analysis.chinacloudapi.cn/powerbi/api"})), ("TokenExpired", false, &["cloud-mismatch"]), &[]),
        case(TokenExpired, "the message alone", json!({"message": "TokenExpired"}), ended(), ("TokenExpired", true, &["token-expired", "token-not-refreshed"]), &[]),
        case(TokenExpired, "the text alone", json!("Access token has expired, resubmit with a new access token"), ended(), ("TokenExpired", true, &["token-expired", "token-not-refreshed"]), &[]),
        case(TokenExpired, "per visual", visual, ended(), ("TokenExpired", true, &["token-expired", "token-not-refreshed"]), &[]),
        case(TokenExpired, "a visual's own text", json!({"message": "ClientError_TokenExpired"}), None, ("TokenExpired", true, &[]), &["token-expired=possible"]),
        case(TokenExpired, "401 from react", ierror("TokenExpired", "Get report failed", "401"), ended(), ("TokenExpired", true, &["token-expired", "token-not-refreshed"]), &[]),
        // 5 to 8
        case(ContentNotInToken, "403", failed("403"), mine.clone(), ("LoadReportFailed", false, &[]), &["content-not-in-token=possible", "id-mismatch=ruled-out", "token-expired=ruled-out", "permission=possible"]),
        case(ContentNotInToken, "a user's token", failed("403"), theirs.clone(), ("LoadReportFailed", false, &[]), &["content-not-in-token=ruled-out", "scope-missing=ruled-out"]),
        case(IdMismatch, "403 and another id", failed("403"), patched(&mine, &json!({"id": GROUP})), ("LoadReportFailed", false, &["id-mismatch"]), &[]),
        case(TokenExpired, "403 and ended", failed("403"), ended(), ("LoadReportFailed", true, &["token-expired"]), &[]),
        case(IdMismatch, "404", failed("404"), patched(&mine, &json!({"id": GROUP})), ("LoadReportFailed", false, &["id-mismatch"]), &["id-not-a-guid=ruled-out", "permission=possible"]),
        case(TypeMismatch, "404 at a dashboard", ierror("PowerBIEntityNotFound", "Get report failed", "404"), patched(&mine, &json!({"type": "dashboard"})), ("PowerBIEntityNotFound", false, &["type-mismatch"]), &[]),
        case(TokenExpired, "404 and ended", failed("404"), ended(), ("LoadReportFailed", false, &[]), &["token-expired=absent"]),
        case(IdNotAGuid, "500", failed("500"), patched(&mine, &json!({"id": "Sales"})), ("LoadReportFailed", false, &["id-not-a-guid"]), &["capacity=possible"]),
        case(IdNotAGuid, "500 of the service", failed("500"), mine.clone(), ("LoadReportFailed", false, &[]), &["id-not-a-guid=ruled-out"]),
        case(GroupMismatch, "401", ierror("PowerBINotAuthorizedException", "Get report failed", "401"), patched(&mine, &json!({"groupId": REPORT})), ("PowerBINotAuthorizedException", false, &["group-mismatch"]), &["permission=possible"]),
        case(ScopeMissing, "401", ierror("PowerBINotAuthorizedException", "Get report failed", "401"), users_with(&json!({"scp": "Dashboard.Read.All"})), ("PowerBINotAuthorizedException", false, &["scope-missing"]), &["permission=possible"]),
        case(EmbedUrlNoConfig, "401 and an address by hand", failed("401"), patched(&mine, &json!({"embedUrl": format!("https://app.powerbi.com/reportEmbed?reportId={REPORT}&groupId={GROUP}")})), ("LoadReportFailed", false, &["embed-url-no-config"]), &["group-mismatch=ruled-out"]),
        case(Permission, "401 and all agrees", failed("401"), mine.clone(), ("LoadReportFailed", false, &[]), &["permission=possible", "group-mismatch=ruled-out", "embed-url-no-config=ruled-out"]),
        case(TokenNotYetValid, "401 and early", failed("401"), users_with(&json!({"nbf": NOW + 3_600})), ("LoadReportFailed", false, &["token-not-yet-valid"]), &[]),
        case(TokenTypeMismatch, "no status", ierror("LoadReportFailed", "", ""), patched(&mine, &json!({"tokenType": 0})), ("LoadReportFailed", false, &["token-type-mismatch"]), &["capacity=possible"]),
        // 9 to 13, 15, 16, 17
        case(TokenMissing, "no token", ierror("Invalid parameters", "powerbiToken parameter not specified", ""), patched(&mine, &json!({"accessToken": ""})), ("Invalid parameters", true, &["token-missing"]), &["id-missing=ruled-out"]),
        case(IdMissing, "no id", ierror("Invalid parameters", "powerbiToken parameter not specified", ""), patched(&mine, &json!({"id": "", "embedUrl": "https://app.powerbi.com/reportEmbed"})), ("Invalid parameters", false, &["id-missing"]), &["token-missing=ruled-out"]),
        case(Capacity, "a connection", ierror("OpenConnectionError", "Can't display the visual", ""), mine.clone(), ("OpenConnectionError", false, &[]), &["capacity=possible", "permission=possible", "token-expired=absent"]),
        case(Capacity, "a model", ierror("ExplorationContainer_FailedToLoadModel_DefaultDetails", "", ""), theirs.clone(), ("ExplorationContainer_FailedToLoadModel_DefaultDetails", false, &[]), &["capacity=possible", "content-not-in-token=ruled-out"]),
        case(ContentNotInToken, "a paginated visual", ierror("PowerBINotAuthorizedException", "", "403"), mine.clone(), ("PowerBINotAuthorizedException", false, &[]), &["content-not-in-token=possible"]),
        case(EmbedUrlInvalid, "not available", json!("This content isn't available"), patched(&mine, &json!({"embedUrl": "https://app.powerbi.com/view?r=x"})), ("content isn't available", false, &["embed-url-invalid"]), &["token-type-mismatch=ruled-out"]),
        case(Permission, "not supported", json!({"message": "NotSupported", "errorCode": "400"}), ended(), ("NotSupported", false, &[]), &["permission=absent", "token-expired=absent"]),
        case(Capacity, "of a cluster's metadata", ierror("LoadReportFailed", "metadata/cluster", "500"), mine.clone(), ("LoadReportFailed", false, &[]), &["capacity=possible", "id-not-a-guid=ruled-out"]),
        case(TokenExpired, "called early", json!({"message": "The report is not loaded yet"}), None, ("report is not loaded", false, &[]), &["token-expired=absent"]),
        case(TokenExpired, "undefined", json!(null), ended(), ("unknown", false, &[]), &["token-expired=absent"]),
        case(TokenExpired, "an empty object", json!({}), None, ("unknown", false, &[]), &[]),
        case(TokenExpired, "an event without detail", json!({"isTrusted": false, "detail": null}), None, ("unknown", false, &[]), &[]),
        case(TokenExpired, "an unknown error, and ended", json!({"message": "SomethingNew"}), ended(), ("SomethingNew", true, &["token-expired", "token-not-refreshed"]), &["capacity=absent"]),
        case(TokenTypeMismatch, "an unknown error, and a mismatch", json!({"message": "SomethingNew"}), patched(&ended(), &json!({"tokenType": 0})), ("SomethingNew", false, &["token-expired", "token-type-mismatch", "token-not-refreshed"]), &[]),
        case(TokenExpired, "an unknown error", json!({"message": "something new"}), mine, ("unknown", false, &[]), &["token-expired=absent"]),
    ]
}

#[rustfmt::skip] // one line a case
fn thrown() -> Vec<Case> {
    use FindingCode::*;
    let one = |text: &str| json!([{"message": text}]);
    let error = |text: &str| json!({"name": "Error", "message": text, "stack": "Error: at embed"});
    vec![
        case(TokenTypeInvalid, "a text", one("tokenType must be a number"), patched(&for_customers(), &json!({"tokenType": "Embed"})), ("tokenType must be a number", false, &["token-type-invalid"]), &[]),
        case(TokenTypeInvalid, "five, no configuration", one("tokenType property is invalid"), None, ("tokenType must be a number", false, &["token-type-invalid"]), &[]),
        case(TokenNotAToken, "a number", one("accessToken must be a string"), None, ("accessToken must be a string", false, &["token-not-a-token"]), &[]),
        case(TokenMissing, "no token", error("No access token was found for element. You must specify an access token"), None, ("accessToken is required", false, &["token-missing"]), &[]),
        case(TokenMissing, "the validator", json!([{"message": "accessToken is required", "keyword": "required", "path": "accessToken"}]), None, ("accessToken is required", false, &["token-missing"]), &[]),
        case(TokenMissing, "a token is there", one("accessToken is required"), for_customers(), ("accessToken is required", false, &[]), &["token-missing=ruled-out"]),
        case(TokenMissing, "setAccessToken of nothing", error("Access token cannot be empty"), None, ("accessToken is required", false, &["token-missing"]), &[]),
        case(IdMissing, "no id", error("Report id is required, but it was not found."), None, ("id is required", false, &["id-missing"]), &[]),
        case(IdMissing, "the validator", one("id is required"), None, ("id is required", false, &["id-missing"]), &[]),
        case(ConfigInvalid, "no datasetId", one("datasetId is required"), None, ("datasetId is required", false, &["config-invalid"]), &["id-missing=absent"]),
        case(ConfigInvalid, "no data set", error("Dataset id is required, but it was not found."), None, ("datasetId is required", false, &["config-invalid"]), &["id-missing=absent"]),
        case(ConfigInvalid, "no visualName", error("Visual name is required, but it was not found."), None, ("visualName is required", false, &["config-invalid"]), &[]),
        case(ConfigInvalid, "permissions 3", one("permissions property is invalid"), None, ("permissions property is invalid", false, &["config-invalid"]), &["permission=absent"]),
        case(ConfigInvalid, "permissions of a text", one("permissions must be a number"), patched(&for_customers(), &json!({"permissions": "All"})), ("permissions property is invalid", false, &["config-invalid"]), &[]),
        case(ConfigInvalid, "permissions are right", one("permissions must be a number"), for_customers(), ("permissions property is invalid", false, &[]), &["config-invalid=ruled-out"]),
        case(ConfigInvalid, "embedUrl of another kind", one("embedUrl must be a string"), None, ("embedUrl must be a string", false, &["config-invalid"]), &[]),
        case(ConfigInvalid, "another member", one("hideErrors must be a boolean"), None, ("config-invalid", false, &["config-invalid"]), &[]),
        case(EmbedUrlMissing, "no address", error("Embed Url is required, but it was not found."), None, ("embedUrl is required", false, &["embed-url-missing"]), &[]),
        case(EmbedUrlMissing, "there is one", error("Invalid embed URL detected. Either URL hostname or protocol are invalid"), for_customers(), ("Invalid embed URL detected", false, &[]), &["embed-url-missing=ruled-out", "embed-url-invalid=ruled-out", "sdk-too-old=possible"]),
        case(EmbedUrlInvalid, "autoAuth", error("Embed URL is invalid for this scenario. Please use Power BI REST APIs to get the valid URL"), None, ("Embed URL is invalid for this scenario", false, &["embed-url-invalid"]), &[]),
        case(EmbedUrlInvalid, "a good host", json!({"message": "Invalid embed URL detected. Either URL hostname or protocol are invalid. Please use Power BI REST APIs to get the valid URL"}), for_users(), ("Invalid embed URL detected", false, &[]), &["embed-url-invalid=ruled-out"]),
        case(SdkTooOld, "a host", error("Invalid embed URL detected."), None, ("Invalid embed URL detected", false, &["embed-url-invalid"]), &["sdk-too-old=possible"]),
        case(ProviderUnsupported, "an embed token", error("accessTokenProvider is only supported in report SaaS embed"), patched(&for_customers(), &json!({"eventHooks": {"accessTokenProvider": {}}})), ("accessTokenProvider is only supported in report SaaS embed", false, &["provider-unsupported"]), &["token-type-missing=ruled-out"]),
        case(ProviderUnsupported, "undefined", error("accessTokenProvider must be a function"), None, ("accessTokenProvider is only supported in report SaaS embed", false, &["provider-unsupported"]), &[]),
        case(ProviderUnsupported, "another error", error("Embed Url is required"), None, ("embedUrl is required", false, &["embed-url-missing"]), &["provider-unsupported=absent"]),
        case(TypeMismatch, "an unknown type", error("Attempted to embed component of type: paginatedReport but did not find any matching component."), None, ("Attempted to embed component of type", false, &["type-mismatch"]), &[]),
        case(TypeMismatch, "a capital", error("Attempted to embed component of type: Report but did not find any matching component."), patched(&for_customers(), &json!({"type": "Report"})), ("Attempted to embed component of type", false, &["config-invalid"]), &["type-mismatch=ruled-out"]),
        case(TokenNotRefreshed, "an event that is none", error("eventName must be one of loaded,saved,rendered. You passed: tokenExpired"), None, ("eventName must be one of", false, &[]), &["token-not-refreshed=possible"]),
        case(FrameBlocked, "a frame that is gone", error("target window is not provided or does not have a postMessage method"), ended(), ("target window is not provided", false, &[]), &["token-expired=absent", "frame-blocked=possible"]),
        case(FrameBlocked, "CSP", json!("Refused to frame 'https://app.powerbi.com/' because it violates the following Content Security Policy directive: \"frame-src 'self'\"."), None, ("frame-blocked", false, &["frame-blocked"]), &[]),
        case(FrameBlocked, "a header", json!("Refused to display 'https://app.powerbi.com/' in a frame because it set 'X-Frame-Options' to 'deny'."), None, ("frame-blocked", false, &["frame-blocked"]), &[]),
        case(FrameBlocked, "a proxy", json!({"name": "DataCloneError", "message": "Failed to execute 'postMessage' on 'Window': #<Object> could not be cloned."}), None, ("DataCloneError", false, &["frame-blocked"]), &[]),
        case(FrameBlocked, "another error", one("id is required"), None, ("id is required", false, &["id-missing"]), &["frame-blocked=absent"]),
        case(Capacity, "a paginated report", json!("This API is currently not supported for RDL reports"), None, ("This API is currently not supported for RDL reports", false, &[]), &["capacity=absent"]),
    ]
}

#[rustfmt::skip] // one line a case
fn of_a_backend() -> Vec<Case> {
    use FindingCode::*;
    let rest = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let sample = |code: &str| json!({"status": 403, "error": format!("Error while retrieving report embed details\r\nForbidden\r\nResponse: {{\"error\":{{\"code\":\"{code}\"}}}}\r\nRequestId: 1")});
    let entra = |number: u32| json!(format!("AADSTS{number}: something. Trace ID: 1"));
    vec![
        case(Capacity, "a quota", rest("x", "Report has exceeded the amount of embed token"), None, ("capacity", false, &["capacity"]), &[]),
        case(Capacity, "a paused one", json!({"message": "LoadReportFailed", "detailedMessage": "Get report failed", "errorCode": "400", "technicalDetails": {"requestId": "r", "errorInfo": [{"key": "Error message", "value": "Capacity operation failed with error code CapacityNotActive"}]}}), for_customers(), ("LoadReportFailed", false, &["capacity"]), &[]),
        case(TenantSetting, "the tenant's setting", json!({"Message": "API is not accessible for application"}), None, ("tenant-setting", false, &["tenant-setting"]), &["permission=absent"]),
        case(TenantSetting, "a workspace", rest("GroupNotAccessible", ""), None, ("GroupNotAccessible", false, &["permission"]), &["tenant-setting=absent", "group-mismatch=possible"]),
        case(Permission, "not authorized", sample("PowerBINotAuthorizedException"), None, ("PowerBINotAuthorizedException", false, &["permission"]), &[]),
        case(LicenseMissing, "a license", rest("UserNotLicensed", ""), None, ("UserNotLicensed", false, &["license-missing"]), &["permission=absent", "capacity=absent"]),
        case(LicenseMissing, "a refusal without a reason", json!({"status": 403}), None, ("HTTP 403", false, &[]), &["license-missing=possible", "tenant-setting=possible"]),
        case(LicenseMissing, "another refusal", rest("GroupNotAccessible", ""), None, ("GroupNotAccessible", false, &["permission"]), &["license-missing=absent"]),
        case(SignInRequired, "a challenge", json!("Bearer error=\"insufficient_claims\", claims=\"x\""), None, ("insufficient_claims", false, &["sign-in-required"]), &["permission=absent"]),
        case(SignInRequired, "Conditional Access", json!({"error": "access_denied", "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.", "error_codes": [53003]}), None, ("AADSTS53003", false, &["sign-in-required"]), &[]),
        case(SignInRequired, "MSAL", json!({"name": "InteractionRequiredAuthError", "errorCode": "interaction_required", "errorMessage": "AADSTS50076: multi-factor"}), None, ("interaction_required", false, &["sign-in-required"]), &[]),
        case(SignInRequired, "a wrong secret", entra(7_000_215), None, ("AADSTS7000215", false, &["backend-credentials"]), &["sign-in-required=absent"]),
        case(BackendCredentials, "a wrong secret", json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret", "error_codes": [7_000_215]}), None, ("AADSTS7000215", false, &["backend-credentials"]), &["permission=absent"]),
        case(BackendCredentials, "an expired secret", entra(7_000_222), None, ("AADSTS7000222", false, &["backend-credentials"]), &[]),
        case(BackendCredentials, "a wrong password", entra(50_126), None, ("AADSTS50126", false, &["backend-credentials"]), &[]),
        case(BackendCredentials, "an unknown tenant", entra(90_002), None, ("AADSTS90002", false, &["backend-credentials"]), &[]),
        case(BackendCredentials, "throttled", entra(50_196), None, ("AADSTS50196", false, &["throttled"]), &["backend-credentials=absent"]),
        case(BackendPermission, "consent", entra(65_001), None, ("AADSTS65001", false, &["backend-permission"]), &[]),
        case(BackendPermission, "no consent needed", entra(50_126), None, ("AADSTS50126", false, &["backend-credentials"]), &["backend-permission=absent"]),
        case(BackendPermission, "an unknown number", entra(999_999), None, ("AADSTS999999", false, &[]), &["backend-permission=possible", "backend-credentials=possible"]),
        case(TenantMismatch, "a guest", entra(50_020), None, ("AADSTS50020", false, &["tenant-mismatch"]), &[]),
        case(AudienceWrong, "a scope", entra(70_011), None, ("AADSTS70011", false, &["audience-wrong"]), &[]),
        case(CloudMismatch, "an unknown application", rest("unauthorized_client", "AADSTS700016: Application with identifier 'x' was not found in the directory."), None, ("unauthorized_client", false, &["backend-credentials"]), &["cloud-mismatch=possible", "permission=absent"]),
        case(IdentityInvalid, "an identity too many", rest("InvalidRequest", "Creating embed token for accessing dataset shouldn't have effective identity"), None, ("InvalidRequest", false, &["identity-invalid"]), &["content-not-in-token=absent"]),
        case(IdentityInvalid, "an identity too few", rest("InvalidRequest", "requires effective identity to be provided"), None, ("InvalidRequest", false, &["identity-invalid"]), &[]),
        case(IdentityInvalid, "no roles", json!({"name": "AxiosError", "message": "Request failed with status code 403", "code": "ERR_BAD_REQUEST", "response": {"status": 403, "data": rest("InvalidRequest", "Creating embed token for accessing dataset d requires roles to be included in provided effective identity")}}), None, ("InvalidRequest", false, &["identity-invalid"]), &[]),
        case(IdentityInvalid, "another's name", rest("InvalidRequest", "requires effective identity username to be identical to the caller's principal name"), None, ("InvalidRequest", false, &["identity-invalid"]), &[]),
        case(IdentityInvalid, "a classic workspace", rest("InvalidRequest", "Creating embed token for paginated report is only supported with workspaces v2"), None, ("InvalidRequest", false, &["request-invalid"]), &["identity-invalid=absent"]),
        case(RequestInvalid, "a classic workspace", rest("InvalidRequest", "Creating embed token for paginated report is only supported with workspaces v2"), None, ("InvalidRequest", false, &["request-invalid"]), &["capacity=absent"]),
        case(RequestInvalid, "without a reason", rest("InvalidRequest", ""), None, ("InvalidRequest", false, &["request-invalid"]), &["identity-invalid=possible"]),
        case(RequestInvalid, "throttled", json!({"status": 429, "message": "slow down"}), None, ("HTTP 429", false, &["throttled"]), &["request-invalid=absent"]),
        case(TokenExpired, "the backend's token", rest("TokenExpired", "Access token has expired"), ended(), ("TokenExpired", false, &["backend-credentials"]), &["token-expired=absent", "audience-wrong=possible"]),
        case(TokenExpired, "the backend's token, by a sample", sample("TokenExpired"), None, ("TokenExpired", false, &["backend-credentials"]), &["token-expired=absent"]),
        case(TokenDamaged, "a malformed one", sample("InvalidToken"), None, ("InvalidToken", false, &["backend-credentials"]), &["token-damaged=absent", "audience-wrong=possible"]),
        case(IdMismatch, "no such content", rest("PowerBIEntityNotFound", ""), None, ("PowerBIEntityNotFound", false, &[]), &["id-mismatch=possible", "permission=possible"]),
        case(IdMismatch, "in a backend's own error", json!({"ok": false, "code": "powerbi_upstream", "error": "Power BI 403", "status": 403, "body": {"error": {"code": "PowerBIEntityNotFound", "pbi.error": {"code": "PowerBIEntityNotFound", "parameters": {}, "details": [], "exceptionCulprit": 1}}}}), None, ("PowerBIEntityNotFound", false, &[]), &["id-mismatch=possible"]),
        case(Permission, "a header alone", json!({"source": true, "status": 401, "errorInfo": "GroupNotAccessible"}), None, ("GroupNotAccessible", false, &["permission"]), &[]),
        case(Permission, "a sample's text without a reason", json!({"status": 403, "error": "Error while retrieving report embed details\r\nForbidden\r\nRequestId: \n11111111-2222-3333-4444-555555555555"}), None, ("HTTP 403", false, &[]), &["permission=possible", "capacity=possible"]),
        case(Throttled, "an Entra loop", json!("One or more errors occurred. (AADSTS50196: The server terminated an operation because it encountered a client request loop. Please contact your app vendor.\nTrace ID: 00000000-0000-0000-0000-000000000000)"), None, ("AADSTS50196", false, &["throttled"]), &[]),
        case(Throttled, "not throttled", json!({"status": 401}), None, ("HTTP 401", false, &[]), &["throttled=absent", "sign-in-required=possible"]),
        case(EndpointWrong, "404", json!({"source": true, "status": 404}), None, ("HTTP 404", false, &["endpoint-wrong"]), &[]),
        case(EndpointWrong, "405", json!({"source": true, "status": 405, "body": "Method Not Allowed"}), None, ("HTTP 405", false, &["endpoint-wrong"]), &[]),
        case(EndpointWrong, "a page", json!({"source": true, "status": 200, "contentType": "text/html", "body": "<!doctype html><title>Sign in</title>"}), None, ("HTTP 200", false, &["endpoint-wrong"]), &["sign-in-required=possible"]),
        case(EndpointWrong, "a redirect", json!({"source": true, "status": 302}), None, ("HTTP 302", false, &["endpoint-wrong"]), &[]),
        case(EndpointWrong, "the user", json!({"source": true, "status": 401}), None, ("HTTP 401", false, &["sign-in-required"]), &["endpoint-wrong=absent"]),
        case(EndpointWrong, "a failing backend", json!({"source": true, "status": 500, "body": {"message": "Internal Server Error"}}), None, ("HTTP 500", false, &[]), &["backend-credentials=possible", "endpoint-wrong=absent"]),
        case(EndpointWrong, "no network", json!({"name": "TypeError", "message": "Failed to fetch"}), None, ("Failed to fetch", false, &[]), &["endpoint-wrong=possible"]),
        case(EditNotPermitted, "edit mode", json!({"message": "insufficientPermissions", "detailedMessage": "Could not load Edit mode: insufficient Permissions", "level": 4, "errorCode": "403"}), None, ("insufficientPermissions", false, &["edit-not-permitted"]), &["permission=possible"]),
    ]
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [of_the_frame(), thrown(), of_a_backend()]
        .into_iter()
        .flatten()
        .collect()
}

fn explained(error: &Value, config: Option<&Value>, options: &Options) -> Explanation {
    explain(&testing::json(error), config.map(testing::json).as_ref(), options)
}

fn verdict_of(explanation: &Explanation, code: &str) -> String {
    let found = explanation
        .causes
        .iter()
        .find(|cause| name(cause.finding.code) == code);
    found.map_or("absent".to_owned(), |cause| name(cause.verdict))
}

#[test]
fn every_error_is_explained() {
    let mut wrong = Vec::new();
    for case in cases() {
        let explanation = explained(&case.error, case.config.as_ref(), &options());
        let confirmed = explanation
            .causes
            .iter()
            .filter(|cause| cause.verdict == Verdict::Confirmed);
        let confirmed: Vec<String> = confirmed.map(|cause| name(cause.finding.code)).collect();
        let said = (
            explanation.error.as_str(),
            explanation.refresh_helps,
            confirmed.iter().map(String::as_str).collect(),
        );
        if said != case.said {
            wrong.push(format!(
                "{:?}, {}: {said:?} and not {:?}",
                case.about, case.what, case.said
            ));
        }
        for other in case.others {
            let (code, wanted) = other.split_once('=').unwrap();
            let verdict = verdict_of(&explanation, code);
            if verdict != wanted {
                wrong.push(format!(
                    "{:?}, {}: {code} is {verdict} and not {wanted}",
                    case.about, case.what
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn causes_are_sorted_unique_and_one_sentence_each() {
    for case in cases() {
        let explanation = explained(&case.error, case.config.as_ref(), &options());
        assert!(
            explanation.causes.is_sorted_by_key(|cause| cause.verdict),
            "{}",
            case.what
        );
        let mut codes: Vec<FindingCode> = explanation
            .causes
            .iter()
            .map(|cause| cause.finding.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), explanation.causes.len(), "{}", case.what);
        let texts = explanation
            .causes
            .iter()
            .flat_map(|cause| [cause.finding.message.as_str(), cause.finding.fix]);
        for text in texts.chain([explanation.summary]) {
            assert!(
                text.ends_with('.') && !text.contains(". ") && text.len() < 300,
                "{}: {text}",
                case.what
            );
        }
    }
}

#[test]
fn an_explanation_has_the_shape_of_the_declarations() {
    let config = with(&for_users(), &json!({"tokenType": 1}));
    let explanation = value(&explained(&cluster(), Some(&config), &options()).to_json());
    assert_eq!(explanation["error"], "LoadReportFailed");
    assert_eq!(explanation["refreshHelps"], false);
    assert!(explanation["summary"].is_string());
    let first = &explanation["causes"][0];
    assert_eq!(first["code"], "token-type-mismatch");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["verdict"], "confirmed");
    assert!(first["docs"].is_string() && first["fix"].is_string() && first["message"].is_string());
}

#[test]
fn the_expected_tenant_is_evidence() {
    for (tenant, wanted) in [
        (Some(TENANT), "ruled-out"),
        (Some(GROUP), "confirmed"),
        (None, "possible"),
    ] {
        let options = Options {
            tenant: tenant.map(str::to_owned),
            ..options()
        };
        let explanation = explained(&cluster(), Some(&for_users()), &options);
        assert_eq!(verdict_of(&explanation, "tenant-mismatch"), wanted);
    }
}

/// powerbi-client quotes the element's HTML in some errors, and in it the token.
#[test]
fn no_explanation_quotes_the_error() {
    let token = embed();
    for text in [
        format!("No powerbi component found. <div powerbi-access-token=\"{token}\"></div>"),
        format!("Attempted to embed component of type: {token}"),
        format!("TokenExpired {token}"),
        token.clone(),
    ] {
        for error in [
            json!(text),
            json!({"message": text, "detailedMessage": text}),
            json!([{"message": text}]),
        ] {
            let explanation = explained(&error, Some(&for_customers()), &options());
            let shown = format!("{}{explanation:?}", value(&explanation.to_json()));
            assert!(!shown.contains(token.get(..12).unwrap()) && !shown.contains("powerbi-access-token"));
        }
    }
}

/// Advice that is popular and wrong must stand in no text.
#[test]
fn popular_wrong_advice_is_not_repeated() {
    let mut texts = String::new();
    for case in cases() {
        let explanation = explained(&case.error, case.config.as_ref(), &options());
        texts.push_str(&value(&explanation.to_json()).to_string().to_lowercase());
    }
    for advice in [
        "jwt.ms",
        "jwt.io",
        "on('tokenexpired",
        "as viewer",
        "decode the embed token",
        "into embedconfig",
    ] {
        assert!(!texts.contains(advice), "{advice}");
    }
    assert!(texts.contains("member or admin") && texts.contains("there is no tokenexpired event"));
}

/// The five causes that a well-known guide lists for "could not resolve cluster", each told or left open with advice.
#[test]
fn the_five_causes_of_the_guide() {
    let verdict = |error: &Value, config: Value, code: &str| {
        verdict_of(&explained(error, Some(&config), &options()), code)
    };
    let users = |claims: &Value| users_with(claims).unwrap();
    // 1: the token is malformed, has ended, or is for another audience.
    assert_eq!(
        verdict(
            &cluster(),
            with(
                &for_customers(),
                &json!({"accessToken": embed().replacen('e', "f", 1)})
            ),
            "token-damaged"
        ),
        "confirmed"
    );
    assert_eq!(verdict(&cluster(), ended(), "token-expired"), "confirmed");
    assert_eq!(
        verdict(
            &cluster(),
            users(&json!({"aud": "https://graph.microsoft.com"})),
            "audience-wrong"
        ),
        "confirmed"
    );
    // 2: the token type is not that of the scenario, or a service principal's token is used as a user's.
    assert_eq!(
        verdict(
            &cluster(),
            with(&for_customers(), &json!({"tokenType": 0})),
            "token-type-mismatch"
        ),
        "confirmed"
    );
    let principal = with(&for_users(), &json!({"accessToken": testing::jwt(&app())}));
    assert_eq!(
        verdict(&cluster(), principal, "service-principal-aad"),
        "confirmed"
    );
    // 3: the report is not the token's, which is another error than the guide says.
    let failed = ierror("LoadReportFailed", "Get report failed", "403");
    assert_eq!(
        verdict(&failed, for_customers(), "content-not-in-token"),
        "possible"
    );
    assert_eq!(
        verdict(&cluster(), for_customers(), "content-not-in-token"),
        "absent"
    );
    // 4: the token is hard-coded, or was copied from the portal.
    let portal = users(&json!({"appid": "871c010f-5e61-4fb1-83ac-98610a7e9110"}));
    assert_eq!(verdict(&cluster(), portal, "copied-from-portal"), "confirmed");
    // 5: access to the workspace is missing.
    let unauthorized = ierror("PowerBINotAuthorizedException", "Get report failed", "401");
    assert_eq!(verdict(&unauthorized, for_customers(), "permission"), "possible");
}

/// What a reviewer tried who wanted it to fail: each is named, and told in words of its kind.
#[test]
#[rustfmt::skip] // one line a case
fn codes_statuses_and_words_of_every_origin_have_a_floor() {
    let source = |status: u16, kind: &str, body: &str| json!({"source": true, "status": status, "contentType": kind, "body": body});
    let thrown = |name: &str, message: &str| json!({"source": true, "failure": {"name": name, "message": message}});
    let fabric = |code: &str| json!({"requestId": "r", "errorCode": code, "message": "The request failed."});
    let mut wrong = Vec::new();
    for (error, name_of, confirmed, words) in [
        (json!("aadsts50034 the user account does not exist"), "aadsts50034", "backend-credentials", "user name"),
        (json!("AADSTS700003: Device object was not found in the tenant directory."), "AADSTS700003", "sign-in-required", "sign in"),
        (json!("AADSTS530031: Access policy does not allow token issuance."), "AADSTS530031", "sign-in-required", "Conditional Access"),
        (json!("AADSTS53011: User blocked due to risk on home tenant."), "AADSTS53011", "sign-in-required", "Conditional Access"),
        (json!("AADSTS650053: The application asked for scope 'Report.Foo' that doesn't exist."), "AADSTS650053", "audience-wrong", "scope"),
        (json!("AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."), "AADSTS9002327", "audience-wrong", "redirect URI"),
        (json!("AADSTS7000113: Application is not authorized to make application on-behalf-of calls."), "AADSTS7000113", "backend-credentials", "application"),
        (json!("AADSTS90024: RequestBudgetExceededError"), "AADSTS90024", "throttled", "for a moment"),
        (json!("AADSTS700222: AAD-issued tokens may not be used for federated identity flows."), "AADSTS700222", "backend-credentials", "certificate"),
        (json!("InteractionRequiredAuthError: interaction_required: AADSTS50058: A silent sign-in request was sent but no user is signed in."), "interaction_required", "sign-in-required", "sign in"),
        (json!({"name": "CredentialUnavailableError", "message": "EnvironmentCredential is unavailable. No underlying credential could be used."}), "CredentialUnavailableError", "backend-credentials", "no credentials"),
        (json!({"name": "BrowserAuthError", "errorCode": "uninitialized_public_client_application"}), "uninitialized_public_client_application", "sign-in-required", "MSAL"),
        (json!({"name": "BrowserAuthError", "errorCode": "interaction_in_progress"}), "interaction_in_progress", "sign-in-required", "another interaction"),
        (fabric("WorkspaceNotFound"), "WorkspaceNotFound", "", "finds no such content"),
        (fabric("InsufficientPrivileges"), "InsufficientPrivileges", "permission", "may not access"),
        (fabric("RequestBlocked"), "RequestBlocked", "throttled", "for now"),
        (fabric("PrincipalTypeNotSupported"), "PrincipalTypeNotSupported", "", "kind of caller"),
        (json!({"error": {"code": "PowerBIFolderNotFound"}}), "PowerBIFolderNotFound", "", "finds no such content"),
        (json!({"error": {"code": "PowerBIModelNotFoundException"}}), "PowerBIModelNotFoundException", "", "finds no such content"),
        (json!({"error": {"code": "DM_GWPipeline_Gateway_DataSourceAccessError"}}), "DM_GWPipeline_Gateway_DataSourceAccessError", "", "REST API"),
        (json!("Caused by: org.springframework.web.client.HttpClientErrorException$Forbidden: 403 Forbidden: \"{\"error\":{\"code\":\"PowerBINotAuthorizedException\"}}\""), "PowerBINotAuthorizedException", "permission", "may not access"),
        (json!("Microsoft.Rest.HttpOperationException: Operation returned an invalid status code 'NotFound'\n   at Microsoft.PowerBI.Api.ReportsOperations.GetReportInGroupWithHttpMessagesAsync"), "HTTP 404", "", "nothing"),
        (json!("Invoke-PowerBIRestMethod : One or more errors occurred.\nResponse status code : 404 (NotFound)"), "HTTP 404", "", "nothing"),
        (json!("requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url"), "HTTP 429", "throttled", "too many"),
        (source(413, "text/html", "<html>413 Request Entity Too Large</html>"), "HTTP 413", "endpoint-wrong", "too large"),
        (source(431, "", ""), "HTTP 431", "endpoint-wrong", "too large"),
        (source(502, "text/html", "<html><h1>502 Bad Gateway</h1><hr>nginx"), "HTTP 502", "", "gateway"),
        (source(522, "text/html", "<html>Connection timed out"), "HTTP 522", "", "gateway"),
        (source(419, "application/json", "{\"message\":\"CSRF token mismatch.\"}"), "HTTP 419", "endpoint-wrong", "anti-forgery"),
        (source(400, "", "The antiforgery token could not be decrypted."), "HTTP 400", "endpoint-wrong", "anti-forgery"),
        (source(403, "text/html", "<!doctype html><h1>Forbidden</h1><p>CSRF verification failed. Request aborted."), "HTTP 403", "endpoint-wrong", "anti-forgery"),
        (source(200, "", ""), "HTTP 200", "endpoint-wrong", "no token"),
        (source(200, "application/json", "{\"accessToken\":null,\"status\":200}"), "HTTP 200", "endpoint-wrong", "no token"),
        (source(204, "", ""), "HTTP 204", "endpoint-wrong", "no token"),
        (thrown("TypeError", "Cannot read properties of undefined (reading 'accessToken')"), "TypeError", "", "source function"),
        (thrown("TypeError", "response.json is not a function"), "TypeError", "", "source function"),
        (thrown("SyntaxError", "Unexpected end of JSON input"), "SyntaxError", "endpoint-wrong", "JSON"),
        (json!({"source": true, "failure": {"ok": true}}), "unknown", "", "did not say why"),
        (json!("Access to fetch at 'https://api.x/token' from origin 'https://y' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present."), "Failed to fetch", "", "CORS"),
        (json!("Refused to connect to 'https://api.x/token' because it violates the following Content Security Policy directive: \"connect-src 'self'\"."), "Failed to fetch", "", "CSP"),
        (json!("Mixed Content: The page at 'https://x' was loaded over HTTPS, but requested an insecure frame 'http://app.powerbi.com'"), "frame-blocked", "frame-blocked", "iframe"),
        (json!("Uncaught TypeError: Cannot read properties of undefined (reading 'embed')"), "TypeError", "", "script of the page"),
        (json!("the frame said: TokenExpired (level 6)"), "TokenExpired", "", "has expired"),
        (ierror("pageNotFound", "Page not found", "404"), "pageNotFound", "config-invalid", "no page of this name"),
        (ierror("QueryUserError", "Query has exceeded the available resources", "QueryUserError"), "QueryUserError", "", "query"),
        (ierror("SomeNewFrameError", "x", "500"), "SomeNewFrameError", "", "Power BI's service"),
        (json!("<?xml version=\"1.0\"?><error><code>PowerBIEntityNotFound</code></error>"), "PowerBIEntityNotFound", "", "no content"),
        (json!("error=access_denied&error_description=AADSTS65004%3a+User+declined+to+consent"), "access_denied", "backend-permission", "Consent"),
        (json!({"errors": [{"message": "Forbidden", "extensions": {"code": "FORBIDDEN", "response": {"statusCode": 403, "body": {"error": {"code": "PowerBINotAuthorizedException"}}}}}]}), "PowerBINotAuthorizedException", "permission", "may not access"),
        (json!(403), "HTTP 403", "", "refuses"),
        (json!("403"), "HTTP 403", "", "refuses"),
        (json!("You need access to this report. Ask the author for access"), "PowerBINotAuthorizedException", "", "may not see"),
        (json!("Sorry, we couldn\u{2019}t find that report"), "PowerBIEntityNotFound", "", "no content"),
        (json!("This operation can't be completed because your organization's compute capacity has exceeded its limits"), "capacity", "capacity", "capacity"),
        (json!("Access to this resource is blocked by private link settings"), "public-access-blocked", "", "private link"),
        (json!("Der Bericht konnte nicht geladen werden (PowerBINotAuthorizedException)"), "PowerBINotAuthorizedException", "", "may not see"),
    ] {
        let explanation = explained(&error, None, &options());
        let found: Vec<String> = explanation.causes.iter().filter(|cause| cause.verdict == Verdict::Confirmed).map(|cause| name(cause.finding.code)).collect();
        if (explanation.error.as_str(), found.join(" ").as_str()) != (name_of, confirmed) || !explanation.summary.contains(words) {
            wrong.push(format!("{error}: {}, {found:?}, {}", explanation.error, explanation.summary));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
