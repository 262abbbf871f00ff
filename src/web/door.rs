//! What the facade may call. Each body is parse, call, convert. Keepers, embeds, waiters and claims are numbers here: a
//! class would bring its handles, their borrows and their release with it.

use super::live::{Live, Look};
use super::page::{self, KeeperId};
use super::{answer, events, js, options};
use crate::io::{EmbedId, Input, LockRequestId, WaiterId};
use crate::keeper::Keeper;
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Starts the instance. `soon(work)` has `work` done in a task of its own.
#[wasm_bindgen]
pub fn boot(soon: Function) {
    page::boot(soon);
}

/// Starts a keeper, and answers with its number. `options` are the facade's, checked; `emit(type, detail, more)` tells the
/// facade what is to be told: a page's event, with the refused token for the diagnosis, or a waiter's answer;
/// `look(ids, clocks)` tells [`call::LOOK`] where something has changed, and reads the clocks.
#[wasm_bindgen]
pub fn begin(options: JsValue, emit: Function, look: Look) -> u32 {
    let options = options::read(&options);
    let core = Keeper::new(options.policy, answer::parse_json, seed());
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

/// What [`tell`] tells, in the order of `Call` in `npm/src/keeping.ts`.
pub mod call {
    /// Something has changed at the embed.
    pub const LOOK: u32 = 0;
    /// The embed is let go of.
    pub const DETACH: u32 = 1;
    /// The embed raised an error that a new token may heal.
    pub const HEAL: u32 = 2;
    /// It is this tab's turn among those of the same `shareKey`: the claim that waited for it.
    pub const CLAIMED: u32 = 3;
    /// The waiter wants a token that is valid now.
    pub const OBTAIN: u32 = 4;
    /// The waiter wants a new token now, and is told when it expires.
    pub const REFRESH: u32 = 5;
    /// The waiter is a frame that asked through its provider; `embed` is its embed, where it is attached.
    pub const PROVIDE: u32 = 6;
    /// Everything ends.
    pub const STOP: u32 = 7;
}

/// The number of no embed.
const NONE: u32 = u32::MAX;

/// Tells a keeper something that is said in numbers: one of [`call`], and the embed, waiter or claim that it is of.
// one function for all, since what takes its arguments in is more than what it does with them
#[wasm_bindgen]
pub fn tell(keeper: u32, call: u32, id: u32, embed: u32) {
    let keeper = KeeperId(keeper);
    let input = match call {
        call::LOOK => return page::keeper(keeper).map_or((), |live| live.look(EmbedId(id), true)),
        call::DETACH => return page::keeper(keeper).map_or((), |live| live.detach(EmbedId(id))),
        call::HEAL => Input::RefreshMayHelp(EmbedId(id)),
        call::CLAIMED => Input::LockAcquired(LockRequestId(id)),
        call::OBTAIN => Input::GetToken(WaiterId(id)),
        call::REFRESH => Input::Refresh(WaiterId(id)),
        call::PROVIDE => Input::ProviderCalled {
            waiter: WaiterId(id),
            embed: (embed != NONE).then_some(EmbedId(embed)),
        },
        _ => return page::stop(keeper),
    };
    page::tell(keeper, input);
}

/// Another tab got `answer`.
#[wasm_bindgen]
pub fn shared(keeper: u32, answer: JsValue) {
    page::tell(
        KeeperId(keeper),
        Input::TokenReceivedFromTab(answer::json(&answer)),
    );
}

/// `KeeperStatus`, but for the engine; nothing for a keeper that has stopped.
#[wasm_bindgen]
pub fn status(keeper: u32) -> Option<Object> {
    let live = page::keeper(KeeperId(keeper))?;
    let now = js::now();
    // bound first, so that the borrow has ended when the object is made
    let status = live.core.borrow().status(now);
    Some(status.to_object(events::object))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any bits will do"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
