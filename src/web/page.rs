//! The page: its keepers, their one inbox, one timer and one set of listeners.

use super::js;
use super::listener::Listener;
use super::live::Live;
use crate::io::{Effect, Input, Trigger};
use crate::time::{Duration, Instant, Now};
use core::cell::{RefCell, RefMut};
use core::mem::{replace, take};
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

/// A running keeper's number, which is all that the facade, listeners and promises have of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeeperId(pub(crate) u32);

#[derive(Default)]
struct Page {
    /// Every keeper from its start to its stop, in the order of their ids.
    keepers: Vec<Rc<Live>>,
    /// How many keepers there were.
    ids: u32,
    inbox: Vec<(KeeperId, Input)>,
    /// What was in the inbox when it was last emptied.
    taken: IntoIter<(KeeperId, Input)>,
    /// What is to be performed before the next input is looked at.
    todo: Option<(Rc<Live>, IntoIter<Effect>)>,
    /// The loop is running further up the stack.
    busy: bool,
    /// How many effects were performed in what may be one task of the browser's.
    performed: u32,
    /// The facade's `soon(work)`, which has `work` done in a task of its own, and that work.
    soon: Option<Rc<(Function, js::Callback)>>,
    /// The loop goes on in a task that was asked for.
    put_off: bool,
    timer: Option<Timer>,
    /// What the clocks said when the timer fired, until something may have taken time.
    told: Option<Now>,
    listeners: Vec<Listener>,
}

/// The page's one timer. It repeats, so that quiet polls, a poll interval apart, need set none.
struct Timer {
    /// When it fires next.
    next: Instant,
    period: Duration,
    _interval: Interval,
}

thread_local! {
    static PAGE: &'static RefCell<Page> = Box::leak(Box::default());
}

/// Uses the page's state. JavaScript is not called meanwhile: it may call back.
fn page<T>(using: impl FnOnce(&mut Page) -> T) -> T {
    using(&mut state())
}

// used all over, and larger than a call
#[inline(never)]
fn state() -> RefMut<'static, Page> {
    PAGE.with(|page| *page).borrow_mut()
}

/// Whether the page is hidden now.
pub(crate) fn hidden() -> bool {
    js::text(&document(), "visibilityState").is_some_and(|state| state == "hidden")
}

/// Takes the facade's `soon(work)`.
pub(crate) fn boot(soon: Function) {
    let work = js::callback(|_| {
        page(Page::begin_task);
        drain();
    });
    page(|page| page.soon = Some(Rc::new((soon, work))));
}

/// Takes a keeper in; it stays until it is stopped. `live` makes what holds it in the browser.
pub(crate) fn join(live: impl FnOnce(KeeperId) -> Live) -> KeeperId {
    page(|page| {
        let id = KeeperId(page.ids);
        page.ids += 1;
        page.keepers.push(Rc::new(live(id)));
        id
    })
}

/// A keeper, from its start to its stop.
pub(crate) fn keeper(id: KeeperId) -> Option<Rc<Live>> {
    page(|page| page.keeper(id))
}

/// Tells one keeper what happened, now or as soon as the loop further up the stack gets to it.
pub(crate) fn tell(keeper: KeeperId, input: Input) {
    page(|page| page.inbox.push((keeper, input)));
    drain();
}

/// Tells every keeper what happened to the page: a trigger, or that it was hidden.
fn tell_all(trigger: Option<Trigger>) {
    page(|page| {
        for live in &page.keepers {
            let input = trigger.map_or(Input::Hidden, Input::Trigger);
            page.inbox.push((live.id, input));
        }
    });
    drain();
}

/// What the loop does next.
enum Next {
    Perform(Effect),
    Tell(Input),
}

impl Page {
    /// Where a keeper is among those that run.
    fn place(&self, id: KeeperId) -> Option<usize> {
        self.keepers.iter().position(|live| live.id == id)
    }

    fn keeper(&self, id: KeeperId) -> Option<Rc<Live>> {
        self.keepers.get(self.place(id)?).cloned()
    }

    /// The next effect, else the next input of a keeper that still runs.
    fn next(&mut self) -> Option<(Rc<Live>, Next)> {
        if let Some((live, effects)) = &mut self.todo {
            for effect in effects {
                // the timer's call has looked already
                if !(matches!(effect, Effect::ObserveEmbed(_)) && self.told.is_some()) {
                    self.performed += 1;
                    self.told = None;
                    return Some((Rc::clone(live), Next::Perform(effect)));
                }
            }
            self.todo = None;
        }
        loop {
            let (id, input) = self.next_input()?;
            if let Some(live) = self.keeper(id) {
                return Some((live, Next::Tell(input)));
            }
        }
    }

    fn next_input(&mut self) -> Option<(KeeperId, Input)> {
        self.taken.next().or_else(|| {
            self.taken = take(&mut self.inbox).into_iter();
            self.taken.next()
        })
    }

    /// Whether the browser should have its turn before what is still to be performed.
    fn is_long(&self) -> bool {
        self.todo.is_some() && self.performed >= SLICE
    }

