//! The table over all rules: what is wrong, and what only looks like it.

use powerbi_token_keeper::diagnosis::{FindingCode, Options};
use powerbi_token_keeper::time::{Skew, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    CLUSTER, EXP, GROUP, NOW, REPORT, TENANT, app, embed, embed_of, embed_with, for_customers, for_users,
    name, options, packed, report_url, url_config, user, with, without,
};
use crate::testing;

/// A token by itself, or a configuration.
pub(crate) enum Subject {
    Token(String),
    Config(Value),
}

/// What is judged, which code it is about, and all findings that it must have.
pub(crate) struct Case {
    pub(crate) about: FindingCode,
    pub(crate) what: &'static str,
    pub(crate) subject: Subject,
    pub(crate) options: Options,
    pub(crate) found: Vec<&'static str>,
}

impl Case {
    pub(crate) fn is_positive(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.split(':').next() == Some(name(self.about).as_str()))
    }

    fn given(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self
    }
}

fn case(about: FindingCode, what: &'static str, subject: Subject, found: &[&'static str]) -> Case {
    Case {
        about,
        what,
        subject,
        options: options(),
        found: found.to_vec(),
    }
}

/// A token by itself.
fn token(about: FindingCode, what: &'static str, text: impl Into<String>, found: &[&'static str]) -> Case {
    case(about, what, Subject::Token(text.into()), found)
}

/// A healthy configuration with an embed token, with other members in their place.
fn customers(about: FindingCode, what: &'static str, patch: Value, found: &[&'static str]) -> Case {
    case(
        about,
        what,
        Subject::Config(with(&for_customers(), &patch)),
        found,
    )
}

/// A healthy configuration with a user's token, with other members in their place.
fn users(about: FindingCode, what: &'static str, patch: Value, found: &[&'static str]) -> Case {
    case(about, what, Subject::Config(with(&for_users(), &patch)), found)
}

/// The same with other claims in the user's token.
fn claims(about: FindingCode, what: &'static str, patch: Value, found: &[&'static str]) -> Case {
    users(
        about,
        what,
        json!({"accessToken": testing::jwt(&with(&user(), &patch))}),
        found,
    )
}

/// The same with another path and query in the embedUrl.
fn address(about: FindingCode, what: &'static str, url: &str, found: &[&'static str]) -> Case {
    customers(about, what, json!({"embedUrl": url}), found)
}

