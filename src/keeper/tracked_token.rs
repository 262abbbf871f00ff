//! One token that the keeper knows of: its time, the content it is good for, and what the embeds said of it.

use crate::clock::{Clock, ServerTime};
use crate::io::Content;
use crate::policy::{MAX_LIFETIME, MIN_REFRESH_INTERVAL, Origin, RefreshPolicy, RefreshWindow};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{ASSUMED_LIFE, AccessToken, Expiry, Fingerprint, Kind, Subject, Token};

/// A token that a frame says has expired, and that has longer than this left, is not explained by a clock that is behind:
/// one that was compared with the server's, and one that was not.
const MAX_CLOCK_ERROR: (Duration, Duration) = (Duration::from_mins(60), Duration::from_mins(14 * 60));

/// The number of a tracked token. Rises, and is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokenId(pub(super) u32);

/// When a token became known to the keeper, against the others that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// Rises with each call of `refresh()` that brought a token: what came before it is outdated, whenever it expires.
    pub(super) generation: u32,
    /// Rises with each token.
    pub(super) order: u32,
}

/// A token that the keeper obtained, or that stands on an embed.
#[derive(Debug)]
pub(super) struct TrackedToken {
    pub(super) id: TokenId,
    pub(super) token: Token,
    pub(super) window: RefreshWindow,
    origin: Origin,
    received: Instant,
    /// The server's time at its receipt.
    pub(super) received_at: Timestamp,
    reading: ServerTime,
    /// `None` for a token of the page's own.
    pub(super) known: Option<Known>,
    /// The content that it was requested for or found on, in order.
    pub(super) contents: Vec<Content>,
    /// It was given at the start, before any embed, and belongs to the first that it is set on.
    pub(super) is_unbound: bool,
    /// How many embeds have it in their configuration.
    pub(super) holders: u32,
    /// How many embeds have it, or are about to: those that have it and are to take a newer one do not count.
    pub(super) users: u32,
    /// How many embeds have it and are to get no other.
    pub(super) kept_by: u32,
    /// No request is made for its successor before this: the last one was in vain.
    pub(super) not_due_before: Instant,
    /// An embed that holds this very token said that it has expired.
    pub(super) rejected_by_embed: bool,
    /// That was so long before its end that no clock explains it: its expiration counts for nothing.
    is_end_disproved: bool,
    /// The page was told that it has expired.
    pub(super) expiry_reported: bool,
    /// There is no text any more.
    is_forgotten: bool,
    /// What tells its text from others, forgotten or not.
    pub(super) fingerprint: Fingerprint,
}

impl TrackedToken {
    /// Takes in a token that was received at the time of `reading`.
    pub(super) fn new(
        id: TokenId,
        token: Token,
        origin: Origin,
        policy: &RefreshPolicy,
        time: Receipt<'_>,
    ) -> Self {
        let received = time.reading.server(time.clock, time.now);
        let expires = expiry(&token, received);
        let mut window = RefreshWindow::new(
            policy,
            origin,
            received,
            token.issued_at,
            expires.unwrap_or(received + ASSUMED_LIFE),
            time.draw,
        );
        if expires.is_none() {
            // nobody knows: it may stay for as long as such a token lives, and its successor is due
            window.opens = received;
        }
        let fingerprint = token.text.fingerprint();
        Self {
            id,
            token,
            window,
            origin,
            received: time.now.mono,
            received_at: received,
            reading: time.reading,
            known: None,
            contents: Vec::new(),
            is_unbound: false,
            holders: 0,
            users: 0,
            kept_by: 0,
            not_due_before: Instant::default(),
            rejected_by_embed: false,
            is_end_disproved: false,
            expiry_reported: false,
            is_forgotten: false,
            fingerprint,
        }
    }

    pub(super) fn text(&self) -> &AccessToken {
        &self.token.text
    }

    /// Whether its text was not forgotten.
    pub(super) const fn has_text(&self) -> bool {
        !self.is_forgotten
    }

    /// No embed has it, nor is to have it.
    pub(super) fn is_idle(&self) -> bool {
        self.holders == 0 && self.users == 0
    }

    /// Whether nothing is ever done any more with `old`, since this one was obtained later, for all that `old` is for.
    pub(super) fn supersedes(&self, old: &Self) -> bool {
        let subject = old.token.subject.as_ref();
        let is_for = |content: &Content| self.is_for(*content, subject);
        self.has_text()
            && self.known > old.known
            && (self.is_unbound || !old.is_unbound)
            && old.contents.iter().all(is_for)
    }

    /// Keeps no more of the text than tells it from others.
    pub(super) fn forget_text(&mut self) {
        self.token.text = AccessToken::new(String::new());
        self.is_forgotten = true;
    }

    /// It was found again.
    pub(super) fn recall_text(&mut self, text: &AccessToken) {
        if core::mem::take(&mut self.is_forgotten) {
            self.token.text = text.clone();
        }
    }

