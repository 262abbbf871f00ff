//! What the source does: it is asked, it answers, it fails.

use super::*;

/// How far two tokens may be out of step with the clock and still be made when they were asked for.
const IN_STEP: Duration = Duration::from_secs(5);

impl Keeper {
    /// Asks the source, when it is this tab's turn.
    pub(super) fn ask(&mut self, now: Now, reason: Reason, row: Row, fx: &mut Effects) {
        if self.policy.tabs {
            self.claim(now, reason, row, fx);
        } else {
            self.ask_now(now, reason, row, fx);
        }
    }

    /// Asks the source, if the budget allows it; otherwise waits for the next grant.
    pub(super) fn ask_now(&mut self, now: Now, reason: Reason, row: Row, fx: &mut Effects) {
        if let Err(wait) = self.budget.take(now.mono) {
            let pause = Pause {
                until: now.mono + wait,
                cause: Cause::Budget,
                reason,
                row,
            };
            self.pause(now, reason, row, pause, Failure::of(ErrorCode::Budget), fx);
            return;
        }
        self.requests = self.requests.wrapping_add(1);
        let flight = Flight {
            id: RequestId(self.requests),
            reason,
            asked: now,
            ends: now.mono + self.policy.source_timeout,
            row,
        };
        self.phase = Phase::Asking(flight);
        fx.push(Effect::Ask {
            request: flight.id,
            reason,
            attempt: flight.attempt(),
        });
    }

