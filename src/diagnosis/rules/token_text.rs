//! Rules about a token's text.

use super::{Context, Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::docs;
use crate::diagnosis::non_token::NonToken;
use crate::diagnosis::parsed_token::{Damage, Form, ParsedToken};
use crate::diagnosis::strip_wrappers::Wrapper;
use crate::token::Unusable;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenMissing,
        severity: Error,
        evidence: |context| {
            if let Some(path) = token_path(context).filter(|path| !path.starts_with("accessToken")) {
                return Evidence::Confirms(format!("accessToken is missing; there is a token in {path}."));
            }
            say(
                context.token.is_some_and(|token| token.form == Form::Missing),
                context.present_token(),
                || {
                    (
                        "There is no access token: it is missing or empty.".into(),
                        "There is an access token.".into(),
                    )
                },
            )
        },
        possible_message: "The access token may be missing or empty; check what the backend returned.",
        fix: "Pass the token that your backend returned as accessToken, and await it before you call powerbi.embed().",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Error,
        evidence: |context| match context.present_token().map(|token| token.form) {
            Some(Form::NotAToken(NonToken::Secret)) => {
                Evidence::Confirms("This looks like an app's client secret, not like an access token.".into())
            }
            _ => Evidence::Inconclusive,
        },
        possible_message: "",
        fix: "Delete this secret in Entra now, because a browser has seen it; only a backend may hold a client secret and request tokens with it.",
        docs: Some(docs::PRINCIPAL),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Error,
        evidence: |context| match context.present_token().map(|token| token.form) {
            Some(_) if token_path(context).is_some_and(|path| path.starts_with("accessToken")) => {
                Evidence::Confirms(format!(
                    "accessToken is not a string; the token is in {}.",
                    token_path(context).unwrap_or_default()
                ))
            }
            Some(Form::NotAToken(NonToken::Secret) | Form::Opaque) | None => Evidence::Inconclusive,
            Some(Form::NotAToken(non_token)) => Evidence::Confirms(describe(non_token).into()),
            Some(Form::Jwt) if refused(context) == Some(Unusable::OwnToken) => Evidence::Inconclusive,
            Some(Form::Missing | Form::RefreshToken | Form::Jwt | Form::Embed | Form::Metadata) => {
                Evidence::Refutes("The text looks like a token.".into())
            }
        },
        possible_message: "Something other than a token may have been passed as accessToken; check its value.",
        fix: "Pass only the token: the \"token\" of the GenerateToken response, or the \"accessToken\" of MSAL's result.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Error,
        evidence: |context| {
            if refused(context) != Some(Unusable::OwnToken) {
                return Evidence::Inconclusive;
            }
            let has_audience = context.token.is_some_and(|token| token.audience().is_some());
            Evidence::Confirms(if has_audience {
                "This is a token of your own application, signed with a shared key (HS256), not one that Entra or Power BI issued.".into()
            } else {
                "This is a token of your own application (a JWT without an audience), not one that Entra or Power BI issued.".into()
            })
        },
        possible_message: "",
        fix: "Keep this token for calls to your own backend, and pass the token that the backend gets from Power BI: the \"token\" of the GenerateToken response.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenNotAToken,
        severity: Warning,
        evidence: |context| {
            match context.present_token().map(|token| token.form) {
            Some(Form::Opaque) => Evidence::Confirms(
                "This text is neither an Entra token nor an embed token by its form, so nothing can be said about it.".into(),
            ),
            _ => Evidence::Inconclusive,
        }
        },
        possible_message: "",
        fix: "Check that the text is the access token: an Entra token starts with eyJ, an embed token with H4sI.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenWrapped,
        severity: Error,
        evidence: |context| {
            let Some(token) = context.present_token() else {
                return Evidence::Inconclusive;
            };
            let inner: Vec<&str> = token
                .wrappers
                .iter()
                .filter(|w| **w != Wrapper::Edge)
                .map(|w| name(*w))
                .collect();
            say(!inner.is_empty() && is_token(token), Some(token), || {
                (
                    format!("The token comes with extra text: {}.", inner.join(" and ")),
                    "The token comes without extra text.".into(),
                )
            })
        },
        possible_message: "The token may be wrapped, for example in quotes or with \"Bearer \" in front.",
        fix: "Pass only the token's own characters, exactly as the API returned them.",
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenWrapped,
        severity: Warning,
        evidence: |context| match context.present_token() {
            Some(token) if token.wrappers == [Wrapper::Edge] && is_token(token) => {
                Evidence::Confirms("There is white space before or after the token.".into())
            }
            _ => Evidence::Inconclusive,
        },
        possible_message: "",
        fix: "Trim the token before you pass it on.",
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenDamaged,
        severity: Error,
        evidence: |context| {
            let Some(token) = context.present_token() else {
                return Evidence::Inconclusive;
            };
            match (token.damage, token.form) {
                (Some(damage), _) => Evidence::Confirms(broken(damage)),
                (None, Form::Embed) => Evidence::Refutes("The embed token's checksum is correct.".into()),
                _ => Evidence::Inconclusive,
            }
        },
        possible_message: "A page can't verify an Entra token's signature, so a single changed character would go unnoticed.",
        fix: "Pass the whole token unchanged: don't truncate, re-encode or re-sign it, and check the maximum length of any field it is stored in.",
        docs: None,
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::TokenDamaged,
        severity: Info,
        evidence: |context| {
            match context.present_token() {
            Some(token) if token.metadata_lost => Evidence::Confirms(
                "The embed token has one part, as tokens had until 2018, but the size of a newer one: the second part, after the dot, may have been lost.".into(),
            ),
            _ => Evidence::Inconclusive,
        }
        },
        possible_message: "",
        fix: "Compare its length with what the API returned, and pass all of it.",
        docs: None,
        fixed_by_refresh: true,
    },
    Rule {
        code: FindingCode::TokenLegacy,
        severity: Error,
        evidence: |context| {
            say(
                refused(context) == Some(Unusable::Legacy),
                context.present_token(),
                || {
                    (
                    "This is an app token of a Power BI workspace collection, a service that was retired.".into(),
                    "This is not a workspace collection token.".into(),
                )
                },
            )
        },
        possible_message: "The token may belong to a workspace collection, a service that was retired.",
        fix: "Move the content to a workspace, and have the backend create embed tokens with the REST call GenerateToken.",
        docs: Some(docs::GENERATE),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenRefreshToken,
        severity: Error,
        evidence: |context| {
            say(
                context
                    .present_token()
                    .is_some_and(|token| token.form == Form::RefreshToken),
                context.present_token(),
                || {
                    (
                        "This looks like an Entra refresh token, not an access token.".into(),
                        "This is not a refresh token.".into(),
                    )
                },
            )
        },
        possible_message: "A refresh token may have been passed instead of an access token.",
        fix: "Pass the access_token of the response; a refresh token must never reach an embed configuration.",
        docs: Some(docs::ACCESS_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenIdToken,
        severity: Error,
        evidence: |context| {
            say(
                refused(context) == Some(Unusable::IdToken),
                context.present_token(),
                || {
                    (
                    "This looks like an ID token, which tells the app who signed in and grants access to nothing."
                        .into(),
                    "This is not an ID token.".into(),
                )
                },
            )
        },
        possible_message: "An ID token may have been passed instead of an access token.",
        fix: "Pass the accessToken of the result, requested with the scope https://analysis.windows.net/powerbi/api/.default.",
        docs: Some(docs::ACCESS_TOKENS),
        fixed_by_refresh: false,
    },
];