#[rustfmt::skip] // one line a case
fn texts() -> Vec<Case> {
    use FindingCode::*;
    let user_text = testing::jwt(&user());
    vec![
        token(TokenMissing, "nothing", "", &["token-missing:error"]),
        token(TokenMissing, "blanks", " \r\n", &["token-missing:error"]),
        token(TokenMissing, "empty quotes", "\"\"", &["token-missing:error"]),
        customers(TokenMissing, "null", json!({"accessToken": null}), &["token-missing:error"]),
        customers(TokenMissing, "an empty text", json!({"accessToken": ""}), &["token-missing:error"]),
        token(TokenMissing, "a token", embed(), &[]),
        token(TokenNotAToken, "a GUID", REPORT, &["token-not-a-token:error"]),
        token(TokenNotAToken, "a secret", "abc8Q~fakefakefakefakefakefakefakefakefak", &["token-not-a-token:error"]),
        token(TokenNotAToken, "undefined", "undefined", &["token-not-a-token:error"]),
        token(TokenNotAToken, "null", "null", &["token-not-a-token:error"]),
        token(TokenNotAToken, "an object", "[object Object]", &["token-not-a-token:error"]),
        token(TokenNotAToken, "a promise", "[object Promise]", &["token-not-a-token:error"]),
        token(TokenNotAToken, "a placeholder", "<YOUR_EMBED_TOKEN>", &["token-not-a-token:error"]),
        token(TokenNotAToken, "a template", "{{ embedToken }}", &["token-not-a-token:error"]),
        token(TokenNotAToken, "a page", "<!doctype html><p>Sign in</p>", &["token-not-a-token:error"]),
        token(TokenNotAToken, "an address", report_url(), &["token-not-a-token:error"]),
        token(TokenNotAToken, "an error", "{\"error\":{\"code\":\"x\"}}", &["token-not-a-token:error"]),
        token(TokenNotAToken, "Bearer undefined", "Bearer undefined", &["token-not-a-token:error"]),
        customers(TokenNotAToken, "an object as token", json!({"accessToken": {"token": embed()}}), &["token-not-a-token:error"]),
        customers(TokenNotAToken, "a number as token", json!({"accessToken": 7}), &["token-not-a-token:error"]),
        token(TokenNotAToken, "a short text", "EwB4A8l6BAAURSN_FHlDW5xN74t6GzbtsBBeBUYAAfs", &["token-not-a-token:error"]),
        token(TokenNotAToken, "an unreadable token", "EwB4A8l6BAAURSN_FHlDW5xN74t6GzbtsBBeBUYAAfs".repeat(3), &["token-not-a-token:warning"]),
        token(TokenNotAToken, "a word", "TODO", &["token-not-a-token:error"]),
        token(TokenNotAToken, "another word", "changeme", &["token-not-a-token:error"]),
        token(TokenNotAToken, "code", "process.env.TOKEN", &["token-not-a-token:error"]),
        token(TokenNotAToken, "a mock", "mock-powerbi-access-token", &["token-not-a-token:error"]),
        customers(TokenNotAToken, "a mock in a configuration", json!({"accessToken": "mock-powerbi-access-token"}), &["token-not-a-token:error"]),
        token(TokenNotAToken, "the application's own", testing::jwt_by("HS256", &json!({"sub": "42", "exp": EXP})), &["token-not-a-token:error"]),
        customers(TokenNotAToken, "the application's own in a configuration", json!({"accessToken": testing::jwt_by("HS256", &json!({"sub": "42", "exp": EXP}))}), &["token-not-a-token:error"]),
        users(TokenNotAToken, "a token", json!({}), &[]),
        token(TokenWrapped, "Bearer", format!("Bearer {}", embed()), &["token-wrapped:error"]),
        token(TokenWrapped, "Bearer and a JWT", format!("bearer {user_text}"), &["token-wrapped:error"]),
        token(TokenWrapped, "quotes", format!("\"{user_text}\""), &["token-wrapped:error"]),
        token(TokenWrapped, "one quote", format!("{}'", embed()), &["token-wrapped:error"]),
        token(TokenWrapped, "a comma", format!("{},", embed()), &["token-wrapped:error"]),
        token(TokenWrapped, "percent escapes", embed().replace('=', "%3d"), &["token-wrapped:error"]),
        token(TokenWrapped, "HTML escapes", embed().replace('=', "&#x3D;"), &["token-wrapped:error"]),
        token(TokenWrapped, "JSON escapes", embed().replace('=', "\\u003d"), &["token-wrapped:error"]),
        token(TokenWrapped, "a line break inside", embed().replacen('A', "A\n", 1), &["token-wrapped:error"]),
        token(TokenWrapped, "a zero-width space", embed().replacen('A', "A\u{200b}", 1), &["token-wrapped:error"]),
        token(TokenWrapped, "a whole answer", json!({"token": embed()}).to_string(), &["token-wrapped:error"]),
        token(TokenWrapped, "MSAL's answer", json!({"accessToken": user_text}).to_string(), &["token-wrapped:error"]),
        token(TokenWrapped, "a line break after", format!("{}\n", embed()), &["token-wrapped:warning"]),
        token(TokenWrapped, "a mark before", format!("\u{feff}{user_text}"), &["token-wrapped:warning"]),
        token(TokenWrapped, "nothing around", user_text.clone(), &[]),
        token(TokenDamaged, "lower case", embed().to_lowercase(), &["token-damaged:error"]),
        token(TokenDamaged, "a JWT in lower case", user_text.to_lowercase(), &["token-damaged:error"]),
        token(TokenDamaged, "no signature", user_text.rsplit_once('.').unwrap().0, &["token-damaged:error"]),
        token(TokenDamaged, "a cut signature", user_text.get(..user_text.len() - 9).unwrap(), &["token-damaged:error"]),
        token(TokenDamaged, "an empty signature", format!("{}.", user_text.rsplit_once('.').unwrap().0), &["token-damaged:error"]),
        token(TokenDamaged, "a cut payload", user_text.replacen(".eyJ", ".eyJx", 1), &["token-damaged:error"]),
        token(TokenDamaged, "a JWT's head", user_text.split('.').next().unwrap(), &["token-damaged:error"]),
        token(TokenDamaged, "a strange character", embed().replacen('A', "#", 1), &["token-damaged:error"]),
        token(TokenDamaged, "cut", embed().get(..1_500).unwrap(), &["token-damaged:error"]),
        token(TokenDamaged, "the second part alone", embed().split_once('.').unwrap().1, &["token-damaged:error"]),
        token(TokenDamaged, "the second part lost", embed().split_once('.').unwrap().0, &["token-damaged:info"]),
        token(TokenDamaged, "the second part cut", embed().get(..embed().len() - 9).unwrap(), &["token-damaged:error"]),
        token(TokenDamaged, "signed anew", testing::jwt_by("HS256", &json!({"clusterUrl": CLUSTER, "exp": EXP})), &["token-damaged:error"]),
        token(TokenDamaged, "no gzip", testing::embed(&json!({"clusterUrl": CLUSTER})), &["token-damaged:error"]),
        token(TokenDamaged, "altered and wrapped", format!("Bearer {}", embed().replacen("H4sIA", "H4sIB", 1).get(..2_000).unwrap()), &["token-wrapped:error", "token-damaged:error"]),
        token(TokenDamaged, "of 2018", embed_of("2018", ""), &[]),
        token(TokenDamaged, "of 2021", embed_of("2021", CLUSTER), &[]),
        token(TokenDamaged, "another gzip part", format!("{}.{}", packed(9, 1_800), embed().split_once('.').unwrap().1), &[]),
        token(TokenDamaged, "encrypted for somebody", "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d", &["token-not-a-token:warning"]),
        token(TokenLegacy, "HS256", testing::jwt_by("HS256", &user()), &["token-legacy:error"]),
        token(TokenLegacy, "wcn", testing::jwt(&with(&user(), &json!({"wcn": "w"}))), &["token-legacy:error"]),
        token(TokenLegacy, "HS256 for another audience", testing::jwt_by("HS256", &json!({"aud": "api://x"})), &["token-not-a-token:error"]),
        token(TokenRefreshToken, "of Entra", format!("0.A{}", "x".repeat(300)), &["token-refresh-token:error"]),
        token(TokenRefreshToken, "of a personal account", format!("M.C5_BAY.{}", "x".repeat(300)), &["token-refresh-token:error"]),
        token(TokenRefreshToken, "another unreadable token", format!("2.A{}", "x".repeat(300)), &["token-not-a-token:warning"]),
        token(TokenIdToken, "with nonce", testing::jwt(&json!({"aud": GROUP, "nonce": "n", "ver": "2.0"})), &["token-id-token:error"]),
        token(TokenIdToken, "with scp", testing::jwt(&json!({"aud": GROUP, "nonce": "n", "scp": "x"})), &["audience-wrong:error"]),
    ]
}

