//! Reading an embed token: `base64(gzip(…))`, encrypted, then perhaps `.` and `base64(JSON)` in the plain.

use super::text::split_once;
use super::{ASSUMED_LIFE, AccessToken, Expiry, JsonReader, Kind, Token, Unusable, base64, claim_timestamp};
use crate::time::Timestamp;

/// Reads a text that begins as an embed token does. The gzip part stays packed.
pub(super) fn read(text: AccessToken, received: Timestamp, json: &JsonReader) -> Result<Token, Unusable> {
    let parts = split_once(text.expose(), b'.');
    let packed = parts.map_or(text.expose(), |(packed, _)| packed);
    let metadata = parts.map(|(_, metadata)| metadata);
    let more = metadata.is_some_and(|metadata| split_once(metadata, b'.').is_some());
    let mut padding = packed.bytes().skip_while(|byte| *byte != b'=');
    if more || padding.any(|byte| byte != b'=') {
        return Err(Unusable::Damaged);
    }
    let exp = match metadata {
        Some(metadata) => claim_timestamp(&base64::object(metadata, json).ok_or(Unusable::Damaged)?, "exp"),
        // As all had it until 2018, or lost on the way: nobody can tell.
        None => None,
    };
    let expiry = exp.map_or(Expiry::Assumed(received + ASSUMED_LIFE), Expiry::Known);
    Ok(Token {
        text,
        kind: Some(Kind::Embed),
        expiry,
        issued_at: None,
        subject: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{embed, parse_json, segment};
    use super::{AccessToken, Expiry, JsonReader, Kind, Timestamp, Unusable, read};

    const RECEIVED: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn expiry(text: &str) -> Result<Expiry, Unusable> {
        read(
            AccessToken::new(text.to_owned()),
            RECEIVED,
            &JsonReader::new(parse_json),
        )
        .map(|token| {
            assert_eq!(
                (token.kind, token.issued_at, token.subject),
                (Some(Kind::Embed), None, None)
            );
            token.expiry
        })
    }

    #[test]
    fn all_four_eras_are_read() {
        let known = Ok(Expiry::Known(Timestamp::from_secs(1_700_003_600)));
        let assumed = Ok(Expiry::Assumed(Timestamp::from_secs(1_700_003_600)));
        let url = "https://WABI-WEST-EUROPE-redirect.analysis.windows.net";
        for (text, wanted) in [
            ("H4sIAAAAAAAEACWW".to_owned(), assumed),
            (
                embed(&json!({"clusterUrl": url, "embedFeatures": {"modernEmbed": false}})),
                assumed,
            ),
            (embed(&json!({"clusterUrl": url, "exp": 1_700_003_600})), known),
            (
                embed(
                    &json!({"clusterUrl": url, "exp": 1_700_003_600, "allowAccessOverPublicInternet": true}),
                ),
                known,
            ),
            (embed(&json!({"clusterUrl": url, "exp": null})), assumed),
        ] {
            assert_eq!(expiry(&text), wanted, "{text}");
        }
    }

    #[test]
    fn padding_and_alphabets_do_not_matter() {
        let known = Ok(Expiry::Known(Timestamp::from_secs(1_700_003_600)));
        let metadata = segment(&json!({"exp": 1_700_003_600, "x": "?>?>~~"}));
        assert!(metadata.contains(['-', '_']));
        for text in [
            format!("H4sI-_==.{metadata}"),
            format!("H4sI+/=.{metadata}=="),
            format!("H4sIAAAA.{}", metadata.replace('-', "+").replace('_', "/")),
        ] {
            assert_eq!(expiry(&text), known, "{text}");
        }
    }

    #[test]
    fn a_second_segment_that_does_not_decode_is_damage() {
        let metadata = segment(&json!({"clusterUrl": "https://c"}));
        for text in [
            "H4sIAAAA.".to_owned(),
            "H4sIAAAA.!".to_owned(),
            format!("H4sIAAAA.{}", metadata.get(..20).unwrap()),
            format!("H4sIAAAA.{metadata}.{metadata}"),
            format!("H4sI=AAA.{metadata}"),
            format!("H4sIAAAA.{}", segment(&json!("x"))),
        ] {
            assert_eq!(expiry(&text), Err(Unusable::Damaged), "{text}");
        }
    }
}
