//! What the source answers: read, validated, taken, and set on the embeds.

use super::Keeper;
use super::embeds::Addressees;
use super::requests::Phase;
use super::retry::{Failure, PendingRequest};
use super::rollout::Report;
use super::tokens::SuspectToken;
use super::tracked_token::{TrackedToken, expiry};
use super::validation::{Rejection, Rules};
use crate::clock::ServerTime;
use crate::io::{
    Content, Effect, Effects, ErrorCode, Event, Headers, Reason, Refreshed, RequestId, SourceCheck,
};
use crate::policy::{MIN_REFRESH_INTERVAL, Origin};
use crate::time::{Duration, Now};
use crate::token::{self, ASSUMED_LIFE, Expiry, Json, Token};

/// How far two tokens may be out of step with the clock and still be made when they were asked for.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// A token that was obtained, and how.
pub(super) struct Obtained<'a> {
    pub(super) token: Token,
    pub(super) reading: ServerTime,
    pub(super) reason: Reason,
    pub(super) attempt: u32,
    /// The content that it was requested for.
    pub(super) contents: &'a [Content],
    pub(super) rules: Rules,
}

impl Keeper {
    pub(super) fn response_received(
        &mut self,
        now: Now,
        id: RequestId,
        answer: &Json,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.requests.pending(id) else {
            return self.check_answered(now, id, answer, headers, fx);
        };
        self.requests.answered(now.mono.since(pending.asked.mono));
        self.update_clock(now, pending.asked, headers);
        match self.read(now, answer, headers.date.is_some(), fx) {
            Ok((token, reading, rules)) => self.accept(now, pending, token, reading, rules, fx),
            Err(Rejection { code, token }) => {
                let failure = Failure {
                    refused: token,
                    ..Failure::new(code)
                };
                self.fail(now, pending.reason, pending.retry, failure, fx);
            }
        }
    }

