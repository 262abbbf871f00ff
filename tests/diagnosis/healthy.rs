//! No false alarm: healthy configurations have no finding of severity error or warning.

use powerbi_token_keeper::diagnosis::{CLOUDS, Cloud, Finding, Severity};
use serde_json::{Value, json};

use crate::support::{
    ERAS, GROUP, REPORT, embed_of, for_customers, for_users, judge, look, told, url_config, user, with,
};
use crate::testing;

fn alarms(findings: &[Finding]) -> Vec<String> {
    let loud: Vec<Finding> = findings
        .iter()
        .filter(|finding| finding.severity != Severity::Info)
        .cloned()
        .collect();
    told(&loud)
}

fn cluster(cloud: &Cloud) -> String {
    format!("https://WABI-NORTH-X-redirect.{}", cloud.analysis)
}

fn host(cloud: &Cloud) -> String {
    match cloud.name {
        "global" => "app.powerbi.com".to_owned(),
        _ => cloud.embed[0].to_owned(),
    }
}

/// Type, path and ids of each kind of content, as the API has them.
fn contents() -> [(&'static str, String, bool); 8] {
    [
        (
            "report",
            format!("reportEmbed?reportId={REPORT}&groupId={GROUP}&w=2"),
            true,
        ),
        (
            "report",
            format!("rdlEmbed?reportId={REPORT}&groupId={GROUP}"),
            false,
        ),
        (
            "dashboard",
            format!("dashboardEmbed?dashboardId={REPORT}&groupId={GROUP}"),
            true,
        ),
        (
            "tile",
            format!("embed?dashboardId={GROUP}&tileId={REPORT}&groupId={GROUP}"),
            true,
        ),
        ("qna", format!("qnaEmbed?groupId={GROUP}"), false),
        (
            "visual",
            format!("reportEmbed?reportId={REPORT}&groupId={GROUP}"),
            true,
        ),
        ("create", format!("reportEmbed?datasetId={REPORT}"), false),
        ("quickCreate", "quickCreate".to_owned(), false),
    ]
}

/// The `config` parameter in its spellings: padded, escaped, unpadded.
fn spellings(packed: &str) -> [String; 3] {
    [
        packed.to_owned(),
        packed.replace('=', "%3d"),
        packed.trim_end_matches('=').to_owned(),
    ]
}

#[test]
fn every_cloud_kind_content_era_and_spelling() {
    let mut count = 0;
    for cloud in CLOUDS.iter().filter(|cloud| cloud.name != "germany") {
        let audience = format!("https://{}/powerbi/api", cloud.analysis);
        let mut tokens = vec![(0, testing::jwt(&with(&user(), &json!({"aud": audience}))))];
        tokens.extend(ERAS.iter().map(|era| (1, embed_of(era, &cluster(cloud)))));
        for (kind, path, has_config) in contents() {
            for spelling in spellings(&url_config(&cluster(cloud))) {
                let query = if has_config {
                    format!("&config={spelling}")
                } else {
                    String::new()
                };
                let url = format!("https://{}/{path}{query}", host(cloud));
                for (token_type, token) in &tokens {
                    let config =
                        json!({"type": kind, "tokenType": token_type, "accessToken": token, "embedUrl": url});
                    assert_eq!(
                        alarms(&judge(&config)),
                        [""; 0],
                        "{} {kind} {token_type} {url}",
                        cloud.name
                    );
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 8 * 8 * 3 * 5);
}

#[test]
fn harmless_differences() {
    let url = crate::support::report_url();
    let provider = json!({"accessTokenProvider": {}});
    let cases: [(&str, &Value, Value); 18] = [
        ("as it is", &for_customers(), json!({})),
        ("a user's", &for_users(), json!({})),
        (
            "ids in upper case",
            &for_customers(),
            json!({"id": REPORT.to_uppercase(), "groupId": GROUP.to_uppercase()}),
        ),
        (
            "host in upper case",
            &for_customers(),
            json!({"embedUrl": url.replace("app.powerbi.com", "APP.PowerBI.com")}),
        ),
        (
            "another Power BI host",
            &for_customers(),
            json!({"embedUrl": url.replace("app.", "msit.")}),
        ),
        (
            "Fabric's host",
            &for_customers(),
            json!({"embedUrl": url.replace("app.powerbi", "app.fabric.microsoft")}),
        ),
        (
            "path with a slash",
            &for_customers(),
            json!({"embedUrl": url.replace("reportEmbed?", "reportEmbed/?")}),
        ),
        (
            "parameters of the app",
            &for_customers(),
            json!({"embedUrl": format!("{url}&appId={GROUP}&filterPaneEnabled=false")}),
        ),
        (
            "autoAuth=false",
            &for_customers(),
            json!({"embedUrl": format!("{url}&autoAuth=false")}),
        ),
        (
            "ids in the URL alone",
            &for_customers(),
            json!({"id": null, "groupId": null}),
        ),
        (
            "settings and others",
            &for_users(),
            json!({"settings": {"panes": {}}, "permissions": 7, "viewMode": 1, "uniqueId": "u"}),
        ),
        (
            "a provider for a user's report",
            &for_users(),
            json!({"eventHooks": provider}),
        ),
        ("no hooks", &for_customers(), json!({"eventHooks": {}})),
        (
            "no tokenType for a user",
            &for_users(),
            json!({"tokenType": null}),
        ),
        (
            "the backend agrees",
            &for_customers(),
            json!({"expiration": "2023-11-14T23:14:20Z"}),
        ),
        (
            "an end without zone",
            &for_customers(),
            json!({"expiration": "2023-11-15T09:13:20"}),
        ),
        (
            "portal spelling of the cluster",
            &for_customers(),
            json!({"accessToken":
            embed_of("2023", "https://wabi-west-europe-redirect.analysis.windows.net/")}),
        ),
        (
            "unpadded token",
            &for_customers(),
            json!({"accessToken": embed_of("2023", crate::support::CLUSTER).trim_end_matches('=')}),
        ),
    ];
    for (name, base, patch) in cases {
        assert_eq!(alarms(&judge(&with(base, &patch))), [""; 0], "{name}");
    }
}

#[test]
fn healthy_users_tokens() {
    for patch in [
        json!({"aud": "00000009-0000-0000-c000-000000000000", "ver": "2.0"}),
        json!({"aud": "https://analysis.windows.net/powerbi/api/"}),
        json!({"aud": ["https://analysis.windows.net/powerbi/api"]}),
        json!({"aud": "https://analysis.new-cloud.example/powerbi/api"}),
        json!({"scp": "user_impersonation"}),
        json!({"idtyp": "user"}),
        json!({"nbf": crate::support::NOW + 30}),
        json!({"iat": crate::support::NOW + 100}),
        json!({"exp": crate::support::NOW + 28 * 3_600}),
    ] {
        let token = testing::jwt(&with(&user(), &patch));
        assert_eq!(alarms(&look(&token).findings), [""; 0], "{patch}");
        assert_eq!(
            alarms(&judge(&with(&for_users(), &json!({"accessToken": token})))),
            [""; 0],
            "{patch}"
        );
    }
}
