//! The source: its response to a request, and the time that takes.
//!
//! It lives by the true time. Its faults are those seen in the field: outages, 500, 401/403, 429/503 with and without
//! `Retry-After`, no response, the same token again, ever shorter tokens, the wrong kind, another user's, expired ones
//! from a cache, and bodies without a token.

use crate::plan::{FaultKind, Plan, RetryAfter};
use crate::tokens::{Contents, Grant, TokenId, TokenStore};
use crate::{HOUR, MINUTE, SECOND};
use fastrand::Rng;
use powerbi_token_keeper::token::Kind;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// A token, in one of the shapes that backends use.
    Token(TokenId),
    /// A success without a token, in one of several variants.
    InvalidBody(u8),
    /// The server was not reached, or the connection broke.
    Network,
    /// A status other than success.
    Status(u16, RetryAfter),
    /// The page's source function threw.
    Threw,
}

impl Response {
    /// Whether a server responded, so that there are headers to read.
    #[must_use]
    pub const fn reached_server(self) -> bool {
        matches!(self, Self::Token(_) | Self::InvalidBody(_) | Self::Status(..))
    }
}

/// The state of the source.
#[derive(Debug)]
pub struct Source {
    rng: Rng,
    /// The kind of token that the page needs.
    pub kind: Kind,
    lifetime: i64,
    has_expiration: bool,
    /// The role of the page's user.
    pub role: u32,
    last: Option<TokenId>,
    shortened: i64,
    /// The expiration of the next token, where a change of role determines it.
    next_expiration: Option<i64>,
}

impl Source {
    /// The source of a day.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let lifetime = plan.setting(|kind| match kind {
            FaultKind::TokenLifetime(lifetime) => Some(*lifetime),
            _ => None,
        });
        Self {
            rng: Rng::with_seed(plan.seed ^ 0x50ce),
            kind: if plan.has(FaultKind::EmbedTokens) {
                Kind::Embed
            } else {
                Kind::Aad
            },
            lifetime: lifetime.unwrap_or(HOUR),
            has_expiration: !plan.has(FaultKind::NoExpiration),
            role: 0,
            last: None,
            shortened: lifetime.unwrap_or(HOUR),
            next_expiration: None,
        }
    }

    /// The usual lifetime of a token.
    #[must_use]
    pub const fn lifetime(&self) -> i64 {
        self.lifetime
    }

    const fn grant(&self, contents: Contents) -> Grant {
        Grant {
            kind: self.kind,
            own_user: true,
            contents,
            role: self.role,
            has_expiration: self.has_expiration,
        }
    }

    /// A token that the page was delivered with.
    pub fn initial_token(
        &self,
        tokens: &mut TokenStore,
        contents: Contents,
        issued_at: i64,
        lifetime: i64,
    ) -> TokenId {
        tokens.issue(self.grant(contents), issued_at, lifetime)
    }

    /// Changes the role of the page's user. The next token expires at `expiration`, where that is given.
    pub const fn change_role(&mut self, expiration: Option<i64>) {
        self.role += 1;
        self.next_expiration = expiration;
    }

    /// Responds to a request made at `at`: the delay and the response. `None` for no response at all.
    pub fn respond(
        &mut self,
        plan: &Plan,
        tokens: &mut TokenStore,
        at: i64,
        contents: Contents,
    ) -> Option<(i64, Response)> {
        let mut wait = self.rng.i64(60..400);
        let mut response = None;
        for fault in plan.at(at, |kind| Some(*kind)) {
            match fault {
                FaultKind::Outage => return Some((self.rng.i64(5..2 * SECOND), Response::Network)),
                FaultKind::NoResponse => return None,
                FaultKind::SlowSource(long) => wait = long,
                FaultKind::Status(status, after) => response = Some(Response::Status(status, after)),
                FaultKind::SourceThrows => response = Some(Response::Threw),
                FaultKind::InvalidBody(variant) => response = Some(Response::InvalidBody(variant)),
                FaultKind::SameToken if response.is_none() => response = self.last.map(Response::Token),
                _ => {}
            }
        }
        if waking(plan, at) {
            return Some((5, Response::Network));
        }
        let response =
            response.unwrap_or_else(|| Response::Token(self.token(plan, tokens, at, wait, contents)));
        if let Response::Token(token) = response {
            self.last = Some(token);
        }
        Some((wait, response))
    }

    /// Issues a token halfway through the request.
    fn token(
        &mut self,
        plan: &Plan,
        tokens: &mut TokenStore,
        at: i64,
        wait: i64,
        contents: Contents,
    ) -> TokenId {
        let (mut kind, mut own_user, mut lifetime, mut issued_at) =
            (self.kind, true, self.lifetime, at + wait / 2);
        let mut shortening = false;
        for fault in plan.at(at, |kind| Some(*kind)) {
            match fault {
                FaultKind::WrongKind => kind = if kind == Kind::Aad { Kind::Embed } else { Kind::Aad },
                // an embed token does not say which user it is for
                FaultKind::OtherUser => own_user = self.kind == Kind::Embed,
                FaultKind::ShorterTokens => shortening = true,
                FaultKind::ExpiredToken => issued_at = at - lifetime - self.rng.i64(SECOND..HOUR),
                _ => {}
            }
        }
        if shortening {
            self.shortened = (self.shortened * 3 / 4).max(self.lifetime.min(MINUTE));
            lifetime = self.shortened;
        } else {
            self.shortened = self.lifetime;
        }
        if let Some(expiration) = self
            .next_expiration
            .take()
            .filter(|expiration| *expiration > issued_at + SECOND)
        {
            lifetime = expiration - issued_at;
        }
        tokens.issue(
            Grant {
                kind,
                own_user,
                ..self.grant(contents)
            },
            issued_at,
            lifetime,
        )
    }
}

/// Whether the machine woke so recently that the network is not up yet.
fn waking(plan: &Plan, at: i64) -> bool {
    plan.faults.iter().any(|fault| match fault.kind {
        FaultKind::Sleep { net, .. } => fault.to <= at && at < fault.to + net,
        _ => false,
    })
}

/// Whether a response that would arrive at `at` is lost on its way.
#[must_use]
pub fn cut_off(plan: &Plan, at: i64) -> bool {
    waking(plan, at)
        || plan
            .at(at, |kind| matches!(kind, FaultKind::Outage).then_some(()))
            .next()
            .is_some()
}
