//! Plans: every fault of one day as data, so that a failing day can be printed, repeated and shortened.
//!
//! A [`Plan`] is generated from one seed (see [`crate::generate`]). A day without faults is healthy. Everything unhealthy,
//! a clock that is wrong from the start as much as an outage of ten minutes, is a [`Fault`] that can be left out.

use crate::{DAY, format_time};
use std::fmt;

/// One day: its faults, and the seed of everything random in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Seeds the latencies, the jitter and the times at which a frame uses its token.
    pub seed: u64,
    /// Its faults, by the time at which they begin.
    pub faults: Vec<Fault>,
}

/// One fault and the time for which it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its start, in true milliseconds of the day.
    pub from: i64,
    /// Its end; equal to the start for a fault that is one moment.
    pub to: i64,
    /// Its kind.
    pub kind: FaultKind,
    /// The tab that has it; `None` for all tabs, the machine or the source.
    pub tab: Option<u8>,
}

impl Fault {
    /// A fault that lasts all day.
    #[must_use]
    pub const fn all_day(kind: FaultKind) -> Self {
        Self {
            from: 0,
            to: DAY,
            kind,
            tab: None,
        }
    }

    /// The same fault for one tab alone.
    #[must_use]
    pub const fn of_tab(self, tab: u8) -> Self {
        Self {
            tab: Some(tab),
            ..self
        }
    }

    /// Whether it is in effect at `at`.
    #[must_use]
    pub const fn covers(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// The `Retry-After` header of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// No such header, or one the page may not read.
    None,
    /// This many seconds.
    Seconds(u32),
    /// An HTTP date this many seconds ahead.
    Date(u32),
    /// Neither of both.
    Invalid,
}

/// `visibilitychange` to visible. This and the next four are summed up into a set of triggers.
pub const VISIBLE: u8 = 1;
/// `focus`.
pub const FOCUS: u8 = 2;
/// `online`.
pub const ONLINE: u8 = 4;
/// `resume`.
pub const RESUME: u8 = 8;
/// `pageshow` with `persisted`.
pub const PAGE_SHOW: u8 = 16;

/// The kinds of faults.
///
/// A frame is named by its place: 0 is the embed of the whole day, 1 to 3 are attached and detached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    // ---- the day as a whole
    /// Tokens live for this many ms instead of an hour.
    TokenLifetime(i64),
    /// Tokens are embed tokens instead of Aad ones.
    EmbedTokens,
    /// Neither tokens nor responses state an expiration.
    NoExpiration,
    /// The page may not read the `Date` header, or the source is a function of the page.
    NoDateHeader,
    /// The wall clock is ahead by this many ms from the start (behind when negative).
    ClockSkew(i64),
    /// The monotonic clock goes on while the machine sleeps, as on Windows.
    ClockRunsInSleep,
    /// Timers fire up to this much early.
    EarlyTimers(i64),
    /// Timers fire up to this much late: a busy main thread.
    LateTimers(i64),
    /// The frames call `accessTokenProvider`, at 40 minutes and when their token has expired.
    Provider,
    /// This many embeds more, all day.
    ExtraEmbeds(u32),
    /// Other options: poll interval, lead, source timeout, apply timeout.
    Options(i64, i64, i64, i64),
    /// `whileHidden: "pause"`.
    PauseWhileHidden,
    /// This many tabs with one `shareKey`.
    Tabs(u8),
    // ---- the source
    /// The network or the server is down. A request that is under way when it begins fails.
    Outage,
    /// Responses take this many ms.
    SlowSource(i64),
    /// Requests are never answered.
    NoResponse,
    /// Every response has this status.
    Status(u16, RetryAfter),
    /// The source function throws.
    SourceThrows,
    /// The source returns the token it issued last.
    SameToken,
    /// Each token lives a quarter less than the one before.
    ShorterTokens,
    /// Tokens of the other kind.
    WrongKind,
    /// Tokens of another user.
    OtherUser,
    /// Responses without a token, in one of several variants.
    InvalidBody(u8),
    /// Tokens that expired before they arrive, as from a cache.
    ExpiredToken,
    // ---- the page
    /// Hidden; its timers fire once in this many ms.
    Hidden(i64),
    /// Frozen by the browser: nothing runs, both clocks go on, `resume` follows.
    Frozen,
    /// The machine sleeps.
    Sleep {
        /// For this many ms after waking no server can be reached.
        net: i64,
        /// The triggers that follow waking: a sum of [`VISIBLE`] and its like.
        triggers: u8,
    },
    /// In the back/forward cache; requests under way are cut off, `pageshow` follows.
    BackForwardCache,
    /// Ten triggers a second.
    TriggerStorm(u8),
    /// The wall clock is set forward by this many ms (back when negative).
    ClockSet(i64),
    // ---- the tabs of one `shareKey`
    /// This tab is opened.
    TabOpens,
    /// This tab is closed.
    TabCloses,
    /// This tab is closed, or frozen until the end of the fault, at the moment at which it gets the lock.
    TabStopsWithLock {
        /// Closed, so that the browser grants the lock to the next tab.
        closed: bool,
    },
    /// The lock is not granted.
    NoLock,
    /// Broadcasts are lost, the one by which a tab learns of its lock included.
    NoChannel,
    /// A malformed message is posted to the channel once a second.
    MalformedMessages,
    // ---- the frames
    /// An embed is attached at the beginning and detached at the end.
    Embed(u32, InitialToken),
    /// The page embeds another report into the same element, with a token of its own.
    NewReport(u32, Expiration),
    /// Another report with a token of its own is attached at the beginning and detached at the end.
    SecondReport(u32, Expiration),
    /// The frame settles `setAccessToken` after this many ms.
    FrameSlow(u32, i64),
    /// The frame never settles.
    FrameSilent(u32),
    /// The frame rejects.
    FrameRefuses(u32),
    /// The frame is not listening yet.
    FrameNotListening(u32),
    /// The frame is removed at the beginning; at the end the page embeds again, with its first token.
    FrameRemoved(u32),
    /// The container is reset, for good.
    FrameReset(u32),
    /// Another embed with the page's first token replaces it in its element.
    FrameReplaced(u32),
    /// The frame reports `TokenExpired` for a token that is still valid, for an hour at most.
    FalseTokenExpired(u32),
    // ---- the page's own calls
    /// `refresh()`.
    Refresh,
    /// The user's role changes, and the page sets a token for it by hand.
    TokenSetByHand(Expiration),
    /// The user's role changes, and the page calls `refresh()`.
    RoleChange(Expiration),
    /// `getToken()`.
    GetToken,
    /// `stop()`.
    Stop,
}

