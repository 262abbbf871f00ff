//! Finds codes, statuses and JSON in the text of an error.

use super::search::contains;
use crate::token::{Json, JsonReader};

/// The most JSON objects that are taken out of one text.
const MAX_JSON: usize = 4;
/// The longest code; `ExplorationContainer_FailedToLoadModel_DefaultDetails` has 53 letters.
const MAX_CODE: usize = 64;
/// Names of error classes, which say nothing by themselves.
const CLASSES: [&str; 16] = [
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "ReferenceError",
    "URIError",
    "AggregateError",
    "EvalError",
    "DOMException",
    "AxiosError",
    "HTTPError",
    "HttpErrorResponse",
    "FetchError",
    "RequestError",
    "HttpError",
    "ServerError",
];
/// Codes of libraries that say only that a request failed.
const EMPTY_CODES: [&str; 6] = [
    "ERR_BAD_REQUEST",
    "ERR_BAD_RESPONSE",
    "ERR_NON_2XX_3XX_RESPONSE",
    "unknown",
    "error",
    "failed",
];
/// Single words that are codes although they have one capital.
const WORDS: [&str; 12] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_resource",
    "unauthorized_client",
    "access_denied",
    "interaction_required",
    "login_required",
    "consent_required",
    "insufficient_claims",
    "insufficientPermissions",
];
/// What HTTP's statuses are called in texts, in lower case, without blanks.
const REASONS: [(&str, u16); 12] = [
    ("badrequest", 400),
    ("unauthorized", 401),
    ("forbidden", 403),
    ("notfound", 404),
    ("methodnotallowed", 405),
    ("conflict", 409),
    ("toomanyrequests", 429),
    ("internalservererror", 500),
    ("badgateway", 502),
    ("serviceunavailable", 503),
    ("gatewaytimeout", 504),
    ("requesttimeout", 408),
];

/// The JSON objects and arrays in a text, each with the part that it is.
pub(super) fn json_in<'text>(text: &'text str, reader: &JsonReader) -> Vec<(&'text str, Json)> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MAX_JSON {
        let Some(start) = rest.find(['{', '[']) else { break };
        let tail = rest.get(start..).unwrap_or("");
        let end = closing(tail).unwrap_or(0);
        let part = tail.get(..end).unwrap_or("");
        match reader.read(part.as_bytes()) {
            Some(json @ (Json::Object(_) | Json::Array(_))) if !part.is_empty() => {
                found.push((part, json));
                rest = tail.get(end..).unwrap_or("");
            }
            _ if end == 0 => break,
            _ => rest = tail.get(end..).unwrap_or(""),
        }
    }
    found
}

/// The length of the bracketed part that a text starts with; quoted brackets don't count.
fn closing(text: &str) -> Option<usize> {
    let (mut open, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => open += 1,
            b'}' | b']' if !quoted => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The code that a text is; `None` when it is none, or could be a secret.
pub(super) fn code_in(text: &str) -> Option<&str> {
    let text = text.trim();
    (is_code(text) && !EMPTY_CODES.contains(&text)).then_some(text)
}

/// The code in a text, and the name of an error class that stands in for one.
pub(super) fn codes_in(text: &str) -> (Option<String>, Option<String>) {
    if let Some(code) = code_in(text).filter(|code| is_telling(code)) {
        return (Some(code.to_owned()), None);
    }
    let words = || {
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .take(400)
    };
    let known = words().find(|word| is_code(word) && is_known_form(word) && !is_class(word));
    let fallback = code_in(text).filter(|code| !CLASSES.contains(code) && !code.contains('.'));
    let class = || words().find(|word| *word != "Error" && is_code(word) && is_class(word));
    (
        known.map(str::to_owned),
        fallback.or_else(class).map(str::to_owned),
    )
}

/// Whether a word names a class of errors of a programming language or a library, which says less than a status.
pub(super) fn is_class(word: &str) -> bool {
    CLASSES.contains(&word) || (word.ends_with("Exception") && !word.starts_with("PowerBI"))
}

/// Whether a text is made as a code is: letters and `_`, with few digits, so that no token or secret passes.
fn is_code(text: &str) -> bool {
    let letters = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let starts = text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    let digits_end = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits_inside = digits_end.bytes().filter(u8::is_ascii_digit).count();
    letters
        && starts
        && (3..=MAX_CODE).contains(&text.len())
        && digits_inside <= 2
        && digits <= 12
        && !contains(text, "eyJ")
        && !contains(text, "H4sI")
}

/// Whether a word that stands alone is a code rather than a word of prose.
pub(super) fn is_telling(code: &str) -> bool {
    !CLASSES.contains(&code) && (WORDS.contains(&code) || has_humps(code) || is_known_form(code))
}

/// Whether a word has two capitals or more with small letters between them, or is in capitals with `_`.
fn has_humps(word: &str) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let small = word.bytes().any(|byte| byte.is_ascii_lowercase());
    capitals >= 2 && (small || word.contains('_'))
}

/// Whether a word in prose is a code beyond doubt.
fn is_known_form(word: &str) -> bool {
    let ends = [
        "Exception",
        "NotFound",
        "NotLicensed",
        "NotAccessible",
        "Expired",
        "NotActive",
        "Failed",
    ];
    let starts = ["DM_", "InvalidRequest", "InvalidToken", "ERR_"];
    if let Some((start, number)) = word.split_at_checked(6)
        && start.eq_ignore_ascii_case("AADSTS")
    {
        return !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    }
    if word.starts_with("PowerBI") {
        let ends = ["Error", "Exceeded", "Disabled"].iter().chain(&ends);
        return ends.into_iter().any(|end| word.ends_with(end));
    }
    WORDS.contains(&word)
        || (has_humps(word)
            && !CLASSES.contains(&word)
            && !EMPTY_CODES.contains(&word)
            && (ends
                .iter()
                .any(|end| word.ends_with(end) && word.len() > end.len())
                || starts
                    .iter()
                    .any(|start| word.starts_with(start) && word.len() > 9)))
}

/// The HTTP status that a text in lower case names: `status code 403`, `403 (forbidden)`, `'forbidden'`.
pub(super) fn status_in(text: &str) -> Option<u16> {
    const BEFORE: [&str; 12] = [
        "status",
        "code",
        "http",
        "error",
        "statuscode",
        "bi",
        "returned",
        "response",
        "failed",
        "success",
        "1",
        "2",
    ];
    if text.len() == 3
        && let Ok(status @ 100..=599) = text.parse()
    {
        return Some(status);
    }
    let start: String = text.chars().take(600).collect();
    const AFTER: [&str; 8] = [
        "client",
        "server",
        "forbidden",
        "unauthorized",
        "bad",
        "not",
        "too",
        "internal",
    ];
    let (mut earlier, mut last) = ("", "");
    let words = start.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let after = words.peek().copied().unwrap_or("");
        if word.len() == 3
            && let Ok(status @ 400..=599) = word.parse()
            && ([earlier, last].iter().any(|word| BEFORE.contains(word)) || AFTER.contains(&after))
        {
            return Some(status);
        }
        (earlier, last) = (last, word);
    }
    let bare: String = start.chars().filter(|letter| !letter.is_whitespace()).collect();
    let is_status_text = contains(&bare, "status") || contains(&bare, "requestid");
    REASONS
        .iter()
        .find(|(reason, _)| bare == *reason || (is_status_text && contains(&bare, reason)))
        .map(|(_, status)| *status)
}
