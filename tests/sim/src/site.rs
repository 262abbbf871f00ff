//! The world of one day: what happens, in the order of true time, and what a player can do about it.

use crate::clocks::Clocks;
use crate::frame::{Frame, FrameId, Manner, asks_after};
use crate::mint::{Mint, TokenId};
use crate::page::Page;
use crate::plan::{FOCUS, Holds, ONLINE, PAGE_SHOW, Plan, RESUME, VISIBLE, What};
use crate::player::{News, Player};
use crate::source::{Reply, Source, cut_off};
use crate::{DAY, MINUTE, SECOND, stamp};
use fastrand::Rng;
use powerbi_token_keeper::io::{ExpiryScope, Recovery, RecoveryOutcome, Trigger};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::AddAssign;

/// The first place of a crowd's.
const CROWD: u32 = 100;

/// Something that is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Begins(usize),
    Ends(usize),
    Tells(Told),
    Timer {
        timer: u32,
        serial: u32,
        due: i64,
    },
    Answers {
        flight: usize,
    },
    Settles {
        frame: FrameId,
        embedding: u32,
        call: u32,
        token: TokenId,
        taken: bool,
    },
    Revives {
        frame: FrameId,
        embedding: u32,
        call: u32,
        reload: bool,
    },
    Uses(FrameId),
    Asks(FrameId, u32),
    Comes(FrameId),
    Shouts(FrameId),
    Turn(u32),
    Heard(TokenId, i64),
    Rubbish(u8),
}

/// What a tab says to the others of its `shareKey`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// It waits for its turn, under this name, and gives the one before back.
    Claim(u32),
    /// It waits no more, or lets the next have its turn.
    Release,
    /// It got this token, which expires then, in ms since the epoch.
    News(TokenId, i64),
}

/// A trigger in a form that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Told(u8);

/// A request on its way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    tag: u32,
    reply: Reply,
    cut: bool,
}

/// The figures of one day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Milliseconds, summed over the embeds, in which the page ran and an embed had no valid token.
    pub without: i64,
    /// Requests made to the source.
    pub requests: u32,
    /// Rejections that nobody caught.
    pub unhandled: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.without += other.without;
        self.requests += other.requests;
        self.unhandled += other.unhandled;
    }
}

/// The world of one day.
#[derive(Debug)]
pub struct Site {
    /// The true time, in milliseconds since the beginning of the day.
    pub now: i64,
    /// The day's faults.
    pub plan: Plan,
    /// The page's clocks.
    pub clocks: Clocks,
    /// When the page runs.
    pub page: Page,
    /// Every token.
    pub mint: Mint,
    /// Every embed that ever was, by its id.
    pub frames: Vec<Frame>,
    /// The figures so far.
    pub tally: Tally,
    /// What happened, when it is to be told.
    pub trace: Option<Vec<String>>,
    /// What is to be said to the other tabs.
    pub posts: Vec<Post>,
    /// The tab was closed.
    pub closed: bool,
    pub(crate) source: Source,
    queue: BinaryHeap<Reverse<(i64, u32, Next)>>,
    order: u32,
    flights: Vec<Flight>,
    timers: Vec<u32>,
    draws: Rng,
    provided: bool,
    first: Option<TokenId>,
    late: i64,
    early: i64,
}

impl Site {
    /// The world before the first moment of the day.
    #[must_use]
    pub fn new(plan: Plan, traced: bool) -> Self {
        let setting = |pick: fn(&What) -> Option<i64>| plan.setting(pick).unwrap_or(0);
        let late = setting(|what| {
            if let What::LateTimers(by) = what {
                Some(*by)
            } else {
                None
            }
        });
        let early = setting(|what| {
            if let What::EarlyTimers(by) = what {
                Some(*by)
            } else {
                None
            }
        });
        Self {
            now: 0,
            clocks: Clocks::new(&plan),
            page: Page::new(&plan),
            mint: Mint::default(),
            frames: Vec::new(),
            tally: Tally::default(),
            trace: traced.then(Vec::new),
            posts: Vec::new(),
            closed: false,
            source: Source::new(&plan),
            queue: BinaryHeap::new(),
            order: 0,
            flights: Vec::new(),
            timers: Vec::new(),
            draws: Rng::with_seed(plan.seed ^ 0x0517e),
            provided: false,
            first: None,
            late,
            early,
            plan,
        }
    }