    /// A new task of the browser's.
    fn begin_task(&mut self) {
        self.performed = 0;
        self.put_off = false;
    }

    /// The nearest deadline.
    fn deadline(&self) -> Instant {
        let mut nearest = Instant::NEVER;
        for live in &self.keepers {
            nearest = nearest.min(live.deadline());
        }
        nearest
    }

    fn has_embeds(&self) -> bool {
        self.keepers.iter().any(|live| live.has_embeds())
    }

    /// Moves the timer on to its next turn. Answers with who is due at this one.
    fn turn(&mut self) -> Vec<Rc<Live>> {
        let Some(timer) = &mut self.timer else {
            return Vec::new();
        };
        let at = timer.next;
        timer.next = at + timer.period;
        let mut due = Vec::new();
        for live in &self.keepers {
            if live.deadline() <= at {
                due.push(Rc::clone(live));
            }
        }
        due
    }
}

/// The loop: performs effects and takes inputs until nothing is left, or the rest has to wait.
fn drain() {
    if page(|page| replace(&mut page.busy, true)) {
        return;
    }
    while !(page(|page| page.is_long()) && puts_off()) {
        let Some((live, next)) = page(Page::next) else {
            break;
        };
        match next {
            Next::Perform(effect) => live.perform(effect),
            Next::Tell(input) => {
                let effects = live.core.borrow_mut().handle(now(), input);
                page(|page| page.todo = Some((live, effects.into_iter())));
            }
        }
    }
    page(|page| page.busy = false);
    arm();
}

/// Both clocks. Each is a call into JavaScript.
fn now() -> Now {
    page(|page| page.told).unwrap_or_else(js::now)
}

/// Has the loop go on in a task of its own; false where there is no way to.
fn puts_off() -> bool {
    if page(|page| replace(&mut page.put_off, true)) {
        return true;
    }
    let asked = page(|page| page.soon.clone())
        .and_then(|soon| js::run(&soon.0, soon.1.as_ref()))
        .is_some();
    page(|page| page.put_off = asked);
    asked
}

/// Sets the one timer for the nearest deadline, and has listeners only while something is attached.
fn arm() {
    let (deadline, next) = page(|page| {
        let next = page.timer.as_ref().map_or(Instant::NEVER, |timer| timer.next);
        (page.deadline(), next)
    });
    if next != deadline {
        let timer = (deadline != Instant::NEVER).then(|| timer(deadline, now().mono));
        let old = page(|page| replace(&mut page.timer, timer));
        drop(old);
    }
    let (attached, listens) = page(|page| (page.has_embeds(), !page.listeners.is_empty()));
    if attached != listens {
        let new = if attached { listeners() } else { Vec::new() };
        let old = page(|page| replace(&mut page.listeners, new));
        drop(old);
    }
}

/// The timer fired: whoever is due is told so.
fn ring() {
    // what is seen is put into the inbox, to be known before the check
    let due = page(|page| {
        page.performed = 0;
        page.busy = true;
        page.turn()
    });
    let mut clocks = None;
    for live in &due {
        clocks = Some(live.glance());
    }
    page(|page| {
        page.busy = false;
        page.told = clocks;
        for live in &due {
            page.inbox.push((live.id, Input::Tick));
        }
    });
    drain();
    page(|page| page.told = None);
}

/// Ends a keeper at once: what it still had to do is dropped, and what it is told from now on does nothing.
pub(crate) fn stop(id: KeeperId) {
    let Some(live) = keeper(id) else { return };
    let dropped = page(|page| page.todo.take_if(|(one, _)| one.id == id));
    drop(dropped);
    let effects = live.core.borrow_mut().handle(js::now(), Input::Stop);
    for effect in effects {
        live.perform(effect);
    }
    let left = page(|page| page.place(id).map(|at| page.keepers.remove(at)));
    live.clear();
    drop(left);
    // while another goes on, a timer that fires for nothing is cheaper than a thousand that are set anew
    if !page(|page| page.has_embeds()) {
        arm();
    }
}

fn timer(at: Instant, now: Instant) -> Timer {
    let period = at.since(now).min(LONGEST);
    // no more than a minute, so it fits
    let wait = u32::try_from(period.as_ms()).unwrap_or(0);
    Timer {
        next: now + period,
        period,
        _interval: Interval::new(wait, ring),
    }
}

fn listeners() -> Vec<Listener> {
    let (window, document) = (window(), document());
    let visible = |_| tell_all((!hidden()).then_some(Trigger::Visible));
    let shown = |event| {
        if js::get(&event, "persisted") == JsValue::TRUE {
            tell_all(Some(Trigger::PageShow));
        }
    };
    let resumes = |_| tell_all(Some(Trigger::Resume));
    let online = |_| tell_all(Some(Trigger::Online));
    let focus = |_| tell_all(Some(Trigger::Focus));
    vec![
        Listener::new(&document, "visibilitychange", js::callback(visible)),
        Listener::new(&document, "resume", js::callback(resumes)),
        Listener::new(&window, "pageshow", js::callback(shown)),
        Listener::new(&window, "online", js::callback(online)),
        Listener::new(&window, "focus", js::callback(focus)),
    ]
}
