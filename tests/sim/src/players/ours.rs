//! Our keeper behind a shell of its own: one timer of at most 60 s, one inbox, calls tagged with their ids; and the
//! part of the facade that answers a frame within `providerTimeoutMs`.

use super::wire;
use crate::allowance::{Allowance, Failure, Look, Options};
use crate::checks::Checks;
use crate::frame::FrameId;
use crate::ledger::Ledger;
use crate::mint::{TokenId, parse_json};
use crate::plan::{RetryAfter, What};
use crate::player::{News, Player};
use crate::site::{Post, Site};
use crate::source::Reply;
use crate::{MINUTE, SECOND, START};
use powerbi_token_keeper::io::{
    ApplyOutcome, Deadline, Effect, EmbedCallId, EmbedId, EmbedSnapshot, Event, ExpiryScope, Input,
    LockRequestId, Outcome, RecoveryOutcome, RequestId, Trigger, WaiterId,
};
use powerbi_token_keeper::policy::{AfterExpiry, WhileHidden};
use powerbi_token_keeper::time::{Instant, Now, Timestamp};
use powerbi_token_keeper::token::{AccessToken, Kind};
use powerbi_token_keeper::{Keeper, RefreshPolicy};
use std::collections::{BTreeMap, VecDeque};

/// No timer is armed for longer, as in `src/web/page.rs`.
const LONGEST: i64 = 60 * SECOND;
/// `providerTimeoutMs`.
const PROVIDER_TIMEOUT: i64 = 15 * SECOND;
/// An embed's `TokenExpired` within this time of a new token may be an echo of the old one.
const ECHO: i64 = 10 * SECOND;

/// How far two tokens may be out of step with the clock and still be made when they were asked for: the five seconds
/// that the clock row ignores.
const IN_STEP: i64 = 5 * SECOND;

/// Somebody who waits.
#[derive(Debug, Clone, Copy)]
struct Waiter {
    /// The frame that asked, until it is answered.
    frame: Option<FrameId>,
    /// By when the core must have answered, on the monotonic clock.
    by: i64,
}

/// The keeper of one page, its shell, and those who watch it.
#[derive(Debug)]
pub struct Ours {
    keeper: Keeper,
    /// The invariants.
    pub checks: Checks,
    /// The avoidable seconds.
    pub ledger: Ledger,
    provides: bool,
    inbox: VecDeque<Input>,
    armed: Option<Deadline>,
    waiters: BTreeMap<u32, Waiter>,
    waiter: u32,
    /// When each embed last took a token, on the monotonic clock.
    took: BTreeMap<FrameId, i64>,
    options: Options,
    /// The last token that looked expired when it came, its expiration, and when that was.
    doubted: Option<(TokenId, i64, i64)>,
    /// The longest time between two moments at which this page's timers may fire.
    longest_period: i64,
    /// The keeper was last told that the page is hidden.
    hidden: bool,
    /// The answer that the keeper is being told of has to be accepted.
    acceptable: bool,
    /// The request whose answer the keeper is being told of, though it is not under way any more.
    late: Option<RequestId>,
    /// A clock has jumped since the keeper last looked.
    jumped: bool,
    /// A token of the page's own that looked expired.
    spare: Option<TokenId>,
    /// What another tab got makes the request under way needless.
    superseded: bool,
}

