//! The world of one day: its events in the order of true time, and the calls that a strategy can make.

use crate::clocks::Clocks;
use crate::frame::{Frame, FrameBehaviour, FrameId, provider_interval};
use crate::page::Page;
use crate::plan::{Expiration, FOCUS, FaultKind, InitialToken, ONLINE, PAGE_SHOW, Plan, RESUME, VISIBLE};
use crate::source::{Response, Source, cut_off};
use crate::strategy::{PageEvent, Strategy};
use crate::tokens::{Contents, TokenId, TokenStore};
use crate::{DAY, HOUR, MINUTE, SECOND, format_time};
use fastrand::Rng;
use powerbi_token_keeper::io::{ExpiryScope, Recovery, RecoveryOutcome, Trigger};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::AddAssign;

/// The content of the page's first report.
const MAIN_CONTENT: Contents = 1;
/// The first place of the extra embeds.
const EXTRA_EMBEDS: u32 = 100;

/// Something that is scheduled to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Occurrence {
    FaultBegins(usize),
    FaultEnds(usize),
    Triggers(TriggerSet),
    Timer {
        timer: u32,
        serial: u32,
        due: i64,
    },
    Response {
        request: usize,
    },
    CallSettles {
        frame: FrameId,
        generation: u32,
        call: u32,
        token: TokenId,
        taken: bool,
    },
    RecoveryEnds {
        frame: FrameId,
        generation: u32,
        call: u32,
        reload: bool,
    },
    TokenSetByPage {
        frame: FrameId,
        generation: u32,
        token: TokenId,
    },
    TokenUse(FrameId),
    ProviderCall(FrameId, u32),
    EmbedAttaches(FrameId),
    FalseTokenExpired(FrameId),
    LockGranted(u32),
    TokenFromTab(TokenId, i64),
    MalformedMessage(u8),
}

/// What a tab does towards the other tabs of its `shareKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TabAction {
    /// Requests the lock under this id, and withdraws its earlier requests.
    AcquireLock(u32),
    /// Releases the lock, or withdraws its requests for it.
    ReleaseLock,
    /// Broadcasts a token and its expiration, in ms since the epoch.
    Broadcast(TokenId, i64),
}

/// Triggers as a bit set, which can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TriggerSet(u8);

/// A request under way and the response it will get.
#[derive(Debug, Clone, Copy)]
struct PendingRequest {
    tag: u32,
    response: Response,
    cut: bool,
}

/// The metrics of one day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics {
    /// Milliseconds, summed over the embeds, for which the page ran and an embed had no valid token.
    pub without_token: i64,
    /// The part of it in which the page was visible.
    pub without_token_visible: i64,
    /// Requests made to the source.
    pub requests: u32,
    /// Rejections without a handler.
    pub unhandled_rejections: u32,
}

impl AddAssign for Metrics {
    fn add_assign(&mut self, other: Self) {
        self.without_token += other.without_token;
        self.without_token_visible += other.without_token_visible;
        self.requests += other.requests;
        self.unhandled_rejections += other.unhandled_rejections;
    }
}

/// The world of one day.
#[derive(Debug)]
pub struct World {
    /// The true time, in milliseconds since the beginning of the day.
    pub now: i64,
    /// The day's faults.
    pub plan: Plan,
    /// The page's clocks.
    pub clocks: Clocks,
    /// The times at which the page runs and is seen.
    pub page: Page,
    /// Every token.
    pub tokens: TokenStore,
    /// Every embed of the day so far, by its id.
    pub frames: Vec<Frame>,
    /// The metrics so far.
    pub metrics: Metrics,
    /// What happened, line by line; `None` where no trace was asked for.
    pub trace: Option<Vec<String>>,
    /// Actions towards the other tabs that are to be performed.
    pub tab_actions: Vec<TabAction>,
    /// Whether the tab was closed.
    pub closed: bool,
    pub(crate) source: Source,
    queue: BinaryHeap<Reverse<(i64, u32, Occurrence)>>,
    order: u32,
    pending_requests: Vec<PendingRequest>,
    timers: Vec<u32>,
    rng: Rng,
    has_provider: bool,
    first: Option<TokenId>,
    /// The number of contents so far.
    contents: u32,
    late: i64,
    early: i64,
}