#[rustfmt::skip] // one line a case
fn times() -> Vec<Case> {
    use FindingCode::*;
    let ends = |seconds: i64| json!({"accessToken": embed_with(&json!({"clusterUrl": CLUSTER, "exp": NOW + seconds}))});
    let skew = |ms: i64| move |options: &mut Options| options.skew = Some(Skew::from_ms(ms));
    vec![
        customers(TokenExpired, "three hours ago", ends(-10_800), &["token-expired:error"]),
        customers(TokenExpired, "this second", ends(0), &["token-expired:error"]),
        claims(TokenExpired, "a user's", json!({"exp": NOW - 60}), &["token-expired:error"]),
        customers(TokenExpired, "by the backend", json!({"accessToken": embed_of("2021", CLUSTER), "expiration": "2023-11-14T22:00:00Z"}), &["token-expired:error"]),
        customers(TokenExpired, "in an hour", ends(3_600), &[]),
        customers(TokenExpired, "nobody says", json!({"accessToken": embed_of("2021", CLUSTER)}), &[]),
        claims(TokenNotYetValid, "in an hour", json!({"nbf": NOW + 3_600}), &["token-not-yet-valid:error"]),
        claims(TokenNotYetValid, "in two minutes", json!({"nbf": NOW + 120}), &["token-not-yet-valid:error"]),
        claims(TokenNotYetValid, "in a minute", json!({"nbf": NOW + 60}), &[]),
        customers(TokenExpiresSoon, "in five minutes", ends(300), &["token-expires-soon:warning"]),
        customers(TokenExpiresSoon, "in a second", ends(1), &["token-expires-soon:warning"]),
        claims(TokenExpiresSoon, "a user's", json!({"exp": NOW + 599}), &["token-expires-soon:warning"]),
        customers(TokenExpiresSoon, "in ten minutes", ends(600), &[]),
        claims(ClockWrong, "issued in an hour", json!({"iat": NOW + 3_600}), &["clock-wrong:warning"]),
        claims(ClockWrong, "issued in two minutes", json!({"iat": NOW + 120}), &[]),
        customers(ClockWrong, "five minutes slow", json!({}), &["clock-wrong:warning"]).given(skew(300_000)),
        customers(ClockWrong, "five minutes fast", json!({}), &["clock-wrong:warning"]).given(skew(-300_000)),
        customers(ClockWrong, "two minutes fast", json!({}), &[]).given(skew(-120_000)),
        customers(ExpirationDisagrees, "five minutes later", json!({"expiration": "2023-11-14T23:18:21Z"}), &["expiration-disagrees:warning"]),
        customers(ExpirationDisagrees, "an hour earlier", json!({"tokenExpiry": "2023-11-14T22:33:20Z"}), &["expiration-disagrees:warning"]),
        users(ExpirationDisagrees, "the keeper's word", json!({}), &["expiration-disagrees:warning"]).given(|options| options.stated = Some(Timestamp::from_secs(EXP + 121))),
        customers(ExpirationDisagrees, "two minutes later", json!({"expiration": "2023-11-14T23:15:20Z"}), &[]),
        customers(ExpirationDisagrees, "without a zone", json!({"expiration": "2023-11-15T23:15:20"}), &[]),
    ]
}

