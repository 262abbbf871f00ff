//! Taking off what people paste around a token.

use super::url::unescape;
use crate::time::Timestamp;
use crate::token::{AccessToken, Json, ReadJson, after_bearer, read_answer, trim};

/// What surrounds a token, or runs through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
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

/// A text without its wraps, which are told from the outside in.
pub(super) struct Peeled {
    pub(super) text: AccessToken,
    pub(super) wraps: Vec<Wrap>,
}

/// More wraps than these are nobody's mistake.
const MOST: usize = 8;
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

/// Takes off all wraps.
pub(super) fn peel(text: &str, read_json: ReadJson) -> Peeled {
    let mut peeled = Peeled {
        text: AccessToken::new(text.to_owned()),
        wraps: Vec::new(),
    };
    for _ in 0..MOST {
        let Some((wrap, inner)) = layer(peeled.text.expose(), read_json) else {
            break;
        };
        peeled.text = inner;
        if !peeled.wraps.contains(&wrap) {
            peeled.wraps.push(wrap);
        }
    }
    peeled
}

/// The outermost wrap and what is inside.
fn layer(text: &str, read_json: ReadJson) -> Option<(Wrap, AccessToken)> {
    let found = |wrap, inner: &str| Some((wrap, AccessToken::new(inner.to_owned())));
    let trimmed = trim(text);
    if trimmed.len() < text.len() {
        return found(Wrap::Edge, trimmed);
    }
    if let Some(rest) = after_bearer(text) {
        return found(Wrap::Bearer, rest);
    }
    if text.starts_with('{') {
        let answer = Json::Text(AccessToken::new(text.to_owned()));
        return read_answer(&answer, Timestamp::from_ms(0), read_json)
            .ok()
            .map(|token| (Wrap::Answer, token.text));
    }
    let holds = text.contains("eyJ") || text.contains("H4sI");
    let plain = if holds { unescaped(text) } else { text.to_owned() };
    if plain != text {
        return found(Wrap::Escapes, &plain);
    }
    let bare = text.trim_matches(PUNCTUATION);
    if bare.len() < text.len() {
        return found(Wrap::Quotes, bare);
    }
    if !text.starts_with("eyJ") && !text.starts_with("H4sI") {
        return None;
    }
    let squeezed: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect();
    if squeezed.len() < text.len() {
        found(Wrap::Space, &squeezed)
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
        plain = plain.replace(escape, meaning);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::read_json;

    const TOKEN: &str = "H4sIAAAA+/AA.eyJleHAiOjF9==";

    #[track_caller]
    fn peels(text: &str, wraps: &[Wrap]) {
        let peeled = peel(text, read_json);
        assert_eq!(peeled.text.expose(), TOKEN, "{text}");
        assert_eq!(peeled.wraps, wraps, "{text}");
    }

    #[test]
    fn each_wrap_comes_off() {
        peels(TOKEN, &[]);
        peels(&format!(" {TOKEN}\r\n"), &[Wrap::Edge]);
        peels(&format!("Bearer {TOKEN}"), &[Wrap::Bearer]);
        peels(&format!("bearer\t{TOKEN}"), &[Wrap::Bearer]);
        peels(&format!("'{TOKEN}'"), &[Wrap::Quotes]);
        peels(&format!("{TOKEN}\","), &[Wrap::Quotes]);
        peels(&format!("“{TOKEN}”"), &[Wrap::Quotes]);
        peels(&TOKEN.replace('=', "%3D").replace('/', "%2f"), &[Wrap::Escapes]);
        peels(&TOKEN.replace('=', "&#x3D;"), &[Wrap::Escapes]);
        peels(&TOKEN.replace('=', "\\u003d"), &[Wrap::Escapes]);
        peels(&TOKEN.replace('.', "\n."), &[Wrap::Space]);
        peels(&TOKEN.replace('.', "\u{200b}."), &[Wrap::Space]);
    }

    #[test]
    fn wraps_nest() {
        peels(
            &format!("\"Bearer {TOKEN}\"\n"),
            &[Wrap::Edge, Wrap::Quotes, Wrap::Bearer],
        );
        peels(
            &format!("%22{}%22", TOKEN.replace('=', "%3D")),
            &[Wrap::Escapes, Wrap::Quotes],
        );
    }

    #[test]
    fn a_whole_answer_gives_its_token() {
        let token = crate::token::testing::embed(&serde_json::json!({"exp": 1}));
        let peeled = peel(
            &serde_json::json!({"token": token, "expiration": "x"}).to_string(),
            read_json,
        );
        assert_eq!(
            (peeled.text.expose(), peeled.wraps),
            (token.as_str(), vec![Wrap::Answer])
        );
    }

    #[test]
    fn what_wraps_no_token_stays() {
        for text in ["", "undefined", "a b", "100%25", "{\"a\":1}", "<p>"] {
            let peeled = peel(text, read_json);
            assert_eq!((peeled.text.expose(), peeled.wraps), (text, vec![]));
        }
    }
}
