//! The attached embeds, and the round of calls that brings a new token to all of them.

use super::embed_state::{EmbedState, RolloutProgress, Stage, advance, failed, mark_failed, settled};
use crate::io::{
    ApplyOutcome, Effect, Effects, EmbedCallId, EmbedId, ErrorCode, Event, ExpiryScope, Recovery,
    RecoveryOutcome,
};
use crate::policy::RefreshPolicy;
use crate::time::{Duration, Instant};
use crate::token::{AccessToken, Kind};

/// How soon a frame that does not listen yet is looked at again, and a reload that came too soon is made again.
const RETRY_SOON: Duration = Duration::from_secs(1);
/// How soon one is looked at that has not listened for the length of an apply.
const RETRY_LATER: Duration = Duration::from_secs(5);
/// How many embeds are looked at in one check, in turn: a poll costs the same however many there are.
const OBSERVATIONS_PER_POLL: usize = 8;
/// With more than these it is one: a look at what has not been in use for hours is slow, and it would be hours all the same.
const MANY_EMBEDS: usize = 1_000;

/// Every attached embed.
#[derive(Debug)]
pub(super) struct Embeds {
    states: Vec<EmbedState>,
    calls: u32,
    /// No next_wakeup is due before this. May be earlier than the next one, never later.
    next_wakeup: Instant,
    /// Where the next look begins.
    next_observed: usize,
    pub(super) progress: RolloutProgress,
}

/// What a shout asks of the keeper.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpiryReport {
    /// The newest token itself is refused: a newer one is needed.
    CurrentRejected,
    /// A newer token is already on its way to this embed, or has just arrived.
    AlreadySuperseded,
}

