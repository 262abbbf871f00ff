//! Rules about a token's text.

use super::{Evidence, Facts, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::instead::Instead;
use crate::diagnosis::paper::{Damage, Form, Paper};
use crate::diagnosis::peel::Wrap;
use crate::token::Unusable;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenMissing,
        severity: Error,
        evidence: |facts| {
            say(
                facts.paper.is_some_and(|paper| paper.form == Form::Missing),
                facts.token(),
                || {
                    (
                        "There is no access token: it is empty or missing.".into(),
                        "There is an access token.".into(),
                    )
                },
            )
        },
        doubt: "The access token may be empty or missing; look at what the backend answered.",
        fix: "Pass the token that the backend answered as accessToken, and wait for it before embedding.",
        docs: Some(docs::EMBED_TOKENS),
        renews: true,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Error,
        evidence: |facts| match facts.token().map(|paper| paper.form) {
            Some(Form::NotAToken(Instead::Secret)) => {
                Evidence::Confirms("This looks like the client secret of an app, not like a token.".into())
            }
            _ => Evidence::Silent,
        },
        doubt: "",
        fix: "Delete this secret in Entra now, since a browser has seen it; only a backend may hold one and ask for tokens with it.",
        docs: Some(docs::PRINCIPAL),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Error,
        evidence: |facts| match facts.token().map(|paper| paper.form) {
            Some(Form::NotAToken(Instead::Secret)) | None => Evidence::Silent,
            Some(Form::NotAToken(instead)) => Evidence::Confirms(stands_there(instead).into()),
            Some(
                Form::Missing | Form::RefreshToken | Form::Opaque | Form::Jwt | Form::Embed | Form::Metadata,
            ) => Evidence::Refutes("The text has the form of a token.".into()),
        },
        doubt: "Something else may stand in the token's place; look at the value that is passed as accessToken.",
        fix: "Pass the token's text alone: \"token\" of GenerateToken's answer, or \"accessToken\" of MSAL's.",
        docs: Some(docs::GENERATE),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenWrapped,
        severity: Error,
        evidence: |facts| {
            let Some(paper) = facts.token() else {
                return Evidence::Silent;
            };
            let inner: Vec<&str> = paper
                .wraps
                .iter()
                .filter(|w| **w != Wrap::Edge)
                .map(|w| name(*w))
                .collect();
            say(!inner.is_empty() && is_token(paper), Some(paper), || {
                (
                    format!("The token is not alone: there is {}.", inner.join(" and ")),
                    "The token stands alone.".into(),
                )
            })
        },
        doubt: "The token may be wrapped in something, such as \"Bearer \" or quotes.",
        fix: "Pass the token's characters alone, as the API gave them.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::TokenWrapped,
        severity: Warning,
        evidence: |facts| match facts.token() {
            Some(paper) if paper.wraps == [Wrap::Edge] && is_token(paper) => {
                Evidence::Confirms("There is white space before or after the token.".into())
            }
            _ => Evidence::Silent,
        },
        doubt: "",
        fix: "Trim the token before it is passed on.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::TokenDamaged,
        severity: Error,
        evidence: |facts| {
            let Some(paper) = facts.token() else {
                return Evidence::Silent;
            };
            match (paper.damage, paper.form) {
                (Some(damage), _) => Evidence::Confirms(broken(damage)),
                (None, Form::Embed) => Evidence::Refutes("The embed token's checksum is right.".into()),
                _ => Evidence::Silent,
            }
        },
        doubt: "An Entra token's signature can't be checked in a page, so one altered character in it would go unseen.",
        fix: "Pass the whole token unchanged: don't shorten, re-encode or sign it again, and mind the length of the field that it was stored in.",
        docs: None,
        renews: true,
    },
    Rule {
        code: FindingCode::TokenDamaged,
        severity: Info,
        evidence: |facts| {
            match facts.token() {
            Some(paper) if paper.metadata_lost => Evidence::Confirms(
                "The embed token has one part, as tokens had until 2018, and the size of a later one: its second part, after a dot, may have been lost.".into(),
            ),
            _ => Evidence::Silent,
        }
        },
        doubt: "",
        fix: "Compare its length with what the API answered, and pass all of it.",
        docs: None,
        renews: true,
    },
    Rule {
        code: FindingCode::TokenLegacy,
        severity: Error,
        evidence: |facts| {
            say(refused(facts) == Some(Unusable::Legacy), facts.token(), || {
                (
                    "This is an app token of a Power BI workspace collection, which no longer works.".into(),
                    "This is no token of a workspace collection.".into(),
                )
            })
        },
        doubt: "The token may be of a workspace collection, which no longer works.",
        fix: "Move to a workspace, and let the backend make embed tokens with the REST call GenerateToken.",
        docs: Some(docs::GENERATE),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenRefreshToken,
        severity: Error,
        evidence: |facts| {
            say(
                facts
                    .token()
                    .is_some_and(|paper| paper.form == Form::RefreshToken),
                facts.token(),
                || {
                    (
                        "This looks like an Entra refresh token, not like an access token.".into(),
                        "This is no refresh token.".into(),
                    )
                },
            )
        },
        doubt: "A refresh token may have been passed in place of an access token.",
        fix: "Pass the answer's access_token; a refresh token must not reach a page's configuration at all.",
        docs: Some(docs::ACCESS_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenIdToken,
        severity: Error,
        evidence: |facts| {
            say(refused(facts) == Some(Unusable::IdToken), facts.token(), || {
                (
                    "This looks like an id token, which tells the app who signed in and opens nothing."
                        .into(),
                    "This is no id token.".into(),
                )
            })
        },
        doubt: "An id token may have been passed in place of an access token.",
        fix: "Pass the answer's accessToken, asked for with the scope https://analysis.windows.net/powerbi/api/.default.",
        docs: Some(docs::ACCESS_TOKENS),
        renews: false,
    },
];

