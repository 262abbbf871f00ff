//! A value as JSON or JavaScript gives it, with every text treated as a possible token.

use core::cell::Cell;
use core::fmt;

use super::AccessToken;
use crate::time::Timestamp;

/// A value out of a source's answer, a token's segment or an embed configuration.
///
/// Any text may be a token, so texts are [`AccessToken`]s and `Debug` shows the kind of value alone.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`, and JavaScript's `undefined`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Any text, zeroed when dropped.
    String(AccessToken),
    /// A JavaScript `Date`; JSON has none.
    Date(Timestamp),
    /// An array.
    Array(Vec<Json>),
    /// An object's own members in their order.
    Object(Vec<(String, Json)>),
}

/// Reads JSON text in UTF-8; `None` when it is none. The platform's reader is injected: `JSON.parse` in a browser.
pub type ParseJson = fn(&[u8]) -> Option<Json>;

/// The most values in the JSON texts of one answer, token or error. Of none are as many looked at.
const MAX_VALUES: usize = 10_000;
/// The most bytes of those texts: an answer of 1 MiB, and what it quotes as a text once more.
const MAX_BYTES: usize = 2 * 1_048_576;

/// Parses the JSON texts of one answer, token or error, as many as are bounded work together.
///
/// The platform's parser takes 0.1 s for 1 MiB of brackets, and a text may hold texts, sixteen deep.
pub(crate) struct JsonReader {
    parse: ParseJson,
    values_left: Cell<usize>,
    bytes_left: Cell<usize>,
}

impl JsonReader {
    pub(crate) fn new(parse: ParseJson) -> Self {
        Self {
            parse,
            values_left: Cell::new(MAX_VALUES),
            bytes_left: Cell::new(MAX_BYTES),
        }
    }

    /// Parses a text; `None` when it is no JSON, or more than is left. A smaller one may still be read then.
    pub(crate) fn read(&self, text: &[u8]) -> Option<Json> {
        let bytes_left = self.bytes_left.get().checked_sub(text.len())?;
        let values_left = count_down(self.values_left.get(), text)?;
        self.bytes_left.set(bytes_left);
        self.values_left.set(values_left);
        (self.parse)(text)
    }
}

/// `limit` less a JSON text's objects and arrays, and the commas between their entries: at least half of its values.
fn count_down(limit: usize, text: &[u8]) -> Option<usize> {
    let (mut left, mut rest) = (limit, text);
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'{' | b'[' | b',' => left = left.checked_sub(1)?,
            b'"' => rest = after_quote(rest),
            _ => {}
        }
    }
    Some(left)
}

/// What is behind the quote that ends a text.
fn after_quote(mut rest: &[u8]) -> &[u8] {
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'"', _) => return tail,
            (b'\\', [_, tail @ ..]) => tail,
            _ => tail,
        };
    }
    rest
}

impl Json {
    /// The first member of this exact name; `None` when there is none or this is no object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        for (name, value) in self.members() {
            if name == key {
                return Some(value);
            }
        }
        None
    }

    /// The text; `None` when this is something else.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text.expose())
        } else {
            None
        }
    }

    /// The number; `None` when this is something else, or not finite.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self {
            Some(*number).filter(|n| n.is_finite())
        } else {
            None
        }
    }

    /// The elements; none when this is no array.
    #[must_use]
    pub fn as_array(&self) -> &[Self] {
        if let Self::Array(items) = self { items } else { &[] }
    }

    /// The members in their order; none when this is no object.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self {
            members
        } else {
            &[]
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(redacted)",
            Self::Number(_) => "Number(redacted)",
            Self::String(_) => "String(redacted)",
            Self::Date(_) => "Date(redacted)",
            Self::Array(_) => "Array(redacted)",
            Self::Object(_) => "Object(redacted)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::parse_json;
    use super::{AccessToken, Json, JsonReader, MAX_BYTES, MAX_VALUES, Timestamp, count_down};

    fn sample() -> Json {
        parse_json(br#"{"a":"CANARY","b":[1,true,null],"A":2.5,"a":"second"}"#).unwrap()
    }

    #[test]
    fn members_are_found_by_their_exact_name() {
        let json = sample();
        assert_eq!(json.get("b").map(|b| b.as_array().len()), Some(3));
        assert_eq!(json.get("A").and_then(Json::as_f64), Some(2.5));
        assert_eq!(json.get("c"), None);
        assert_eq!(Json::Null.get("a"), None);
        assert_eq!(json.members().len(), 3);
    }

    #[test]
    fn accessors_answer_for_their_own_kind_only() {
        assert_eq!(Json::Bool(true).as_str(), None);
        assert_eq!(Json::Number(f64::NAN).as_f64(), None);
        assert_eq!(Json::Number(f64::INFINITY).as_f64(), None);
        assert_eq!(Json::String(AccessToken::new("1".into())).as_f64(), None);
        assert!(Json::Null.as_array().is_empty());
        assert!(Json::Null.members().is_empty());
    }

    #[test]
    fn what_is_quoted_is_no_value() {
        for (text, count) in [
            ("", 0),
            ("1", 0),
            ("[1,2,[]]", 4),
            (r#"{"a":{"b":[]}}"#, 3),
            (r#"["[{,",1]"#, 2),
            (r#"["\"[[[\\",[]]"#, 3),
            (r#"["\"#, 1),
            (r#"["#, 1),
            (r#"["[["#, 1),
        ] {
            assert_eq!(count_down(10, text.as_bytes()), Some(10 - count), "{text}");
            if count > 0 {
                assert_eq!(count_down(count - 1, text.as_bytes()), None, "{text}");
            }
        }
    }

    #[test]
    fn texts_are_parsed_until_together_they_have_too_many_values() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        let reader = JsonReader::new(parse_json);
        assert_eq!(reader.read(list(MAX_VALUES + 1).as_bytes()), None);
        assert!(reader.read(list(MAX_VALUES - 1).as_bytes()).is_some());
        assert_eq!(reader.read(b"[1,2]"), None);
        assert!(reader.read(b"[1]").is_some());
        assert_eq!(reader.read(b"[1]"), None);
        assert!(reader.read(b"1").is_some());
        let deep = format!("{}{}", "[".repeat(MAX_VALUES + 1), "]".repeat(MAX_VALUES + 1));
        let parse: fn(&[u8]) -> Option<Json> = |_| Some(Json::Null);
        assert_eq!(JsonReader::new(parse).read(deep.as_bytes()), None);
    }

    #[test]
    fn texts_are_parsed_until_together_they_are_too_long() {
        let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
        let reader = JsonReader::new(parse_json);
        assert_eq!(reader.read(text(MAX_BYTES + 1).as_bytes()), None);
        assert!(reader.read(text(MAX_BYTES - 4).as_bytes()).is_some());
        assert_eq!(reader.read(text(5).as_bytes()), None);
        assert!(reader.read(text(4).as_bytes()).is_some());
    }

    #[test]
    fn debug_shows_no_content() {
        for json in [
            sample(),
            Json::String(AccessToken::new("CANARY".into())),
            Json::Array(vec![sample()]),
        ] {
            assert!(!format!("{json:?} {json:#?}").contains("CANARY"));
        }
        assert_eq!(format!("{:?}", Json::Number(1.0)), "Number(redacted)");
        assert_eq!(
            format!("{:?}", Json::Date(Timestamp::from_ms(5))),
            "Date(redacted)"
        );
    }
}
