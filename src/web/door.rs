//! What the facade may call. Each body is parse, call, convert. Keepers, embeds, waiters and claims are numbers here: a
//! class would bring its handles, their borrows and their release with it.

use super::live::{Live, Look};
use super::page::{self, KeeperId};
use super::{answer, events, js, options};
use crate::io::{ClaimId, EmbedId, Input, WaiterId};
use crate::keeper::Keeper;
use core::cell::Cell;
use js_sys::{Function, Object};
use std::panic;
use wasm_bindgen::prelude::*;
use web_sys::Element;

thread_local! {
    static CRASHED: Cell<Option<Function>> = const { Cell::new(None) };
}

/// Starts the instance. `crashed()` is called at most once, when it must not be entered again; `soon(work)` has
/// `work` done in a task of its own.
#[wasm_bindgen]
pub fn boot(crashed: Function, soon: Function) {
    page::boot(soon);
    CRASHED.set(Some(crashed));
    // the panic's own message is not passed on: it may quote anything
    panic::set_hook(Box::new(|_| crash()));
}

/// Tells the facade that the instance must not be entered again.
// a function of its own, since the build has panics call it without std's way through their messages
#[inline(never)]
fn crash() {
    if let Some(crashed) = CRASHED.take() {
        let _told = js::run(&crashed, &JsValue::UNDEFINED);
    }
}

/// Starts a keeper, and answers with its number. `options` are the facade's, checked; `emit(type, detail, more)` tells the
/// facade what is to be told: a page's event, with the refused token for the diagnosis, or a waiter's answer;
/// `look(ids, clocks)` has [`look`] called where something has changed, and reads the clocks.
#[wasm_bindgen]
pub fn begin(options: JsValue, emit: Function, look: Look) -> u32 {
    let options = options::read(&options);
    let core = Keeper::new(options.policy, answer::read_json, seed());
    let id = page::join(|id| Live::new(id, core, options.source, emit, look));
    let begin = Input::Begin {
        initial: options.initial,
        kind: options.kind,
        hidden: page::hidden(),
    };
    page::tell(id, begin);
    id.0
}

/// Keeps the embed in `element` fresh; `embed` is what was handed in, if it was an embed. Ids rise and are never used
/// again.
#[wasm_bindgen]
pub fn attach(keeper: u32, id: u32, element: Element, embed: JsValue) {
    if let Some(live) = page::keeper(KeeperId(keeper)) {
        live.attach(EmbedId(id), element, embed);
    }
}

/// Lets go of an embed.
#[wasm_bindgen]
pub fn detach(keeper: u32, id: u32) {
    if let Some(live) = page::keeper(KeeperId(keeper)) {
        live.detach(EmbedId(id));
    }
}

/// Something has changed at an embed.
#[wasm_bindgen]
pub fn look(keeper: u32, id: u32) {
    if let Some(live) = page::keeper(KeeperId(keeper)) {
        live.look(EmbedId(id), true);
    }
}

/// An embed raised an error that a new token may heal.
#[wasm_bindgen]
pub fn heal(keeper: u32, id: u32) {
    page::tell(KeeperId(keeper), Input::Ailing(EmbedId(id)));
}

/// A frame asked through its provider; `id` is its embed, where it is attached. The waiter is told a token.
#[wasm_bindgen]
pub fn provide(keeper: u32, waiter: u32, id: Option<u32>) {
    let waiter = WaiterId(waiter);
    let embed = id.map(EmbedId);
    page::tell(KeeperId(keeper), Input::Provide { waiter, embed });
}

/// Asks for a new token now. The waiter is told when it expires.
#[wasm_bindgen]
pub fn refresh(keeper: u32, waiter: u32) {
    page::tell(KeeperId(keeper), Input::Refresh(WaiterId(waiter)));
}

/// Asks for a token that is valid now. The waiter is told it.
#[wasm_bindgen]
pub fn obtain(keeper: u32, waiter: u32) {
    page::tell(KeeperId(keeper), Input::Obtain(WaiterId(waiter)));
}

/// It is this tab's turn among those of the same `shareKey`.
#[wasm_bindgen]
pub fn claimed(keeper: u32, id: u32) {
    page::tell(KeeperId(keeper), Input::Claimed(ClaimId(id)));
}

/// Another tab got `answer`.
#[wasm_bindgen]
pub fn shared(keeper: u32, answer: JsValue) {
    page::tell(KeeperId(keeper), Input::Shared(answer::json(&answer)));
}

/// `KeeperStatus`, but for the engine; nothing for a keeper that has stopped.
#[wasm_bindgen]
pub fn status(keeper: u32) -> Option<Object> {
    let live = page::keeper(KeeperId(keeper))?;
    let now = js::now();
    // bound first, so that the borrow has ended when the object is made
    let status = live.core.borrow().status(now);
    Some(status.read_out(events::object))
}

/// Ends everything.
#[wasm_bindgen]
pub fn stop(keeper: u32) {
    page::stop(KeeperId(keeper));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any bits will do"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
