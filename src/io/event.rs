//! What a page is told. Holds no secret, but for the refused token that goes to the diagnosis.

use super::field_value::FieldValue;
use super::{EmbedId, ErrorCode, KeeperState, Reason, Recovery};
use crate::time::{Duration, Timestamp};
use crate::token::{AccessToken, Kind};

/// What the page is told: `KeeperEventMap` of the declarations. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A new token was obtained and set.
    Refreshed(Refreshed),
    /// A request failed; the old token stays. The refused token, where there is one, goes to the diagnosis and never
    /// into the event.
    RefreshFailed(RefreshFailed, Option<AccessToken>),
    /// `setAccessToken` failed on one embed.
    ApplyFailed(EmbedId, ApplyFailed),
    /// The token has run out and none is there to replace it.
    Expired(Expired),
    /// The embed was reloaded or refreshed after a late token.
    Recovered {
        /// The embed.
        embed: EmbedId,
        /// Which of the two.
        how: Recovery,
        /// The report's page, filters and slicers were put back.
        state_restored: bool,
    },
    /// The state changed.
    StateChange(Status),
}

event_detail! {
    /// The detail of `refreshed`.
    Refreshed {
        /// Why the token was asked for.
        reason: Reason = "reason",
        /// When it expires, in milliseconds since the Unix epoch.
        expires_at: Timestamp = "expiresAt",
        /// Which try in a row brought it.
        attempt: u32 = "attempt",
        /// On how many embeds it was set.
        embeds: u32 = "embeds",
    }
}

event_detail! {
    /// The detail of `refreshfailed`, but for the findings.
    RefreshFailed {
        /// Why the token was asked for.
        reason: Reason = "reason",
        /// What went wrong.
        code: ErrorCode = "code",
        /// Which try in a row it was.
        attempt: u32 = "attempt",
        /// When it is tried again; null when it is not.
        retry_in_ms: Option<Duration> = "retryInMs",
        ?
        /// The HTTP status, where there was one.
        status: u16 = "status",
    }
}

event_detail! {
    /// The detail of `applyfailed`, but for the element.
    ApplyFailed {
        /// What went wrong.
        code: ErrorCode = "code",
        /// Which try in a row it was.
        attempt: u32 = "attempt",
        /// When it is tried again; null when it is not.
        retry_in_ms: Option<Duration> = "retryInMs",
    }
}

event_detail! {
    /// The detail of `expired`.
    Expired {
        /// When the token expired, in milliseconds since the Unix epoch.
        expires_at: Timestamp = "expiresAt",
    }
}

event_detail! {
    /// The result of `checkSource()`, but for the findings and the explanation.
    SourceCheck {
        /// What went wrong; null when nothing did.
        code: Option<ErrorCode> = "code",
        /// When the token expires, in milliseconds since the Unix epoch; null when none came.
        expires_at: Option<Timestamp> = "expiresAt",
        ?
        /// The HTTP status, where there was one.
        status: u16 = "status",
    }
}

event_detail! {
    /// A read-out: `KeeperStatus` of the declarations, but for the engine. Holds no secret.
    Status {
        /// The state.
        state: KeeperState = "state",
        /// Which kind of token is kept, where it is known.
        token_type: Option<Kind> = "tokenType",
        /// When the token that the embeds hold expires.
        expires_at: Option<Timestamp> = "expiresAt",
        /// How long that is from now, by the server's clock; 0 when it is past.
        remaining_ms: Option<Duration> = "remainingMs",
        /// When the keeper will next act by itself, by this machine's clock.
        next_check_at: Option<Timestamp> = "nextCheckAt",
        /// When a new token was last put in place, by this machine's clock.
        last_refresh_at: Option<Timestamp> = "lastRefreshAt",
        /// What last went wrong, since the last success.
        last_error_code: Option<ErrorCode> = "lastErrorCode",
        /// Which try in a row is under way or was last made; 0 after a success.
        attempt: u32 = "attempt",
        /// How many embeds are attached.
        embeds: u32 = "embeds",
        /// The signed correction of this machine's clock, in milliseconds; 0 when unknown.
        clock_skew_ms: crate::time::Skew = "clockSkewMs",
        /// Requests made to the source since the start.
        requests: u32 = "requests",
    }
}
