//! The invariants of the keeper, observed from outside, under their numbers.

use crate::conformance::Conformance;
use crate::frame::{Frame, FrameId};
use crate::schedule::Schedule;
use crate::tokens::{Contents, TokenId};
use crate::world::World;
use crate::{CANARY, HOUR, SECOND, START};
use powerbi_token_keeper::Keeper;
use powerbi_token_keeper::io::{Effect, Effects, Event, Reason, RequestId};
use powerbi_token_keeper::time::Now;
use powerbi_token_keeper::token::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The time, in true milliseconds of the day.
    pub at: i64,
    /// `I1` to `I14`; `window` for a needless request, `idle` for a needless timer, `unnoticed` for a removed embed that was
    /// not detached.
    pub name: &'static str,
    /// What was observed instead.
    pub observed: String,
}

/// The state that the invariants need.
#[derive(Debug, Default)]
pub struct Checks {
    /// The violations so far; the first is the one to look at.
    pub violations: Vec<Violation>,
    /// The request that is under way.
    pub pending_request: Option<RequestId>,
    /// `stop()` was called.
    pub stopped: bool,
    /// The latest expiration that an `expired` event named, in ms since the epoch.
    expired: Option<i64>,
    /// The last effects as text.
    printed: String,
    /// The tokens that the keeper obtained or found before it had any.
    known: BTreeSet<TokenId>,
    /// The tokens that a call of `refresh()` brought, which may expire earlier than those in place.
    refreshed: BTreeSet<TokenId>,
    /// The true time at which the page last put a token on each embed.
    set_by_page: BTreeMap<FrameId, i64>,
    /// The true time at which each embed's frame last asked for a newer token.
    newer_wanted: BTreeMap<FrameId, i64>,
    /// The true time at which the page last called `refresh()`.
    refresh_called: Option<i64>,
    /// The contents that the last request named, and those of all requests that each token was the answer to.
    named: Contents,
    answers: BTreeMap<TokenId, Contents>,
    /// The tokens that a frame said have expired.
    refused: BTreeSet<TokenId>,
    /// How far the keeper's time was ahead of the server's at most, and behind it, when it made a request.
    most_ahead: i64,
    most_behind: i64,
    /// The last second in which the timer fired, and how often.
    busy_second: (i64, u32),
}

impl Checks {
    /// Records a violation.
    pub fn fail(&mut self, at: i64, name: &'static str, observed: impl Into<String>) {
        // the first few violations of a day say enough
        if self.violations.len() < 8 {
            self.violations.push(Violation {
                at,
                name,
                observed: observed.into(),
            });
        }
    }

    /// The timer fired. A deadline that brings nothing new, and is set again at once, would have it fire all the time.
    pub fn timer_fired(&mut self, at: i64) {
        let second = at / 1_000;
        self.busy_second = match self.busy_second {
            (last, times) if last == second => (second, times + 1),
            _ => (second, 1),
        };
        let times = self.busy_second.1;
        self.expect(at, "idle", times <= 20, || {
            format!("the timer fired {times} times in a second")
        });
    }

    /// Records a violation unless `holds`.
    pub fn expect(&mut self, at: i64, name: &'static str, holds: bool, observed: impl FnOnce() -> String) {
        if !holds {
            self.fail(at, name, observed());
        }
    }

    /// Checks I6 (no effect prints a token) and I3 (no effect after stop).
    pub fn effects(&mut self, world: &World, effects: &Effects, stopping: bool) {
        if effects.is_empty() {
            return;
        }
        self.printed.clear();
        let _ = write!(self.printed, "{effects:?}");
        let tells = self.printed.contains(CANARY);
        self.expect(world.now, "I6", !tells, || "a token in print".to_owned());
        self.expect(world.now, "I3", !self.stopped || stopping, || {
            format!("{effects:?} after stop")
        });
    }

