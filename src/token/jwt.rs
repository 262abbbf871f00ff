//! Reading an Entra token, v1 or v2: a JSON Web Token.

use super::audience::{any_audience, is_power_bi};
use super::text::{is_guid, split_once};
use super::{
    AccessToken, Expiry, Json, JsonReader, Kind, Subject, Token, Unusable, base64, claim_timestamp, opaque,
};

/// Reads a text that begins as a JWT does.
pub(super) fn read(text: AccessToken, json: &JsonReader) -> Result<Token, Unusable> {
    let (header, rest) = split_once(text.expose(), b'.').unwrap_or_default();
    let (payload, _) = split_once(rest, b'.').unwrap_or_default();
    match text.expose().bytes().filter(|byte| *byte == b'.').count() {
        2 => {}
        // Header, key, IV, ciphertext and tag: encrypted for somebody else, and yet a token.
        4 => return Ok(opaque(text)),
        _ => return Err(Unusable::Damaged),
    }
    let header = base64::object(header, json).unwrap_or(Json::Null);
    let claims = base64::object(payload, json).ok_or(Unusable::Damaged)?;
    check_audience(&header, &claims)?;
    let expiry = claim_timestamp(&claims, "exp").map_or(Expiry::Unknown, Expiry::Known);
    let (issued_at, subject) = (claim_timestamp(&claims, "iat"), subject(&claims));
    Ok(Token {
        text,
        kind: Some(Kind::Aad),
        expiry,
        issued_at,
        subject,
    })
}

/// Rejects what Power BI certainly rejects. An Entra token always names an audience and is never signed with HS256.
pub(crate) fn check_audience(header: &Json, claims: &Json) -> Result<(), Unusable> {
    let Some(audience) = claims.get("aud") else {
        // An embed token's second segment, signed anew by some website.
        let metadata = claims.get("clusterUrl").is_some();
        return Err(if metadata {
            Unusable::Damaged
        } else {
            Unusable::OwnToken
        });
    };
    let ours = any_audience(audience, is_power_bi);
    let algorithm = header.get("alg").and_then(Json::as_str).unwrap_or("");
    let shared_key = algorithm.starts_with("HS");
    if claims.get("wcn").is_some() || (ours && shared_key) {
        return Err(Unusable::Legacy);
    }
    if ours {
        return Ok(());
    }
    if shared_key {
        Err(Unusable::OwnToken)
    } else if any_audience(audience, is_guid) && is_about_a_sign_in(claims) {
        Err(Unusable::IdToken)
    } else {
        Err(Unusable::WrongAudience)
    }
}

/// Whether the claims tell who signed in, and grant nothing.
fn is_about_a_sign_in(claims: &Json) -> bool {
    let has = |name| claims.get(name).is_some();
    !has("scp") && !has("roles") && (has("nonce") || !(has("azp") || has("appid")))
}

