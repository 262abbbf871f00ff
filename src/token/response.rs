//! Parses a source's response: GenerateToken, Microsoft's samples, MSAL, OAuth, or the token alone.

use super::{
    AccessToken, Expiry, Json, JsonReader, Kind, ParseJson, ParsedDate, Token, Unusable, contains,
    from_epoch_number, parse_date, parse_digits, read_token, split_words, trim,
};
use crate::time::{Duration, Timestamp};

/// The reason why a response gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseError {
    /// There is no token where tokens are: an error object, prose, HTML, a number, an empty list, nothing.
    NoToken,
    /// There is this one, and it can't be used.
    Unusable(Unusable, AccessToken),
}

// Each list of keys is one text, each key followed by a space: a table would have an address and a length for each.

/// Keys of a token, compared without case, `_` and `-`; earlier ones win.
const TOKEN_KEYS: &str = "accesstoken embedtoken powerbitoken token ";
/// Keys of an object around the one that holds the token; a string there may be the token alone, or JSON.
const WRAPPER_KEYS: &str = "d data embedconfig embed config report result value response body payload ";
/// The starts of keys under which no access token is looked for.
const OTHER_TOKENS: &str = "refresh idtoken ";
/// What may stand before the key of an expiration; the unit of a lifetime as in `minutesToExpiration` too.
const EXPIRATION_PREFIXES: &str = "powerbitoken embedtoken accesstoken token minutesto secondsto timeto ";
/// How keys of an expiration begin. `ext_expires_in` and its like don't: they are for outages of Entra.
const EXPIRATION_STEMS: &str = "expir validto validuntil ";
/// The most objects, arrays and JSON texts that may be nested around the token.
const MAX_DEPTH: u8 = 16;
/// The most texts, arrays and objects that are looked at.
const MAX_VALUES: usize = 2_000;
/// A smaller number is a lifetime in seconds; as a point in time it would lie in the first months of 1970.
const MAX_LIFETIME: f64 = 1e7;

/// Parses a source's response, in every shape that backends are known to give.
///
/// Keys are compared without case, `_` and `-`. JSON inside a text is parsed; so is a response within `data`,
/// `embedConfig` and the like. Of several tokens the first of the `wanted` kind is taken; where no key names a token,
/// the one text that is a Power BI token by its form. Of the response's expiration and the token's own `exp` the
/// earlier one counts; a date without a zone never counts against the token's own. At most 2,000 values are looked at,
/// and no JSON text is parsed that has more than 10,000.
///
/// # Errors
///
/// A [`ResponseError`] when no token is found, or the one found can't be used.
pub fn parse_response(
    response: &Json,
    received: Timestamp,
    wanted: Option<Kind>,
    parse_json: ParseJson,
) -> Result<Token, ResponseError> {
    let mut reader = ResponseReader {
        received,
        wanted,
        json: JsonReader::new(parse_json),
        values_left: MAX_VALUES,
        candidates: Vec::new(),
    };
    reader.read(response, Place::Standalone, None, MAX_DEPTH);
    reader.best()
}

/// A place where a token may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a response is: a token alone, or JSON.
    Standalone,
    /// Under a token's key.
    TokenKey,
    /// Under a token's key, within an object that no backend is known to put it in.
    NestedTokenKey,
    /// Elsewhere.
    Elsewhere,
}

impl Place {
    /// The place of a member, by its key's.
    fn nested(self, member: Self) -> Self {
        match (self, member) {
            (Self::Standalone | Self::TokenKey, member) => member,
            (Self::NestedTokenKey | Self::Elsewhere, Self::TokenKey | Self::NestedTokenKey) => {
                Self::NestedTokenKey
            }
            (Self::NestedTokenKey | Self::Elsewhere, Self::Standalone | Self::Elsewhere) => Self::Elsewhere,
        }
    }
}

/// How good a candidate is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    NestedNamed,
    ByForm,
    Opaque,
    NamedOtherKind,
    NestedNamedOtherKind,
    ByFormOtherKind,
    Unusable,
    NotAToken,
}

/// The settings and results of reading one response.
struct ResponseReader {
    received: Timestamp,
    wanted: Option<Kind>,
    json: JsonReader,
    values_left: usize,
    candidates: Vec<(Rank, Result<Token, ResponseError>)>,
}