    /// The request that `id` names, if it is the one under way.
    fn current(&self, id: RequestId) -> Option<Flight> {
        match self.phase {
            Phase::Asking(flight) if flight.id == id => Some(flight),
            Phase::Asking(_) | Phase::Claiming(_) | Phase::Resting | Phase::Pausing(_) | Phase::Stopped => {
                None
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        now: Now,
        id: RequestId,
        answer: &Json,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(flight) = self.current(id) else { return };
        self.learn(now, flight.asked, headers);
        match self.read(now, answer, headers.date.is_some()) {
            Ok((token, reading)) => self.accept(now, flight, token, reading, fx),
            Err(Refusal { code, token }) => {
                let failure = Failure {
                    refused: token,
                    ..Failure::of(code)
                };
                self.fail(now, flight.reason, flight.row, failure, fx);
            }
        }
    }

    /// Reads and judges an answer. `dated` says that the server named its time with it.
    fn read(&mut self, now: Now, answer: &Json, dated: bool) -> Result<(Token, Reading), Refusal> {
        let token = token::read_answer(answer, self.clock.server(now), self.read_json)?;
        if let Some(issued) = token.issued_at {
            self.clock.learn_issued(now, issued);
        }
        let server = self.clock.server(now);
        let judge = |server| accept::judge(&token, self.wanted(), self.newest.as_ref(), server);
        let judged = match judge(server) {
            Ok(()) => Ok(Reading::new(&self.clock, now)),
            Err(ErrorCode::TokenExpired) if !dated && judge(Timestamp::from_ms(i64::MIN)).is_ok() => {
                self.fast_clock(now, &token).ok_or(ErrorCode::TokenExpired)
            }
            Err(code) => Err(code),
        };
        match judged {
            Ok(reading) => Ok((token, reading)),
            Err(code) => Err(Refusal {
                code,
                token: Some(token.text),
            }),
        }
    }

    /// The server's time by a token that looks expired, where it is this machine's clock that is ahead.
    ///
    /// One such token may come out of a cache. Two different ones, whose expirations lie as far apart as their
    /// receipts, were made when they were asked for.
    fn fast_clock(&mut self, now: Now, token: &Token) -> Option<Reading> {
        let expires = held::expiry(token)?;
        let text = token.text.clone();
        let before = self.stale.replace(Stale {
            text,
            expires,
            received: now.mono,
        })?;
        let passed = before.expires + now.mono.since(before.received);
        let in_step = before.text != token.text && expires.skew_to(passed).size() <= IN_STEP;
        let life = token::ASSUMED_LIFE;
        in_step.then(|| Reading::from_token(token.issued_at.unwrap_or(expires - life), now))
    }

    fn accept(&mut self, now: Now, flight: Flight, token: Token, reading: Reading, fx: &mut Effects) {
        if let (true, Some(expires)) = (self.policy.tabs, held::expiry(&token)) {
            fx.push(Effect::Share(token.text.clone(), expires));
        }
        self.release(fx);
        self.take(now, token, reading, flight.reason, flight.attempt(), fx);
    }

    /// Takes a token that was asked for, here or in another tab.
    pub(super) fn take(
        &mut self,
        now: Now,
        token: Token,
        reading: Reading,
        reason: Reason,
        attempt: u32,
        fx: &mut Effects,
    ) {
        self.phase = Phase::Resting;
        self.unreached = 0;
        self.last_error = match token.expiry {
            token::Expiry::Known(_) => None,
            // taken all the same, for as long as such a token lives at most; support should know
            token::Expiry::Assumed(_) | token::Expiry::Unknown => Some(ErrorCode::ExpirationUnknown),
        };
        self.hold(now, token, Origin::Source, reading);
        let Some(newest) = &self.newest else { return };
        self.round = Some(Round {
            reason,
            attempt,
            expires: newest.window.expires,
            told: false,
        });
        self.embeds.offer(newest.text(), now.mono);
        self.waiters.accepted(newest.text(), fx);
    }

    /// Tells the page of a new token when every embed has answered to it for the first time.
    pub(super) fn close_round(&mut self, now: Now, fx: &mut Effects) {
        let Some(mut round) = self.round else { return };
        let tally = self.embeds.tally;
        let placed = tally.took > 0 || self.embeds.is_empty();
        if placed {
            self.placed = Some(round.expires);
            self.refreshed_at = Some(now.wall);
        }
        if tally.pending > 0 {
            return;
        }
        if placed {
            let Round {
                reason,
                attempt,
                expires,
                ..
            } = round;
            let refreshed = Refreshed {
                reason,
                expires_at: expires,
                attempt,
                embeds: tally.took,
            };
            fx.push(Effect::Emit(Event::Refreshed(refreshed)));
            self.waiters.placed(Ok(expires), fx);
            self.round = None;
        } else if !round.told {
            round.told = true;
            self.round = Some(round);
            let code = tally.failed.unwrap_or(ErrorCode::ApplyGone);
            self.last_error = Some(code);
            self.waiters.placed(Err(code), fx);
        }
    }

    pub(super) fn failed(
        &mut self,
        now: Now,
        id: RequestId,
        failure: SourceFailure,
        headers: &Headers,
        fx: &mut Effects,
    ) {
        let Some(flight) = self.current(id) else { return };
        self.learn(now, flight.asked, headers);
        let (code, status) = match failure {
            SourceFailure::Network => (ErrorCode::SourceNetwork, None),
            SourceFailure::Threw => (ErrorCode::SourceThrew, None),
            SourceFailure::Unreadable => (ErrorCode::SourceAnswer, None),
            SourceFailure::Status(status @ (401 | 403)) => (ErrorCode::SourceDenied, Some(status)),
            SourceFailure::Status(status @ (429 | 503)) => (ErrorCode::SourceThrottled, Some(status)),
            SourceFailure::Status(status) => (ErrorCode::SourceStatus, Some(status)),
        };
        let retry_after = headers
            .retry_after
            .as_deref()
            .and_then(|text| self.retry_after(now, text));
        let unreached = if now.mono < self.waking && code == ErrorCode::SourceNetwork {
            self.unreached.saturating_add(1)
        } else {
            0
        };
        self.fail(
            now,
            flight.reason,
            flight.row,
            Failure {
                code,
                status,
                retry_after,
                unreached,
                refused: None,
            },
            fx,
        );
    }

    /// Ends a request that failed, and schedules the next.
    pub(super) fn fail(&mut self, now: Now, reason: Reason, row: Row, failure: Failure, fx: &mut Effects) {
        let pause = flight::pause(row, &failure, now.mono, self.draws.u32(..));
        self.unreached = failure.unreached;
        self.pause(now, reason, row, pause, failure, fx);
    }

    /// Pauses after a request for `reason` that failed or may not be made, and says so.
    fn pause(
        &mut self,
        now: Now,
        reason: Reason,
        row: Row,
        pause: Pause,
        failure: Failure,
        fx: &mut Effects,
    ) {
        self.release(fx);
        self.last_error = Some(failure.code);
        let goes_on = !self.embeds.is_empty();
        let told_so = matches!(pause.cause, Cause::Denied | Cause::Throttled);
        self.phase = if goes_on || told_so {
            Phase::Pausing(pause)
        } else {
            Phase::Resting
        };
        let failed = RefreshFailed {
            reason,
            code: failure.code,
            attempt: row.attempt(),
            retry_in_ms: goes_on.then(|| pause.until.since(now.mono)),
            status: failure.status,
        };
        fx.push(Effect::Emit(Event::RefreshFailed(failed, failure.refused)));
        self.waiters.failed(failure.code, fx);
    }

    fn learn(&mut self, now: Now, asked: Now, headers: &Headers) {
        if let Some(date) = headers.date.as_deref().and_then(token::read_http_date) {
            self.clock.learn(asked, now, date);
        }
    }

    /// `Retry-After`: seconds, or an HTTP date.
    fn retry_after(&self, now: Now, text: &str) -> Option<Duration> {
        match token::whole(token::trim(text)) {
            Some(seconds) => Some(Duration::from_secs(seconds.unsigned_abs())),
            None => token::read_http_date(text).map(|at| at.since(self.clock.server(now))),
        }
    }
}