impl World {
    /// The world before the first moment of the day.
    #[must_use]
    pub fn new(plan: Plan, traced: bool) -> Self {
        let setting = |pick: fn(&FaultKind) -> Option<i64>| plan.setting(pick).unwrap_or(0);
        let late = setting(|kind| {
            if let FaultKind::LateTimers(by) = kind {
                Some(*by)
            } else {
                None
            }
        });
        let early = setting(|kind| {
            if let FaultKind::EarlyTimers(by) = kind {
                Some(*by)
            } else {
                None
            }
        });
        Self {
            now: 0,
            clocks: Clocks::new(&plan),
            page: Page::new(&plan),
            tokens: TokenStore::default(),
            frames: Vec::new(),
            metrics: Metrics::default(),
            trace: traced.then(Vec::new),
            tab_actions: Vec::new(),
            closed: false,
            source: Source::new(&plan),
            queue: BinaryHeap::new(),
            order: 0,
            pending_requests: Vec::new(),
            timers: Vec::new(),
            rng: Rng::with_seed(plan.seed ^ 0x0517e),
            has_provider: false,
            first: None,
            contents: 1,
            late,
            early,
            plan,
        }
    }

    /// Runs the day to its end.
    pub fn run(&mut self, strategy: &mut dyn Strategy) {
        self.begin(0, strategy);
        while self.step(strategy) {}
    }

    /// The page loads at `at`.
    pub fn begin(&mut self, at: i64, strategy: &mut dyn Strategy) {
        self.now = at;
        self.has_provider = strategy.has_provider();
        for (index, fault) in self.plan.faults.clone().into_iter().enumerate() {
            if fault.to < at {
                continue;
            }
            self.push(fault.from, Occurrence::FaultBegins(index));
            if fault.to > fault.from {
                self.push(fault.to, Occurrence::FaultEnds(index));
            }
        }
        strategy.on_event(self, PageEvent::Begin);
        let own = self
            .source
            .initial_token(&mut self.tokens, MAIN_CONTENT, at, self.source.lifetime());
        self.first = Some(own);
        self.embed(0, 0, Some(own), strategy);
        let extra = self.plan.setting(|kind| match kind {
            FaultKind::ExtraEmbeds(frames) => Some(*frames),
            _ => None,
        });
        for place in 0..extra.unwrap_or(0) {
            self.embed(EXTRA_EMBEDS + place, 0, Some(own), strategy);
        }
    }

