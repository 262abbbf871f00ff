//! What the parts of the keeper need of each other while one input is handled.

use super::rollout::Rollout;
use super::tokens::{Tokens, is_of_kind};
use super::tracked_token::TokenId;
use crate::clock::{Clock, ServerTime};
use crate::io::{Content, Effects, EmbedConfig};
use crate::policy::{Origin, RefreshPolicy};
use crate::time::Now;
use crate::token::{self, AccessToken, Kind, ParseJson};

/// The surroundings of the embeds while one input is handled.
pub(super) struct Context<'a> {
    pub(super) now: Now,
    pub(super) policy: &'a RefreshPolicy,
    pub(super) parse_json: ParseJson,
    /// `options.tokenType`.
    pub(super) kind: Option<Kind>,
    pub(super) clock: &'a mut Clock,
    pub(super) tokens: &'a mut Tokens,
    pub(super) rollout: &'a mut Rollout,
    pub(super) fx: &'a mut Effects,
}

impl Context<'_> {
    /// How the server's time is read for a token that did not come from the source.
    pub(super) fn reading(&self) -> ServerTime {
        let untrusted = self
            .tokens
            .newest()
            .and_then(super::tracked_token::TrackedToken::untrusted_clock_reading);
        untrusted.unwrap_or(ServerTime::new(self.clock, self.now))
    }

    pub(super) fn is_valid(&self, id: TokenId) -> bool {
        let token = self.tokens.get(id);
        token.is_some_and(|token| token.is_valid(self.clock, self.now))
    }

    /// A known token that was found on an embed is good for its content.
    pub(super) fn found(&mut self, id: Option<TokenId>, content: Content) {
        if let Some(mut token) = id.and_then(|id| self.tokens.get_mut(id))
            && token.known.is_some()
        {
            token.add_content(content);
        }
    }

    /// Tracks the token that stands on an embed; `None` where nothing stands there that could be used.
    pub(super) fn track(&mut self, config: &EmbedConfig) -> Option<TokenId> {
        let text = config.token.as_ref()?;
        let id = match self.tokens.find(text) {
            Some(id) => id,
            None => self.track_new(text)?,
        };
        let kind = self.kind.or(config.kind);
        if !is_of_kind(&self.tokens.get(id)?.token, kind) {
            return None;
        }
        if self.tokens.newest().is_none() {
            self.tokens.make_known(id, &[], false);
        }
        self.tokens.get_mut(id)?.recall_text(text);
        Some(id)
    }

    fn track_new(&mut self, text: &AccessToken) -> Option<TokenId> {
        let received = self.reading().server(self.clock, self.now);
        let token = token::parse_token(text, received, self.parse_json).ok()?;
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(self.now, issued);
            self.tokens.advance(self.clock, self.now);
        }
        let reading = self.reading();
        let time = (self.now, &*self.clock, reading);
        Some(self.tokens.track(token, Origin::Existing, self.policy, time))
    }
}
