//! `accessTokenProvider` alone: the frame calls it, the page fetches, and nothing else is done.
//!
//! For Aad reports only, since powerbi-client has no such hook for embed tokens. When the frame calls is not documented; see
//! [`crate::frame::provider_interval`]. A request that never ends leaves the call unanswered. One that fails resolves it
//! without a token, and the frame calls again when it next draws with an expired one.

use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::world::World;
use powerbi_token_keeper::token::Kind;
use std::collections::BTreeMap;

/// The hook of one page.
#[derive(Debug, Default)]
pub struct Provider {
    asked: BTreeMap<u32, FrameId>,
    requests: u32,
}

impl Strategy for Provider {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::ProviderCalled(frame) if world.kind() == Kind::Aad => {
                self.requests += 1;
                self.asked.insert(self.requests, frame);
                let content = world.frames[frame].content;
                world.request_token(self.requests, 1 << content);
            }
            PageEvent::Response { tag, response } => {
                if let Some(frame) = self.asked.remove(&tag) {
                    let token = if let Response::Token(token) = response {
                        Some(token)
                    } else {
                        None
                    };
                    world.answer_provider(frame, token);
                }
            }
            _ => {}
        }
    }

    fn has_provider(&self) -> bool {
        true
    }
}
