//! Whether a new token may replace the one in place.

use super::embed_state::ends_later;
use super::tokens::is_of_kind;
use super::tracked_token::{TrackedToken, expiry};
use crate::io::ErrorCode;
use crate::time::Timestamp;
use crate::token::{AccessToken, Kind, ResponseError, Token};

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

/// What a new token has to be, beside better than the one it replaces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// The kind that the embeds need.
    pub(super) kind: Option<Kind>,
    /// The page called `refresh()`: another user's token will do, and one that ends at the same time or earlier.
    pub(super) is_refresh: bool,
    /// The server's time.
    pub(super) server: Timestamp,
    /// Under a clock that may be wrong, a token that looks expired is none the worse.
    pub(super) may_look_expired: bool,
}

impl Rules {
    /// Compares `new` with the token that it is to replace and with what the embeds need.
    ///
    /// # Errors
    /// The code of the first rule that it breaks.
    pub(super) fn validate_replacement(
        &self,
        new: &Token,
        old: Option<&TrackedToken>,
    ) -> Result<(), ErrorCode> {
        if old.is_some_and(|old| *old.text() == new.text) {
            return Err(ErrorCode::TokenSame);
        }
        if !is_of_kind(new, self.kind) {
            return Err(ErrorCode::TokenType);
        }
        if let (Some(new), Some(old)) = (&new.subject, old.and_then(|old| old.token.subject.as_ref()))
            && new != old
            && !self.is_refresh
        {
            return Err(ErrorCode::TokenSubject);
        }
        let Some(expires) = expiry(new, self.server) else {
            return Err(ErrorCode::ExpirationUnknown);
        };
        if expires <= self.server && !self.may_look_expired {
            return Err(ErrorCode::TokenExpired);
        }
        if old.is_some_and(|old| old.outlasts(expires, self.server)) && !self.is_refresh {
            return Err(ErrorCode::TokenOlder);
        }
        Ok(())
    }

    /// Whether `new`, tracked by now, may replace `old` on an embed.
    pub(super) fn replaces(&self, new: &TrackedToken, old: &TrackedToken) -> bool {
        let is_same_user = match (&new.token.subject, &old.token.subject) {
            (Some(new), Some(old)) => new == old,
            (None, _) | (_, None) => true,
        };
        new.id == old.id || self.is_refresh || (is_same_user && ends_later(new, old))
    }
}
