//! `accessTokenProvider` alone: the frame asks, the page fetches, nobody else does anything.
//!
//! For Aad reports only (powerbi-client.md §1 row 2). When the frame asks is not documented; see
//! [`crate::frame::asks_after`]. A provider that never settles is never answered; one that rejects is answered with
//! nothing, and the frame asks again when it next draws with an expired token.

use crate::frame::FrameId;
use crate::player::{News, Player};
use crate::site::Site;
use crate::source::Reply;
use powerbi_token_keeper::token::Kind;
use std::collections::BTreeMap;

/// The hook of one page.
#[derive(Debug, Default)]
pub struct Provider {
    asked: BTreeMap<u32, FrameId>,
    requests: u32,
}

impl Player for Provider {
    fn told(&mut self, site: &mut Site, news: News) {
        match news {
            News::Asked(frame) if site.kind() == Kind::Aad => {
                self.requests += 1;
                self.asked.insert(self.requests, frame);
                site.ask(self.requests);
            }
            News::Reply { tag, reply } => {
                if let Some(frame) = self.asked.remove(&tag) {
                    let token = if let Reply::Token(token) = reply {
                        Some(token)
                    } else {
                        None
                    };
                    site.provide(frame, token);
                }
            }
            _ => {}
        }
    }

    fn provides(&self) -> bool {
        true
    }
}