impl Ours {
    /// Before the page has loaded.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let options = options(site);
        let stated = |name: &str| match name {
            "pollIntervalMs" => Some(options.poll as f64),
            "leadMs" => Some(options.lead as f64),
            "sourceTimeoutMs" => Some(options.source_timeout as f64),
            "applyTimeoutMs" => Some(options.apply_timeout as f64),
            _ => None,
        };
        let hidden = if options.pauses_hidden {
            WhileHidden::Pause
        } else {
            WhileHidden::Refresh
        };
        let policy = RefreshPolicy::parse(stated, hidden, AfterExpiry::Auto).unwrap_or_default();
        let policy = policy.with_tabs(site.plan.tabs() > 1);
        let look = look(site);
        let late = site.plan.setting(|what| {
            if let What::LateTimers(by) = what {
                Some(*by)
            } else {
                None
            }
        });
        Self {
            keeper: Keeper::new(policy, parse_json, site.plan.seed),
            checks: Checks::default(),
            ledger: Ledger::new(Allowance::new(options, look), options, late.unwrap_or(0)),
            provides: site.plan.has(What::Provider),
            inbox: VecDeque::new(),
            armed: None,
            waiters: BTreeMap::new(),
            waiter: 0,
            took: BTreeMap::new(),
            options,
            doubted: None,
            hidden: false,
            longest_period: site.page.longest_period(),
            acceptable: false,
            late: None,
            jumped: false,
            spare: None,
            superseded: false,
        }
    }

    /// The loop of the shell: one input at a time, its effects after it.
    fn drain(&mut self, site: &mut Site) {
        while let Some(input) = self.inbox.pop_front() {
            let now = now(site);
            let stopping = matches!(input, Input::Stop) && !self.checks.stopped;
            let early =
                matches!(input, Input::Tick) && self.keeper.deadline().is_none_or(|due| now.mono < due.at);
            let before = self.keeper.deadline();
            let late = self.late.take().is_some_and(|late| is_answer_to(&input, late))
                && !self.jumped
                && before.is_none_or(|due| now.mono < due.at);
            let effects = self.keeper.handle(now, input);
            self.jumped = false;
            if late {
                self.checks.late_answer(site, &effects);
            }
            if early && (!effects.is_empty() || self.keeper.deadline() != before) {
                self.checks
                    .fail(site.now, "I5", "a tick before the deadline did something");
            }
            self.checks.stopped |= stopping;
            self.checks.effects(site, &effects, stopping);
            for effect in effects {
                if stopping {
                    self.checks.last_words(site, &effect);
                }
                self.perform(site, effect);
            }
            self.checks
                .deadline(site, &self.keeper, now, !self.waiters.is_empty());
        }
        self.arm(site);
    }

    fn arm(&mut self, site: &mut Site) {
        let deadline = self.keeper.deadline();
        if deadline == self.armed {
            return;
        }
        self.armed = deadline;
        match deadline {
            Some(due) => {
                let wait = due.at.as_ms().cast_signed() - site.clocks.mono(site.now);
                site.arm(0, wait.min(LONGEST));
            }
            None => drop(site.disarm(0)),
        }
    }

    fn perform(&mut self, site: &mut Site, effect: Effect) {
        match effect {
            Effect::RequestToken {
                request,
                reason,
                attempt,
            } => {
                site.note(|_| format!("keeper asks, {reason:?}, attempt {attempt}"));
                let too_soon = self.ledger.allowance.asked();
                self.checks.holds(site.now, "I8", !too_soon, || {
                    "a throttled source was asked too soon".to_owned()
                });
                self.checks.ask(site, &self.ledger.allowance, request, reason);
                site.ask(request.0);
            }
            Effect::AbortRequest(request) => self.abort(site, request),
            Effect::SetAccessToken { embed, call, token } => self.apply(site, embed, call, &token),
            Effect::Recover { embed, call, how } => {
                let frame = embed.0 as FrameId;
                self.ledger.recovering(site, frame);
                site.recover(frame, call.0, how);
            }
            Effect::AcquireLock(claim) => {
                self.ledger.allowance.claims();
                site.note(|_| "waits for its turn".to_owned());
                site.posts.push(Post::Claim(claim.0));
            }
            Effect::ReleaseLock => site.posts.push(Post::Release),
            Effect::BroadcastToken(text, expires) => {
                if let Some(token) = site.mint.find(&text) {
                    site.posts.push(Post::News(token, expires.as_ms()));
                }
            }
            Effect::ObserveEmbed(embed) => self.look(site, embed),
            Effect::ForgetEmbed(embed) => {
                site.frames[embed.0 as FrameId].attached = false;
                let last = !site.frames.iter().any(|frame| frame.attached);
                self.ledger.detached(embed.0 as FrameId, last);
            }
            Effect::ResolveWaiter(waiter, outcome) => self.settle(site, waiter, &outcome),
            Effect::Emit(event) => {
                site.note(|_| in_words(&event));
                self.checks.event(&event);
                if let (Event::RefreshFailed(failed, _), true) = (event, self.acceptable) {
                    self.checks
                        .fail(site.now, "I9 refused", format!("a good token: {:?}", failed.code));
                }
            }
        }
    }

    fn abort(&mut self, site: &Site, request: RequestId) {
        if self.checks.flight.take() != Some(request) {
            self.checks
                .fail(site.now, "I1", "a request was given up that is not under way");
        }
        match Self::has_embeds(site) && !self.checks.stopped && !self.superseded {
            true => self.ledger.allowance.failed(Failure::Other, true),
            false => self.ledger.allowance.dropped(),
        }
    }

    fn has_embeds(site: &Site) -> bool {
        site.frames.iter().any(|frame| frame.attached)
    }

    fn apply(&mut self, site: &mut Site, embed: EmbedId, call: EmbedCallId, text: &AccessToken) {
        let frame = embed.0 as FrameId;
        let token = site.mint.find(text);
        self.checks.hands_out(
            site,
            token,
            site.frames[frame].config.filter(|_| site.frames[frame].there),
        );
        let Some(token) = token else { return };
        let outcome = if site.set_token(frame, call.0, token) {
            return self.ledger.called(site, frame, call.0);
        } else if site.frames[frame].there {
            self.ledger.deaf(site, frame);
            ApplyOutcome::NotListening
        } else {
            ApplyOutcome::Gone
        };
        self.inbox
            .push_back(Input::ApplyFinished { embed, call, outcome });
    }

    /// The shell looks at an embed.
    fn look(&mut self, site: &Site, embed: EmbedId) {
        let frame = &site.frames[embed.0 as FrameId];
        let held = frame.config.map(|token| site.mint.get(token).text.clone());
        let snapshot = match frame.there {
            true => EmbedSnapshot::Present(held, Some(site.kind())),
            false => EmbedSnapshot::Removed,
        };
        self.inbox.push_back(Input::EmbedObserved { embed, snapshot });
    }

    fn settle(&mut self, site: &mut Site, WaiterId(waiter): WaiterId, outcome: &Outcome) {
        let token = match outcome {
            Outcome::Token(text) => {
                let token = site.mint.find(text);
                self.checks.hands_out(site, token, None);
                token
            }
            Outcome::Refreshed(_) | Outcome::Failed(_) => None,
        };
        let Some(known) = self.waiters.remove(&waiter) else {
            return self
                .checks
                .fail(site.now, "I11", format!("waiter {waiter} was answered twice"));
        };
        if let Some(frame) = known.frame {
            site.provide(frame, token);
            site.disarm(waiter);
        }
    }

    fn wait(&mut self, site: &Site, frame: Option<FrameId>) -> WaiterId {
        self.waiter += 1;
        let by = site.clocks.mono(site.now) + self.patience(site);
        self.waiters.insert(self.waiter, Waiter { frame, by });
        WaiterId(self.waiter)
    }

    /// How long the core may take for an answer: the turn among the tabs, the request, and its calls, which wait for those
    /// of the token before.
    fn patience(&self, site: &Site) -> i64 {
        let turn = if site.plan.tabs() > 1 { 6 * SECOND } else { 0 };
        turn + self.options.source_timeout + 2 * self.options.apply_timeout
    }

    /// I11: the core answers each waiter with the request it waits for, at the latest when that times out.
    fn waiters_settle(&mut self, site: &Site) {
        // the longest period that a page holds its timers back for may have ended just now
        let slack = 12 * SECOND + 3 * self.longest_period;
        if self.ledger.just_back(site.now) {
            return;
        }
        let mono = site.clocks.mono(site.now);
        if let Some((waiter, late)) = self.waiters.iter().find(|(_, waiter)| waiter.by + slack < mono) {
            let seen = format!("waiter {waiter} should have been answered by {}", late.by);
            self.checks.fail(site.now, "I11", seen);
            self.waiters.clear();
        }
    }

    // ---- answers --------------------------------------------------------------------------------

    fn answered(&mut self, site: &Site, tag: u32, reply: Reply) {
        let request = RequestId(tag);
        let current = self.checks.flight == Some(request);
        if current {
            self.checks.flight = None;
            self.judge(site, reply);
        } else {
            self.late = Some(request);
        }
        self.inbox.push_back(wire::input(site, request, reply));
    }

    /// What the table says of the answer to the request that is under way.
    fn judge(&mut self, site: &Site, reply: Reply) {
        let allowance = &mut self.ledger.allowance;
        if let (true, Some(date)) = (reply.spoken(), site.date()) {
            allowance.dated(START + date);
        }
        let failure = match reply {
            Reply::Token(token) => match self
                .acceptable(site, token)
                .filter(|expires| self.looks_fresh(site, token, *expires))
            {
                Some(expires) => {
                    let alone = expires <= self.ledger.allowance.server();
                    let taken = self.later(site, token);
                    let expires = if taken == token {
                        expires
                    } else {
                        START + site.mint.get(taken).exp
                    };
                    let token = taken;
                    let issued = site.mint.get(token).issued().map(|at| START + at);
                    self.ledger.allowance.accepted(expires, issued, alone);
                    self.acceptable = true;
                    return self.ledger.renewed(site, token, true);
                }
                None => Failure::Other,
            },
            Reply::Status(401 | 403, _) => Failure::Denied,
            Reply::Status(429 | 503, after) => Failure::Throttled(after),
            Reply::Status(_, after @ (RetryAfter::Seconds(_) | RetryAfter::Date(_))) => {
                Failure::Throttled(after)
            }
            Reply::Network => Failure::Network,
            Reply::Status(..) | Reply::Rubbish(_) | Reply::Threw => Failure::Other,
        };
        self.ledger.allowance.failed(failure, Self::has_embeds(site));
    }

    /// The token, or one of the page's own that expires later: an embed holds it, and no earlier one may replace it (I7).
    fn later(&mut self, site: &Site, token: TokenId) -> TokenId {
        let spare = self.spare.take();
        let later = |spare: &TokenId| site.mint.get(*spare).exp > site.mint.get(token).exp;
        spare.filter(later).unwrap_or(token)
    }

    /// The row "a new token is accepted when": when the token expires, if a keeper has to accept it.
    fn acceptable(&mut self, site: &Site, id: TokenId) -> Option<i64> {
        let token = site.mint.get(id);
        let newest = self.ledger.newest.map(|newest| site.mint.get(newest));
        let allowance = &mut self.ledger.allowance;
        if let Some(issued) = token.issued() {
            allowance.issued(START + issued);
        }
        let expires = match (token.dated, token.kind) {
            (true, _) => START + token.exp,
            (false, Kind::Embed) => allowance.server() + 60 * MINUTE,
            (false, Kind::Aad) => return None,
        };
        // an expiration that was guessed stands in no token's way
        let known = allowance
            .window()
            .filter(|_| newest.is_some_and(|newest| newest.dated));
        let better = known.is_none_or(|old| expires > old.expires);
        let same = newest.is_some_and(|newest| newest.text == token.text);
        let ours = token.kind == site.kind() && token.ours;
        (ours && !same && better).then_some(expires)
    }

    /// The same row for a token that the page's clock calls expired: by a clock that the server's is known for it is;
    /// else it is believed from the second on that was made when it was asked for.
    fn looks_fresh(&mut self, site: &Site, id: TokenId, expires: i64) -> bool {
        let server = self.ledger.allowance.server();
        if expires > server {
            return true;
        }
        let mono = site.clocks.mono(site.now);
        let before = if site.date().is_none() {
            self.doubted.replace((id, expires, mono))
        } else {
            None
        };
        before.is_some_and(|(other, then, at)| other != id && (expires - then - (mono - at)).abs() <= IN_STEP)
    }

    /// Another tab got this token: it is judged like one of the source's, and is no failure when it is no better.
    fn heard(&mut self, site: &Site, token: TokenId, expires: i64) {
        let minted = site.mint.get(token);
        let newest = self.ledger.newest.map(|newest| site.mint.get(newest));
        let allowance = &mut self.ledger.allowance;
        let until = expires.min(START + minted.exp);
        let later = newest.is_none_or(|newest| !newest.dated || minted.exp > newest.exp);
        if later && minted.ours && minted.kind == site.kind() && until > allowance.clock() {
            let token = self.later(site, token);
            let minted = site.mint.get(token);
            let issued = minted.issued().map(|at| START + at);
            self.ledger.allowance.shared(START + minted.exp, issued);
            self.superseded = true;
            self.ledger.renewed(site, token, true);
        }
        self.inbox
            .push_back(Input::TokenReceivedFromTab(wire::news(site, token, expires)));
    }

    // ---- embeds ---------------------------------------------------------------------------------

    fn attached(&mut self, site: &Site, frame: FrameId) {
        self.ledger.attached(site, frame);
        let held = site.frames[frame].config;
        if let Some(token) = held {
            let minted = site.mint.get(token);
            let believed = self.ledger.allowance.believed();
            let first = self.ledger.newest.is_none() && minted.dated;
            let known = self.ledger.newest.is_none() || minted.dated;
            let expires = self
                .acceptable(site, token)
                .filter(|expires| known && *expires > believed)
                .or(first.then_some(START + minted.exp));
            // one that has expired says that the next one must expire later
            if minted.dated && expires.is_none() && minted.ours && START + minted.exp <= believed {
                self.spare = Some(self.later(site, token));
            }
            if let Some(expires) = expires {
                let taken = self.later(site, token);
                let expires = if taken == token {
                    expires
                } else {
                    START + site.mint.get(taken).exp
                };
                let (token, minted) = (taken, site.mint.get(taken));
                self.ledger
                    .allowance
                    .holds(expires, minted.issued().map(|at| START + at));
                self.ledger.renewed(site, token, false);
            }
        }
        self.inbox.push_back(Input::Attach {
            embed: EmbedId(frame as u32),
            held: held.map(|token| site.mint.get(token).text.clone()),
            kind: Some(site.kind()),
        });
        let hidden = site.page.hidden(site.now);
        if hidden != self.hidden {
            // it happened while the shell listened to nothing
            self.tell_hidden(site, hidden);
        }
    }

    fn shouted(&mut self, site: &Site, frame: FrameId, scope: ExpiryScope) {
        let mono = site.clocks.mono(site.now);
        let settled = self.took.get(&frame).is_none_or(|took| mono - took > ECHO);
        if settled && site.frames[frame].config == self.ledger.newest {
            self.ledger.allowance.refused();
        }
        // which token was it that has expired?
        self.look(site, EmbedId(frame as u32));
        self.inbox.push_back(Input::TokenExpiredReported {
            embed: EmbedId(frame as u32),
            scope,
        });
    }

    fn tell_hidden(&mut self, site: &Site, hidden: bool) {
        if hidden {
            self.hidden = true;
            self.inbox.push_back(Input::Hidden);
        } else {
            self.triggered(site, Trigger::Visible);
        }
    }

    fn triggered(&mut self, site: &Site, trigger: Trigger) {
        let seen = matches!(trigger, Trigger::Visible | Trigger::PageShow | Trigger::Resume);
        self.hidden &= !seen;
        let network = seen || trigger == Trigger::Online;
        self.ledger
            .allowance
            .triggered(seen, network, network && trigger != Trigger::PageShow);
        self.ledger.rechecked(site);
        self.inbox.push_back(Input::Trigger(trigger));
    }
}

