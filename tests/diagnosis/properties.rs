//! Whatever comes in: no panic, no token in any text.

use powerbi_token_keeper::diagnosis::{diagnose, explain};
use powerbi_token_keeper::token::{AccessToken, Json};
use proptest::prelude::*;

use crate::support::{look, options};

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(eyJ|H4sI|Bearer |\\{|\"|%|&#|0\\.A)[A-Za-z0-9+/_=.%&;\" -]{0,120}",
        "https?://[a-z.]{0,30}/[a-zA-Z/]{0,20}(\\?[a-zA-Z]{1,9}=[A-Za-z0-9%=+-]{0,40}){0,2}",
        "(TokenExpired|LoadReportFailed|Could not resolve cluster|403|report|Get report failed)",
    ]
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<f64>().prop_map(Json::Number),
        texts().prop_map(|text| Json::String(AccessToken::new(text))),
    ];
    let key = "(accessToken|tokenType|embedUrl|id|groupId|type|eventHooks|message|detailedMessage|errorCode|error|detail)";
    leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((key, inner), 0..8).prop_map(Json::Object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_token_is_inspected(text in texts()) {
        let report = look(&text);
        prop_assert!(report.findings.iter().all(|finding| !finding.message.is_empty()));
    }

    #[test]
    fn any_configuration_and_error_is_judged(config in values(), error in values()) {
        let _ = diagnose(&config, &options());
        let explanation = explain(&error, Some(&config), &options());
        prop_assert!(explanation.causes.is_sorted_by_key(|cause| cause.verdict));
    }
}

/// 64 KB of anything is judged. How long that takes is measured by `bench/figures/diagnosis.mjs`.
#[test]
fn long_inputs_are_judged() {
    let long = 64 * 1_024;
    for unit in [
        "H4sI", "eyJ.", "%41", "&#x3D;", " ", "\"", "Bearer ", "{\"a\":", "\\n", "A", "é", "H4sI\n", "?a=b&",
    ] {
        for start in [
            "",
            "H4sI",
            "eyJ",
            "{",
            "Bearer ",
            "https://app.powerbi.com/reportEmbed?",
        ] {
            let text = format!("{start}{}", unit.repeat(long / unit.len()));
            let json = Json::String(AccessToken::new(text.clone()));
            let one = |member: &str| Json::Object(vec![(member.to_owned(), json.clone())]);
            assert!(!look(&text).findings.is_empty(), "{start}{unit}");
            assert!(
                !diagnose(&one("embedUrl"), &options()).is_empty(),
                "{start}{unit}"
            );
            assert!(
                !explain(&one("message"), Some(&one("id")), &options())
                    .summary
                    .is_empty(),
                "{start}{unit}"
            );
        }
    }
}
