//! An error as powerbi-client, its frame or a backend gives it, brought into one shape.

use crate::token::{Json, ReadJson};

/// More of an error's text is never needed, and may be a whole page.
const MOST: usize = 8_000;
/// How deep an error may lie in others.
const DEPTH: u8 = 5;

/// An error. Its texts are for comparison only: powerbi-client quotes the element's HTML in some, token included.
#[derive(Default)]
pub(super) struct Failure {
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

impl Failure {
    /// Reads an error: an event or its detail, an `IError`, an array of them, an `Error`, a backend's answer, a text.
    pub(super) fn read(error: &Json, read_json: ReadJson) -> Self {
        let mut failure = Self::default();
        failure.add(error, read_json, DEPTH);
        failure.absent = failure.all.is_empty() && failure.status.is_none();
        failure
    }

    /// Whether any of its texts holds these words, which are in lower case.
    pub(super) fn says(&self, words: &str) -> bool {
        self.all.contains(words)
    }

    /// Whether its message is this name, which is in lower case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.message == name
    }

    fn add(&mut self, error: &Json, read_json: ReadJson, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match error {
            Json::Text(text) => self.add_text(text.expose(), read_json, depth),
            Json::List(errors) => errors
                .iter()
                .take(8)
                .for_each(|error| self.add(error, read_json, depth)),
            Json::Map(_) => self.add_map(error, read_json, depth),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Date(_) => {}
        }
    }

    fn add_text(&mut self, text: &str, read_json: ReadJson, depth: u8) {
        let text = text.trim();
        if text.starts_with(['{', '['])
            && let Some(json) = read_json(text.as_bytes())
        {
            return self.add(&json, read_json, depth);
        }
        self.note(text);
        self.rest |= text.contains("RequestId:") || text.contains("Request Id:");
        if let Some(json) = text
            .split_once("Response:")
            .and_then(|(_, rest)| read_json(rest.lines().next()?.trim().as_bytes()))
        {
            self.add(&json, read_json, depth);
        }
    }

    fn add_map(&mut self, error: &Json, read_json: ReadJson, depth: u8) {
        let text = |name| error.get(name).and_then(Json::text);
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
        for info in details.map_or(&[][..], Json::list) {
            self.note(info.get("value").and_then(Json::text).unwrap_or(""));
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
            self.add(inner.unwrap_or(&Json::Null), read_json, depth);
        }
    }

    /// Takes a text over; the first is the message.
    fn note(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let text: String = text
            .chars()
            .take(MOST)
            .collect::<String>()
            .to_lowercase()
            .replace(['’', '`'], "'");
        if self.message.is_empty() {
            self.message = text.trim().to_owned();
        }
        if self.all.len() < MOST {
            self.all.push_str(&text);
            self.all.push('\n');
        }
    }
}

fn status(value: &Json) -> Option<u16> {
    let status = match value.number() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is checked below"
        )]
        Some(number) => number as u16,
        None => value.text()?.trim().parse().ok()?,
    };
    (100..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::{json, read_json};
    use serde_json::{Value, json};

    fn failure(value: &Value) -> Failure {
        Failure::read(&json(value), read_json)
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
            let read = failure(&value);
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
            assert!(failure(&value).rest, "{value}");
        }
        assert!(failure(&json!("Response: {\"error\":{\"code\":\"InvalidToken\"}}")).says("invalidtoken"));
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
            assert!(failure(&value).absent, "{value}");
        }
        assert!(!failure(&json!({"errorCode": "500"})).absent);
    }

    #[test]
    fn long_and_deep_errors_are_cut() {
        let mut deep = json!({"message": "bottom"});
        for _ in 0..20 {
            deep = json!({"detail": deep});
        }
        assert!(failure(&deep).absent);
        assert!(failure(&json!({"message": "x".repeat(100_000)})).all.len() <= MOST + 1);
    }

    #[test]
    fn statuses_are_texts_or_numbers() {
        for (value, wanted) in [
            (json!("403"), Some(403)),
            (json!(500), Some(500)),
            (json!("x"), None),
            (json!(7), None),
        ] {
            assert_eq!(failure(&json!({"errorCode": value})).status, wanted, "{value}");
        }
    }
}
