//! What stands where a token should.

use crate::token::is_guid;

/// What stands where a token should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
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
    Address,
    /// A page, an error text or other words.
    Words,
}

/// What a text is that is no token.
pub(super) fn instead(text: &str) -> Instead {
    let lower = text.to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is_guid(text.trim_matches(['{', '}'])) {
        Instead::Guid
    } else if is(&["undefined", "null", "nan", "none", "nil", "true", "false"]) {
        Instead::Nothing
    } else if lower.starts_with("[object") || (lower.starts_with('{') && !lower.starts_with("{{")) {
        Instead::Object
    } else if has(&["<!doctype", "<html", "<?xml", "<body"]) {
        Instead::Words
    } else if lower.starts_with("https://") || lower.starts_with("http://") {
        Instead::Address
    } else if text
        .get(3..)
        .is_some_and(|rest| rest.len() < 60 && rest.get(1..3) == Some("Q~"))
    {
        Instead::Secret
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
        "token_here",
        "insert",
        "paste",
        "<",
        "{{",
        "${",
        "xxx",
    ]) {
        Instead::Placeholder
    } else {
        Instead::Words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_named() {
        for (text, wanted) in [
            ("00000000-1111-2222-3333-444444444444", Instead::Guid),
            ("{00000000-1111-2222-3333-444444444444}", Instead::Guid),
            ("abc8Q~fakefakefakefakefakefakefakefakefak", Instead::Secret),
            ("undefined", Instead::Nothing),
            ("NaN", Instead::Nothing),
            ("[object Object]", Instead::Object),
            ("[object Promise]", Instead::Object),
            ("{\"error\":1}", Instead::Object),
            ("YOUR_ACCESS_TOKEN", Instead::Placeholder),
            ("<Access Token>", Instead::Placeholder),
            ("{{embedToken}}", Instead::Placeholder),
            ("${token}", Instead::Placeholder),
            ("https://app.powerbi.com/reportEmbed?reportId=x", Instead::Address),
            ("<!DOCTYPE html><html></html>", Instead::Words),
            ("hello", Instead::Words),
        ] {
            assert_eq!(instead(text), wanted, "{text}");
        }
    }
}
