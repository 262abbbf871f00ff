//! The alphabet: what a keeper is told ([`Input`]), what its shell must do ([`Effect`]) and what the page is told
//! ([`Event`]).

use crate::policy::AfterExpiry;
use crate::time::{Duration, Instant, Timestamp};
use crate::token::{AccessToken, Json, Kind};
use serde::{Serialize, Serializer};

/// One request to the source. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// One attached embed. The shell gives the ids, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EmbedId(pub u32);

/// One call into an embed. Ids are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallId(pub u32);

/// Somebody who waits for an answer: a promise of the facade. The shell gives the ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterId(pub u32);

/// An enum whose variants have one stable spelling each.
macro_rules! spelled {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The spelling that pages see.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl From<$name> for Member {
            fn from(word: $name) -> Self {
                Self::Text(word.as_str())
            }
        }
    };
}

/// A struct that pages see as a plain object, with these names; what comes after `?` is left out where there is none.
macro_rules! detail {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $field:ident: $kind:ty = $key:literal,)*
        $(? $(#[$doc_of_optional:meta])* $optional:ident: $inner:ty = $key_of_optional:literal,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $kind,)*
            $($(#[$doc_of_optional])* pub $optional: Option<$inner>,)?
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(serializer, &[
                    $(($key, Member::from(self.$field)),)*
                    $(($key_of_optional, self.$optional.map_or(Member::Absent, Member::from)),)?
                ])
            }
        }
    };
}

/// What a page finds in a member of a detail. One type, so that one function serialises them all.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member {
    /// The member itself is not there.
    Absent,
    /// `null`.
    Null,
    /// A number; never a `BigInt`.
    Number(f64),
    /// A word of ours.
    Text(&'static str),
}

impl From<u32> for Member {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<u16> for Member {
    fn from(number: u16) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<Kind> for Member {
    fn from(kind: Kind) -> Self {
        Self::Number(match kind {
            Kind::Aad => 0.0,
            Kind::Embed => 1.0,
        })
    }
}

impl<T: Into<Self>> From<Option<T>> for Member {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Serialises as a map: for the names of a struct serde-wasm-bindgen brings a hash table, 2 KB of a page's load.
fn serialize<S: Serializer>(serializer: S, members: &[(&str, Member)]) -> Result<S::Ok, S::Error> {
    let there = members
        .iter()
        .filter(|(_, member)| !matches!(member, Member::Absent));
    serializer.collect_map(there.map(|(key, member)| (key, member)))
}

spelled! {
    /// Why the source is asked: `RefreshReason` of the declarations.
    Reason {
        /// There is no token yet.
        Initial = "initial",
        /// A check found the token inside its refresh window.
        Poll = "poll",
        /// The page became visible.
        Visible = "visible",
        /// The page came back from the back/forward cache.
        PageShow = "pageshow",
        /// The page is no longer frozen.
        Resume = "resume",
        /// The network came back.
        Online = "online",
        /// The window got the focus.
        Focus = "focus",
        /// An earlier request failed.
        Retry = "retry",
        /// The frame asked through `accessTokenProvider`.
        Provider = "provider",
        /// The frame said `TokenExpired`.
        TokenExpired = "token-expired",
        /// `refresh()` or `getToken()` was called.
        Manual = "manual",
    }
}

spelled! {
    /// What went wrong, one code per cause: `ErrorCode` of the declarations, as far as the core says them.
    ErrorCode {
        /// The keeper has stopped.
        Stopped = "ERR_STOPPED",
        /// The server was not reached.
        SourceNetwork = "ERR_SOURCE_NETWORK",
        /// The source took longer than `sourceTimeoutMs`.
        SourceTimeout = "ERR_SOURCE_TIMEOUT",
        /// A status that is neither a success nor one of the two below.
        SourceStatus = "ERR_SOURCE_STATUS",
        /// 401 or 403.
        SourceDenied = "ERR_SOURCE_DENIED",
        /// 429 or 503.
        SourceThrottled = "ERR_SOURCE_THROTTLED",
        /// The source function threw or rejected.
        SourceThrew = "ERR_SOURCE_THREW",
        /// No token could be read from the answer.
        SourceAnswer = "ERR_SOURCE_ANSWER",
        /// The new token has already expired.
        TokenExpired = "ERR_TOKEN_EXPIRED",
        /// The new token is the one being replaced.
        TokenSame = "ERR_TOKEN_SAME",
        /// The new token expires no later than the one being replaced.
        TokenOlder = "ERR_TOKEN_OLDER",
        /// Aad where Embed is needed, or the reverse.
        TokenType = "ERR_TOKEN_TYPE",
        /// Damaged, for another audience, of a retired kind.
        TokenUnusable = "ERR_TOKEN_UNUSABLE",
        /// An Aad token of another user or tenant.
        TokenSubject = "ERR_TOKEN_SUBJECT",
        /// Neither the answer nor the token says when it expires.
        ExpirationUnknown = "ERR_EXPIRATION_UNKNOWN",
        /// `setAccessToken` took longer than `applyTimeoutMs`.
        ApplyTimeout = "ERR_APPLY_TIMEOUT",
        /// `setAccessToken` failed, or did not leave the new token in the embed's configuration.
        ApplyRejected = "ERR_APPLY_REJECTED",
        /// The embed is gone from the page.
        ApplyGone = "ERR_APPLY_GONE",
        /// The request budget is spent.
        Budget = "ERR_BUDGET",
    }
}

spelled! {
    /// The state that pages see: `KeeperState` of the declarations.
    KeeperState {
        /// Nothing attached, or no token yet and none asked for.
        Idle = "idle",
        /// Before the refresh window.
        Fresh = "fresh",
        /// Inside the window, between requests.
        Due = "due",
        /// A request to the source, or its `setAccessToken`, is under way.
        Refreshing = "refreshing",
        /// The last request failed; another is scheduled.
        Retrying = "retrying",
        /// The source answered 401 or 403.
        Denied = "denied",
        /// The token ran out and no newer one is there.
        Expired = "expired",
        /// `stop()` was called.
        Stopped = "stopped",
    }
}

/// Something the browser told that makes a check worth while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// `visibilitychange`, to visible.
    Visible,
    /// `pageshow` with `persisted`.
    PageShow,
    /// `resume` of the Page Lifecycle.
    Resume,
    /// `online`.
    Online,
    /// `focus` of the window.
    Focus,
}

impl Trigger {
    /// The reason of a request that this trigger leads to.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Visible => Reason::Visible,
            Self::PageShow => Reason::PageShow,
            Self::Resume => Reason::Resume,
            Self::Online => Reason::Online,
            Self::Focus => Reason::Focus,
        }
    }
}

