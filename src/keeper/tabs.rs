//! Other tabs with the same `shareKey`: one of them asks, and the others use what it got.
//!
//! The lock is a courtesy. Whoever does not get it in time goes on without, so that a tab that hangs costs one
//! request more and never a token.

use super::Keeper;
use super::embeds::Addressees;
use super::requests::Phase;
use super::responses::Obtained;
use super::retry::RetryState;
use super::validation::Rules;
use crate::io::{Content, Effect, Effects, LockRequestId, Reason};
use crate::time::{Duration, Instant, Now};
use crate::token::{self, Json, Kind, Subject};

/// How long another tab is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that waits for its turn among the tabs.
#[derive(Debug, Clone, Copy)]
pub(super) struct LockRequest {
    id: LockRequestId,
    pub(super) reason: Reason,
    pub(super) retry: RetryState,
    /// When the request is made, with the lock or without.
    pub(super) ends: Instant,
}

impl Keeper {
    /// Waits for this tab's turn.
    pub(super) fn acquire_lock(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        self.requests.lock_requests = self.requests.lock_requests.wrapping_add(1);
        let id = LockRequestId(self.requests.lock_requests);
        let ends = now.mono + LOCK_TIMEOUT;
        self.requests.phase = Phase::AwaitingLock(LockRequest {
            id,
            reason,
            retry,
            ends,
        });
        fx.push(Effect::AcquireLock(id));
    }

    /// It is this tab's turn.
    pub(super) fn lock_acquired(&mut self, now: Now, id: LockRequestId) {
        if let Phase::AwaitingLock(lock) = &mut self.requests.phase
            && lock.id == id
        {
            lock.ends = now.mono;
        }
    }

    /// The others may go on: the request has ended, or is not made.
    pub(super) fn release_lock(&self, fx: &mut Effects) {
        if self.policy.tabs {
            fx.push(Effect::ReleaseLock);
        }
    }

    /// Another tab got a token. One that would not be taken from the source is not taken from there either; nor is one of
    /// another user, one for other content, or one that can't be read.
    pub(super) fn token_received_from_tab(&mut self, now: Now, answer: &Json, fx: &mut Effects) {
        let Ok(token) = token::parse_response(answer, self.clock.server(now), self.wanted(), self.parse_json)
        else {
            return;
        };
        let reading = self.server_time_reading(now);
        let rules = Rules {
            kind: self.wanted(),
            is_refresh: false,
            server: reading.server(&self.clock, now),
            may_look_expired: false,
        };
        let contents: Vec<Content> = shared_contents(answer)
            .filter(|content| self.embeds.has_content(*content))
            .collect();
        let is_for_no_embed = self.embeds.is_empty() && shared_contents(answer).next().is_none();
        let addressees = match (token.kind, &token.subject) {
            (None, _) => return,
            (Some(Kind::Aad), Some(subject)) if self.is_user(subject) => Addressees::All,
            // what either tab's request names is the same: nothing
            (Some(Kind::Aad | Kind::Embed), _) if is_for_no_embed => Addressees::All,
            (Some(Kind::Aad | Kind::Embed), _) if contents.is_empty() => return,
            (Some(Kind::Aad | Kind::Embed), _) => Addressees::Contents(&contents),
        };
        if self.validate(now, &token, &rules, addressees, fx).is_err() {
            return;
        }
        self.embeds.name(addressees);
        let (reason, attempt) = match self.requests.phase {
            Phase::Requesting(pending) => {
                fx.push(Effect::AbortRequest(pending.id));
                (pending.reason, pending.attempt())
            }
            Phase::AwaitingLock(lock) => (lock.reason, lock.retry.attempt()),
            Phase::Idle | Phase::BackingOff(_) | Phase::Stopped => (Reason::Poll, 1),
        };
        self.release_lock(fx);
        let obtained = Obtained {
            token,
            reading,
            reason,
            attempt,
            contents: &contents,
            rules,
        };
        self.take(now, obtained, fx);
    }

    /// Whether the embeds' tokens, or the newest, are this user's.
    fn is_user(&self, subject: &Subject) -> bool {
        let ours = self.tokens.in_use().chain(self.tokens.newest());
        ours.filter_map(|token| token.token.subject.as_ref())
            .any(|ours| ours == subject)
    }
}

/// The content that the other tab requested its token for.
fn shared_contents(answer: &Json) -> impl Iterator<Item = Content> {
    let contents = answer.get("contents").map_or(&[][..], Json::as_array);
    contents
        .iter()
        .filter_map(Json::as_f64)
        .filter_map(Content::from_number)
}
