//! A value as JSON or JavaScript gives it, with every text treated as a possible token.

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
    use super::{AccessToken, Json, Timestamp};

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
