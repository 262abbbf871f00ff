//! Responses as they reach the keeper: the shapes that backends use, and two headers.

use crate::plan::RetryAfter;
use crate::source::Response;
use crate::tokens::{TokenId, json_of};
use crate::world::World;
use crate::{DAY, START};
use powerbi_token_keeper::io::{Content, Headers, Input, RequestId, SourceFailure};
use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{AccessToken, Json};
use serde_json::json;

/// Whether a response has a body that can't be read at all.
pub(super) fn is_unreadable(response: Response) -> bool {
    matches!(response, Response::InvalidBody(variant) if invalid_body(variant).is_none())
}

/// The keeper's input for a response.
pub(super) fn input(world: &World, request: RequestId, response: Response) -> Input {
    let date = world.date().filter(|_| response.reached_server()).map(http_date);
    let failed = |failure, retry_after| Input::RequestFailed {
        request,
        failure,
        headers: Headers {
            date: date.clone(),
            retry_after,
        },
    };
    match response {
        Response::Token(token) => Input::ResponseReceived {
            request,
            answer: answer(world, token),
            headers: Headers {
                date,
                retry_after: None,
            },
        },
        Response::InvalidBody(variant) => match invalid_body(variant) {
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
        Response::Network => failed(SourceFailure::Network, None),
        Response::Threw => failed(SourceFailure::SourceThrew, None),
        Response::Status(status, after) => failed(SourceFailure::Status(status), retry_after(world, after)),
    }
}

fn retry_after(world: &World, after: RetryAfter) -> Option<String> {
    match after {
        RetryAfter::None => None,
        RetryAfter::Seconds(s) => Some(s.to_string()),
        RetryAfter::Date(s) => Some(http_date(world.now + i64::from(s) * 1_000)),
        RetryAfter::Invalid => Some("soon".to_owned()),
    }
}

/// A token in one of the shapes that backends use.
fn answer(world: &World, id: TokenId) -> Json {
    let token = world.tokens.get(id);
    let text = |text: String| Json::String(AccessToken::new(text));
    let with = |name: &str, expiration: &str, value: Json| {
        let token = (name.to_owned(), Json::String(token.text.clone()));
        Json::Object(vec![token, (expiration.to_owned(), value)])
    };
    if !token.has_expiration {
        return Json::Object(vec![("token".to_owned(), Json::String(token.text.clone()))]);
    }
    match id % 4 {
        0 => with("token", "expiration", text(iso_date(token.expires_at))),
        1 => with(
            "access_token",
            "expires_on",
            Json::Number(((START + token.expires_at) / 1_000) as f64),
        ),
        2 => with(
            "accessToken",
            "expiresOn",
            Json::Date(Timestamp::from_ms(START + token.expires_at)),
        ),
        _ => Json::String(token.text.clone()),
    }
}

/// The message of a tab that shares a token.
pub(super) fn shared_token(world: &World, token: TokenId, expires: i64) -> Json {
    let record = world.tokens.get(token);
    let mut message = message(record.text.clone(), expires as f64);
    if let Json::Object(members) = &mut message {
        let numbers = (0..u64::BITS).filter(|number| record.contents >> number & 1 == 1);
        let contents = numbers.map(|number| Json::Number(content(number).as_number()));
        members.push(("contents".to_owned(), Json::Array(contents.collect())));
    }
    message
}

/// The content of that number.
pub(super) fn content(number: u32) -> Content {
    Content::new(Some("report"), Some(&number.to_string()), None)
}

fn message(text: AccessToken, expires: f64) -> Json {
    Json::Object(vec![
        ("token".to_owned(), Json::String(text)),
        ("expiration".to_owned(), Json::Number(expires)),
    ])
}

/// A malformed message that the facade lets through, as any script of the origin may post: a text and a number.
pub(super) fn malformed(world: &World, newest: Option<TokenId>, variant: u8) -> Json {
    let far = world.wall() as f64 + 3.6e6;
    let expires = [far, 0.0, -1.0, f64::NAN, f64::INFINITY, 9e18][usize::from(variant) % 6];
    let text = |text: &str| AccessToken::new(text.to_owned());
    let known = |token: TokenId| world.tokens.get(token).text.clone();
    message(
        match variant / 6 % 5 {
            0 => text(""),
            1 => text("undefined"),
            2 => text("<!doctype html>"),
            3 => newest.map_or_else(|| text("undefined"), known),
            // a tab without a token could not tell an old one from a new one
            _ => newest.map_or_else(|| text("null"), |_| known(0)),
        },
        expires,
    )
}

/// A response without a token; `None` for a body that can't be read at all.
fn invalid_body(variant: u8) -> Option<Json> {
    let value = match variant % 9 {
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
