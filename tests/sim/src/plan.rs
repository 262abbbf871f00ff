//! What one day holds: every fault of it, as data, so that a failing day can be printed, repeated and shortened.
//!
//! A [`Plan`] is drawn from one seed (see [`crate::draw`]). A day without faults is healthy; everything unhealthy, the
//! clock that is wrong from the start as much as an outage of ten minutes, is a [`Fault`] that can be left out.

use crate::{DAY, stamp};
use std::fmt;

/// One day: the seed that feeds every draw while it runs, and its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Feeds the latencies, the jitter, the moments at which a frame uses its token.
    pub seed: u64,
    /// What goes wrong, in the order of its beginning.
    pub faults: Vec<Fault>,
}

/// Something that goes wrong, from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// When it begins, in true milliseconds of the day.
    pub from: i64,
    /// When it ends; a fault that is one moment ends as it begins.
    pub to: i64,
    /// What it is.
    pub what: What,
    /// The tab that it befalls; all of them, the machine or the source where it names none.
    pub tab: Option<u8>,
}

impl Fault {
    /// From the first moment to the last.
    #[must_use]
    pub const fn all_day(what: What) -> Self {
        Self {
            from: 0,
            to: DAY,
            what,
            tab: None,
        }
    }

    /// The same for one tab alone.
    #[must_use]
    pub const fn of_tab(self, tab: u8) -> Self {
        Self {
            tab: Some(tab),
            ..self
        }
    }

    /// Whether it is going on at `at`.
    #[must_use]
    pub const fn covers(&self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// What a source names in `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// No such header, or one the page may not read.
    None,
    /// So many seconds.
    Seconds(u32),
    /// An HTTP date so many seconds ahead.
    Date(u32),
    /// Something that is neither.
    Rubbish,
}

/// What a page is told when it wakes: nothing, or one and more of these.
pub const VISIBLE: u8 = 1;
/// `focus`.
pub const FOCUS: u8 = 2;
/// `online`.
pub const ONLINE: u8 = 4;
/// `resume`.
pub const RESUME: u8 = 8;
/// `pageshow` with `persisted`.
pub const PAGE_SHOW: u8 = 16;

/// What can go wrong.
///
/// Frames are named by their place: 0 is the embed that is there all day, 1 to 3 those that come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    // ---- the day as a whole
    /// Tokens live so long instead of an hour.
    Life(i64),
    /// Tokens are embed tokens instead of Aad ones.
    EmbedTokens,
    /// Tokens and answers name no expiration at all.
    Undated,
    /// The page may not read the `Date` header, or the source is a function of the page.
    HidesDate,
    /// The wall clock is ahead by so much from the start (behind when negative).
    Skewed(i64),
    /// The monotonic clock goes on while the machine sleeps, as on Windows.
    ClockRunsInSleep,
    /// Timers fire up to this much early.
    EarlyTimers(i64),
    /// Timers fire up to this much late: a busy main thread.
    LateTimers(i64),
    /// The frames ask through `accessTokenProvider`, at 40 minutes and when their token has expired.
    Provider,
    /// So many embeds more, from the beginning to the end.
    Crowd(u32),
    /// Other options: poll interval, lead, source timeout, apply timeout.
    Options(i64, i64, i64, i64),
    /// `whileHidden: "pause"`.
    PausesHidden,
    /// So many tabs with one `shareKey`.
    Tabs(u8),
    // ---- the source
    /// The network or the server is away; a request under way when it begins is cut off.
    Outage,
    /// Answers take so long.
    Slow(i64),
    /// Requests are never answered.
    Hangs,
    /// Every answer has this status.
    Status(u16, RetryAfter),
    /// The source function throws.
    Throws,
    /// The token last issued, again.
    Same,
    /// Each token lives a quarter shorter than the one before.
    Shrinking,
    /// Tokens of the other kind.
    WrongKind,
    /// Tokens of another user.
    OtherUser,
    /// Answers without a token in them.
    Rubbish(u8),
    /// Tokens out of a cache, expired before they arrive.
    Stale,
    // ---- the page
    /// Hidden; its timers fire once in so many milliseconds.
    Hidden(i64),
    /// Frozen by the browser: nothing runs, both clocks go on, `resume` follows.
    Frozen,
    /// The machine sleeps. The network is away for `net` ms after waking; the page is `told` of waking.
    Asleep {
        /// How long after waking no server is reached.
        net: i64,
        /// A sum of [`VISIBLE`] and its like.
        told: u8,
    },
    /// In the back/forward cache; requests under way are cut off, `pageshow` follows.
    Cached,
    /// A storm of triggers, ten a second.
    Storm(u8),
    /// The wall clock is set forward by so much (back when negative).
    ClockSet(i64),
    // ---- the tabs of one `shareKey`
    /// This tab is opened only now.
    Opened,
    /// This tab is closed.
    Closed,
    /// This tab is closed, or else frozen to the end of the fault, in the moment in which it gets its turn to ask.
    DiesOnTurn {
        /// Closed, so that the browser gives the lock to the next.
        closed: bool,
    },
    /// The lock is granted to nobody.
    NoLock,
    /// What one tab tells the others is lost, and what it posts to itself: whoever has the lock does not know it.
    NoChannel,
    /// Somebody posts rubbish to the channel, once a second.
    Malformed,
    // ---- the frames
    /// An embed comes at the beginning and goes at the end, with a token of this sort in its configuration.
    Embed(u32, Holds),
    /// The frame answers `setAccessToken` after so long.
    FrameSlow(u32, i64),
    /// The frame never answers.
    FrameSilent(u32),
    /// The frame refuses.
    FrameRefuses(u32),
    /// The frame does not listen yet.
    FrameDeaf(u32),
    /// The frame is taken off the page at the beginning; at the end the page embeds anew, with its first token.
    FrameGone(u32),
    /// The container is reset, for good.
    FrameReset(u32),
    /// Another embed with the page's first token takes its place on the element.
    FrameReplaced(u32),
    /// The frame says `TokenExpired` of a token that has not.
    FalseShout(u32),
    // ---- the page's own calls
    /// `refresh()`.
    Refresh,
    /// `getToken()`.
    Obtain,
    /// `stop()`.
    Stop,
}

