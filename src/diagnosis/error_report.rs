//! Normalizes an error of powerbi-client, its frame, a backend or a source, however it is wrapped.

use super::error_text::{code_in, codes_in, is_class, is_telling, json_in, status_in};
use super::search::{contains, split_once};
use crate::token::{Json, JsonReader, ParseJson};

/// The most of an error's text that is kept; it may be a whole page.
const MAX_TEXT: usize = 8_000;
/// The most errors that may be nested in each other.
const MAX_DEPTH: u8 = 9;
/// The most values of an error that are looked at.
const MAX_VALUES: u16 = 600;
/// Members that say what happened, in the order in which they are read.
const TEXTS: [&str; 15] = [
    "message",
    "Message",
    "errorMessage",
    "ErrorMessage",
    "detailedMessage",
    "errorMsg",
    "error_description",
    "errorInfo",
    "title",
    "text",
    "statusText",
    "reason",
    "subError",
    "suberror",
    "stack",
];
/// Members that hold a code.
const CODES: [&str; 7] = [
    "code",
    "Code",
    "errorCode",
    "ErrorCode",
    "error_code",
    "errorNo",
    "suberror",
];
/// Members that hold an HTTP status.
const STATUSES: [&str; 6] = [
    "status",
    "statusCode",
    "StatusCode",
    "errorCode",
    "httpStatusCode",
    "code",
];
/// Members whose text is an error by itself, or contains one.
const CONTAINERS: [&str; 16] = [
    "error",
    "Error",
    "errors",
    "detail",
    "details",
    "body",
    "data",
    "response",
    "responseText",
    "responseJSON",
    "value",
    "cause",
    "exception",
    "innererror",
    "innerError",
    "pbi.error",
];
/// Members that hold no error, and may hold a token: axios' own request among them.
const SKIPPED: [&str; 10] = [
    "config",
    "request",
    "headers",
    "accessToken",
    "access_token",
    "embedUrl",
    "url",
    "requestId",
    "parameters",
    "settings",
];

/// Who gave an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// powerbi-client or its frame, as far as can be told.
    #[default]
    Embed,
    /// The REST API or Entra, perhaps passed on by a backend.
    RestApi,
    /// The token source itself: the page's own endpoint or function.
    Source,
}

/// An error. Its texts are for comparison only: powerbi-client quotes the element's HTML in some, token included.
#[derive(Default)]
pub(super) struct ErrorReport {
    /// The event's `message`, in lower case.
    pub(super) message: String,
    /// All of its texts, in lower case.
    pub(super) all: String,
    /// The first code that it carries, as it is spelt there; safe to quote.
    pub(super) code: Option<String>,
    /// The HTTP status.
    pub(super) status: Option<u16>,
    /// Who gave it.
    pub(super) origin: Origin,
    /// It is, or contains, a page of HTML.
    pub(super) is_html: bool,
    /// There is nothing: `undefined`, which powerbi-client rejects with when the frame is gone.
    pub(super) is_empty: bool,
    /// Codes of less rank than `code`: names of error classes.
    fallback_code: Option<String>,
    values: u16,
}

impl ErrorReport {
    /// Parses an error: an event or its detail, an `IError`, an array of them, an `Error`, a response, a text.
    ///
    /// A token source's failure is an object with `source: true`, its `status`, `contentType`, `errorInfo` (the header
    /// X-PowerBI-Error-Info) and `body`, a text or an object, where they are known.
    pub(super) fn parse(error: &Json, parse_json: ParseJson) -> Self {
        let mut report = Self::default();
        report.add(error, &JsonReader::new(parse_json), MAX_DEPTH);
        // a class of errors says less than a status
        let status = report.status;
        let fallback = report.fallback_code.take();
        report.code = report
            .code
            .take()
            .or(fallback.filter(|code| status.is_none() || !is_class(code)));
        report.is_empty = report.all.is_empty()
            && report.status.is_none()
            && !report.is_html
            && report.origin != Origin::Source;
        report
    }