/// How far an embed's `TokenExpired` reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The embed did not load.
    Load,
    /// One of its visuals could not be rendered.
    Visual,
}

/// What brings an embed back to life after a late token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// `reload()`: posts the whole configuration again.
    Reload,
    /// `refresh()`: asks for the data again.
    Refresh,
}

impl Recovery {
    /// The spelling that pages see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Refresh => "refresh",
        }
    }

    /// The expiry that this recovery is enough for.
    #[must_use]
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Reload => Level::Load,
            Self::Refresh => Level::Visual,
        }
    }

    /// What follows an expiry of `level` under `policy`.
    #[must_use]
    pub(crate) const fn after(policy: AfterExpiry, level: Level) -> Option<Self> {
        match (policy, level) {
            (AfterExpiry::None, _) => None,
            (AfterExpiry::Reload, _) | (AfterExpiry::Auto, Level::Load) => Some(Self::Reload),
            (AfterExpiry::Refresh, _) | (AfterExpiry::Auto, Level::Visual) => Some(Self::Refresh),
        }
    }
}

/// The headers of an HTTP answer that the core reads, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Date`, where the page may read it.
    pub date: Option<String>,
    /// `Retry-After`, where the page may read it.
    pub retry_after: Option<String>,
}

/// How a request to the source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFailure {
    /// The server was not reached, or its answer was cut off.
    Network,
    /// It answered, with a status that is no success.
    Status(u16),
    /// The source function threw or rejected.
    Threw,
    /// It answered, and the body can't be read: not text, or too long.
    Unreadable,
}

/// How a call of `setAccessToken` ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// It settled one way or the other; the embed's configuration holds this token now.
    Settled(Option<AccessToken>),
    /// It was not made: the frame does not listen yet.
    NotListening,
    /// It was not made: the embed is gone from the page.
    Gone,
}

/// How a `reload()` or `refresh()` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// It resolved.
    Done,
    /// It would be swallowed now, straight after a load: to be tried again shortly.
    TooSoon,
    /// It rejected, or the embed has no such method.
    Refused,
}

