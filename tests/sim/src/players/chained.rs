//! A chained timeout in the manner of Superset's embedded SDK 0.4.0, as peers.md §2, §3 describes it.
//!
//! One `setTimeout` of max(10 s, expiration − now) − 5 s; 300 s for a token that names no expiration; a failure or a
//! request of more than 30 s is tried again after a flat 10 s. One chain, so one request at a time. Every rejection is
//! caught, and what `setAccessToken` answers is not looked at.

use crate::frame::FrameId;
use crate::player::{News, Player};
use crate::site::Site;
use crate::source::Reply;
use crate::{MINUTE, SECOND, START};

const BUFFER: i64 = 5 * SECOND;
const LEAST: i64 = 10 * SECOND;
const RETRY: i64 = 10 * SECOND;
const TIMEOUT: i64 = 30 * SECOND;
const UNKNOWN: i64 = 5 * MINUTE;
/// Browsers hold the delay in 32 bits: more than this fires at once.
const LONGEST: i64 = i32::MAX as i64;

/// The chain of one page.
#[derive(Debug, Default)]
pub struct Chained {
    frame: Option<FrameId>,
    requests: u32,
    /// The request that is waited for.
    open: Option<u32>,
}

impl Chained {
    fn chain(site: &mut Site, wait: i64) {
        site.arm(0, if wait > LONGEST { 1 } else { wait });
    }

    fn wait_for(site: &Site, token: crate::mint::TokenId) -> i64 {
        let token = site.mint.get(token);
        let left = if token.dated {
            START + token.exp - site.wall()
        } else {
            UNKNOWN
        };
        left.max(LEAST) - BUFFER
    }
}

impl Player for Chained {
    fn told(&mut self, site: &mut Site, news: News) {
        match news {
            News::Attached(frame) => {
                self.frame = Some(frame);
                let wait = site.frames[frame]
                    .config
                    .map_or(0, |token| Self::wait_for(site, token));
                Self::chain(site, wait);
            }
            // the time limit of the request, or the end of a wait
            News::Timer(_) => {
                if self.open.take().is_some() {
                    Self::chain(site, RETRY);
                } else {
                    self.requests += 1;
                    self.open = Some(self.requests);
                    Self::chain(site, TIMEOUT);
                    site.ask(self.requests);
                }
            }
            News::Reply { tag, reply } if self.open == Some(tag) => {
                self.open = None;
                if let (Reply::Token(token), Some(frame)) = (reply, self.frame) {
                    site.set_token(frame, 0, token);
                    let wait = Self::wait_for(site, token);
                    Self::chain(site, wait);
                } else {
                    Self::chain(site, RETRY);
                }
            }
            _ => {}
        }
    }
}