/// Confirms when it is so, refutes when there is a token to look at.
fn say(so: bool, token: Option<&Paper>, texts: impl FnOnce() -> (String, String)) -> Evidence {
    match (so, token) {
        (true, _) => Evidence::Confirms(texts().0),
        (false, Some(_)) => Evidence::Refutes(texts().1),
        (false, None) => Evidence::Silent,
    }
}

fn refused(facts: &Facts<'_>) -> Option<Unusable> {
    facts.paper.and_then(|paper| paper.refused)
}

/// Whether a token of some kind is inside.
fn is_token(paper: &Paper) -> bool {
    !matches!(paper.form, Form::Missing | Form::NotAToken(_))
}

fn name(wrap: Wrap) -> &'static str {
    match wrap {
        Wrap::Edge => "white space around it",
        Wrap::Bearer => "\"Bearer \" before it",
        Wrap::Quotes => "a quote or other punctuation around it",
        Wrap::Escapes => "an escape of URLs, HTML or JSON in it",
        Wrap::Space => "white space inside it",
        Wrap::Answer => "a whole JSON answer around it",
    }
}

fn stands_there(instead: Instead) -> &'static str {
    match instead {
        Instead::Guid => "This is a GUID, the id of something, and no token.",
        Instead::Secret => "This is a client secret, and no token.",
        Instead::Nothing => "This is the word that JavaScript makes of a missing value, and no token.",
        Instead::Object => "This is an object, or the text that JavaScript makes of one, and no token.",
        Instead::Placeholder => "This is a placeholder of a sample, and no token.",
        Instead::Address => "This is a web address, and no token.",
        Instead::Words => {
            "This has not the form of a token: it is too short, or holds characters that no token has."
        }
    }
}

fn broken(damage: Damage) -> String {
    match damage {
        Damage::LowerCase => "All letters of the token have become lower-case.".into(),
        Damage::Parts(1) => "The token has one part where an Entra token has three: the rest is missing.".into(),
        Damage::Parts(count) => {
            format!("The token has {count} parts between dots, where an Entra token has 3 and an embed token 1 or 2.")
        }
        Damage::Letters => "The token holds a character that no token has.".into(),
        Damage::Checksum => "The embed token's checksum is wrong: it was cut off or altered on its way.".into(),
        Damage::Metadata => "The embed token's second part can't be read: it was cut off or altered.".into(),
        Damage::Altered => "The embed token's second part names something that is almost, but not quite, right: it was altered.".into(),
        Damage::MetadataOnly => "This is only the second part of an embed token; the first, which begins with H4sI, is missing.".into(),
        Damage::Resigned => "This is the second part of an embed token, signed anew as a JWT by somebody else.".into(),
        Damage::Claims => "The Entra token's header or payload can't be read: it was cut off or altered.".into(),
        Damage::Signature => "The Entra token's signature is missing or has the wrong length: it was cut off.".into(),
    }
}
