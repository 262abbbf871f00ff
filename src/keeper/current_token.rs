//! A token in hand: what is known of its time, and what the embeds said of it.

use crate::clock::{Clock, ServerTime};
use crate::policy::{MIN_REFRESH_INTERVAL, Origin, RefreshPolicy, RefreshWindow};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{AccessToken, Expiry, Token};

/// The newest token that was accepted.
#[derive(Debug)]
pub(super) struct CurrentToken {
    pub(super) token: Token,
    pub(super) window: RefreshWindow,
    origin: Origin,
    received: Instant,
    reading: ServerTime,
    /// An embed that holds this very token said that it has expired.
    pub(super) rejected_by_embed: bool,
    /// The page was told that it has expired.
    pub(super) expiry_reported: bool,
}

impl CurrentToken {
    /// Takes a token in that was received at the time of `reading`; `None` when nobody knows when it expires.
    pub(super) fn new(
        token: Token,
        origin: Origin,
        policy: &RefreshPolicy,
        reading: ServerTime,
        clock: &Clock,
        now: Now,
        draw: u32,
    ) -> Option<Self> {
        let expires = expiry(&token)?;
        let received = reading.server(clock, now);
        let window = RefreshWindow::new(policy, origin, received, token.issued_at, expires, draw);
        Some(Self {
            token,
            window,
            origin,
            received: now.mono,
            reading,
            rejected_by_embed: false,
            expiry_reported: false,
        })
    }

    pub(super) fn text(&self) -> &AccessToken {
        &self.token.text
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
        self.window.expires.since(self.server(clock, now))
    }

    pub(super) fn valid(&self, clock: &Clock, now: Now) -> bool {
        self.remaining(clock, now) > Duration::ZERO && !self.rejected_by_embed
    }

    /// How long until a successor is due.
    pub(super) fn until_due(&self, clock: &Clock, now: Now) -> Duration {
        if self.rejected_by_embed {
            return Duration::ZERO;
        }
        self.window.opens.since(self.server(clock, now))
    }

    /// Whether the source gave it so recently that another could hardly be newer.
    pub(super) fn just_received(&self, now: Now) -> bool {
        self.origin == Origin::Source && now.mono.since(self.received) < MIN_REFRESH_INTERVAL
    }

    pub(super) fn advance(&mut self, clock: &Clock, now: Now) {
        self.reading.advance(clock, now);
    }
}

/// When a token expires, as far as anybody knows.
pub(super) fn expiry(token: &Token) -> Option<Timestamp> {
    match token.expiry {
        Expiry::Known(at) | Expiry::Assumed(at) => Some(at),
        Expiry::Unknown => None,
    }
}
