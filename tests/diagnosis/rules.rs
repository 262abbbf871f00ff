//! Every case of the table has its findings, and every text is fit to be read.

use powerbi_token_keeper::diagnosis::{Finding, diagnose, inspect};
use powerbi_token_keeper::token::AccessToken;
use serde_json::{Value, json};

use crate::cases::{Case, Subject, cases};
use crate::support::{
    CLUSTER, GROUP, NOW, REPORT, embed, embed_of, embed_with, for_customers, options, report_url, told, user,
    with,
};
use crate::testing;

fn findings(case: &Case) -> Vec<Finding> {
    match &case.subject {
        Subject::Token(text) => inspect(&AccessToken::new(text.clone()), &case.options).findings,
        Subject::Config(config) => diagnose(&testing::json(config), &case.options),
    }
}

#[test]
fn every_case_has_exactly_its_findings() {
    let cases = cases();
    assert!(cases.len() >= 150, "{}", cases.len());
    let judged = cases.iter().map(|case| (case, told(&findings(case))));
    let wrong: Vec<String> = judged
        .filter(|(case, found)| *found != case.found)
        .map(|(case, found)| {
            format!(
                "{:?}, {}: {found:?} and not {:?}",
                case.about, case.what, case.found
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_text_is_one_plain_sentence() {
    for case in cases() {
        for finding in findings(&case) {
            for text in [finding.message.as_str(), finding.fix] {
                let sentence =
                    text.ends_with('.') && !text.contains("  ") && !text.contains(". ") && text.len() < 260;
                assert!(sentence, "{:?}: {text}", case.about);
            }
            assert!(
                finding
                    .docs
                    .is_none_or(|docs| docs.starts_with("https://learn.microsoft.com/"))
            );
        }
    }
}

#[test]
fn messages_name_what_was_compared() {
    let message = |config: &Value| diagnose(&testing::json(config), &options()).remove(0).message;
    let expired = embed_with(&json!({"clusterUrl": CLUSTER, "exp": NOW - 10_800}));
    for (patch, words) in [
        (
            json!({"accessToken": expired}),
            vec!["2023-11-14 19:13 UTC", "3 hours ago"],
        ),
        (json!({"id": GROUP}), vec![GROUP, REPORT]),
        (json!({"groupId": REPORT}), vec![GROUP, REPORT]),
        (json!({"type": "tile", "id": REPORT}), vec!["tile", "reportembed"]),
        (
            json!({"embedUrl": report_url().replace("app.powerbi.com", "x.example")}),
            vec!["x.example"],
        ),
        (
            json!({"accessToken": embed_of("2023", "https://WABI-X-redirect.analysis.windows.net")}),
            vec![
                "wabi-x-redirect.analysis.windows.net",
                "wabi-west-europe-redirect.analysis.windows.net",
            ],
        ),
    ] {
        let message = message(&with(&for_customers(), &patch));
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

/// A token that was put into any member of a configuration is quoted by no finding.
#[test]
fn no_finding_quotes_a_token() {
    let (embed, user) = (embed(), testing::jwt(&user()));
    for secret in [
        embed.as_str(),
        user.as_str(),
        "abc8Q~fakefakefakefakefakefakefakefakefak",
        "CANARY_CANARY_CANARY_CANARY_CANARY_CANARY",
    ] {
        for member in [
            "type",
            "id",
            "groupId",
            "embedUrl",
            "accessToken",
            "tokenType",
            "eventHooks",
        ] {
            let config = with(&for_customers(), &json!({member: secret}));
            let shown = format!("{:?}", diagnose(&testing::json(&config), &options()));
            assert!(!shown.contains(secret.get(..12).unwrap()), "{member}: {shown}");
        }
        for parameter in ["reportId", "groupId", "config"] {
            let url = format!("https://app.powerbi.com/reportEmbed?{parameter}={secret}");
            let config = with(&for_customers(), &json!({"embedUrl": url}));
            let shown = format!("{:?}", diagnose(&testing::json(&config), &options()));
            assert!(!shown.contains(secret.get(..12).unwrap()), "{parameter}: {shown}");
        }
    }
}
