//! Any bytes as the answer of a source: JSON text, or a JavaScript value, which may hold dates, and numbers that
//! JSON has not.
//!
//! A first byte below 32 begins a value, any other byte a text.

use crate::testing::{embed, jwt, parse_json};
use crate::token_check::{RECEIVED, read};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{AccessToken, Expiry, Json, ResponseError, parse_response, trim};
use serde_json::json;

pub(crate) fn check(bytes: &[u8]) {
    let answer = match bytes {
        [] => Json::Null,
        [0..32, rest @ ..] => Made(rest).value(0),
        other => {
            let Ok(text) = core::str::from_utf8(other) else {
                return;
            };
            parse_json(text.as_bytes()).unwrap_or_else(|| made_text(text.to_owned()))
        }
    };
    check_answer(&answer);
    check_answer(&Json::Object(vec![("data".into(), answer)]));
}

fn check_answer(answer: &Json) {
    let found = parse_response(answer, RECEIVED, None, parse_json);
    let printed = format!("{answer:?} {found:?}");
    let text = match &found {
        Ok(token) => &token.text,
        Err(ResponseError::Unusable(_, text)) => text,
        Err(ResponseError::NoToken) => return check_none(answer),
    };
    assert!(
        text.expose().len() < 24 || !printed.contains(text.expose()),
        "I6: it prints itself"
    );
    let alone = read(text.expose());
    match found {
        Ok(token) => {
            assert_eq!(token.text.expose(), trim(token.text.expose()));
            let alone = alone.expect("what is found is a token");
            assert_eq!(
                (token.kind, token.issued_at, &token.subject),
                (alone.kind, alone.issued_at, &alone.subject)
            );
            match (alone.expiry, token.expiry) {
                (Expiry::Known(own), Expiry::Known(at)) => assert!(at <= own, "the earlier end counts"),
                (Expiry::Assumed(own), Expiry::Assumed(at)) => assert_eq!(own, at),
                (Expiry::Assumed(_) | Expiry::Unknown, Expiry::Known(_))
                | (Expiry::Unknown, Expiry::Unknown) => {}
                (own, end) => panic!("{own:?} became {end:?}"),
            }
        }
        Err(ResponseError::Unusable(why, _)) => assert_eq!(alone.err(), Some(why)),
        Err(ResponseError::NoToken) => {}
    }
}

/// Where no token is found, none lies where every backend puts it.
fn check_none(answer: &Json) {
    for key in ["accessToken", "embedToken", "token", "access_token"] {
        if let Some(text) = answer.get(key).and_then(Json::as_str) {
            assert!(read(text).is_err(), "a token under `{key}` is not found");
        }
    }
}

fn made_text(text: String) -> Json {
    Json::String(AccessToken::new(text))
}

/// The bytes that a value is made of; zeros when they have ended.
struct Made<'a>(&'a [u8]);

impl Made<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn number<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }

    /// A time in seconds within nine hours of the receipt.
    fn near(&mut self) -> i64 {
        RECEIVED.as_ms() / 1_000 + i64::from(i16::from_be_bytes(self.number()))
    }

    #[expect(clippy::cast_precision_loss, reason = "as JavaScript has it")]
    fn value(&mut self, depth: u8) -> Json {
        let kind = self.byte() % 16;
        match kind {
            0..4 if depth < 9 => {
                let members = self.byte() % 6;
                Json::Object(
                    (0..members)
                        .map(|_| (self.key(), self.value(depth + 1)))
                        .collect(),
                )
            }
            4 if depth < 9 => {
                let items = self.byte() % 4;
                Json::Array((0..items).map(|_| self.value(depth + 1)).collect())
            }
            5 => Json::Bool(self.byte() & 1 > 0),
            6 => Json::Number(f64::from_bits(u64::from_be_bytes(self.number()))),
            7 => Json::Number(self.near() as f64),
            8 => Json::Number(self.near() as f64 * 1_000.0),
            9 => Json::Date(Timestamp::from_secs(self.near())),
            10 => Json::Date(Timestamp::from_ms(i64::from_be_bytes(self.number()))),
            11 => made_text(embed(&json!({ "clusterUrl": "https://c", "exp": self.near() }))),
            12 => made_text(embed(&json!({ "clusterUrl": "https://c" }))),
            13 => made_text(self.aad()),
            14 => made_text(self.near().to_string()),
            15 => made_text(self.letters()),
            _ => Json::Null,
        }
    }

    fn aad(&mut self) -> String {
        let aud = [
            "https://analysis.windows.net/powerbi/api",
            "https://graph.microsoft.com",
        ];
        let aud = aud[usize::from(self.byte() & 1)];
        jwt(&json!({ "aud": aud, "iat": self.near(), "exp": self.near(), "tid": "t", "oid": "o" }))
    }

    fn key(&mut self) -> String {
        let known = [
            "token",
            "accessToken",
            "embedToken",
            "access_token",
            "PowerBIToken",
            "data",
            "embedConfig",
            "value",
            "expiration",
            "expires_in",
            "expiresOn",
            "exp",
            "embedTokenExpiration",
            "tokenType",
            "refresh_token",
        ];
        let at = usize::from(self.byte());
        known
            .get(at)
            .map_or_else(|| self.letters(), |key| (*key).to_owned())
    }

    fn letters(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}
