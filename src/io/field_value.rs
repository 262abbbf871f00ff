//! What a page sees of our words and details: plain objects of numbers and texts.

use crate::time::{Duration, Skew, Timestamp};
use crate::token::Kind;

/// An enum whose variants have one stable spelling each.
macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The spelling that pages see.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                // one text and no table of texts, each entry of which has an address and a length to be loaded
                crate::token::split_words(concat!($($text, " ",)*)).nth(self as usize).unwrap_or_default()
            }
        }

        impl From<$name> for FieldValue {
            fn from(word: $name) -> Self {
                Self::Text(word.as_str())
            }
        }
    };
}

/// A struct that pages see as a plain object, with these names; what comes after `?` is left out where there is none.
macro_rules! event_detail {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $field:ident: $kind:ty = $key:literal,)*
        $(? $(#[$doc_of_optional:meta])* $optional:ident: $inner:ty = $key_of_optional:literal,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $kind,)*
            $($(#[$doc_of_optional])* pub $optional: Option<$inner>,)?
        }

        impl $name {
            /// What `as_object` makes of the members: their names, each with a space behind it, and their values.
            // by hand: a serialiser is 2 KB of a page's load
            pub fn to_object<T>(&self, as_object: impl FnOnce(&'static str, &[FieldValue]) -> T) -> T {
                as_object(
                    concat!($($key, " ",)* $($key_of_optional, " ")?),
                    &[
                        $(FieldValue::from(self.$field),)*
                        $(self.$optional.map_or(FieldValue::Absent, FieldValue::from),)?
                    ],
                )
            }
        }
    };
}

/// What a page finds in a member of a detail.
#[derive(Debug, Clone, Copy)]
pub enum FieldValue {
    /// The member itself is not there.
    Absent,
    /// `null`.
    Null,
    /// A number; never a `BigInt`.
    Number(f64),
    /// A word of ours.
    Text(&'static str),
}

impl From<u32> for FieldValue {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<u16> for FieldValue {
    fn from(number: u16) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<Kind> for FieldValue {
    fn from(kind: Kind) -> Self {
        Self::Number(match kind {
            Kind::Aad => 0.0,
            Kind::Embed => 1.0,
        })
    }
}

impl<T: Into<Self>> From<Option<T>> for FieldValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Duration> for FieldValue {
    fn from(span: Duration) -> Self {
        Self::from_ms(span.as_ms().cast_signed())
    }
}

impl From<Timestamp> for FieldValue {
    fn from(at: Timestamp) -> Self {
        Self::from_ms(at.as_ms())
    }
}

impl From<Skew> for FieldValue {
    fn from(skew: Skew) -> Self {
        Self::from_ms(skew.as_ms())
    }
}

impl FieldValue {
    #[expect(
        clippy::cast_precision_loss,
        reason = "JavaScript's numbers are f64, and no date needs 2^53 ms"
    )]
    fn from_ms(ms: i64) -> Self {
        Self::Number(ms as f64)
    }
}
