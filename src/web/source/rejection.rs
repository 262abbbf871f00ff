//! Reading the error that a source rejected with: what it says of an HTTP status, of waiting, and of signing in.
//!
//! Libraries put these in different places; each is looked at once, and whatever throws counts as absent.

use super::response::{headers_of, status_of};
use crate::io::{Headers, SourceFailure};
use crate::web::js;
use wasm_bindgen::JsValue;

/// How many errors are followed from one to its cause.
const MAX_DEPTH: u32 = 4;
/// The status that counts for an error which says that the user must sign in.
const UNAUTHORIZED: u16 = 401;

/// The failure that an error stands for, and the headers that came with it.
pub(super) fn failure_of(error: &JsValue) -> (SourceFailure, Headers) {
    let mut current = error.clone();
    for _ in 0..MAX_DEPTH {
        let response = js::get(&current, "response");
        if is_denial(&current) || is_denial(&js::get(&response, "data")) {
            return (SourceFailure::Status(UNAUTHORIZED), Headers::default());
        }
        for from in [&current, &response] {
            let status = status_of(from, "status").or_else(|| status_of(from, "statusCode"));
            // a success was rejected for another reason, such as a body that is no JSON
            if let Some(status) = status.filter(|status| *status >= 300) {
                return (SourceFailure::Status(status), headers(&current, &response));
            }
        }
        current = js::get(&current, "cause");
    }
    (SourceFailure::SourceThrew, Headers::default())
}

/// The headers of the response, or those that the error has itself.
fn headers(error: &JsValue, response: &JsValue) -> Headers {
    let (own, its) = (headers_of(error), headers_of(response));
    Headers {
        date: its.date.or(own.date),
        retry_after: its.retry_after.or(own.retry_after),
    }
}

/// Whether an error, or the body of a token endpoint, says that the user must sign in.
fn is_denial(error: &JsValue) -> bool {
    let says = |key| js::short_text(&js::get(error, key));
    says("name").as_deref() == Some("InteractionRequiredAuthError")
        || ["errorCode", "error", "code"].into_iter().any(|key| {
            matches!(
                says(key).as_deref(),
                Some("interaction_required" | "login_required" | "consent_required" | "invalid_grant")
            )
        })
}