    /// The time of the next occurrence; `None` when the day is over.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        if self.closed || self.now >= DAY {
            return None;
        }
        Some(self.queue.peek().map_or(DAY, |Reverse((at, ..))| (*at).min(DAY)))
    }

    /// Runs the next occurrence; false when the day is over.
    pub fn step(&mut self, strategy: &mut dyn Strategy) -> bool {
        let Some(at) = self.next() else { return false };
        if at > self.now {
            self.pass(at, strategy);
        }
        if at >= DAY {
            return false;
        }
        if let Some(Reverse((_, _, next))) = self.queue.pop() {
            self.dispatch(next, strategy);
        }
        true
    }

    fn pass(&mut self, to: i64, strategy: &mut dyn Strategy) {
        let from = self.now;
        if self.page.runs(from) {
            let without = |frame: &&Frame| frame.attached && frame.in_page;
            for frame in self.frames.iter().filter(without) {
                let invalid_from = frame.valid_until(&self.tokens, self.source.role).clamp(from, to);
                self.metrics.without_token += to - invalid_from;
                if !self.page.hidden(from) {
                    self.metrics.without_token_visible += to - invalid_from;
                }
            }
        }
        strategy.time_passes(self, from, to);
        self.now = to;
    }

    fn push(&mut self, at: i64, next: Occurrence) {
        self.order += 1;
        self.queue.push(Reverse((at.max(self.now), self.order, next)));
    }

    /// Adds a line to the trace.
    pub fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let line = format!("{} {}", format_time(self.now), line(self));
            if let Some(trace) = &mut self.trace {
                trace.push(line);
            }
        }
    }

    // ---- occurrences ----------------------------------------------------------------------------

    fn dispatch(&mut self, next: Occurrence, strategy: &mut dyn Strategy) {
        if let Occurrence::FaultBegins(fault) = next {
            return self.fault_begins(fault, strategy);
        }
        if let Occurrence::FaultEnds(fault) = next {
            return self.fault_ends(fault, strategy);
        }
        // everything that is for the page waits until it runs
        if let Some(again) = self.page.absent_until(self.now) {
            let after = again + self.rng.i64(0..20);
            return self.push(after, next);
        }
        match next {
            Occurrence::FaultBegins(_) | Occurrence::FaultEnds(_) => {}
            Occurrence::Triggers(TriggerSet(triggers)) => self.send_triggers(triggers, strategy),
            Occurrence::Timer { timer, serial, due } => self.timer_fires(timer, serial, due, strategy),
            Occurrence::Response { request } => self.response_arrives(request, strategy),
            // the answers of a frame that has been replaced never come
            Occurrence::CallSettles {
                frame, generation, ..
            }
            | Occurrence::RecoveryEnds {
                frame, generation, ..
            } if self.frames[frame].generation != generation => {}
            Occurrence::CallSettles {
                frame,
                call,
                token,
                taken,
                ..
            } => self.call_settles(frame, call, token, taken, strategy),
            Occurrence::RecoveryEnds {
                frame, call, reload, ..
            } => self.recovery_ends(frame, call, reload, strategy),
            Occurrence::TokenSetByPage {
                frame,
                token,
                generation,
            } => {
                if self.frames[frame].generation == generation {
                    self.token_set_by_page(frame, token, strategy);
                }
            }
            Occurrence::TokenUse(frame) => self.use_token(frame, strategy),
            Occurrence::ProviderCall(frame, nth) if self.frames[frame].provider_timer == nth => {
                self.call_provider(frame, strategy)
            }
            Occurrence::ProviderCall(..) => {}
            Occurrence::LockGranted(claim) => strategy.on_event(self, PageEvent::LockAcquired(claim)),
            Occurrence::TokenFromTab(token, expires) => {
                self.note(|_| format!("hears of token {token}"));
                strategy.on_event(self, PageEvent::TokenFromTab(token, expires));
            }
            Occurrence::MalformedMessage(variant) => {
                strategy.on_event(self, PageEvent::MalformedMessage(variant))
            }
            Occurrence::EmbedAttaches(frame) => self.attach(frame, strategy),
            Occurrence::FalseTokenExpired(frame)
                if self.frames[frame].attached && self.frames[frame].in_page =>
            {
                self.note(|_| format!("frame {frame}: TokenExpired, of a token that has not"));
                strategy.on_event(self, PageEvent::TokenExpired(frame, ExpiryScope::Visual));
            }
            Occurrence::FalseTokenExpired(_) => {}
        }
    }

    fn fault_begins(&mut self, at: usize, strategy: &mut dyn Strategy) {
        let fault = self.plan.faults[at];
        if let (true, Some(again)) = (fault.kind.is_scripted(), self.page.absent_until(self.now)) {
            return self.push(again, Occurrence::FaultBegins(at));
        }
        self.note(|_| format!("        {:?} begins", fault.kind));
        match fault.kind {
            FaultKind::Hidden(_) => strategy.on_event(self, PageEvent::Hidden),
            FaultKind::Frozen | FaultKind::BackForwardCache if self.page.runs(self.now - 1) => {
                strategy.on_event(self, PageEvent::Hidden)
            }
            FaultKind::TriggerStorm(triggers) => {
                for step in 0..(fault.to - fault.from) / 100 {
                    self.push(
                        fault.from + step * 100,
                        Occurrence::Triggers(TriggerSet(triggers)),
                    );
                }
            }
            FaultKind::Embed(place, holds) => {
                let own = self.source.lifetime();
                let token = match holds {
                    InitialToken::Fresh => {
                        Some(
                            self.source
                                .initial_token(&mut self.tokens, MAIN_CONTENT, self.now, own),
                        )
                    }
                    InitialToken::Expired => Some(self.source.initial_token(
                        &mut self.tokens,
                        MAIN_CONTENT,
                        self.now - own - MINUTE,
                        own,
                    )),
                    InitialToken::Missing => None,
                };
                self.embed(place, 0, token, strategy);
            }
            FaultKind::FrameRemoved(place) | FaultKind::FrameReset(place) => {
                self.remove_from_page(place, strategy)
            }
            FaultKind::FrameReplaced(place) => self.replace(place, strategy),
            FaultKind::FalseTokenExpired(place) => {
                let found = self
                    .frames
                    .iter()
                    .rposition(|one| one.place == place && one.in_page);
                // one that has more than an hour left is believed to be no good: tests/scenarios.rs
                let ends = |frame: &FrameId| {
                    self.frames[*frame]
                        .config
                        .map(|token| self.tokens.get(token).expires_at)
                };
                let is_late = |frame: &FrameId| ends(frame).is_none_or(|ends| ends - self.now <= HOUR);
                if let Some(frame) = found.filter(is_late) {
                    self.push(self.now, Occurrence::FalseTokenExpired(frame));
                }
            }
            FaultKind::MalformedMessages => {
                for step in 0..(fault.to - fault.from) / SECOND {
                    let variant = self.rng.u8(..);
                    self.push(fault.from + step * SECOND, Occurrence::MalformedMessage(variant));
                }
            }
            FaultKind::NewReport(place, expiration) => self.embed_new_report(place, expiration, strategy),
            FaultKind::SecondReport(place, expiration) => {
                let (content, token) = self.new_content(expiration);
                self.embed(place, content, Some(token), strategy);
            }
            FaultKind::TokenSetByHand(expiration) => self.set_by_hand(expiration),
            FaultKind::RoleChange(expiration) => {
                let expires_at = self.expiration(expiration);
                self.source.change_role(Some(expires_at));
                strategy.on_event(self, PageEvent::Refresh);
            }
            FaultKind::TabCloses => self.close(),
            FaultKind::Refresh => strategy.on_event(self, PageEvent::Refresh),
            FaultKind::GetToken => strategy.on_event(self, PageEvent::GetToken),
            FaultKind::Stop => strategy.on_event(self, PageEvent::Stop),
            _ => {}
        }
        if matches!(fault.kind, FaultKind::Sleep { .. } | FaultKind::BackForwardCache) {
            let bfcache = fault.kind == FaultKind::BackForwardCache;
            for request in &mut self.pending_requests {
                request.cut |= bfcache || self.rng.bool();
            }
        }
    }

    fn fault_ends(&mut self, at: usize, strategy: &mut dyn Strategy) {
        let fault = self.plan.faults[at];
        if let (true, Some(again)) = (fault.kind.is_scripted(), self.page.absent_until(self.now)) {
            return self.push(again, Occurrence::FaultEnds(at));
        }
        self.note(|_| format!("        {:?} ends", fault.kind));
        let triggers = match fault.kind {
            FaultKind::Hidden(_) if !self.page.hidden(self.now) => VISIBLE,
            FaultKind::Frozen => RESUME | VISIBLE,
            FaultKind::BackForwardCache => PAGE_SHOW | VISIBLE,
            FaultKind::Sleep { triggers, .. } => triggers,
            FaultKind::Outage if self.rng.bool() => ONLINE,
            FaultKind::Embed(place, _) | FaultKind::SecondReport(place, _) => {
                return self.detach(place, strategy);
            }
            FaultKind::FrameRemoved(place) => return self.replace(place, strategy),
            _ => 0,
        };
        if triggers > 0 {
            let soon = self.rng.i64(0..300);
            self.push(self.now + soon, Occurrence::Triggers(TriggerSet(triggers)));
        }
    }

    fn send_triggers(&mut self, mut triggers: u8, strategy: &mut dyn Strategy) {
        if self.page.hidden(self.now) {
            triggers &= !(VISIBLE | FOCUS);
        }
        let all = [
            (RESUME, Trigger::Resume),
            (PAGE_SHOW, Trigger::PageShow),
            (VISIBLE, Trigger::Visible),
            (FOCUS, Trigger::Focus),
            (ONLINE, Trigger::Online),
        ];
        for (bit, trigger) in all {
            if triggers & bit > 0 {
                self.note(|_| format!("        {trigger:?}"));
                strategy.on_event(self, PageEvent::Trigger(trigger));
            }
        }
    }

    fn timer_fires(&mut self, timer: u32, serial: u32, due: i64, strategy: &mut dyn Strategy) {
        if self.timers.get(timer as usize) != Some(&serial) {
            return;
        }
        let next = Occurrence::Timer { timer, serial, due };
        // asleep in between, on a machine whose monotonic clock stood still
        if self.clocks.mono(self.now) < due - self.early - 1 {
            let at = self.clocks.when(self.now, due);
            return self.push(at, next);
        }
        if let Some(held) = self.page.held_until(self.now) {
            return self.push(held, next);
        }
        strategy.on_event(self, PageEvent::Timer(timer));
    }

    // ---- the other tabs -------------------------------------------------------------------------

    /// Closes the tab: nothing happens in it any more.
    pub fn close(&mut self) {
        self.note(|_| "        is closed".to_owned());
        self.closed = true;
        self.queue.clear();
    }

    /// Grants this tab the lock, `wait` after `at`.
    pub fn grant_lock(&mut self, at: i64, wait: i64, claim: u32) {
        self.push(at + wait, Occurrence::LockGranted(claim));
    }

    /// Delivers another tab's token, `wait` after `at`.
    pub fn deliver_token(&mut self, at: i64, wait: i64, token: TokenId, expires: i64) {
        self.push(at + wait, Occurrence::TokenFromTab(token, expires));
    }

    // ---- requests -------------------------------------------------------------------------------

    /// Sends a request to the source. The response comes with the same `tag`.
    ///
    /// It names the contents that the token must open.
    pub fn request_token(&mut self, tag: u32, contents: Contents) {
        self.metrics.requests += 1;
        let answer = self
            .source
            .respond(&self.plan, &mut self.tokens, self.now, contents);
        self.note(|_| format!("request {tag}"));
        let Some((wait, response)) = answer else { return };
        self.pending_requests.push(PendingRequest {
            tag,
            response,
            cut: false,
        });
        self.push(
            self.now + wait,
            Occurrence::Response {
                request: self.pending_requests.len() - 1,
            },
        );
    }

    fn response_arrives(&mut self, request: usize, strategy: &mut dyn Strategy) {
        let PendingRequest { tag, response, cut } = self.pending_requests[request];
        let cut = response.reached_server() && (cut || cut_off(&self.plan, self.now));
        let response = if cut { Response::Network } else { response };
        self.note(|world| match response {
            Response::Token(token) => format!(
                "answer  {tag}: token {token} until {}",
                format_time(world.tokens.get(token).expires_at)
            ),
            response => format!("answer  {tag}: {response:?}"),
        });
        strategy.on_event(self, PageEvent::Response { tag, response });
    }

    // ---- timers ---------------------------------------------------------------------------------

    /// Sets timer `timer` to fire in `wait` ms, instead of when it was set to.
    pub fn arm(&mut self, timer: u32, wait: i64) {
        let serial = self.disarm(timer);
        let due = self.clocks.mono(self.now) + wait.max(0);
        let early = if self.early > 0 {
            self.rng.i64(0..=self.early)
        } else {
            0
        };
        let late = if self.late > 0 {
            self.rng.i64(0..=self.late)
        } else {
            self.rng.i64(0..4)
        };
        let at = self.clocks.when(self.now, due);
        self.push(
            (at + late - early).max(self.now + 1),
            Occurrence::Timer { timer, serial, due },
        );
    }

    /// Clears timer `timer`.
    pub fn disarm(&mut self, timer: u32) -> u32 {
        let at = timer as usize;
        if self.timers.len() <= at {
            self.timers.resize(at + 1, 0);
        }
        self.timers[at] += 1;
        self.timers[at]
    }

    // ---- frames ---------------------------------------------------------------------------------

    /// Calls `setAccessToken`; false when the frame is not listening or not in the page.
    pub fn set_access_token(&mut self, frame: FrameId, call: u32, token: TokenId) -> bool {
        let usual = self.rng.i64(3..60);
        let behaviour = self.frames[frame].behaviour(&self.plan, self.now, usual);
        self.note(|_| format!("frame {frame}: setAccessToken({token})"));
        let (after, taken) = match behaviour {
            _ if !self.frames[frame].in_page => return false,
            FrameBehaviour::NotListening => return false,
            FrameBehaviour::Silent => return true,
            FrameBehaviour::Refuses => (usual, false),
            FrameBehaviour::SucceedsAfter(after) => (after, true),
        };
        self.push(
            self.now + after,
            Occurrence::CallSettles {
                frame,
                generation: self.frames[frame].generation,
                call,
                token,
                taken,
            },
        );
        true
    }

    fn call_settles(
        &mut self,
        frame: FrameId,
        call: u32,
        token: TokenId,
        taken: bool,
        strategy: &mut dyn Strategy,
    ) {
        let taken = taken && self.frames[frame].in_page;
        if taken {
            self.frames[frame].config = Some(token);
            self.start_using(frame, token);
        }
        self.note(|_| {
            format!(
                "frame {frame}: {} {token}",
                if taken { "took" } else { "refused" }
            )
        });
        strategy.on_event(self, PageEvent::CallFinished { frame, call, taken });
    }

    /// Calls `reload()` or `refresh()`.
    pub fn recover(&mut self, frame: FrameId, call: u32, how: Recovery) {
        let wait = self.rng.i64(20..800);
        self.push(
            self.now + wait,
            Occurrence::RecoveryEnds {
                frame,
                generation: self.frames[frame].generation,
                call,
                reload: how == Recovery::Reload,
            },
        );
    }

    fn recovery_ends(&mut self, frame: FrameId, call: u32, reload: bool, strategy: &mut dyn Strategy) {
        let outcome = match self.rng.u32(0..10) {
            0 => RecoveryOutcome::TooSoon,
            1 => RecoveryOutcome::Refused,
            _ => RecoveryOutcome::Done {
                state_restored: false,
            },
        };
        if matches!(outcome, RecoveryOutcome::Done { .. }) && reload {
            self.frames[frame].in_use = self.frames[frame].config;
        }
        strategy.on_event(self, PageEvent::RecoveryFinished { frame, call, outcome });
    }

    /// Resolves the frame's call of its provider.
    pub fn answer_provider(&mut self, frame: FrameId, token: Option<TokenId>) {
        if !std::mem::take(&mut self.frames[frame].provider_pending) {
            return;
        }
        self.note(|_| format!("frame {frame}: provided with {token:?}"));
        if let Some(token) = token {
            self.start_using(frame, token);
        }
    }

    fn start_using(&mut self, frame: FrameId, token: TokenId) {
        self.frames[frame].in_use = Some(token);
        self.frames[frame].loaded |=
            self.frames[frame].valid_until(&self.tokens, self.source.role) > self.now;
        if self.has_provider {
            let left = self.tokens.get(token).expires_at - self.now;
            self.frames[frame].provider_timer += 1;
            self.push(
                self.now + provider_interval(left),
                Occurrence::ProviderCall(frame, self.frames[frame].provider_timer),
            );
        }
    }

    fn call_provider(&mut self, frame: FrameId, strategy: &mut dyn Strategy) {
        let one = &mut self.frames[frame];
        if one.attached && one.in_page && !one.provider_pending {
            one.provider_pending = true;
            self.note(|_| format!("frame {frame}: asks its provider"));
            strategy.on_event(self, PageEvent::ProviderCalled(frame));
        }
    }

    /// The frame draws with its token: somebody clicks, or a schedule fires.
    fn use_token(&mut self, frame: FrameId, strategy: &mut dyn Strategy) {
        if !self.frames[frame].attached {
            return;
        }
        let next = self.rng.i64(20 * SECOND..10 * MINUTE);
        self.push(self.now + next, Occurrence::TokenUse(frame));
        if !self.frames[frame].in_page
            || self.frames[frame].valid_until(&self.tokens, self.source.role) > self.now
        {
            return;
        }
        let (scope, times) = match self.frames[frame].loaded {
            false => (ExpiryScope::Embed, 1),
            true => (ExpiryScope::Visual, self.rng.u32(1..5)),
        };
        self.note(|_| format!("frame {frame}: TokenExpired, {times} × {scope:?}"));
        for _ in 0..times {
            strategy.on_event(self, PageEvent::TokenExpired(frame, scope));
        }
        if self.has_provider {
            self.call_provider(frame, strategy);
        }
    }

    fn embed(&mut self, place: u32, content: u32, holds: Option<TokenId>, strategy: &mut dyn Strategy) {
        self.detach(place, strategy);
        self.frames.push(Frame::new(place, content, holds));
        let frame = self.frames.len() - 1;
        if self.page.runs(self.now) {
            self.attach(frame, strategy);
        } else {
            self.push(self.now, Occurrence::EmbedAttaches(frame));
        }
    }

    fn attach(&mut self, frame: FrameId, strategy: &mut dyn Strategy) {
        if !self.frames[frame].in_page {
            return;
        }
        self.frames[frame].attached = true;
        let holds = self.frames[frame].config;
        self.note(|_| format!("frame {frame}: attached with {holds:?}"));
        strategy.on_event(self, PageEvent::Attached(frame));
        let soon = self.rng.i64(SECOND..MINUTE);
        self.push(self.now + soon, Occurrence::TokenUse(frame));
        if let Some(token) = holds {
            self.start_using(frame, token);
        }
    }

    fn detach(&mut self, place: u32, strategy: &mut dyn Strategy) {
        for frame in 0..self.frames.len() {
            if self.frames[frame].place == place {
                self.frames[frame].in_page = false;
                if std::mem::take(&mut self.frames[frame].attached) {
                    self.note(|_| format!("frame {frame}: detached"));
                    strategy.on_event(self, PageEvent::Detached(frame));
                }
            }
        }
    }

    /// Resets the element, or removes it with its content.
    fn remove_from_page(&mut self, place: u32, strategy: &mut dyn Strategy) {
        for frame in 0..self.frames.len() {
            if self.frames[frame].place == place && std::mem::take(&mut self.frames[frame].in_page) {
                self.note(|_| format!("frame {frame}: is gone"));
                strategy.on_event(self, PageEvent::Changed(frame));
            }
        }
    }

    /// Embeds again in the same element.
    fn replace(&mut self, place: u32, strategy: &mut dyn Strategy) {
        let Some(frame) = self.frames.iter().rposition(|frame| frame.place == place) else {
            return;
        };
        if self.frames[frame].attached {
            self.frames[frame].re_embed(0, self.first);
            self.note(|_| format!("frame {frame}: embedded anew"));
            strategy.on_event(self, PageEvent::Changed(frame));
            if let Some(token) = self.first {
                self.start_using(frame, token);
            }
        } else {
            for other in self.frames.iter_mut().filter(|other| other.place == place) {
                other.in_page = false;
            }
            // a strategy that detached it is told when it has loaded
            self.frames.push(Frame::new(place, 0, self.first));
            let loaded = self.rng.i64(SECOND..20 * SECOND);
            self.push(
                self.now + loaded,
                Occurrence::EmbedAttaches(self.frames.len() - 1),
            );
        }
    }

    // ---- the page's own tokens ------------------------------------------------------------------

    /// The true expiration of a token of the page's own.
    fn expiration(&self, expiration: Expiration) -> i64 {
        let in_place = self.frames.iter().rfind(|frame| frame.attached && frame.in_page);
        let current = in_place
            .and_then(|frame| frame.config)
            .map(|token| self.tokens.get(token).expires_at);
        let remaining = current.map_or(0, |expires_at| expires_at - self.now);
        match expiration {
            // one that has all but expired has no such relation
            _ if remaining < MINUTE => self.now + self.source.lifetime(),
            Expiration::Sooner => self.now + remaining / 2,
            Expiration::Together => self.now + remaining,
            Expiration::Later => self.now + self.source.lifetime(),
        }
    }

    /// A new content, and a token of the page's own for it.
    fn new_content(&mut self, expiration: Expiration) -> (u32, TokenId) {
        let content = self.contents;
        self.contents += 1;
        let lifetime = self.expiration(expiration) - self.now;
        let token = self
            .source
            .initial_token(&mut self.tokens, 1 << content, self.now, lifetime);
        (content, token)
    }

    fn embed_new_report(&mut self, place: u32, expiration: Expiration, strategy: &mut dyn Strategy) {
        let Some(frame) = self
            .frames
            .iter()
            .rposition(|frame| frame.place == place && frame.attached)
        else {
            return;
        };
        let (content, token) = self.new_content(expiration);
        self.frames[frame].re_embed(content, Some(token));
        self.note(|_| format!("frame {frame}: content {content} embedded with {token}"));
        strategy.on_event(self, PageEvent::Changed(frame));
        self.start_using(frame, token);
    }

    /// The page calls `setAccessToken` on every embed with a token for the new role.
    fn set_by_hand(&mut self, expiration: Expiration) {
        let lifetime = self.expiration(expiration) - self.now;
        self.source.change_role(None);
        let contents = self.contents();
        let token = self
            .source
            .initial_token(&mut self.tokens, contents, self.now, lifetime);
        for frame in 0..self.frames.len() {
            if self.frames[frame].attached && self.frames[frame].in_page {
                let after = self.rng.i64(3..60);
                let generation = self.frames[frame].generation;
                self.push(
                    self.now + after,
                    Occurrence::TokenSetByPage {
                        frame,
                        generation,
                        token,
                    },
                );
            }
        }
    }

    fn token_set_by_page(&mut self, frame: FrameId, token: TokenId, strategy: &mut dyn Strategy) {
        if self.frames[frame].in_page {
            self.frames[frame].config = Some(token);
            self.start_using(frame, token);
            self.note(|_| format!("frame {frame}: the page set {token}"));
            strategy.on_event(self, PageEvent::TokenSetByPage(frame));
        }
    }

    // ---- what a strategy can read ---------------------------------------------------------------

    /// The contents of all attached embeds.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let attached = self.frames.iter().filter(|frame| frame.attached);
        attached.fold(0, |all, frame| all | 1 << frame.content)
    }

    /// The role of the page's user.
    #[must_use]
    pub const fn role(&self) -> u32 {
        self.source.role
    }

    /// The kind of token that the embeds need.
    #[must_use]
    pub const fn kind(&self) -> powerbi_token_keeper::token::Kind {
        self.source.kind
    }

    /// `Date.now()`.
    #[must_use]
    pub fn wall(&self) -> i64 {
        self.clocks.wall(self.now)
    }

    /// The `Date` header of a response now, in true ms; `None` where the page may not read it.
    #[must_use]
    pub fn date(&self) -> Option<i64> {
        (!self.plan.has(FaultKind::NoDateHeader)).then(|| self.now.div_euclid(1_000) * 1_000)
    }
}