impl Player for Ours {
    fn told(&mut self, site: &mut Site, news: News) {
        let unheard = match news {
            // with nothing attached the shell listens to nothing
            News::Trigger(_) | News::Hidden => !Self::has_embeds(site),
            // a keeper does not look at its clocks when it is called too early
            News::Timer(0) => {
                let now = now(site).mono;
                self.keeper.deadline().is_none_or(|due| now < due.at)
            }
            _ => false,
        };
        if !unheard {
            self.jumped |= self.ledger.allowance.look(look(site));
        }
        self.waiters_settle(site);
        match news {
            News::Begin => self.inbox.push_back(Input::Begin {
                initial: None,
                kind: None,
                hidden: false,
            }),
            News::Timer(0) => {
                self.armed = None;
                self.inbox.push_back(Input::Tick);
            }
            News::Timer(waiter) => {
                // the facade gives up for the frame; the core goes on
                if let Some(frame) = self
                    .waiters
                    .get_mut(&waiter)
                    .and_then(|waiter| waiter.frame.take())
                {
                    site.provide(frame, None);
                }
            }
            News::Reply { tag, reply } => self.answered(site, tag, reply),
            News::Settled { frame, call, taken } => {
                if taken {
                    self.took.insert(frame, site.clocks.mono(site.now));
                }
                self.ledger.settled(site, frame, call);
                let holds = site.frames[frame]
                    .config
                    .map(|token| site.mint.get(token).text.clone());
                let (embed, call) = (EmbedId(frame as u32), EmbedCallId(call));
                self.inbox.push_back(Input::ApplyFinished {
                    embed,
                    call,
                    outcome: ApplyOutcome::Settled(holds),
                });
            }
            News::Recovered { frame, call, outcome } => {
                if outcome != RecoveryOutcome::TooSoon {
                    self.ledger.recovered(site, frame);
                }
                let (embed, call) = (EmbedId(frame as u32), EmbedCallId(call));
                self.inbox
                    .push_back(Input::RecoveryFinished { embed, call, outcome });
            }
            News::Trigger(_) | News::Hidden if unheard => {}
            News::Trigger(trigger) => self.triggered(site, trigger),
            News::Hidden => self.tell_hidden(site, true),
            News::Attached(frame) => self.attached(site, frame),
            News::Detached(frame) => {
                let last = !site.frames.iter().any(|frame| frame.attached);
                self.ledger.detached(frame, last);
                self.inbox.push_back(Input::Detach(EmbedId(frame as u32)));
            }
            News::Asked(frame) => {
                let waiter = self.wait(site, Some(frame));
                site.arm(waiter.0, PROVIDER_TIMEOUT);
                self.inbox.push_back(Input::ProviderCalled {
                    waiter,
                    embed: Some(EmbedId(frame as u32)),
                });
            }
            News::Changed(frame) => {
                if site.frames[frame].attached {
                    self.ledger.changed(site, frame);
                }
            }
            News::Shouted(frame, scope) => self.shouted(site, frame, scope),
            News::Turn(claim) => self.inbox.push_back(Input::LockAcquired(LockRequestId(claim))),
            News::Heard(token, expires) => self.heard(site, token, expires),
            News::Rubbish(sort) => {
                let newest = self.ledger.newest;
                self.inbox
                    .push_back(Input::TokenReceivedFromTab(wire::malformed(site, newest, sort)));
            }
            News::Refresh => {
                let waiter = self.wait(site, None);
                self.inbox.push_back(Input::Refresh(waiter));
            }
            News::Obtain => {
                let waiter = self.wait(site, None);
                self.inbox.push_back(Input::GetToken(waiter));
            }
            News::Stop => {
                self.ledger.stop();
                self.inbox.push_back(Input::Stop);
            }
        }
        self.drain(site);
        (self.acceptable, self.superseded) = (false, false);
        if self.checks.stopped {
            self.waiters.clear();
        }
    }

