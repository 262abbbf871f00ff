//! The rules: for each thing that can be wrong, its code, severity, evidence and texts in one entry.
//!
//! To add one, add an entry to the table of its topic. A code may have several entries, where severity or advice
//! differ; the first that finds something speaks for the code.

mod audience;
mod backend;
mod client_config;
pub(super) mod client_version;
mod embed_config;
mod environment;
mod time;
mod token_text;

use super::config::Config;
use super::error_report::ErrorReport;
use super::parsed_token::{Form, ParsedToken};
use super::report::{Cause, Finding, Severity, Verdict, sorted_by};
use super::{FindingCode, Options};
use crate::time::Timestamp;

/// The evidence for or against one cause. Each text is one sentence and holds no secret.
pub(super) enum Evidence {
    /// It is so.
    Confirms(String),
    /// It is not so.
    Refutes(String),
    /// What is known decides neither way.
    Inconclusive,
}

/// A rule: one thing that can be wrong.
pub(super) struct Rule {
    /// Its code.
    pub(super) code: FindingCode,
    /// Its severity where it is confirmed.
    pub(super) severity: Severity,
    /// Decides from what is known.
    pub(super) evidence: fn(&Context<'_>) -> Evidence,
    /// The message where the evidence is inconclusive; says how to find out.
    pub(super) possible_message: &'static str,
    /// The fix.
    pub(super) fix: &'static str,
    /// The page of Microsoft's documentation.
    pub(super) docs: Option<&'static str>,
    /// A new token from the same source can fix it.
    pub(super) fixed_by_refresh: bool,
}

/// All rules, in the order of the codes' topics.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        token_text::RULES,
        time::RULES,
        audience::RULES,
        embed_config::RULES,
        client_config::RULES,
        client_version::RULES,
        environment::RULES,
        backend::RULES,
    ]
    .into_iter()
    .flatten()
}

/// Everything a rule decides from.
pub(super) struct Context<'a> {
    /// The point in time to judge at, and what the caller expects.
    pub(super) options: &'a Options,
    /// The token; `None` when there is neither a token nor a configuration to look at.
    pub(super) token: Option<&'a ParsedToken>,
    /// The configuration; `None` when a token is judged by itself.
    pub(super) config: Option<&'a Config>,
    /// The error to explain.
    pub(super) report: Option<&'a ErrorReport>,
}

impl Context<'_> {
    /// All findings, the most severe first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for rule in all() {
            if let Evidence::Confirms(message) = (rule.evidence)(self)
                && !findings.iter().any(|finding| finding.code == rule.code)
            {
                findings.push(rule.finding(message));
            }
        }
        sorted_by(findings, |finding| finding.severity)
    }

    /// The verdict on one code, and whether a new token fixes it. A finding of severity info confirms nothing.
    ///
    /// Of the rules of a code, one that confirms wins over one that refutes, and that over an inconclusive one.
    pub(super) fn cause(&self, code: FindingCode) -> Option<(Cause, bool)> {
        let rules = all().filter(|rule| rule.code == code);
        let said = rules.map(|rule| match (rule.evidence)(self) {
            Evidence::Confirms(message) if rule.severity == Severity::Info => {
                (1, Verdict::Possible, message, rule)
            }
            Evidence::Confirms(message) => (0, Verdict::Confirmed, message, rule),
            Evidence::Refutes(message) => (2, Verdict::RuledOut, message, rule),
            Evidence::Inconclusive => (3, Verdict::Possible, rule.possible_message.to_owned(), rule),
        });
        let best = said
            .filter(|(.., message, _)| !message.is_empty())
            .min_by_key(|(rank, ..)| *rank);
        best.map(|(_, verdict, message, rule)| {
            (
                Cause {
                    finding: rule.finding(message),
                    verdict,
                },
                rule.fixed_by_refresh,
            )
        })
    }

    /// The point in time to judge at.
    pub(super) fn now(&self) -> Timestamp {
        self.options.now
    }

    /// A token that is there, whatever it is worth.
    pub(super) fn present_token(&self) -> Option<&ParsedToken> {
        self.token.filter(|token| token.form != Form::Missing)
    }

    /// When the token ends: the earlier of its own word and what stands beside it.
    pub(super) fn exp(&self) -> Option<Timestamp> {
        [self.token.and_then(|token| token.timestamp("exp")), self.stated()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the source says that the token ends.
    pub(super) fn stated(&self) -> Option<Timestamp> {
        self.options
            .stated
            .or(self.config.and_then(|config| config.expiration))
    }
}

impl Rule {
    /// The finding with this message.
    pub(super) fn finding(&self, message: String) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            message,
            fix: self.fix,
            docs: self.docs,
        }
    }
}
