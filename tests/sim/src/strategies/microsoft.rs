//! Microsoft's documented loop: `setInterval` of 30 s, ten minutes ahead, and `visibilitychange`.
//!
//! An independent writing of <https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token>, once per embed:
//! no guard against a request under way, no catch, no retry rule, no time limit, and the new expiration is stored before
//! `setAccessToken` resolves. Where the page leaves a line to the reader, it is read in the loop's favour: a status other
//! than success makes the fetch throw, so the old expiration stays, and a page that embeds another report or sets a token
//! by hand stores the new expiration.

use crate::SECOND;
use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::tokens::TokenId;
use crate::world::World;
use crate::{MINUTE, START};
use powerbi_token_keeper::io::Trigger;
use std::collections::BTreeMap;

/// The loops of one page.
#[derive(Debug, Default)]
pub struct Microsoft {
    /// Each embed's `tokenExpiration`, by the wall clock; `None` is the NaN of an expiration that can't be parsed.
    expirations: BTreeMap<FrameId, Option<i64>>,
    /// The embed of each request.
    requests: Vec<FrameId>,
}

const INTERVAL: i64 = 30 * SECOND;
const LEAD: i64 = 10 * MINUTE;

impl Microsoft {
    /// `checkTokenAndUpdate`.
    fn check(&mut self, world: &mut World, frame: FrameId) {
        // NaN compares false, so that nothing is ever refreshed again
        let expiration = self.expirations.get(&frame).copied().flatten();
        if expiration.is_some_and(|expires| expires - world.wall() <= LEAD) {
            self.update_token(world, frame);
        }
    }

    /// `updateToken`.
    fn update_token(&mut self, world: &mut World, frame: FrameId) {
        self.requests.push(frame);
        let tag = (self.requests.len() - 1) as u32;
        world.request_token(tag, 1 << world.frames[frame].content);
    }

    fn store_expiration(&mut self, world: &World, frame: FrameId, token: Option<TokenId>) {
        let token = token.map(|token| world.tokens.get(token));
        let expiration = token.and_then(|token| token.has_expiration.then_some(START + token.expires_at));
        self.expirations.insert(frame, expiration);
    }
}

impl Strategy for Microsoft {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::Timer(timer) => {
                world.arm(timer, INTERVAL);
                self.check(world, timer as FrameId);
            }
            PageEvent::Trigger(Trigger::Visible) => {
                let frames: Vec<_> = self.expirations.keys().copied().collect();
                frames.into_iter().for_each(|frame| self.check(world, frame));
            }
            PageEvent::Refresh => {
                let frames: Vec<_> = self.expirations.keys().copied().collect();
                frames
                    .into_iter()
                    .for_each(|frame| self.update_token(world, frame));
            }
            PageEvent::Attached(frame) => {
                self.store_expiration(world, frame, world.frames[frame].config);
                world.arm(frame as u32, INTERVAL);
            }
            PageEvent::Changed(frame) | PageEvent::TokenSetByPage(frame) if world.frames[frame].in_page => {
                self.store_expiration(world, frame, world.frames[frame].config);
            }
            PageEvent::Detached(frame) => {
                self.expirations.remove(&frame);
                world.disarm(frame as u32);
            }
            PageEvent::Response {
                tag,
                response: Response::Token(token),
            } => {
                let frame = self.requests[tag as usize];
                if self.expirations.contains_key(&frame) {
                    self.store_expiration(world, frame, Some(token));
                    world.set_access_token(frame, 0, token);
                }
            }
            // `undefined` as a token: setAccessToken rejects
            PageEvent::Response {
                tag,
                response: Response::InvalidBody(_),
            } => {
                self.expirations.insert(self.requests[tag as usize], None);
                world.metrics.unhandled_rejections += 1;
            }
            PageEvent::Response { .. } | PageEvent::CallFinished { taken: false, .. } => {
                world.metrics.unhandled_rejections += 1;
            }
            _ => {}
        }
    }
}
