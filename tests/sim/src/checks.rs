//! The invariants of DESIGN §3, watched from outside, under their names.

use crate::allowance::Allowance;
use crate::mint::TokenId;
use crate::site::Site;
use crate::{CANARY, START};
use powerbi_token_keeper::Keeper;
use powerbi_token_keeper::io::{Effect, Effects, Event, Reason, RequestId};
use powerbi_token_keeper::time::Now;
use std::fmt::Write as _;

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When, in true milliseconds of the day.
    pub at: i64,
    /// Which: `I1` to `I12`; `window` is a request that nothing in DESIGN §2 leads to, `idle` a
    /// timer that nobody needs, `unnoticed` an embed that is gone and was not let go.
    pub name: &'static str,
    /// What was seen.
    pub seen: String,
}

/// What has been seen so far, as far as the invariants need it.
#[derive(Debug, Default)]
pub struct Checks {
    /// Everything that did not hold; the first is the one to look at.
    pub violations: Vec<Violation>,
    /// The request that is under way.
    pub flight: Option<RequestId>,
    /// `stop()` was called.
    pub stopped: bool,
    /// The latest expiration that was said to have passed, in ms since the epoch.
    expired: Option<i64>,
    /// What the last effects look like in print.
    printed: String,
}

impl Checks {
    /// Notes that an invariant did not hold.
    pub fn fail(&mut self, at: i64, name: &'static str, seen: impl Into<String>) {
        // a day that has gone wrong stays wrong; the first few say how
        if self.violations.len() < 8 {
            self.violations.push(Violation {
                at,
                name,
                seen: seen.into(),
            });
        }
    }

    /// Notes that an invariant did not hold, where it did not.
    pub fn holds(&mut self, at: i64, name: &'static str, true_: bool, seen: impl FnOnce() -> String) {
        if !true_ {
            self.fail(at, name, seen());
        }
    }

    /// I6: nothing that can be printed prints a token. I3: after stop nothing is done.
    pub fn effects(&mut self, site: &Site, effects: &Effects, stopping: bool) {
        if effects.is_empty() {
            return;
        }
        self.printed.clear();
        let _ = write!(self.printed, "{effects:?}");
        let tells = self.printed.contains(CANARY);
        self.holds(site.now, "I6", !tells, || "a token in print".to_owned());
        self.holds(site.now, "I3", !self.stopped || stopping, || {
            format!("{effects:?} after stop")
        });
    }

    /// I2: what a late answer led to, where nothing else was due.
    pub fn late_answer(&mut self, site: &Site, effects: &Effects) {
        self.holds(site.now, "I2", effects.is_empty(), || {
            format!("{effects:?} after a late answer")
        });
    }

    /// I1, I8, and no request that nothing leads to.
    pub fn ask(&mut self, site: &Site, allowance: &Allowance, request: RequestId, reason: Reason) {
        let under_way = self.flight.replace(request);
        self.holds(site.now, "I1", under_way.is_none(), || {
            format!("{under_way:?} is still under way")
        });
        self.holds(site.now, "I8", allowance.within_budget(), || {
            "more requests than the budget has".to_owned()
        });
        let by_itself = !matches!(reason, Reason::Manual | Reason::Provider | Reason::TokenExpired);
        self.holds(
            site.now,
            "window",
            !(by_itself && allowance.is_needless()),
            || format!("{reason:?} before the window, or within 30 s of a receipt"),
        );
    }

    /// I6, I7, I10 of a token that is handed to an embed or to a frame that asked.
    pub fn hands_out(&mut self, site: &Site, token: Option<TokenId>, over: Option<TokenId>) {
        let Some(id) = token else {
            return self.fail(site.now, "I6", "a token that nobody minted");
        };
        let token = site.mint.get(id);
        let over = over
            .map(|over| site.mint.get(over))
            .filter(|over| over.dated && token.dated);
        self.holds(
            site.now,
            "I7",
            over.is_none_or(|over| over.exp <= token.exp),
            || format!("token {id} expires earlier than the one in place"),
        );
        let passed = token.dated && self.expired.is_some_and(|expired| START + token.exp <= expired);
        self.holds(site.now, "I10", !passed, || {
            format!("token {id} was said to have expired")
        });
    }

    /// For I10: which tokens were said to have expired.
    pub fn event(&mut self, event: &Event) {
        if let Event::Expired(expired) = event {
            self.expired = self.expired.max(Some(expired.expires_at.as_ms()));
        }
    }

    /// I3 of what the keeper answers to its stop.
    pub fn last_words(&mut self, site: &Site, effect: &Effect) {
        let allowed = matches!(
            effect,
            Effect::AbortRequest(_) | Effect::ResolveWaiter(..) | Effect::Emit(Event::StateChange(_))
        );
        self.holds(site.now, "I3", allowed, || format!("{effect:?} at stop"));
    }

    /// I3, I4, I5: the deadline after an input, while somebody waits for an answer (`waited_for`) or nobody does.
    pub fn deadline(&mut self, site: &Site, keeper: &Keeper, now: Now, waited_for: bool) {
        let deadline = keeper.deadline();
        if self.stopped {
            return self.holds(site.now, "I3", deadline.is_none(), || {
                format!("{deadline:?} after stop")
            });
        }
        let past = deadline.filter(|due| due.at <= now.mono);
        self.holds(site.now, "I5", past.is_none(), || format!("{past:?} has passed"));
        let attached = site.frames.iter().any(|frame| frame.attached);
        self.holds(site.now, "I4", !attached || deadline.is_some(), || {
            "no deadline with an embed".to_owned()
        });
        let idle = !attached && self.flight.is_none() && !waited_for;
        self.holds(site.now, "idle", !idle || deadline.is_none(), || {
            format!("{deadline:?} with nothing attached and nothing under way")
        });
    }
}
