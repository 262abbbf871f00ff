//! Inputs from public threads and code, reduced and with made-up ids, each with the right outcome.
//!
//! `{{…}}` in `tests/data/field-cases.json` stands for a token of that kind.

use powerbi_token_keeper::diagnosis::{Verdict, explain};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{Expiry, Kind, parse_response};
use serde_json::{Value, json};

use crate::support::{EXP, NOW, embed, judge, look, name, options, told, user};
use crate::testing;

/// The cases of a kind by name, with tokens in the place of their names.
fn cases(kind: &str) -> Vec<(String, Value)> {
    let own = testing::jwt_by("HS256", &json!({"sub": "42", "iss": "contoso", "exp": EXP}));
    let text = include_str!("../data/field-cases.json")
        .replace("{{embed token}}", &embed())
        .replace("{{Entra token, user}}", &testing::jwt(&user()))
        .replace("{{the application's own JWT, HS256}}", &own);
    let file: Value = serde_json::from_str(&text).unwrap();
    let cases = file[kind].as_object().unwrap().iter();
    cases.map(|(name, case)| (name.clone(), case.clone())).collect()
}

#[test]
fn configurations() {
    for (case, config) in cases("diagnose") {
        let wanted: &[&str] = match case.as_str() {
            "03-report-server" | "62-url-datahub" | "67-url-api-fabric" | "70-url-html-escaped" => {
                &["embed-url-invalid:error"]
            }
            "09-playground-sample-dashboard" => &[
                "token-missing:error",
                "embed-url-invalid:error",
                "id-missing:error",
            ],
            "13-wrapper-props-report-component" => &["token-type-invalid:error", "config-invalid:error"],
            "15-edit-without-permissions" | "15b-edit-read-permission" => &["edit-not-permitted:error"],
            "21-mock-token" | "22-own-wrapped-jwt" => &["token-not-a-token:error"],
            "24-create-no-dataset" | "77-capital-type" => &["config-invalid:error"],
            "28-two-answer-fields" => &[
                "token-missing:error",
                "token-type-missing:error",
                "embed-url-missing:error",
                "config-invalid:error",
            ],
            "33-tile-no-dashboard" => &["config-invalid:error", "embed-url-no-config:warning"],
            "40-ctid-other-tenant" => &["tenant-mismatch:error"],
            other => panic!("no expectation for {other}"),
        };
        assert_eq!(told(&judge(&config)), wanted, "{case}");
    }
}

/// What lies elsewhere, or is called otherwise, is said where it is.
#[test]
fn messages_say_where_things_are() {
    let said = |wanted: &str| -> String {
        let (_, config) = cases("diagnose")
            .into_iter()
            .find(|(name, _)| name == wanted)
            .unwrap();
        judge(&config)
            .iter()
            .map(|finding| finding.message.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (case, words) in [
        (
            "28-two-answer-fields",
            vec!["EmbedToken.token", "EmbedUrl", "Type"],
        ),
        (
            "13-wrapper-props-report-component",
            vec!["embedType", "embedId", "reportMode", "viewMode"],
        ),
        ("03-report-server", vec!["Report Server"]),
        ("62-url-datahub", vec!["portal"]),
        ("70-url-html-escaped", vec!["&amp;"]),
        ("22-own-wrapped-jwt", vec!["your own application"]),
        ("21-mock-token", vec!["mock"]),
    ] {
        let message = said(case);
        assert!(
            words.iter().all(|word| message.contains(word)),
            "{case}: {message}"
        );
    }
}

#[test]
fn errors() {
    for (case, error) in cases("explain") {
        let (wanted, confirmed): (&str, &[&str]) = match case.as_str() {
            "51-paginated-v1-workspace" => ("InvalidRequest", &["request-invalid"]),
            "53-identity-not-callers-name" | "77-axios-error" => ("InvalidRequest", &["identity-invalid"]),
            "57-aadsts50196-loop" => ("AADSTS50196", &["throttled"]),
            "60-capacity-not-active" => ("LoadReportFailed", &["capacity"]),
            "62-accesstoken-is-required" => ("accessToken is required", &["token-missing"]),
            "64-edit-insufficient" => ("insufficientPermissions", &["edit-not-permitted"]),
            "67-sdk-2230-host-check" => ("Invalid embed URL detected", &["embed-url-invalid"]),
            "68-app-error-with-upstream-body" => ("PowerBIEntityNotFound", &[]),
            "81-exceeded-quota-header-only" => ("HTTP 403", &[]),
            other => panic!("no expectation for {other}"),
        };
        let explanation = explain(&testing::json(&error), None, &options());
        let causes = explanation
            .causes
            .iter()
            .filter(|cause| cause.verdict == Verdict::Confirmed);
        let found: Vec<String> = causes.map(|cause| name(cause.finding.code)).collect();
        assert_eq!(
            (explanation.error.as_str(), found),
            (wanted, confirmed.iter().map(ToString::to_string).collect()),
            "{case}"
        );
        assert!(!explanation.causes.is_empty(), "{case}");
    }
}

#[test]
fn responses() {
    let ten_before = Expiry::Known(Timestamp::from_secs(NOW + 3_000));
    for (case, response) in cases("answer") {
        let read = |wanted| {
            parse_response(
                &testing::json(&response),
                Timestamp::from_secs(NOW),
                wanted,
                testing::parse_json,
            )
        };
        if case == "a20-mock-dated" {
            assert!(read(Some(Kind::Embed)).is_err(), "{case}");
            continue;
        }
        let token = read(Some(Kind::Embed)).unwrap_or_else(|error| panic!("{case}: {error:?}"));
        assert_eq!(
            (token.text.expose(), token.expiry),
            (embed().as_str(), ten_before),
            "{case}"
        );
        let is_mixed = case == "a25c-access_token-and-embed_token";
        assert_eq!(
            read(Some(Kind::Aad)).unwrap().kind,
            Some(if is_mixed { Kind::Aad } else { Kind::Embed }),
            "{case}"
        );
    }
}

#[test]
fn tokens() {
    for (case, token) in cases("inspect") {
        let report = look(token.as_str().unwrap());
        assert_eq!(
            (name(report.kind).as_str(), told(&report.findings)),
            ("unknown", vec!["token-not-a-token:error".to_owned()]),
            "{case}"
        );
    }
}
