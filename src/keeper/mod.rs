//! The state machine that keeps one access token fresh.
//!
//! It is told what happened ([`Input`]) and says what to do ([`Effects`]) and when it wants to be called again
//! ([`Keeper::deadline`]). It never waits, never reads a clock and never calls anybody.

mod accept;
mod embeds;
mod flight;
mod held;
mod page;
mod slot;
mod source;
mod tabs;
mod waiters;

use crate::budget::Budget;
use crate::clock::{Clock, Jump, Reading};
use crate::io::{
    ClaimId, Deadline, Effect, Effects, EmbedId, ErrorCode, Event, Expired, Headers, Input, KeeperState,
    Level, Outcome, Reason, RefreshFailed, Refreshed, RequestId, Sight, SourceFailure, Status, Trigger,
    WaiterId, Wake,
};
use crate::policy::{Origin, RefreshPolicy, WhileHidden};
use crate::time::{Duration, Instant, Now, Timestamp};
use crate::token::{self, AccessToken, Json, Kind, ReadJson, Token};
use accept::Refusal;
use embeds::{Embeds, Shout};
use flight::{Cause, Failure, Flight, Pause, Row};
use held::Held;
use tabs::Claim;
use waiters::{Waiters, Wish};

/// Triggers within this time of each other count as one.
const COALESCE: Duration = Duration::from_secs(1);
/// For how long after waking a network that is not up yet is no surprise.
const WAKING: Duration = Duration::from_secs(60);

/// What the keeper is doing about the source.
#[derive(Debug)]
enum Phase {
    /// Nothing is to be asked yet.
    Resting,
    /// A request waits for its turn among the tabs.
    Claiming(Claim),
    /// A request is under way.
    Asking(Flight),
    /// A request failed, or none may be made; the next is scheduled.
    Pausing(Pause),
    /// Everything has ended.
    Stopped,
}

/// A new token on its way to the embeds.
#[derive(Debug, Clone, Copy)]
struct Round {
    reason: Reason,
    attempt: u32,
    expires: Timestamp,
    /// Waiters were told that no embed took it; `refreshed` follows when one does.
    told: bool,
}

/// A token that looked expired when it was received, and when that was.
#[derive(Debug)]
struct Stale {
    text: AccessToken,
    expires: Timestamp,
    received: Instant,
}

/// Keeps one access token fresh.
#[derive(Debug)]
pub struct Keeper {
    policy: RefreshPolicy,
    read_json: ReadJson,
    kind: Option<Kind>,
    clock: Clock,
    draws: fastrand::Rng,
    budget: Budget,
    phase: Phase,
    newest: Option<Held>,
    round: Option<Round>,
    embeds: Embeds,
    waiters: Waiters,
    hidden: bool,
    /// When it last checked, by the poll or a trigger.
    polled: Instant,
    /// Until then triggers count as one with the last that was acted on.
    quiet: Instant,
    /// A trigger that came before that, which will be acted on then.
    echo: Option<Trigger>,
    /// Until then a network that is not up yet is no surprise.
    waking: Instant,
    /// Requests in a row that did not reach the server since it woke.
    unreached: u32,
    /// When the token in place on the embeds expires.
    placed: Option<Timestamp>,
    refreshed_at: Option<Timestamp>,
    /// The last token of the source that looked expired on receipt.
    stale: Option<Stale>,
    /// A token of the page's own that looked expired. Under a wrong clock it may be the latest of all.
    spare: Option<Token>,
    last_error: Option<ErrorCode>,
    requests: u32,
    claims: u32,
    state: KeeperState,
    deadline: Option<Deadline>,
}

impl Keeper {
    /// A keeper that follows `policy`. `read_json` is the platform's reader of JSON text; `seed` feeds the jitter.
    #[must_use]
    pub fn new(policy: RefreshPolicy, read_json: ReadJson, seed: u64) -> Self {
        Self {
            policy,
            read_json,
            kind: None,
            clock: Clock::default(),
            draws: fastrand::Rng::with_seed(seed),
            budget: Budget::default(),
            phase: Phase::Resting,
            newest: None,
            round: None,
            embeds: Embeds::new(),
            waiters: Waiters::default(),
            hidden: false,
            polled: Instant::default(),
            quiet: Instant::default(),
            echo: None,
            waking: Instant::default(),
            unreached: 0,
            placed: None,
            refreshed_at: None,
            stale: None,
            spare: None,
            last_error: None,
            requests: 0,
            claims: 0,
            state: KeeperState::Idle,
            deadline: None,
        }
    }

