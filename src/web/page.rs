//! The page: its keepers, their one inbox, one timer and one set of listeners.

use super::js;
use super::listener::Listener;
use super::live::Live;
use crate::io::{Effect, Input, Trigger};
use crate::time::{Duration, Instant, Now};
use core::cell::{Cell, RefCell};
use gloo_timers::callback::Interval;
use js_sys::Function;
use std::rc::Rc;
use std::vec::IntoIter;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// How many effects are performed in one task of the browser's, so that ten thousand embeds take turns with the page.
/// Each may be a call into an embed, a request, or a listener of the page.
const SLICE: u32 = 64;
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
    /// What was in the inbox when it was last emptied.
    taken: RefCell<IntoIter<(Rc<Live>, Input)>>,
    /// What is to be performed before the next input is looked at.
    todo: RefCell<Option<(Rc<Live>, IntoIter<Effect>)>>,
    /// The loop is running further up the stack.
    busy: Cell<bool>,
    /// How many effects were performed in what may be one task of the browser's.
    performed: Cell<u32>,
    /// The facade's `soon(work)`, which has `work` done in a task of its own, and that work.
    soon: RefCell<Option<(Function, js::Callback)>>,
    /// The loop goes on in a task that was asked for.
    put_off: Cell<bool>,
    timer: RefCell<Option<Timer>>,
    /// What the clocks said when the timer fired, until something may have taken time.
    told: Cell<Option<Now>>,
    listeners: RefCell<Vec<Listener>>,
}

/// The page's one timer. It repeats, so that quiet polls, a poll interval apart, need set none.
#[derive(Debug)]
struct Timer {
    /// When it fires next.
    next: Instant,
    period: Duration,
    _interval: Interval,
}

thread_local! {
    static PAGE: Page = Page::new();
}

/// Whether the page is hidden now.
pub(crate) fn hidden() -> bool {
    js::text(&document(), "visibilityState").is_some_and(|state| state == "hidden")
}

/// Takes the facade's `soon(work)`.
pub(crate) fn boot(soon: Function) {
    let work = js::callback(|_| {
        PAGE.with(|page| {
            page.begin_task();
            page.drain();
        });
    });
    PAGE.with(|page| page.soon.replace(Some((soon, work))));
}

