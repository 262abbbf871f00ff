//! Microsoft's documented loop: `setInterval` of 30 s, ten minutes ahead, and `visibilitychange`.
//!
//! An independent writing of <https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token>: no guard against
//! a request under way, no catch, no retry rule, no time limit, and the new expiration is stored before `setAccessToken`
//! resolves. Where the page leaves a line to the reader, it is read in the loop's favour: a status other than success makes
//! the fetch throw, so the old expiration stays.

use crate::SECOND;
use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::world::World;
use crate::{MINUTE, START};

/// The loop of one page.
#[derive(Debug, Default)]
pub struct Microsoft {
    /// `tokenExpiration`, by the wall clock; `None` is the NaN of an expiration that can't be parsed.
    expires: Option<i64>,
    frame: Option<FrameId>,
    requests: u32,
}

const INTERVAL: i64 = 30 * SECOND;
const LEAD: i64 = 10 * MINUTE;

impl Microsoft {
    /// `checkTokenAndUpdate`.
    fn check(&mut self, world: &mut World) {
        // NaN compares false, so that nothing is ever refreshed again
        if self.expires.is_some_and(|expires| expires - world.wall() <= LEAD) {
            self.requests += 1;
            world.request_token(self.requests);
        }
    }
}

impl Strategy for Microsoft {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::Timer(timer) => {
                world.arm(timer, INTERVAL);
                self.check(world);
            }
            PageEvent::Trigger(powerbi_token_keeper::io::Trigger::Visible) => self.check(world),
            PageEvent::Attached(frame) => {
                self.frame = Some(frame);
                self.expires = world.frames[frame]
                    .config
                    .map(|token| world.tokens.get(token))
                    .and_then(|token| token.has_expiration.then_some(START + token.expires_at));
                world.arm(0, INTERVAL);
            }
            PageEvent::Response {
                response: Response::Token(token),
                ..
            } => {
                let record = world.tokens.get(token);
                self.expires = record.has_expiration.then_some(START + record.expires_at);
                if let Some(frame) = self.frame {
                    world.set_access_token(frame, 0, token);
                }
            }
            // `undefined` as a token: setAccessToken rejects
            PageEvent::Response {
                response: Response::InvalidBody(_),
                ..
            } => {
                self.expires = None;
                world.metrics.unhandled_rejections += 1;
            }
            PageEvent::Response { .. } | PageEvent::CallFinished { taken: false, .. } => {
                world.metrics.unhandled_rejections += 1
            }
            _ => {}
        }
    }
}
