//! The rules: for each thing that can be wrong, its code, severity, evidence and texts in one entry.
//!
//! To add one, add an entry to the table of its topic. A code may have several entries, where severity or advice
//! differ; the first that finds something speaks for the code.

mod kind;
mod page;
mod place;
mod sdk;
mod text;
mod time;

use super::config::Config;
use super::failure::Failure;
use super::paper::{Form, Paper};
use super::report::{Cause, Finding, Severity, Verdict};
use super::{FindingCode, Options};
use crate::time::Timestamp;

/// Pages of Microsoft's documentation.
mod docs {
    pub(super) const TROUBLESHOOT: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/embedded-troubleshoot";
    pub(super) const EMBED_TOKENS: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/embed-tokens";
    pub(super) const GENERATE: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/generate-embed-token";
    pub(super) const REFRESH: &str =
        "https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token";
    pub(super) const CLOUDS: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/embed-sample-for-customers-national-clouds";
    pub(super) const PRINCIPAL: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/embed-service-principal";
    pub(super) const ACCESS_TOKENS: &str =
        "https://learn.microsoft.com/entra/identity-platform/access-tokens";
    pub(super) const REST: &str =
        "https://learn.microsoft.com/power-bi/developer/embedded/troubleshoot-rest-api";
}

/// What the facts say of one thing that can be wrong. The texts are one sentence each and hold no secret.
pub(super) enum Evidence {
    /// It is so.
    Confirms(String),
    /// It is not so.
    Refutes(String),
    /// The facts at hand can't tell.
    Silent,
}

/// One thing that can be wrong.
pub(super) struct Rule {
    /// Its code.
    pub(super) code: FindingCode,
    /// How much it matters when it is so.
    pub(super) severity: Severity,
    /// Looks for it.
    pub(super) evidence: fn(&Facts<'_>) -> Evidence,
    /// What to say when an error may come from it and the facts can't tell; how to find out.
    pub(super) doubt: &'static str,
    /// What to do.
    pub(super) fix: &'static str,
    /// Where Microsoft says so.
    pub(super) docs: Option<&'static str>,
    /// Whether a new token from the same source can end it.
    pub(super) renews: bool,
}

/// All rules, in the order of the codes' topics.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        text::RULES,
        time::RULES,
        kind::RULES,
        place::RULES,
        sdk::RULES,
        page::RULES,
    ]
    .into_iter()
    .flatten()
}

/// All that is known.
pub(super) struct Facts<'a> {
    /// The point in time to judge at, and what the caller expects.
    pub(super) options: &'a Options,
    /// The token; `None` when there is neither a token nor a configuration to look at.
    pub(super) paper: Option<&'a Paper>,
    /// The configuration; `None` when a token is judged by itself.
    pub(super) config: Option<&'a Config>,
    /// The error to explain.
    pub(super) failure: Option<&'a Failure>,
}

impl Facts<'_> {
    /// What is wrong, worst first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for rule in all() {
            if let Evidence::Confirms(message) = (rule.evidence)(self)
                && !findings.iter().any(|finding| finding.code == rule.code)
            {
                findings.push(rule.finding(message));
            }
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    /// What the facts say of one code, and whether a new token can end it. A mere hint is no confirmation.
    ///
    /// Of a code's rules one that finds something wins over one that excludes it, and that over doubt.
    pub(super) fn cause(&self, code: FindingCode) -> Option<(Cause, bool)> {
        let rules = all().filter(|rule| rule.code == code);
        let said = rules.map(|rule| match (rule.evidence)(self) {
            Evidence::Confirms(message) if rule.severity == Severity::Info => {
                (1, Verdict::Possible, message, rule)
            }
            Evidence::Confirms(message) => (0, Verdict::Confirmed, message, rule),
            Evidence::Refutes(message) => (2, Verdict::RuledOut, message, rule),
            Evidence::Silent => (3, Verdict::Possible, rule.doubt.to_owned(), rule),
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
                rule.renews,
            )
        })
    }

    /// The point in time to judge at.
    pub(super) fn now(&self) -> Timestamp {
        self.options.now
    }

    /// A token that is there, whatever it is worth.
    pub(super) fn token(&self) -> Option<&Paper> {
        self.paper.filter(|paper| paper.form != Form::Missing)
    }

    /// When the token ends: the earlier of its own word and what stands beside it.
    pub(super) fn exp(&self) -> Option<Timestamp> {
        [self.paper.and_then(|paper| paper.moment("exp")), self.stated()]
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
