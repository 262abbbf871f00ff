//! Any bytes as a token, a configuration, the body of a GenerateToken request and an error: each is judged, in plain
//! sentences that quote no token, and no error that carries a status is unknown.
//!
//! `{{embed token}}` and `{{Entra token}}` stand for a token, so that a fuzzer has whole ones to put anywhere.

use crate::testing::{embed, jwt, parse_json};
use powerbi_token_keeper::diagnosis::{Explanation, Finding, Options, diagnose, explain, inspect};
use powerbi_token_keeper::time::{Skew, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Json};
use serde_json::json;

/// 2023-11-14T22:13:20Z, near which the tokens live.
const NOW: i64 = 1_700_000_000;
/// Names, hosts and ids that are quoted are shorter.
const PIECE: usize = 24;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let tokens = [
        embed(
            &json!({"clusterUrl": "https://WABI-NORTH-X-redirect.analysis.windows.net", "exp": NOW + 3_600}),
        ),
        jwt(
            &json!({"aud": "https://analysis.windows.net/powerbi/api", "exp": NOW + 3_600, "iat": NOW, "scp": "s"}),
        ),
    ];
    let text = text
        .replace("{{embed token}}", &tokens[0])
        .replace("{{Entra token}}", &tokens[1]);
    let options = Options::new(Timestamp::from_secs(NOW), parse_json);
    let skewed = Options {
        skew: Some(Skew::from_ms(7_200_000)),
        sdk: Some("2.19.1".into()),
        ..options.clone()
    };
    let json = parse_json(text.as_bytes()).unwrap_or_else(|| Json::String(AccessToken::new(text.clone())));
    for options in [&options, &skewed] {
        let report = inspect(&AccessToken::new(text.clone()), options);
        check_findings(&report.findings, &tokens);
        check_findings(&diagnose(&json, options), &tokens);
        check_explanation(&explain(&json, None, options), &tokens);
        check_explanation(&explain(&json, Some(&json), options), &tokens);
        for (name, part) in json.members() {
            if name == "config" {
                check_findings(&diagnose(part, options), &tokens);
                check_explanation(&explain(&json, Some(part), options), &tokens);
            }
        }
    }
    if let Some(status) = json.get("status").and_then(Json::as_f64)
        && (400.0..600.0).contains(&status)
    {
        assert_ne!(explain(&json, None, &options).error, "unknown", "it has a status");
    }
}

fn check_findings(findings: &[Finding], tokens: &[String]) {
    for finding in findings {
        check_text(&finding.message, tokens);
        check_text(finding.fix, tokens);
    }
}

fn check_explanation(explanation: &Explanation, tokens: &[String]) {
    check_text(explanation.summary, tokens);
    assert!(!explanation.error.is_empty() && explanation.error.len() <= 80);
    assert!(explanation.causes.is_sorted_by_key(|cause| cause.verdict));
    for (at, cause) in explanation.causes.iter().enumerate() {
        check_findings(core::slice::from_ref(&cause.finding), tokens);
        let code = cause.finding.code;
        let is_first = !explanation.causes[..at]
            .iter()
            .any(|other| other.finding.code == code);
        assert!(is_first, "{code:?} is there once");
    }
}

fn check_text(text: &str, tokens: &[String]) {
    assert!(!text.is_empty());
    for token in tokens {
        for at in (0..token.len().saturating_sub(PIECE)).step_by(PIECE / 2) {
            assert!(!text.contains(&token[at..at + PIECE]), "I6: a part of a token");
        }
    }
}