impl Embeds {
    pub(super) fn new() -> Self {
        Self {
            states: Vec::new(),
            calls: 0,
            next_wakeup: Instant::NEVER,
            next_observed: 0,
            progress: RolloutProgress::default(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The kind of token that the embeds' configurations ask for.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.states.iter().find_map(|state| state.kind)
    }

    /// The next time at which [`Self::run`] may have something to do.
    pub(super) fn next_wakeup(&self) -> Instant {
        self.next_wakeup
    }

    fn find(&mut self, embed: EmbedId) -> Option<&mut EmbedState> {
        find(&mut self.states, embed)
    }

    /// Takes an embed in; false when it is there already.
    pub(super) fn attach(&mut self, id: EmbedId, holds: Option<AccessToken>, kind: Option<Kind>) -> bool {
        let Err(at) = self.states.binary_search_by_key(&id, |state| state.id) else {
            return false;
        };
        let state = EmbedState {
            id,
            kind,
            holds,
            stage: Stage::Idle,
            pending_recovery: None,
            ignore_expiry_until: Instant::default(),
            pending: false,
            offered: Instant::default(),
        };
        self.states.insert(at, state);
        true
    }

    /// Lets an embed go; false when it is not there.
    pub(super) fn detach(&mut self, id: EmbedId) -> bool {
        let Ok(at) = self.states.binary_search_by_key(&id, |state| state.id) else {
            return false;
        };
        if self.states.remove(at).pending {
            self.progress.pending = self.progress.pending.saturating_sub(1);
        }
        true
    }

    /// Has the next few looked at.
    pub(super) fn observe_next(&mut self, fx: &mut Effects) {
        for embed in self.embeds_to_observe() {
            fx.push(Effect::ObserveEmbed(embed));
        }
        self.next_observed = self.first() + self.observation_count();
    }

    /// The next few.
    pub(super) fn embeds_to_observe(&self) -> impl Iterator<Item = EmbedId> {
        let rest = self.states.get(self.first()..).unwrap_or_default();
        let some = rest.get(..self.observation_count()).unwrap_or(rest);
        some.iter().map(|state| state.id)
    }

    /// The first of them.
    fn first(&self) -> usize {
        if self.next_observed < self.states.len() {
            self.next_observed
        } else {
            0
        }
    }

    fn observation_count(&self) -> usize {
        if self.states.len() > MANY_EMBEDS {
            1
        } else {
            OBSERVATIONS_PER_POLL
        }
    }

    /// An embed holds `token`, of `kind`. True when the keeper did not know that.
    pub(super) fn record_observation(
        &mut self,
        embed: EmbedId,
        token: Option<&AccessToken>,
        kind: Option<Kind>,
    ) -> bool {
        let Some(state) = self.find(embed) else {
            return false;
        };
        // a call under way will say what it holds in the end
        if matches!(
            state.stage,
            Stage::Applying { .. } | Stage::RecoveryInFlight { .. }
        ) {
            return false;
        }
        state.kind = kind;
        let news = state.holds.as_ref() != token;
        state.holds = token.cloned();
        news
    }

    /// An embed is gone from the page; false when it was not there.
    pub(super) fn remove(&mut self, embed: EmbedId, fx: &mut Effects) -> bool {
        let there = self.detach(embed);
        if there {
            fx.push(failed(embed, ErrorCode::ApplyGone, 1, None));
            fx.push(Effect::ForgetEmbed(embed));
        }
        there
    }

    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.next_wakeup = Instant::NEVER;
    }

    /// Whether this embed is known to hold `token`.
    pub(super) fn holds(&mut self, embed: EmbedId, token: &AccessToken) -> bool {
        self.find(embed)
            .is_some_and(|state| state.holds.as_ref() == Some(token))
    }

    /// Starts a round: every embed that does not hold `token` is to take it now.
    pub(super) fn start_rollout(&mut self, token: &AccessToken, now: Instant) {
        self.progress = RolloutProgress::default();
        for state in &mut self.states {
            state.pending = state.holds.as_ref() != Some(token);
            state.offered = now;
            if !state.pending {
                continue;
            }
            self.progress.pending += 1;
            match &state.stage {
                // calls into one embed are serialised: the one under way ends first
                Stage::Applying { .. } | Stage::RecoveryInFlight { .. } => {}
                Stage::Idle | Stage::Scheduled { .. } | Stage::RecoveryScheduled { .. } => {
                    state.call_now(now)
                }
            }
        }
        self.next_wakeup = now;
    }

    /// Has every embed that does not hold `token` take it as soon as it can, outside any rollout.
    pub(super) fn update_all(&mut self, token: &AccessToken, now: Instant) {
        for state in &mut self.states {
            state.want(token, now);
        }
        self.next_wakeup = now;
    }

    /// Has one embed take `token` as soon as it can, outside any rollout.
    pub(super) fn update_one(&mut self, embed: EmbedId, token: &AccessToken, now: Instant) {
        if let Some(state) = self.find(embed) {
            state.want(token, now);
            self.next_wakeup = now;
        }
    }

    /// An embed said `TokenExpired`. `newest` is the newest token there is.
    pub(super) fn token_expired(
        &mut self,
        embed: EmbedId,
        scope: ExpiryScope,
        newest: Option<&AccessToken>,
        now: Instant,
    ) -> Option<ExpiryReport> {
        let state = self.find(embed)?;
        let reviving = matches!(
            state.stage,
            Stage::RecoveryScheduled { .. } | Stage::RecoveryInFlight { .. }
        );
        if now < state.ignore_expiry_until && (reviving || scope == ExpiryScope::Visual) {
            return Some(ExpiryReport::AlreadySuperseded);
        }
        // a load-level failure needs more than a visual-level one: the worst is remembered
        if state.pending_recovery != Some(ExpiryScope::Embed) {
            state.pending_recovery = Some(scope);
        }
        let current = state.holds.as_ref() == newest && newest.is_some();
        Some(if current {
            ExpiryReport::CurrentRejected
        } else {
            ExpiryReport::AlreadySuperseded
        })
    }

    /// An embed is to be brought back to life when it gets a newer token; false when it is not there.
    pub(super) fn recover_with_next_token(&mut self, embed: EmbedId) -> bool {
        let state = self.find(embed);
        state
            .map(|state| state.pending_recovery = Some(ExpiryScope::Embed))
            .is_some()
    }

    /// Makes the calls that are due, and gives up on those that took too long.
    pub(super) fn run(
        &mut self,
        newest: Option<&AccessToken>,
        policy: &RefreshPolicy,
        now: Instant,
        fx: &mut Effects,
    ) {
        if now < self.next_wakeup {
            return;
        }
        let Self {
            states,
            calls,
            progress,
            next_wakeup,
            ..
        } = self;
        *next_wakeup = Instant::NEVER;
        for state in states {
            advance(state, calls, progress, newest, policy, now, fx);
            *next_wakeup = state.next_wakeup().min(*next_wakeup);
        }
    }

    /// A call of `setAccessToken` ended. True when the embed is gone and was dropped.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of the keeper that it may not borrow"
    )]
    pub(super) fn applied(
        &mut self,
        embed: EmbedId,
        call: EmbedCallId,
        outcome: ApplyOutcome,
        newest: Option<&AccessToken>,
        policy: &RefreshPolicy,
        now: Instant,
        fx: &mut Effects,
    ) -> bool {
        let Self {
            states,
            progress,
            next_wakeup,
            ..
        } = self;
        let Some(state) = find(states, embed) else {
            return false;
        };
        let current = state.calling(call);
        match outcome {
            ApplyOutcome::Gone => {
                return current && self.remove(embed, fx);
            }
            ApplyOutcome::NotListening => {
                let deaf = now.since(state.offered) >= policy.apply_timeout;
                if let (true, Stage::Applying { attempt, .. }) = (current, &state.stage) {
                    state.stage = Stage::Scheduled {
                        until: now + if deaf { RETRY_LATER } else { RETRY_SOON },
                        attempt: *attempt,
                    };
                    // whoever waits for the round is told in time; the frame gets the token when it listens
                    if deaf {
                        mark_failed(state, progress, ErrorCode::ApplyTimeout);
                    }
                }
            }
            ApplyOutcome::Settled(holds) => settled(state, current, holds, newest, policy, progress, now, fx),
        }
        *next_wakeup = state.next_wakeup().min(*next_wakeup);
        false
    }

    /// A `reload()` or `refresh()` ended.
    pub(super) fn recovered(
        &mut self,
        embed: EmbedId,
        call: EmbedCallId,
        outcome: RecoveryOutcome,
        newest: Option<&AccessToken>,
        now: Instant,
        fx: &mut Effects,
    ) {
        let Self {
            states, next_wakeup, ..
        } = self;
        let Some(state) = find(states, embed) else { return };
        let Stage::RecoveryInFlight {
            call: current, how, ..
        } = state.stage
        else {
            return;
        };
        if current != call {
            return;
        }
        state.stage = match (outcome, how) {
            (RecoveryOutcome::Done, _) => {
                fx.push(Effect::Emit(Event::Recovered(embed, how)));
                state.after_recovery(newest, now)
            }
            (RecoveryOutcome::TooSoon, _) => Stage::RecoveryScheduled {
                how,
                until: now + RETRY_SOON,
            },
            (RecoveryOutcome::Refused, Recovery::Refresh) => Stage::RecoveryScheduled {
                how: Recovery::Reload,
                until: now,
            },
            // its frame raises an error of its own, which says more
            (RecoveryOutcome::Refused, Recovery::Reload) => state.after_recovery(newest, now),
        };
        *next_wakeup = state.next_wakeup().min(*next_wakeup);
    }
}

/// The embed's state; the states are in the order of their ids.
fn find(states: &mut [EmbedState], embed: EmbedId) -> Option<&mut EmbedState> {
    let at = states.binary_search_by_key(&embed, |state| state.id).ok()?;
    states.get_mut(at)
}
