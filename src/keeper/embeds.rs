//! The attached embeds.

use super::apply::apply_failed;
use super::context::Context;
use super::embed_state::EmbedState;
use super::tracked_token::{TokenId, TrackedToken};
use crate::io::{
    ApplyOutcome, Content, Effect, EmbedCallId, EmbedConfig, EmbedId, ErrorCode, ExpiryScope, RecoveryOutcome,
};
use crate::time::{Duration, Instant};
use crate::token::Kind;

/// How soon a frame is called again that has not listened for the length of an apply.
const RETRY_LATER: Duration = Duration::from_secs(5);
/// How many embeds are observed in one check, in turn: a poll costs the same however many there are.
const OBSERVATIONS_PER_POLL: usize = 8;
/// With more than these it is one: an observation of what has not been in use for hours is slow, and it would be hours all
/// the same.
const MANY_EMBEDS: usize = 1_000;

/// Every attached embed.
#[derive(Debug)]
pub(super) struct Embeds {
    /// In the order of their ids.
    states: Vec<EmbedState>,
    calls: u32,
    /// Nothing is due in any of them before this. May be earlier than the next such time, never later.
    next_wakeup: Instant,
    /// Where the next observation begins.
    next_observed: usize,
}

/// The embeds that a token is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Addressees<'a> {
    /// Those that the request names.
    Named,
    /// Those with this content.
    Contents(&'a [Content]),
    /// All: it is an Aad token of their user.
    All,
}

impl Addressees<'_> {
    fn include(self, state: &EmbedState) -> bool {
        match self {
            Self::Named => state.is_named,
            Self::Contents(contents) => contents.contains(&state.content()),
            Self::All => true,
        }
    }
}