    /// When the keeper wants [`Input::Tick`]; `None` while nothing is attached and nothing under way.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline> {
        self.deadline
    }

    /// Tells the keeper what happened at `now`; answers with what is to be done.
    ///
    /// A [`Input::Tick`] before the deadline does nothing, so a timer may fire early and often.
    pub fn handle(&mut self, now: Now, input: Input) -> Effects {
        let mut fx = Effects::default();
        let early = matches!(input, Input::Tick) && self.deadline.is_none_or(|due| now.mono < due.at);
        if early || matches!(self.phase, Phase::Stopped) {
            return fx;
        }
        self.look(now);
        let reason = self.take_in(now, input, &mut fx);
        if now.mono >= self.polled + self.policy.poll_interval {
            self.check(now, &mut fx);
        }
        self.run(now, reason, &mut fx);
        self.report(now, &mut fx);
        self.deadline = self.plan(now);
        fx
    }

    /// Notices what the clocks did since the last time.
    fn look(&mut self, now: Now) {
        if self.clock.look(now) == Jump::Forward {
            self.wakes(now);
            // while asleep the pause did not pass on every machine, and the failure may be gone
            if let Phase::Pausing(
                pause @ Pause {
                    cause: Cause::Failure,
                    ..
                },
            ) = &mut self.phase
            {
                pause.until = now.mono;
            }
        }
        if let Some(held) = &mut self.newest {
            held.advance(&self.clock, now);
        }
    }

    /// The network may not be up yet from here on.
    fn wakes(&mut self, now: Now) {
        self.waking = now.mono + WAKING;
        self.unreached = 0;
    }

    /// Takes one input in. Answers with the reason of a request that time alone would now lead to.
    fn take_in(&mut self, now: Now, input: Input, fx: &mut Effects) -> Reason {
        match input {
            Input::Tick => return self.echoed(now, fx),
            Input::Begin {
                initial,
                kind,
                hidden,
            } => {
                self.hidden = hidden;
                self.kind = kind;
                self.begin(now, initial.as_ref());
            }
            Input::Trigger(trigger) => return self.trigger(now, trigger, fx),
            Input::Hidden => self.hidden = true,
            Input::Attach { embed, held, kind } => self.attach(now, embed, held, kind),
            Input::Detach(embed) => {
                self.embeds.detach(embed);
                self.let_go(fx);
            }
            Input::Seen { embed, sight } => self.seen(now, embed, sight, fx),
            Input::Answered {
                request,
                answer,
                headers,
            } => {
                self.answered(now, request, &answer, &headers, fx);
            }
            Input::Failed {
                request,
                failure,
                headers,
            } => self.failed(now, request, failure, &headers, fx),
            Input::Applied { embed, call, outcome } => {
                let newest = self.newest.as_ref().map(Held::text);
                if self
                    .embeds
                    .applied(embed, call, outcome, newest, &self.policy, now.mono, fx)
                {
                    self.let_go(fx);
                }
            }
            Input::Recovered { embed, call, outcome } => {
                let newest = self.newest.as_ref().map(Held::text);
                self.embeds.recovered(embed, call, outcome, newest, now.mono, fx);
            }
            Input::Claimed(claim) => self.claimed(now, claim),
            Input::Shared(answer) => self.shared(now, &answer, fx),
            Input::Shouted { embed, level } => return self.shouted(now, embed, level),
            Input::Ailing(embed) => self.ailing(now, embed, fx),
            Input::Provide { waiter, embed } => self.provide(now, waiter, embed, fx),
            Input::Refresh(waiter) => {
                self.waiters.add(waiter, Wish::Refresh);
                self.ask_for_page(now, Reason::Manual, fx);
            }
            Input::Obtain(waiter) => self.obtain(now, waiter, fx),
            Input::Stop => self.stop(fx),
        }
        Reason::Poll
    }

    /// Does what is due at `now`.
    fn run(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        if let Phase::Asking(flight) = self.phase
            && now.mono >= flight.ends
        {
            fx.push(Effect::Abort(flight.id));
            self.fail(
                now,
                flight.reason,
                flight.row,
                Failure::of(ErrorCode::SourceTimeout),
                fx,
            );
        }
        if let Phase::Claiming(claim) = self.phase
            && now.mono >= claim.ends
        {
            self.ask_now(now, claim.reason, claim.row, fx);
        }
        if !self.embeds.is_empty() && !self.holds_back() {
            match self.phase {
                Phase::Resting if self.due(now) => self.ask(now, self.named(reason), Row::default(), fx),
                Phase::Pausing(pause) if now.mono >= pause.until => {
                    self.ask(now, pause.reason, pause.row, fx);
                }
                Phase::Resting
                | Phase::Pausing(_)
                | Phase::Claiming(_)
                | Phase::Asking(_)
                | Phase::Stopped => {}
            }
        }
        let valid = self.newest.as_ref().filter(|held| held.valid(&self.clock, now));
        self.embeds.run(valid.map(Held::text), &self.policy, now.mono, fx);
        self.close_round(now, fx);
    }

    /// The reason to give for a request that a check led to: without a token it is the first.
    fn named(&self, reason: Reason) -> Reason {
        if self.newest.is_none() {
            Reason::Initial
        } else {
            reason
        }
    }

    /// Whether a successor is due.
    fn due(&self, now: Now) -> bool {
        self.newest
            .as_ref()
            .is_none_or(|held| held.until_due(&self.clock, now) == Duration::ZERO)
    }

    /// Whether nothing is asked for because nobody looks.
    fn holds_back(&self) -> bool {
        self.hidden && self.policy.while_hidden == WhileHidden::Pause
    }

    /// Tells the page what has changed by now.
    fn report(&mut self, now: Now, fx: &mut Effects) {
        if let Some(held) = &mut self.newest
            && !held.announced
            && !self.embeds.is_empty()
            && held.remaining(&self.clock, now) == Duration::ZERO
        {
            held.announced = true;
            fx.push(Effect::Emit(Event::Expired(Expired {
                expires_at: held.window.expires,
            })));
        }
        let state = self.name_state(now);
        if state != self.state {
            self.state = state;
            self.deadline = self.plan(now);
            fx.push(Effect::Emit(Event::StateChange(self.status(now))));
        }
    }

    fn name_state(&self, now: Now) -> KeeperState {
        let left = self.newest.as_ref().map(|held| held.remaining(&self.clock, now));
        let expired = left == Some(Duration::ZERO);
        match &self.phase {
            Phase::Stopped => KeeperState::Stopped,
            Phase::Claiming(_) | Phase::Asking(_) => KeeperState::Refreshing,
            Phase::Pausing(Pause {
                cause: Cause::Denied, ..
            }) => KeeperState::Denied,
            Phase::Pausing(_) | Phase::Resting if expired && !self.embeds.is_empty() => KeeperState::Expired,
            Phase::Pausing(Pause {
                cause: Cause::Budget,
                row,
                ..
            }) if row.failures == 0 => KeeperState::Due,
            Phase::Pausing(_) if self.embeds.is_empty() => KeeperState::Idle,
            Phase::Pausing(_) => KeeperState::Retrying,
            Phase::Resting if self.embeds.tally.pending > 0 => KeeperState::Refreshing,
            Phase::Resting if self.embeds.is_empty() || left.is_none() => KeeperState::Idle,
            Phase::Resting if self.due(now) => KeeperState::Due,
            Phase::Resting => KeeperState::Fresh,
        }
    }

    /// The next time at which something may have to be done.
    fn plan(&self, now: Now) -> Option<Deadline> {
        let mut plan = Plan {
            now: now.mono,
            next: None,
        };
        match self.phase {
            Phase::Stopped => return None,
            Phase::Claiming(claim) => plan.at(claim.ends, Wake::Claim),
            Phase::Asking(flight) => plan.at(flight.ends, Wake::SourceTimeout),
            Phase::Pausing(pause) if !self.holds_back() && !self.embeds.is_empty() => {
                plan.at(pause.until, Wake::Retry);
            }
            Phase::Pausing(_) | Phase::Resting => {}
        }
        if self.embeds.is_empty() {
            return plan.next;
        }
        plan.at(self.polled + self.policy.poll_interval, Wake::Poll);
        if let Some(held) = &self.newest {
            if matches!(self.phase, Phase::Resting) && !self.holds_back() {
                plan.at(now.mono + held.until_due(&self.clock, now), Wake::Window);
            }
            if !held.announced {
                plan.at(now.mono + held.remaining(&self.clock, now), Wake::Expiry);
            }
        }
        if self.echo.is_some() {
            plan.at(self.quiet, Wake::Recheck);
        }
        plan.at(self.embeds.alarm(), Wake::Embed);
        plan.next
    }

    /// A read-out at `now`.
    #[must_use]
    pub fn status(&self, now: Now) -> Status {
        let attempt = match &self.phase {
            Phase::Claiming(claim) => claim.row.attempt(),
            Phase::Asking(flight) => flight.attempt(),
            Phase::Pausing(pause) => pause.row.failures,
            Phase::Resting | Phase::Stopped => 0,
        };
        Status {
            state: self.state,
            token_type: self.wanted(),
            expires_at: self.placed,
            remaining_ms: self.placed.map(|at| at.since(self.server(now))),
            next_check_at: self.deadline.map(|due| now.wall + due.at.since(now.mono)),
            last_refresh_at: self.refreshed_at,
            last_error_code: self.last_error,
            attempt,
            embeds: self.embeds.len(),
            clock_skew_ms: self.clock.skew(),
            requests: self.requests,
        }
    }

    /// The server's time, no earlier than the newest token has seen it.
    fn server(&self, now: Now) -> Timestamp {
        match &self.newest {
            Some(held) => held.server(&self.clock, now),
            None => self.clock.server(now),
        }
    }
}

/// The earliest of several times, none of them in the past.
struct Plan {
    now: Instant,
    next: Option<Deadline>,
}

impl Plan {
    fn at(&mut self, at: Instant, reason: Wake) {
        let at = at.max(self.now + Duration::from_ms(1));
        if self.next.is_none_or(|next| at < next.at) {
            self.next = Some(Deadline { at, reason });
        }
    }
}
