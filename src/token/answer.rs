//! Reading the answer of a source: GenerateToken, Microsoft's samples, MSAL, OAuth, or the token alone.

use super::date::whole;
use super::{
    AccessToken, Expiry, Json, ReadJson, Stated, Token, Unusable, epoch, read_date, read_token, trim, words,
};
use crate::time::{Duration, Timestamp};

/// Why an answer gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerError {
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
/// An [`AnswerError`] when no token is found, or the one found can't be used.
pub fn read_answer(answer: &Json, received: Timestamp, read_json: ReadJson) -> Result<Token, AnswerError> {
    let reading = Reading { received, read_json };
    let found = if let Json::Text(text) = answer {
        reading.bare(text, None, DEPTH)
    } else {
        reading.find(answer, None, DEPTH)
    };
    found.unwrap_or(Err(AnswerError::NoToken))
}

/// Where a token is looked for.
#[derive(Clone, Copy)]
enum Place {
    /// The text that a token's key holds.
    Token,
    /// The object that a token's key holds.
    Object,
    /// What a wrapper's key holds.
    Wrapper,
}

/// What all steps of reading one answer share.
struct Reading {
    received: Timestamp,
    read_json: ReadJson,
}

/// `None`: nothing here, look elsewhere.
type Found = Option<Result<Token, AnswerError>>;

impl Reading {
    /// Reads a text that stands where an answer does: JSON, or the token alone. Other words are nothing.
    fn bare(&self, text: &AccessToken, stated: Option<Stated>, depth: u8) -> Found {
        let found = self.member(text, stated, depth);
        if matches!(found, Some(Err(AnswerError::Unusable(Unusable::NotAToken, _)))) {
            None
        } else {
            found
        }
    }

    /// Reads a text that stands where a token does: JSON that holds it, or the token; blank is nothing.
    fn member(&self, text: &AccessToken, stated: Option<Stated>, depth: u8) -> Found {
        match self.inside(text) {
            Some(json) => self.value(&json, stated, depth.checked_sub(1)?),
            None if trim(text.expose()).is_empty() => None,
            None => Some(self.token(text, stated)),
        }
    }

    /// Reads what a wrapper holds: an object, or a text.
    fn value(&self, value: &Json, stated: Option<Stated>, depth: u8) -> Found {
        if let Json::Text(text) = value {
            self.bare(text, stated, depth)
        } else {
            self.find(value, stated, depth)
        }
    }

    /// The JSON inside a text: an object or a text.
    fn inside(&self, text: &AccessToken) -> Option<Json> {
        let text = trim(text.expose());
        if matches!(text.as_bytes(), [b'{' | b'"', ..]) {
            (self.read_json)(text.as_bytes())
        } else {
            None
        }
    }

    /// Finds the token in an object; `stated` is the expiration that an object around it names.
    ///
    /// Texts win over objects and objects over wrappers; the first that can be used wins over all that can't, and one
    /// that is a token for certain over a short text, which may be an anti-forgery token or a name.
    fn find(&self, object: &Json, stated: Option<Stated>, depth: u8) -> Found {
        let depth = depth.checked_sub(1)?;
        let stated = self.expiration(object).or(stated);
        let mut second = None;
        for (keys, place) in [
            (TOKEN_KEYS, Place::Token),
            (TOKEN_KEYS, Place::Object),
            (WRAPPER_KEYS, Place::Wrapper),
        ] {
            for value in values(object, keys) {
                let found = match (place, value) {
                    (Place::Token, Json::Text(text)) => self.member(text, stated, depth),
                    (Place::Token, _) => None,
                    (Place::Object, _) => self.find(value, stated, depth),
                    (Place::Wrapper, _) => self.value(value, stated, depth),
                };
                match &found {
                    Some(Ok(token)) if !may_be_a_word(token) => return found,
                    Some(Ok(_)) if !matches!(second, Some(Ok(_))) => second = found,
                    Some(_) | None => second = second.or(found),
                }
            }
        }
        second
    }

    fn token(&self, text: &AccessToken, stated: Option<Stated>) -> Result<Token, AnswerError> {
        let mut token = read_token(text, self.received, self.read_json)
            .map_err(|why| AnswerError::Unusable(why, text.clone()))?;
        token.expiry = combine(token.expiry, stated, self.received);
        Ok(token)
    }

    /// The earliest expiration that an object names; one without a zone only when there is no other.
    fn expiration(&self, object: &Json) -> Option<Stated> {
        let mut first = None;
        for (keys, is_span) in [(EXPIRATION_KEYS, false), (SPAN_KEYS, true)] {
            for value in values(object, keys) {
                let stated = if is_span { self.after(value) } else { point(value) };
                first = earlier(first, stated);
            }
        }
        first
    }

    /// The point that lies a span of seconds after receipt.
    fn after(&self, value: &Json) -> Option<Stated> {
        let seconds = match value.number() {
            #[expect(clippy::cast_possible_truncation, reason = "saturates")]
            Some(number) => number as i64,
            None => whole(trim(value.text()?))?,
        };
        Some(Stated::Known(
            self.received + Duration::from_secs(seconds.max(0).unsigned_abs()),
        ))
    }
}

/// Whether a text that nobody can read is so short that it need not be a token.
fn may_be_a_word(token: &Token) -> bool {
    token.kind.is_none() && token.text.expose().len() < 40
}

/// The members of an object whose key is one of these, in the order of the keys.
fn values<'a>(object: &'a Json, keys: &'static str) -> Vec<&'a Json> {
    let mut values = Vec::new();
    for key in words(keys) {
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

fn point(value: &Json) -> Option<Stated> {
    match value {
        Json::Text(text) => read_date(text.expose()),
        Json::Number(number) => epoch(*number).map(Stated::Known),
        Json::Date(at) => Some(Stated::Known(*at)),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Map(_) => None,
    }
}

fn earlier(one: Option<Stated>, other: Option<Stated>) -> Option<Stated> {
    Some(match (one, other) {
        (None, only) | (only, None) => return only,
        (Some(Stated::Known(a)), Some(Stated::Known(b))) => Stated::Known(a.min(b)),
        (Some(Stated::Zoneless(a)), Some(Stated::Zoneless(b))) => Stated::Zoneless(a.min(b)),
        (Some(Stated::Known(at)), Some(Stated::Zoneless(_)))
        | (Some(Stated::Zoneless(_)), Some(Stated::Known(at))) => Stated::Known(at),
    })
}

/// What counts when the token says one thing and the answer another.
fn combine(own: Expiry, stated: Option<Stated>, received: Timestamp) -> Expiry {
    match (own, stated) {
        (Expiry::Known(own), Some(Stated::Known(at))) => Expiry::Known(own.min(at)),
        (Expiry::Assumed(_) | Expiry::Unknown, Some(Stated::Known(at))) => Expiry::Known(at),
        // Local time, most likely; within an embed token's life it can be taken for UTC.
        (Expiry::Assumed(limit), Some(Stated::Zoneless(at))) => {
            if received < at && at <= limit {
                Expiry::Known(at)
            } else {
                Expiry::Assumed(limit)
            }
        }
        (Expiry::Unknown, Some(Stated::Zoneless(at))) => Expiry::Known(at),
        (own, None) | (own @ Expiry::Known(_), Some(Stated::Zoneless(_))) => own,
    }
}