    /// Whether any of its texts contains these words, which are in lower case.
    pub(super) fn says(&self, words: &str) -> bool {
        contains(&self.all, words)
    }

    /// Whether any of its texts contains one of these words, which are in lower case.
    pub(super) fn says_any(&self, words: &[&str]) -> bool {
        words.iter().any(|words| self.says(words))
    }

    /// Whether any of its texts contains one of these words by itself.
    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        self.all
            .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .any(|word| words.contains(&word))
    }

    /// Whether the code that it carries has one of these parts, which are in lower case.
    pub(super) fn code_has(&self, parts: &[&str]) -> bool {
        let code = self.code.as_deref().unwrap_or("").to_ascii_lowercase();
        parts.iter().any(|part| contains(&code, part))
    }

    /// Whether it carries a code that is more than the name of a class of errors.
    pub(super) fn has_code(&self) -> bool {
        self.code.as_deref().is_some_and(|code| !is_class(code))
    }

    /// Whether its message is this name, which is in lower case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.message == name
    }

    /// Whether a server gave it: the REST API, Entra, or a backend that passes on what they said.
    pub(super) fn is_rest(&self) -> bool {
        self.origin != Origin::Embed
    }

    /// The number of its AADSTS code.
    pub(super) fn aadsts(&self) -> Option<u32> {
        let (_, rest) = split_once(&self.all, "aadsts")?;
        let end = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest.get(..end)?.parse().ok()
    }

    fn add(&mut self, error: &Json, json: &JsonReader, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        self.values += 1;
        if self.values > MAX_VALUES {
            return;
        }
        match error {
            Json::String(text) => self.add_text(text.expose(), json, depth),
            Json::Array(errors) => errors
                .iter()
                .take(8)
                .for_each(|error| self.add(error, json, depth)),
            Json::Object(members) => self.add_object(error, members, json, depth),
            // a bare status
            Json::Number(_) if depth + 1 == MAX_DEPTH => self.status = status(error),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Date(_) => {}
        }
    }

    fn add_text(&mut self, text: &str, json: &JsonReader, depth: u8) {
        let text = text.trim();
        let inner = json_in(text, json);
        let is_all_json = inner.first().is_some_and(|(part, _)| *part == text);
        if !is_all_json {
            self.note(text);
        }
        if contains(text, "RequestId:") || contains(text, "Request Id:") {
            self.origin_is(Origin::RestApi);
        }
        for (_, found) in inner {
            self.add(&found, json, depth);
        }
    }

    fn add_object(&mut self, error: &Json, members: &[(String, Json)], json: &JsonReader, depth: u8) {
        let get = |name: &str| error.get(name);
        let text = |name: &str| get(name).and_then(Json::as_str);
        if matches!(get("source"), Some(Json::Bool(true))) {
            self.origin = Origin::Source;
        }
        for name in STATUSES {
            self.status = self.status.or_else(|| status(get(name)?));
        }
        let codes = || CODES.iter().filter_map(|name| text(name).and_then(code_in));
        self.code = self
            .code
            .take()
            .or(codes().find(|code| is_telling(code)).map(str::to_owned));
        for name in TEXTS {
            if let Some(text) = text(name).filter(|text| !text.is_empty()) {
                self.add_text(text, json, depth);
            }
        }
        for code in codes() {
            self.note(code);
        }
        // the name of an error's class says less than a code
        if let Some(class) = text("name") {
            self.all
                .push_str(&class.chars().take(80).collect::<String>().to_ascii_lowercase());
            self.all.push('\n');
            let (code, fallback) = codes_in(class);
            self.fallback_code = self.fallback_code.take().or(code).or(fallback);
        }
        if get("error_codes").is_some() || text("error_description").is_some() || text("errorMsg").is_some() {
            self.origin_is(Origin::RestApi);
        }
        // Fabric's errors
        if text("requestId").is_some() && text("errorCode").is_some_and(is_telling) {
            self.origin_is(Origin::RestApi);
        }
        if text("Message").is_some() || get("error").is_some_and(|inner| inner.get("code").is_some()) {
            self.origin_is(Origin::RestApi);
        }
        for (name, value) in members {
            let lower = name.to_ascii_lowercase();
            if lower == "x-powerbi-error-info" || lower == "x-powerbi-error-details" {
                self.origin_is(Origin::RestApi);
                self.add(value, json, depth);
            } else if lower == "headers" {
                self.add_headers(value, json, depth);
            } else if lower == "contenttype" {
                self.is_html |= value.as_str().is_some_and(|text| contains(text, "html"));
            } else if !SKIPPED.contains(&name.as_str())
                && (CONTAINERS.contains(&name.as_str()) || !matches!(value, Json::String(_)))
            {
                self.add(value, json, depth);
            }
        }
    }

    /// Reads the headers that say why: the REST API answers 401 and 403 without a body.
    fn add_headers(&mut self, headers: &Json, json: &JsonReader, depth: u8) {
        for (name, value) in headers.members() {
            let lower = name.to_ascii_lowercase();
            if lower.starts_with("x-powerbi-error") {
                self.origin_is(Origin::RestApi);
                self.add(value, json, depth);
            }
            if lower == "content-type" {
                self.is_html |= value.as_str().is_some_and(|text| contains(text, "html"));
            }
            if lower == "www-authenticate" {
                self.add(value, json, depth);
            }
        }
    }

    /// A source's failure stays the source's, whatever it passes on.
    fn origin_is(&mut self, origin: Origin) {
        if self.origin == Origin::Embed {
            self.origin = origin;
        }
    }

    /// Takes a text over; the first is the message.
    fn note(&mut self, text: &str) {
        let text: String = text.trim().chars().take(MAX_TEXT).collect();
        if text.is_empty() {
            return;
        }
        let lower = text.to_ascii_lowercase().replace(['’', '`'], "'");
        let is_page = lower.starts_with('<') && !lower.starts_with("<?xml");
        self.is_html |= is_page || contains(&lower, "<html") || contains(&lower, "<!doctype");
        if self.status.is_none() {
            self.status = status_in(&lower);
        }
        let (code, fallback) = codes_in(&text);
        self.code = self.code.take().or(code);
        self.fallback_code = self.fallback_code.take().or(fallback);
        if self.message.is_empty() {
            self.message.clone_from(&lower);
        }
        if self.all.len() < MAX_TEXT {
            self.all.push_str(&lower);
            self.all.push('\n');
        }
    }
}

