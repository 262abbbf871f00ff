//! The answers that backends are known to give, row by row.
#![cfg(test)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// A text of a form that nobody reads, long enough to be a token.
fn opaque() -> String {
    "EwB4A8l6BAAURSN_FHlDW5xN74t6GzbtsBBeBUYAAfs".repeat(3)
}

fn read(answer: &Json) -> Result<Token, ResponseError> {
    read_for(answer, None)
}

/// Reads a response for embeds that need this kind.
fn read_for(answer: &Json, wanted: Option<Kind>) -> Result<Token, ResponseError> {
    parse_response(answer, Timestamp::from_secs(NOW), wanted, testing::parse_json)
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
    for _ in 0..20 {
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

/// Words, placeholders and mock texts are no tokens; a long text of an unknown form is one, where there is no better.
#[test]
fn words_are_no_tokens() {
    let (long, short) = ("x".repeat(100), "x".repeat(99));
    let of_1 = "H4sIAAAAAAAEACWW".to_owned(); // an embed token, short as it is
    let hour = Expiry::Assumed(Timestamp::from_secs(NOW + 3_600));
    for (answer, text, expiry) in [
        (
            json!({"accessToken": &short, "token": dated()}),
            &dated(),
            at(EXP),
        ),
        (json!({"accessToken": &long, "token": dated()}), &dated(), at(EXP)),
        (
            json!({"accessToken": &long, "token": "other"}),
            &long,
            Expiry::Unknown,
        ),
        (json!({"accessToken": &of_1, "token": dated()}), &of_1, hour),
    ] {
        accepts(&answer.to_string(), &answer, text, expiry);
    }
    for word in [
        "TODO",
        "dummy",
        "changeme",
        "REDACTED",
        "process.env.TOKEN",
        "mock-powerbi-access-token",
        "mock-embed-token",
        short.as_str(),
        &format!("mock-{long}"),
        &format!("YOUR_TOKEN_{long}"),
    ] {
        for answer in [
            json!({"embedToken": word, "embedUrl": "https://app.powerbi.com/reportEmbed", "expiration": EARLIER}),
            json!({"token": word}),
        ] {
            let Err(ResponseError::Unusable(why, _)) = read(&testing::json(&answer)) else {
                panic!("{answer}: taken for a token");
            };
            assert_eq!(why, Unusable::NotAToken, "{answer}");
        }
        assert_eq!(
            read(&testing::json(&json!(word))),
            Err(ResponseError::NoToken),
            "{word}"
        );
    }
}

/// An application's own session token stands in many responses beside the embed token, and is never taken for it.
#[test]
fn the_applications_own_token_is_none() {
    let own = testing::jwt_by("HS256", &json!({"sub": "42", "iss": "contoso", "exp": EXP}));
    let without_audience = testing::jwt(&json!({"sub": "42", "exp": EXP}));
    for token in [&own, &without_audience] {
        for answer in [
            json!({"token": token}),
            json!(token),
            json!({"accessToken": token}),
        ] {
            assert_eq!(
                read(&testing::json(&answer)),
                Err(ResponseError::Unusable(
                    Unusable::OwnToken,
                    AccessToken::new(token.clone())
                ))
            );
        }
        let beside = json!({"token": token, "embedToken": dated()});
        accepts("beside the embed token", &beside, &dated(), at(EXP));
        let nested = json!({"user": {"token": token}, "report": {"embedToken": {"token": dated()}}});
        accepts("beside the report", &nested, &dated(), at(EXP));
    }
}

#[test]
fn of_several_tokens_the_one_of_the_embeds_kind_is_taken() {
    let (embed, user) = (dated(), aad());
    for answer in [
        json!({"access_token": user, "embed_token": embed, "expiration": EARLIER, "report_id": "r"}),
        json!({"accessToken": user, "data": {"embedToken": {"token": embed}}, "expiration": EARLIER}),
        json!({"token": embed, "graph": {"powerBi": user}, "expiration": EARLIER}),
        json!([{"embedToken": embed, "expiration": EARLIER}, {"accessToken": user, "expiration": EARLIER}]),
    ] {
        for (wanted, text) in [(Kind::Embed, &embed), (Kind::Aad, &user)] {
            let token = read_for(&testing::json(&answer), Some(wanted)).unwrap();
            assert_eq!(
                (token.text.expose(), token.kind),
                (text.as_str(), Some(wanted)),
                "{answer}"
            );
            assert_eq!(token.expiry, at(EARLIER_S), "{answer}");
        }
    }
    // the only one there is tells that the kind is wrong
    let token = read_for(&testing::json(&json!({"token": user})), Some(Kind::Embed)).unwrap();
    assert_eq!(token.kind, Some(Kind::Aad));
}

#[test]
fn as_a_last_resort_the_only_token_by_its_form_is_taken() {
    let embed = dated();
    for answer in [
        json!({"a": {"b": [{"c": embed}]}}),
        json!({"data": {"powerBiEmbedToken": {"token": embed, "__typename": "EmbedToken"}}}),
        json!({"data": {"getEmbedInfo": {"value1": "x", "jwt": embed}}}),
        json!({"payload1": json!({"inner": {"t": embed}}).to_string()}),
        json!({"token": "anti-forgery", "powerbi": {"secret": embed}}),
        json!({"x": embed, "y": embed}),
        json!([embed]),
        json!([[{"k": embed}]]),
    ] {
        accepts(&answer.to_string(), &answer, &embed, at(EXP));
    }
    let other = testing::embed(&json!({"clusterUrl": "https://d", "exp": EXP}));
    let two = json!({"x": embed, "y": other});
    assert_eq!(
        read(&testing::json(&two)),
        Err(ResponseError::NoToken),
        "which of the two?"
    );
    for answer in [
        json!({"refresh_token": embed}),
        json!({"data": {"refreshToken": embed, "idToken": aad()}}),
    ] {
        assert_eq!(
            read(&testing::json(&answer)),
            Err(ResponseError::NoToken),
            "{answer}"
        );
    }
}

#[test]
fn wrappers_of_many_backends_are_looked_into() {
    let embed = dated();
    let inner = json!({"token": embed, "expiration": EARLIER});
    for answer in [
        json!({"d": {"__type": "Pbi.EmbedConfig", "EmbedToken": {"Token": embed, "Expiration": EARLIER}}}),
        json!({"d": inner.to_string()}),
        json!({"report": inner}),
        json!({"Report": {"EmbedToken": inner}}),
        json!({"data": {"getEmbedInfo": inner}}),
        json!({"data": {"viewer": {"powerBiEmbedToken": inner}}}),
        json!([inner]),
        json!([{"embedToken": embed, "expiration": EARLIER, "reportId": "r"}]),
        json!({"success": true, "result": [inner]}),
    ] {
        accepts(&answer.to_string(), &answer, &embed, at(EARLIER_S));
    }
}

#[test]
fn expirations_have_many_names() {
    let embed = dated();
    for (key, value) in [
        ("EmbedTokenExpiresAtUtc", json!(EARLIER)),
        ("EmbedTokenExpiresAtUtc", json!("2023-11-14T23:03:20")),
        ("embedTokenExpiresAtUtc", json!("2023-11-14 23:03:20")),
        ("tokenExpiresAt", json!(EARLIER)),
        ("token_expires_at", json!(EARLIER_S)),
        ("expirationDateTime", json!(EARLIER)),
        ("expirationUtc", json!(EARLIER)),
        ("validTo", json!(EARLIER)),
        ("ValidUntil", json!(EARLIER)),
        ("expiresOnUtc", json!("2023-11-14T23:03:20")),
        ("accessTokenExpiresOn", json!(EARLIER_S * 1_000)),
        ("Expiration", json!("/Date(1700003000000+0100)/")),
        ("MinutesToExpiration", json!(50)),
        ("minutesToExpiration", json!("50")),
        ("secondsToExpiration", json!(3_000)),
        ("expiresInMinutes", json!(50)),
        ("expires_in_seconds", json!(3_000)),
        ("expiresInMs", json!(3_000_000)),
        ("tokenExpiresIn", json!(3_000)),
        ("expires", json!(3_000)),
        ("expiration", json!("3000")),
    ] {
        accepts(key, &json!({"token": embed, key: value}), &embed, at(EARLIER_S));
        accepts(
            key,
            &json!({key: value, "EmbedToken": {"Token": embed}}),
            &embed,
            at(EARLIER_S),
        );
    }
    for (key, value) in [
        ("ext_expires_in", json!(10)),
        ("refreshTokenExpiresIn", json!(10)),
        ("idTokenExpiresIn", json!(10)),
        ("sessionExpiresAt", json!("2023-11-14T22:14:00Z")),
        ("isExpired", json!(false)),
        ("expired", json!(false)),
        ("expiration", json!(0)),
        ("expires", json!(null)),
        ("expiresOn", json!("soon")),
    ] {
        accepts(key, &json!({"token": embed, key: value}), &embed, at(EXP));
    }
}

#[test]
fn a_bounded_part_of_a_response_is_read() {
    let embed = dated();
    let many = |count: usize| json!({"items": vec![json!({"a": "x", "b": "y"}); count], "zz": {"t": embed}});
    accepts("few values", &many(400), &embed, at(EXP));
    assert_eq!(read(&testing::json(&many(10_000))), Err(ResponseError::NoToken));
    // a token's key is looked at first, whatever stands before it
    let first = json!({"items": vec!["x"; 100_000], "bytes": vec![1; 100_000], "token": embed});
    accepts("a token's key", &first, &embed, at(EXP));
    let mut deep = json!({"t": embed});
    for _ in 0..100 {
        deep = json!({"x": deep});
    }
    assert_eq!(read(&testing::json(&deep)), Err(ResponseError::NoToken));
}

/// `testing::parse_json`, with a bound on what it is given, as each thread's test sets it.
fn counted_parser(text: &[u8]) -> Option<Json> {
    PARSED.with(|parsed| parsed.set(parsed.get() + text.len()));
    testing::parse_json(text)
}

std::thread_local! {
    static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[test]
fn json_texts_are_parsed_as_far_as_that_is_bounded_work() {
    const MIB: usize = 1_048_576;
    let embed = dated();
    let parsed = |answer: &str| {
        PARSED.set(0);
        let answer = Json::String(AccessToken::new(answer.to_owned()));
        let token = parse_response(&answer, Timestamp::from_secs(NOW), None, counted_parser);
        (token.map(|token| token.text.expose() == embed), PARSED.get())
    };
    let found = Ok(true);
    // as long as an answer may be: plain, and as a text within an answer
    let mut padded = json!({"token": embed, "z": ""}).to_string();
    padded.insert_str(padded.len() - 2, &"x".repeat(MIB - padded.len() - 100));
    assert_eq!(parsed(&padded).0, found);
    assert_eq!(parsed(&json!({"d": padded}).to_string()).0, found);
    // a page's whole list of reports, as pretty as a backend can print it
    let reports =
        json!({"reports": vec![json!({"id": "r", "name": "n, {[", "embedUrl": "u"}); 1_000], "token": embed});
    assert_eq!(parsed(&serde_json::to_string_pretty(&reports).unwrap()).0, found);
    // what the platform's parser takes long for is not given to it
    let refused: (Result<bool, ResponseError>, usize) = (Err(ResponseError::NoToken), 0);
    assert_eq!(
        parsed(&format!("{}{}", "[".repeat(MIB / 2), "]".repeat(MIB / 2))),
        refused
    );
    assert_eq!(parsed(&format!("[{}0]", r#"{"a":1},"#.repeat(MIB / 8))), refused);
    // nor, once it has had enough, what is in texts, or in tokens
    let brackets = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let texts = json!({"list": vec![brackets(5_000); 100], "token": embed}).to_string();
    let (token, work) = parsed(&texts);
    assert_eq!(token, found, "a token's key comes first");
    assert!(work < texts.len() + 20_000, "{work}");
    let mut nested = padded;
    for _ in 0..14 {
        nested = serde_json::to_string(&nested.get(..nested.len().min(MIB / 2)).unwrap()).unwrap();
    }
    let (_, work) = parsed(&nested);
    assert!(work <= 2 * MIB, "{work}");
    let claims = URL_SAFE_NO_PAD.encode(brackets(MIB / 4));
    let (_, work) = parsed(&format!(
        "{}.{claims}.x",
        testing::segment(&json!({"alg": "RS256"}))
    ));
    assert!(work < 1_000, "{work}");
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
