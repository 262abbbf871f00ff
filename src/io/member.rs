//! What a page sees of our words and details: plain objects of numbers and texts.

use crate::token::Kind;
use serde::{Serialize, Serializer};

/// An enum whose variants have one stable spelling each.
macro_rules! spelled {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The spelling that pages see.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl From<$name> for Member {
            fn from(word: $name) -> Self {
                Self::Text(word.as_str())
            }
        }
    };
}

/// A struct that pages see as a plain object, with these names; what comes after `?` is left out where there is none.
macro_rules! detail {
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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(serializer, &[
                    $(($key, Member::from(self.$field)),)*
                    $(($key_of_optional, self.$optional.map_or(Member::Absent, Member::from)),)?
                ])
            }
        }
    };
}

/// What a page finds in a member of a detail. One type, so that one function serialises them all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    /// The member itself is not there.
    Absent,
    /// `null`.
    Null,
    /// A number; never a `BigInt`.
    Number(f64),
    /// A word of ours.
    Text(&'static str),
}

impl From<u32> for Member {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<u16> for Member {
    fn from(number: u16) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<Kind> for Member {
    fn from(kind: Kind) -> Self {
        Self::Number(match kind {
            Kind::Aad => 0.0,
            Kind::Embed => 1.0,
        })
    }
}

impl<T: Into<Self>> From<Option<T>> for Member {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Serialises as a map: for the names of a struct serde-wasm-bindgen brings a hash table, 2 KB of a page's load.
pub(crate) fn serialize<S: Serializer>(serializer: S, members: &[(&str, Member)]) -> Result<S::Ok, S::Error> {
    let there = members
        .iter()
        .filter(|(_, member)| !matches!(member, Member::Absent));
    serializer.collect_map(there.map(|(key, member)| (key, member)))
}
