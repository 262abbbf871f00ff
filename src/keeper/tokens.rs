//! The tokens that the keeper has in hand.

use super::*;

impl Keeper {
    /// Starts with a token already in hand, if it can be read and is still good for something.
    pub(super) fn begin(&mut self, now: Now, initial: Option<&Json>) {
        let server = self.clock.server(now);
        if let Some(Ok(token)) =
            initial.map(|answer| token::parse_response(answer, server, self.wanted(), self.parse_json))
        {
            self.adopt(now, token);
        }
    }

    /// Takes over a token of the page's own, where it is better than the one in hand; false where it is not.
    pub(super) fn adopt(&mut self, now: Now, token: Token) -> bool {
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(now, issued);
        }
        // nobody knows how long it has been in the page
        if self.current.is_some() && matches!(token.expiry, token::Expiry::Assumed(_)) {
            return false;
        }
        let reading = self.server_time_reading(now);
        let server = reading.server(&self.clock, now);
        // one that has expired is still better than none: it says whose the next one must be
        let judged = validation::validate_replacement(&token, self.wanted(), self.current.as_ref(), server);
        let first = self.current.is_none() && judged == Err(ErrorCode::TokenExpired);
        if judged.is_err() && !first {
            if judged == Err(ErrorCode::TokenExpired) {
                self.superseding_token = Some(self.later(token));
            }
            return false;
        }
        self.hold(now, token, Origin::Existing, reading);
        self.applied_expiry = self.current.as_ref().map(|held| held.window.expires);
        true
    }

    /// How the server's time is read for a token that did not come from the source.
    pub(super) fn server_time_reading(&self, now: Now) -> ServerTime {
        let apart = self
            .current
            .as_ref()
            .and_then(CurrentToken::untrusted_clock_reading);
        apart.unwrap_or(ServerTime::new(&self.clock, now))
    }

    /// Makes `token` the newest, or the spare one.
    pub(super) fn hold(&mut self, now: Now, token: Token, origin: Origin, reading: ServerTime) {
        let token = self.later(token);
        let draw = self.rng.u32(..);
        self.current = CurrentToken::new(token, origin, &self.policy, reading, &self.clock, now, draw);
    }

    /// `token`, or the spare one where that expires later: an embed holds it, and no earlier one may replace it.
    fn later(&mut self, token: Token) -> Token {
        let spare = self.superseding_token.take();
        let later = spare.filter(|spare| current_token::expiry(spare) > current_token::expiry(&token));
        later.unwrap_or(token)
    }

    /// The kind of token that is needed, as far as anybody said.
    pub(super) fn wanted(&self) -> Option<Kind> {
        self.kind
            .or_else(|| self.embeds.kind())
            .or_else(|| self.current.as_ref().and_then(|held| held.token.kind))
    }
}
