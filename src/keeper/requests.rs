//! What the source does: it is asked, it answers, it fails.

use super::*;

/// How far two tokens may be out of step with the clock and still be made when they were asked for.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

impl Keeper {
    /// Asks the source, when it is this tab's turn.
    pub(super) fn request_token(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        if self.policy.tabs {
            self.acquire_lock(now, reason, retry, fx);
        } else {
            self.send_request(now, reason, retry, fx);
        }
    }

    /// Asks the source, if the budget allows it; otherwise waits for the next grant.
    pub(super) fn send_request(&mut self, now: Now, reason: Reason, retry: RetryState, fx: &mut Effects) {
        if let Err(wait) = self.budget.take(now.mono) {
            let backoff = Backoff {
                until: now.mono + wait,
                cause: BackoffReason::Budget,
                reason,
                retry,
            };
            self.back_off(now, reason, retry, backoff, Failure::new(ErrorCode::Budget), fx);
            return;
        }
        self.next_request_id = self.next_request_id.wrapping_add(1);
        let pending = PendingRequest {
            id: RequestId(self.next_request_id),
            reason,
            asked: now,
            ends: now.mono + self.policy.source_timeout,
            retry,
        };
        self.phase = Phase::Requesting(pending);
        fx.push(Effect::RequestToken {
            request: pending.id,
            reason,
            attempt: pending.attempt(),
        });
    }

    /// The request that `id` names, if it is the one under way.
    fn current(&self, id: RequestId) -> Option<PendingRequest> {
        match self.phase {
            Phase::Requesting(pending) if pending.id == id => Some(pending),
            Phase::Requesting(_)
            | Phase::AwaitingLock(_)
            | Phase::Idle
            | Phase::BackingOff(_)
            | Phase::Stopped => None,
        }
    }

    pub(super) fn response_received(
        &mut self,
        now: Now,
        id: RequestId,
        answer: &Json,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.current(id) else { return };
        self.update_clock(now, pending.asked, headers);
        match self.read(now, answer, headers.date.is_some()) {
            Ok((token, reading)) => self.accept(now, pending, token, reading, fx),
            Err(Rejection { code, token }) => {
                let failure = Failure {
                    refused: token,
                    ..Failure::new(code)
                };
                self.fail(now, pending.reason, pending.retry, failure, fx);
            }
        }
    }

    /// Reads and judges an answer. `dated` says that the server named its time with it.
    fn read(&mut self, now: Now, answer: &Json, dated: bool) -> Result<(Token, ServerTime), Rejection> {
        let token = token::parse_response(answer, self.clock.server(now), self.wanted(), self.parse_json)?;
        if let Some(issued) = token.issued_at {
            self.clock.update_from_issued_at(now, issued);
        }
        let server = self.clock.server(now);
        let judge =
            |server| validation::validate_replacement(&token, self.wanted(), self.current.as_ref(), server);
        let judged = match judge(server) {
            Ok(()) => Ok(ServerTime::new(&self.clock, now)),
            Err(ErrorCode::TokenExpired) if !dated && judge(Timestamp::from_ms(i64::MIN)).is_ok() => {
                self.detect_fast_clock(now, &token).ok_or(ErrorCode::TokenExpired)
            }
            Err(code) => Err(code),
        };
        match judged {
            Ok(reading) => Ok((token, reading)),
            Err(code) => Err(Rejection {
                code,
                token: Some(token.text),
            }),
        }
    }

    /// The server's time by a token that looks expired, where it is this machine's clock that is ahead.
    ///
    /// One such token may come out of a cache. Two different ones, whose expirations lie as far apart as their
    /// receipts, were made when they were asked for.
    fn detect_fast_clock(&mut self, now: Now, token: &Token) -> Option<ServerTime> {
        let expires = current_token::expiry(token)?;
        let text = token.text.clone();
        let before = self.suspect_token.replace(SuspectToken {
            text,
            expires,
            received: now.mono,
        })?;
        let passed = before.expires + now.mono.since(before.received);
        let in_step =
            before.text != token.text && expires.signed_difference(passed).size() <= CLOCK_TOLERANCE;
        let life = token::ASSUMED_LIFE;
        in_step.then(|| ServerTime::from_token(token.issued_at.unwrap_or(expires - life), now))
    }

    fn accept(
        &mut self,
        now: Now,
        pending: PendingRequest,
        token: Token,
        reading: ServerTime,
        fx: &mut Effects,
    ) {
        if let (true, Some(expires)) = (self.policy.tabs, current_token::expiry(&token)) {
            fx.push(Effect::BroadcastToken(token.text.clone(), expires));
        }
        self.release_lock(fx);
        self.take(now, token, reading, pending.reason, pending.attempt(), fx);
    }