fn status(value: &Json) -> Option<u16> {
    let status = match value.as_f64() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is checked below"
        )]
        Some(number) => number as u16,
        None => value.as_str()?.trim().parse().ok()?,
    };
    (100..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::{ErrorReport, MAX_TEXT, Origin};
    use crate::token::testing::{json, parse_json};
    use serde_json::{Value, json};

    fn report(value: &Value) -> ErrorReport {
        ErrorReport::parse(&json(value), parse_json)
    }

    #[test]
    fn all_shapes_give_message_and_status() {
        let detail = json!({"message": "TokenExpired", "detailedMessage": "Access token has expired", "errorCode": "403"});
        for value in [
            detail.clone(),
            json!([detail]),
            json!({"detail": detail}),
            json!({"type": "error", "detail": detail}),
            json!({"error": detail}),
            json!({"body": detail.to_string(), "statusCode": 403}),
            json!({"response": {"data": detail}}),
            json!({"cause": {"cause": detail}}),
            json!(detail.to_string()),
            json!(format!("Uncaught (in promise) {detail} at embed.js:1")),
        ] {
            let read = report(&value);
            assert!(read.says("token has expired"), "{value}");
            assert_eq!(read.code.as_deref(), Some("TokenExpired"), "{value}");
            assert_eq!(
                (read.status, read.origin, read.is_empty),
                (Some(403), Origin::Embed, false),
                "{value}"
            );
        }
    }

    #[test]
    fn answers_of_servers_are_known_by_their_shape() {
        for value in [
            json!({"error": {"code": "TokenExpired", "message": "m"}}),
            json!({"Message": "API is not accessible for application"}),
            json!({"errorMsg": "Error 403"}),
            json!({"status": 403, "error": "Error\r\nStatus: 403\r\nResponse: {\"error\":{\"code\":\"X\"}}\r\nRequestId: 1"}),
            json!("Status: Forbidden\r\nResponse: {\"error\":{\"code\":\"X\"}}\r\nRequestId: 1"),
            json!({"response": {"status": 401, "headers": {"x-powerbi-error-info": "GroupNotAccessible"}}}),
            json!({"source": true, "status": 500}),
        ] {
            assert!(report(&value).is_rest(), "{value}");
        }
        assert!(report(&json!("Response: {\"error\":{\"code\":\"InvalidToken\"}}")).says("invalidtoken"));
    }

    #[test]
    fn codes_are_found_in_any_wrapping() {
        for (value, wanted) in [
            (
                json!({"error": {"code": "X", "pbi.error": {"code": "PowerBIEntityNotFound"}}}),
                Some("PowerBIEntityNotFound"),
            ),
            (
                json!({"code": "ERR_BAD_REQUEST", "name": "AxiosError", "response": {"data": {"error": {"code": "InvalidRequest"}}}}),
                Some("InvalidRequest"),
            ),
            (
                json!("One or more errors occurred. (AADSTS50196: The server …)"),
                Some("AADSTS50196"),
            ),
            (
                json!({"errorCode": "interaction_required", "name": "InteractionRequiredAuthError"}),
                Some("interaction_required"),
            ),
            (json!({"message": "SomethingNew"}), Some("SomethingNew")),
            (json!({"message": "something went wrong"}), None),
            (json!({"code": "eyJhbGciOiJSUzI1NiJ9"}), None),
            (json!({"code": "abc8Q~fakefakefake"}), None),
            (json!({"code": "a1b2c3d4e5f6"}), None),
        ] {
            assert_eq!(report(&value).code.as_deref(), wanted, "{value}");
        }
    }

    #[test]
    fn nothing_is_nothing() {
        for value in [
            json!(null),
            json!({}),
            json!([]),
            json!(""),
            json!({"detail": null}),
            json!(7),
        ] {
            assert!(report(&value).is_empty, "{value}");
        }
        assert!(!report(&json!({"errorCode": "500"})).is_empty);
    }

    #[test]
    fn long_and_deep_errors_are_cut() {
        let mut deep = json!({"message": "bottom"});
        for _ in 0..20 {
            deep = json!({"detail": deep});
        }
        assert!(report(&deep).is_empty);
        assert!(report(&json!({"message": "x".repeat(100_000)})).all.len() <= MAX_TEXT + 1);
        let wide = json!({"details": vec![json!({"errors": vec![json!({"message": "m"}); 8]}); 100_000]});
        assert!(!report(&wide).is_empty);
    }

    #[test]
    fn statuses_are_numbers_or_texts() {
        for (value, wanted) in [
            (json!({"errorCode": "403"}), Some(403)),
            (json!({"status": 500}), Some(500)),
            (json!({"errorCode": "x"}), None),
            (json!({"status": 7}), None),
            (json!("Request failed with status code 403"), Some(403)),
            (json!("403 Client Error: Forbidden for url"), Some(403)),
            (
                json!("Operation returned an invalid status code 'Forbidden'"),
                Some(403),
            ),
            (
                json!("Response status code does not indicate success: 429 (Too Many Requests)."),
                Some(429),
            ),
            (json!("Unauthorized"), Some(401)),
            (json!("404 reports were found"), None),
        ] {
            assert_eq!(report(&value).status, wanted, "{value}");
        }
    }
}
