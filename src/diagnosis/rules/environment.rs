//! Rules about the page and what lies behind it. What a browser can't know stays possible, with a message that says how to find out.

use super::{Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::docs;
use crate::diagnosis::format::when;
use crate::diagnosis::parsed_token::Form;
use crate::time::Duration;

/// A token that ended longer ago than any token lives was not asked for by this page.
const HARD_CODED: Duration = Duration::from_mins(28 * 60);

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenNotRefreshed,
        severity: Error,
        evidence: |context| match (context.report, context.exp()) {
            (Some(_), Some(exp)) if exp <= context.now() => Evidence::Confirms(format!(
                "The page still uses a token that expired at {}: nothing replaced it.",
                when(exp, context.now())
            )),
            (Some(_), Some(exp)) => Evidence::Refutes(format!(
                "The page's token expires at {}.",
                when(exp, context.now())
            )),
            _ => Evidence::Inconclusive,
        },
        possible_message: "The page may let its token expire; powerbi-client renews no token by itself and reports the expiration only as an error event.",
        fix: "Attach the embed to a TokenKeeper, which sets a new token before the old one expires.",
        docs: Some(docs::REFRESH),
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::TokenNotRefreshed,
        severity: Warning,
        evidence: |context| match (context.report, context.exp()) {
            (None, Some(exp)) if exp + HARD_CODED <= context.now() => Evidence::Confirms(format!(
                "The token expired at {}, longer ago than any token lives, so it seems to be hard-coded.",
                when(exp, context.now())
            )),
            _ => Evidence::Inconclusive,
        },
        possible_message: "",
        fix: "Have the page request its token when it loads, and keep it fresh with a TokenKeeper.",
        docs: Some(docs::REFRESH),
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::Capacity,
        severity: Error,
        evidence: |_| Evidence::Inconclusive,
        possible_message: "The workspace's capacity may be paused or deleted, or it has none and the quota of embed tokens is used up; check it in the Azure portal or the admin portal.",
        fix: "Resume the capacity, or assign the workspace to one; a new token does not help.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::Permission,
        severity: Error,
        evidence: |_| Evidence::Inconclusive,
        possible_message: "The user or service principal may lack access to the workspace or the data set, which a page can't see; check the workspace's access list.",
        fix: "Make the service principal or master user a Member or Admin of the workspace (Viewer is not enough); a user's new permission takes effect after the REST call RefreshUserPermissions.",
        docs: Some(docs::REST),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ContentNotInToken,
        severity: Error,
        evidence: |context| match context.present_token().map(|token| token.form) {
            Some(Form::Jwt) => Evidence::Refutes("An Entra token is not limited to specific content.".into()),
            _ => Evidence::Inconclusive,
        },
        possible_message: "The embed token may have been created for other content; its content is encrypted, so compare the ids in the backend's GenerateToken request with the configuration.",
        fix: "List this report, its data sets and, for a paginated report, their xmlaPermissions in the GenerateToken request.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::FrameBlocked,
        severity: Error,
        evidence: |_| Evidence::Inconclusive,
        possible_message: "The browser may block the Power BI iframe; its console says so, with the directive or the header that is the reason.",
        fix: "Allow the embedUrl's host in the page's Content-Security-Policy (frame-src https://app.powerbi.com), load the page from a normal https: origin, and ask for a proxy or extension that blocks it to be changed.",
        docs: Some(docs::DEBUG),
        fixed_by_refresh: false,
    },
];
