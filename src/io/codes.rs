//! The words that pages see, one stable spelling each.

use super::field_value::FieldValue;

string_enum! {
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

string_enum! {
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

string_enum! {
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

string_enum! {
    /// Why a keeper wants to be called at a deadline.
    DeadlineReason {
        /// The expiration is to be compared with the clock.
        Poll = "poll",
        /// The refresh window opens.
        Window = "window",
        /// The token expires.
        Expiry = "expiry",
        /// The request has taken as long as it may.
        SourceTimeout = "source-timeout",
        /// Another tab has been waited for long enough.
        Lock = "lock",
        /// The pause after a failure ends.
        Retry = "retry",
        /// A call into an embed has taken as long as it may, or is to be made again.
        Embed = "embed",
        /// A trigger came within a second of another.
        Recheck = "recheck",
    }
}
