//! The tokens that the keeper knows of: those it obtained, and those of the page's own that stand on embeds.

use super::tracked_token::{Known, Receipt, TokenId, TrackedToken};
use crate::clock::{Clock, ServerTime};
use crate::io::Content;
use crate::policy::{Origin, RefreshPolicy};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{AccessToken, Fingerprint, Kind, Subject, Token};

/// So many of the tokens that the keeper obtained are remembered.
const REMEMBERED: u32 = 16;

/// A token that looked expired when it was received, and when that was.
#[derive(Debug)]
pub(super) struct SuspectToken {
    pub(super) text: Fingerprint,
    pub(super) expires: Timestamp,
    pub(super) received: Instant,
}

/// Every token that is remembered or stands on an embed.
#[derive(Debug)]
pub(super) struct Tokens {
    /// In the order of their ids.
    tracked: Vec<TrackedToken>,
    next_id: u32,
    last_known: Known,
    /// How many embeds are to have none: what they have can't be used, and there is nothing better.
    pub(super) embeds_without: u32,
    /// No request is made for those before this: the last one was in vain.
    pub(super) without_not_due_before: Instant,
    /// The last token of the source that looked expired on receipt.
    pub(super) suspect: Option<SuspectToken>,
    rng: fastrand::Rng,
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tracked: Vec::new(),
            next_id: 0,
            last_known: Known {
                generation: 0,
                order: 0,
            },
            embeds_without: 0,
            without_not_due_before: Instant::default(),
            suspect: None,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// A random number, for jitter.
    pub(super) fn draw(&mut self) -> u32 {
        self.rng.u32(..)
    }

    pub(super) fn clear(&mut self) {
        self.tracked.clear();
        self.embeds_without = 0;
        self.suspect = None;
    }

    pub(super) fn get(&self, id: TokenId) -> Option<&TrackedToken> {
        let at = self.tracked.binary_search_by_key(&id, |token| token.id).ok()?;
        self.tracked.get(at)
    }

    pub(super) fn get_mut(&mut self, id: TokenId) -> Option<&mut TrackedToken> {
        let at = self.tracked.binary_search_by_key(&id, |token| token.id).ok()?;
        self.tracked.get_mut(at)
    }

    pub(super) fn find(&self, text: &AccessToken) -> Option<TokenId> {
        let fingerprint = text.fingerprint();
        let found = self.tracked.iter().find(|token| token.is(text, fingerprint));
        found.map(|token| token.id)
    }

