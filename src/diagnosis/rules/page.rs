//! Rules about the page and what lies behind it. What a browser can't know stays a doubt that says how to find out.

use super::{Evidence, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::paper::Form;
use crate::diagnosis::words::when;
use crate::time::Duration;

/// A token that ended longer ago than any token lives was not asked for by this page.
const HARD_CODED: Duration = Duration::from_mins(28 * 60);

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenNotRefreshed,
        severity: Error,
        evidence: |facts| match (facts.failure, facts.exp()) {
            (Some(_), Some(exp)) if exp <= facts.now() => Evidence::Confirms(format!(
                "The page still uses a token that ended at {}: nothing put a new one in place.",
                when(exp, facts.now())
            )),
            (Some(_), Some(exp)) => {
                Evidence::Refutes(format!("The page's token ends at {}.", when(exp, facts.now())))
            }
            _ => Evidence::Silent,
        },
        doubt: "The page may let its token run out; powerbi-client renews no token by itself, and tells of the end in an error event alone.",
        fix: "Attach the embed to a TokenKeeper, which sets a new token before the old one ends.",
        docs: Some(docs::REFRESH),
        renews: true,
    },
    Rule {
        code: FindingCode::TokenNotRefreshed,
        severity: Warning,
        evidence: |facts| match (facts.failure, facts.exp()) {
            (None, Some(exp)) if exp + HARD_CODED <= facts.now() => Evidence::Confirms(format!(
                "The token ended at {}, longer ago than any token lives, so it seems to be written into the page.",
                when(exp, facts.now())
            )),
            _ => Evidence::Silent,
        },
        doubt: "",
        fix: "Let the page ask for its tokens when it loads, and keep them fresh with a TokenKeeper.",
        docs: Some(docs::REFRESH),
        renews: true,
    },
    Rule {
        code: FindingCode::Capacity,
        severity: Error,
        evidence: |_| Evidence::Silent,
        doubt: "The capacity of the workspace may be paused or deleted, which no page can see; look at it in the Azure portal or the admin portal.",
        fix: "Resume the capacity or assign the workspace to one; a new token does nothing.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::Permission,
        severity: Error,
        evidence: |_| Evidence::Silent,
        doubt: "The user, app or service principal may lack access to the workspace or the data set, which no page can see; look at the workspace's access list.",
        fix: "Make the service principal or master user a Member or Admin of the workspace, since Viewer is not enough; a user's new permission shows after the REST call RefreshUserPermissions.",
        docs: Some(docs::REST),
        renews: false,
    },
    Rule {
        code: FindingCode::ContentNotInToken,
        severity: Error,
        evidence: |facts| match facts.token().map(|paper| paper.form) {
            Some(Form::Jwt) => Evidence::Refutes("An Entra token is not limited to certain content.".into()),
            _ => Evidence::Silent,
        },
        doubt: "The embed token may have been made for other content; what it is for is encrypted, so compare the ids in the backend's GenerateToken call with the configuration.",
        fix: "Name this report, its data sets and, for a paginated one, their xmlaPermissions in the GenerateToken call.",
        docs: Some(docs::GENERATE),
        renews: false,
    },
];
