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
//! let findings = diagnose(&Json::Object(vec![]), &options);
//! assert_eq!(findings[0].code, FindingCode::TokenMissing);
//! ```

mod client_schema;
mod cloud;
mod code;
mod config;
mod docs;
mod embed_checks;
mod error_report;
mod error_text;
mod format;
mod inflate;
mod integrity;
mod known_errors;
mod misplaced;
mod non_token;
mod parsed_token;
mod report;
mod rules;
mod schema;
mod search;
mod strip_wrappers;
mod token_request;
mod url;

pub use cloud::{CLOUDS, Cloud};
pub use code::FindingCode;
pub use report::{Cause, Explanation, Finding, Principal, Severity, TokenKind, TokenReport, Verdict};

use config::Config;
use error_report::ErrorReport;
use known_errors::{KnownError, Reason, RefreshHelps};
use parsed_token::ParsedToken;
use report::sorted_by;
use rules::Context;

use crate::time::{Skew, Timestamp};
use crate::token::{AccessToken, Json, ParseJson};

/// What diagnosis is told besides the thing it looks at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The point in time to judge at: the backend's, where the clocks are known to differ.
    pub now: Timestamp,
    /// The platform's JSON reader.
    pub parse_json: ParseJson,
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
    pub fn new(now: Timestamp, parse_json: ParseJson) -> Self {
        Self {
            now,
            parse_json,
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
    let token = ParsedToken::parse(token.expose(), options.now, options.parse_json);
    let findings = Context {
        options,
        token: Some(&token),
        config: None,
        report: None,
    }
    .findings();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    TokenReport {
        kind: token.kind(),
        principal: token.principal(),
        expires_at: token.timestamp("exp"),
        issued_at: token.timestamp("iat"),
        audience: owned(token.audience()),
        tenant_id: owned(token.claim("tid")),
        scopes: token.scopes().into_iter().map(str::to_owned).collect(),
        cloud: token.cloud().map(|cloud| cloud.name),
        cluster_url: owned(token.cluster()),
        findings,
    }
}

/// Checks an embed configuration, or the body of a GenerateToken request. No finding means that nothing is known to be
/// wrong.
///
/// A function in the configuration, such as `eventHooks.accessTokenProvider`, is a `Json::Object` without members.
#[must_use]
pub fn diagnose(config: &Json, options: &Options) -> Vec<Finding> {
    if token_request::is_request(config) {
        return token_request::findings(config);
    }
    let config = Config::parse(config, options);
    Context {
        options,
        token: Some(&config.token),
        config: Some(&config),
        report: None,
    }
    .findings()
}

/// Explains an error, with the configuration as evidence where it is given.
///
/// Takes the detail of an `error` event or the event, what powerbi-client throws or rejects with (arrays and
/// `undefined` too; an `Error` as an object with its `message`), the response of a backend, what a token source rejected
/// with, or any text with an error in it. A configuration that has nothing but an `accessToken` is a token alone.
#[must_use]
pub fn explain(error: &Json, config: Option<&Json>, options: &Options) -> Explanation {
    let report = ErrorReport::parse(error, options.parse_json);
    let known = known_errors::lookup(&report);
    let given = config.filter(|_| !known.of_backend);
    let parsed = given.map(|config| Config::parse(config, options));
    let is_token_alone =
        given.is_some_and(|config| matches!(config.members(), [(name, _)] if name == "accessToken"));
    let context = Context {
        options,
        token: parsed.as_ref().map(|config| &config.token),
        config: parsed.as_ref().filter(|_| !is_token_alone),
        report: Some(&report),
    };
    let (causes, refresh_helps) = causes(known, &context);
    Explanation {
        error: name(known, &report),
        summary: known.summary,
        causes,
        refresh_helps,
    }
}

/// The name of an error: as powerbi-client spells it, the code that it carries, or its HTTP status.
fn name(known: &KnownError, report: &ErrorReport) -> String {
    match (known.error, &report.code, report.status) {
        (Some(name), ..) => name.to_owned(),
        (None, Some(code), _) => code.clone(),
        (None, None, Some(status)) => format!("HTTP {status}"),
        (None, None, None) if report.is_html => "HTML".to_owned(),
        (None, None, None) => known
            .confirms
            .first()
            .map_or("unknown".to_owned(), |reason| reason.code.name()),
    }
}

/// The causes of a known error, confirmed ones first, and whether a new token helps.
fn causes(known: &KnownError, context: &Context<'_>) -> (Vec<Cause>, bool) {
    let by_text = known
        .confirms
        .iter()
        .filter_map(|reason| confirmed(reason, context, known.summary));
    let is_named = |code: FindingCode| known.confirms.iter().any(|reason| reason.code == code);
    let others = known
        .causes
        .iter()
        .filter(|code| !is_named(**code))
        .filter_map(|code| context.cause(*code));
    let mut causes: Vec<(Cause, bool)> = by_text.chain(others).collect();
    if known_errors::is_unknown(known) {
        causes.retain(|(cause, _)| cause.verdict == Verdict::Confirmed);
    }
    let causes = sorted_by(causes, |(cause, _)| cause.verdict);
    let proven = || {
        causes
            .iter()
            .filter(|(cause, _)| cause.verdict == Verdict::Confirmed)
    };
    let fatal = proven()
        .any(|(cause, fixed_by_refresh)| !fixed_by_refresh && cause.finding.severity == Severity::Error);
    let helps = match known.refresh_helps {
        RefreshHelps::Never => false,
        RefreshHelps::UnlessRuledOut => !fatal,
        RefreshHelps::IfConfirmed => !fatal && proven().any(|(_, fixed_by_refresh)| *fixed_by_refresh),
    };
    (causes.into_iter().map(|(cause, _)| cause).collect(), helps)
}

/// A cause that the error's own text confirms, unless a rule refutes it. A rule's own sentence stays where it confirms the cause too.
fn confirmed(reason: &Reason, context: &Context<'_>, summary: &str) -> Option<(Cause, bool)> {
    let (mut cause, fixed_by_refresh) = context.cause(reason.code)?;
    if cause.verdict == Verdict::RuledOut {
        return Some((cause, fixed_by_refresh));
    }
    if cause.verdict == Verdict::Possible {
        summary.clone_into(&mut cause.finding.message);
        cause.finding.severity = Severity::Error;
        cause.finding.fix = reason.fix.unwrap_or(cause.finding.fix);
        cause.finding.docs = reason.docs.or(cause.finding.docs);
    }
    cause.verdict = Verdict::Confirmed;
    Some((cause, fixed_by_refresh))
}
