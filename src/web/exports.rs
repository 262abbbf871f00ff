//! The exports: what the facade calls. Each body is parse, call, convert. Keepers, embeds, waiters and lock requests are
//! numbers here: a class would bring its handles, their borrows and their release with it.

use super::convert::events::object;
use super::convert::json::parse_json;
use super::facade::Facade;
use super::mailbox::{self, KeeperId};
use super::{globals, js, lifecycle, options, runtime};
use crate::io::{EmbedId, Input, LockRequestId, WaiterId};
use crate::keeper::Keeper;
use crate::token::{AccessToken, Json};
use js_sys::{Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::Element;

/// Starts the instance. `run_in_new_task(work)` runs `work` in a task of its own; `globals` are those of the page.
#[wasm_bindgen]
pub fn init(run_in_new_task: Function, globals: JsValue) {
    globals::init(globals);
    runtime::init(run_in_new_task);
}

/// Starts a keeper and returns its number. `options` are the facade's, checked.
#[wasm_bindgen(js_name = createKeeper)]
pub fn create_keeper(options: JsValue, facade: Facade) -> u32 {
    let options = options::parse(&options);
    let core = Keeper::new(options.policy, parse_json, seed());
    let id = runtime::add(core, options.source, facade);
    let begin = Input::Begin {
        initial: options.initial,
        kind: options.kind,
        hidden: lifecycle::is_hidden(),
    };
    mailbox::post(id, begin);
    id.0
}

/// Keeps the embed in `element` fresh; `provided_embed` is what was handed in, if it was an embed. Ids rise and are
/// never used again.
#[wasm_bindgen]
pub fn attach(keeper: u32, embed: u32, element: Element, provided_embed: JsValue) {
    if let Some(keeper) = runtime::keeper(KeeperId(keeper)) {
        keeper.attach(EmbedId(embed), element, provided_embed);
    }
}

/// Ends what [`attach`] began.
#[wasm_bindgen]
pub fn detach(keeper: u32, embed: u32) {
    if let Some(keeper) = runtime::keeper(KeeperId(keeper)) {
        keeper.detach(EmbedId(embed));
    }
}

/// Something has changed at an embed since the facade's last snapshot.
#[wasm_bindgen(js_name = observeEmbed)]
pub fn observe_embed(keeper: u32, embed: u32) {
    if let Some(keeper) = runtime::keeper(KeeperId(keeper)) {
        keeper.observe_embed(EmbedId(embed), true);
    }
}

/// An embed raised an error that a new token may heal.
#[wasm_bindgen(js_name = refreshMayHelp)]
pub fn refresh_may_help(keeper: u32, embed: u32) {
    mailbox::post(KeeperId(keeper), Input::RefreshMayHelp(EmbedId(embed)));
}

/// This tab holds the lock that it requested.
#[wasm_bindgen(js_name = lockAcquired)]
pub fn lock_acquired(keeper: u32, lock_request: u32) {
    mailbox::post(KeeperId(keeper), Input::LockAcquired(LockRequestId(lock_request)));
}

/// Another tab obtained a token: its expiration in milliseconds since the Unix epoch, and the content that it was
/// requested for.
#[wasm_bindgen(js_name = tokenReceivedFromTab)]
pub fn token_received_from_tab(keeper: u32, token: String, expiration: f64, contents: &[f64]) {
    let contents = contents.iter().map(|content| Json::Number(*content)).collect();
    let answer = Json::Object(vec![
        ("token".into(), Json::String(AccessToken::new(token))),
        ("expiration".into(), Json::Number(expiration)),
        ("contents".into(), Json::Array(contents)),
    ]);
    mailbox::post(KeeperId(keeper), Input::TokenReceivedFromTab(answer));
}

/// The waiter wants a token that is valid now.
#[wasm_bindgen(js_name = getToken)]
pub fn get_token(keeper: u32, waiter: u32) {
    mailbox::post(KeeperId(keeper), Input::GetToken(WaiterId(waiter)));
}

/// The waiter wants a new token, and is told when it expires.
#[wasm_bindgen]
pub fn refresh(keeper: u32, waiter: u32) {
    mailbox::post(KeeperId(keeper), Input::Refresh(WaiterId(waiter)));
}

/// The waiter wants to know whether the source gives a good token.
#[wasm_bindgen(js_name = checkSource)]
pub fn check_source(keeper: u32, waiter: u32) {
    mailbox::post(KeeperId(keeper), Input::CheckSource(WaiterId(waiter)));
}

/// The waiter is a frame that asked through `accessTokenProvider`; `embed` is its embed, where it is attached.
#[wasm_bindgen(js_name = providerCalled)]
pub fn provider_called(keeper: u32, waiter: u32, embed: Option<u32>) {
    mailbox::post(
        KeeperId(keeper),
        Input::ProviderCalled {
            waiter: WaiterId(waiter),
            embed: embed.map(EmbedId),
        },
    );
}

/// `KeeperStatus`, but for the engine; nothing for a keeper that has stopped.
#[wasm_bindgen]
pub fn status(keeper: u32) -> Option<Object> {
    let keeper = runtime::keeper(KeeperId(keeper))?;
    let now = js::now();
    // bound first, so that the borrow has ended when the object is made
    let status = keeper.core.borrow().status(now);
    Some(status.to_object(object))
}

/// Ends a keeper.
#[wasm_bindgen]
pub fn stop(keeper: u32) {
    runtime::stop(KeeperId(keeper));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any bits will do"
)]
fn seed() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
