//! What the page does: it attaches and detaches, calls, wakes up, and stops.

use super::*;

impl Keeper {
    /// Starts with a token already in hand, if it can be read and is still good for something.
    pub(super) fn begin(&mut self, now: Now, initial: Option<&Json>) {
        let server = self.clock.server(now);
        if let Some(Ok(token)) = initial.map(|answer| token::read_answer(answer, server, self.read_json)) {
            self.adopt(now, token);
        }
    }

    /// Takes over a token of the page's own, where it is better than the one in hand; false where it is not.
    fn adopt(&mut self, now: Now, token: Token) -> bool {
        if let Some(issued) = token.issued_at {
            self.clock.learn_issued(now, issued);
        }
        // nobody knows how long it has been in the page
        if self.newest.is_some() && matches!(token.expiry, token::Expiry::Assumed(_)) {
            return false;
        }
        let reading = self.reading(now);
        let server = reading.server(&self.clock, now);
        // one that has expired is still better than none: it says whose the next one must be
        let judged = accept::judge(&token, self.wanted(), self.newest.as_ref(), server);
        let first = self.newest.is_none() && judged == Err(ErrorCode::TokenExpired);
        if judged.is_err() && !first {
            if judged == Err(ErrorCode::TokenExpired) {
                self.spare = Some(self.later(token));
            }
            return false;
        }
        self.hold(now, token, Origin::Page, reading);
        self.placed = self.newest.as_ref().map(|held| held.window.expires);
        true
    }

    /// How the server's time is read for a token that did not come from the source.
    pub(super) fn reading(&self, now: Now) -> Reading {
        let apart = self.newest.as_ref().and_then(Held::apart);
        apart.unwrap_or(Reading::new(&self.clock, now))
    }

    /// Makes `token` the newest, or the spare one.
    pub(super) fn hold(&mut self, now: Now, token: Token, origin: Origin, reading: Reading) {
        let token = self.later(token);
        let draw = self.draws.u32(..);
        self.newest = Held::new(token, origin, &self.policy, reading, &self.clock, now, draw);
    }

    /// `token`, or the spare one where that expires later: an embed holds it, and no earlier one may replace it.
    fn later(&mut self, token: Token) -> Token {
        let spare = self.spare.take();
        let later = spare.filter(|spare| held::expiry(spare) > held::expiry(&token));
        later.unwrap_or(token)
    }

    /// The kind of token that is needed, as far as anybody said.
    pub(super) fn wanted(&self) -> Option<Kind> {
        self.kind
            .or_else(|| self.embeds.kind())
            .or_else(|| self.newest.as_ref().and_then(|held| held.token.kind))
    }

    pub(super) fn attach(&mut self, now: Now, embed: EmbedId, text: Option<AccessToken>, kind: Option<Kind>) {
        if self.embeds.is_empty() {
            self.polled = now.mono;
        }
        if self.embeds.attach(embed, text.clone(), kind) {
            self.take_up(now, embed, text);
        }
    }

    /// Looks after an embed that holds `text`: adopts its token, or has it take the newest.
    fn take_up(&mut self, now: Now, embed: EmbedId, text: Option<AccessToken>) {
        let server = self.clock.server(now);
        let read = text.map(|text| token::read_token(&text, server, self.read_json));
        let adopted = read
            .and_then(Result::ok)
            .is_some_and(|token| self.adopt(now, token));
        let Some(newest) = self.newest.as_ref().map(Held::text) else {
            return;
        };
        if adopted {
            self.embeds.share(newest, now.mono);
        } else {
            self.embeds.hand(embed, newest, now.mono);
        }
    }

    /// Has some of the embeds looked at: others than powerbi-client's own calls change them too.
    pub(super) fn check(&mut self, now: Now, fx: &mut Effects) {
        // a poll that comes in time keeps the beat, so that a timer which repeats need not be set anew
        let interval = self.policy.poll_interval;
        let beat = self.polled + interval;
        let in_time = beat <= now.mono && now.mono < beat + interval;
        self.polled = if in_time { beat } else { now.mono };
        self.embeds.look(fx);
    }

