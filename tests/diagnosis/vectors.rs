//! The 42 labelled fake tokens, each judged as its label says.

use serde_json::Value;

use crate::support::{look, name, told, value};

fn vectors() -> Vec<(String, String)> {
    let file: Value = serde_json::from_str(include_str!("../data/token-vectors.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let vectors = file["vectors"].as_array().unwrap().iter();
    vectors
        .map(|v| {
            (
                text(&v["name"]),
                v["pieces"].as_array().unwrap().iter().map(text).collect(),
            )
        })
        .collect()
}

/// Kind, principal, end in seconds from the clock, cloud, and the findings.
type Wanted = (
    &'static str,
    Option<&'static str>,
    Option<i64>,
    Option<&'static str>,
    &'static [&'static str],
);

const USER: Option<&str> = Some("user");
const APP: Option<&str> = Some("service-principal");
const GLOBAL: Option<&str> = Some("global");
const HOUR: Option<i64> = Some(3_600);

fn wanted(name: &str) -> Wanted {
    match name {
        "aad_user_v1" => ("aad", USER, Some(4_477), GLOBAL, &[]),
        "aad_user_v1_portal" => ("aad", USER, Some(4_477), GLOBAL, &["copied-from-portal:warning"]),
        "aad_sp_v1" | "aad_sp_v1_no_idtyp" => ("aad", APP, HOUR, GLOBAL, &["service-principal-aad:info"]),
        "aad_user_v2_guid_aud" => ("aad", USER, Some(4_477), None, &[]),
        "aad_user_dod" => ("aad", USER, Some(4_477), Some("usgov-dod"), &[]),
        "aad_user_china" => ("aad", USER, Some(4_477), Some("china"), &[]),
        "graph_token" | "arm_token" => ("aad", USER, Some(4_477), None, &["audience-wrong:error"]),
        "fabric_token" => ("aad", USER, Some(4_477), None, &["audience-wrong:warning"]),
        "id_token" => ("unknown", USER, Some(3_900), None, &["token-id-token:error"]),
        "b2c_or_own_api" => ("aad", None, Some(600), None, &["audience-wrong:error"]),
        "refresh_token_v2" | "refresh_token_v1" => {
            ("unknown", None, None, None, &["token-refresh-token:error"])
        }
        "legacy_wcn" => ("legacy", None, HOUR, GLOBAL, &["token-legacy:error"]),
        "embed_2018" => ("embed", None, None, None, &[]),
        "embed_2021" => ("embed", None, None, GLOBAL, &[]),
        "embed_2022" | "embed_2023" | "embed_2023_unpadded" => ("embed", None, HOUR, GLOBAL, &[]),
        "embed_private_link" => ("embed", None, HOUR, GLOBAL, &["public-access-blocked:info"]),
        "embed_truncated_meta_lost" => ("embed", None, None, None, &["token-damaged:info"]),
        "embed_truncated" => ("embed", None, None, None, &["token-damaged:error"]),
        "embed_one_char_changed" => ("embed", None, HOUR, GLOBAL, &["token-damaged:error"]),
        "embed_meta_only" | "embed_jwtio_rewrapped" => {
            ("unknown", None, HOUR, GLOBAL, &["token-damaged:error"])
        }
        "embed_trailing_newline" => ("embed", None, HOUR, GLOBAL, &["token-wrapped:warning"]),
        "embed_bearer_prefix"
        | "embed_bearer_prefix_lower"
        | "embed_quote"
        | "embed_internal_newline"
        | "embed_percent_encoded"
        | "embed_html_escaped"
        | "whole_json_pasted" => ("embed", None, HOUR, GLOBAL, &["token-wrapped:error"]),
        "literal_empty" => ("unknown", None, None, None, &["token-missing:error"]),
        "object_stringified" | "client_secret" | "guid" => {
            ("unknown", None, None, None, &["token-not-a-token:error"])
        }
        literal if literal.starts_with("literal_") => {
            ("unknown", None, None, None, &["token-not-a-token:error"])
        }
        unknown => panic!("no expectation for {unknown}"),
    }
}

#[test]
fn every_vector_is_judged_as_labelled() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 42);
    for (vector, text) in vectors {
        let report = look(&text);
        let (kind, principal, end, cloud, findings) = wanted(&vector);
        assert_eq!(name(report.kind), kind, "{vector}");
        assert_eq!(report.principal.map(name).as_deref(), principal, "{vector}");
        assert_eq!(
            report
                .expires_at
                .map(|at| at.as_ms() / 1_000 - crate::support::NOW),
            end,
            "{vector}"
        );
        assert_eq!(report.cloud, cloud, "{vector}");
        assert_eq!(told(&report.findings), findings, "{vector}");
    }
}

#[test]
fn a_report_has_the_shape_of_the_declarations() {
    let vectors = vectors();
    let (_, text) = vectors.iter().find(|(name, _)| name == "aad_user_v1").unwrap();
    let report = value(&look(text).to_json());
    assert_eq!(
        report,
        serde_json::json!({
            "kind": "aad", "principal": "user", "expiresAt": 1_700_004_477_000.0, "issuedAt": 1_699_999_700_000.0,
            "audience": "https://analysis.windows.net/powerbi/api",
            "tenantId": "11111111-2222-3333-4444-555555555555",
            "scopes": ["Report.Read.All", "Dataset.Read.All"], "cloud": "global", "clusterUrl": null, "findings": [],
        })
    );
}

/// No run of twelve characters of any vector's random parts stands in any report.
#[test]
fn no_report_quotes_its_token() {
    for (vector, text) in vectors() {
        let shown = format!(
            "{}{:?}",
            value(look(&text).to_json().get("findings").unwrap()),
            look(&text)
        );
        for run in text
            .as_bytes()
            .windows(12)
            .map(|run| String::from_utf8_lossy(run).into_owned())
        {
            let common = ["undefined", "object", "Access Token", "WORD"]
                .iter()
                .any(|word| run.contains(word));
            assert!(common || !shown.contains(&run), "{vector}: {run}");
        }
    }
}
