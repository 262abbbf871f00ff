//! The runtime: the running keepers, the loop that serves them, and the page's one timer.

use super::facade::Facade;
use super::js;
use super::keeper_instance::KeeperInstance;
use super::lifecycle::{self, PageEvent};
use super::listener::Listener;
use super::mailbox::{self, Inbox, KeeperId};
use super::source::Source;
use crate::io::{Effect, Input};
use crate::keeper::Keeper;
use crate::time::{Duration, Instant, Now};
use core::cell::{RefCell, RefMut};
use core::mem::replace;
use gloo_timers::callback::Interval;
use js_sys::Function;
use std::rc::Rc;
use std::vec::IntoIter;

/// How many effects are performed, and inputs handled that came together, in one task of the browser, so that ten
/// thousand embeds don't block the page. An effect may be a call into an embed, a request, or a listener of the page.
const MAX_STEPS_PER_TASK: u32 = 64;
/// No timer is armed for longer: browsers throttle, machines sleep, and 2^31 − 1 ms is the end of `setTimeout`.
const MAX_TIMER: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Runtime {
    /// Every keeper from its start to its stop, in the order of their ids.
    keepers: Vec<Rc<KeeperInstance>>,
    /// How many keepers there were.
    next_id: u32,
    /// The inputs that were in the mailbox when it was last emptied.
    inbox: IntoIter<<Inbox as IntoIterator>::Item>,
    /// The effects to be performed before the next input is handled.
    pending_effects: Option<(Rc<KeeperInstance>, IntoIter<Effect>)>,
    /// The loop is running further up the stack.
    is_draining: bool,
    /// How many effects were performed in what may be one task of the browser.
    performed: u32,
    /// The facade's `runInNewTask(work)`, and that work: to go on with the loop.
    new_task: Option<Rc<(Function, js::Callback)>>,
    /// The loop goes on in a task that was asked for.
    yield_pending: bool,
    timer: Option<Timer>,
    /// The clocks as they were when the timer fired, until something may have taken time.
    timer_clocks: Option<Now>,
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
    static RUNTIME: &'static RefCell<Runtime> = Box::leak(Box::default());
}

/// Uses the runtime's state. JavaScript is not called meanwhile: it may call back.
fn runtime<T>(using: impl FnOnce(&mut Runtime) -> T) -> T {
    using(&mut state())
}

// used all over, and larger than a call
#[inline(never)]
fn state() -> RefMut<'static, Runtime> {
    RUNTIME.with(|runtime| *runtime).borrow_mut()
}

/// Takes the facade's `runInNewTask(work)`.
pub(crate) fn init(run_in_new_task: Function) {
    let work = js::callback(|_| {
        runtime(Runtime::begin_task);
        run_until_idle();
    });
    runtime(|runtime| runtime.new_task = Some(Rc::new((run_in_new_task, work))));
}

/// Adds a keeper; it stays until it is stopped.
pub(crate) fn add(core: Keeper, source: Source, facade: Facade) -> KeeperId {
    mailbox::on_post(run_until_idle);
    runtime(|runtime| {
        let id = KeeperId(runtime.next_id);
        runtime.next_id += 1;
        runtime
            .keepers
            .push(KeeperInstance::new(id, core, source, facade));
        id
    })
}

/// A keeper, from its start to its stop.
pub(crate) fn keeper(id: KeeperId) -> Option<Rc<KeeperInstance>> {
    runtime(|runtime| runtime.keeper(id))
}

/// Gives every keeper an input.
fn broadcast(event: PageEvent) {
    let ids = runtime(|runtime| runtime.keepers.iter().map(|keeper| keeper.id).collect::<Vec<_>>());
    mailbox::post_all(ids.into_iter().map(|id| (id, event.input())));
}

/// The next step of the loop.
enum Step {
    Perform(Effect),
    Handle(Input),
}

impl Runtime {
    /// The index of a keeper that runs.
    fn index_of(&self, id: KeeperId) -> Option<usize> {
        self.keepers.iter().position(|keeper| keeper.id == id)
    }

    fn keeper(&self, id: KeeperId) -> Option<Rc<KeeperInstance>> {
        self.keepers.get(self.index_of(id)?).cloned()
    }

    /// The next effect, else the next input of a keeper that still runs.
    fn next_step(&mut self) -> Option<(Rc<KeeperInstance>, Step)> {
        if let Some((keeper, effects)) = &mut self.pending_effects {
            for effect in effects {
                // the timer's call has observed already
                if !(matches!(effect, Effect::ObserveEmbed(_)) && self.timer_clocks.is_some()) {
                    self.performed += 1;
                    self.timer_clocks = None;
                    return Some((Rc::clone(keeper), Step::Perform(effect)));
                }
            }
            self.pending_effects = None;
        }
        loop {
            let (id, input) = self.next_input()?;
            if let Some(keeper) = self.keeper(id) {
                return Some((keeper, Step::Handle(input)));
            }
        }
    }

    fn next_input(&mut self) -> Option<(KeeperId, Input)> {
        self.inbox.next().or_else(|| {
            self.inbox = mailbox::take_inbox().into_iter();
            self.inbox.next()
        })
    }