impl FaultKind {
    /// Whether the page's script does it, so that it waits until the page runs.
    #[must_use]
    pub const fn is_scripted(&self) -> bool {
        matches!(
            self,
            Self::Hidden(_)
                | Self::Embed(..)
                | Self::FrameRemoved(_)
                | Self::FrameReset(_)
                | Self::FrameReplaced(_)
                | Self::NewReport(..)
                | Self::SecondReport(..)
                | Self::TokenSetByHand(_)
                | Self::RoleChange(_)
                | Self::Refresh
                | Self::GetToken
                | Self::Stop
        )
    }
}

/// The expiration of a token of the page's own, compared with that of the token in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiration {
    /// It expires sooner: after half the remaining time.
    Sooner,
    /// It expires in the same second.
    Together,
    /// It expires a usual lifetime from now.
    Later,
}

/// The token in an embed's configuration when it is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitialToken {
    /// A valid one of its own.
    Fresh,
    /// An expired one of its own.
    Expired,
    /// None.
    Missing,
}

impl Plan {
    /// The faults in effect at `at` that `pick` selects.
    pub fn at<'a, T>(
        &'a self,
        at: i64,
        pick: impl Fn(&FaultKind) -> Option<T> + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        self.faults
            .iter()
            .filter(move |fault| fault.covers(at))
            .filter_map(move |fault| pick(&fault.kind))
    }

    /// The first fault of the day that `pick` selects.
    pub fn setting<T>(&self, pick: impl Fn(&FaultKind) -> Option<T>) -> Option<T> {
        self.faults.iter().find_map(|fault| pick(&fault.kind))
    }

    /// The number of tabs.
    #[must_use]
    pub fn tabs(&self) -> u8 {
        let tabs = self.setting(|kind| match kind {
            FaultKind::Tabs(tabs) => Some(*tabs),
            _ => None,
        });
        tabs.unwrap_or(1).max(1)
    }

    /// The day of one tab, with a seed of its own.
    #[must_use]
    pub fn of_tab(&self, tab: u8) -> Self {
        let is_of_tab = |fault: &&Fault| fault.tab.is_none_or(|one| one == tab);
        Self {
            seed: self.seed ^ u64::from(tab) << 56,
            faults: self.faults.iter().filter(is_of_tab).copied().collect(),
        }
    }

    /// Whether embeds have valid tokens of the page's own beside those that the keeper obtains, so that one schedule does
    /// not describe the day.
    #[must_use]
    pub fn has_own_tokens(&self) -> bool {
        let brings_one = |fault: &Fault| {
            matches!(
                fault.kind,
                FaultKind::Embed(_, InitialToken::Fresh | InitialToken::Expired)
                    | FaultKind::NewReport(..)
                    | FaultKind::SecondReport(..)
                    | FaultKind::TokenSetByHand(_)
                    | FaultKind::RoleChange(_)
            )
        };
        // a token of the page's that states no expiration may be older than those that the keeper remembers
        let replaces = |fault: &Fault| {
            matches!(
                fault.kind,
                FaultKind::FrameReplaced(_) | FaultKind::FrameRemoved(_)
            )
        };
        let is_undated = self.has(FaultKind::NoExpiration);
        // `refresh()` takes another user's token, and one that expires earlier
        let is_foreign = |fault: &Fault| {
            matches!(
                fault.kind,
                FaultKind::OtherUser | FaultKind::ShorterTokens | FaultKind::SameToken
            )
        };
        let any = |pick: &dyn Fn(&Fault) -> bool| self.faults.iter().any(pick);
        any(&brings_one) || is_undated && any(&replaces) || self.has(FaultKind::Refresh) && any(&is_foreign)
    }

    /// Whether one of the faults is of this kind.
    #[must_use]
    pub fn has(&self, kind: FaultKind) -> bool {
        self.faults.iter().any(|fault| fault.kind == kind)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (0, DAY) => write!(f, "all day                   {:?}", self.kind)?,
            (from, to) => write!(f, "{} – {} {:?}", format_time(from), format_time(to), self.kind)?,
        }
        match self.tab {
            Some(tab) => write!(f, ", tab {tab}"),
            None => Ok(()),
        }
    }
}
