//! Whether a new token may replace the one in hand.

use super::held::{Held, expiry};
use crate::io::ErrorCode;
use crate::time::Timestamp;
use crate::token::{AnswerError, Kind, Token};

/// What a failed reading of an answer is called.
pub(super) fn unreadable(error: AnswerError) -> ErrorCode {
    match error {
        AnswerError::NoToken => ErrorCode::SourceAnswer,
        AnswerError::Unusable(_) => ErrorCode::TokenUnusable,
    }
}

/// Compares `token` with the one it is to replace and with what the embeds need.
///
/// # Errors
/// The code of the first rule that it breaks.
pub(super) fn judge(
    token: &Token,
    wanted: Option<Kind>,
    old: Option<&Held>,
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
    if old.is_some_and(|old| expires <= old.window.expires) {
        return Err(ErrorCode::TokenOlder);
    }
    Ok(())
}