#[rustfmt::skip] // one line a case
fn kinds() -> Vec<Case> {
    use FindingCode::*;
    let scopes = |kind: &str, path: &str, scp: &str| {
        let token = testing::jwt(&with(&user(), &json!({"scp": scp})));
        let url = format!("https://app.powerbi.com/{path}&config={}", url_config(CLUSTER));
        json!({"type": kind, "accessToken": token, "embedUrl": url, "id": null})
    };
    let report = format!("reportEmbed?reportId={REPORT}");
    let dashboard = format!("dashboardEmbed?dashboardId={REPORT}");
    let tenant = |id: &'static str| move |options: &mut Options| options.tenant = Some(id.to_owned());
    vec![
        customers(TokenTypeMismatch, "an embed token as Aad", json!({"tokenType": 0}), &["token-type-mismatch:error"]),
        users(TokenTypeMismatch, "an Entra token as Embed", json!({"tokenType": 1}), &["token-type-mismatch:error"]),
        users(TokenTypeMismatch, "an app's token as Embed", json!({"tokenType": 1, "accessToken": testing::jwt(&app())}), &["token-type-mismatch:error"]),
        customers(TokenTypeMismatch, "an unreadable token", json!({"accessToken": "x".repeat(300)}), &["token-not-a-token:warning"]),
        customers(TokenTypeInvalid, "a name", json!({"tokenType": "Embed"}), &["token-type-invalid:error"]),
        customers(TokenTypeInvalid, "a text", json!({"tokenType": "1"}), &["token-type-invalid:error"]),
        users(TokenTypeInvalid, "five", json!({"tokenType": 5}), &["token-type-invalid:error"]),
        users(TokenTypeInvalid, "true", json!({"tokenType": true}), &["token-type-invalid:error"]),
        users(TokenTypeInvalid, "one and a half", json!({"tokenType": 1.5}), &["token-type-invalid:error"]),
        users(TokenTypeInvalid, "zero", json!({"tokenType": 0}), &[]),
        customers(TokenTypeMissing, "an embed token", json!({"tokenType": null}), &["token-type-missing:error"]),
        users(TokenTypeMissing, "a user's token", json!({"tokenType": null}), &["token-type-missing:info"]),
        users(TokenTypeMissing, "it is there", json!({"tokenType": 0}), &[]),
        claims(AudienceWrong, "Graph", json!({"aud": "https://graph.microsoft.com"}), &["audience-wrong:error"]),
        claims(AudienceWrong, "Graph's id", json!({"aud": "00000003-0000-0000-c000-000000000000"}), &["audience-wrong:error"]),
        claims(AudienceWrong, "Azure", json!({"aud": "https://management.azure.com/"}), &["audience-wrong:error"]),
        claims(AudienceWrong, "one's own", json!({"aud": "api://contoso"}), &["audience-wrong:error"]),
        claims(AudienceWrong, "Fabric", json!({"aud": "https://api.fabric.microsoft.com"}), &["audience-wrong:warning"]),
        claims(AudienceWrong, "the API's host", json!({"aud": "https://api.powerbi.com/"}), &["audience-wrong:warning"]),
        users(AudienceWrong, "none", json!({"accessToken": testing::jwt(&without(&user(), &["aud"]))}), &["token-not-a-token:error"]),
        claims(AudienceWrong, "the service's id", json!({"aud": "00000009-0000-0000-c000-000000000000"}), &[]),
        users(ScopeMissing, "a report with dashboards", scopes("report", &report, "Dashboard.Read.All Dashboard.ReadWrite.All"), &["scope-missing:error"]),
        users(ScopeMissing, "a visual", with(&scopes("visual", &report, "Dataset.Read.All"), &json!({"pageName": "p", "visualName": "v"})), &["scope-missing:error"]),
        users(ScopeMissing, "a dashboard with reports", scopes("dashboard", &dashboard, "Report.Read.All"), &["scope-missing:error"]),
        users(ScopeMissing, "a tile", with(&scopes("tile", &format!("embed?tileId={REPORT}"), "Report.Read.All"), &json!({"dashboardId": GROUP})), &["scope-missing:error"]),
        users(ScopeMissing, "Q&A", with(&scopes("qna", "qnaEmbed?x=1", "Report.Read.All"), &json!({"datasetIds": [REPORT]})), &["scope-missing:error"]),
        users(ScopeMissing, "a new report", scopes("create", &format!("reportEmbed?datasetId={REPORT}"), "Report.Read.All"), &["scope-missing:error"]),
        users(ScopeMissing, "write covers read", scopes("report", &report, "report.readwrite.all"), &[]),
        users(ScopeMissing, "all at once", scopes("dashboard", &dashboard, "user_impersonation"), &[]),
        users(ScopeMissing, "no type", with(&scopes("report", &report, "Dataset.Read.All"), &json!({"type": null})), &["config-invalid:error"]),
        users(ServicePrincipalAad, "as Aad", json!({"accessToken": testing::jwt(&app())}), &["service-principal-aad:error"]),
        users(ServicePrincipalAad, "without idtyp", json!({"accessToken": testing::jwt(&with(&without(&app(), &["idtyp"]), &json!({"sub": "o"})))}), &["service-principal-aad:error"]),
        users(ServicePrincipalAad, "without tokenType", json!({"tokenType": null, "accessToken": testing::jwt(&app())}), &["service-principal-aad:error", "token-type-missing:info"]),
        token(ServicePrincipalAad, "by itself", testing::jwt(&app()), &["service-principal-aad:info"]),
        claims(ServicePrincipalAad, "a user of idtyp user", json!({"idtyp": "user"}), &[]),
        claims(CopiedFromPortal, "the portal", json!({"appid": "871c010f-5e61-4fb1-83ac-98610a7e9110"}), &["copied-from-portal:warning"]),
        claims(CopiedFromPortal, "the portal in v2", json!({"appid": null, "azp": "871C010F-5E61-4FB1-83AC-98610A7E9110"}), &["copied-from-portal:warning"]),
        claims(CopiedFromPortal, "Desktop", json!({"appid": "7f67af8a-fedc-4b08-8b4e-37c4d127b6cf"}), &["copied-from-portal:warning"]),
        claims(CopiedFromPortal, "an app of one's own", json!({"appid": GROUP}), &[]),
        users(TenantMismatch, "another", json!({}), &["tenant-mismatch:error"]).given(tenant(GROUP)),
        token(TenantMismatch, "another, by itself", testing::jwt(&user()), &["tenant-mismatch:error"]).given(tenant(GROUP)),
        users(TenantMismatch, "the same", json!({}), &[]).given(tenant(TENANT)),
        users(TenantMismatch, "another in the URL", json!({"embedUrl": format!("{}&ctid={GROUP}", report_url())}), &["tenant-mismatch:error"]),
        users(TenantMismatch, "the same in the URL", json!({"embedUrl": format!("{}&ctid={TENANT}", report_url())}), &[]),
        customers(TenantMismatch, "an embed token", json!({}), &[]).given(tenant(GROUP)),
        customers(PublicAccessBlocked, "not allowed", json!({"accessToken": embed_with(&json!({"clusterUrl": CLUSTER, "exp": EXP, "allowAccessOverPublicInternet": false}))}), &["public-access-blocked:info"]),
        customers(PublicAccessBlocked, "nothing said", json!({"accessToken": embed_of("2022", CLUSTER)}), &[]),
    ]
}

