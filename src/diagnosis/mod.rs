//! Says in one sentence why a token or an embed configuration does not work.
//!
//! [`inspect`] takes a token apart, [`diagnose`] checks a configuration before it is embedded, [`explain`] tells what
//! an error of powerbi-client or a backend can come from. All three are pure and decide from what they are given;
//! nothing is sent anywhere, and no text they give out holds a token. What a browser can't know, such as what an
//! embed token was made for, stays a possible cause that says how to find out.
//!
//! ```
//! use powerbi_token_keeper::diagnosis::{FindingCode, Options, diagnose};
//! use powerbi_token_keeper::time::Timestamp;
//! use powerbi_token_keeper::token::Json;
//!
//! let options = Options::new(Timestamp::from_secs(1_700_000_000), |_| None);
//! let findings = diagnose(&Json::Map(vec![]), &options);
//! assert_eq!(findings[0].code, FindingCode::TokenMissing);
//! ```

mod catalogue;
mod cloud;
mod code;
mod config;
mod failure;
mod instead;
mod integrity;
mod paper;
mod peel;
mod report;
mod rules;
mod url;
mod words;

pub use cloud::{CLOUDS, Cloud};
pub use code::FindingCode;
pub use report::{Cause, Explanation, Finding, Principal, Severity, TokenKind, TokenReport, Verdict};

use catalogue::{Entry, Renewal};
use config::Config;
use failure::Failure;
use paper::Paper;
use rules::Facts;

use crate::time::{Skew, Timestamp};
use crate::token::{AccessToken, Json, ReadJson};

/// What diagnosis is told besides the thing it looks at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The point in time to judge at.
    pub now: Timestamp,
    /// The platform's JSON reader.
    pub read_json: ReadJson,
    /// The tenant whose content is embedded, its GUID. Default: any.
    pub tenant: Option<String>,
    /// The version of powerbi-client in use. Default: the newest known.
    pub sdk: Option<String>,
    /// How far the backend's clock is ahead of this machine's, where it was measured. Default: unknown.
    pub skew: Option<Skew>,
    /// When the source says that the token ends. Default: what stands in the configuration.
    pub stated: Option<Timestamp>,
}

impl Options {
    /// Options with nothing known but the time.
    #[must_use]
    pub fn new(now: Timestamp, read_json: ReadJson) -> Self {
        Self {
            now,
            read_json,
            tenant: None,
            sdk: None,
            skew: None,
            stated: None,
        }
    }
}

/// Takes a token apart.
#[must_use]
pub fn inspect(token: &AccessToken, options: &Options) -> TokenReport {
    let paper = Paper::read(token.expose(), options.now, options.read_json);
    let findings = Facts {
        options,
        paper: Some(&paper),
        config: None,
        failure: None,
    }
    .findings();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    TokenReport {
        kind: paper.kind(),
        principal: paper.principal(),
        expires_at: paper.moment("exp"),
        issued_at: paper.moment("iat"),
        audience: owned(paper.audience()),
        tenant_id: owned(paper.claim("tid")),
        scopes: paper.scopes().into_iter().map(str::to_owned).collect(),
        cloud: paper.cloud().map(|cloud| cloud.name),
        cluster_url: owned(paper.cluster()),
        findings,
    }
}

/// Checks an embed configuration. No finding means that nothing is known to be wrong.
///
/// A function in the configuration, such as `eventHooks.accessTokenProvider`, is a `Json::Map` without members.
#[must_use]
pub fn diagnose(config: &Json, options: &Options) -> Vec<Finding> {
    let config = Config::read(config, options.now, options.read_json);
    Facts {
        options,
        paper: Some(&config.paper),
        config: Some(&config),
        failure: None,
    }
    .findings()
}

/// Explains an error, with the configuration as evidence where it is given.
///
/// Takes the detail of an `error` event or the event, what powerbi-client throws or rejects with (arrays and
/// `undefined` too; an `Error` as a map with its `message`), or the answer of a backend.
#[must_use]
pub fn explain(error: &Json, config: Option<&Json>, options: &Options) -> Explanation {
    let failure = Failure::read(error, options.read_json);
    let entry = catalogue::entry(&failure);
    let config = config.filter(|_| !entry.of_backend);
    let config = config.map(|config| Config::read(config, options.now, options.read_json));
    let paper = config.as_ref().map(|config| &config.paper);
    let facts = Facts {
        options,
        paper,
        config: config.as_ref(),
        failure: Some(&failure),
    };
    let (causes, refresh_helps) = causes(entry, &facts);
    Explanation {
        error: entry.error,
        summary: entry.summary,
        causes,
        refresh_helps,
    }
}

/// The causes of an entry, confirmed ones first, and whether a new token helps.
fn causes(entry: &Entry, facts: &Facts<'_>) -> (Vec<Cause>, bool) {
    let shown = entry
        .confirms
        .iter()
        .filter_map(|code| Some(confirmed(facts.cause(*code)?, entry.summary)));
    let others = entry.causes.iter().filter_map(|code| facts.cause(*code));
    let mut causes: Vec<(Cause, bool)> = shown.chain(others).collect();
    if entry.causes.len() == FindingCode::ALL.len() {
        causes.retain(|(cause, _)| cause.verdict == Verdict::Confirmed);
    }
    causes.sort_by_key(|(cause, _)| cause.verdict);
    let proven = || {
        causes
            .iter()
            .filter(|(cause, _)| cause.verdict == Verdict::Confirmed)
    };
    let fatal = proven().any(|(cause, renews)| !renews && cause.finding.severity == Severity::Error);
    let helps = match entry.renewal {
        Renewal::Never => false,
        Renewal::Unless => !fatal,
        Renewal::If => !fatal && proven().any(|(_, renews)| *renews),
    };
    (causes.into_iter().map(|(cause, _)| cause).collect(), helps)
}

/// A cause that the error's own text shows; the facts' sentence stays where they show it too.
fn confirmed((mut cause, renews): (Cause, bool), summary: &str) -> (Cause, bool) {
    if cause.verdict != Verdict::Confirmed {
        summary.clone_into(&mut cause.finding.message);
    }
    cause.verdict = Verdict::Confirmed;
    (cause, renews)
}
