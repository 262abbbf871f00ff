//! Inputs, effects and events of the state machine.

#[macro_use]
mod field_value;
mod codes;
mod content;
mod effect;
mod event;
mod input;

pub use codes::{DeadlineReason, ErrorCode, KeeperState, Reason};
pub use content::Content;
pub use effect::{Effect, Effects, Outcome};
pub use event::{ApplyFailed, Event, Expired, RefreshFailed, Refreshed, SourceCheck, Status};
pub use field_value::FieldValue;
pub use input::{
    ApplyOutcome, EmbedConfig, EmbedSnapshot, ExpiryScope, Headers, Input, Recovery, RecoveryOutcome,
    SourceFailure, Trigger,
};

use crate::time::Instant;

/// One request to the source. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// One attached embed. The shell gives the ids, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmbedId(pub u32);

/// One wait for this tab's turn. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockRequestId(pub u32);

/// One call into an embed. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbedCallId(pub u32);

/// Somebody who waits for an answer: a promise of the facade. The shell gives the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterId(pub u32);

/// When a keeper wants [`Input::Tick`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The point on the monotonic clock.
    pub at: Instant,
    /// Why.
    pub reason: DeadlineReason,
}
