//! When the first of the tokens that the embeds are to have expires, or is due for a successor.

use super::tracked_token::TrackedToken;
use crate::time::Instant;

/// The first times of several tokens, each on the steady clock unless it says otherwise; [`Instant::NEVER`] where none
/// has such a time.
///
/// With ten thousand tokens it would take too long to look at each of them whenever something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    /// A token expires.
    pub(super) expires: Instant,
    /// A token expires that the page has not been told of.
    pub(super) unreported: Instant,
    /// A token is due.
    pub(super) due: Instant,
    /// On the monotonic clock: a token is due again that was put off.
    pub(super) put_off: Instant,
}

impl Schedule {
    /// That of no token.
    pub(super) const EMPTY: Self = Self {
        expires: Instant::NEVER,
        unreported: Instant::NEVER,
        due: Instant::NEVER,
        put_off: Instant::NEVER,
    };

    /// That of one token, if it is in use.
    pub(super) fn of(token: &TrackedToken) -> Self {
        if token.users == 0 {
            return Self::EMPTY;
        }
        let expires = token.expires();
        let is_put_off = token.not_due_before != Instant::default();
        let when = |so, at| if so { at } else { Instant::NEVER };
        Self {
            expires,
            unreported: when(!token.expiry_reported, expires),
            due: when(!is_put_off, token.due()),
            put_off: when(is_put_off, token.not_due_before),
        }
    }

    /// That of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            expires: self.expires.min(other.expires),
            unreported: self.unreported.min(other.unreported),
            due: self.due.min(other.due),
            put_off: self.put_off.min(other.put_off),
        }
    }

    /// What it is when the schedule of one of the tokens changes; `None` where all of them have to be looked at.
    pub(super) fn changed(self, before: Self, after: Self) -> Option<Self> {
        let was_first = |first: Instant, before: Instant, after: Instant| first == before && after > before;
        let is_unknown = was_first(self.expires, before.expires, after.expires)
            || was_first(self.unreported, before.unreported, after.unreported)
            || was_first(self.due, before.due, after.due)
            || was_first(self.put_off, before.put_off, after.put_off);
        (!is_unknown).then(|| self.and(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn due(ms: u64) -> Schedule {
        Schedule {
            due: Instant::from_ms(ms),
            ..Schedule::EMPTY
        }
    }

    #[test]
    fn a_token_that_comes_or_moves_ahead_of_the_others_is_the_first() {
        assert_eq!(Schedule::EMPTY.changed(Schedule::EMPTY, due(5)), Some(due(5)));
        assert_eq!(due(5).changed(due(9), due(3)), Some(due(3)));
        assert_eq!(due(5).changed(due(9), due(7)), Some(due(5)));
        assert_eq!(due(5).changed(due(5), due(5)), Some(due(5)));
    }

    #[test]
    fn when_the_first_goes_nobody_knows_the_next() {
        assert_eq!(due(5).changed(due(5), due(6)), None);
        assert_eq!(due(5).changed(due(5), Schedule::EMPTY), None);
        assert_eq!(
            due(5).changed(due(9), Schedule::EMPTY),
            Some(due(5)),
            "another goes"
        );
    }
}
