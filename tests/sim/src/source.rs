//! The source: what it answers to a request, and when.
//!
//! Lives by the true time. The faults are those of peers.md §2 and of issue 3: outages, 500, 401/403, 429/503 with and
//! without `Retry-After`, answers that never come, the same token again, tokens that get shorter, of the wrong kind, of
//! another user, expired from a cache, rubbish.

use crate::mint::{Mint, TokenId};
use crate::plan::{Plan, RetryAfter, What};
use crate::{HOUR, MINUTE, SECOND};
use fastrand::Rng;
use powerbi_token_keeper::token::Kind;

/// What the page gets for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A token, in one of the shapes that backends use.
    Token(TokenId),
    /// A success without a token in it.
    Rubbish(u8),
    /// The server was not reached, or cut off.
    Network,
    /// A status that is no success.
    Status(u16, RetryAfter),
    /// The page's function threw.
    Threw,
}

impl Reply {
    /// Whether a server spoke, so that there are headers to read.
    #[must_use]
    pub const fn spoken(self) -> bool {
        matches!(self, Self::Token(_) | Self::Rubbish(_) | Self::Status(..))
    }
}

/// What the source remembers.
#[derive(Debug)]
pub struct Source {
    draws: Rng,
    /// The kind of token that the page needs.
    pub kind: Kind,
    life: i64,
    dated: bool,
    last: Option<TokenId>,
    shrunk: i64,
}

impl Source {
    /// The source of a day.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let life = plan.setting(|what| match what {
            What::Life(life) => Some(*life),
            _ => None,
        });
        Self {
            draws: Rng::with_seed(plan.seed ^ 0x50ce),
            kind: if plan.has(What::EmbedTokens) {
                Kind::Embed
            } else {
                Kind::Aad
            },
            life: life.unwrap_or(HOUR),
            dated: !plan.has(What::Undated),
            last: None,
            shrunk: life.unwrap_or(HOUR),
        }
    }

    /// How long a usual token lives.
    #[must_use]
    pub const fn life(&self) -> i64 {
        self.life
    }

    /// A token as the page was delivered with.
    pub fn own(&mut self, mint: &mut Mint, born: i64, life: i64) -> TokenId {
        mint.mint(self.kind, born, life, true, self.dated)
    }

    /// Answers a request made at `at`: after how long, and what. `None` is never.
    pub fn ask(&mut self, plan: &Plan, mint: &mut Mint, at: i64) -> Option<(i64, Reply)> {
        let mut wait = self.draws.i64(60..400);
        let mut reply = None;
        for what in plan.at(at, |what| Some(*what)) {
            match what {
                What::Outage => return Some((self.draws.i64(5..2 * SECOND), Reply::Network)),
                What::Hangs => return None,
                What::Slow(long) => wait = long,
                What::Status(status, after) => reply = Some(Reply::Status(status, after)),
                What::Throws => reply = Some(Reply::Threw),
                What::Rubbish(sort) => reply = Some(Reply::Rubbish(sort)),
                What::Same if reply.is_none() => reply = self.last.map(Reply::Token),
                _ => {}
            }
        }
        if waking(plan, at) {
            return Some((5, Reply::Network));
        }
        let reply = reply.unwrap_or_else(|| Reply::Token(self.token(plan, mint, at, wait)));
        if let Reply::Token(token) = reply {
            self.last = Some(token);
        }
        Some((wait, reply))
    }

    /// The token is minted on the way, before the answer has travelled back.
    fn token(&mut self, plan: &Plan, mint: &mut Mint, at: i64, wait: i64) -> TokenId {
        let (mut kind, mut ours, mut life, mut born) = (self.kind, true, self.life, at + wait / 2);
        let mut shrinking = false;
        for what in plan.at(at, |what| Some(*what)) {
            match what {
                What::WrongKind => kind = if kind == Kind::Aad { Kind::Embed } else { Kind::Aad },
                // whom an embed token was minted for can't be read off it, so nobody could tell
                What::OtherUser => ours = self.kind == Kind::Embed,
                What::Shrinking => shrinking = true,
                What::Stale => born = at - life - self.draws.i64(SECOND..HOUR),
                _ => {}
            }
        }
        if shrinking {
            self.shrunk = (self.shrunk * 3 / 4).max(self.life.min(MINUTE));
            life = self.shrunk;
        } else {
            self.shrunk = self.life;
        }
        mint.mint(kind, born, life, ours, self.dated)
    }
}

/// Whether the machine has woken so recently that the network is not up yet.
fn waking(plan: &Plan, at: i64) -> bool {
    plan.faults.iter().any(|fault| match fault.what {
        What::Asleep { net, .. } => fault.to <= at && at < fault.to + net,
        _ => false,
    })
}

/// Whether an answer that arrives at `at` is cut off on its way.
#[must_use]
pub fn cut_off(plan: &Plan, at: i64) -> bool {
    waking(plan, at)
        || plan
            .at(at, |what| matches!(what, What::Outage).then_some(()))
            .next()
            .is_some()
}
