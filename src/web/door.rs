//! What the facade may call. Each body is parse, call, convert.

use super::live::{Live, Look};
use super::{answer, events, js, options, page};
use crate::io::{ClaimId, EmbedId, Input};
use crate::keeper::Keeper;
use core::cell::RefCell;
use js_sys::{Function, Object};
use std::panic;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Element;

thread_local! {
    static CRASHED: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Starts the instance. `crashed()` is called at most once, when it must not be entered again; `soon(work)` has
/// `work` done in a task of its own.
#[wasm_bindgen]
pub fn boot(crashed: Function, soon: Function) {
    page::boot(soon);
    CRASHED.with(|cell| cell.replace(Some(crashed)));
    // the panic's own message is not passed on: it may quote anything
    panic::set_hook(Box::new(|_| crash()));
}

/// Tells the facade that the instance must not be entered again.
// a function of its own, since the build has panics call it without std's way through their messages
#[inline(never)]
fn crash() {
    if let Some(crashed) = CRASHED.with(RefCell::take) {
        let _told = crashed.call0(&JsValue::UNDEFINED);
    }
}

/// The facade's side of one keeper.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Door(Rc<Live>);

#[wasm_bindgen]
impl Door {
    /// Starts a keeper. `options` are the facade's, checked; `emit(type, detail, refused)` raises an event on the page; `refused` is
    /// the token that was, for the diagnosis; `look(ids, clocks)` has [`Self::look`] called where something has changed, and reads the clocks.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, emit: Function, look: Look) -> Door {
        let options = options::read(&options);
        let core = Keeper::new(options.policy, answer::read_json, seed());
        let live = Live::new(core, options.source, emit, look);
        page::join(&live);
        let begin = Input::Begin {
            initial: options.initial,
            kind: options.kind,
            hidden: page::hidden(),
        };
        page::tell(&live, begin);
        Door(live)
    }

    /// Keeps the embed in `element` fresh; `embed` is what was handed in, if it was an embed. Ids rise and are
    /// never used again.
    pub fn attach(&self, id: u32, element: Element, embed: JsValue) {
        self.0.attach(EmbedId(id), element, embed);
    }

    /// Lets go of an embed.
    pub fn detach(&self, id: u32) {
        self.0.detach(EmbedId(id));
    }

    /// Something has changed at an embed.
    pub fn look(&self, id: u32) {
        self.0.look(EmbedId(id), true);
    }

    /// An embed raised an error that a new token may heal.
    pub fn heal(&self, id: u32) {
        page::tell(&self.0, Input::Ailing(EmbedId(id)));
    }

    /// A frame asked through its provider; `id` is its embed, where it is attached. Calls `done(code, token)`.
    pub fn provide(&self, id: Option<u32>, done: Function) {
        let waiter = self.0.wait(done);
        page::tell(
            &self.0,
            Input::Provide {
                waiter,
                embed: id.map(EmbedId),
            },
        );
    }

    /// Asks for a new token now. Calls `done(code, expiresAt)`.
    pub fn refresh(&self, done: Function) {
        let waiter = self.0.wait(done);
        page::tell(&self.0, Input::Refresh(waiter));
    }

    /// Asks for a token that is valid now. Calls `done(code, token)`.
    pub fn obtain(&self, done: Function) {
        let waiter = self.0.wait(done);
        page::tell(&self.0, Input::Obtain(waiter));
    }

    /// It is this tab's turn among those of the same `shareKey`.
    pub fn claimed(&self, id: u32) {
        page::tell(&self.0, Input::Claimed(ClaimId(id)));
    }

    /// Another tab got `answer`.
    pub fn shared(&self, answer: JsValue) {
        page::tell(&self.0, Input::Shared(answer::json(&answer)));
    }

    /// `KeeperStatus`, but for the engine.
    pub fn status(&self) -> Object {
        let now = js::now();
        // bound first, so that the borrow has ended when the object is made
        let status = self.0.core.borrow().status(now);
        status.read_out(events::object)
    }

    /// Ends everything.
    pub fn stop(&self) {
        page::stop(&self.0);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any bits will do"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