    /// How this token reads the server's time, where the wall clock is known to be wrong.
    pub(super) fn untrusted_clock_reading(&self) -> Option<ServerTime> {
        self.reading.if_wall_clock_untrusted()
    }

    /// The server's time, no earlier than this token has seen it.
    pub(super) fn server(&self, clock: &Clock, now: Now) -> Timestamp {
        self.reading.server(clock, now)
    }

    /// How long the token has left; nothing once it has expired, whatever a clock says afterwards.
    pub(super) fn remaining(&self, clock: &Clock, now: Now) -> Duration {
        self.expires().since(clock.steady(now))
    }

    /// The steady time at which it expires.
    pub(super) fn expires(&self) -> Instant {
        self.reading.steady(self.window.expires)
    }

    /// The steady time from which on a successor is due.
    pub(super) fn due(&self) -> Instant {
        if self.rejected_by_embed {
            Instant::default()
        } else {
            self.reading.steady(self.window.opens)
        }
    }

    pub(super) fn is_valid(&self, clock: &Clock, now: Now) -> bool {
        self.remaining(clock, now) > Duration::ZERO && !self.rejected_by_embed
    }

    /// How long until a successor is due.
    pub(super) fn until_due(&self, clock: &Clock, now: Now) -> Duration {
        self.due().since(clock.steady(now))
    }

    /// Whether the source gave it so recently that another could hardly be newer.
    pub(super) fn was_just_received(&self, now: Now) -> bool {
        self.origin == Origin::Source && now.mono.since(self.received) < MIN_REFRESH_INTERVAL
    }

    /// An embed that holds it said that it has expired. False where that is no news.
    pub(super) fn reject(&mut self, clock: &Clock, now: Now) -> bool {
        if self.rejected_by_embed {
            return false;
        }
        let (compared, unknown) = MAX_CLOCK_ERROR;
        let max_error = if clock.is_compared() { compared } else { unknown };
        self.is_end_disproved = self.remaining(clock, now) > max_error;
        self.rejected_by_embed = true;
        self.not_due_before = Instant::default();
        true
    }

    /// It is `old`, received again.
    pub(super) fn keep_rejection(&mut self, old: &Self) {
        self.rejected_by_embed = old.rejected_by_embed;
        self.is_end_disproved = old.is_end_disproved;
    }

    /// Whether it stands in the way of a token that `expires` and was received at `received_at`: it ends no earlier, and no
    /// frame has disproved that.
    pub(super) fn outlasts(&self, expires: Timestamp, received_at: Timestamp) -> bool {
        !self.is_end_disproved && self.claims_to_outlast(expires, received_at)
    }

    /// Whether it ends no earlier, nobody had to guess that, and it claims no more than a token can last.
    pub(super) fn claims_to_outlast(&self, expires: Timestamp, received_at: Timestamp) -> bool {
        self.window.expires >= expires
            && !self.is_expiry_guessed()
            && self.window.expires < received_at + MAX_LIFETIME
    }

    /// Whether its expiration was guessed, perhaps under a clock that was wrong then.
    fn is_expiry_guessed(&self) -> bool {
        !matches!(self.token.expiry, Expiry::Known(_))
    }

    /// Whether it is good for `content`, as the token of an embed whose present one is `subject`'s.
    pub(super) fn is_for(&self, content: Content, subject: Option<&Subject>) -> bool {
        if self.token.kind == Some(Kind::Aad) {
            // one user's tokens are good for all that this user may see
            return match (&self.token.subject, subject) {
                (Some(ours), Some(theirs)) => ours == theirs,
                (Some(_), None) => true,
                (None, _) => self.has_content(content),
            };
        }
        self.is_unbound || self.has_content(content)
    }

    fn has_content(&self, content: Content) -> bool {
        self.contents.binary_search(&content).is_ok()
    }

    pub(super) fn add_content(&mut self, content: Content) {
        self.is_unbound = false;
        if let Err(at) = self.contents.binary_search(&content) {
            self.contents.insert(at, content);
        }
    }

    pub(super) fn advance(&mut self, clock: &Clock, now: Now) {
        self.reading.advance(clock, now);
    }
}

/// When and by which clock a token was received.
#[derive(Clone, Copy)]
pub(super) struct Receipt<'a> {
    pub(super) now: Now,
    pub(super) clock: &'a Clock,
    pub(super) reading: ServerTime,
    /// 0 to `u32::MAX`: where in its range the window opens.
    pub(super) draw: u32,
}

/// When a token that was received at `received` (the server's time) expires, as far as anybody knows.
pub(super) fn expiry(token: &Token, received: Timestamp) -> Option<Timestamp> {
    match token.expiry {
        Expiry::Known(at) | Expiry::Assumed(at) => Some(at.min(received + MAX_LIFETIME)),
        Expiry::Unknown => None,
    }
}
