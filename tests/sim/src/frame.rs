//! The frames: how each takes a token, and when it uses it.
//!
//! powerbi-client's `setAccessToken` may hang for ever, refuse, or answer late over a newer token: replies, not calls,
//! decide `config.accessToken`. A frame that draws with an expired token says `TokenExpired`, for the report when it
//! never loaded, else once per visual. A token it got through its provider lives in the frame alone, and a reload goes
//! back to the configuration's. (powerbi-client.md §1 rows 3 to 6, §3, §4.)

use crate::SECOND;
use crate::mint::{Mint, TokenId};
use crate::plan::{Plan, What};

/// The name of an embed. A new one on the same element keeps it, unless the players had let the element go.
pub type FrameId = usize;

/// One embed.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its place on the page, by which faults name it.
    pub place: u32,
    /// How often the page has embedded on its element.
    pub embedding: u32,
    /// The players know it.
    pub attached: bool,
    /// It is on the page.
    pub there: bool,
    /// `config.accessToken`.
    pub config: Option<TokenId>,
    /// The token that it draws with.
    pub live: Option<TokenId>,
    /// It has drawn with a good token at least once.
    pub loaded: bool,
    /// A question through its provider is out.
    pub asking: bool,
    /// How often the moment of its next question was set.
    pub asks: u32,
}

/// How a frame takes a call of `setAccessToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes the token after so long.
    After(i64),
    /// Never answers.
    Silent,
    /// Refuses.
    Refuses,
    /// Does not listen yet.
    Deaf,
}

impl Frame {
    /// An embed with this token in its configuration.
    #[must_use]
    pub const fn new(place: u32, holds: Option<TokenId>) -> Self {
        let (attached, there, loaded, asking) = (false, true, false, false);
        Self {
            place,
            embedding: 0,
            attached,
            there,
            config: holds,
            live: holds,
            loaded,
            asking,
            asks: 0,
        }
    }

    /// Another embed takes its place on the element; the players know it under the same name.
    pub fn embed_anew(&mut self, holds: Option<TokenId>) {
        *self = Self {
            embedding: self.embedding + 1,
            attached: self.attached,
            asks: self.asks + 1,
            ..Self::new(self.place, holds)
        };
    }

    /// Until when its token is worth something: the expiration of a usable one, the beginning of time otherwise.
    #[must_use]
    pub fn good_until(&self, mint: &Mint) -> i64 {
        match self.live.map(|id| mint.get(id)) {
            Some(token) if token.ours => token.exp,
            Some(_) | None => i64::MIN,
        }
    }

    /// How it takes a call at `at`; usually after `usual`.
    #[must_use]
    pub fn manner(&self, plan: &Plan, at: i64, usual: i64) -> Manner {
        let manners = plan.at(at, |what| match what {
            What::FrameSlow(place, after) if *place == self.place => Some(Manner::After(*after)),
            What::FrameSilent(place) if *place == self.place => Some(Manner::Silent),
            What::FrameRefuses(place) if *place == self.place => Some(Manner::Refuses),
            What::FrameDeaf(place) if *place == self.place => Some(Manner::Deaf),
            _ => None,
        });
        // the worst of those that go on counts
        manners.last().unwrap_or(Manner::After(usual))
    }
}

/// After how long a frame asks its provider: at 40 minutes as in the one report there is of it, and well before the
/// end of a token that lives shorter. An inference: Microsoft does not say (powerbi-client.md §3).
#[must_use]
pub fn asks_after(life: i64) -> i64 {
    (2_400 * SECOND).min(life * 2 / 3).max(20 * SECOND)
}
