//! The tokens that the keeper knows of: those it obtained, and those of the page's own that stand on embeds.

use super::schedule::Schedule;
use super::tracked_token::{Known, Receipt, TokenId, TrackedToken};
use crate::clock::{Clock, ServerTime};
use crate::io::Content;
use crate::policy::{Origin, RefreshPolicy};
use crate::time::{Duration, Instant, Now, Skew, Timestamp};
use crate::token::{AccessToken, Fingerprint, Kind, Subject, Token};
use core::cell::Cell;
use core::ops::{Deref, DerefMut};

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
    /// Their ids by what tells their texts apart, in its order.
    by_text: Vec<(Fingerprint, TokenId)>,
    /// Those that the keeper obtained, the newest last.
    known: Vec<TokenId>,
    last_known: Known,
    /// That of those which the embeds are to have; `None` when one has changed and nobody has asked since.
    schedule: Cell<Option<Schedule>>,
    /// Something has changed since they were last looked through for what is not needed.
    is_changed: bool,
    /// The clock's correction when the readings were last moved ahead.
    skew: Skew,
    /// How many embeds are to have none: what they have can't be used, and there is nothing better.
    pub(super) embeds_without: u32,
    /// No request is made for those before this: the last one was in vain.
    pub(super) without_not_due_before: Instant,
    /// The last token of the source that looked expired on receipt.
    pub(super) suspect: Option<SuspectToken>,
    /// The latest end of a token of which the page was told that it has expired, remembered or not.
    pub(super) last_reported: Option<Timestamp>,
    rng: fastrand::Rng,
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tracked: Vec::new(),
            next_id: 0,
            by_text: Vec::new(),
            known: Vec::new(),
            last_known: Known {
                generation: 0,
                order: 0,
            },
            schedule: Cell::new(None),
            is_changed: false,
            skew: Skew::ZERO,
            embeds_without: 0,
            without_not_due_before: Instant::default(),
            suspect: None,
            last_reported: None,
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// A random number, for jitter.
    pub(super) fn draw(&mut self) -> u32 {
        self.rng.u32(..)
    }

    pub(super) fn clear(&mut self) {
        self.tracked.clear();
        self.by_text.clear();
        self.known.clear();
        self.schedule.set(None);
        self.embeds_without = 0;
        self.suspect = None;
    }

    pub(super) fn get(&self, id: TokenId) -> Option<&TrackedToken> {
        let at = self.tracked.binary_search_by_key(&id, |token| token.id).ok()?;
        self.tracked.get(at)
    }

    /// A token to be changed.
    pub(super) fn get_mut(&mut self, id: TokenId) -> Option<TokenMut<'_>> {
        let at = self.tracked.binary_search_by_key(&id, |token| token.id).ok()?;
        let token = self.tracked.get_mut(at)?;
        self.is_changed = true;
        let before = Schedule::of(token);
        let schedule = &self.schedule;
        Some(TokenMut {
            token,
            before,
            schedule,
        })
    }

    /// The schedule of the tokens that the embeds are to have.
    pub(super) fn schedule(&self) -> Schedule {
        let of_all = || {
            self.in_use()
                .map(Schedule::of)
                .fold(Schedule::EMPTY, Schedule::and)
        };
        let schedule = self.schedule.get().unwrap_or_else(of_all);
        debug_assert_eq!(schedule, of_all());
        self.schedule.set(Some(schedule));
        schedule
    }

    /// The token with this text, forgotten or not.
    pub(super) fn find(&self, text: &AccessToken) -> Option<TokenId> {
        let fingerprint = text.fingerprint();
        let at = self
            .by_text
            .binary_search_by_key(&fingerprint, |(known, _)| *known)
            .ok()?;
        self.by_text.get(at).map(|(_, id)| *id)
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
        self.known().next()
    }

    /// Those that the keeper obtained, the newest first.
    fn known(&self) -> impl Iterator<Item = &TrackedToken> {
        self.known.iter().rev().filter_map(|id| self.get(*id))
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
        self.known()
            .filter(|token| token.has_text() && is_of_kind(&token.token, kind))
            .find(|token| token.is_valid(clock, now) && token.is_for(content, subject))
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
        if let Some(mut old) = self.get_mut(id) {
            new.known = old.known;
            new.contents = core::mem::take(&mut old.contents);
            new.keep_rejection(&old);
            new.holders = old.holders;
            new.users = old.users;
            new.kept_by = old.kept_by;
            *old = new;
        } else {
            self.next_id += 1;
            let entry = (new.fingerprint, id);
            let at = self.by_text.partition_point(|one| one < &entry);
            self.by_text.insert(at, entry);
            self.tracked.push(new);
            self.is_changed = true;
        }
        id
    }

    /// The keeper obtained this token, for `contents`; with `refresh()` what it obtained before is outdated.
    pub(super) fn make_known(&mut self, id: TokenId, contents: &[Content], is_refresh: bool) {
        self.last_known.order += 1;
        self.last_known.generation += u32::from(is_refresh);
        let known = self.last_known;
        self.known.retain(|one| *one != id);
        self.known.push(id);
        if let Some(mut token) = self.get_mut(id) {
            token.known = Some(known);
            for content in contents {
                token.add_content(*content);
            }
        }
    }

    /// Forgets what is neither in place nor among the last that were obtained, and the text of what has no use any more.
    pub(super) fn forget_unused(&mut self) {
        if !core::mem::take(&mut self.is_changed) {
            return;
        }
        let newest = self.last_known.order;
        let is_remembered =
            |token: &TrackedToken| token.known.is_some_and(|known| newest - known.order < REMEMBERED);
        let before = self.tracked.len();
        self.tracked
            .retain(|token| is_remembered(token) || !token.is_idle());
        if self.tracked.len() < before {
            let tracked = &self.tracked;
            let is_tracked = |id: &TokenId| tracked.binary_search_by_key(id, |token| token.id).is_ok();
            self.by_text.retain(|(_, id)| is_tracked(id));
            self.known.retain(is_tracked);
        }
        let idle = |token: &&TrackedToken| token.has_text() && token.is_idle();
        let is_superseded = |old: &&TrackedToken| self.known().any(|new| new.supersedes(old));
        let superseded: Vec<_> = self
            .tracked
            .iter()
            .filter(idle)
            .filter(is_superseded)
            .map(|old| old.id)
            .collect();
        for id in superseded {
            if let Some(mut token) = self.get_mut(id) {
                token.forget_text();
            }
        }
    }

    /// The clock may have learned what time it is for the server.
    pub(super) fn advance(&mut self, clock: &Clock, now: Now) {
        if core::mem::replace(&mut self.skew, clock.skew()) == clock.skew() {
            return;
        }
        for token in &mut self.tracked {
            token.advance(clock, now);
        }
        self.schedule.set(None);
    }

    /// How long until the first token that the embeds are to have is due; `None` without embeds.
    pub(super) fn until_due(&self, clock: &Clock, now: Now) -> Option<Duration> {
        let Schedule { due, put_off, .. } = self.schedule();
        let until = |at: Instant, now: Instant| (at != Instant::NEVER).then(|| at.since(now));
        let without = self.without_not_due_before.since(now.mono);
        let without = (self.embeds_without > 0).then_some(without);
        [until(due, clock.steady(now)), until(put_off, now.mono), without]
            .into_iter()
            .flatten()
            .min()
    }

    /// The steady time, after `steady`, at which the next token expires that the embeds are to have.
    ///
    /// One may have expired without the page being told: the token that an embed is being given. The end of that call says
    /// what becomes of it; until then time brings nothing new.
    pub(super) fn next_to_expire(&self, steady: Instant) -> Option<Instant> {
        let first = self.schedule().unreported;
        if first > steady {
            return (first != Instant::NEVER).then_some(first);
        }
        let unreported = self.in_use().filter(|token| !token.expiry_reported);
        unreported
            .map(TrackedToken::expires)
            .filter(|expires| *expires > steady)
            .min()
    }

    /// The token with the least time left, of those that the embeds are to have.
    pub(super) fn first_to_expire(&self, clock: &Clock, now: Now) -> Option<&TrackedToken> {
        self.in_use().min_by_key(|token| token.remaining(clock, now))
    }
}

/// A token that is being changed: the schedule follows when that has been done.
pub(super) struct TokenMut<'a> {
    token: &'a mut TrackedToken,
    /// Its own schedule before.
    before: Schedule,
    schedule: &'a Cell<Option<Schedule>>,
}

impl Deref for TokenMut<'_> {
    type Target = TrackedToken;
    fn deref(&self) -> &TrackedToken {
        self.token
    }
}

impl DerefMut for TokenMut<'_> {
    fn deref_mut(&mut self) -> &mut TrackedToken {
        self.token
    }
}

impl Drop for TokenMut<'_> {
    fn drop(&mut self) {
        let after = Schedule::of(self.token);
        let all = self.schedule.get();
        self.schedule
            .set(all.and_then(|all| all.changed(self.before, after)));
    }
}

/// Whether a token is of the kind that is wanted, as far as both are known.
pub(super) fn is_of_kind(token: &Token, wanted: Option<Kind>) -> bool {
    match (wanted, token.kind) {
        (Some(wanted), Some(kind)) => wanted == kind,
        (None, _) | (_, None) => true,
    }
}
