//! Normalizes an error of powerbi-client, its frame or a backend.

use crate::token::{Json, ParseJson};

/// The most of an error's text that is kept; it may be a whole page.
const MAX_TEXT: usize = 8_000;
/// The most errors that may be nested in each other.
const MAX_DEPTH: u8 = 5;

/// An error. Its texts are for comparison only: powerbi-client quotes the element's HTML in some, token included.
#[derive(Default)]
pub(super) struct ErrorReport {
    /// The event's `message`, in lower case.
    pub(super) message: String,
    /// All of its texts, in lower case.
    pub(super) all: String,
    /// The HTTP status that `errorCode` or `status` names.
    pub(super) status: Option<u16>,
    /// It has the shape of an answer of the REST API, or of a backend that passes one on.
    pub(super) rest: bool,
    /// There is nothing: `undefined`, which powerbi-client rejects with when the frame is gone.
    pub(super) absent: bool,
}

impl ErrorReport {
    /// Reads an error: an event or its detail, an `IError`, an array of them, an `Error`, a backend's answer, a text.
    pub(super) fn read(error: &Json, parse_json: ParseJson) -> Self {
        let mut report = Self::default();
        report.add(error, parse_json, MAX_DEPTH);
        report.absent = report.all.is_empty() && report.status.is_none();
        report
    }

    /// Whether any of its texts holds these words, which are in lower case.
    pub(super) fn says(&self, words: &str) -> bool {
        self.all.contains(words)
    }

    /// Whether its message is this name, which is in lower case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.message == name
    }

    fn add(&mut self, error: &Json, parse_json: ParseJson, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match error {
            Json::String(text) => self.add_text(text.expose(), parse_json, depth),
            Json::Array(errors) => errors
                .iter()
                .take(8)
                .for_each(|error| self.add(error, parse_json, depth)),
            Json::Object(_) => self.add_map(error, parse_json, depth),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Date(_) => {}
        }
    }

    fn add_text(&mut self, text: &str, parse_json: ParseJson, depth: u8) {
        let text = text.trim();
        if text.starts_with(['{', '['])
            && let Some(json) = parse_json(text.as_bytes())
        {
            return self.add(&json, parse_json, depth);
        }
        self.note(text);
        self.rest |= text.contains("RequestId:") || text.contains("Request Id:");
        if let Some(json) = text
            .split_once("Response:")
            .and_then(|(_, rest)| parse_json(rest.lines().next()?.trim().as_bytes()))
        {
            self.add(&json, parse_json, depth);
        }
    }

    fn add_map(&mut self, error: &Json, parse_json: ParseJson, depth: u8) {
        let text = |name| error.get(name).and_then(Json::as_str);
        for name in [
            "message",
            "code",
            "detailedMessage",
            "Message",
            "errorMsg",
            "error_description",
            "stack",
            "title",
        ] {
            if let Some(text) = text(name).filter(|text| !text.is_empty()) {
                self.note(text);
            }
        }
        let details = error
            .get("technicalDetails")
            .and_then(|details| details.get("errorInfo"));
        for info in details.map_or(&[][..], Json::as_array) {
            self.note(info.get("value").and_then(Json::as_str).unwrap_or(""));
        }
        self.rest |=
            text("Message").is_some() || text("errorMsg").is_some() || text("error_description").is_some();
        let inner = error.get("error");
        self.rest |= inner.is_some_and(|inner| inner.get("code").is_some());
        let status = ["errorCode", "status", "statusCode"]
            .into_iter()
            .find_map(|name| status(error.get(name)?));
        self.status = self.status.or(status);
        for inner in [
            inner,
            error.get("detail"),
            error.get("details"),
            error.get("body"),
            error.get("innererror"),
        ] {
            self.add(inner.unwrap_or(&Json::Null), parse_json, depth);
        }
    }

    /// Takes a text over; the first is the message.
    fn note(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let text: String = text
            .chars()
            .take(MAX_TEXT)
            .collect::<String>()
            .to_lowercase()
            .replace(['’', '`'], "'");
        if self.message.is_empty() {
            self.message = text.trim().to_owned();
        }
        if self.all.len() < MAX_TEXT {
            self.all.push_str(&text);
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
    use super::{ErrorReport, MAX_TEXT};
    use crate::token::testing::{json, parse_json};
    use serde_json::{Value, json};

    fn report(value: &Value) -> ErrorReport {
        ErrorReport::read(&json(value), parse_json)
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
            json!(detail.to_string()),
        ] {
            let read = report(&value);
            assert!(
                read.is("tokenexpired") && read.says("token has expired"),
                "{value}"
            );
            assert_eq!(
                (read.status, read.rest, read.absent),
                (Some(403), false, false),
                "{value}"
            );
        }
    }

    #[test]
    fn answers_of_backends_are_known_by_their_shape() {
        for value in [
            json!({"error": {"code": "TokenExpired", "message": "m"}}),
            json!({"Message": "API is not accessible for application"}),
            json!({"errorMsg": "Error 403"}),
            json!({"status": 403, "error": "Error\r\nStatus: 403\r\nResponse: {\"error\":{\"code\":\"X\"}}\r\nRequestId: 1"}),
            json!("Status: Forbidden\r\nResponse: {\"error\":{\"code\":\"X\"}}\r\nRequestId: 1"),
        ] {
            assert!(report(&value).rest, "{value}");
        }
        assert!(report(&json!("Response: {\"error\":{\"code\":\"InvalidToken\"}}")).says("invalidtoken"));
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
            assert!(report(&value).absent, "{value}");
        }
        assert!(!report(&json!({"errorCode": "500"})).absent);
    }

    #[test]
    fn long_and_deep_errors_are_cut() {
        let mut deep = json!({"message": "bottom"});
        for _ in 0..20 {
            deep = json!({"detail": deep});
        }
        assert!(report(&deep).absent);
        assert!(report(&json!({"message": "x".repeat(100_000)})).all.len() <= MAX_TEXT + 1);
    }

    #[test]
    fn statuses_are_texts_or_numbers() {
        for (value, wanted) in [
            (json!("403"), Some(403)),
            (json!(500), Some(500)),
            (json!("x"), None),
            (json!(7), None),
        ] {
            assert_eq!(report(&json!({"errorCode": value})).status, wanted, "{value}");
        }
    }
}