fn subject(claims: &Json) -> Option<Subject> {
    let claim = |name| claims.get(name).and_then(Json::as_str).map(str::to_owned);
    Some(Subject {
        tenant: claim("tid")?,
        object: claim("oid")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{jwt, jwt_by, parse_json, segment};
    use super::{AccessToken, Expiry, JsonReader, Kind, Subject, Token, Unusable, read};
    use crate::time::Timestamp;

    const POWER_BI: &str = "https://analysis.windows.net/powerbi/api";
    const CLIENT: &str = "12345678-1234-1234-1234-123456789012";

    fn read_text(text: String) -> Result<Token, Unusable> {
        read(AccessToken::new(text), &JsonReader::new(parse_json))
    }

    #[test]
    fn claims_become_a_token() {
        let claims =
            json!({"aud": POWER_BI, "exp": 1_700_004_477, "iat": 1_700_000_000.0, "tid": "t", "oid": "o"});
        let token = read_text(jwt(&claims)).unwrap();
        assert_eq!(token.kind, Some(Kind::Aad));
        assert_eq!(token.expiry, Expiry::Known(Timestamp::from_secs(1_700_004_477)));
        assert_eq!(token.issued_at, Some(Timestamp::from_secs(1_700_000_000)));
        assert_eq!(
            token.subject,
            Some(Subject {
                tenant: "t".into(),
                object: "o".into()
            })
        );
    }

    #[test]
    fn missing_claims_are_no_failure() {
        for claims in [
            json!({"aud": POWER_BI}),
            json!({"aud": POWER_BI, "tid": "t"}),
            json!({"aud": POWER_BI, "exp": "soon", "oid": 1, "tid": 2}),
        ] {
            let token = read_text(jwt(&claims)).unwrap();
            assert_eq!(
                (token.expiry, token.issued_at, token.subject),
                (Expiry::Unknown, None, None),
                "{claims}"
            );
        }
    }

    #[test]
    fn refusals() {
        let cases: [(&str, Value, Result<(), Unusable>); 19] = [
            ("RS256", json!({"aud": [POWER_BI, "x"]}), Ok(())),
            (
                "RS256",
                json!({"aud": "https://api.fabric.microsoft.com"}),
                Ok(()),
            ),
            ("RS256", json!({"aud": []}), Err(Unusable::WrongAudience)),
            ("RS256", json!({"aud": 7}), Err(Unusable::WrongAudience)),
            (
                "RS256",
                json!({"aud": "https://graph.microsoft.com"}),
                Err(Unusable::WrongAudience),
            ),
            (
                "RS256",
                json!({"aud": CLIENT, "scp": "a"}),
                Err(Unusable::WrongAudience),
            ),
            (
                "RS256",
                json!({"aud": CLIENT, "roles": ["a"]}),
                Err(Unusable::WrongAudience),
            ),
            (
                "RS256",
                json!({"aud": CLIENT, "azp": "a"}),
                Err(Unusable::WrongAudience),
            ),
            (
                "RS256",
                json!({"aud": CLIENT, "azp": "a", "nonce": "n"}),
                Err(Unusable::IdToken),
            ),
            (
                "RS256",
                json!({"aud": CLIENT, "name": "n"}),
                Err(Unusable::IdToken),
            ),
            (
                "RS256",
                json!({"aud": "api://mine", "nonce": "n"}),
                Err(Unusable::WrongAudience),
            ),
            ("HS256", json!({"aud": POWER_BI}), Err(Unusable::Legacy)),
            (
                "RS256",
                json!({"aud": POWER_BI, "wcn": "w"}),
                Err(Unusable::Legacy),
            ),
            ("HS256", json!({"aud": "api://mine"}), Err(Unusable::OwnToken)),
            ("HS512", json!({"sub": "42"}), Err(Unusable::OwnToken)),
            ("RS256", json!({"sub": "42"}), Err(Unusable::OwnToken)),
            (
                "HS256",
                json!({"clusterUrl": "https://c", "exp": 1}),
                Err(Unusable::Damaged),
            ),
            (
                "RS256",
                json!({"clusterUrl": "https://c", "aud": POWER_BI}),
                Ok(()),
            ),
            ("none", json!({"aud": POWER_BI}), Ok(())),
        ];
        for (alg, claims, wanted) in cases {
            assert_eq!(
                read_text(jwt_by(alg, &claims)).map(|_| ()),
                wanted,
                "{alg} {claims}"
            );
        }
    }

    #[test]
    fn parts_are_counted_and_the_payload_must_be_read() {
        let payload = segment(&json!({"aud": POWER_BI}));
        for (text, wanted) in [
            (format!("eyJ.{payload}.sig"), Ok(Some(Kind::Aad))),
            ("eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d".to_owned(), Ok(None)),
            (payload.clone(), Err(Unusable::Damaged)),
            (format!("eyJ.{payload}"), Err(Unusable::Damaged)),
            (format!("eyJ.{payload}.a.b"), Err(Unusable::Damaged)),
            (format!("eyJ.{payload}.a.b.c.d"), Err(Unusable::Damaged)),
            (
                format!("eyJ.{}.sig", payload.get(..9).unwrap()),
                Err(Unusable::Damaged),
            ),
            ("eyJ..sig".to_owned(), Err(Unusable::Damaged)),
            (
                format!("eyJ.{}.sig", segment(&json!([1]))),
                Err(Unusable::Damaged),
            ),
        ] {
            assert_eq!(read_text(text.clone()).map(|token| token.kind), wanted, "{text}");
        }
    }
}
