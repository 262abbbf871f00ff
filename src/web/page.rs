//! The page: its keepers, their one inbox, one timer and one set of listeners.

use super::js;
use super::listener::Listener;
use super::live::Live;
use crate::io::{Input, Trigger};
use crate::time::{Duration, Instant};
use core::cell::{Cell, RefCell};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// No timer is armed for longer: browsers throttle, machines sleep, and 2^31 − 1 ms is the end of `setTimeout`.
const LONGEST: Duration = Duration::from_secs(60);

#[wasm_bindgen]
extern "C" {
    // An object's `valueOf` answers with itself: the shortest way to a global. The facade starts the engine only
    // where both are there.
    #[wasm_bindgen(js_namespace = window, js_name = valueOf)]
    fn window() -> EventTarget;
    #[wasm_bindgen(js_namespace = document, js_name = valueOf)]
    fn document() -> EventTarget;
}

#[derive(Debug)]
struct Page {
    /// Every keeper from its start to its stop.
    keepers: RefCell<Vec<Rc<Live>>>,
    inbox: RefCell<Vec<(Rc<Live>, Input)>>,
    /// The loop is running further up the stack.
    busy: Cell<bool>,
    timer: RefCell<Option<(Instant, Timeout)>>,
    listeners: RefCell<Vec<Listener>>,
}

thread_local! {
    static PAGE: Page = const { Page::new() };
}

/// Whether the page is hidden now.
pub(crate) fn hidden() -> bool {
    js::text(&document(), "visibilityState").is_some_and(|state| state == "hidden")
}

/// Takes a keeper in; it stays until it is told [`Input::Stop`].
pub(crate) fn join(live: &Rc<Live>) {
    PAGE.with(|page| page.keepers.borrow_mut().push(Rc::clone(live)));
}

/// Tells one keeper what happened, now or as soon as the loop further up the stack gets to it.
pub(crate) fn tell(live: &Rc<Live>, input: Input) {
    PAGE.with(|page| {
        page.put(live, input);
        page.drain();
    });
}

/// Tells every keeper what happened to the page: a trigger, or that it was hidden.
fn tell_all(trigger: Option<Trigger>) {
    let input = || trigger.map_or(Input::Hidden, Input::Trigger);
    PAGE.with(|page| {
        for live in page.keepers.borrow().iter() {
            page.put(live, input());
        }
        page.drain();
    });
}

impl Page {
    const fn new() -> Self {
        Self {
            keepers: RefCell::new(Vec::new()),
            inbox: RefCell::new(Vec::new()),
            busy: Cell::new(false),
            timer: RefCell::new(None),
            listeners: RefCell::new(Vec::new()),
        }
    }

    fn put(&self, live: &Rc<Live>, input: Input) {
        self.inbox.borrow_mut().push((Rc::clone(live), input));
    }

    fn drain(&self) {
        if self.busy.replace(true) {
            return;
        }
        loop {
            let inputs = self.inbox.take();
            if inputs.is_empty() {
                break;
            }
            for (live, input) in inputs {
                deliver(&live, input);
            }
        }
        self.busy.set(false);
        self.arm();
    }

    /// Sets the one timer for the nearest deadline, and has listeners only while something is attached.
    fn arm(&self) {
        let (deadline, attached) = self.look();
        let armed = self.timer.borrow().as_ref().map(|(at, _)| *at);
        if armed != deadline {
            let timer = deadline.map(|at| (at, timer(at)));
            let old = self.timer.replace(timer);
            drop(old);
        }
        if attached == self.listeners.borrow().is_empty() {
            let old = self
                .listeners
                .replace(if attached { listeners() } else { Vec::new() });
            drop(old);
        }
    }

    /// The nearest deadline, and whether anything is attached.
    fn look(&self) -> (Option<Instant>, bool) {
        let keepers = self.keepers.borrow();
        let deadline = keepers
            .iter()
            .filter_map(|live| Some(live.core.borrow().deadline()?.at))
            .min();
        (deadline, keepers.iter().any(|live| live.has_embeds()))
    }

    /// The timer fired: whoever is due is told so.
    fn ring(&self) {
        let fired = self.timer.take();
        let now = js::now().mono;
        for live in self.keepers.borrow().iter() {
            if due(live, now) {
                self.put(live, Input::Tick);
            }
        }
        self.drain();
        drop(fired);
    }
}

fn deliver(live: &Rc<Live>, input: Input) {
    let last = matches!(input, Input::Stop);
    let effects = live.core.borrow_mut().handle(js::now(), input);
    for effect in effects {
        live.perform(effect);
    }
    if last {
        PAGE.with(|page| page.keepers.borrow_mut().retain(|one| !Rc::ptr_eq(one, live)));
        live.clear();
    }
}

fn due(live: &Live, now: Instant) -> bool {
    live.core
        .borrow()
        .deadline()
        .is_some_and(|deadline| deadline.at <= now)
}

fn timer(at: Instant) -> Timeout {
    let wait = at.since(js::now().mono).min(LONGEST).as_ms();
    // no more than a minute, so it fits
    let wait = u32::try_from(wait).unwrap_or(0);
    Timeout::new(wait, || PAGE.with(Page::ring))
}

fn listeners() -> Vec<Listener> {
    let (window, document) = (window(), document());
    vec![
        Listener::new(&document, "visibilitychange", |_| {
            tell_all((!hidden()).then_some(Trigger::Visible));
        }),
        Listener::new(&document, "resume", |_| tell_all(Some(Trigger::Resume))),
        Listener::new(&window, "pageshow", |event| {
            if js::get(&event, "persisted").is_truthy() {
                tell_all(Some(Trigger::PageShow));
            }
        }),
        Listener::new(&window, "online", |_| tell_all(Some(Trigger::Online))),
        Listener::new(&window, "focus", |_| tell_all(Some(Trigger::Focus))),
    ]
}