    /// The embeds that the next check will have looked at.
    pub fn looks_next(&self) -> impl Iterator<Item = EmbedId> {
        self.embeds.looks_next()
    }

    /// An embed was looked at. One that was embedded again is as good as newly attached, one that is gone is let go.
    pub(super) fn seen(&mut self, now: Now, embed: EmbedId, sight: Sight, fx: &mut Effects) {
        match sight {
            Sight::Nothing => {}
            Sight::Gone => {
                if self.embeds.lose(embed, fx) {
                    self.let_go(fx);
                }
            }
            Sight::Holds(text, kind) => {
                if self.embeds.see(embed, text.as_ref(), kind) {
                    self.take_up(now, embed, text);
                }
            }
        }
    }

    /// With nothing attached and nobody waiting, nothing goes on.
    pub(super) fn let_go(&mut self, fx: &mut Effects) {
        if !self.embeds.is_empty() {
            return;
        }
        self.echo = None;
        match self.phase {
            Phase::Asking(flight) if self.waiters.is_empty() => {
                fx.push(Effect::Abort(flight.id));
                self.release(fx);
                self.phase = Phase::Resting;
            }
            Phase::Claiming(_) if self.waiters.is_empty() => {
                self.release(fx);
                self.phase = Phase::Resting;
            }
            // what the source said holds for the next embed as well
            Phase::Pausing(Pause {
                cause: Cause::Denied | Cause::Throttled,
                ..
            }) => {}
            Phase::Pausing(_) => self.phase = Phase::Resting,
            Phase::Asking(_) | Phase::Claiming(_) | Phase::Resting | Phase::Stopped => {}
        }
    }

    /// The browser told something. Coalesces what comes within a second.
    pub(super) fn trigger(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        match trigger {
            Trigger::Visible | Trigger::PageShow | Trigger::Resume => {
                self.hidden = false;
                self.wakes(now);
            }
            Trigger::Online => self.wakes(now),
            Trigger::Focus => {}
        }
        if now.mono < self.quiet {
            // the one that may end a pause is not lost to one that may not
            if self.echo.is_none_or(|waiting| weight(trigger) > weight(waiting)) {
                self.echo = Some(trigger);
            }
            return Reason::Poll;
        }
        self.recheck(now, trigger, fx)
    }

    /// Acts on a trigger that was put off, when its time has come.
    pub(super) fn echoed(&mut self, now: Now, fx: &mut Effects) -> Reason {
        match self.echo {
            Some(trigger) if now.mono >= self.quiet => self.recheck(now, trigger, fx),
            Some(_) | None => Reason::Poll,
        }
    }

    fn recheck(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        self.quiet = now.mono + COALESCE;
        self.echo = None;
        self.check(now, fx);
        if let Phase::Pausing(pause) = self.phase
            && ends_pause(trigger, pause.cause)
            && !self.embeds.is_empty()
            && !self.holds_back()
        {
            self.ask(now, trigger.reason(), pause.row, fx);
        }
        trigger.reason()
    }

    pub(super) fn shouted(&mut self, now: Now, embed: EmbedId, level: Level) -> Reason {
        let newest = self.newest.as_ref().map(Held::text);
        let shout = self.embeds.shout(embed, level, newest, now.mono);
        if let (Some(Shout::Refused), Some(held)) = (shout, &mut self.newest) {
            held.shouted = true;
        }
        Reason::TokenExpired
    }

    /// An embed failed to load in a way that a new token may heal: one is asked for, and the embed reloaded with it.
    pub(super) fn ailing(&mut self, now: Now, embed: EmbedId, fx: &mut Effects) {
        if self.embeds.await_newer(embed) {
            self.ask_for_page(now, Reason::Manual, fx);
        }
    }