impl What {
    /// Whether it is the page's own doing, which a page that does not run puts off.
    #[must_use]
    pub const fn is_scripted(&self) -> bool {
        matches!(
            self,
            Self::Hidden(_)
                | Self::Embed(..)
                | Self::FrameGone(_)
                | Self::FrameReset(_)
                | Self::FrameReplaced(_)
                | Self::Refresh
                | Self::Obtain
                | Self::Stop
        )
    }
}

/// What an embed holds when it is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A token of its own, fresh.
    Fresh,
    /// A token of its own, expired.
    Expired,
    /// Nothing.
    Nothing,
}

impl Plan {
    /// The faults of one sort that are going on at `at`.
    pub fn at<'a, T>(
        &'a self,
        at: i64,
        pick: impl Fn(&What) -> Option<T> + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        self.faults
            .iter()
            .filter(move |fault| fault.covers(at))
            .filter_map(move |fault| pick(&fault.what))
    }

    /// The setting of the whole day that `pick` looks for.
    pub fn setting<T>(&self, pick: impl Fn(&What) -> Option<T>) -> Option<T> {
        self.faults.iter().find_map(|fault| pick(&fault.what))
    }

    /// How many tabs there are.
    #[must_use]
    pub fn tabs(&self) -> u8 {
        let tabs = self.setting(|what| match what {
            What::Tabs(tabs) => Some(*tabs),
            _ => None,
        });
        tabs.unwrap_or(1).max(1)
    }

    /// The day as one tab has it, with draws of its own.
    #[must_use]
    pub fn of_tab(&self, tab: u8) -> Self {
        let befalls = |fault: &&Fault| fault.tab.is_none_or(|one| one == tab);
        Self {
            seed: self.seed ^ u64::from(tab) << 56,
            faults: self.faults.iter().filter(befalls).copied().collect(),
        }
    }

    /// Whether one of the faults is `what`.
    #[must_use]
    pub fn has(&self, what: What) -> bool {
        self.faults.iter().any(|fault| fault.what == what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (0, DAY) => write!(f, "all day                   {:?}", self.what)?,
            (from, to) => write!(f, "{} – {} {:?}", stamp(from), stamp(to), self.what)?,
        }
        match self.tab {
            Some(tab) => write!(f, ", tab {tab}"),
            None => Ok(()),
        }
    }
}
