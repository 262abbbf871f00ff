//! The alphabet: what a keeper is told ([`Input`]), what its shell must do ([`Effect`]) and what the page is told
//! ([`Event`]).

#[macro_use]
mod member;
mod effect;
mod event;
mod input;
mod words;

pub use effect::{Effect, Effects, Outcome};
pub use event::{ApplyFailed, Event, Expired, RefreshFailed, Refreshed, Status};
pub use input::{
    ApplyOutcome, Headers, Input, Level, Recovery, RecoveryOutcome, Sight, SourceFailure, Trigger,
};
pub use member::Member;
pub use words::{ErrorCode, KeeperState, Reason, Wake};

use crate::time::Instant;

/// One request to the source. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// One attached embed. The shell gives the ids, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmbedId(pub u32);

/// One wait for this tab's turn. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimId(pub u32);

/// One call into an embed. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallId(pub u32);

/// Somebody who waits for an answer: a promise of the facade. The shell gives the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterId(pub u32);

/// When a keeper wants [`Input::Tick`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The point on the monotonic clock.
    pub at: Instant,
    /// Why.
    pub reason: Wake,
}
