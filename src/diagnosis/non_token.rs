//! Classifies texts that are not tokens.

use super::search::contains;
use crate::token::is_guid;

/// A text or value that is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NonToken {
    /// A GUID.
    Guid,
    /// An Entra client secret.
    Secret,
    /// `undefined`, `null` and the like, made a text.
    Nothing,
    /// `[object Object]`, or a value that is no text.
    Object,
    /// A placeholder of a sample.
    Placeholder,
    /// A web address.
    Url,
    /// A page, an error text or other words.
    Words,
}

/// Classifies a text that is not a token.
pub(super) fn classify_non_token(text: &str) -> NonToken {
    let lower = text.to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    let has = |words: &[&str]| words.iter().any(|word| contains(&lower, word));
    if is_guid(text.trim_matches(['{', '}'])) {
        NonToken::Guid
    } else if is(&["undefined", "null", "nan", "none", "nil", "true", "false"]) {
        NonToken::Nothing
    } else if lower.starts_with("[object") || (lower.starts_with('{') && !lower.starts_with("{{")) {
        NonToken::Object
    } else if has(&["<!doctype", "<html", "<?xml", "<body"]) {
        NonToken::Words
    } else if lower.starts_with("https://") || lower.starts_with("http://") {
        NonToken::Url
    } else if text
        .get(3..)
        .is_some_and(|rest| rest.len() < 60 && rest.get(1..3) == Some("Q~"))
    {
        NonToken::Secret
    } else if has(&[
        "your",
        "access_token",
        "accesstoken",
        "access token",
        "embed_token",
        "embedtoken",
        "embed token",
    ]) || has(&[
        "placeholder",
        "mock",
        "dummy",
        "fake",
        "changeme",
        "change_me",
        "redacted",
        "todo",
        "process.env",
        "import.meta",
        "token_here",
        "insert",
        "paste",
        "<",
        "{{",
        "${",
        "xxx",
    ]) {
        NonToken::Placeholder
    } else {
        NonToken::Words
    }
}

#[cfg(test)]
mod tests {
    use super::{NonToken, classify_non_token};

    #[test]
    fn what_is_no_token_is_named() {
        for (text, wanted) in [
            ("00000000-1111-2222-3333-444444444444", NonToken::Guid),
            ("{00000000-1111-2222-3333-444444444444}", NonToken::Guid),
            ("abc8Q~fakefakefakefakefakefakefakefakefak", NonToken::Secret),
            ("undefined", NonToken::Nothing),
            ("NaN", NonToken::Nothing),
            ("[object Object]", NonToken::Object),
            ("[object Promise]", NonToken::Object),
            ("{\"error\":1}", NonToken::Object),
            ("YOUR_ACCESS_TOKEN", NonToken::Placeholder),
            ("<Access Token>", NonToken::Placeholder),
            ("{{embedToken}}", NonToken::Placeholder),
            ("${token}", NonToken::Placeholder),
            ("https://app.powerbi.com/reportEmbed?reportId=x", NonToken::Url),
            ("<!DOCTYPE html><html></html>", NonToken::Words),
            ("hello", NonToken::Words),
            ("mock-powerbi-access-token", NonToken::Placeholder),
            ("TODO", NonToken::Placeholder),
            ("process.env.TOKEN", NonToken::Placeholder),
        ] {
            assert_eq!(classify_non_token(text), wanted, "{text}");
        }
    }
}
