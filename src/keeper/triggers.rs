//! When the keeper checks: the poll, and what the browser reports that makes an early check worth while.

use super::Keeper;
use super::requests::Phase;
use super::retry::BackoffReason;
use crate::io::{Effects, Reason, Trigger};
use crate::time::{Duration, Instant, Now};

/// Triggers within this time of each other count as one.
const TRIGGER_DEBOUNCE: Duration = Duration::from_secs(1);
/// For how long after waking a network that is not up yet is no surprise.
const WAKE_GRACE: Duration = Duration::from_secs(60);

/// The poll, the triggers, and whether the page is visible.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    is_hidden: bool,
    /// When the last check was, by the poll or a trigger.
    last_poll: Instant,
    /// Until then triggers count as one with the last that was acted on.
    debounce_until: Instant,
    /// A trigger that came before that, which will be acted on then.
    debounced: Option<Trigger>,
    wake_grace_until: Instant,
}

impl Triggers {
    pub(super) fn is_hidden(&self) -> bool {
        self.is_hidden
    }

    pub(super) fn set_hidden(&mut self, is_hidden: bool) {
        self.is_hidden = is_hidden;
    }

    /// Whether a network that is not up yet is no surprise.
    pub(super) fn is_waking(&self, now: Instant) -> bool {
        now < self.wake_grace_until
    }

    pub(super) fn start_wake_grace(&mut self, now: Instant) {
        self.wake_grace_until = now + WAKE_GRACE;
    }

    /// The next poll.
    pub(super) fn next_poll(&self, interval: Duration) -> Instant {
        self.last_poll + interval
    }

    /// The poll starts anew.
    pub(super) fn start_poll(&mut self, now: Instant) {
        self.last_poll = now;
    }

    /// A check is made. A poll that comes in time keeps the beat, so that a timer which repeats need not be set anew.
    pub(super) fn checked(&mut self, now: Instant, interval: Duration) {
        let beat = self.next_poll(interval);
        let in_time = beat <= now && now < beat + interval;
        self.last_poll = if in_time { beat } else { now };
    }

    /// When a trigger that was put off will be acted on.
    pub(super) fn next_debounced(&self) -> Option<Instant> {
        self.debounced.map(|_| self.debounce_until)
    }

    pub(super) fn forget_debounced(&mut self) {
        self.debounced = None;
    }

    /// The browser reported something. Answers with what is to be acted on now.
    fn receive(&mut self, now: Instant, trigger: Trigger) -> Option<Trigger> {
        if now >= self.debounce_until {
            return Some(self.act(now, trigger));
        }
        // the one that may end a pause is not lost to one that may not
        if self
            .debounced
            .is_none_or(|waiting| priority(trigger) > priority(waiting))
        {
            self.debounced = Some(trigger);
        }
        None
    }

    /// The trigger that was put off, when its time has come.
    fn fire_debounced(&mut self, now: Instant) -> Option<Trigger> {
        let trigger = self.debounced.filter(|_| now >= self.debounce_until)?;
        Some(self.act(now, trigger))
    }

    fn act(&mut self, now: Instant, trigger: Trigger) -> Trigger {
        self.debounce_until = now + TRIGGER_DEBOUNCE;
        self.debounced = None;
        trigger
    }
}

impl Keeper {
    /// The browser reported something. Coalesces what comes within a second.
    pub(super) fn trigger(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        match trigger {
            Trigger::Visible | Trigger::PageShow | Trigger::Resume => {
                self.triggers.set_hidden(false);
                self.wake(now);
            }
            Trigger::Online => self.wake(now),
            Trigger::Focus => {}
        }
        match self.triggers.receive(now.mono, trigger) {
            Some(trigger) => self.recheck(now, trigger, fx),
            None => Reason::Poll,
        }
    }

    /// Acts on a trigger that was put off, when its time has come.
    pub(super) fn fire_debounced(&mut self, now: Now, fx: &mut Effects) -> Reason {
        match self.triggers.fire_debounced(now.mono) {
            Some(trigger) => self.recheck(now, trigger, fx),
            None => Reason::Poll,
        }
    }

    /// The network may not be up yet from here on.
    pub(super) fn wake(&mut self, now: Now) {
        self.triggers.start_wake_grace(now.mono);
        self.requests.network_failures = 0;
    }

    fn recheck(&mut self, now: Now, trigger: Trigger, fx: &mut Effects) -> Reason {
        self.check(now, fx);
        self.requests.end_backoff(now.mono, ended_by(trigger));
        if let Phase::BackingOff(backoff) = &mut self.requests.phase
            && backoff.until <= now.mono
        {
            backoff.reason = trigger.reason();
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

/// The pauses that a trigger ends.
fn ended_by(trigger: Trigger) -> &'static [BackoffReason] {
    use BackoffReason::{Denied, Failure, Refused, Unchanged};
    match trigger {
        Trigger::Visible | Trigger::PageShow | Trigger::Resume => &[Failure, Unchanged, Refused, Denied],
        Trigger::Online => &[Failure, Unchanged],
        Trigger::Focus => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_ms(ms)
    }

    #[test]
    fn within_a_second_the_weightiest_trigger_waits_for_its_end() {
        let mut triggers = Triggers::default();
        assert_eq!(triggers.receive(at(5_000), Trigger::Focus), Some(Trigger::Focus));
        for trigger in [Trigger::Focus, Trigger::Resume, Trigger::Online, Trigger::Visible] {
            assert_eq!(triggers.receive(at(5_999), trigger), None);
        }
        assert_eq!(triggers.next_debounced(), Some(at(6_000)));
        assert_eq!(triggers.fire_debounced(at(5_999)), None);
        assert_eq!(triggers.fire_debounced(at(6_000)), Some(Trigger::Resume));
        assert_eq!(triggers.next_debounced(), None);
    }

    #[test]
    fn a_poll_in_time_keeps_the_beat_and_a_late_one_starts_another() {
        let half = Duration::from_secs(30);
        let mut triggers = Triggers::default();
        triggers.start_poll(at(0));
        triggers.checked(at(30_400), half);
        assert_eq!(triggers.next_poll(half), at(60_000));
        triggers.checked(at(200_000), half);
        assert_eq!(triggers.next_poll(half), at(230_000));
        triggers.checked(at(210_000), half);
        assert_eq!(
            triggers.next_poll(half),
            at(240_000),
            "a trigger's check counts as one"
        );
    }
}
