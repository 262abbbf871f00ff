//! Whoever keeps the page's token fresh: our keeper, or a neighbour.

use crate::frame::FrameId;
use crate::mint::TokenId;
use crate::site::Site;
use crate::source::Reply;
use powerbi_token_keeper::io::{ExpiryScope, RecoveryOutcome, Trigger};

/// What a player is told. Everything it does about it, it does by calling the [`Site`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The page has loaded.
    Begin,
    /// The timer of this name fired, perhaps a little early.
    Timer(u32),
    /// A request that it made was answered.
    Reply {
        /// Its own name for the request.
        tag: u32,
        /// The answer.
        reply: Reply,
    },
    /// A call of `setAccessToken` settled; the frame's configuration says how.
    Settled {
        /// The embed.
        frame: FrameId,
        /// Its own name for the call.
        call: u32,
        /// Whether the promise was fulfilled.
        taken: bool,
    },
    /// A `reload()` or `refresh()` ended.
    Recovered {
        /// The embed.
        frame: FrameId,
        /// Its own name for the call.
        call: u32,
        /// How.
        outcome: RecoveryOutcome,
    },
    /// The browser told something.
    Trigger(Trigger),
    /// The page was hidden.
    Hidden,
    /// An embed is there.
    Attached(FrameId),
    /// The page detaches an embed.
    Detached(FrameId),
    /// An embed was taken off the page, or another took its place. Nobody tells a page's script; it is told to those who
    /// watch the player.
    Changed(FrameId),
    /// A frame asks its provider; to be answered by [`Site::provide`].
    Asked(FrameId),
    /// An embed said `TokenExpired`.
    Shouted(FrameId, ExpiryScope),
    /// It is this tab's turn to ask; its own name for the claim.
    Turn(u32),
    /// Another tab got this token, which expires then, in ms since the epoch.
    Heard(TokenId, i64),
    /// Something of this sort came over the channel that is no news.
    Rubbish(u8),
    /// The page called `refresh()`.
    Refresh,
    /// The page called `getToken()`.
    Obtain,
    /// The page called `stop()`.
    Stop,
}

/// Keeps the page's token fresh.
pub trait Player {
    /// Something happened; nothing else happens at this moment until this returns.
    fn told(&mut self, site: &mut Site, news: News);

    /// Time goes by from `from` to `to` without anything happening.
    fn passes(&mut self, _site: &Site, _from: i64, _to: i64) {}

    /// Whether the frames have a provider to ask.
    fn provides(&self) -> bool {
        false
    }
}