    /// Checks I2: a late response has no effect where nothing else was due.
    pub fn check_late_response(&mut self, world: &World, effects: &Effects) {
        self.expect(world.now, "I2", effects.is_empty(), || {
            format!("{effects:?} after a late answer")
        });
    }

    /// Checks I1, I8 and that the request is not needless.
    pub fn check_request(
        &mut self,
        world: &World,
        conformance: &Conformance,
        request: RequestId,
        reason: Reason,
    ) {
        let (schedule, newest) = (&conformance.schedule, conformance.newest);
        self.named = world.contents();
        let ahead = ahead(world, schedule);
        self.most_ahead = self.most_ahead.max(ahead);
        self.most_behind = self.most_behind.max(-ahead);
        let under_way = self.pending_request.replace(request);
        self.expect(world.now, "I1", under_way.is_none(), || {
            format!("{under_way:?} is still under way")
        });
        self.expect(world.now, "I8", schedule.within_budget(), || {
            "more requests than the budget has".to_owned()
        });
        let by_itself = !matches!(reason, Reason::Manual | Reason::Provider | Reason::TokenExpired);
        // an embed that could not take the newest token is due by the one that it has
        let has_newest = |frame: &Frame| !frame.attached || frame.config == newest;
        let is_one_schedule = !world.plan.has_own_tokens() && world.frames.iter().all(has_newest);
        self.expect(
            world.now,
            "window",
            !(by_itself && schedule.is_needless() && is_one_schedule),
            || format!("{reason:?} before the window, or within 30 s of a receipt"),
        );
    }

    /// Checks I6, I7 and I10 of a token that is handed to an embed or to the provider's caller.
    pub fn check_handed_out(&mut self, world: &World, token: Option<TokenId>, over: Option<TokenId>) {
        let Some(id) = token else {
            return self.fail(world.now, "I6", "a token that was never issued");
        };
        let by_refresh = self.refreshed.contains(&id);
        let token = world.tokens.get(id);
        let outlasts = over.is_some_and(|over| {
            let old = world.tokens.get(over);
            // a frame that refuses what claims to have more than an hour left knows better
            let is_disproved = self.refused.contains(&over) && old.expires_at > world.now + HOUR;
            let is_known = old.has_expiration && token.has_expiration;
            is_known && old.expires_at > token.expires_at && !is_disproved
        });
        self.expect(world.now, "I7", by_refresh || !outlasts, || {
            format!("token {id} expires earlier than the one in place")
        });
        let passed = token.has_expiration
            && self
                .expired
                .is_some_and(|expired| START + token.expires_at <= expired);
        self.expect(world.now, "I10", !passed, || {
            format!("token {id} was said to have expired")
        });
    }

    /// The keeper obtained a token, perhaps for a call of `refresh()`.
    pub fn token_obtained(&mut self, token: TokenId, by_refresh: bool) {
        self.known.insert(token);
        *self.answers.entry(token).or_default() |= self.named;
        if by_refresh {
            self.refreshed.insert(token);
        }
    }

    /// The page put a token of its own on an embed.
    pub fn page_set_token(&mut self, world: &World, frame: FrameId) {
        self.set_by_page.insert(frame, world.now);
        // what is found before any other counts as obtained
        if let (true, Some(token)) = (self.known.is_empty(), world.frames[frame].config) {
            self.known.insert(token);
        }
    }

    /// A frame, or the page where none is named, asked for a newer token than the one in place.
    pub fn newer_wanted(&mut self, world: &World, frame: Option<FrameId>) {
        match frame {
            Some(frame) => drop(self.newer_wanted.insert(frame, world.now)),
            None => self.refresh_called = Some(world.now),
        }
    }

    /// A frame said that its token has expired.
    pub fn token_refused(&mut self, world: &World, frame: FrameId) {
        self.newer_wanted(world, Some(frame));
        self.refused.extend(world.frames[frame].config);
    }

