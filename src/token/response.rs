//! Parses a source's response: GenerateToken, Microsoft's samples, MSAL, OAuth, or the token alone.

use super::date::parse_digits;
use super::{
    AccessToken, Expiry, Json, ParseJson, ParsedDate, Token, Unusable, from_epoch_number, parse_date,
    parse_token, split_words, trim,
};
use crate::time::{Duration, Timestamp};

/// Why an answer gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseError {
    /// No token is where tokens are: an error object, prose, HTML, a number, a list, nothing.
    NoToken,
    /// There is this one, and it can't be used.
    Unusable(Unusable, AccessToken),
}

// Each list of keys is one text, each key with a space behind it: a table would have an address and a length for each.

/// Keys of a token, compared without case, `_` and `-`; earlier ones win. Refresh and id tokens have other keys.
const TOKEN_KEYS: &str = "accesstoken embedtoken powerbitoken token ";
/// Keys of an object around the one that holds the token.
const WRAPPER_KEYS: &str = "data embedconfig embed config result value response body payload ";
/// Keys of a point in time. `ext_expires_in` and its like are left out on purpose: they are for outages of Entra.
const EXPIRATION_KEYS: &str = "\
    expiration expiry expireson expiresat expires exp tokenexpiration tokenexpiry tokenexpires \
    embedtokenexpiration embedtokenexpiry embedtokenexpires accesstokenexpiration expirationtime \
    expirationdate ";
/// Keys of a span in seconds from receipt.
const SPAN_KEYS: &str = "expiresin tokenexpiresin ";
/// How many objects, or JSON texts, may lie around the token.
const DEPTH: u8 = 6;

/// Reads the answer of a source, in every shape that backends are known to give.
///
/// Keys are compared without case, `_` and `-`. JSON inside a text is read; so is an answer within `data`,
/// `embedConfig` and the like. Of the answer's expiration and the token's own `exp` the earlier one counts; a
/// date without a zone never counts against the token's own.
///
/// # Errors
///
/// A [`ResponseError`] when no token is found, or the one found can't be used.
pub fn parse_response(
    answer: &Json,
    received: Timestamp,
    parse_json: ParseJson,
) -> Result<Token, ResponseError> {
    let reader = ResponseReader { received, parse_json };
    let found = if let Json::String(text) = answer {
        reader.standalone(text, None, DEPTH)
    } else {
        reader.find(answer, None, DEPTH)
    };
    found.unwrap_or(Err(ResponseError::NoToken))
}

/// A place where a token is looked for.
#[derive(Clone, Copy)]
enum Place {
    /// The text that a token's key holds.
    Token,
    /// The object that a token's key holds.
    Object,
    /// What a wrapper's key holds.
    Wrapper,
}

/// The settings that all steps of reading one response share.
struct ResponseReader {
    received: Timestamp,
    parse_json: ParseJson,
}

/// `None`: nothing here, look elsewhere.
type Found = Option<Result<Token, ResponseError>>;

impl ResponseReader {
    /// Reads a text that stands where an answer does: JSON, or the token alone. Other words are nothing.
    fn standalone(&self, text: &AccessToken, stated: Option<ParsedDate>, depth: u8) -> Found {
        let found = self.member(text, stated, depth);
        if matches!(found, Some(Err(ResponseError::Unusable(Unusable::NotAToken, _)))) {
            None
        } else {
            found
        }
    }

    /// Reads a text that stands where a token does: JSON that holds it, or the token; blank is nothing.
    fn member(&self, text: &AccessToken, stated: Option<ParsedDate>, depth: u8) -> Found {
        match self.embedded_json(text) {
            Some(json) => self.value(&json, stated, depth.checked_sub(1)?),
            None if trim(text.expose()).is_empty() => None,
            None => Some(self.token(text, stated)),
        }
    }

    /// Reads what a wrapper holds: an object, or a text.
    fn value(&self, value: &Json, stated: Option<ParsedDate>, depth: u8) -> Found {
        if let Json::String(text) = value {
            self.standalone(text, stated, depth)
        } else {
            self.find(value, stated, depth)
        }
    }

    /// The JSON inside a text: an object or a text.
    fn embedded_json(&self, text: &AccessToken) -> Option<Json> {
        let text = trim(text.expose());
        if matches!(text.as_bytes(), [b'{' | b'"', ..]) {
            (self.parse_json)(text.as_bytes())
        } else {
            None
        }
    }

