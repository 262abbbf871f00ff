//! What an answer looks like when it reaches the keeper: the shapes of tokens.md §7, and two headers.

use crate::mint::{TokenId, json_of};
use crate::plan::RetryAfter;
use crate::site::Site;
use crate::source::Reply;
use crate::{DAY, START};
use powerbi_token_keeper::io::{Headers, Input, RequestId, SourceFailure};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{AccessToken, Json};
use serde_json::json;

/// What the shell tells the keeper of an answer.
pub(super) fn input(site: &Site, request: RequestId, reply: Reply) -> Input {
    let date = site.date().filter(|_| reply.spoken()).map(http_date);
    let failed = |failure, retry_after| Input::RequestFailed {
        request,
        failure,
        headers: Headers {
            date: date.clone(),
            retry_after,
        },
    };
    match reply {
        Reply::Token(token) => Input::ResponseReceived {
            request,
            answer: answer(site, token),
            headers: Headers {
                date,
                retry_after: None,
            },
        },
        Reply::Rubbish(sort) => match rubbish(sort) {
            Some(answer) => Input::ResponseReceived {
                request,
                answer,
                headers: Headers {
                    date,
                    retry_after: None,
                },
            },
            None => failed(SourceFailure::InvalidBody, None),
        },
        Reply::Network => failed(SourceFailure::Network, None),
        Reply::Threw => failed(SourceFailure::SourceThrew, None),
        Reply::Status(status, after) => failed(SourceFailure::Status(status), retry_after(site, after)),
    }
}

fn retry_after(site: &Site, after: RetryAfter) -> Option<String> {
    match after {
        RetryAfter::None => None,
        RetryAfter::Seconds(s) => Some(s.to_string()),
        RetryAfter::Date(s) => Some(http_date(site.now + i64::from(s) * 1_000)),
        RetryAfter::Rubbish => Some("soon".to_owned()),
    }
}

/// A token in one of the shapes that backends use.
fn answer(site: &Site, id: TokenId) -> Json {
    let token = site.mint.get(id);
    let text = |text: String| Json::String(AccessToken::new(text));
    let with = |name: &str, expiration: &str, value: Json| {
        let token = (name.to_owned(), Json::String(token.text.clone()));
        Json::Object(vec![token, (expiration.to_owned(), value)])
    };
    if !token.dated {
        return Json::Object(vec![("token".to_owned(), Json::String(token.text.clone()))]);
    }
    match id % 4 {
        0 => with("token", "expiration", text(iso_date(token.exp))),
        1 => with(
            "access_token",
            "expires_on",
            Json::Number(((START + token.exp) / 1_000) as f64),
        ),
        2 => with(
            "accessToken",
            "expiresOn",
            Json::Date(Timestamp::from_ms(START + token.exp)),
        ),
        _ => Json::String(token.text.clone()),
    }
}

/// What another tab tells.
pub(super) fn news(site: &Site, token: TokenId, expires: i64) -> Json {
    news_of(site.mint.get(token).text.clone(), expires as f64)
}

fn news_of(text: AccessToken, expires: f64) -> Json {
    Json::Object(vec![
        ("token".to_owned(), Json::String(text)),
        ("expiration".to_owned(), Json::Number(expires)),
    ])
}

/// What anybody of the origin may post to the channel, as far as the facade lets it through: a text and a number.
pub(super) fn malformed(site: &Site, newest: Option<TokenId>, sort: u8) -> Json {
    let far = site.wall() as f64 + 3.6e6;
    let expires = [far, 0.0, -1.0, f64::NAN, f64::INFINITY, 9e18][usize::from(sort) % 6];
    let text = |text: &str| AccessToken::new(text.to_owned());
    let known = |token: TokenId| site.mint.get(token).text.clone();
    news_of(
        match sort / 6 % 5 {
            0 => text(""),
            1 => text("undefined"),
            2 => text("<!doctype html>"),
            3 => newest.map_or_else(|| text("undefined"), known),
            // nothing that looks like a token comes to a tab that has none: it could not tell
            _ => newest.map_or_else(|| text("null"), |_| known(0)),
        },
        expires,
    )
}

/// An answer without a token; `None` is a body that can't be read at all.
fn rubbish(sort: u8) -> Option<Json> {
    let value = match sort % 9 {
        0 => json!(null),
        1 => json!(42),
        2 => json!("<!doctype html><title>Sign in</title>"),
        3 => json!({ "error": { "code": "PowerBINotAuthorizedException" } }),
        4 => json!({ "token": null, "expiration": "soon" }),
        5 => json!({ "token": "undefined" }),
        6 => json!([1, 2, 3]),
        7 => json!({ "token": "Bearer H4sIAAAAAAAEACWWxa7FCnZE", "expiration": "2026-01-01T05:00:00Z" }),
        _ => return None,
    };
    Some(json_of(&value))
}

/// The day of January 2026 (of December 2025 before it), and the time of the day.
fn parts(at: i64) -> (i64, &'static str, i64, i64, i64, i64) {
    let (day, s) = (at.div_euclid(DAY), at.rem_euclid(DAY) / 1_000);
    let (day, month, year) = if day < 0 {
        (32 + day, "Dec", 2025)
    } else {
        (1 + day, "Jan", 2026)
    };
    (day, month, year, s / 3_600, s / 60 % 60, s % 60)
}

fn http_date(at: i64) -> String {
    let (day, month, year, h, m, s) = parts(at);
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let name = names[usize::try_from(at.div_euclid(DAY).rem_euclid(7)).unwrap_or(0)];
    format!("{name}, {day:02} {month} {year} {h:02}:{m:02}:{s:02} GMT")
}

fn iso_date(at: i64) -> String {
    let (day, month, year, h, m, s) = parts(at);
    let month = if month == "Jan" { 1 } else { 12 };
    format!("{year}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z")
}