/// Takes a keeper in; it stays until it is stopped.
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
    fn new() -> Self {
        Self {
            keepers: RefCell::default(),
            inbox: RefCell::default(),
            taken: RefCell::default(),
            todo: RefCell::default(),
            busy: Cell::new(false),
            performed: Cell::new(0),
            soon: RefCell::new(None),
            put_off: Cell::new(false),
            timer: RefCell::new(None),
            told: Cell::new(None),
            listeners: RefCell::default(),
        }
    }

    fn put(&self, live: &Rc<Live>, input: Input) {
        self.inbox.borrow_mut().push((Rc::clone(live), input));
    }

    fn drain(&self) {
        if self.busy.replace(true) {
            return;
        }
        while self.step() {}
        self.busy.set(false);
        self.arm();
    }

    /// Both clocks. Each is a call into JavaScript.
    fn now(&self) -> Now {
        self.told.get().unwrap_or_else(js::now)
    }

    /// Performs one effect or takes one input; false when nothing is left, or the rest has to wait.
    fn step(&self) -> bool {
        if self.todo.borrow().is_some() {
            return self.perform();
        }
        let Some((live, input)) = self.next_input() else {
            return false;
        };
        let effects = live.core.borrow_mut().handle(self.now(), input);
        if !effects.is_empty() {
            self.todo.replace(Some((live, effects.into_iter())));
        }
        true
    }

    fn next_input(&self) -> Option<(Rc<Live>, Input)> {
        let mut taken = self.taken.borrow_mut();
        taken.next().or_else(|| {
            *taken = self.inbox.take().into_iter();
            taken.next()
        })
    }

    /// Performs the next effect; false when it has to wait.
    fn perform(&self) -> bool {
        if self.performed.get() >= SLICE && self.puts_off() {
            return false;
        }
        let mut todo = self.todo.borrow_mut();
        let next = todo
            .as_mut()
            .and_then(|(live, effects)| Some((Rc::clone(live), effects.next()?)));
        if next.is_none() {
            *todo = None;
        }
        drop(todo);
        // the timer's call has looked already
        let looked = |effect: &Effect| matches!(effect, Effect::Look(_)) && self.told.get().is_some();
        if let Some((live, effect)) = next.filter(|(_, effect)| !looked(effect)) {
            self.performed.set(self.performed.get() + 1);
            self.told.set(None);
            live.perform(effect);
        }
        true
    }

    /// Has the loop go on in a task of its own; false where there is no way to.
    fn puts_off(&self) -> bool {
        if self.put_off.replace(true) {
            return true;
        }
        let soon = self.soon.borrow();
        let asked = soon
            .as_ref()
            .map(|(soon, work)| soon.call1(&JsValue::UNDEFINED, work.as_ref()));
        let asked = asked.is_some_and(|asked| asked.is_ok());
        self.put_off.set(asked);
        asked
    }

    /// A new task of the browser's.
    fn begin_task(&self) {
        self.performed.set(0);
        self.put_off.set(false);
    }

    /// Sets the one timer for the nearest deadline, and has listeners only while something is attached.
    fn arm(&self) {
        let (deadline, attached) = self.look();
        let next = self.timer.borrow().as_ref().map(|timer| timer.next);
        if next != deadline {
            let timer = deadline.map(|at| timer(at, self.now().mono));
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
        self.performed.set(0);
        let due: Vec<_> = self.turn().into_iter().flat_map(|at| self.due(at)).collect();
        // what is seen is put into the inbox, to be known before the check
        self.busy.set(true);
        let mut clocks = None;
        for live in &due {
            clocks = Some(live.glance());
        }
        self.busy.set(false);
        self.told.set(clocks);
        for live in &due {
            self.put(live, Input::Tick);
        }
        self.drain();
        self.told.set(None);
    }

    /// Moves the timer on to its next turn. Answers with when this one was due.
    fn turn(&self) -> Option<Instant> {
        let mut timer = self.timer.borrow_mut();
        let timer = timer.as_mut()?;
        let at = timer.next;
        timer.next = at + timer.period;
        Some(at)
    }

    fn due(&self, at: Instant) -> Vec<Rc<Live>> {
        let keepers = self.keepers.borrow();
        keepers.iter().filter(|live| due(live, at)).cloned().collect()
    }
}

/// Ends a keeper at once: what it still had to do is dropped, and what it is told from now on does nothing.
pub(crate) fn stop(live: &Rc<Live>) {
    let others = |one: &Rc<Live>| !Rc::ptr_eq(one, live);
    PAGE.with(|page| {
        let todo = page.todo.take().filter(|(one, _)| others(one));
        page.todo.replace(todo);
        let effects = live.core.borrow_mut().handle(js::now(), Input::Stop);
        for effect in effects {
            live.perform(effect);
        }
        let at = page.keepers.borrow().iter().position(|one| !others(one));
        let left = at.map(|at| page.keepers.borrow_mut().swap_remove(at));
        live.clear();
        drop(left);
        // while another goes on, a timer that fires for nothing is cheaper than a thousand that are set anew
        let goes_on = page.keepers.borrow().iter().any(|one| one.has_embeds());
        if !goes_on {
            page.arm();
        }
    });
}

fn due(live: &Live, now: Instant) -> bool {
    live.core
        .borrow()
        .deadline()
        .is_some_and(|deadline| deadline.at <= now)
}

fn timer(at: Instant, now: Instant) -> Timer {
    let period = at.since(now).min(LONGEST);
    // no more than a minute, so it fits
    let wait = u32::try_from(period.as_ms()).unwrap_or(0);
    Timer {
        next: now + period,
        period,
        _interval: Interval::new(wait, || PAGE.with(Page::ring)),
    }
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
