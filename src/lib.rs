//! Keeps the access token of an embedded Power BI report fresh.
//!
//! The crate is a pure core and, for wasm32 alone, the shell that drives it in a browser (`web`). The core does
//! no I/O: it is told what happened and when, and says what to do and when it wants to be called again. The shell, a
//! test or a simulator is its driver:
//!
//! ```
//! use powerbi_token_keeper::io::{Effect, EmbedConfig, EmbedId, Input, Outcome, WaiterId};
//! use powerbi_token_keeper::time::{Duration, Instant, Now, Timestamp};
//! use powerbi_token_keeper::token::{AccessToken, Json};
//! use powerbi_token_keeper::{Keeper, RefreshPolicy};
//!
//! // the platform's reader of JSON text, here for a token that is not JSON
//! let mut keeper = Keeper::new(RefreshPolicy::default(), |_| None, 42);
//! let mut now = Now { wall: Timestamp::from_secs(1_767_225_600), mono: Instant::from_ms(0) };
//!
//! let mut asked = None;
//! for effect in keeper.handle(now, Input::GetToken(WaiterId(0))) {
//!     if let Effect::RequestToken { request, .. } = effect {
//!         asked = Some(request);
//!     }
//! }
//! let request = asked.expect("without a token, the source is asked");
//!
//! // a second later the source answers
//! now = Now { wall: now.wall + Duration::from_secs(1), mono: now.mono + Duration::from_secs(1) };
//! let answer = Json::Object(vec![
//!     ("token".into(), Json::String(AccessToken::new("opaque-".repeat(20)))),
//!     ("expiration".into(), Json::String(AccessToken::new("2026-01-01T01:00:00Z".into()))),
//! ]);
//! let answered = Input::ResponseReceived { request, answer, headers: Default::default() };
//! let told = keeper.handle(now, answered).into_iter().find_map(|effect| match effect {
//!     Effect::ResolveWaiter(WaiterId(0), outcome) => Some(outcome),
//!     _ => None,
//! });
//! assert!(matches!(told, Some(Outcome::Token(_))));
//!
//! // nothing is attached, so nothing is to be done by itself; with an embed there is always a deadline
//! assert_eq!(keeper.deadline(), None);
//! for effect in keeper.handle(now, Input::Attach { embed: EmbedId(0), config: EmbedConfig::default() }) {
//!     // … setAccessToken is to be called, the page to be told …
//! }
//! assert!(keeper.deadline().is_some());
//! ```
//!
//! See ARCHITECTURE.md for the loop, the invariants, and where a change belongs.

extern crate alloc;

pub mod backoff;
pub mod budget;
pub mod clock;
#[cfg(feature = "diagnosis")]
pub mod diagnosis;
pub mod io;
pub mod keeper;
pub mod policy;
pub mod time;
pub mod token;
pub mod token_expired;
#[cfg(target_arch = "wasm32")]
pub mod web;

pub use io::{Deadline, Effect, Effects, Event, Input};
pub use keeper::Keeper;
pub use policy::RefreshPolicy;
