//! The page: its keepers, their one inbox, one timer and one set of listeners.

use super::js;
use super::listener::Listener;
use super::live::Live;
use crate::io::{Effect, Input, Trigger};
use crate::time::{Duration, Instant, Now};
use core::cell::{Cell, RefCell};
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
    /// The facade's `rest(wait)`, which sets the page's one timer in place of the one before: it calls [`ring`]. A negative
    /// `wait` sets none.
    rest: RefCell<Option<Function>>,
    /// When the timer is due.
    armed: Cell<Option<Instant>>,
    /// What the timer's call said of the clocks, until something may have taken time.
    told: Cell<Option<Now>>,
    listeners: RefCell<Vec<Listener>>,
}

thread_local! {
    static PAGE: Page = Page::new();
}

/// Whether the page is hidden now.
pub(crate) fn hidden() -> bool {
    js::text(&document(), "visibilityState").is_some_and(|state| state == "hidden")
}

/// Takes the facade's `soon(work)` and `rest(wait)`.
pub(crate) fn boot(soon: Function, rest: Function) {
    let work = js::callback(|_| {
        PAGE.with(|page| {
            page.begin_task();
            page.drain();
        });
    });
    PAGE.with(|page| {
        page.soon.replace(Some((soon, work)));
        page.rest.replace(Some(rest));
    });
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
            rest: RefCell::new(None),
            armed: Cell::new(None),
            told: Cell::new(None),
            listeners: RefCell::default(),
        }
    }

    fn put(&self, live: &Rc<Live>, input: Input) {
        self.inbox.borrow_mut().push((Rc::clone(live), input));
    }

    fn drain(&self) {
        if self.busy.get() {
            return;
        }
        self.run();
        let before = self.armed.get();
        let wait = self.arm();
        if self.armed.get() != before {
            self.rest(wait);
        }
    }

    fn run(&self) {
        self.busy.set(true);
        while self.step() {}
        self.busy.set(false);
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
        let done = if next.is_none() { todo.take() } else { None };
        drop(todo);
        match (next, done) {
            (Some((live, Effect::Look(embed))), _) => live.looks_at(embed),
            (Some((live, effect)), _) => {
                self.performed.set(self.performed.get() + 1);
                self.told.set(None);
                live.perform(effect);
            }
            (None, Some((live, _))) => live.looks(),
            (None, None) => {}
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

    /// Has listeners only while something is attached. Answers with the wait for the one timer, which is to be set for the
    /// nearest deadline.
    fn arm(&self) -> i32 {
        let (deadline, attached) = self.look();
        self.armed.set(deadline);
        if attached == self.listeners.borrow().is_empty() {
            let old = self
                .listeners
                .replace(if attached { listeners() } else { Vec::new() });
            drop(old);
        }
        // no more than a minute, so it fits
        let wait = |at: Instant| at.since(self.now().mono).min(LONGEST).as_ms() as i32;
        deadline.map_or(-1, wait)
    }

    fn rest(&self, wait: i32) {
        let rest = self.rest.borrow();
        let _set = rest
            .as_ref()
            .map(|rest| rest.call1(&JsValue::UNDEFINED, &wait.into()));
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
    fn ring(&self, now: Now) -> i32 {
        self.performed.set(0);
        self.told.set(Some(now));
        for live in self.keepers.borrow().iter() {
            if due(live, now.mono) {
                self.put(live, Input::Tick);
            }
        }
        self.run();
        let wait = self.arm();
        self.told.set(None);
        wait
    }
}

/// The timer fired when the clocks said `now`. Answers with the wait for the next, as `rest` takes it.
pub(crate) fn ring(now: Now) -> i32 {
    PAGE.with(|page| page.ring(now))
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
            page.drain();
        }
    });
}

fn due(live: &Live, now: Instant) -> bool {
    live.core
        .borrow()
        .deadline()
        .is_some_and(|deadline| deadline.at <= now)
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
