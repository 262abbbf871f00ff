//! Fake tokens and configurations of every kind, cloud and era, and short ways to judge them.

use std::fmt::Debug;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use flate2::Compression;
use flate2::write::GzEncoder;
use powerbi_token_keeper::diagnosis::{Finding, Options, TokenReport, diagnose, inspect};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{AccessToken, Json};
use serde_json::{Value, json};

use crate::testing;

/// 2023-11-14T22:13:20Z.
pub(crate) const NOW: i64 = 1_700_000_000;
/// When the fake tokens end: 23:13:20Z.
pub(crate) const EXP: i64 = NOW + 3_600;
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const REPORT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
pub(crate) const GROUP: &str = "99999999-8888-7777-6666-555555555555";
pub(crate) const CLUSTER: &str = "https://WABI-WEST-EUROPE-redirect.analysis.windows.net";

/// The eras of embed tokens, by what their second part holds.
pub(crate) const ERAS: [&str; 4] = ["2018", "2021", "2022", "2023"];

pub(crate) fn options() -> Options {
    Options::new(Timestamp::from_secs(NOW), testing::parse_json)
}

/// The claims of a user's token for Power BI.
pub(crate) fn user() -> Value {
    json!({
        "aud": "https://analysis.windows.net/powerbi/api", "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": NOW - 300, "nbf": NOW - 300, "exp": EXP, "appid": "99999999-8888-7777-6666-555555555555",
        "oid": "o", "sub": "s", "tid": TENANT, "upn": "jo@contoso.example", "ver": "1.0",
        "scp": "Report.Read.All Dataset.Read.All Dashboard.Read.All Content.Create",
    })
}

/// The claims of a service principal's token.
pub(crate) fn app() -> Value {
    let mut claims = without(&user(), &["scp", "upn"]);
    claims["idtyp"] = json!("app");
    claims
}

/// These claims or members with others in their place.
pub(crate) fn with(base: &Value, patch: &Value) -> Value {
    let mut merged = base.clone();
    for (name, value) in patch.as_object().unwrap() {
        merged[name] = value.clone();
    }
    merged
}

/// These claims or members without some.
pub(crate) fn without(base: &Value, names: &[&str]) -> Value {
    let mut rest = base.clone();
    for name in names {
        rest.as_object_mut().unwrap().remove(*name);
    }
    rest
}

/// The gzip part of a well-formed embed token with pseudo-random contents.
pub(crate) fn packed(seed: u64, payload: usize) -> String {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut random = |length: usize| STANDARD.encode((0..length).map(|_| rng.u8(..)).collect::<Vec<u8>>());
    let inner = format!(
        r#"{{"Payload":"{}","CryptoKey":"{}","CypherIV":"{}","Signature":"{}"}}"#,
        random(payload),
        random(256),
        random(16),
        random(256)
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(inner.as_bytes()).unwrap();
    URL_SAFE.encode(encoder.finish().unwrap())
}

/// A well-formed embed token with this plain part.
pub(crate) fn embed_with(metadata: &Value) -> String {
    format!("{}.{}", packed(7, 1_920), STANDARD.encode(metadata.to_string()))
}

/// A well-formed embed token of an era, for a cluster.
pub(crate) fn embed_of(era: &str, cluster: &str) -> String {
    let features = json!({"modernEmbed": false});
    match era {
        "2018" => packed(2_018, 1_616),
        "2021" => embed_with(&json!({"clusterUrl": cluster, "embedFeatures": features})),
        "2022" => embed_with(&json!({"clusterUrl": cluster, "exp": EXP})),
        "2023" => {
            embed_with(&json!({"clusterUrl": cluster, "exp": EXP, "allowAccessOverPublicInternet": true}))
        }
        other => panic!("no era {other}"),
    }
}

pub(crate) fn embed() -> String {
    embed_of("2023", CLUSTER)
}

/// The parameter `config` as the API makes it.
pub(crate) fn url_config(cluster: &str) -> String {
    let config =
        json!({"clusterUrl": cluster, "embedFeatures": {"modernEmbed": true, "usageMetricsVNext": true}});
    STANDARD.encode(config.to_string())
}

/// The embedUrl of a report in the global cloud.
pub(crate) fn report_url() -> String {
    format!(
        "https://app.powerbi.com/reportEmbed?reportId={REPORT}&groupId={GROUP}&w=2&config={}",
        url_config(CLUSTER).replace('=', "%3d")
    )
}

/// A healthy configuration with an embed token.
pub(crate) fn for_customers() -> Value {
    json!({"type": "report", "tokenType": 1, "accessToken": embed(), "id": REPORT, "groupId": GROUP,
        "embedUrl": report_url()})
}

/// A healthy configuration with a user's token.
pub(crate) fn for_users() -> Value {
    with(
        &for_customers(),
        &json!({"tokenType": 0, "accessToken": testing::jwt(&user())}),
    )
}

pub(crate) fn judge(config: &Value) -> Vec<Finding> {
    diagnose(&testing::json(config), &options())
}

pub(crate) fn look(token: &str) -> TokenReport {
    inspect(&AccessToken::new(token.to_owned()), &options())
}

/// A code, severity or verdict as JavaScript sees it.
pub(crate) fn name(variant: impl Debug) -> String {
    let letters = format!("{variant:?}");
    let spelt = letters.chars().map(|letter| match letter {
        'A'..='Z' => format!("-{}", letter.to_ascii_lowercase()),
        _ => letter.to_string(),
    });
    spelt.collect::<String>().trim_start_matches('-').to_owned()
}

/// A result as JavaScript sees it.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bit) => json!(bit),
        Json::Number(number) => json!(number),
        Json::String(text) => json!(text.expose()),
        Json::Date(_) => unreachable!("no result has one"),
        Json::Array(items) => items.iter().map(value).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), value(member)))
            .collect(),
    }
}

/// Findings as `code:severity`.
pub(crate) fn told(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{}:{}", name(finding.code), name(finding.severity)))
        .collect()
}