    /// The token with this text, if the keeper obtained it.
    pub(super) fn obtained(&self, text: &AccessToken) -> Option<&TrackedToken> {
        let found = self.find(text).and_then(|id| self.get(id));
        found.filter(|token| token.known.is_some())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TrackedToken> {
        self.tracked.iter()
    }

    /// The tokens that the embeds are to have.
    pub(super) fn in_use(&self) -> impl Iterator<Item = &TrackedToken> {
        self.tracked.iter().filter(|token| token.users > 0)
    }

    /// The tokens that stand on embeds.
    pub(super) fn in_place(&self) -> impl Iterator<Item = &TrackedToken> {
        self.tracked.iter().filter(|token| token.holders > 0)
    }

    /// Whether a token is of a user whose token an embed has or is to have, as far as any of them says.
    pub(super) fn are_of_user(&self, subject: Option<&Subject>) -> bool {
        let Some(subject) = subject else { return true };
        let mut users = self
            .in_use()
            .filter_map(|token| token.token.subject.as_ref())
            .peekable();
        users.peek().is_none() || users.any(|user| user == subject)
    }

    /// The newest token that the keeper obtained.
    pub(super) fn newest(&self) -> Option<&TrackedToken> {
        self.tracked
            .iter()
            .filter(|token| token.known.is_some())
            .max_by_key(|token| token.known)
    }

    /// The newest token that is valid and was obtained for `content`, or is of the same user.
    pub(super) fn newest_for(
        &self,
        content: Content,
        subject: Option<&Subject>,
        kind: Option<Kind>,
        clock: &Clock,
        now: Now,
    ) -> Option<&TrackedToken> {
        self.tracked
            .iter()
            .filter(|token| token.known.is_some() && token.has_text() && is_of_kind(&token.token, kind))
            .filter(|token| token.is_valid(clock, now) && token.is_for(content, subject))
            .max_by_key(|token| token.known)
    }

    /// Takes a token in; one that is tracked already is found again.
    pub(super) fn track(
        &mut self,
        token: Token,
        origin: Origin,
        policy: &RefreshPolicy,
        (now, clock, reading): (Now, &Clock, ServerTime),
    ) -> TokenId {
        let again = self.find(&token.text);
        // what the source says now of a token that stands on an embed is news of it, such as its expiration
        if let Some(id) = again
            && origin == Origin::Existing
        {
            return id;
        }
        let draw = self.draw();
        let id = again.unwrap_or(TokenId(self.next_id));
        let receipt = Receipt {
            now,
            clock,
            reading,
            draw,
        };
        let mut new = TrackedToken::new(id, token, origin, policy, receipt);
        match self.get_mut(id) {
            Some(old) => {
                new.known = old.known;
                new.contents = core::mem::take(&mut old.contents);
                new.keep_rejection(old);
                new.holders = old.holders;
                new.users = old.users;
                *old = new;
            }
            None => {
                self.next_id += 1;
                self.tracked.push(new);
            }
        }
        id
    }

    /// The keeper obtained this token, for `contents`; with `refresh()` what it obtained before is outdated.
    pub(super) fn make_known(&mut self, id: TokenId, contents: &[Content], is_refresh: bool) {
        self.last_known.order += 1;
        self.last_known.generation += u32::from(is_refresh);
        let known = self.last_known;
        if let Some(token) = self.get_mut(id) {
            token.known = Some(known);
            for content in contents {
                token.add_content(*content);
            }
        }
    }

    /// Forgets what is neither in place nor among the last that were obtained, and the text of what has no use any more.
    pub(super) fn forget_unused(&mut self) {
        let newest = self.last_known.order;
        self.tracked.retain(|token| {
            let is_remembered = token.known.is_some_and(|known| newest - known.order < REMEMBERED);
            is_remembered || !token.is_idle()
        });
        let idle = |token: &&TrackedToken| token.has_text() && token.is_idle();
        let is_superseded = |old: &&TrackedToken| self.tracked.iter().any(|new| new.supersedes(old));
        let superseded: Vec<_> = self
            .tracked
            .iter()
            .filter(idle)
            .filter(is_superseded)
            .map(|old| old.id)
            .collect();
        for id in superseded {
            if let Some(token) = self.get_mut(id) {
                token.forget_text();
            }
        }
    }

    pub(super) fn advance(&mut self, clock: &Clock, now: Now) {
        for token in &mut self.tracked {
            token.advance(clock, now);
        }
    }

    /// How long until the first token that the embeds are to have is due; `None` without embeds.
    pub(super) fn until_due(&self, clock: &Clock, now: Now) -> Option<Duration> {
        let until = |token: &TrackedToken| {
            let vain = token.not_due_before.since(now.mono);
            token.until_due(clock, now).max(vain)
        };
        let without = self.without_not_due_before.since(now.mono);
        let without = (self.embeds_without > 0).then_some(without);
        self.in_use().map(until).chain(without).min()
    }

    /// The token with the least time left, of those that the embeds are to have.
    pub(super) fn first_to_expire(&self, clock: &Clock, now: Now) -> Option<&TrackedToken> {
        self.in_use().min_by_key(|token| token.remaining(clock, now))
    }
}

/// Whether a token is of the kind that is wanted, as far as both are known.
pub(super) fn is_of_kind(token: &Token, wanted: Option<Kind>) -> bool {
    match (wanted, token.kind) {
        (Some(wanted), Some(kind)) => wanted == kind,
        (None, _) | (_, None) => true,
    }
}
