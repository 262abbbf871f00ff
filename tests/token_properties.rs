//! Whatever comes in: reading never panics and never shows a token.
#![cfg(test)]

use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{
    self, AccessToken, Json, parse_date, parse_http_date, parse_response, parse_token,
};
use proptest::prelude::*;

#[path = "../src/token/testing.rs"]
mod testing;

/// Texts near what readers look for.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(eyJ|H4sI|Bearer |0\\.A|M\\.|\\{|\"|%)[A-Za-z0-9+/_=.-]{0,200}",
        "[0-9T:/.Z+ -]{0,40}( ?[AP]M)?",
        Just(testing::embed(&serde_json::json!({"exp": 1_700_000_000}))),
        "(token|accessToken|expiration|data|expires_in|CANARY)",
    ]
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<f64>().prop_map(Json::Number),
        any::<i64>().prop_map(|ms| Json::Date(Timestamp::from_ms(ms))),
        texts().prop_map(|text| Json::String(AccessToken::new(text))),
    ];
    leaf.prop_recursive(8, 64, 6, |inner| {
        let key = prop_oneof![
            texts(),
            "(token|embedToken|access_token|expiration|expires_in|data|embedConfig)"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::vec((key, inner), 0..6).prop_map(Json::Object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in texts(), ms in any::<i64>()) {
        let token = AccessToken::new(text.clone());
        let read = parse_token(&token, Timestamp::from_ms(ms), testing::parse_json);
        if let Ok(read) = read {
            prop_assert!(text.contains(read.text.expose()) && !read.text.expose().is_empty());
        }
        let _ = parse_http_date(&text);
        prop_assert!(parse_date(&text).is_none() || text.bytes().any(|byte| byte.is_ascii_digit()));
    }

    #[test]
    fn any_answer_is_read_without_a_panic(answer in values(), ms in any::<i64>()) {
        let read = parse_response(&answer, Timestamp::from_ms(ms), None, testing::parse_json);
        let shown = format!("{answer:?} {read:?}");
        prop_assert!(!shown.contains("CANARY"));
    }
}

#[test]
fn nothing_read_prints_its_text() {
    let user =
        testing::jwt(&serde_json::json!({"aud": "https://analysis.windows.net/powerbi/api", "exp": 1}));
    let embed = testing::embed(&serde_json::json!({"exp": 1}));
    for text in [user, embed, "CANARY".repeat(20)] {
        let start = text.get(..6).unwrap().to_owned();
        let token = AccessToken::new(text);
        let read = parse_token(&token, Timestamp::from_ms(0), testing::parse_json).unwrap();
        let answer = Json::Object(vec![("token".into(), Json::String(token))]);
        let shown = format!(
            "{read:?} {read:#?} {answer:?} {:?}",
            parse_response(&answer, Timestamp::from_ms(0), None, testing::parse_json)
        );
        assert!(!shown.contains(&start), "{shown}");
    }
}
