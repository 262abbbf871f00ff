//! The tabs of one `shareKey`: a page each, with one source, one lock and one channel.
//!
//! The lock is a Web Lock: granted to one tab at a time, in the order of the requests, held until it is released or the tab
//! is closed. A frozen tab keeps it. The channel is a BroadcastChannel: a frozen tab receives messages when it runs again.
//! There is no order between lock and channel.

use crate::plan::{FaultKind, Plan};
use crate::strategies::keeper::KeeperStrategy;
use crate::tokens::TokenId;
use crate::world::{TabAction, World};
use fastrand::Rng;
use std::collections::VecDeque;

/// One tab.
#[derive(Debug)]
pub struct Tab {
    /// Its page.
    pub world: World,
    /// Its keeper.
    pub keeper: KeeperStrategy,
    opens: i64,
    begun: bool,
}

impl Tab {
    fn next(&self) -> Option<i64> {
        if self.begun {
            self.world.next()
        } else {
            Some(self.opens)
        }
    }
}

/// All tabs and their common state.
#[derive(Debug)]
pub struct Tabs {
    plan: Plan,
    /// The tabs by number.
    pub tabs: Vec<Tab>,
    /// The tab whose world has the source and the tokens at the moment.
    active: usize,
    holder: Option<usize>,
    queue: VecDeque<(usize, u32)>,
    rng: Rng,
}

impl Tabs {
    /// The tabs before any of them is opened.
    #[must_use]
    pub fn new(plan: &Plan, traced: bool) -> Self {
        let tab = |number| {
            let own = plan.of_tab(number);
            let opened = own.faults.iter().find(|fault| fault.kind == FaultKind::TabOpens);
            let opens = opened.map_or(0, |fault| fault.from);
            let mut world = World::new(own, traced);
            world.now = opens;
            let keeper = KeeperStrategy::new(&world);
            Tab {
                world,
                keeper,
                opens,
                begun: false,
            }
        };
        Self {
            plan: plan.clone(),
            tabs: (0..plan.tabs()).map(tab).collect(),
            active: 0,
            holder: None,
            queue: VecDeque::new(),
            rng: Rng::with_seed(plan.seed ^ 0x7ab5),
        }
    }

    /// Runs the day to its end.
    pub fn run(&mut self) {
        let next = |tabs: &Self| {
            let times = tabs.tabs.iter().enumerate();
            times
                .filter_map(|(number, tab)| Some((tab.next()?, number)))
                .min()
        };
        while let Some((at, number)) = next(self) {
            self.activate(number);
            let tab = &mut self.tabs[number];
            if tab.begun {
                tab.world.step(&mut tab.keeper);
            } else {
                tab.begun = true;
                tab.world.begin(at, &mut tab.keeper);
            }
            self.perform_actions(number);
        }
    }

    /// Moves the source and the tokens to the tab in which something happens.
    fn activate(&mut self, number: usize) {
        if let Ok([last, next]) = self.tabs.get_disjoint_mut([self.active, number]) {
            std::mem::swap(&mut last.world.source, &mut next.world.source);
            std::mem::swap(&mut last.world.tokens, &mut next.world.tokens);
        }
        self.active = number;
    }

    /// Performs the actions of a tab towards the others.
    fn perform_actions(&mut self, number: usize) {
        let at = self.tabs[number].world.now;
        for action in std::mem::take(&mut self.tabs[number].world.tab_actions) {
            match action {
                TabAction::AcquireLock(claim) => {
                    self.release_lock(number);
                    self.queue.push_back((number, claim));
                }
                TabAction::ReleaseLock => self.release_lock(number),
                TabAction::Broadcast(token, expires) => self.broadcast(number, at, token, expires),
            }
        }
        if self.tabs[number].world.closed {
            self.release_lock(number);
        }
        self.grant(at);
    }

    fn release_lock(&mut self, number: usize) {
        self.queue.retain(|(one, _)| *one != number);
        self.holder = self.holder.filter(|holder| *holder != number);
    }

    fn broadcast(&mut self, from: usize, at: i64, token: TokenId, expires: i64) {
        if self.has_fault(None, at, FaultKind::NoChannel) {
            return;
        }
        for (number, tab) in self.tabs.iter_mut().enumerate() {
            if number != from && tab.begun && !tab.world.closed {
                tab.world.deliver_token(at, self.rng.i64(1..30), token, expires);
            }
        }
    }

    /// Whether the fault is in effect for this tab, or for all.
    fn has_fault(&self, tab: Option<usize>, at: i64, kind: FaultKind) -> bool {
        let tab = tab.and_then(|number| u8::try_from(number).ok());
        let faults = self.plan.faults.iter();
        faults
            .filter(|fault| fault.tab == tab && fault.kind == kind)
            .any(|fault| fault.covers(at))
    }

    /// Grants the lock to the next tab that waits for it.
    fn grant(&mut self, at: i64) {
        while self.holder.is_none() && !self.has_fault(None, at, FaultKind::NoLock) {
            let Some((number, claim)) = self.queue.pop_front() else {
                return;
            };
            if self.has_fault(Some(number), at, FaultKind::TabStopsWithLock { closed: true }) {
                self.tabs[number].world.close();
                continue;
            }
            self.holder = Some(number);
            if self.has_fault(Some(number), at, FaultKind::TabStopsWithLock { closed: false }) {
                let world = &mut self.tabs[number].world;
                world.note(|_| "        is frozen with the lock".to_owned());
                let ends = |kind: &FaultKind| *kind == FaultKind::TabStopsWithLock { closed: false };
                let faults = world.plan.faults.iter().filter(|fault| ends(&fault.kind));
                let thaws = faults
                    .filter(|fault| fault.covers(at))
                    .map(|fault| fault.to)
                    .max();
                world.page.freeze(at, thaws.unwrap_or(at));
            }
            // after its message to itself has arrived, which follows the token of the tab before
            let wait = self.rng.i64(30..40);
            if !self.has_fault(None, at, FaultKind::NoChannel) {
                self.tabs[number].world.grant_lock(at, wait, claim);
            }
        }
    }
}
