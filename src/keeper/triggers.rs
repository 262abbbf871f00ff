//! Triggers: what the browser reports that makes an early check worth while.

use super::*;

impl Keeper {
    /// The browser told something. Coalesces what comes within a second.
    pub(super) fn trigger(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        match trigger {
            Trigger::Visible | Trigger::PageShow | Trigger::Resume => {
                self.hidden = false;
                self.start_wake_grace(now);
            }
            Trigger::Online => self.start_wake_grace(now),
            Trigger::Focus => {}
        }
        if now.mono < self.debounce_until {
            // the one that may end a backoff is not lost to one that may not
            if self
                .debounced_trigger
                .is_none_or(|waiting| priority(trigger) > priority(waiting))
            {
                self.debounced_trigger = Some(trigger);
            }
            return Reason::Poll;
        }
        self.recheck(now, trigger, fx)
    }

    /// Acts on a trigger that was put off, when its time has come.
    pub(super) fn fire_debounced(&mut self, now: Now, fx: &mut Effects) -> Reason {
        match self.debounced_trigger {
            Some(trigger) if now.mono >= self.debounce_until => self.recheck(now, trigger, fx),
            Some(_) | None => Reason::Poll,
        }
    }

    fn recheck(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        self.debounce_until = now.mono + TRIGGER_DEBOUNCE;
        self.debounced_trigger = None;
        self.check(now, fx);
        if let Phase::BackingOff(backoff) = self.phase
            && ends_pause(trigger, backoff.cause)
            && !self.embeds.is_empty()
            && !self.is_paused_while_hidden()
        {
            self.request_token(now, trigger.reason(), backoff.retry, fx);
        }
        trigger.reason()
    }
}

/// Which of two triggers within a second counts: the one that ends more pauses.
fn priority(trigger: Trigger) -> u8 {
    match trigger {
        Trigger::Visible | Trigger::PageShow | Trigger::Resume => 2,
        Trigger::Online => 1,
        Trigger::Focus => 0,
    }
}

/// Whether a trigger is worth a request before the backoff is over.
fn ends_pause(trigger: Trigger, cause: BackoffReason) -> bool {
    match (cause, trigger) {
        (BackoffReason::Throttled | BackoffReason::Budget, _)
        | (_, Trigger::Focus)
        | (BackoffReason::Denied, Trigger::Online) => false,
        (
            BackoffReason::Failure,
            Trigger::Visible | Trigger::PageShow | Trigger::Resume | Trigger::Online,
        )
        | (BackoffReason::Denied, Trigger::Visible | Trigger::PageShow | Trigger::Resume) => true,
    }
}