/// Where the token lies, when `accessToken` is not a string.
fn token_path<'a>(context: &Context<'a>) -> Option<&'a str> {
    context.config?.token_path.as_deref()
}

/// Confirms when it is so, refutes when there is a token to look at.
fn say(so: bool, token: Option<&ParsedToken>, texts: impl FnOnce() -> (String, String)) -> Evidence {
    match (so, token) {
        (true, _) => Evidence::Confirms(texts().0),
        (false, Some(_)) => Evidence::Refutes(texts().1),
        (false, None) => Evidence::Inconclusive,
    }
}

fn refused(context: &Context<'_>) -> Option<Unusable> {
    context.token.and_then(|token| token.refused)
}

/// Whether a token of some kind is inside.
fn is_token(token: &ParsedToken) -> bool {
    !matches!(token.form, Form::Missing | Form::NotAToken(_))
}

fn name(wrapper: Wrapper) -> &'static str {
    match wrapper {
        Wrapper::Edge => "white space around it",
        Wrapper::Bearer => "\"Bearer \" in front of it",
        Wrapper::Quotes => "a quote or other punctuation around it",
        Wrapper::Escapes => "URL, HTML or JSON escapes in it",
        Wrapper::Space => "white space inside it",
        Wrapper::Answer => "a whole JSON response around it",
    }
}

fn describe(non_token: NonToken) -> &'static str {
    match non_token {
        NonToken::Guid => "This is a GUID, which identifies something, not a token.",
        NonToken::Secret => "This is a client secret, not a token.",
        NonToken::Nothing => "This is what JavaScript prints for a missing value, not a token.",
        NonToken::Object => "This is an object, or what JavaScript prints for one, not a token.",
        NonToken::Placeholder => "This is a placeholder or a mock value, not a token.",
        NonToken::Url => "This is a web address, not a token.",
        NonToken::Words => {
            "This doesn't look like a token: it is too short, or has characters that no token has."
        }
    }
}

fn broken(damage: Damage) -> String {
    match damage {
        Damage::LowerCase => "The token was converted to lower case, which destroys it.".into(),
        Damage::Parts(1) => "The token has one part where an Entra token has three: the rest is missing.".into(),
        Damage::Parts(count) => {
            format!("The token has {count} parts separated by dots; an Entra token has 3, and an embed token 1 or 2.")
        }
        Damage::Letters => "The token contains a character that no token has.".into(),
        Damage::Checksum => "The embed token's checksum is wrong: the token was truncated or altered.".into(),
        Damage::Metadata => "The embed token's second part can't be read: it was truncated or altered.".into(),
        Damage::Altered => "The embed token's second part contains a name or value that is almost right: the token was altered.".into(),
        Damage::MetadataOnly => "This is only the second part of an embed token; the first part, which starts with H4sI, is missing.".into(),
        Damage::Resigned => "This is the second part of an embed token, re-signed as a JWT by another tool.".into(),
        Damage::Claims => "The Entra token's header or payload can't be read: the token was truncated or altered.".into(),
        Damage::Signature => "The Entra token's signature is missing or has the wrong length: the token was truncated.".into(),
    }
}
