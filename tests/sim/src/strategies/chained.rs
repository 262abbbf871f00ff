//! A chained timeout in the manner of Superset's embedded SDK 0.4.0, one chain per embed.
//!
//! One `setTimeout` of max(10 s, expiration − now) − 5 s; 300 s for a token without an expiration. A failure or a request of
//! more than 30 s is retried after a flat 10 s. One request at a time. Every rejection is caught, and the result of
//! `setAccessToken` is ignored. A page that embeds another report or sets a token by hand starts the chain again.

use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::tokens::TokenId;
use crate::world::World;
use crate::{MINUTE, SECOND, START};
use std::collections::BTreeMap;

const BUFFER: i64 = 5 * SECOND;
const MIN_WAIT: i64 = 10 * SECOND;
const RETRY: i64 = 10 * SECOND;
const TIMEOUT: i64 = 30 * SECOND;
const UNKNOWN: i64 = 5 * MINUTE;
/// The longest delay; browsers hold it in 32 bits, and more fires at once.
const MAX_TIMER: i64 = i32::MAX as i64;

/// The chains of one page.
#[derive(Debug, Default)]
pub struct Chained {
    /// The request of each embed that is under way, or none.
    chains: BTreeMap<FrameId, Option<u32>>,
    /// The embed of each request.
    requests: Vec<FrameId>,
}

impl Chained {
    fn chain(world: &mut World, frame: FrameId, wait: i64) {
        world.arm(frame as u32, if wait > MAX_TIMER { 1 } else { wait });
    }

    fn wait_for(world: &World, token: TokenId) -> i64 {
        let token = world.tokens.get(token);
        let left = if token.has_expiration {
            START + token.expires_at - world.wall()
        } else {
            UNKNOWN
        };
        left.max(MIN_WAIT) - BUFFER
    }

    /// Starts the embed's chain again, with the token that it holds.
    fn restart(&mut self, world: &mut World, frame: FrameId) {
        self.chains.insert(frame, None);
        let token = world.frames[frame].config;
        let wait = token.map_or(0, |token| Self::wait_for(world, token));
        Self::chain(world, frame, wait);
    }

    fn request(&mut self, world: &mut World, frame: FrameId) {
        self.requests.push(frame);
        let tag = (self.requests.len() - 1) as u32;
        self.chains.insert(frame, Some(tag));
        Self::chain(world, frame, TIMEOUT);
        world.request_token(tag, 1 << world.frames[frame].content);
    }
}

impl Strategy for Chained {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::Attached(frame) => self.restart(world, frame),
            PageEvent::Changed(frame) | PageEvent::TokenSetByPage(frame) if world.frames[frame].in_page => {
                self.restart(world, frame);
            }
            PageEvent::Detached(frame) => {
                self.chains.remove(&frame);
                world.disarm(frame as u32);
            }
            PageEvent::Refresh => {
                let frames: Vec<_> = self.chains.keys().copied().collect();
                frames.into_iter().for_each(|frame| self.request(world, frame));
            }
            // the time limit of the request, or the end of a wait
            PageEvent::Timer(timer) => {
                let frame = timer as FrameId;
                if self.chains.insert(frame, None).flatten().is_some() {
                    Self::chain(world, frame, RETRY);
                } else {
                    self.request(world, frame);
                }
            }
            PageEvent::Response { tag, response } => {
                let frame = self.requests[tag as usize];
                if self.chains.get(&frame) != Some(&Some(tag)) {
                    return;
                }
                self.chains.insert(frame, None);
                if let Response::Token(token) = response {
                    world.set_access_token(frame, 0, token);
                    let wait = Self::wait_for(world, token);
                    Self::chain(world, frame, wait);
                } else {
                    Self::chain(world, frame, RETRY);
                }
            }
            _ => {}
        }
    }
}