    /// Plays the day through.
    pub fn run(&mut self, player: &mut dyn Player) {
        self.begin(0, player);
        while self.step(player) {}
    }

    /// The page loads at `at`.
    pub fn begin(&mut self, at: i64, player: &mut dyn Player) {
        self.now = at;
        self.provided = player.provides();
        for (which, fault) in self.plan.faults.clone().into_iter().enumerate() {
            if fault.to < at {
                continue;
            }
            self.push(fault.from, Next::Begins(which));
            if fault.to > fault.from {
                self.push(fault.to, Next::Ends(which));
            }
        }
        player.told(self, News::Begin);
        let own = self.source.own(&mut self.mint, at, self.source.life());
        self.first = Some(own);
        self.come(0, Some(own), player);
        let crowd = self.plan.setting(|what| match what {
            What::Crowd(frames) => Some(*frames),
            _ => None,
        });
        for place in 0..crowd.unwrap_or(0) {
            self.come(CROWD + place, Some(own), player);
        }
    }

    /// When something happens next; `None` when the day is over.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        if self.closed || self.now >= DAY {
            return None;
        }
        Some(self.queue.peek().map_or(DAY, |Reverse((at, ..))| (*at).min(DAY)))
    }

    /// The next thing happens; false when the day is over.
    pub fn step(&mut self, player: &mut dyn Player) -> bool {
        let Some(at) = self.next() else { return false };
        if at > self.now {
            self.pass(at, player);
        }
        if at >= DAY {
            return false;
        }
        if let Some(Reverse((_, _, next))) = self.queue.pop() {
            self.happens(next, player);
        }
        true
    }

    fn pass(&mut self, to: i64, player: &mut dyn Player) {
        let from = self.now;
        if self.page.runs(from) {
            let without = |frame: &&Frame| frame.attached && frame.there;
            for frame in self.frames.iter().filter(without) {
                self.tally.without += to - from.max(frame.good_until(&self.mint)).min(to);
            }
        }
        player.passes(self, from, to);
        self.now = to;
    }

    fn push(&mut self, at: i64, next: Next) {
        self.order += 1;
        self.queue.push(Reverse((at.max(self.now), self.order, next)));
    }

    /// Writes a line of the trace.
    pub fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let line = format!("{} {}", stamp(self.now), line(self));
            if let Some(trace) = &mut self.trace {
                trace.push(line);
            }
        }
    }

    // ---- what happens ---------------------------------------------------------------------------

    fn happens(&mut self, next: Next, player: &mut dyn Player) {
        if let Next::Begins(fault) = next {
            return self.begins(fault, player);
        }
        if let Next::Ends(fault) = next {
            return self.ends(fault, player);
        }
        // whatever is for the page waits until it runs
        if let Some(again) = self.page.absent_until(self.now) {
            let after = again + self.draws.i64(0..20);
            return self.push(after, next);
        }
        match next {
            Next::Begins(_) | Next::Ends(_) => {}
            Next::Tells(Told(sort)) => self.tell_trigger(sort, player),
            Next::Timer { timer, serial, due } => self.rings(timer, serial, due, player),
            Next::Answers { flight } => self.answers(flight, player),
            // the answers of a frame that has been replaced never come
            Next::Settles { frame, embedding, .. } | Next::Revives { frame, embedding, .. }
                if self.frames[frame].embedding != embedding => {}
            Next::Settles {
                frame,
                call,
                token,
                taken,
                ..
            } => self.settles(frame, call, token, taken, player),
            Next::Revives {
                frame, call, reload, ..
            } => self.revives(frame, call, reload, player),
            Next::Uses(frame) => self.uses(frame, player),
            Next::Asks(frame, nth) if self.frames[frame].asks == nth => self.asks(frame, player),
            Next::Asks(..) => {}
            Next::Turn(claim) => player.told(self, News::Turn(claim)),
            Next::Heard(token, expires) => {
                self.note(|_| format!("hears of token {token}"));
                player.told(self, News::Heard(token, expires));
            }
            Next::Rubbish(sort) => player.told(self, News::Rubbish(sort)),
            Next::Comes(frame) => self.attach(frame, player),
            Next::Shouts(frame) if self.frames[frame].attached && self.frames[frame].there => {
                self.note(|_| format!("frame {frame}: TokenExpired, of a token that has not"));
                player.told(self, News::Shouted(frame, ExpiryScope::Visual));
            }
            Next::Shouts(_) => {}
        }
    }

    fn begins(&mut self, at: usize, player: &mut dyn Player) {
        let fault = self.plan.faults[at];
        if let (true, Some(again)) = (fault.what.is_scripted(), self.page.absent_until(self.now)) {
            return self.push(again, Next::Begins(at));
        }
        self.note(|_| format!("        {:?} begins", fault.what));
        match fault.what {
            What::Hidden(_) => player.told(self, News::Hidden),
            What::Frozen | What::Cached if self.page.runs(self.now - 1) => player.told(self, News::Hidden),
            What::Storm(sort) => {
                for step in 0..(fault.to - fault.from) / 100 {
                    self.push(fault.from + step * 100, Next::Tells(Told(sort)));
                }
            }
            What::Embed(place, holds) => {
                let own = self.source.life();
                let token = match holds {
                    Holds::Fresh => Some(self.source.own(&mut self.mint, self.now, own)),
                    Holds::Expired => Some(self.source.own(&mut self.mint, self.now - own - MINUTE, own)),
                    Holds::Nothing => None,
                };
                self.come(place, token, player);
            }
            What::FrameGone(place) | What::FrameReset(place) => self.take_off(place, player),
            What::FrameReplaced(place) => self.replace(place, player),
            What::FalseShout(place) => {
                if let Some(frame) = self
                    .frames
                    .iter()
                    .rposition(|one| one.place == place && one.there)
                {
                    self.push(self.now, Next::Shouts(frame));
                }
            }
            What::Malformed => {
                for step in 0..(fault.to - fault.from) / SECOND {
                    let sort = self.draws.u8(..);
                    self.push(fault.from + step * SECOND, Next::Rubbish(sort));
                }
            }
            What::Closed => self.close(),
            What::Refresh => player.told(self, News::Refresh),
            What::Obtain => player.told(self, News::Obtain),
            What::Stop => player.told(self, News::Stop),
            _ => {}
        }
        if matches!(fault.what, What::Asleep { .. } | What::Cached) {
            let bfcache = fault.what == What::Cached;
            for flight in &mut self.flights {
                flight.cut |= bfcache || self.draws.bool();
            }
        }
    }

    fn ends(&mut self, at: usize, player: &mut dyn Player) {
        let fault = self.plan.faults[at];
        if let (true, Some(again)) = (fault.what.is_scripted(), self.page.absent_until(self.now)) {
            return self.push(again, Next::Ends(at));
        }
        self.note(|_| format!("        {:?} ends", fault.what));
        let told = match fault.what {
            What::Hidden(_) if !self.page.hidden(self.now) => VISIBLE,
            What::Frozen => RESUME | VISIBLE,
            What::Cached => PAGE_SHOW | VISIBLE,
            What::Asleep { told, .. } => told,
            What::Outage if self.draws.bool() => ONLINE,
            What::Embed(place, _) => return self.go(place, player),
            What::FrameGone(place) => return self.replace(place, player),
            _ => 0,
        };
        if told > 0 {
            let soon = self.draws.i64(0..300);
            self.push(self.now + soon, Next::Tells(Told(told)));
        }
    }

    fn tell_trigger(&mut self, mut sort: u8, player: &mut dyn Player) {
        if self.page.hidden(self.now) {
            sort &= !(VISIBLE | FOCUS);
        }
        let all = [
            (RESUME, Trigger::Resume),
            (PAGE_SHOW, Trigger::PageShow),
            (VISIBLE, Trigger::Visible),
            (FOCUS, Trigger::Focus),
            (ONLINE, Trigger::Online),
        ];
        for (bit, trigger) in all {
            if sort & bit > 0 {
                self.note(|_| format!("        {trigger:?}"));
                player.told(self, News::Trigger(trigger));
            }
        }
    }

    fn rings(&mut self, timer: u32, serial: u32, due: i64, player: &mut dyn Player) {
        if self.timers.get(timer as usize) != Some(&serial) {
            return;
        }
        let next = Next::Timer { timer, serial, due };
        // asleep in between, on a machine whose monotonic clock stood still
        if self.clocks.mono(self.now) < due - self.early - 1 {
            let at = self.clocks.when(self.now, due);
            return self.push(at, next);
        }
        if let Some(held) = self.page.held_until(self.now) {
            return self.push(held, next);
        }
        player.told(self, News::Timer(timer));
    }

    // ---- the other tabs -------------------------------------------------------------------------

    /// The tab is closed: nothing happens in it any more.
    pub fn close(&mut self) {
        self.note(|_| "        is closed".to_owned());
        self.closed = true;
        self.queue.clear();
    }

    /// It is this tab's turn, `wait` after `at`.
    pub fn grant(&mut self, at: i64, wait: i64, claim: u32) {
        self.push(at + wait, Next::Turn(claim));
    }

    /// Another tab's news arrive, `wait` after `at`.
    pub fn hear(&mut self, at: i64, wait: i64, token: TokenId, expires: i64) {
        self.push(at + wait, Next::Heard(token, expires));
    }

    // ---- requests -------------------------------------------------------------------------------

    /// Sends a request to the source; its answer comes under `tag`.
    pub fn ask(&mut self, tag: u32) {
        self.tally.requests += 1;
        let answer = self.source.ask(&self.plan, &mut self.mint, self.now);
        self.note(|_| format!("request {tag}"));
        let Some((wait, reply)) = answer else { return };
        self.flights.push(Flight {
            tag,
            reply,
            cut: false,
        });
        self.push(
            self.now + wait,
            Next::Answers {
                flight: self.flights.len() - 1,
            },
        );
    }

    fn answers(&mut self, flight: usize, player: &mut dyn Player) {
        let Flight { tag, reply, cut } = self.flights[flight];
        let cut = reply.spoken() && (cut || cut_off(&self.plan, self.now));
        let reply = if cut { Reply::Network } else { reply };
        self.note(|site| match reply {
            Reply::Token(token) => format!(
                "answer  {tag}: token {token} until {}",
                stamp(site.mint.get(token).exp)
            ),
            reply => format!("answer  {tag}: {reply:?}"),
        });
        player.told(self, News::Reply { tag, reply });
    }

    // ---- timers ---------------------------------------------------------------------------------

    /// Sets the timer of this name to fire in `wait` ms, in place of the one before.
    pub fn arm(&mut self, timer: u32, wait: i64) {
        let serial = self.disarm(timer);
        let due = self.clocks.mono(self.now) + wait.max(0);
        let early = if self.early > 0 {
            self.draws.i64(0..=self.early)
        } else {
            0
        };
        let late = if self.late > 0 {
            self.draws.i64(0..=self.late)
        } else {
            self.draws.i64(0..4)
        };
        let at = self.clocks.when(self.now, due);
        self.push(
            (at + late - early).max(self.now + 1),
            Next::Timer { timer, serial, due },
        );
    }

    /// Clears the timer of this name.
    pub fn disarm(&mut self, timer: u32) -> u32 {
        let at = timer as usize;
        if self.timers.len() <= at {
            self.timers.resize(at + 1, 0);
        }
        self.timers[at] += 1;
        self.timers[at]
    }

    // ---- frames ---------------------------------------------------------------------------------

    /// Calls `setAccessToken`; false when the call can't be made now, as the frame does not listen or is gone.
    pub fn set_token(&mut self, frame: FrameId, call: u32, token: TokenId) -> bool {
        let usual = self.draws.i64(3..60);
        let manner = self.frames[frame].manner(&self.plan, self.now, usual);
        self.note(|_| format!("frame {frame}: setAccessToken({token})"));
        let (after, taken) = match manner {
            _ if !self.frames[frame].there => return false,
            Manner::Deaf => return false,
            Manner::Silent => return true,
            Manner::Refuses => (usual, false),
            Manner::After(after) => (after, true),
        };
        self.push(
            self.now + after,
            Next::Settles {
                frame,
                embedding: self.frames[frame].embedding,
                call,
                token,
                taken,
            },
        );
        true
    }

    fn settles(&mut self, frame: FrameId, call: u32, token: TokenId, taken: bool, player: &mut dyn Player) {
        let taken = taken && self.frames[frame].there;
        if taken {
            self.frames[frame].config = Some(token);
            self.use_now(frame, token);
        }
        self.note(|_| {
            format!(
                "frame {frame}: {} {token}",
                if taken { "took" } else { "refused" }
            )
        });
        player.told(self, News::Settled { frame, call, taken });
    }

    /// Calls `reload()` or `refresh()`.
    pub fn recover(&mut self, frame: FrameId, call: u32, how: Recovery) {
        let wait = self.draws.i64(20..800);
        self.push(
            self.now + wait,
            Next::Revives {
                frame,
                embedding: self.frames[frame].embedding,
                call,
                reload: how == Recovery::Reload,
            },
        );
    }

    fn revives(&mut self, frame: FrameId, call: u32, reload: bool, player: &mut dyn Player) {
        let outcome = match self.draws.u32(0..10) {
            0 => RecoveryOutcome::TooSoon,
            1 => RecoveryOutcome::Refused,
            _ => RecoveryOutcome::Done,
        };
        if outcome == RecoveryOutcome::Done && reload {
            self.frames[frame].live = self.frames[frame].config;
        }
        player.told(self, News::Recovered { frame, call, outcome });
    }

    /// Answers a frame that asked its provider.
    pub fn provide(&mut self, frame: FrameId, token: Option<TokenId>) {
        if !std::mem::take(&mut self.frames[frame].asking) {
            return;
        }
        self.note(|_| format!("frame {frame}: provided with {token:?}"));
        if let Some(token) = token {
            self.use_now(frame, token);
        }
    }

    fn use_now(&mut self, frame: FrameId, token: TokenId) {
        self.frames[frame].live = Some(token);
        self.frames[frame].loaded |= self.frames[frame].good_until(&self.mint) > self.now;
        if self.provided {
            let left = self.mint.get(token).exp - self.now;
            self.frames[frame].asks += 1;
            self.push(
                self.now + asks_after(left),
                Next::Asks(frame, self.frames[frame].asks),
            );
        }
    }

    fn asks(&mut self, frame: FrameId, player: &mut dyn Player) {
        let one = &mut self.frames[frame];
        if one.attached && one.there && !one.asking {
            one.asking = true;
            self.note(|_| format!("frame {frame}: asks its provider"));
            player.told(self, News::Asked(frame));
        }
    }

    /// The frame draws with its token: somebody clicks, or a schedule fires.
    fn uses(&mut self, frame: FrameId, player: &mut dyn Player) {
        if !self.frames[frame].attached {
            return;
        }
        let next = self.draws.i64(20 * SECOND..10 * MINUTE);
        self.push(self.now + next, Next::Uses(frame));
        if !self.frames[frame].there || self.frames[frame].good_until(&self.mint) > self.now {
            return;
        }
        let (level, times) = match self.frames[frame].loaded {
            false => (ExpiryScope::Embed, 1),
            true => (ExpiryScope::Visual, self.draws.u32(1..5)),
        };
        self.note(|_| format!("frame {frame}: TokenExpired, {times} × {level:?}"));
        for _ in 0..times {
            player.told(self, News::Shouted(frame, level));
        }
        if self.provided {
            self.asks(frame, player);
        }
    }

    fn come(&mut self, place: u32, holds: Option<TokenId>, player: &mut dyn Player) {
        self.go(place, player);
        self.frames.push(Frame::new(place, holds));
        let frame = self.frames.len() - 1;
        if self.page.runs(self.now) {
            self.attach(frame, player);
        } else {
            self.push(self.now, Next::Comes(frame));
        }
    }

    fn attach(&mut self, frame: FrameId, player: &mut dyn Player) {
        if !self.frames[frame].there {
            return;
        }
        self.frames[frame].attached = true;
        let holds = self.frames[frame].config;
        self.note(|_| format!("frame {frame}: attached with {holds:?}"));
        player.told(self, News::Attached(frame));
        let soon = self.draws.i64(SECOND..MINUTE);
        self.push(self.now + soon, Next::Uses(frame));
        if let Some(token) = holds {
            self.use_now(frame, token);
        }
    }

    fn go(&mut self, place: u32, player: &mut dyn Player) {
        for frame in 0..self.frames.len() {
            if self.frames[frame].place == place {
                self.frames[frame].there = false;
                if std::mem::take(&mut self.frames[frame].attached) {
                    self.note(|_| format!("frame {frame}: detached"));
                    player.told(self, News::Detached(frame));
                }
            }
        }
    }

    /// The element is reset, or removed with all that is in it.
    fn take_off(&mut self, place: u32, player: &mut dyn Player) {
        for frame in 0..self.frames.len() {
            if self.frames[frame].place == place && std::mem::take(&mut self.frames[frame].there) {
                self.note(|_| format!("frame {frame}: is gone"));
                player.told(self, News::Changed(frame));
            }
        }
    }

    /// Another embed on the same element.
    fn replace(&mut self, place: u32, player: &mut dyn Player) {
        let Some(frame) = self.frames.iter().rposition(|frame| frame.place == place) else {
            return;
        };
        if self.frames[frame].attached {
            self.frames[frame].embed_anew(self.first);
            self.note(|_| format!("frame {frame}: embedded anew"));
            player.told(self, News::Changed(frame));
            if let Some(token) = self.first {
                self.use_now(frame, token);
            }
        } else {
            for other in self.frames.iter_mut().filter(|other| other.place == place) {
                other.there = false;
            }
            // whoever let it go hears of it when it has loaded
            self.frames.push(Frame::new(place, self.first));
            let loaded = self.draws.i64(SECOND..20 * SECOND);
            self.push(self.now + loaded, Next::Comes(self.frames.len() - 1));
        }
    }

    // ---- what a player reads --------------------------------------------------------------------

    /// The kind of token that the embeds ask for.
    #[must_use]
    pub const fn kind(&self) -> powerbi_token_keeper::token::Kind {
        self.source.kind
    }

    /// `Date.now()`.
    #[must_use]
    pub fn wall(&self) -> i64 {
        self.clocks.wall(self.now)
    }

    /// How the page's `Date` header reads now; `None` where it may not be read.
    #[must_use]
    pub fn date(&self) -> Option<i64> {
        (!self.plan.has(What::HidesDate)).then(|| self.now.div_euclid(1_000) * 1_000)
    }
}
