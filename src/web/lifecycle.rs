//! Listeners for what the page goes through: hidden, visible, resumed, online, focused.

use super::globals::{document, window};
use super::js;
use super::listener::Listener;
use crate::io::{Input, Trigger};
use wasm_bindgen::JsValue;

/// A change of the page that concerns every keeper.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PageEvent {
    /// The page was hidden.
    Hidden,
    /// Something that makes a check worth while.
    Trigger(Trigger),
}

impl PageEvent {
    /// The input that a keeper gets.
    pub(crate) fn input(self) -> Input {
        match self {
            Self::Hidden => Input::Hidden,
            Self::Trigger(trigger) => Input::Trigger(trigger),
        }
    }
}

/// Whether the page is hidden now.
pub(crate) fn is_hidden() -> bool {
    js::text(&document(), "visibilityState").is_some_and(|state| state == "hidden")
}

/// Listens to the page until the listeners are dropped.
pub(crate) fn listen(on_event: fn(PageEvent)) -> Vec<Listener> {
    let (window, document) = (window(), document());
    let visibility_change = move |_| {
        on_event(if is_hidden() {
            PageEvent::Hidden
        } else {
            PageEvent::Trigger(Trigger::Visible)
        });
    };
    let page_show = move |event| {
        if js::get(&event, "persisted") == JsValue::TRUE {
            on_event(PageEvent::Trigger(Trigger::PageShow));
        }
    };
    let resume = move |_| on_event(PageEvent::Trigger(Trigger::Resume));
    let online = move |_| on_event(PageEvent::Trigger(Trigger::Online));
    let focus = move |_| on_event(PageEvent::Trigger(Trigger::Focus));
    vec![
        Listener::new(&document, "visibilitychange", js::callback(visibility_change)),
        Listener::new(&document, "resume", js::callback(resume)),
        Listener::new(&window, "pageshow", js::callback(page_show)),
        Listener::new(&window, "online", js::callback(online)),
        Listener::new(&window, "focus", js::callback(focus)),
    ]
}
