//! What a shell must do.

use super::{
    Content, EmbedCallId, EmbedId, ErrorCode, Event, LockRequestId, Reason, Recovery, RequestId, SourceCheck,
    WaiterId,
};
use crate::time::Timestamp;
use crate::token::AccessToken;

/// What a waiter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A token.
    Token(AccessToken),
    /// A new token is in place; it expires then.
    Refreshed(Timestamp),
    /// There is none, and that is the end of it.
    Failed(ErrorCode),
    /// The source was checked. The token that came, where there is one, goes to the diagnosis alone.
    Checked(SourceCheck, Option<AccessToken>),
}

/// What the shell must do, in this order, after every borrow has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Observe all embeds, ask the source and say so with [`Input::RequestSent`](super::Input::RequestSent); answer with
    /// [`Input::ResponseReceived`](super::Input::ResponseReceived) or [`Input::RequestFailed`](super::Input::RequestFailed).
    RequestToken {
        /// The request.
        request: RequestId,
        /// Why.
        reason: Reason,
        /// 1 for a first try, n for the n-th in a row.
        attempt: u32,
    },
    /// Abort the request; its answer will be ignored.
    AbortRequest(RequestId),
    /// Wait for this tab's turn among those of the same `shareKey`; answer with [`Input::LockAcquired`](super::Input::LockAcquired).
    AcquireLock(LockRequestId),
    /// End that wait, or let the next tab have its turn.
    ReleaseLock,
    /// Give the token to the tabs of the same `shareKey`, which receive
    /// [`Input::TokenReceivedFromTab`](super::Input::TokenReceivedFromTab).
    BroadcastToken {
        /// The token.
        token: AccessToken,
        /// Its expiration.
        expires: Timestamp,
        /// The content that it was requested for.
        contents: Vec<Content>,
    },
    /// Call `setAccessToken`; answer with [`Input::ApplyFinished`](super::Input::ApplyFinished).
    SetAccessToken {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
        /// The token to set.
        token: AccessToken,
    },
    /// Capture the report's state as a bookmark; answer with [`Input::StateCaptured`](super::Input::StateCaptured).
    CaptureState {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
    },
    /// Call `reload()` or `refresh()`; answer with [`Input::RecoveryFinished`](super::Input::RecoveryFinished).
    Recover {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
        /// Which.
        how: Recovery,
        /// Apply the captured state once the report has loaded again, and answer after that.
        restore_state: bool,
    },
    /// Look at the embed; answer with [`Input::EmbedObserved`](super::Input::EmbedObserved).
    ObserveEmbed(EmbedId),
    /// The embed is gone: drop what is held for it.
    ForgetEmbed(EmbedId),
    /// Tell a waiter.
    ResolveWaiter(WaiterId, Outcome),
    /// Tell the page.
    Emit(Event),
}

/// Effects in the order in which they are to be performed.
#[derive(Debug, Default)]
#[must_use = "effects that are not performed leave the page without a token"]
pub struct Effects(Vec<Effect>);

impl Effects {
    pub(crate) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