impl Embeds {
    pub(super) fn new() -> Self {
        Self {
            states: Vec::new(),
            calls: 0,
            next_wakeup: Instant::NEVER,
            next_observed: 0,
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
        self.states.iter().find_map(EmbedState::kind)
    }

    /// The next time at which [`Self::advance`] may have something to do.
    pub(super) fn next_wakeup(&self) -> Instant {
        self.next_wakeup
    }

    pub(super) fn clear(&mut self) {
        self.states.clear();
        self.next_wakeup = Instant::NEVER;
    }

    pub(super) fn get(&self, id: EmbedId) -> Option<&EmbedState> {
        let at = self.states.binary_search_by_key(&id, |state| state.id).ok()?;
        self.states.get(at)
    }

    /// Does something with one embed; `None` when it is not there.
    fn with<T>(&mut self, id: EmbedId, change: impl FnOnce(&mut EmbedState) -> T) -> Option<T> {
        let at = self.states.binary_search_by_key(&id, |state| state.id).ok()?;
        let state = self.states.get_mut(at)?;
        let result = change(state);
        self.next_wakeup = state.next_wakeup().min(self.next_wakeup);
        Some(result)
    }

    /// Takes an embed in; one that is there already is attached once.
    pub(super) fn attach(&mut self, id: EmbedId, config: EmbedConfig, ctx: &mut Context<'_>) {
        let Err(at) = self.states.binary_search_by_key(&id, |state| state.id) else {
            return;
        };
        let mut state = EmbedState::new(id, ctx.tokens);
        state.observe(config, ctx);
        // without a configuration there is no change to be observed
        state.reconcile(ctx);
        self.next_wakeup = state.next_wakeup().min(self.next_wakeup);
        self.states.insert(at, state);
    }

    /// Lets an embed go; false when it is not there.
    pub(super) fn detach(&mut self, id: EmbedId, ctx: &mut Context<'_>) -> bool {
        let Ok(at) = self.states.binary_search_by_key(&id, |state| state.id) else {
            return false;
        };
        self.states.remove(at).release(ctx);
        true
    }

    /// An embed is gone from the page; false when it was not there.
    pub(super) fn remove(&mut self, embed: EmbedId, ctx: &mut Context<'_>) -> bool {
        let was_there = self.detach(embed, ctx);
        if was_there {
            ctx.fx.push(apply_failed(embed, ErrorCode::ApplyGone, 1, None));
            ctx.fx.push(Effect::ForgetEmbed(embed));
        }
        was_there
    }

    /// Has the next few observed.
    pub(super) fn observe_next(&mut self, ctx: &mut Context<'_>) {
        for embed in self.embeds_to_observe() {
            ctx.fx.push(Effect::ObserveEmbed(embed));
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

    /// An embed's configuration is this now.
    pub(super) fn record_observation(&mut self, embed: EmbedId, config: EmbedConfig, ctx: &mut Context<'_>) {
        self.with(embed, |state| state.observe(config, ctx));
    }

    /// Gives each embed the newest token that was obtained for its content, where it should have that without a request.
    pub(super) fn reconcile(&mut self, ctx: &mut Context<'_>) {
        for state in &mut self.states {
            state.reconcile(ctx);
            self.next_wakeup = state.next_wakeup().min(self.next_wakeup);
        }
    }

    /// A request begins, which names all of them. Answers with their content.
    pub(super) fn name_all(&mut self) -> Vec<Content> {
        let mut contents: Vec<Content> = self.states.iter().map(EmbedState::content).collect();
        contents.sort_unstable();
        contents.dedup();
        for state in &mut self.states {
            state.is_named = true;
        }
        contents
    }

    /// Whether one of them has this content.
    pub(super) fn has_content(&self, content: Content) -> bool {
        self.states.iter().any(|state| state.content() == content)
    }

    /// Those that another tab's token is for count as named from here on.
    pub(super) fn name(&mut self, addressees: Addressees<'_>) {
        for state in &mut self.states {
            state.is_named = addressees.include(state);
        }
    }

    /// The tokens of `addressees` that an answer may replace; `None` among them for embeds without one.
    /// `again`: the token in the answer, where it was obtained before.
    pub(super) fn replaceable(
        &self,
        addressees: Addressees<'_>,
        is_refresh: bool,
        again: Option<&TrackedToken>,
        ctx: &Context<'_>,
    ) -> Vec<Option<TokenId>> {
        let mut tokens = Vec::new();
        for state in self.states.iter().filter(|state| addressees.include(state)) {
            let token = state.effective();
            let may_replace = if again.is_none_or(|again| again.is_for(state.content(), None)) {
                state.is_replaceable(is_refresh, ctx)
            } else {
                state.needs_token(ctx)
            };
            if may_replace && tokens.last() != Some(&token) {
                tokens.push(token);
            }
        }
        tokens
    }

    /// Which of the named `contents` a token was obtained for that was obtained before: those that it was for then, and those
    /// that have no token which is still valid. It may come from a cache of answers for other content, so that none is given
    /// up for it.
    pub(super) fn served_again(
        &self,
        again: &TrackedToken,
        contents: &[Content],
        ctx: &Context<'_>,
    ) -> Vec<Content> {
        let in_need = self.states.iter().filter(|state| state.needs_token(ctx));
        let mut in_need: Vec<Content> = in_need.map(EmbedState::content).collect();
        in_need.sort_unstable();
        let mut served = contents.to_vec();
        served.retain(|content| again.is_for(*content, None) || in_need.binary_search(content).is_ok());
        served
    }

    /// Starts the rollout of `token` on the named embeds that it may replace something on, as `replaces` says.
    pub(super) fn start_rollout(
        &mut self,
        token: TokenId,
        is_refresh: bool,
        replaces: impl Fn(&TrackedToken) -> bool,
        ctx: &mut Context<'_>,
    ) {
        for state in &mut self.states {
            state.forget_rollout();
            let old = state.effective().and_then(|id| ctx.tokens.get(id));
            let is_better = old.is_none_or(&replaces);
            let new = ctx.tokens.get(token);
            let is_for = new.is_some_and(|new| new.is_for(state.content(), None));
            if state.is_named && is_for && is_better && state.is_replaceable(is_refresh, ctx) {
                state.roll_out(token, ctx);
            } else {
                state.reconcile(ctx);
            }
        }
        self.next_wakeup = ctx.now.mono;
    }

    /// The tokens of named embeds that no answer could replace.
    pub(super) fn unserved(&self) -> impl Iterator<Item = Option<TokenId>> {
        let named = self.states.iter().filter(|state| state.is_named);
        named.map(EmbedState::effective)
    }

    /// Its frame asked for a newer token.
    pub(super) fn wants_newer(&mut self, embed: EmbedId, ctx: &mut Context<'_>) -> bool {
        let asked = self.with(embed, |state| {
            state.wants_newer = true;
            state.reconcile(ctx);
        });
        asked.is_some()
    }

    /// An embed said `TokenExpired`. Answers with the token that it has, where no newer one is on its way.
    pub(super) fn token_expired(
        &mut self,
        embed: EmbedId,
        scope: ExpiryScope,
        now: Instant,
    ) -> Option<TokenId> {
        let state = self.with(embed, |state| {
            state.token_expired(scope, now).then_some(state.token())
        });
        state.flatten().flatten()
    }

    /// An embed is to be reloaded when it gets a newer token; false when it is not there.
    pub(super) fn recover_with_next_token(&mut self, embed: EmbedId) -> bool {
        let state = self.with(embed, |state| state.pending_recovery = Some(ExpiryScope::Embed));
        state.is_some()
    }

    fn next_call(&mut self) -> EmbedCallId {
        self.calls = self.calls.wrapping_add(1);
        EmbedCallId(self.calls)
    }

    /// Makes the calls that are due, and gives up on those that took too long.
    pub(super) fn advance(&mut self, ctx: &mut Context<'_>) {
        if ctx.now.mono < self.next_wakeup {
            return;
        }
        self.next_wakeup = Instant::NEVER;
        for state in &mut self.states {
            self.calls = self.calls.wrapping_add(1);
            state.advance(EmbedCallId(self.calls), ctx);
            self.next_wakeup = state.next_wakeup().min(self.next_wakeup);
        }
    }

    /// A call of `setAccessToken` ended. True when the embed is gone and was dropped.
    pub(super) fn apply_finished(
        &mut self,
        embed: EmbedId,
        call: EmbedCallId,
        outcome: ApplyOutcome,
        ctx: &mut Context<'_>,
    ) -> bool {
        let is_current = self.get(embed).is_some_and(|state| state.is_current(call));
        match outcome {
            ApplyOutcome::Gone => return is_current && self.remove(embed, ctx),
            ApplyOutcome::NotListening if is_current => {
                self.with(embed, |state| state.not_listening(RETRY_LATER, ctx));
            }
            ApplyOutcome::NotListening => {}
            ApplyOutcome::Settled(text) => {
                self.with(embed, |state| state.apply_settled(is_current, text, ctx));
            }
        }
        false
    }

    /// The state of a report was captured, or could not be.
    pub(super) fn state_captured(
        &mut self,
        embed: EmbedId,
        call: EmbedCallId,
        captured: bool,
        ctx: &mut Context<'_>,
    ) {
        let next = self.next_call();
        self.with(embed, |state| {
            if state.is_current(call) {
                state.state_captured(captured, next, ctx);
            }
        });
    }

    /// A `reload()` or `refresh()` ended.
    pub(super) fn recovery_finished(
        &mut self,
        embed: EmbedId,
        call: EmbedCallId,
        outcome: RecoveryOutcome,
        ctx: &mut Context<'_>,
    ) {
        self.with(embed, |state| state.recovery_finished(call, outcome, ctx));
    }
}
