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
    Text(AccessToken),
    /// A JavaScript `Date`; JSON has none.
    Date(Timestamp),
    /// An array.
    List(Vec<Json>),
    /// An object's own members in their order.
    Map(Vec<(String, Json)>),
}

/// Reads JSON text in UTF-8; `None` when it is none. The platform's reader is injected: `JSON.parse` in a browser.
pub type ReadJson = fn(&[u8]) -> Option<Json>;

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
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text.expose())
        } else {
            None
        }
    }

    /// The number; `None` when this is something else, or not finite.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self {
            Some(*number).filter(|n| n.is_finite())
        } else {
            None
        }
    }

    /// The elements; none when this is no array.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The members in their order; none when this is no object.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        if let Self::Map(members) = self {
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
            Self::Text(_) => "Text(redacted)",
            Self::Date(_) => "Date(redacted)",
            Self::List(_) => "List(redacted)",
            Self::Map(_) => "Map(redacted)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read_json;
    use super::*;

    fn sample() -> Json {
        read_json(br#"{"a":"CANARY","b":[1,true,null],"A":2.5,"a":"second"}"#).unwrap()
    }

    #[test]
    fn members_are_found_by_their_exact_name() {
        let json = sample();
        assert_eq!(json.get("b").map(|b| b.list().len()), Some(3));
        assert_eq!(json.get("A").and_then(Json::number), Some(2.5));
        assert_eq!(json.get("c"), None);
        assert_eq!(Json::Null.get("a"), None);
        assert_eq!(json.members().len(), 3);
    }

    #[test]
    fn accessors_answer_for_their_own_kind_only() {
        assert_eq!(Json::Bool(true).text(), None);
        assert_eq!(Json::Number(f64::NAN).number(), None);
        assert_eq!(Json::Number(f64::INFINITY).number(), None);
        assert_eq!(Json::Text(AccessToken::new("1".into())).number(), None);
        assert!(Json::Null.list().is_empty());
        assert!(Json::Null.members().is_empty());
    }

    #[test]
    fn debug_shows_no_content() {
        for json in [
            sample(),
            Json::Text(AccessToken::new("CANARY".into())),
            Json::List(vec![sample()]),
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
