//! The tabs of one `shareKey`: a page each, with one source, one lock and one channel.
//!
//! The lock is a Web Lock: given to one tab at a time, in the order of asking, held until it is released or the tab is
//! closed; a frozen tab keeps it. The channel is a BroadcastChannel: whoever is frozen hears when it runs again. Nothing
//! orders the one after the other.

use crate::mint::TokenId;
use crate::plan::{Plan, What};
use crate::players::ours::Ours;
use crate::site::{Post, Site};
use fastrand::Rng;
use std::collections::VecDeque;

/// One tab.
#[derive(Debug)]
pub struct Tab {
    /// Its page.
    pub site: Site,
    /// Its keeper.
    pub ours: Ours,
    opens: i64,
    begun: bool,
}

impl Tab {
    fn next(&self) -> Option<i64> {
        if self.begun {
            self.site.next()
        } else {
            Some(self.opens)
        }
    }
}

/// All tabs, and what they have in common.
#[derive(Debug)]
pub struct Tabs {
    plan: Plan,
    /// In the order of their numbers.
    pub tabs: Vec<Tab>,
    /// The tab whose site has the source and the tokens.
    active: usize,
    holder: Option<usize>,
    queue: VecDeque<(usize, u32)>,
    draws: Rng,
}

impl Tabs {
    /// Before any of them is opened.
    #[must_use]
    pub fn new(plan: &Plan, traced: bool) -> Self {
        let tab = |number| {
            let own = plan.of_tab(number);
            let opened = own.faults.iter().find(|fault| fault.what == What::Opened);
            let opens = opened.map_or(0, |fault| fault.from);
            let mut site = Site::new(own, traced);
            site.now = opens;
            let ours = Ours::new(&site);
            Tab {
                site,
                ours,
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
            draws: Rng::with_seed(plan.seed ^ 0x7ab5),
        }
    }

    /// Plays the day through.
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
                tab.site.step(&mut tab.ours);
            } else {
                tab.begun = true;
                tab.site.begin(at, &mut tab.ours);
            }
            self.deliver(number);
        }
    }

    /// The source and the tokens go to the tab in which something happens.
    fn activate(&mut self, number: usize) {
        if let Ok([last, next]) = self.tabs.get_disjoint_mut([self.active, number]) {
            std::mem::swap(&mut last.site.source, &mut next.site.source);
            std::mem::swap(&mut last.site.mint, &mut next.site.mint);
        }
        self.active = number;
    }

    /// What a tab had to say reaches the others.
    fn deliver(&mut self, number: usize) {
        let at = self.tabs[number].site.now;
        for post in std::mem::take(&mut self.tabs[number].site.posts) {
            match post {
                Post::Claim(claim) => {
                    self.leave(number);
                    self.queue.push_back((number, claim));
                }
                Post::Release => self.leave(number),
                Post::News(token, expires) => self.tell(number, at, token, expires),
            }
        }
        if self.tabs[number].site.closed {
            self.leave(number);
        }
        self.grant(at);
    }

    fn leave(&mut self, number: usize) {
        self.queue.retain(|(one, _)| *one != number);
        self.holder = self.holder.filter(|holder| *holder != number);
    }

    fn tell(&mut self, from: usize, at: i64, token: TokenId, expires: i64) {
        if self.befalls(None, at, What::NoChannel) {
            return;
        }
        for (number, tab) in self.tabs.iter_mut().enumerate() {
            if number != from && tab.begun && !tab.site.closed {
                tab.site.hear(at, self.draws.i64(1..30), token, expires);
            }
        }
    }

    /// Whether the fault goes on for this tab, or for all.
    fn befalls(&self, tab: Option<usize>, at: i64, what: What) -> bool {
        let tab = tab.and_then(|number| u8::try_from(number).ok());
        let faults = self.plan.faults.iter();
        faults
            .filter(|fault| fault.tab == tab && fault.what == what)
            .any(|fault| fault.covers(at))
    }

    /// The lock goes to the next who waits for it.
    fn grant(&mut self, at: i64) {
        while self.holder.is_none() && !self.befalls(None, at, What::NoLock) {
            let Some((number, claim)) = self.queue.pop_front() else {
                return;
            };
            if self.befalls(Some(number), at, What::DiesOnTurn { closed: true }) {
                self.tabs[number].site.close();
                continue;
            }
            self.holder = Some(number);
            if self.befalls(Some(number), at, What::DiesOnTurn { closed: false }) {
                let site = &mut self.tabs[number].site;
                site.note(|_| "        is frozen in its turn".to_owned());
                let ends = |what: &What| *what == What::DiesOnTurn { closed: false };
                let faults = site.plan.faults.iter().filter(|fault| ends(&fault.what));
                let thaws = faults
                    .filter(|fault| fault.covers(at))
                    .map(|fault| fault.to)
                    .max();
                site.page.freeze(at, thaws.unwrap_or(at));
            }
            // told when what it posted to itself has come round, which the news of the tab before precede
            let wait = self.draws.i64(30..40);
            if !self.befalls(None, at, What::NoChannel) {
                self.tabs[number].site.grant(at, wait, claim);
            }
        }
    }
}
