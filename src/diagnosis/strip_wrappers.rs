//! Strips what people paste around a token.

use super::search::{contains, replace};
use super::url::unescape;
use crate::time::Timestamp;
use crate::token::{AccessToken, Json, ParseJson, after_bearer, parse_response, trim};

/// Something that surrounds a token, or runs through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// White space before or after it.
    Edge,
    /// `Bearer` and a space before it.
    Bearer,
    /// Quotes or other punctuation around it.
    Quotes,
    /// Escapes of URLs, HTML or JSON in it.
    Escapes,
    /// White space inside it.
    Space,
    /// A whole JSON answer around it.
    Answer,
}

/// A text without its wrappers, listed from the outside in.
pub(super) struct Stripped {
    pub(super) text: AccessToken,
    pub(super) wrappers: Vec<Wrapper>,
}

/// The most wrappers that are stripped.
const MAX_WRAPPERS: usize = 8;
/// Characters that stand around a token and are none of it.
const PUNCTUATION: [char; 11] = ['"', '\'', '`', '“', '”', '„', '‘', '’', ',', ';', '\\'];
/// Escapes of HTML and JSON for the characters of a token and for quotes.
const ESCAPES: [(&str, &str); 14] = [
    ("&#x3D;", "="),
    ("&#x3d;", "="),
    ("&#61;", "="),
    ("&#x2B;", "+"),
    ("&#x2b;", "+"),
    ("&#43;", "+"),
    ("&#x2F;", "/"),
    ("&#47;", "/"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("\\u003d", "="),
    ("\\u002b", "+"),
    ("\\/", "/"),
    ("\\n", ""),
];

/// Strips all wrappers.
pub(super) fn strip_wrappers(text: &str, parse_json: ParseJson) -> Stripped {
    let mut stripped = Stripped {
        text: AccessToken::new(text.to_owned()),
        wrappers: Vec::new(),
    };
    for _ in 0..MAX_WRAPPERS {
        let Some((wrapper, inner)) = outermost(stripped.text.expose(), parse_json) else {
            break;
        };
        stripped.text = inner;
        if !stripped.wrappers.contains(&wrapper) {
            stripped.wrappers.push(wrapper);
        }
    }
    stripped
}

/// The outermost wrapper and the text inside it.
fn outermost(text: &str, parse_json: ParseJson) -> Option<(Wrapper, AccessToken)> {
    let found = |wrapper, inner: &str| Some((wrapper, AccessToken::new(inner.to_owned())));
    let trimmed = trim(text);
    if trimmed.len() < text.len() {
        return found(Wrapper::Edge, trimmed);
    }
    if let Some(rest) = after_bearer(text) {
        return found(Wrapper::Bearer, rest);
    }
    if text.starts_with('{') {
        let answer = Json::String(AccessToken::new(text.to_owned()));
        return parse_response(&answer, Timestamp::from_ms(0), None, parse_json)
            .ok()
            .map(|token| (Wrapper::Answer, token.text));
    }
    let holds = contains(text, "eyJ") || contains(text, "H4sI");
    let plain = if holds { unescaped(text) } else { text.to_owned() };
    if plain != text {
        return found(Wrapper::Escapes, &plain);
    }
    let bare = text.trim_matches(PUNCTUATION);
    if bare.len() < text.len() {
        return found(Wrapper::Quotes, bare);
    }
    if !text.starts_with("eyJ") && !text.starts_with("H4sI") {
        return None;
    }
    let squeezed: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect();
    if squeezed.len() < text.len() {
        found(Wrapper::Space, &squeezed)
    } else {
        None
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}')
}

/// Undoes the escapes of URLs, HTML and JSON; a `+` stays.
fn unescaped(text: &str) -> String {
    let mut plain = unescape(&text.replace('+', "%2B"));
    for (escape, meaning) in ESCAPES {
        plain = replace(&plain, escape, meaning);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Wrapper, strip_wrappers};
    use crate::token::testing::parse_json;

    const TOKEN: &str = "H4sIAAAA+/AA.eyJleHAiOjF9==";

    #[track_caller]
    fn strips(text: &str, wrappers: &[Wrapper]) {
        let stripped = strip_wrappers(text, parse_json);
        assert_eq!(stripped.text.expose(), TOKEN, "{text}");
        assert_eq!(stripped.wrappers, wrappers, "{text}");
    }

    #[test]
    fn each_wrap_comes_off() {
        strips(TOKEN, &[]);
        strips(&format!(" {TOKEN}\r\n"), &[Wrapper::Edge]);
        strips(&format!("Bearer {TOKEN}"), &[Wrapper::Bearer]);
        strips(&format!("bearer\t{TOKEN}"), &[Wrapper::Bearer]);
        strips(&format!("'{TOKEN}'"), &[Wrapper::Quotes]);
        strips(&format!("{TOKEN}\","), &[Wrapper::Quotes]);
        strips(&format!("“{TOKEN}”"), &[Wrapper::Quotes]);
        strips(
            &TOKEN.replace('=', "%3D").replace('/', "%2f"),
            &[Wrapper::Escapes],
        );
        strips(&TOKEN.replace('=', "&#x3D;"), &[Wrapper::Escapes]);
        strips(&TOKEN.replace('=', "\\u003d"), &[Wrapper::Escapes]);
        strips(&TOKEN.replace('.', "\n."), &[Wrapper::Space]);
        strips(&TOKEN.replace('.', "\u{200b}."), &[Wrapper::Space]);
    }

    #[test]
    fn wraps_nest() {
        strips(
            &format!("\"Bearer {TOKEN}\"\n"),
            &[Wrapper::Edge, Wrapper::Quotes, Wrapper::Bearer],
        );
        strips(
            &format!("%22{}%22", TOKEN.replace('=', "%3D")),
            &[Wrapper::Escapes, Wrapper::Quotes],
        );
    }

    #[test]
    fn a_whole_answer_gives_its_token() {
        let token = crate::token::testing::embed(&serde_json::json!({"exp": 1}));
        let stripped = strip_wrappers(
            &serde_json::json!({"token": token, "expiration": "x"}).to_string(),
            parse_json,
        );
        assert_eq!(
            (stripped.text.expose(), stripped.wrappers),
            (token.as_str(), vec![Wrapper::Answer])
        );
    }

    #[test]
    fn what_wraps_no_token_stays() {
        for text in ["", "undefined", "a b", "100%25", "{\"a\":1}", "<p>"] {
            let stripped = strip_wrappers(text, parse_json);
            assert_eq!((stripped.text.expose(), stripped.wrappers), (text, vec![]));
        }
    }
}
