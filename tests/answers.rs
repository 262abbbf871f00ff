//! The answers that backends are known to give, row by row.
#![cfg(test)]

use powerbi_token_keeper::time::{self, Timestamp};
use powerbi_token_keeper::token::{
    self, AccessToken, Expiry, Json, Kind, ResponseError, Token, Unusable, parse_response,
};
use serde_json::{Value, json};

#[path = "../src/token/testing.rs"]
mod testing;

/// 2023-11-14T22:13:20Z.
const NOW: i64 = 1_700_000_000;
/// 23:03:20Z, ten minutes before the tokens of `dated` end.
const EARLIER: &str = "2023-11-14T23:03:20Z";
const EARLIER_S: i64 = NOW + 3_000;
/// 23:13:20Z, when the tokens of `dated` end.
const EXP: i64 = NOW + 3_600;

/// An embed token that names its end.
fn dated() -> String {
    testing::embed(&json!({"clusterUrl": "https://c", "exp": EXP}))
}

/// An embed token that doesn't.
fn undated() -> String {
    testing::embed(&json!({"clusterUrl": "https://c"}))
}

/// A user's token that ends when `dated` does.
fn aad() -> String {
    let aud = "https://analysis.windows.net/powerbi/api";
    testing::jwt(&json!({"aud": aud, "iat": NOW, "exp": EXP, "tid": "t", "oid": "o"}))
}

fn opaque() -> String {
    "EwB4A8l6BAAURSN_FHlDW5xN74t6GzbtsBBeBUYAAfs".to_owned()
}

fn read(answer: &Json) -> Result<Token, ResponseError> {
    parse_response(answer, Timestamp::from_secs(NOW), testing::parse_json)
}

fn at(seconds: i64) -> Expiry {
    Expiry::Known(Timestamp::from_secs(seconds))
}

