//! Rules about time.

use super::{Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::docs;
use crate::diagnosis::format::{span, when};
use crate::time::Duration;

/// A token that ends within this is about to end: Microsoft's own snippet renews it then.
const SOON: Duration = Duration::from_mins(10);
/// Two statements of one point in time that differ by no more agree.
const TOLERANCE: Duration = Duration::from_secs(120);
/// A token may begin this much later than now, by a clock that is a little slow.
const EARLY: Duration = Duration::from_secs(60);

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenExpired,
        severity: Error,
        evidence: |context| {
            let Some(exp) = context.exp() else {
                return Evidence::Inconclusive;
            };
            let told = when(exp, context.now());
            if exp <= context.now() {
                Evidence::Confirms(format!("The token expired at {told}."))
            } else {
                Evidence::Refutes(format!("The token expires at {told}."))
            }
        },
        possible_message: "The token may have expired; nothing here says when it expires.",
        fix: "Request a new token and set it with setAccessToken(); once a token has expired, the embed needs reload() as well.",
        docs: Some(docs::REFRESH),
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::TokenNotYetValid,
        severity: Error,
        evidence: |context| {
            let Some(nbf) = context.token.and_then(|token| token.timestamp("nbf")) else {
                return Evidence::Inconclusive;
            };
            let told = when(nbf, context.now());
            if nbf > context.now() + EARLY {
                let clock = if context.options.skew.is_some() {
                    "the backend's"
                } else {
                    "this machine's"
                };
                Evidence::Confirms(format!("By {clock} clock, the token is not valid until {told}."))
            } else {
                Evidence::Refutes(format!("The token has been valid since {told}."))
            }
        },
        possible_message: "The token may not be valid yet.",
        fix: "Synchronise this machine's clock with a time server; if the clock is right, wait until the token becomes valid.",
        docs: Some(docs::ACCESS_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenExpiresSoon,
        severity: Warning,
        evidence: |context| {
            let Some(exp) = context.exp().filter(|exp| *exp > context.now()) else {
                return Evidence::Inconclusive;
            };
            let told = when(exp, context.now());
            if exp.since(context.now()) < SOON {
                Evidence::Confirms(format!("The token expires at {told}."))
            } else {
                Evidence::Refutes(format!("The token expires at {told}."))
            }
        },
        possible_message: "",
        fix: "Request a new token now; if this one is new, have the backend renew its Entra token first, because an embed token expires with the Entra token that created it.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::ClockWrong,
        severity: Warning,
        evidence: |context| {
            if let Some(skew) = context.options.skew {
                let off = span(skew.size().as_ms());
                return if skew.size() > TOLERANCE {
                    let way = if skew.as_ms() > 0 { "slow" } else { "fast" };
                    Evidence::Confirms(format!(
                        "This machine's clock is {off} {way} compared with the backend's."
                    ))
                } else {
                    Evidence::Refutes(format!("This machine's clock is within {off} of the backend's."))
                };
            }
            match context.token.and_then(|token| token.timestamp("iat")) {
                Some(iat) if iat > context.now() + TOLERANCE => Evidence::Confirms(format!(
                    "This machine's clock is slow: the token was issued at {}.",
                    when(iat, context.now())
                )),
                _ => Evidence::Inconclusive,
            }
        },
        possible_message: "This machine's clock or the server's may be wrong: a token that is still valid by this clock can have expired by the service's.",
        fix: "Synchronise this machine's clock with a time server.",
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ExpirationDisagrees,
        severity: Warning,
        evidence: |context| {
            let own = context.token.and_then(|token| token.timestamp("exp"));
            let (Some(own), Some(stated)) = (own, context.stated()) else {
                return Evidence::Inconclusive;
            };
            let (own_told, stated_told) = (when(own, context.now()), when(stated, context.now()));
            if own.signed_difference(stated).size() > TOLERANCE {
                Evidence::Confirms(format!(
                    "The token expires at {own_told}, but the backend says {stated_told}."
                ))
            } else {
                Evidence::Refutes(format!("The token and the backend agree on {own_told}."))
            }
        },
        possible_message: "The backend may state a different expiration than the token's own.",
        fix: "Pass on GenerateToken's expiration unchanged, in UTC with its zone, together with the token it belongs to.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
];
