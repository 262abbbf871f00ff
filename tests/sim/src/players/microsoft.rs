//! Microsoft's documented loop: `setInterval` of 30 s, ten minutes ahead, and `visibilitychange`.
//!
//! Our own writing of <https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token> as peers.md §1, §2
//! and tokens.md §8 describe it: no guard against a request under way, no catch, no retry rule, no time limit, and the
//! new expiration is written down before `setAccessToken` resolves. Where Microsoft leaves a line to the reader it is
//! read in the loop's favour: a status that is no success makes the fetch throw, so the old expiration stays.

use crate::SECOND;
use crate::frame::FrameId;
use crate::player::{News, Player};
use crate::site::Site;
use crate::source::Reply;
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
    fn check(&mut self, site: &mut Site) {
        // NaN compares false, so that nothing is ever refreshed again
        if self.expires.is_some_and(|expires| expires - site.wall() <= LEAD) {
            self.requests += 1;
            site.ask(self.requests);
        }
    }
}

impl Player for Microsoft {
    fn told(&mut self, site: &mut Site, news: News) {
        match news {
            News::Timer(timer) => {
                site.arm(timer, INTERVAL);
                self.check(site);
            }
            News::Trigger(powerbi_token_keeper::io::Trigger::Visible) => self.check(site),
            News::Attached(frame) => {
                self.frame = Some(frame);
                self.expires = site.frames[frame]
                    .config
                    .map(|token| site.mint.get(token))
                    .and_then(|token| token.dated.then_some(START + token.exp));
                site.arm(0, INTERVAL);
            }
            News::Reply {
                reply: Reply::Token(token),
                ..
            } => {
                let minted = site.mint.get(token);
                self.expires = minted.dated.then_some(START + minted.exp);
                if let Some(frame) = self.frame {
                    site.set_token(frame, 0, token);
                }
            }
            // `undefined` as a token: setAccessToken rejects
            News::Reply {
                reply: Reply::Rubbish(_),
                ..
            } => {
                self.expires = None;
                site.tally.unhandled += 1;
            }
            News::Reply { .. } | News::Settled { taken: false, .. } => site.tally.unhandled += 1,
            _ => {}
        }
    }
}
