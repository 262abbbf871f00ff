//! Reading tokens: an access token's text and the answer of a source.
//!
//! Reading is for scheduling and for telling what can't work. It is never a precondition: a text that looks like
//! a token nobody can read is used as it is, with no kind. The secrets stay in [`AccessToken`].

mod access_token;
mod audience;
mod base64;
mod classify;
mod date;
mod embed;
mod json;
mod jwt;
mod response;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod zeroed;

pub use access_token::AccessToken;
pub(crate) use access_token::Fingerprint;
pub use audience::is_power_bi;
#[cfg(feature = "diagnosis")]
pub(crate) use base64::{decode as decode_base64, object as decode_object, value as base64_value};
#[cfg(feature = "diagnosis")]
pub(crate) use classify::after_bearer;
pub use classify::{TokenFormat, classify};
pub(crate) use date::parse_digits;
pub use date::{ParsedDate, from_epoch_number, parse_date, parse_http_date};
pub(crate) use json::JsonReader;
pub use json::{Json, ParseJson};
#[cfg(feature = "diagnosis")]
pub(crate) use jwt::check_audience;
pub use response::{ResponseError, parse_response};
#[cfg(feature = "diagnosis")]
pub(crate) use text::is_guid;
pub use text::trim;
pub(crate) use text::{contains, split_words};

use crate::time::{Duration, Timestamp};

/// How long an embed token counts when nobody says: Microsoft's longest life of one, from its receipt.
pub const ASSUMED_LIFE: Duration = Duration::from_mins(60);

/// The kind of a token; `TokenType` of powerbi-models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 0: an Entra user's token, for your organization.
    Aad,
    /// 1: a token of the REST call GenerateToken, for your customers.
    Embed,
}

/// The subject of an Aad token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The claim `tid`.
    pub tenant: String,
    /// The claim `oid`.
    pub object: String,
}

/// When a token expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The token or its source says so.
    Known(Timestamp),
    /// An embed token that nobody dated: no later than this, [`ASSUMED_LIFE`] from receipt.
    Assumed(Timestamp),
    /// Nobody says, and there is no limit to assume.
    Unknown,
}

/// A token that can be used, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text, with white space around it removed.
    pub text: AccessToken,
    /// Its kind; `None` when it can't be read.
    pub kind: Option<Kind>,
    /// When it ends.
    pub expiry: Expiry,
    /// The claim `iat`; embed tokens have none.
    pub issued_at: Option<Timestamp>,
    /// Whom it was issued to; Aad tokens with `tid` and `oid` only.
    pub subject: Option<Subject>,
}

/// The reason why a text can't be used as an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// A token that lost or changed a part.
    Damaged,
    /// A token inside something else: `Bearer `, quotes, white space, an escape, a whole JSON answer.
    Wrapped,
    /// No token at all: empty, `undefined`, a GUID, a word, a placeholder, a client secret.
    NotAToken,
    /// A token of the application itself: a JWT without an audience, or signed with a shared key.
    OwnToken,
    /// A token of the retired workspace collections.
    Legacy,
    /// An Entra token for something other than Power BI.
    WrongAudience,
    /// An Entra refresh token.
    RefreshToken,
    /// An Entra id token.
    IdToken,
}

/// Reads an access token's text.
///
/// `received` is when it came; embed tokens without a date count from there. An embed token's gzip part is not
/// unpacked here: whether it is whole is for the diagnosis.
///
/// # Errors
///
/// An [`Unusable`] when Power BI will certainly refuse the text.
pub fn parse_token(
    text: &AccessToken,
    received: Timestamp,
    parse_json: ParseJson,
) -> Result<Token, Unusable> {
    read_token(text, received, &JsonReader::new(parse_json))
}

/// As [`parse_token`], of a text that may be one of many.
fn read_token(text: &AccessToken, received: Timestamp, json: &JsonReader) -> Result<Token, Unusable> {
    let trimmed = trim(text.expose());
    let text = if trimmed.len() == text.expose().len() {
        text.clone()
    } else {
        AccessToken::new(trimmed.into())
    };
    match classify(text.expose())? {
        TokenFormat::Jwt => jwt::read(text, json),
        TokenFormat::Embed => embed::read(text, received, json),
        TokenFormat::Opaque => Ok(opaque(text)),
    }
}

/// A token that nobody but Microsoft can read.
fn opaque(text: AccessToken) -> Token {
    Token {
        text,
        kind: None,
        expiry: Expiry::Unknown,
        issued_at: None,
        subject: None,
    }
}

/// A claim that holds seconds since the epoch.
fn claim_timestamp(claims: &Json, name: &str) -> Option<Timestamp> {
    claims
        .get(name)
        .and_then(Json::as_f64)
        .and_then(from_epoch_number)
}