    fn passes(&mut self, site: &Site, from: i64, to: i64) {
        if let (true, Some(until)) = (site.plan.tabs() > 1, site.page.absent_until(from)) {
            // a request that waited for its turn meanwhile begins only now
            let by = site.clocks.mono(until) + self.patience(site);
            self.waiters
                .values_mut()
                .for_each(|waiter| waiter.by = waiter.by.max(by));
        }
        let before = (self.ledger.avoidable, self.ledger.overdue, self.ledger.unnoticed);
        self.ledger.passes(site, from, to);
        if self.ledger.avoidable > before.0 {
            let seen = format!(
                "{} ms up to {}",
                self.ledger.avoidable - before.0,
                crate::stamp(to)
            );
            self.checks.fail(from, "I9 avoidable", seen);
        } else if self.ledger.overdue > before.1 {
            let seen = format!("{} ms up to {}", self.ledger.overdue - before.1, crate::stamp(to));
            self.checks.fail(from, "I9 overdue", seen);
        } else if self.ledger.unnoticed > before.2 {
            let seen = format!(
                "{} ms up to {}",
                self.ledger.unnoticed - before.2,
                crate::stamp(to)
            );
            self.checks.fail(from, "unnoticed", seen);
        }
    }

    fn provides(&self) -> bool {
        self.provides
    }
}