#[rustfmt::skip] // one line a case
fn places() -> Vec<Case> {
    use FindingCode::*;
    let config = url_config(CLUSTER);
    let at = |host: &str| report_url().replace("app.powerbi.com", host);
    vec![
        customers(EmbedUrlMissing, "none", json!({"embedUrl": null}), &["embed-url-missing:error"]),
        customers(EmbedUrlMissing, "empty", json!({"embedUrl": " "}), &["embed-url-missing:error"]),
        customers(EmbedUrlMissing, "it is there", json!({"embedUrl": report_url()}), &[]),
        address(EmbedUrlInvalid, "no URL", "reportEmbed?reportId=1", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "http", &report_url().replace("https", "http"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a foreign host", &at("reports.example.com"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "localhost", &at("localhost:3000"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "the bare domain", &at("powerbi.com"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a host that ends alike", &at("evilpowerbi.com"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "autoAuth", &format!("{}&autoAuth=true", report_url()), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "AUTOAUTH", &format!("{}&AUTOAUTH=True", report_url()), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "publish to web", "https://app.powerbi.com/view?r=abc", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "the portal", &format!("https://app.powerbi.com/groups/{GROUP}/reports/{REPORT}/ReportSection"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a data set's page", &format!("https://app.powerbi.com/datahub/datasets/{REPORT}"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "OneLake", "https://app.powerbi.com/onelake/details", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a redirect", "https://app.powerbi.com/Redirect?action=OpenReport", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "workspaces", "https://app.powerbi.com/workspaces", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "my workspace", &format!("https://app.powerbi.com/groups/me/reports/{REPORT}"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "the REST API", &format!("https://api.powerbi.com/v1.0/myorg/reports/{REPORT}"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "Fabric's API", &format!("https://api.fabric.microsoft.com/v1/workspaces/{GROUP}/reports/{REPORT}"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "the bare host", "https://app.powerbi.com/", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a Report Server", "https://reports.contoso.example/reports/powerbi/Sales/Overview?rs:embed=true", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "the playground", "https://playground.powerbi.com/sampleReportEmbed", &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "escaped for HTML", &report_url().replace('&', "&amp;"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a bad escape", &format!("{}&x=%", report_url()), &["embed-url-invalid:error"]),
        customers(EmbedUrlInvalid, "a list", json!({"embedUrl": [{"embedUrl": report_url()}]}), &["embed-url-invalid:error"]),
        customers(EmbedUrlInvalid, "an object", json!({"embedUrl": {"url": report_url()}}), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "a workspace collection", &format!("https://embedded.powerbi.com/appTokenReportEmbed?reportId={REPORT}"), &["embed-url-invalid:error"]),
        address(EmbedUrlInvalid, "Germany", &at("app.powerbi.de"), &["embed-url-invalid:error", "cloud-mismatch:error"]),
        address(EmbedUrlInvalid, "Microsoft's own tests", &at("x.analysis-df.windows.net"), &[]),
        address(EmbedUrlInvalid, "another host of Power BI", &at("msit.powerbi.com"), &[]),
        address(EmbedUrlNoConfig, "by hand", &format!("https://app.powerbi.com/reportEmbed?reportId={REPORT}&groupId={GROUP}"), &["embed-url-no-config:warning"]),
        address(EmbedUrlNoConfig, "unreadable", &format!("https://app.powerbi.com/reportEmbed?reportId={REPORT}&config=abc"), &["embed-url-no-config:warning"]),
        customers(EmbedUrlNoConfig, "a dashboard by hand", json!({"type": "dashboard", "embedUrl": format!("https://app.powerbi.com/dashboardEmbed?dashboardId={REPORT}")}), &["embed-url-no-config:warning"]),
        customers(EmbedUrlNoConfig, "a tile by hand", json!({"type": "tile", "dashboardId": GROUP, "embedUrl": format!("https://app.powerbi.com/embed?dashboardId={GROUP}&tileId={REPORT}")}), &["embed-url-no-config:warning"]),
        address(EmbedUrlNoConfig, "a paginated report", &format!("https://app.powerbi.com/rdlEmbed?reportId={REPORT}&groupId={GROUP}"), &[]),
        customers(EmbedUrlNoConfig, "a new report", json!({"type": "create", "id": null, "embedUrl": format!("https://app.powerbi.com/reportEmbed?datasetId={REPORT}")}), &[]),
        address(CloudMismatch, "a global token in China", &at("app.powerbi.cn"), &["cloud-mismatch:error"]),
        users(CloudMismatch, "a global user in DoD", json!({"embedUrl": at("app.mil.powerbigov.us")}), &["cloud-mismatch:error"]),
        claims(CloudMismatch, "a Chinese user in the global cloud", json!({"aud": "https://analysis.chinacloudapi.cn/powerbi/api"}), &["cloud-mismatch:error"]),
        claims(CloudMismatch, "GCC High in the global cloud", json!({"aud": "https://high.analysis.usgovcloudapi.net/powerbi/api"}), &["cloud-mismatch:error"]),
        users(CloudMismatch, "host and config", json!({"accessToken": testing::jwt(&with(&user(), &json!({"aud": "00000009-0000-0000-c000-000000000000"}))), "embedUrl": at("app.powerbi.cn")}), &["cloud-mismatch:error"]),
        customers(CloudMismatch, "an era without cluster", json!({"accessToken": embed_of("2018", ""), "embedUrl": at("app.fabric.microsoft.com")}), &[]),
        customers(ClusterMismatch, "another region", json!({"accessToken": embed_of("2023", "https://WABI-NORTH-EUROPE-redirect.analysis.windows.net")}), &["cluster-mismatch:error"]),
        customers(ClusterMismatch, "another form", json!({"accessToken": embed_of("2021", "https://WABI-WEST-EUROPE-A-PRIMARY-redirect.analysis.windows.net")}), &["cluster-mismatch:error"]),
        customers(ClusterMismatch, "another case", json!({"accessToken": embed_of("2023", "https://wabi-west-europe-redirect.analysis.windows.net/")}), &[]),
        customers(IdMissing, "nowhere", json!({"id": null, "embedUrl": format!("https://app.powerbi.com/reportEmbed?config={config}")}), &["id-missing:error"]),
        customers(IdMissing, "empty", json!({"id": "", "embedUrl": format!("https://app.powerbi.com/reportEmbed?reportId=&config={config}")}), &["id-missing:error"]),
        customers(IdMissing, "a tile's", json!({"type": "tile", "dashboardId": GROUP, "id": null, "embedUrl": format!("https://app.powerbi.com/embed?dashboardId={GROUP}&config={config}")}), &["id-missing:error"]),
        customers(IdMissing, "in the URL", json!({"id": null}), &[]),
        customers(IdMissing, "Q&A has none", json!({"type": "qna", "datasetIds": [REPORT], "id": null, "embedUrl": format!("https://app.powerbi.com/qnaEmbed?groupId={GROUP}")}), &[]),
        customers(IdNotAGuid, "a name", json!({"id": "Sales", "embedUrl": format!("https://app.powerbi.com/reportEmbed?config={config}")}), &["id-not-a-guid:error"]),
        customers(IdNotAGuid, "braces", json!({"id": format!("{{{REPORT}}}"), "embedUrl": format!("https://app.powerbi.com/reportEmbed?config={config}")}), &["id-not-a-guid:error"]),
        customers(IdNotAGuid, "a workspace's name", json!({"groupId": "Sales", "embedUrl": report_url().replace("groupId", "x")}), &["id-not-a-guid:error"]),
        customers(IdNotAGuid, "in the URL", json!({"id": null, "embedUrl": report_url().replace(REPORT, "1")}), &["id-not-a-guid:error"]),
        customers(IdNotAGuid, "upper case", json!({"id": REPORT.to_uppercase()}), &[]),
        customers(IdMismatch, "another report", json!({"id": GROUP}), &["id-mismatch:error"]),
        customers(IdMismatch, "another dashboard", json!({"type": "dashboard", "id": GROUP, "embedUrl": format!("https://app.powerbi.com/dashboardEmbed?dashboardId={REPORT}&config={config}")}), &["id-mismatch:error"]),
        customers(IdMismatch, "a tile is not its dashboard", json!({"type": "tile", "dashboardId": GROUP, "embedUrl": format!("https://app.powerbi.com/embed?dashboardId={GROUP}&tileId={REPORT}&config={config}")}), &[]),
        customers(GroupMismatch, "another workspace", json!({"groupId": REPORT}), &["group-mismatch:error"]),
        customers(GroupMismatch, "none given", json!({"groupId": null}), &[]),
        customers(TypeMismatch, "a dashboard at a report's path", json!({"type": "dashboard"}), &["type-mismatch:error"]),
        customers(TypeMismatch, "a report at a dashboard's path", json!({"embedUrl": format!("https://app.powerbi.com/dashboardEmbed?dashboardId={REPORT}&config={config}")}), &["type-mismatch:error"]),
        customers(TypeMismatch, "an unknown type", json!({"type": "paginatedReport"}), &["type-mismatch:error"]),
        customers(TypeMismatch, "no type", json!({"type": null}), &["config-invalid:error"]),
        customers(TypeMismatch, "a visual at a report's path", json!({"type": "visual", "pageName": "p", "visualName": "v"}), &[]),
    ]
}

#[rustfmt::skip] // one line a case
fn pages() -> Vec<Case> {
    use FindingCode::*;
    let hook = json!({"accessTokenProvider": {}});
    let sdk = |version: &'static str| move |options: &mut Options| options.sdk = Some(version.to_owned());
    let canary = || {
        let cluster = "https://WABI-X-redirect.high.analysis.usgovcloudapi.net";
        let url = format!("https://app.canaryhigh.powerbigov.us/reportEmbed?reportId={REPORT}&config={}", url_config(cluster));
        json!({"accessToken": embed_of("2023", cluster), "embedUrl": url, "groupId": null})
    };
    let france = || {
        let cluster = "https://WABI-X-redirect.analysis.sovcloud-api.fr";
        let url = format!("https://app.powerbi.sovcloud-api.fr/reportEmbed?reportId={REPORT}&config={}", url_config(cluster));
        json!({"accessToken": embed_of("2023", cluster), "embedUrl": url, "groupId": null})
    };
    vec![
        customers(ProviderUnsupported, "an embed token", json!({"eventHooks": hook}), &["provider-unsupported:error"]),
        users(ProviderUnsupported, "no tokenType", json!({"tokenType": null, "eventHooks": hook}), &["provider-unsupported:error", "token-type-missing:info"]),
        users(ProviderUnsupported, "a dashboard", json!({"type": "dashboard", "eventHooks": hook, "embedUrl": format!("https://app.powerbi.com/dashboardEmbed?dashboardId={REPORT}&config={}", url_config(CLUSTER))}), &["provider-unsupported:error"]),
        users(ProviderUnsupported, "a visual", json!({"type": "visual", "pageName": "p", "visualName": "v", "eventHooks": hook}), &["provider-unsupported:error"]),
        users(ProviderUnsupported, "null", json!({"eventHooks": {"accessTokenProvider": null}}), &["provider-unsupported:error"]),
        users(ProviderUnsupported, "a text", json!({"eventHooks": {"accessTokenProvider": "f"}}), &["provider-unsupported:error"]),
        users(ProviderUnsupported, "a new report", json!({"type": "create", "eventHooks": hook, "id": null, "embedUrl": format!("https://app.powerbi.com/reportEmbed?datasetId={REPORT}")}), &["provider-unsupported:warning"]),
        users(ProviderUnsupported, "a user's report", json!({"eventHooks": hook}), &[]),
        users(ProviderUnsupported, "another hook", json!({"eventHooks": {"applicationContextProvider": {}}}), &[]),
        customers(SdkTooOld, "canary before it was known", canary(), &["sdk-too-old:error"]).given(sdk("2.23.1")),
        customers(SdkTooOld, "canary since", canary(), &[]).given(sdk("2.23.10")),
        customers(SdkTooOld, "France before it was known", france(), &["sdk-too-old:error"]).given(sdk("2.24.0")),
        customers(SdkTooOld, "France since", france(), &[]).given(sdk("2.24.1")),
        customers(SdkTooOld, "France when no host was looked at", france(), &[]).given(sdk("2.22.4")),
        customers(SdkTooOld, "France, version unknown", france(), &[]),
        users(SdkTooOld, "a hook before there were any", json!({"eventHooks": hook}), &["sdk-too-old:error"]).given(sdk("2.18.7")),
        users(SdkTooOld, "a hook since", json!({"eventHooks": hook}), &[]).given(sdk("2.19.0")),
        users(SdkTooOld, "an odd version", json!({"eventHooks": hook}), &[]).given(sdk("next")),
        customers(ConfigInvalid, "a capital", json!({"type": "Report"}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a type of another kind", json!({"type": 1}), &["config-invalid:error"]),
        customers(ConfigInvalid, "permissions by name", json!({"permissions": "All"}), &["config-invalid:error"]),
        customers(ConfigInvalid, "permissions 3", json!({"permissions": 3}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a setting", json!({"settings": {"panes": {"filters": {"visible": "false"}}}}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a filter", json!({"filters": [{"target": {"table": "t"}}]}), &["config-invalid:error"]),
        customers(ConfigInvalid, "an id of another kind", json!({"id": 7}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a hook of another kind", json!({"eventHooks": {"applicationContextProvider": null}}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a tile without dashboardId", json!({"type": "tile", "embedUrl": format!("https://app.powerbi.com/embed?dashboardId={GROUP}&tileId={REPORT}&config={}", url_config(CLUSTER))}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a new report without datasetId", json!({"type": "create", "id": null, "embedUrl": format!("https://app.powerbi.com/reportEmbed?groupId={GROUP}")}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a new report's theme", json!({"type": "create", "id": null, "datasetId": REPORT, "theme": 1, "embedUrl": format!("https://app.powerbi.com/reportEmbed?groupId={GROUP}")}), &["config-invalid:warning"]),
        customers(ConfigInvalid, "a visual without names", json!({"type": "visual"}), &["config-invalid:info"]),
        customers(ConfigInvalid, "a binding that older versions need", json!({"datasetBinding": {"paginatedReportBindings": []}}), &["config-invalid:error"]).given(sdk("2.22.4")),
        customers(ConfigInvalid, "an empty binding", json!({"datasetBinding": {}}), &["config-invalid:error"]),
        customers(ConfigInvalid, "a binding", json!({"datasetBinding": {"paginatedReportBindings": [{"sourceDatasetId": GROUP, "targetDatasetId": GROUP}]}}), &[]),
        customers(ConfigInvalid, "all is right", json!({"permissions": 7, "settings": {"panes": {"filters": {"visible": false}}}, "pageName": "p"}), &[]),
        customers(ConfigInvalid, "a wrapper's props", json!({"type": null, "id": null, "embedType": "report", "embedId": REPORT}), &["config-invalid:error"]),
        customers(EditNotPermitted, "nothing permitted", json!({"viewMode": 1}), &["edit-not-permitted:error"]),
        customers(EditNotPermitted, "reading permitted", json!({"viewMode": 1, "permissions": 0}), &["edit-not-permitted:error"]),
        customers(EditNotPermitted, "all permitted", json!({"viewMode": 1, "permissions": 7}), &[]),
        customers(EditNotPermitted, "for viewing", json!({"viewMode": 0, "permissions": 0}), &[]),
        case(TokenMissing, "a whole answer", Subject::Config(json!({"Id": REPORT, "Type": "report", "EmbedUrl": report_url(), "EmbedToken": {"token": embed(), "expiration": "2023-11-14T23:13:20Z"}})), &["token-missing:error", "token-type-missing:error", "embed-url-missing:error", "config-invalid:error"]),
        claims(TokenNotRefreshed, "three days ago", json!({"exp": NOW - 3 * 86_400}), &["token-expired:error", "token-not-refreshed:warning"]),
        claims(TokenNotRefreshed, "three hours ago", json!({"exp": NOW - 3 * 3_600}), &["token-expired:error"]),
    ]
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    [texts(), times(), kinds(), places(), pages()]
        .into_iter()
        .flatten()
        .collect()
}
