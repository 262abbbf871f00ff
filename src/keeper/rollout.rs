//! A new token on its way to the embeds: who has answered to it, and what the page is told then.

use super::tracked_token::TokenId;
use crate::io::{ErrorCode, Reason};
use crate::time::Timestamp;

/// What `refreshed` says of a new token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announcement {
    pub(super) reason: Reason,
    pub(super) attempt: u32,
    pub(super) expires: Timestamp,
    /// Waiters were told that no embed took it; `refreshed` follows when one does.
    failure_reported: bool,
}

/// What there is to say about a rollout.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// Every embed has answered, and so many have the token.
    Done {
        reason: Reason,
        attempt: u32,
        expires: Timestamp,
        embeds: u32,
    },
    /// Every embed has answered, and none has it.
    Failed(ErrorCode),
}

/// The newest token and the first answers of the embeds that are to take it.
#[derive(Debug, Default)]
pub(super) struct Rollout {
    token: Option<TokenId>,
    announcement: Option<Announcement>,
    /// Embeds that are to take it.
    embeds: u32,
    /// Those of them whose first answer is still out.
    pub(super) pending: u32,
    /// Those that took it.
    applied: u32,
    /// What the last failure was.
    failed: Option<ErrorCode>,
}

impl Rollout {
    pub(super) fn start(&mut self, token: TokenId, reason: Reason, attempt: u32, expires: Timestamp) {
        *self = Self {
            token: Some(token),
            announcement: Some(Announcement {
                reason,
                attempt,
                expires,
                failure_reported: false,
            }),
            ..Self::default()
        };
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Another embed is to take the token.
    pub(super) fn include(&mut self) {
        self.embeds += 1;
        self.pending += 1;
    }

    /// An embed's first answer is not waited for any more.
    pub(super) fn withdraw(&mut self, pending: &mut bool) {
        if core::mem::take(pending) {
            self.pending = self.pending.saturating_sub(1);
            self.embeds = self.embeds.saturating_sub(1);
        }
    }

    /// An embed took `token`.
    pub(super) fn applied(&mut self, token: TokenId, pending: &mut bool) {
        if self.token == Some(token) {
            self.applied += 1;
        }
        if core::mem::take(pending) {
            self.pending = self.pending.saturating_sub(1);
        }
    }

    /// An embed's first answer was no.
    pub(super) fn failed(&mut self, code: ErrorCode, pending: &mut bool) {
        if core::mem::take(pending) {
            self.pending = self.pending.saturating_sub(1);
            self.failed = Some(code);
        }
    }

    /// Whether the token is in place: on one embed at least, or on all of none.
    pub(super) fn is_in_place(&self) -> bool {
        self.announcement.is_some() && (self.applied > 0 || self.embeds == 0)
    }

    /// What has to be said now. Each report comes once.
    pub(super) fn report(&mut self) -> Option<Report> {
        let announcement = self.announcement.as_mut()?;
        if self.pending > 0 {
            return None;
        }
        if self.applied > 0 || self.embeds == 0 {
            let Announcement {
                reason,
                attempt,
                expires,
                ..
            } = *announcement;
            self.announcement = None;
            return Some(Report::Done {
                reason,
                attempt,
                expires,
                embeds: self.applied,
            });
        }
        if announcement.failure_reported {
            return None;
        }
        announcement.failure_reported = true;
        Some(Report::Failed(self.failed.unwrap_or(ErrorCode::ApplyGone)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(embeds: u32) -> Rollout {
        let mut rollout = Rollout::default();
        rollout.start(TokenId(1), Reason::Poll, 2, Timestamp::from_secs(9));
        for _ in 0..embeds {
            rollout.include();
        }
        rollout
    }

    fn done(embeds: u32) -> Option<Report> {
        let (reason, attempt, expires) = (Reason::Poll, 2, Timestamp::from_secs(9));
        Some(Report::Done {
            reason,
            attempt,
            expires,
            embeds,
        })
    }

    #[test]
    fn nothing_to_set_is_done_at_once() {
        let mut rollout = started(0);
        assert!(rollout.is_in_place());
        assert_eq!(rollout.report(), done(0));
        assert_eq!(rollout.report(), None, "once");
    }

    #[test]
    fn the_last_first_answer_ends_it_whatever_it_is() {
        let mut rollout = started(2);
        rollout.applied(TokenId(1), &mut true);
        assert_eq!(rollout.report(), None);
        rollout.failed(ErrorCode::ApplyTimeout, &mut true);
        assert_eq!(rollout.report(), done(1));
    }

    #[test]
    fn where_none_takes_it_that_is_said_once_and_a_late_success_all_the_same() {
        let mut rollout = started(1);
        rollout.failed(ErrorCode::ApplyRejected, &mut true);
        assert_eq!(rollout.report(), Some(Report::Failed(ErrorCode::ApplyRejected)));
        assert_eq!(rollout.report(), None);
        assert!(!rollout.is_in_place());
        rollout.applied(TokenId(1), &mut false);
        assert_eq!(rollout.report(), done(1));
    }

    #[test]
    fn an_older_token_that_lands_late_is_none_of_it() {
        let mut rollout = started(1);
        rollout.applied(TokenId(0), &mut false);
        assert_eq!(rollout.report(), None);
        rollout.withdraw(&mut true);
        assert_eq!(
            rollout.report(),
            done(0),
            "the page gave the embed a token of its own"
        );
    }
}