/// An event as a line of the trace.
fn in_words(event: &Event) -> String {
    match event {
        Event::StateChange(status) => format!("state   {:?}", status.state),
        Event::RefreshFailed(failed, _) => {
            let again = failed
                .retry_in_ms
                .map_or_else(|| "never".to_owned(), |wait| format!("in {} ms", wait.as_ms()));
            let (reason, code, attempt) = (failed.reason, failed.code, failed.attempt);
            format!("failed  {reason:?}, attempt {attempt}: {code:?}; again {again}")
        }
        Event::Refreshed(refreshed) => format!(
            "fresh   {:?}, attempt {}, {} embeds",
            refreshed.reason, refreshed.attempt, refreshed.embeds
        ),
        other => format!("event   {other:?}"),
    }
}

fn is_answer_to(input: &Input, asked: RequestId) -> bool {
    matches!(input, Input::ResponseReceived { request, .. } | Input::RequestFailed { request, .. } if *request == asked)
}

fn options(site: &Site) -> Options {
    let stated = site.plan.setting(|what| match what {
        What::Options(poll, lead, source, apply) => Some((*poll, *lead, *source, *apply)),
        _ => None,
    });
    let usual = Options {
        pauses_hidden: site.plan.has(What::PausesHidden),
        ..Options::default()
    };
    stated.map_or(usual, |(poll, lead, source_timeout, apply_timeout)| Options {
        poll,
        lead,
        source_timeout,
        apply_timeout,
        ..usual
    })
}

fn look(site: &Site) -> Look {
    Look {
        wall: site.wall(),
        mono: site.clocks.mono(site.now),
        server: START + site.now,
    }
}

fn now(site: &Site) -> Now {
    let Look { wall, mono, .. } = look(site);
    Now {
        wall: Timestamp::from_ms(wall),
        mono: Instant::from_ms(mono.unsigned_abs()),
    }
}