    /// Finds the token in an object; `stated` is the expiration that an object around it names.
    ///
    /// Texts win over objects and objects over wrappers; the first that can be used wins over all that can't, and one
    /// that is a token for certain over a short text, which may be an anti-forgery token or a name.
    fn find(&self, object: &Json, stated: Option<ParsedDate>, depth: u8) -> Found {
        let depth = depth.checked_sub(1)?;
        let stated = self.expiration(object).or(stated);
        let mut second = None;
        for (keys, place) in [
            (TOKEN_KEYS, Place::Token),
            (TOKEN_KEYS, Place::Object),
            (WRAPPER_KEYS, Place::Wrapper),
        ] {
            for value in members_named(object, keys) {
                let found = match (place, value) {
                    (Place::Token, Json::String(text)) => self.member(text, stated, depth),
                    (Place::Token, _) => None,
                    (Place::Object, _) => self.find(value, stated, depth),
                    (Place::Wrapper, _) => self.value(value, stated, depth),
                };
                match &found {
                    Some(Ok(token)) if !may_be_word(token) => return found,
                    Some(Ok(_)) if !matches!(second, Some(Ok(_))) => second = found,
                    Some(_) | None => second = second.or(found),
                }
            }
        }
        second
    }

    fn token(&self, text: &AccessToken, stated: Option<ParsedDate>) -> Result<Token, ResponseError> {
        let mut token = parse_token(text, self.received, self.parse_json)
            .map_err(|why| ResponseError::Unusable(why, text.clone()))?;
        token.expiry = effective_expiry(token.expiry, stated, self.received);
        Ok(token)
    }

    /// The earliest expiration that an object names; one without a zone only when there is no other.
    fn expiration(&self, object: &Json) -> Option<ParsedDate> {
        let mut first = None;
        for (keys, is_span) in [(EXPIRATION_KEYS, false), (SPAN_KEYS, true)] {
            for value in members_named(object, keys) {
                let stated = if is_span {
                    self.parse_lifetime(value)
                } else {
                    parse_expiration(value)
                };
                first = earlier_of(first, stated);
            }
        }
        first
    }

    /// The point that lies a span of seconds after receipt.
    fn parse_lifetime(&self, value: &Json) -> Option<ParsedDate> {
        let seconds = match value.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            Some(number) => number as i64,
            None => parse_digits(trim(value.as_str()?))?,
        };
        Some(ParsedDate::Absolute(
            self.received + Duration::from_secs(seconds.max(0).unsigned_abs()),
        ))
    }
}

/// Whether a text that nobody can read is so short that it need not be a token.
fn may_be_word(token: &Token) -> bool {
    token.kind.is_none() && token.text.expose().len() < 40
}

/// The members of an object whose key is one of these, in the order of the keys.
fn members_named<'a>(object: &'a Json, keys: &'static str) -> Vec<&'a Json> {
    let mut values = Vec::new();
    for key in split_words(keys) {
        for (name, value) in object.members() {
            if same_key(name, key) {
                values.push(value);
            }
        }
    }
    values
}

/// Whether a name is the key, which is in lower case, apart from case, `_` and `-`.
fn same_key(name: &str, key: &str) -> bool {
    let mut rest = key.as_bytes();
    for byte in name.bytes() {
        rest = match rest {
            _ if matches!(byte, b'_' | b'-') => rest,
            [first, rest @ ..] if byte.eq_ignore_ascii_case(first) => rest,
            _ => return false,
        };
    }
    rest.is_empty()
}

fn parse_expiration(value: &Json) -> Option<ParsedDate> {
    match value {
        Json::String(text) => parse_date(text.expose()),
        Json::Number(number) => from_epoch_number(*number).map(ParsedDate::Absolute),
        Json::Date(at) => Some(ParsedDate::Absolute(*at)),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn earlier_of(one: Option<ParsedDate>, other: Option<ParsedDate>) -> Option<ParsedDate> {
    Some(match (one, other) {
        (None, only) | (only, None) => return only,
        (Some(ParsedDate::Absolute(a)), Some(ParsedDate::Absolute(b))) => ParsedDate::Absolute(a.min(b)),
        (Some(ParsedDate::Naive(a)), Some(ParsedDate::Naive(b))) => ParsedDate::Naive(a.min(b)),
        (Some(ParsedDate::Absolute(at)), Some(ParsedDate::Naive(_)))
        | (Some(ParsedDate::Naive(_)), Some(ParsedDate::Absolute(at))) => ParsedDate::Absolute(at),
    })
}

/// The expiry that counts: the earlier of the token's own and the response's.
fn effective_expiry(own: Expiry, stated: Option<ParsedDate>, received: Timestamp) -> Expiry {
    match (own, stated) {
        (Expiry::Known(own), Some(ParsedDate::Absolute(at))) => Expiry::Known(own.min(at)),
        (Expiry::Assumed(_) | Expiry::Unknown, Some(ParsedDate::Absolute(at))) => Expiry::Known(at),
        // Local time, most likely; within an embed token's life it can be taken for UTC.
        (Expiry::Assumed(limit), Some(ParsedDate::Naive(at))) => {
            if received < at && at <= limit {
                Expiry::Known(at)
            } else {
                Expiry::Assumed(limit)
            }
        }
        (Expiry::Unknown, Some(ParsedDate::Naive(at))) => Expiry::Known(at),
        (own, None) | (own @ Expiry::Known(_), Some(ParsedDate::Naive(_))) => own,
    }
}
