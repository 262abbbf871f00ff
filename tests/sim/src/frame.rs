//! Frames: how each responds to `setAccessToken`, and when it uses its token.
//!
//! powerbi-client's `setAccessToken` may never settle, may reject, or may settle late and overwrite a newer token: the
//! order of the replies decides `config.accessToken`, not that of the calls. A frame that draws with an expired token
//! reports `TokenExpired`: once for the report while it has never loaded, else once per visual. A token from
//! `accessTokenProvider` lives in the frame alone, and a reload goes back to the one in the configuration.

use crate::SECOND;
use crate::plan::{FaultKind, Plan};
use crate::tokens::{TokenId, TokenStore};

/// The id of an embed. A new embed on the same element keeps it, unless the strategy had detached the element.
pub type FrameId = usize;

/// One embed.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its place on the page, by which faults refer to it.
    pub place: u32,
    /// The number of its content.
    pub content: u32,
    /// How often the page has embedded on its element.
    pub generation: u32,
    /// The strategy was told of it.
    pub attached: bool,
    /// It is on the page.
    pub in_page: bool,
    /// `config.accessToken`.
    pub config: Option<TokenId>,
    /// The token that it draws with.
    pub in_use: Option<TokenId>,
    /// It has drawn with a good token at least once.
    pub loaded: bool,
    /// A call of its provider is pending.
    pub provider_pending: bool,
    /// How often its next call of the provider was rescheduled.
    pub provider_timer: u32,
}

/// How a frame responds to `setAccessToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameBehaviour {
    /// Takes the token after this many milliseconds.
    SucceedsAfter(i64),
    /// Never settles.
    Silent,
    /// Rejects.
    Refuses,
    /// Is not listening yet.
    NotListening,
}

impl Frame {
    /// An embed with this token in its configuration.
    #[must_use]
    pub const fn new(place: u32, content: u32, holds: Option<TokenId>) -> Self {
        let (attached, in_page, loaded, provider_pending) = (false, true, false, false);
        Self {
            place,
            content,
            generation: 0,
            attached,
            in_page,
            config: holds,
            in_use: holds,
            loaded,
            provider_pending,
            provider_timer: 0,
        }
    }

    /// Replaces it by another embed on the same element, under the same id.
    pub fn re_embed(&mut self, content: u32, holds: Option<TokenId>) {
        *self = Self {
            generation: self.generation + 1,
            attached: self.attached,
            provider_timer: self.provider_timer + 1,
            ..Self::new(self.place, content, holds)
        };
    }

    /// The expiration of the token in use; `i64::MIN` where there is none or it is for another user, content or role.
    #[must_use]
    pub fn valid_until(&self, tokens: &TokenStore, role: u32) -> i64 {
        match self.in_use.map(|id| tokens.get(id)) {
            Some(token) if token.opens(self.content, role) => token.expires_at,
            Some(_) | None => i64::MIN,
        }
    }

    /// Its behaviour at `at`; without a fault it takes the token after `usual` ms.
    #[must_use]
    pub fn behaviour(&self, plan: &Plan, at: i64, usual: i64) -> FrameBehaviour {
        let behaviours = plan.at(at, |kind| match kind {
            FaultKind::FrameSlow(place, after) if *place == self.place => {
                Some(FrameBehaviour::SucceedsAfter(*after))
            }
            FaultKind::FrameSilent(place) if *place == self.place => Some(FrameBehaviour::Silent),
            FaultKind::FrameRefuses(place) if *place == self.place => Some(FrameBehaviour::Refuses),
            FaultKind::FrameNotListening(place) if *place == self.place => Some(FrameBehaviour::NotListening),
            _ => None,
        });
        // the last fault that began counts
        behaviours.last().unwrap_or(FrameBehaviour::SucceedsAfter(usual))
    }
}

/// The time from a new token to the next call of the provider: 40 minutes, as in the one public report of it, and two
/// thirds of a shorter lifetime. Microsoft documents no rule.
#[must_use]
pub fn provider_interval(lifetime: i64) -> i64 {
    (2_400 * SECOND).min(lifetime * 2 / 3).max(20 * SECOND)
}
