//! The interface of a strategy: something that keeps the page's token fresh.

use crate::frame::FrameId;
use crate::source::Response;
use crate::tokens::TokenId;
use crate::world::World;
use powerbi_token_keeper::io::{ExpiryScope, RecoveryOutcome, Trigger};

/// Something that happens to a page. A strategy responds by calling the [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageEvent {
    /// The page has loaded.
    Begin,
    /// The timer of this name fired, perhaps a little early.
    Timer(u32),
    /// A request of the strategy got a response.
    Response {
        /// The strategy's id of the request.
        tag: u32,
        /// The response.
        response: Response,
    },
    /// A call of `setAccessToken` settled; the frame's configuration says how.
    CallFinished {
        /// The embed.
        frame: FrameId,
        /// The strategy's id of the call.
        call: u32,
        /// Whether the promise was fulfilled.
        taken: bool,
    },
    /// A `reload()` or `refresh()` ended.
    RecoveryFinished {
        /// The embed.
        frame: FrameId,
        /// The strategy's id of the call.
        call: u32,
        /// How.
        outcome: RecoveryOutcome,
    },
    /// The browser dispatched an event that is worth a check.
    Trigger(Trigger),
    /// The page was hidden.
    Hidden,
    /// An embed is there.
    Attached(FrameId),
    /// The page detaches an embed.
    Detached(FrameId),
    /// An embed was removed from the page, or replaced by another. A real page gets no event for this; the checks do.
    Changed(FrameId),
    /// The page set a token on an embed by hand. A real keeper gets no event for this; a page's own loop is told.
    TokenSetByPage(FrameId),
    /// A frame called `accessTokenProvider`, to be resolved by [`World::answer_provider`].
    ProviderCalled(FrameId),
    /// An embed reported `TokenExpired`.
    TokenExpired(FrameId, ExpiryScope),
    /// This tab has the lock; the strategy's id of the lock request.
    LockAcquired(u32),
    /// Another tab broadcast this token and its expiration, in ms since the epoch.
    TokenFromTab(TokenId, i64),
    /// A malformed message came over the channel: one of several variants.
    MalformedMessage(u8),
    /// The page called `refresh()`.
    Refresh,
    /// The page called `getToken()`.
    GetToken,
    /// The page called `stop()`.
    Stop,
}

/// Keeps the page's token fresh.
pub trait Strategy {
    /// Handles one event. Nothing else happens before it returns.
    fn on_event(&mut self, world: &mut World, event: PageEvent);

    /// Time passes from `from` to `to` without an event.
    fn time_passes(&mut self, _world: &World, _from: i64, _to: i64) {}

    /// Whether the frames are configured with `accessTokenProvider`.
    fn has_provider(&self) -> bool {
        false
    }
}