    /// Checks I13 and I14 of a token that is set on an embed.
    pub fn check_set(&mut self, world: &World, schedule: &Schedule, frame: FrameId, token: TokenId) {
        let (embed, record) = (&world.frames[frame], world.tokens.get(token));
        let is_for = record.own_user && record.kind == Kind::Aad || record.contents >> embed.content & 1 == 1;
        // an answer that comes again, for what it did not name before, is better than none
        let was_named = self
            .answers
            .get(&token)
            .is_some_and(|named| named >> embed.content & 1 == 1);
        let needs_token = was_named
            && embed.config.is_none_or(|held| {
                let seen = world.now + self.most_ahead.max(ahead(world, schedule)) + SECOND;
                self.refused.contains(&held) || world.tokens.get(held).expires_at <= seen
            });
        self.expect(world.now, "I14", is_for || needs_token, || {
            format!("token {token} is not for content {}", embed.content)
        });
        let own = embed
            .config
            .filter(|own| embed.in_page && !self.known.contains(own));
        let (Some(own), Some(set)) = (own, self.set_by_page.get(&frame).copied()) else {
            return;
        };
        let replaced = world.tokens.get(own);
        let since = |at: Option<i64>| at.is_some_and(|at| at >= set);
        let was_asked = since(self.refresh_called)
            || since(self.newer_wanted.get(&frame).copied())
            // a token that one frame refuses is as bad on the others
            || self.refused.contains(&own);
        let from = replaced.stated_issue_time().unwrap_or(set);
        let lead = schedule
            .lead()
            .min((replaced.expires_at - from + self.most_behind) / 2);
        // by a clock that is wrong it may look due, and one that has looked due or expired stays so (I10)
        let seen = world.now + self.most_ahead.max(ahead(world, schedule));
        let is_due = seen >= replaced.expires_at - lead - lead / 10 - SECOND;
        let looked_expired = self
            .expired
            .is_some_and(|at| at + SECOND > START + replaced.expires_at);
        let is_usable = replaced.kind == world.kind() && replaced.has_expiration;
        self.expect(
            world.now,
            "I13",
            was_asked || is_due || looked_expired || !is_usable,
            || format!("token {token} replaces {own} of the page's own"),
        );
    }

    /// Remembers for I10 which tokens were reported as expired.
    pub fn event(&mut self, event: &Event) {
        if let Event::Expired(expired) = event {
            self.expired = self.expired.max(Some(expired.expires_at.as_ms()));
        }
    }

    /// Checks I3 of an effect of `stop()`.
    pub fn check_stop_effect(&mut self, world: &World, effect: &Effect) {
        let allowed = matches!(
            effect,
            Effect::AbortRequest(_) | Effect::ResolveWaiter(..) | Effect::Emit(Event::StateChange(_))
        );
        self.expect(world.now, "I3", allowed, || format!("{effect:?} at stop"));
    }

    /// Checks I3, I4 and I5: the deadline after an input. `waited_for`: somebody waits for an outcome.
    pub fn deadline(&mut self, world: &World, keeper: &Keeper, now: Now, waited_for: bool) {
        let deadline = keeper.deadline();
        if self.stopped {
            return self.expect(world.now, "I3", deadline.is_none(), || {
                format!("{deadline:?} after stop")
            });
        }
        let past = deadline.filter(|due| due.at <= now.mono);
        self.expect(world.now, "I5", past.is_none(), || format!("{past:?} has passed"));
        let attached = world.frames.iter().any(|frame| frame.attached);
        self.expect(world.now, "I4", !attached || deadline.is_some(), || {
            "no deadline with an embed".to_owned()
        });
        let idle = !attached && self.pending_request.is_none() && !waited_for;
        self.expect(world.now, "idle", !idle || deadline.is_none(), || {
            format!("{deadline:?} with nothing attached and nothing under strategy")
        });
    }
}

/// How far the server's time is behind what the keeper takes for it.
fn ahead(world: &World, schedule: &Schedule) -> i64 {
    schedule.server() - START - world.now
}