    /// Whether the browser should get a turn before the effects that are pending, or the inputs that came together with
    /// the `handled` last ones.
    fn should_yield(&self, handled: u32) -> bool {
        if self.pending_effects.is_some() {
            self.performed >= MAX_STEPS_PER_TASK
        } else {
            handled >= MAX_STEPS_PER_TASK && self.inbox.len() > 0
        }
    }

    fn begin_task(&mut self) {
        self.performed = 0;
        self.yield_pending = false;
    }

    /// The nearest deadline.
    fn deadline(&self) -> Instant {
        let mut nearest = Instant::NEVER;
        for keeper in &self.keepers {
            nearest = nearest.min(keeper.deadline());
        }
        nearest
    }

    fn has_embeds(&self) -> bool {
        self.keepers.iter().any(|keeper| keeper.has_embeds())
    }

    /// Moves the timer on to its next turn. Returns the keepers that are due at this one.
    fn advance_timer(&mut self) -> Vec<Rc<KeeperInstance>> {
        let Some(timer) = &mut self.timer else {
            return Vec::new();
        };
        let at = timer.next;
        timer.next = at + timer.period;
        let mut due = Vec::new();
        for keeper in &self.keepers {
            if keeper.deadline() <= at {
                due.push(Rc::clone(keeper));
            }
        }
        due
    }
}

/// The loop: performs effects and handles inputs until nothing is left, or the rest has to wait for the browser.
fn run_until_idle() {
    if runtime(|runtime| replace(&mut runtime.is_draining, true)) {
        return;
    }
    let mut handled = 0;
    while !(runtime(|runtime| runtime.should_yield(handled)) && yield_to_browser()) {
        let Some((keeper, step)) = runtime(Runtime::next_step) else {
            break;
        };
        match step {
            Step::Perform(effect) => keeper.perform(effect),
            Step::Handle(input) => {
                handled += 1;
                let effects = keeper.core.borrow_mut().handle(now(), input);
                runtime(|runtime| runtime.pending_effects = Some((keeper, effects.into_iter())));
            }
        }
    }
    runtime(|runtime| runtime.is_draining = false);
    arm();
}

/// Both clocks. Each is a call into JavaScript.
fn now() -> Now {
    runtime(|runtime| runtime.timer_clocks).unwrap_or_else(js::now)
}

/// Has the loop go on in a task of its own; false where there is no way to.
fn yield_to_browser() -> bool {
    if runtime(|runtime| replace(&mut runtime.yield_pending, true)) {
        return true;
    }
    let asked = runtime(|runtime| runtime.new_task.clone())
        .and_then(|new_task| js::run(&new_task.0, new_task.1.as_ref()))
        .is_some();
    runtime(|runtime| runtime.yield_pending = asked);
    asked
}

/// Sets the one timer for the nearest deadline, and has listeners only while something is attached.
fn arm() {
    let (deadline, next) = runtime(|runtime| {
        let next = runtime.timer.as_ref().map_or(Instant::NEVER, |timer| timer.next);
        (runtime.deadline(), next)
    });
    if next != deadline {
        let timer = (deadline != Instant::NEVER).then(|| timer(deadline, now().mono));
        let old = runtime(|runtime| replace(&mut runtime.timer, timer));
        drop(old);
    }
    let (attached, listens) = runtime(|runtime| (runtime.has_embeds(), !runtime.listeners.is_empty()));
    if attached != listens {
        let new = if attached {
            lifecycle::listen(broadcast)
        } else {
            Vec::new()
        };
        let old = runtime(|runtime| replace(&mut runtime.listeners, new));
        drop(old);
    }
}

/// The timer fired: whoever is due is told so.
fn on_timer() {
    // what is observed is posted first, to be known before the check
    let due = runtime(|runtime| {
        runtime.performed = 0;
        runtime.is_draining = true;
        runtime.advance_timer()
    });
    let mut clocks = None;
    for keeper in &due {
        clocks = Some(keeper.observe_embeds());
    }
    runtime(|runtime| {
        runtime.is_draining = false;
        runtime.timer_clocks = clocks;
    });
    mailbox::post_all(due.iter().map(|keeper| (keeper.id, Input::Tick)));
    runtime(|runtime| runtime.timer_clocks = None);
}

/// Ends a keeper at once: what it still had to do is dropped, and what it is told from now on does nothing.
pub(crate) fn stop(id: KeeperId) {
    let Some(keeper) = keeper(id) else { return };
    let dropped = runtime(|runtime| runtime.pending_effects.take_if(|(one, _)| one.id == id));
    drop(dropped);
    let effects = keeper.core.borrow_mut().handle(js::now(), Input::Stop);
    for effect in effects {
        keeper.perform(effect);
    }
    let removed = runtime(|runtime| runtime.index_of(id).map(|at| runtime.keepers.remove(at)));
    keeper.clear();
    drop(removed);
    // while another goes on, a timer that fires for nothing is cheaper than a thousand that are set anew
    if !runtime(|runtime| runtime.has_embeds()) {
        arm();
    }
}

fn timer(at: Instant, now: Instant) -> Timer {
    let period = at.since(now).min(MAX_TIMER);
    // no more than a minute, so it fits
    let wait = u32::try_from(period.as_ms()).unwrap_or(0);
    Timer {
        next: now + period,
        period,
        _interval: Interval::new(wait, on_timer),
    }
}