impl ResponseReader {
    /// Collects the candidates in a value; `stated` is the expiration that an object around it names.
    fn read(&mut self, value: &Json, place: Place, stated: Option<ParsedDate>, depth: u8) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if matches!(value, Json::String(_) | Json::Array(_) | Json::Object(_)) {
            let Some(left) = self.values_left.checked_sub(1) else {
                return;
            };
            self.values_left = left;
        }
        match value {
            Json::String(text) => self.read_text(text, place, stated, depth),
            Json::Object(members) => self.read_object(members, place, stated, depth),
            Json::Array(items) => {
                for item in items {
                    self.read(item, place, stated, depth);
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Date(_) => {}
        }
    }

    /// Reads a text: JSON that holds a token, or the token.
    fn read_text(&mut self, text: &AccessToken, place: Place, stated: Option<ParsedDate>, depth: u8) {
        let trimmed = trim(text.expose());
        if matches!(trimmed.as_bytes(), [b'{' | b'[' | b'"', ..])
            && let Some(json) = self.json.read(trimmed.as_bytes())
        {
            return self.read(&json, place, stated, depth);
        }
        if !trimmed.is_empty() {
            let parsed = read_token(text, self.received, &self.json);
            self.add(parsed, text, place, stated);
        }
    }

    /// Reads an object: texts under a token's key first, then what else is there, then wrappers, then the rest.
    fn read_object(
        &mut self,
        members: &[(String, Json)],
        place: Place,
        stated: Option<ParsedDate>,
        depth: u8,
    ) {
        let members: Vec<(String, &Json)> = members
            .iter()
            .take(MAX_VALUES)
            .map(|(name, value)| (normalized(name), value))
            .collect();
        let stated = self.expiration(&members).or(stated);
        for is_text in [true, false] {
            for key in split_words(TOKEN_KEYS) {
                for (_, value) in members.iter().filter(|(name, _)| name == key) {
                    if matches!(value, Json::String(_)) == is_text {
                        self.read(value, place.nested(Place::TokenKey), stated, depth);
                    }
                }
            }
        }
        for key in split_words(WRAPPER_KEYS) {
            for (_, value) in members.iter().filter(|(name, _)| name == key) {
                self.read(value, place.nested(Place::Standalone), stated, depth);
            }
        }
        for (name, value) in &members {
            let is_one_of = |keys| split_words(keys).any(|key| name == key);
            if !is_one_of(TOKEN_KEYS) && !is_one_of(WRAPPER_KEYS) && !starts_with_any(name, OTHER_TOKENS) {
                self.read(value, Place::Elsewhere, stated, depth);
            }
        }
    }

    /// Adds a candidate, unless it is nothing that the place makes a token.
    fn add(
        &mut self,
        parsed: Result<Token, Unusable>,
        text: &AccessToken,
        place: Place,
        stated: Option<ParsedDate>,
    ) {
        let rank = match (&parsed, place) {
            (Ok(token), Place::Standalone | Place::TokenKey) if token.kind.is_none() => Rank::Opaque,
            (Ok(token), Place::NestedTokenKey | Place::Elsewhere) if token.kind.is_none() => return,
            (Ok(token), _) => {
                let is_wanted = self.wanted.is_none() || token.kind == self.wanted;
                match (place, is_wanted) {
                    (Place::Standalone | Place::TokenKey, true) => Rank::Named,
                    (Place::Standalone | Place::TokenKey, false) => Rank::NamedOtherKind,
                    (Place::NestedTokenKey, true) => Rank::NestedNamed,
                    (Place::NestedTokenKey, false) => Rank::NestedNamedOtherKind,
                    (Place::Elsewhere, true) => Rank::ByForm,
                    (Place::Elsewhere, false) => Rank::ByFormOtherKind,
                }
            }
            (Err(Unusable::NotAToken), Place::TokenKey) => Rank::NotAToken,
            (Err(Unusable::NotAToken), _) | (Err(_), Place::NestedTokenKey | Place::Elsewhere) => return,
            (Err(_), Place::Standalone | Place::TokenKey) => Rank::Unusable,
        };
        let found = match parsed {
            Ok(mut token) => {
                token.expiry = effective_expiry(token.expiry, stated, self.received);
                Ok(token)
            }
            Err(why) => Err(ResponseError::Unusable(why, text.clone())),
        };
        self.candidates.push((rank, found));
    }

    /// The first candidate of the best rank. By its form alone only a token counts that is the only one.
    fn best(mut self) -> Result<Token, ResponseError> {
        while let Some(best) = self.candidates.iter().map(|(rank, _)| *rank).min() {
            let mut of_rank = self.candidates.iter().filter(|(rank, _)| *rank == best);
            let first = of_rank.next();
            let by_form = matches!(best, Rank::ByForm | Rank::ByFormOtherKind);
            let is_other = |(_, other): &(Rank, Result<Token, ResponseError>)| match (first, other) {
                (Some((_, Ok(first))), Ok(other)) => first.text != other.text,
                _ => false,
            };
            if by_form && of_rank.any(is_other) {
                self.candidates.retain(|(rank, _)| *rank != best);
                continue;
            }
            return first.map_or(Err(ResponseError::NoToken), |(_, found)| found.clone());
        }
        Err(ResponseError::NoToken)
    }

    /// The earliest expiration that an object names; one without a zone only when there is no other.
    fn expiration(&self, members: &[(String, &Json)]) -> Option<ParsedDate> {
        let mut first = None;
        for (key, value) in members {
            if is_expiration_key(key) {
                first = earlier_of(first, self.parse_expiration(key, value));
            }
        }
        first
    }

    /// The expiration under a key: a date, an epoch number, or a lifetime from receipt in the unit that the key names.
    fn parse_expiration(&self, key: &str, value: &Json) -> Option<ParsedDate> {
        let number = match value {
            Json::Date(at) => return Some(ParsedDate::Absolute(*at)),
            Json::Number(number) => *number,
            Json::String(text) => match parse_digits(trim(text.expose())) {
                #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
                Some(number) => number as f64,
                None => {
                    return match parse_date(text.expose())? {
                        ParsedDate::Naive(at) if key.ends_with("utc") => Some(ParsedDate::Absolute(at)),
                        date @ (ParsedDate::Absolute(_) | ParsedDate::Naive(_)) => Some(date),
                    };
                }
            },
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
        };
        let is_lifetime = contains(key, b"expiresin") || contains(key, b"toexpir");
        if !is_lifetime && (number >= MAX_LIFETIME || number <= 0.0) {
            return from_epoch_number(number)
                .filter(|_| number > 0.0)
                .map(ParsedDate::Absolute);
        }
        let unit = match () {
            () if contains(key, b"minute") => 60_000.0,
            () if key.ends_with("ms") || contains(key, b"milli") => 1.0,
            () => 1_000.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let lifetime = (number.max(0.0) * unit) as u64;
        number
            .is_finite()
            .then(|| ParsedDate::Absolute(self.received + Duration::from_ms(lifetime)))
    }
}

/// Whether a normalized key is that of an access token's expiration.
fn is_expiration_key(key: &str) -> bool {
    let rest = split_words(EXPIRATION_PREFIXES)
        .find_map(|prefix| key.strip_prefix(prefix))
        .unwrap_or(key);
    rest == "exp" || starts_with_any(rest, EXPIRATION_STEMS)
}

fn starts_with_any(text: &str, words: &'static str) -> bool {
    split_words(words).any(|word| text.starts_with(word))
}

/// The start of a key in lower case, without `_` and `-`.
fn normalized(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    letters
        .take(48)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

fn earlier_of(one: Option<ParsedDate>, other: Option<ParsedDate>) -> Option<ParsedDate> {
    use ParsedDate::{Absolute, Naive};
    Some(match (one, other) {
        (None, only) | (only, None) => return only,
        (Some(Absolute(a)), Some(Absolute(b))) => Absolute(a.min(b)),
        (Some(Naive(a)), Some(Naive(b))) => Naive(a.min(b)),
        (Some(Absolute(at)), Some(Naive(_))) | (Some(Naive(_)), Some(Absolute(at))) => Absolute(at),
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
