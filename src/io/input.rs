//! What a keeper can be told.

use super::{Content, EmbedCallId, EmbedId, LockRequestId, Reason, RequestId, WaiterId};
use crate::policy::AfterExpiry;
use crate::token::{AccessToken, Json, Kind};

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
pub enum ExpiryScope {
    /// The embed did not load.
    Embed,
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
    pub(crate) const fn scope(self) -> ExpiryScope {
        match self {
            Self::Reload => ExpiryScope::Embed,
            Self::Refresh => ExpiryScope::Visual,
        }
    }

    /// What follows an expiry of `scope` under `policy`.
    #[must_use]
    pub(crate) const fn after(policy: AfterExpiry, scope: ExpiryScope) -> Option<Self> {
        match (policy, scope) {
            (AfterExpiry::None, _) => None,
            (AfterExpiry::Reload, _) | (AfterExpiry::Auto, ExpiryScope::Embed) => Some(Self::Reload),
            (AfterExpiry::Refresh, _) | (AfterExpiry::Auto, ExpiryScope::Visual) => Some(Self::Refresh),
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
    SourceThrew,
    /// The source function rejected because the user must sign in.
    SignInRequired,
    /// It answered, and the body can't be read: not text, or too long.
    InvalidBody,
    /// It answered with an embed token that can't be unpacked: damaged or cut off on its way.
    DamagedToken,
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

/// An embed's configuration, as far as the keeper needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmbedConfig {
    /// `accessToken`.
    pub token: Option<AccessToken>,
    /// `tokenType`.
    pub kind: Option<Kind>,
    /// `type`, `id` and `groupId`.
    pub content: Content,
}

/// An embed as it was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbedSnapshot {
    /// An embed is there, with this configuration.
    Present(EmbedConfig),
    /// Nothing is embedded there yet.
    NotEmbedded,
    /// The embed is gone from the page.
    Removed,
}

/// How a `reload()` or `refresh()` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// It resolved, and where there was a state to restore, the report has loaded again.
    Done {
        /// The report's page, filters and slicers were put back.
        state_restored: bool,
    },
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
        /// Its configuration.
        config: EmbedConfig,
    },
    /// An embed is no longer to be kept fresh, or gone.
    Detach(EmbedId),
    /// An embed was looked at, because [`Effect::ObserveEmbed`](super::Effect::ObserveEmbed) asked for it or the shell had another reason.
    EmbedObserved {
        /// The embed.
        embed: EmbedId,
        /// What there was to see.
        snapshot: EmbedSnapshot,
    },
    /// The source answered with a success.
    ResponseReceived {
        /// The request that is answered.
        request: RequestId,
        /// The answer.
        answer: Json,
        /// Its headers.
        headers: Headers,
    },
    /// The request failed.
    RequestFailed {
        /// The request.
        request: RequestId,
        /// How.
        failure: SourceFailure,
        /// The headers of the answer, where there was one.
        headers: Headers,
    },
    /// A call of `setAccessToken` ended, perhaps long after its time limit.
    ApplyFinished {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
        /// How it ended.
        outcome: ApplyOutcome,
    },
    /// A `reload()` or `refresh()` ended.
    RecoveryFinished {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
        /// How it ended.
        outcome: RecoveryOutcome,
    },
    /// The report's state was captured, or could not be; answers [`Effect::CaptureState`](super::Effect::CaptureState).
    StateCaptured {
        /// The embed.
        embed: EmbedId,
        /// The call.
        call: EmbedCallId,
        /// There is a state to restore.
        captured: bool,
    },
    /// The request was made. It named all embeds, as they were last observed.
    RequestSent(RequestId),
    /// It is this tab's turn to ask, and what the tab before it got has been told.
    LockAcquired(LockRequestId),
    /// A tab of the same `shareKey` got this answer.
    TokenReceivedFromTab(Json),
    /// An embed said `TokenExpired`.
    TokenExpiredReported {
        /// The embed.
        embed: EmbedId,
        /// How far it reaches.
        scope: ExpiryScope,
    },
    /// An embed failed to load in a way that a new token may heal.
    RefreshMayHelp(EmbedId),
    /// A frame asked through `accessTokenProvider`.
    ProviderCalled {
        /// Who waits.
        waiter: WaiterId,
        /// The embed of that frame, where it is known.
        embed: Option<EmbedId>,
    },
    /// `refresh()` was called.
    Refresh(WaiterId),
    /// `getToken()` was called.
    GetToken(WaiterId),
    /// `checkSource()` was called.
    CheckSource(WaiterId),
    /// `stop()` was called.
    Stop,
}
