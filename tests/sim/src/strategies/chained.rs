//! A chained timeout in the manner of Superset's embedded SDK 0.4.0.
//!
//! One `setTimeout` of max(10 s, expiration − now) − 5 s; 300 s for a token without an expiration. A failure or a request of
//! more than 30 s is retried after a flat 10 s. One chain, so one request at a time. Every rejection is caught, and the
//! result of `setAccessToken` is ignored.

use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::world::World;
use crate::{MINUTE, SECOND, START};

const BUFFER: i64 = 5 * SECOND;
const LEAST: i64 = 10 * SECOND;
const RETRY: i64 = 10 * SECOND;
const TIMEOUT: i64 = 30 * SECOND;
const UNKNOWN: i64 = 5 * MINUTE;
/// The longest delay; browsers hold it in 32 bits, and more fires at once.
const LONGEST: i64 = i32::MAX as i64;

/// The chain of one page.
#[derive(Debug, Default)]
pub struct Chained {
    frame: Option<FrameId>,
    requests: u32,
    /// The request under way.
    open: Option<u32>,
}

impl Chained {
    fn chain(world: &mut World, wait: i64) {
        world.arm(0, if wait > LONGEST { 1 } else { wait });
    }

    fn wait_for(world: &World, token: crate::tokens::TokenId) -> i64 {
        let token = world.tokens.get(token);
        let left = if token.has_expiration {
            START + token.expires_at - world.wall()
        } else {
            UNKNOWN
        };
        left.max(LEAST) - BUFFER
    }
}

impl Strategy for Chained {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::Attached(frame) => {
                self.frame = Some(frame);
                let wait = world.frames[frame]
                    .config
                    .map_or(0, |token| Self::wait_for(world, token));
                Self::chain(world, wait);
            }
            // the time limit of the request, or the end of a wait
            PageEvent::Timer(_) => {
                if self.open.take().is_some() {
                    Self::chain(world, RETRY);
                } else {
                    self.requests += 1;
                    self.open = Some(self.requests);
                    Self::chain(world, TIMEOUT);
                    world.request_token(self.requests);
                }
            }
            PageEvent::Response { tag, response } if self.open == Some(tag) => {
                self.open = None;
                if let (Response::Token(token), Some(frame)) = (response, self.frame) {
                    world.set_access_token(frame, 0, token);
                    let wait = Self::wait_for(world, token);
                    Self::chain(world, wait);
                } else {
                    Self::chain(world, RETRY);
                }
            }
            _ => {}
        }
    }
}
