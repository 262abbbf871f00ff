//! Whether a new token may replace the one in hand.

use super::current_token::{CurrentToken, expiry};
use crate::io::ErrorCode;
use crate::time::Timestamp;
use crate::token::{AccessToken, Expiry, Kind, ResponseError, Token};

/// An answer that is not taken, and the token in it, which the diagnosis can tell more of.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) code: ErrorCode,
    pub(super) token: Option<AccessToken>,
}

impl From<ResponseError> for Rejection {
    fn from(error: ResponseError) -> Self {
        match error {
            ResponseError::NoToken => Self {
                code: ErrorCode::SourceAnswer,
                token: None,
            },
            ResponseError::Unusable(_, token) => Self {
                code: ErrorCode::TokenUnusable,
                token: Some(token),
            },
        }
    }
}

/// Compares `token` with the one it is to replace and with what the embeds need.
///
/// # Errors
/// The code of the first rule that it breaks.
pub(super) fn validate_replacement(
    token: &Token,
    wanted: Option<Kind>,
    old: Option<&CurrentToken>,
    server: Timestamp,
) -> Result<(), ErrorCode> {
    if old.is_some_and(|old| *old.text() == token.text) {
        return Err(ErrorCode::TokenSame);
    }
    if let (Some(wanted), Some(kind)) = (wanted, token.kind)
        && wanted != kind
    {
        return Err(ErrorCode::TokenType);
    }
    if let (Some(new), Some(old)) = (&token.subject, old.and_then(|old| old.token.subject.as_ref()))
        && new != old
    {
        return Err(ErrorCode::TokenSubject);
    }
    let Some(expires) = expiry(token) else {
        return Err(ErrorCode::ExpirationUnknown);
    };
    if expires <= server {
        return Err(ErrorCode::TokenExpired);
    }
    // an expiration that was guessed, perhaps under a clock that was wrong then, stands in no token's way
    let known = old.filter(|old| matches!(old.token.expiry, Expiry::Known(_)));
    if known.is_some_and(|old| expires <= old.window.expires) {
        return Err(ErrorCode::TokenOlder);
    }
    Ok(())
}