/// What a keeper can be told.
#[derive(Debug)]
pub enum Input {
    /// The first input: a token already in hand, and whether the page is hidden.
    Begin {
        /// `options.initial`, as it came.
        initial: Option<Json>,
        /// `options.tokenType`.
        kind: Option<Kind>,
        /// Whether the page is hidden.
        hidden: bool,
    },
    /// Time has passed. Too early is harmless.
    Tick,
    /// The browser told something that makes a check worth while.
    Trigger(Trigger),
    /// The page was hidden.
    Hidden,
    /// An embed is to be kept fresh.
    Attach {
        /// The embed.
        embed: EmbedId,
        /// The token in its configuration.
        held: Option<AccessToken>,
        /// The token type in its configuration.
        kind: Option<Kind>,
    },
    /// An embed is no longer to be kept fresh, or gone.
    Detach(EmbedId),
    /// The source answered with a success.
    Answered {
        /// The request that is answered.
        request: RequestId,
        /// The answer.
        answer: Json,
        /// Its headers.
        headers: Headers,
    },
    /// The request failed.
    Failed {
        /// The request.
        request: RequestId,
        /// How.
        failure: SourceFailure,
        /// The headers of the answer, where there was one.
        headers: Headers,
    },
    /// A call of `setAccessToken` ended, perhaps long after its time limit.
    Applied {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: CallId,
        /// How it ended.
        outcome: ApplyOutcome,
    },
    /// A `reload()` or `refresh()` ended.
    Recovered {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: CallId,
        /// How it ended.
        outcome: RecoveryOutcome,
    },
    /// An embed said `TokenExpired`.
    Shouted {
        /// The embed.
        embed: EmbedId,
        /// How far it reaches.
        level: Level,
    },
    /// An embed failed to load in a way that a new token may heal.
    Ailing(EmbedId),
    /// A frame asked through `accessTokenProvider`.
    Provide {
        /// Who waits.
        waiter: WaiterId,
        /// The embed of that frame, where it is known.
        embed: Option<EmbedId>,
    },
    /// `refresh()` was called.
    Refresh(WaiterId),
    /// `getToken()` was called.
    Obtain(WaiterId),
    /// `stop()` was called.
    Stop,
}

/// What a waiter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A token.
    Token(AccessToken),
    /// A new token is in place; it expires then.
    Refreshed(Timestamp),
    /// There is none, and that is the end of it.
    Failed(ErrorCode),
}

/// What the shell must do, in this order, after every borrow has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the source; answer with [`Input::Answered`] or [`Input::Failed`].
    Ask {
        /// The request.
        request: RequestId,
        /// Why.
        reason: Reason,
        /// 1 for a first try, n for the n-th in a row.
        attempt: u32,
    },
    /// Abort the request; its answer will be ignored.
    Abort(RequestId),
    /// Call `setAccessToken`; answer with [`Input::Applied`].
    Apply {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: CallId,
        /// The token to set.
        token: AccessToken,
    },
    /// Call `reload()` or `refresh()`; answer with [`Input::Recovered`].
    Recover {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: CallId,
        /// Which.
        how: Recovery,
    },
    /// The embed is gone: drop what is held for it.
    Drop(EmbedId),
    /// Tell a waiter.
    Settle(WaiterId, Outcome),
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
    Recovered(EmbedId, Recovery),
    /// The state changed.
    StateChange(Status),
}

detail! {
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

detail! {
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

detail! {
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

detail! {
    /// The detail of `expired`.
    Expired {
        /// When the token expired, in milliseconds since the Unix epoch.
        expires_at: Timestamp = "expiresAt",
    }
}

detail! {
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

spelled! {
    /// Why a keeper wants to be called at a deadline.
    Wake {
        /// The expiration is to be compared with the clock.
        Poll = "poll",
        /// The refresh window opens.
        Window = "window",
        /// The token expires.
        Expiry = "expiry",
        /// The request has taken as long as it may.
        SourceTimeout = "source-timeout",
        /// The pause after a failure ends.
        Retry = "retry",
        /// A call into an embed has taken as long as it may, or is to be made again.
        Embed = "embed",
        /// A trigger came within a second of another.
        Recheck = "recheck",
    }
}

/// When a keeper wants [`Input::Tick`], and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The point on the monotonic clock.
    pub at: Instant,
    /// Why.
    pub reason: Wake,
}
