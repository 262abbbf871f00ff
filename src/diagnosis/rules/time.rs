//! Rules about time.

use super::{Evidence, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::words::{span, when};
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
        evidence: |facts| {
            let Some(exp) = facts.exp() else {
                return Evidence::Silent;
            };
            let told = when(exp, facts.now());
            if exp <= facts.now() {
                Evidence::Confirms(format!("The token ended at {told}."))
            } else {
                Evidence::Refutes(format!("The token ends at {told}."))
            }
        },
        doubt: "The token may have ended; nothing at hand says when it ends.",
        fix: "Ask the backend for a new token and set it with setAccessToken; after expiration the embed needs reload() too.",
        docs: Some(docs::REFRESH),
        renews: true,
    },
    Rule {
        code: FindingCode::TokenNotYetValid,
        severity: Error,
        evidence: |facts| {
            let Some(nbf) = facts.paper.and_then(|paper| paper.moment("nbf")) else {
                return Evidence::Silent;
            };
            let told = when(nbf, facts.now());
            if nbf > facts.now() + EARLY {
                Evidence::Confirms(format!(
                    "By this machine's clock the token begins only at {told}."
                ))
            } else {
                Evidence::Refutes(format!("The token began at {told}."))
            }
        },
        doubt: "The token's time may not have begun.",
        fix: "Set this machine's clock by a time server; if it is right, wait until the token begins.",
        docs: Some(docs::ACCESS_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenExpiresSoon,
        severity: Warning,
        evidence: |facts| {
            let Some(exp) = facts.exp().filter(|exp| *exp > facts.now()) else {
                return Evidence::Silent;
            };
            let told = when(exp, facts.now());
            if exp.since(facts.now()) < SOON {
                Evidence::Confirms(format!("The token ends at {told}."))
            } else {
                Evidence::Refutes(format!("The token ends at {told}."))
            }
        },
        doubt: "",
        fix: "Renew it now; where it is new, have the backend renew its Entra token first, since an embed token ends with the one that made it.",
        docs: Some(docs::EMBED_TOKENS),
        renews: true,
    },
    Rule {
        code: FindingCode::ClockWrong,
        severity: Warning,
        evidence: |facts| {
            if let Some(skew) = facts.options.skew {
                let off = span(skew.size().as_ms());
                return if skew.size() > TOLERANCE {
                    let way = if skew.as_ms() > 0 { "slow" } else { "fast" };
                    Evidence::Confirms(format!(
                        "This machine's clock is {off} {way}, compared with the backend's."
                    ))
                } else {
                    Evidence::Refutes(format!("This machine's clock is within {off} of the backend's."))
                };
            }
            match facts.paper.and_then(|paper| paper.moment("iat")) {
                Some(iat) if iat > facts.now() + TOLERANCE => Evidence::Confirms(format!(
                    "This machine's clock is slow: the token was issued at {}.",
                    when(iat, facts.now())
                )),
                _ => Evidence::Silent,
            }
        },
        doubt: "This machine's clock, or the server's, may be wrong: a token that ends later by this clock can have ended by the service's.",
        fix: "Set this machine's clock by a time server.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::ExpirationDisagrees,
        severity: Warning,
        evidence: |facts| {
            let own = facts.paper.and_then(|paper| paper.moment("exp"));
            let (Some(own), Some(stated)) = (own, facts.stated()) else {
                return Evidence::Silent;
            };
            let (own_told, stated_told) = (when(own, facts.now()), when(stated, facts.now()));
            if own.signed_difference(stated).size() > TOLERANCE {
                Evidence::Confirms(format!(
                    "The token ends at {own_told}, and the backend says {stated_told}."
                ))
            } else {
                Evidence::Refutes(format!("The token and the backend agree on {own_told}."))
            }
        },
        doubt: "The backend may state another end than the token's own.",
        fix: "Pass GenerateToken's expiration on as it is, in UTC with its zone, together with the token that it belongs to.",
        docs: Some(docs::GENERATE),
        renews: false,
    },
];
