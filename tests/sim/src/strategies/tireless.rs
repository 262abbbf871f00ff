//! The tireless client: the best that any client with the keeper's lead can do, whatever it costs its backend.
//!
//! It opens the window by the same rule as the keeper, min(10 min, lifetime / 2) before the expiration, and then makes a
//! request every second until it has a token that expires later. No budget, no back-off, no time limit, any number of
//! requests under way. It knows the true time, every change of the page and every token's contents. A call of
//! `setAccessToken` that has not succeeded is repeated every second. Its timers are throttled like any page's.

use crate::frame::FrameId;
use crate::source::Response;
use crate::strategy::{PageEvent, Strategy};
use crate::tokens::TokenId;
use crate::world::World;
use crate::{DAY, MINUTE, SECOND};
use std::collections::BTreeMap;

const LEAD: i64 = 10 * MINUTE;
const INTERVAL: i64 = SECOND;

/// The tireless client of one page.
#[derive(Debug)]
pub struct Tireless {
    newest: Option<TokenId>,
    requests: u32,
    last_request: i64,
    last_calls: BTreeMap<FrameId, i64>,
    /// The page called `refresh()`, and no token has been issued since.
    refreshing_since: Option<i64>,
}

impl Default for Tireless {
    fn default() -> Self {
        Self {
            newest: None,
            requests: 0,
            last_request: i64::MIN / 2,
            last_calls: BTreeMap::new(),
            refreshing_since: None,
        }
    }
}

impl Tireless {
    /// The time at which a token with this expiration and issue is due to be replaced.
    fn opens(world: &World, token: TokenId) -> i64 {
        let token = world.tokens.get(token);
        token.expires_at - LEAD.min((token.expires_at - token.issued_at) / 2)
    }

    /// Whether the newest token is better for the frame than the one that it holds.
    fn is_better(&self, world: &World, frame: FrameId) -> bool {
        let frame = &world.frames[frame];
        let Some(newest) = self
            .newest
            .filter(|newest| world.tokens.get(*newest).opens(frame.content, world.role()))
        else {
            return false;
        };
        frame.valid_until(&world.tokens, world.role()) < world.tokens.get(newest).expires_at
            || frame.config.is_none()
    }

    /// Makes the calls and the request that are due, and arms the timer for the next.
    fn advance(&mut self, world: &mut World) {
        let (mut next, mut is_due) = (DAY, self.refreshing_since.is_some());
        for frame in 0..world.frames.len() {
            if !world.frames[frame].attached || !world.frames[frame].in_page {
                continue;
            }
            let holds = if self.is_better(world, frame) {
                let last = self.last_calls.get(&frame).copied().unwrap_or(i64::MIN / 2);
                if let (Some(newest), true) = (self.newest, world.now >= last + INTERVAL) {
                    world.set_access_token(frame, 0, newest);
                    self.last_calls.insert(frame, world.now);
                    next = next.min(world.now + INTERVAL);
                } else {
                    next = next.min(last + INTERVAL);
                }
                self.newest
            } else {
                world.frames[frame].in_use
            };
            let content = world.frames[frame].content;
            let usable = holds.filter(|token| world.tokens.get(*token).opens(content, world.role()));
            let opens = usable.map_or(world.now, |token| Self::opens(world, token));
            is_due |= opens <= world.now;
            if opens > world.now {
                next = next.min(opens);
            }
        }
        if is_due {
            if world.now >= self.last_request + INTERVAL {
                self.last_request = world.now;
                self.requests += 1;
                let contents = world.contents();
                world.request_token(self.requests, contents);
            }
            next = next.min(self.last_request + INTERVAL);
        }
        // a timer counts on the monotonic clock, and this one is to fire at a true time
        let wait = world.clocks.mono(next) - world.clocks.mono(world.now);
        world.arm(0, wait);
    }

    fn take(&mut self, world: &World, token: TokenId) {
        let (new, contents) = (world.tokens.get(token), world.contents());
        let usable = new.own_user && new.kind == world.kind() && new.expires_at > world.now;
        let opens_more = |old: TokenId| {
            let old = world.tokens.get(old);
            let lost = contents & !old.contents;
            new.expires_at > old.expires_at || lost & new.contents != 0 || new.role > old.role
        };
        if usable
            && (self.newest.is_none_or(opens_more)
                || self.refreshing_since.is_some_and(|since| new.issued_at >= since))
        {
            self.newest = Some(token);
            self.refreshing_since = None;
        }
    }
}

impl Strategy for Tireless {
    fn on_event(&mut self, world: &mut World, event: PageEvent) {
        match event {
            PageEvent::Response {
                response: Response::Token(token),
                ..
            } => self.take(world, token),
            PageEvent::Refresh => self.refreshing_since = Some(world.now),
            PageEvent::Changed(frame) => {
                self.last_calls.remove(&frame);
            }
            PageEvent::Begin => return,
            _ => {}
        }
        self.advance(world);
    }
}