#[track_caller]
fn accepts(name: &str, answer: &Value, text: &str, expiry: Expiry) {
    let token = read(&testing::json(answer)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    assert_eq!(token.text.expose(), text, "{name}");
    assert_eq!(token.expiry, expiry, "{name}");
}

#[test]
fn all_18_rows() {
    let (embed, user) = (dated(), aad());
    let items =
        json!([{"ReportId": "r", "ReportName": "n", "EmbedUrl": "https://app.powerbi.com/reportEmbed"}]);
    let net_core = json!({"Type": "Report", "EmbedReport": items.clone(),
        "EmbedToken": {"Token": embed, "TokenId": "i", "Expiration": EARLIER}});
    let rows: [(&str, Value, &str, i64); 19] = [
        (
            "1",
            json!({"@odata.context": "x", "token": embed, "tokenId": "i", "expiration": EARLIER}),
            &embed,
            EARLIER_S,
        ),
        (
            "2",
            json!({"accessToken": embed, "embedUrl": items.clone(), "expiry": EARLIER, "status": 200}),
            &embed,
            EARLIER_S,
        ),
        (
            "3",
            json!({"accessToken": embed, "tokenExpiry": EARLIER, "tokenId": "i", "reportConfig": items.clone()}),
            &embed,
            EARLIER_S,
        ),
        ("4 as text/plain", json!(net_core.to_string()), &embed, EARLIER_S),
        ("4 as an object", net_core, &embed, EARLIER_S),
        (
            "5",
            json!({"embedToken": embed, "tokenExpiry": EARLIER, "embedReports": items.clone()}),
            &embed,
            EARLIER_S,
        ),
        (
            "6",
            json!({"EmbedToken": {"Token": embed, "Expiration": "11/14/2023 11:03:20 PM"}, "EmbedReports": items}),
            &embed,
            EXP,
        ),
        ("7", json!({"AccessToken": user, "UserName": "jo"}), &user, EXP),
        (
            "8",
            json!({"accessToken": user, "idToken": "eyJ", "expiresOn": EARLIER, "extExpiresOn": "2023-11-14T22:14:00Z"}),
            &user,
            EARLIER_S,
        ),
        (
            "9",
            json!({"Id": "r", "Type": "report", "EmbedToken": {"Token": embed, "Expiration": EARLIER}}),
            &embed,
            EARLIER_S,
        ),
        (
            "10",
            json!({"embedToken": embed, "embedTokenExpiration": "2023-11-14t23:03:20z"}),
            &embed,
            EARLIER_S,
        ),
        (
            "11",
            json!({"embedToken": embed, "embedTokenId": "i", "embedTokenExpiration": EARLIER, "reports": []}),
            &embed,
            EARLIER_S,
        ),
        (
            "12",
            json!({"ReportId": "r", "EmbedUrl": "u", "Token": embed, "Name": "n"}),
            &embed,
            EXP,
        ),
        (
            "13",
            json!({"embedToken": embed, "embedTokenExpires": EARLIER, "error": null}),
            &embed,
            EARLIER_S,
        ),
        ("14", json!({"embedToken": embed, "reportId": "r"}), &embed, EXP),
        (
            "15",
            json!({"embed_token": embed, "expiration": EARLIER, "token_type": "Embed", "embed_id": "r"}),
            &embed,
            EARLIER_S,
        ),
        (
            "16",
            json!({"token_type": "Bearer", "access_token": user, "refresh_token": "0.A", "expires_in": 3000,
            "ext_expires_in": 10}),
            &user,
            EARLIER_S,
        ),
        (
            "17",
            json!({"accessToken": embed, "tokenId": "i", "tokenType": "Embed", "expiresAt": EARLIER}),
            &embed,
            EARLIER_S,
        ),
        (
            "18",
            json!({"data": {"token": embed, "expiration": EARLIER}}),
            &embed,
            EARLIER_S,
        ),
    ];
    for (name, answer, text, expiry) in rows {
        accepts(name, &answer, text, at(expiry));
    }
}

#[test]
fn wrappers_and_texts_nest() {
    let embed = dated();
    let inner = json!({"token": embed, "expiration": EARLIER});
    for answer in [
        json!({"embedConfig": inner}),
        json!({"data": {"embedConfig": {"embedToken": inner}}}),
        json!({"body": inner.to_string()}),
        json!({"token": inner.to_string()}),
        json!({"status": "ok", "result": {"data": inner}}),
        json!({"expiration": EARLIER, "data": {"token": embed}}),
        json!({"expiration": EARLIER, "data": embed}),
        json!(format!(" {inner}\n")),
        json!(json!(inner.to_string()).to_string()),
        json!({"error": "deprecated field", "token": embed, "expiration": EARLIER}),
    ] {
        accepts(&answer.to_string(), &answer, &embed, at(EARLIER_S));
    }
    for text in [
        embed.clone(),
        format!("{embed}\n"),
        format!("\"{embed}\""),
        format!("\u{feff}{embed}"),
    ] {
        accepts("bare", &json!(text), &embed, at(EXP));
    }
    let mut deep = inner;
    for _ in 0..7 {
        deep = json!({"data": deep});
    }
    assert_eq!(read(&testing::json(&deep)), Err(ResponseError::NoToken));
}

#[test]
fn the_access_token_is_told_from_its_neighbours() {
    let (embed, user) = (dated(), aad());
    for (answer, text) in [
        (
            json!({"embedToken": {"token": embed}, "accessToken": user}),
            &user,
        ),
        (
            json!({"token": embed, "access_token": user, "refresh_token": "x", "id_token": "y"}),
            &user,
        ),
        (
            json!({"token": "anti-forgery", "embedToken": {"token": embed}}),
            &embed,
        ),
        (json!({"ACCESS-TOKEN": user}), &user),
        (
            json!({"accessToken": "", "embedToken": null, "token": embed}),
            &embed,
        ),
        (
            json!({"accessToken": null, "data": {"token": embed}, "result": "ok"}),
            &embed,
        ),
    ] {
        accepts(&answer.to_string(), &answer, text, at(EXP));
    }
    for answer in [
        json!({"refresh_token": user}),
        json!({"id_token": user, "idToken": user}),
    ] {
        assert_eq!(
            read(&testing::json(&answer)),
            Err(ResponseError::NoToken),
            "{answer}"
        );
    }
}

#[test]
fn a_text_that_may_be_a_word_counts_where_there_is_no_better_one() {
    let (forty, short) = ("x".repeat(40), "x".repeat(39));
    let of_1 = "H4sIAAAAAAAEACWW".to_owned(); // an embed token, short as it is
    let hour = Expiry::Assumed(Timestamp::from_secs(NOW + 3_600));
    for (answer, text, expiry) in [
        (
            json!({"accessToken": "one-word", "token": "another"}),
            "one-word",
            Expiry::Unknown,
        ),
        (
            json!({"accessToken": "undefined", "token": "one-word"}),
            "one-word",
            Expiry::Unknown,
        ),
        (
            json!({"accessToken": &short, "token": dated()}),
            &dated(),
            at(EXP),
        ),
        (
            json!({"accessToken": &forty, "token": dated()}),
            &forty,
            Expiry::Unknown,
        ),
        (json!({"accessToken": &of_1, "token": dated()}), &of_1, hour),
    ] {
        accepts(&answer.to_string(), &answer, text, expiry);
    }
}

#[test]
fn the_earlier_end_counts() {
    let hour = Expiry::Assumed(Timestamp::from_secs(NOW + 3_600));
    let (dated, undated, aad, opaque) = (dated(), undated(), aad(), opaque());
    let cases: [(&str, Value, Expiry); 27] = [
        (&dated, json!({"expiration": EARLIER}), at(EARLIER_S)),
        (&dated, json!({"expiration": "2023-11-15T23:00:00Z"}), at(EXP)),
        (&dated, json!({"expiration": "2023-11-14T23:03:20"}), at(EXP)),
        (&dated, json!({"expiration": "nonsense"}), at(EXP)),
        (&dated, json!({"expiration": null}), at(EXP)),
        (
            &dated,
            json!({"expiration": "2023-11-14T21:00:00Z"}),
            at(NOW - 4_400),
        ),
        (&dated, json!({"expiration": "0001-01-01T00:00:00Z"}), at(EXP)),
        (
            &dated,
            json!({"expires_in": 60, "expires_on": EARLIER_S}),
            at(NOW + 60),
        ),
        (&undated, json!({}), hour),
        (&undated, json!({"expiration": EARLIER}), at(EARLIER_S)),
        (
            &undated,
            json!({"expiration": "2023-11-15T22:13:20Z"}),
            at(NOW + 86_400),
        ),
        (
            &undated,
            json!({"expiration": "2023-11-14T23:03:20"}),
            at(EARLIER_S),
        ),
        (&undated, json!({"expiration": "2023-11-14T23:13:20"}), at(EXP)),
        (&undated, json!({"expiration": "2023-11-14T23:13:21"}), hour),
        (&undated, json!({"expiration": "2023-11-14T22:13:20"}), hour),
        (
            &undated,
            json!({"expiration": "2023-11-14T20:00:00", "expiresIn": 300}),
            at(NOW + 300),
        ),
        (&aad, json!({"expires_on": EARLIER_S}), at(EARLIER_S)),
        (&aad, json!({"expires_on": EARLIER_S.to_string()}), at(EARLIER_S)),
        (&aad, json!({"expiresAt": EARLIER_S * 1_000}), at(EARLIER_S)),
        (&aad, json!({"expires_in": "3000"}), at(EARLIER_S)),
        (&aad, json!({"expires_in": -5}), at(NOW)),
        (&aad, json!({"expires_in": "soon"}), at(EXP)),
        (&aad, json!({"ext_expires_in": 10, "refreshOn": NOW}), at(EXP)),
        (&opaque, json!({}), Expiry::Unknown),
        (&opaque, json!({"expires_in": 3000}), at(EARLIER_S)),
        (
            &opaque,
            json!({"expiration": "2023-11-14T23:03:20"}),
            at(EARLIER_S),
        ),
        (&opaque, json!({"expiration": "later"}), Expiry::Unknown),
    ];
    for (text, mut answer, expiry) in cases {
        let name = answer.to_string();
        answer["token"] = json!(text);
        accepts(&name, &answer, text, expiry);
    }
}

#[test]
fn a_javascript_date_counts() {
    let date = Json::Date(Timestamp::from_secs(EARLIER_S));
    let text = Json::String(AccessToken::new(aad()));
    let answer = Json::Object(vec![("accessToken".into(), text), ("expiresOn".into(), date)]);
    let token = read(&answer).unwrap();
    assert_eq!((token.kind, token.expiry), (Some(Kind::Aad), at(EARLIER_S)));
    assert_eq!(token.issued_at, Some(time::Timestamp::from_secs(NOW)));
}

#[test]
fn no_token_is_found() {
    for answer in [
        json!(null),
        json!(true),
        json!(42),
        json!([]),
        json!([dated()]),
        json!({}),
        json!(""),
        json!("  \n"),
        json!("undefined"),
        json!("not a token at all"),
        json!("<!doctype html><html><body>Sign in</body></html>"),
        json!("Status: Forbidden\r\nResponse: none\r\nRequestId: 1"),
        json!("{\"error\":{\"code\":\"TokenExpired\"}}"),
        json!("{broken"),
        json!("\"\""),
        json!("[object Object]"),
        json!({"error": {"code": "TokenExpired", "message": "m"}}),
        json!({"errorMsg": "m"}),
        json!({"Message": "API is not accessible for application"}),
        json!({"token": ""}),
        json!({"token": null, "expiration": EARLIER}),
        json!({"token": 12}),
        json!({"token": [dated()]}),
        json!({"token": {}}),
        json!({"data": "ok"}),
        json!({"data": {"data": null}}),
    ] {
        assert_eq!(
            read(&testing::json(&answer)),
            Err(ResponseError::NoToken),
            "{answer}"
        );
    }
    assert_eq!(
        read(&Json::Date(Timestamp::from_ms(0))),
        Err(ResponseError::NoToken)
    );
}

#[test]
fn a_token_is_found_that_can_not_be_used() {
    let graph = testing::jwt_by("RS256", &json!({"aud": "https://graph.microsoft.com"}));
    for (answer, why) in [
        (json!(graph), Unusable::WrongAudience),
        (json!({"access_token": graph}), Unusable::WrongAudience),
        (json!({"token": format!("Bearer {}", dated())}), Unusable::Wrapped),
        (json!({"token": "undefined"}), Unusable::NotAToken),
        (
            json!({"token": "00000000-1111-2222-3333-444444444444"}),
            Unusable::NotAToken,
        ),
        (
            json!({"embedToken": {"token": "[object Object]"}}),
            Unusable::NotAToken,
        ),
        (json!(format!("Bearer {}", aad())), Unusable::Wrapped),
        (json!(format!("{}.", dated())), Unusable::Damaged),
        (
            json!({"token": format!("0.A{}", "x".repeat(200))}),
            Unusable::RefreshToken,
        ),
    ] {
        let Err(ResponseError::Unusable(found, _)) = read(&testing::json(&answer)) else {
            panic!("{answer}: not refused");
        };
        assert_eq!(found, why, "{answer}");
    }
}