    /// Takes a token that was asked for, here or in another tab.
    pub(super) fn take(
        &mut self,
        now: Now,
        token: Token,
        reading: ServerTime,
        reason: Reason,
        attempt: u32,
        fx: &mut Effects,
    ) {
        self.phase = Phase::Idle;
        self.network_failures = 0;
        self.last_error = match token.expiry {
            token::Expiry::Known(_) => None,
            // taken all the same, for as long as such a token lives at most; support should know
            token::Expiry::Assumed(_) | token::Expiry::Unknown => Some(ErrorCode::ExpirationUnknown),
        };
        self.hold(now, token, Origin::Source, reading);
        let Some(newest) = &self.current else { return };
        self.rollout = Some(Rollout {
            reason,
            attempt,
            expires: newest.window.expires,
            failure_reported: false,
        });
        self.embeds.start_rollout(newest.text(), now.mono);
        self.waiters.accepted(newest.text(), fx);
    }

    /// Tells the page of a new token when every embed has answered to it for the first time.
    pub(super) fn finish_rollout(&mut self, now: Now, fx: &mut Effects) {
        let Some(mut rollout) = self.rollout else { return };
        let progress = self.embeds.progress;
        let placed = progress.took > 0 || self.embeds.is_empty();
        if placed {
            self.applied_expiry = Some(rollout.expires);
            self.refreshed_at = Some(now.wall);
        }
        if progress.pending > 0 {
            return;
        }
        if placed {
            let Rollout {
                reason,
                attempt,
                expires,
                ..
            } = rollout;
            let refreshed = Refreshed {
                reason,
                expires_at: expires,
                attempt,
                embeds: progress.took,
            };
            fx.push(Effect::Emit(Event::Refreshed(refreshed)));
            self.waiters.placed(Ok(expires), fx);
            self.rollout = None;
        } else if !rollout.failure_reported {
            rollout.failure_reported = true;
            self.rollout = Some(rollout);
            let code = progress.failed.unwrap_or(ErrorCode::ApplyGone);
            self.last_error = Some(code);
            self.waiters.placed(Err(code), fx);
        }
    }

    pub(super) fn request_failed(
        &mut self,
        now: Now,
        id: RequestId,
        failure: SourceFailure,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(pending) = self.current(id) else { return };
        self.update_clock(now, pending.asked, headers);
        let (code, status) = match failure {
            SourceFailure::Network => (ErrorCode::SourceNetwork, None),
            SourceFailure::SourceThrew => (ErrorCode::SourceThrew, None),
            SourceFailure::InvalidBody => (ErrorCode::SourceAnswer, None),
            SourceFailure::DamagedToken => (ErrorCode::TokenUnusable, None),
            SourceFailure::Status(status @ (401 | 403)) => (ErrorCode::SourceDenied, Some(status)),
            SourceFailure::Status(status @ (429 | 503)) => (ErrorCode::SourceThrottled, Some(status)),
            SourceFailure::Status(status) => (ErrorCode::SourceStatus, Some(status)),
        };
        let retry_after = headers
            .retry_after
            .as_deref()
            .and_then(|text| self.retry_after(now, text));
        let network_failures = if now.mono < self.wake_grace_until && code == ErrorCode::SourceNetwork {
            self.network_failures.saturating_add(1)
        } else {
            0
        };
        self.fail(
            now,
            pending.reason,
            pending.retry,
            Failure {
                code,
                status,
                retry_after,
                network_failures,
                refused: None,
            },
            fx,
        );
    }

    /// Ends a request that failed, and schedules the next.
    pub(super) fn fail(
        &mut self,
        now: Now,
        reason: Reason,
        retry: RetryState,
        failure: Failure,
        fx: &mut Effects,
    ) {
        let backoff = retry::backoff_after(retry, &failure, now.mono, self.rng.u32(..));
        self.network_failures = failure.network_failures;
        self.back_off(now, reason, retry, backoff, failure, fx);
    }

    /// Pauses after a request for `reason` that failed or may not be made, and says so.
    fn back_off(
        &mut self,
        now: Now,
        reason: Reason,
        retry: RetryState,
        backoff: Backoff,
        failure: Failure,
        fx: &mut Effects,
    ) {
        self.release_lock(fx);
        self.last_error = Some(failure.code);
        let will_retry = !self.embeds.is_empty();
        let source_requested_wait = matches!(backoff.cause, BackoffReason::Denied | BackoffReason::Throttled);
        self.phase = if will_retry || source_requested_wait {
            Phase::BackingOff(backoff)
        } else {
            Phase::Idle
        };
        let failed = RefreshFailed {
            reason,
            code: failure.code,
            attempt: retry.attempt(),
            retry_in_ms: will_retry.then(|| backoff.until.since(now.mono)),
            status: failure.status,
        };
        fx.push(Effect::Emit(Event::RefreshFailed(failed, failure.refused)));
        self.waiters.failed(failure.code, fx);
    }

    fn update_clock(&mut self, now: Now, asked: Now, headers: &Headers) {
        if let Some(date) = headers.date.as_deref().and_then(token::parse_http_date) {
            self.clock.update_from_response(asked, now, date);
        }
    }

    /// `Retry-After`: seconds, or an HTTP date.
    fn retry_after(&self, now: Now, text: &str) -> Option<Duration> {
        match token::parse_digits(token::trim(text)) {
            Some(seconds) => Some(Duration::from_secs(seconds.unsigned_abs())),
            None => token::parse_http_date(text).map(|at| at.since(self.clock.server(now))),
        }
    }
}