    /// Reads and validates an answer. `dated` says that the server named its time with it.
    pub(super) fn read(
        &mut self,
        now: Now,
        answer: &Json,
        dated: bool,
        fx: &mut Effects,
    ) -> Result<(Token, ServerTime, Rules), Rejection> {
        let token = token::parse_response(answer, self.clock.server(now), self.wanted(), self.parse_json)?;
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(now, issued);
            self.tokens.advance(&self.clock, now);
        }
        let rules = Rules {
            kind: self.wanted(),
            is_refresh: self.waiters.has_refresh(),
            server: self.clock.server(now),
            may_look_expired: false,
        };
        // such a token has to end later than the one in place, whoever asked for it
        let lenient = Rules {
            may_look_expired: true,
            is_refresh: false,
            ..rules
        };
        let validated = match self.validate(now, &token, &rules, Addressees::Named, fx) {
            Ok(()) => Ok(ServerTime::new(&self.clock, now)),
            Err(ErrorCode::TokenExpired)
                if !dated
                    && self
                        .validate(now, &token, &lenient, Addressees::Named, fx)
                        .is_ok() =>
            {
                self.detect_fast_clock(now, &token).ok_or(ErrorCode::TokenExpired)
            }
            Err(code) => Err(code),
        };
        match validated {
            Ok(reading) => Ok((token, reading, rules)),
            Err(code) => Err(Rejection {
                code,
                token: Some(token.text),
            }),
        }
    }

    /// Whether the answer is better than one of the tokens that it may replace. With none of those, than the newest.
    pub(super) fn validate(
        &mut self,
        now: Now,
        token: &Token,
        rules: &Rules,
        addressees: Addressees<'_>,
        fx: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let (embeds, ctx) = self.context(now, fx);
        let again = ctx.tokens.obtained(&token.text);
        let mut replaced = embeds.replaceable(addressees, rules.is_refresh, again, &ctx);
        if replaced.is_empty() {
            replaced.push(ctx.tokens.newest().map(|newest| newest.id));
        }
        let mut verdict = Ok(());
        for old in replaced {
            let old = old.and_then(|id| ctx.tokens.get(id));
            // an embed without a token is no way in for another user's
            let is_users =
                old.is_some() || rules.is_refresh || ctx.tokens.are_of_user(token.subject.as_ref());
            let judged = if is_users {
                rules.validate_replacement(token, old)
            } else {
                Err(ErrorCode::TokenSubject)
            };
            match judged {
                Ok(()) => return Ok(()),
                Err(code) if verdict.is_ok() => verdict = Err(code),
                Err(_) => {}
            }
        }
        verdict
    }

    /// The server's time by a token that looks expired, where it is this machine's clock that is ahead.
    ///
    /// One such token may come out of a cache. Two different ones, whose expirations lie as far apart as their
    /// first receipts, were made when they were asked for.
    fn detect_fast_clock(&mut self, now: Now, token: &Token) -> Option<ServerTime> {
        let expires = expiry(token, self.clock.server(now))?;
        let text = token.text.fingerprint();
        if self.tokens.suspect.as_ref().is_some_and(|same| same.text == text) {
            return None;
        }
        let before = self.tokens.suspect.replace(SuspectToken {
            text,
            expires,
            received: now.mono,
        })?;
        let passed = before.expires + now.mono.since(before.received);
        let in_step = expires.signed_difference(passed).size() <= CLOCK_TOLERANCE;
        // what ends no later than a token of which the page was told has expired too (I10)
        let is_later = self
            .tokens
            .last_reported
            .is_none_or(|reported| reported < expires);
        (in_step && is_later).then(|| {
            let issued = token.issued_at.unwrap_or(expires - ASSUMED_LIFE);
            ServerTime::from_token(issued, &self.clock, now)
        })
    }

    fn accept(
        &mut self,
        now: Now,
        pending: PendingRequest,
        token: Token,
        reading: ServerTime,
        rules: Rules,
        fx: &mut Effects,
    ) {
        let contents = core::mem::take(&mut self.requests.contents);
        if let (true, Some(expires)) = (self.policy.tabs, expiry(&token, self.clock.server(now))) {
            fx.push(Effect::BroadcastToken {
                token: token.text.clone(),
                expires,
                contents: contents.clone(),
            });
        }
        self.release_lock(fx);
        let obtained = Obtained {
            token,
            reading,
            reason: pending.reason,
            attempt: pending.attempt(),
            contents: &contents,
            rules,
        };
        self.take(now, obtained, fx);
    }

    /// Takes a token that was asked for, here or in another tab, and starts its rollout.
    pub(super) fn take(&mut self, now: Now, obtained: Obtained<'_>, fx: &mut Effects) {
        let Obtained {
            token,
            reading,
            reason,
            attempt,
            contents,
            rules,
        } = obtained;
        self.requests.phase = Phase::Idle;
        self.requests.network_failures = 0;
        self.last_error = match token.expiry {
            Expiry::Known(_) => None,
            // taken all the same, for as long as such a token lives at most; support should know
            Expiry::Assumed(_) | Expiry::Unknown => Some(ErrorCode::ExpirationUnknown),
        };
        let contents = self.served(now, &token, contents, fx);
        let id = self
            .tokens
            .track(token, Origin::Source, &self.policy, (now, &self.clock, reading));
        self.tokens.make_known(id, &contents, rules.is_refresh);
        let Some(new) = self.tokens.get(id) else { return };
        let (text, expires) = (new.text().clone(), new.window.expires);
        let replaces: Vec<_> = {
            let better = |old: &&TrackedToken| rules.replaces(new, old);
            self.tokens.iter().filter(better).map(|old| old.id).collect()
        };
        self.rollout.start(id, reason, attempt, expires);
        let (embeds, mut ctx) = self.context(now, fx);
        let replaces = |old: &TrackedToken| replaces.binary_search(&old.id).is_ok();
        embeds.start_rollout(id, rules.is_refresh, replaces, &mut ctx);
        self.put_off_unserved(now);
        self.tokens.forget_unused();
        let check = SourceCheck {
            code: None,
            expires_at: Some(expires),
            status: None,
        };
        self.waiters.checked(check, Some(&text), fx);
        self.waiters.accepted(&text, fx);
    }

    /// Which of the named `contents` the answer is for.
    fn served(&mut self, now: Now, token: &Token, contents: &[Content], fx: &mut Effects) -> Vec<Content> {
        let (embeds, ctx) = self.context(now, fx);
        match ctx.tokens.obtained(&token.text) {
            Some(again) => embeds.served_again(again, contents, &ctx),
            None => contents.to_vec(),
        }
    }

    /// Embeds that were named and are due all the same, since the answer is not for them or no better than what they have,
    /// are not asked for again at once.
    fn put_off_unserved(&mut self, now: Now) {
        let later = now.mono + MIN_REFRESH_INTERVAL;
        for token in self.embeds.unserved() {
            match token {
                None => self.tokens.without_not_due_before = later,
                Some(id) => {
                    let clock = &self.clock;
                    if let Some(mut token) = self.tokens.get_mut(id)
                        && token.until_due(clock, now) == Duration::ZERO
                    {
                        token.not_due_before = later;
                    }
                }
            }
        }
    }

    /// Tells the page of a new token when every embed has answered to it for the first time.
    pub(super) fn finish_rollout(&mut self, now: Now, fx: &mut Effects) {
        if self.rollout.is_in_place() {
            self.refreshed_at = Some(now.wall);
        }
        let report = self.rollout.report();
        if report.is_some() {
            self.tokens.forget_unused();
        }
        match report {
            None => {}
            Some(Report::Done {
                reason,
                attempt,
                expires,
                embeds,
            }) => {
                let refreshed = Refreshed {
                    reason,
                    expires_at: expires,
                    attempt,
                    embeds,
                };
                fx.push(Effect::Emit(Event::Refreshed(refreshed)));
                self.waiters.rolled_out(Ok(expires), fx);
            }
            Some(Report::Failed(code)) => {
                self.last_error = Some(code);
                self.waiters.rolled_out(Err(code), fx);
            }
        }
    }
}