    /// A frame asked. It gets a token that is newer than its own, or nothing.
    pub(super) fn provide(&mut self, now: Now, waiter: WaiterId, embed: Option<EmbedId>, fx: &mut Effects) {
        if let Some(held) = self.newest.as_ref().filter(|held| held.valid(&self.clock, now)) {
            let text = held.text().clone();
            let newer = embed.is_some_and(|embed| !self.embeds.holds(embed, &text));
            if newer || held.just_received(now) {
                fx.push(Effect::Settle(waiter, Outcome::Token(text)));
                return;
            }
        }
        if self.holds_back() {
            fx.push(Effect::Settle(waiter, Outcome::Failed(ErrorCode::SourceTimeout)));
            return;
        }
        self.waiters.add(waiter, Wish::Token);
        match self.phase {
            Phase::Pausing(pause) if pause.cause != Cause::Failure => {
                self.waiters.failed(code_of(pause.cause), fx);
            }
            Phase::Pausing(_) | Phase::Resting | Phase::Claiming(_) | Phase::Asking(_) | Phase::Stopped => {
                self.ask_for_page(now, Reason::Provider, fx);
            }
        }
    }

    /// `getToken()`: a token that is valid now.
    pub(super) fn obtain(&mut self, now: Now, waiter: WaiterId, fx: &mut Effects) {
        if let Some(held) = self.newest.as_ref().filter(|held| held.valid(&self.clock, now)) {
            fx.push(Effect::Settle(waiter, Outcome::Token(held.text().clone())));
            return;
        }
        self.waiters.add(waiter, Wish::Token);
        self.ask_for_page(now, self.named(Reason::Manual), fx);
    }

    /// Asks because the page or a frame wants it now: joins the request under way, and ends a pause that is ours.
    pub(super) fn ask_for_page(&mut self, now: Now, reason: Reason, fx: &mut Effects) {
        match self.phase {
            Phase::Resting => self.ask(now, reason, Row::default(), fx),
            Phase::Claiming(_) | Phase::Asking(_) | Phase::Stopped => {}
            // with nothing attached no deadline ends a pause
            Phase::Pausing(pause) if now.mono >= pause.until => self.ask(now, reason, pause.row, fx),
            Phase::Pausing(pause) => match pause.cause {
                Cause::Failure | Cause::Denied => self.ask(now, reason, pause.row, fx),
                Cause::Throttled | Cause::Budget => self.waiters.failed(code_of(pause.cause), fx),
            },
        }
    }

    pub(super) fn stop(&mut self, fx: &mut Effects) {
        if let Phase::Asking(flight) = self.phase {
            fx.push(Effect::Abort(flight.id));
        }
        self.release(fx);
        self.waiters.failed(ErrorCode::Stopped, fx);
        self.embeds.clear();
        self.newest = None;
        self.spare = None;
        self.placed = None;
        self.round = None;
        self.phase = Phase::Stopped;
    }
}

/// Which of two triggers within a second counts: the one that ends more pauses.
fn weight(trigger: Trigger) -> u8 {
    match trigger {
        Trigger::Visible | Trigger::PageShow | Trigger::Resume => 2,
        Trigger::Online => 1,
        Trigger::Focus => 0,
    }
}

/// Whether a trigger is worth a request before the pause is over.
fn ends_pause(trigger: Trigger, cause: Cause) -> bool {
    match (cause, trigger) {
        (Cause::Throttled | Cause::Budget, _) | (_, Trigger::Focus) | (Cause::Denied, Trigger::Online) => {
            false
        }
        (Cause::Failure, Trigger::Visible | Trigger::PageShow | Trigger::Resume | Trigger::Online)
        | (Cause::Denied, Trigger::Visible | Trigger::PageShow | Trigger::Resume) => true,
    }
}

/// What somebody is told who can't wait for the end of the pause.
fn code_of(cause: Cause) -> ErrorCode {
    match cause {
        Cause::Failure => ErrorCode::SourceNetwork,
        Cause::Denied => ErrorCode::SourceDenied,
        Cause::Throttled => ErrorCode::SourceThrottled,
        Cause::Budget => ErrorCode::Budget,
    }
}
