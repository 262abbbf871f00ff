//! Any bytes as an access token's text, a date, and an audience.
//!
//! A first byte below 32 says that the rest is JSON inside a token, which no fuzzer finds through base64.

use crate::testing::parse_json;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use powerbi_token_keeper::time::{Duration, Timestamp};
use powerbi_token_keeper::token::{
    ASSUMED_LIFE, AccessToken, Expiry, Kind, ParsedDate, Token, TokenFormat, Unusable, classify, is_power_bi,
    parse_date, parse_http_date, parse_token, trim,
};
use powerbi_token_keeper::token_expired;

/// 2023-11-14T22:13:20Z, near which the corpus' tokens live.
pub(crate) const RECEIVED: Timestamp = Timestamp::from_secs(1_700_000_000);

pub(crate) fn check(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    check_token(&text);
    check_dates(&text);
    check_audience(&text);
    let _ = token_expired::expiry_scope(Some(&text), Some(&text));
}

fn text(bytes: &[u8]) -> Option<String> {
    let segment = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Some(match bytes {
        [0, claims @ ..] => format!("{}.{}.sig", segment(br#"{"alg":"RS256"}"#), segment(claims)),
        [1, claims @ ..] => format!("{}.{}.sig", segment(br#"{"alg":"HS256"}"#), segment(claims)),
        [2, metadata @ ..] => format!("H4sIAAAA.{}", segment(metadata)),
        [3..32, ..] => return None,
        other => core::str::from_utf8(other).ok()?.to_owned(),
    })
}

pub(crate) fn read(text: &str) -> Result<Token, Unusable> {
    parse_token(&AccessToken::new(text.to_owned()), RECEIVED, parse_json)
}

fn check_token(text: &str) {
    let found = read(text);
    assert_eq!(
        found,
        read(&format!("\u{feff} {text}\r\n")),
        "what is around it does not count"
    );
    let printed = format!("{found:?}");
    let Ok(token) = found else { return };

    let inner = token.text.expose();
    assert_eq!(inner, trim(text));
    assert!(
        inner.len() < 24 || !printed.contains(inner),
        "I6: it prints itself"
    );
    match classify(inner) {
        Ok(TokenFormat::Jwt) => assert!(matches!(token.kind, Some(Kind::Aad) | None)),
        Ok(TokenFormat::Embed) => assert_eq!(token.kind, Some(Kind::Embed)),
        Ok(TokenFormat::Opaque) => assert_eq!(token.kind, None),
        Err(why) => panic!("{why:?}, and read all the same"),
    }
    if let Expiry::Assumed(at) = token.expiry {
        assert_eq!((at, token.kind), (RECEIVED + ASSUMED_LIFE, Some(Kind::Embed)));
    }
    for wrapped in [format!("Bearer {inner}"), format!("bearer  Bearer\t{inner}")] {
        assert_eq!(read(&wrapped).err(), Some(Unusable::Wrapped));
    }
    assert!(read(&format!("\"{inner}\"")).is_err());
}

fn check_dates(text: &str) {
    let date = parse_date(text);
    assert_eq!(date, parse_date(&format!(" {text} ")));
    if let Some(ParsedDate::Absolute(at) | ParsedDate::Naive(at)) = date {
        // before 1970 by its offset alone
        assert!(at + Duration::from_mins(24 * 60) > Timestamp::from_ms(0));
    }
    // the crate wants the name of a day in front of it
    let Some((ours, (_, rest))) = parse_http_date(text).zip(trim(text).split_once(',')) else {
        return;
    };
    if let Ok(theirs) = httpdate::parse_http_date(&format!("Mon,{rest}")) {
        let theirs = theirs
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        assert_eq!(ours, Timestamp::from_secs(theirs.cast_signed()), "{rest}");
    }
}

fn check_audience(text: &str) {
    let ours = is_power_bi(text);
    assert_eq!(ours, is_power_bi(&text.to_ascii_uppercase()));
    assert_eq!(ours, is_power_bi(&format!(" {} ", trim(text))));
    assert!(!ours || is_power_bi(&format!("{}/", trim(text))));
}
