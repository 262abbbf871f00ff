//! Rules about a token's kind, audience and holder.

use super::{Context, Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::config::{Content, TokenType};
use crate::diagnosis::docs;
use crate::diagnosis::format::quote_safely;
use crate::diagnosis::parsed_token::{Form, ParsedToken};
use crate::diagnosis::report::{Principal, TokenKind};
use crate::token::{Json, Unusable, is_guid};

/// Microsoft's own apps, whose tokens people copy: application id and name.
const OWN_APPS: [(&str, &str); 3] = [
    ("871c010f-5e61-4fb1-83ac-98610a7e9110", "the Power BI portal"),
    ("7f67af8a-fedc-4b08-8b4e-37c4d127b6cf", "Power BI Desktop"),
    ("c0d2a505-13b8-4ae0-aa9e-cddd5eab0b12", "the Power BI mobile app"),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::TokenTypeMismatch,
        severity: Error,
        evidence: |context| type_against(context, TokenKind::Embed, TokenType::Aad),
        possible_message: "tokenType may not match the token: an embed token starts with H4sI and needs 1, an Entra token starts with eyJ and needs 0.",
        fix: "Set tokenType to that of the token: models.TokenType.Embed (1) for an embed token, models.TokenType.Aad (0) for an Entra token.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenTypeMismatch,
        severity: Error,
        evidence: |context| type_against(context, TokenKind::Aad, TokenType::Embed),
        possible_message: "",
        fix: "If you embed for your organization, set tokenType to models.TokenType.Aad (0); if you embed for customers, have the backend create an embed token with GenerateToken.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenTypeInvalid,
        severity: Error,
        evidence: |context| match context.config.map(|config| config.token_type) {
            None => Evidence::Inconclusive,
            Some(TokenType::Number) => Evidence::Confirms("tokenType is a number other than 0 or 1.".into()),
            Some(TokenType::NotANumber) => Evidence::Confirms("tokenType is not a number.".into()),
            Some(TokenType::Missing | TokenType::Aad | TokenType::Embed) => {
                Evidence::Refutes("tokenType is one that powerbi-client accepts.".into())
            }
        },
        possible_message: "tokenType may be something other than the number 0 or 1.",
        fix: "Set tokenType to the number 0 for an Entra token or 1 for an embed token; powerbi-client rejects names and strings.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenTypeMissing,
        severity: Error,
        evidence: |context| {
            let (Some(config), Some(token)) = (context.config, context.token) else {
                return Evidence::Inconclusive;
            };
            if config.token_type != TokenType::Missing {
                Evidence::Refutes("tokenType is set.".into())
            } else if token.form == Form::Embed {
                Evidence::Confirms(
                    "tokenType is missing, but the token is an embed token, which needs 1.".into(),
                )
            } else {
                Evidence::Inconclusive
            }
        },
        possible_message: "tokenType may be missing; an embed token needs 1.",
        fix: "Add tokenType to the configuration: models.TokenType.Embed (1) for an embed token.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TokenTypeMissing,
        severity: Info,
        evidence: |context| {
            let missing = context
                .config
                .is_some_and(|config| config.token_type == TokenType::Missing);
            if missing && context.report.is_none() {
                Evidence::Confirms(
                    "tokenType is missing, so the service has to guess the kind of token.".into(),
                )
            } else {
                Evidence::Inconclusive
            }
        },
        possible_message: "",
        fix: "Set tokenType to models.TokenType.Aad (0) or models.TokenType.Embed (1).",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::AudienceWrong,
        severity: Error,
        evidence: |context| {
            let Some(token) = readable(context) else {
                return without(context, "audience");
            };
            let Some(audience) = token.audience() else {
                return Evidence::Inconclusive;
            };
            if token.refused == Some(Unusable::WrongAudience) {
                Evidence::Confirms(format!(
                    "The token is for {}, not for Power BI.",
                    audience_name(audience)
                ))
            } else {
                Evidence::Refutes(format!(
                    "The token's audience is {}, which is Power BI.",
                    quote_safely(audience)
                ))
            }
        },
        possible_message: "The token may be for something other than Power BI; an Entra token's audience must be Power BI.",
        fix: "Request the token with the scope https://analysis.windows.net/powerbi/api/.default, or with that of your cloud.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::AudienceWrong,
        severity: Warning,
        evidence: |context| {
            let Some(token) = readable(context).filter(|token| token.refused.is_none()) else {
                return Evidence::Inconclusive;
            };
            match token.audience().map(str::to_ascii_lowercase) {
                None => Evidence::Inconclusive,
                Some(audience) if audience.starts_with("https://api.") => Evidence::Confirms(format!(
                    "The token's audience is {}, which is unusual: Power BI's is https://analysis.windows.net/powerbi/api, or that of another cloud.",
                    quote_safely(&audience)
                )),
                Some(_) => Evidence::Inconclusive,
            }
        },
        possible_message: "",
        fix: "Request the token with the scope https://analysis.windows.net/powerbi/api/.default, or with that of your cloud.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ScopeMissing,
        severity: Error,
        evidence: scopes,
        possible_message: "The user's token may lack the permission for this content; check its scp claim.",
        fix: "Add the delegated Power BI Service permission to the app in Entra, request it at sign-in, and sign in again.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ServicePrincipalAad,
        severity: Error,
        evidence: |context| {
            let (Some(config), Some(token)) = (context.config, context.present_token()) else {
                return Evidence::Inconclusive;
            };
            let as_aad = matches!(config.token_type, TokenType::Aad | TokenType::Missing);
            match (token.principal(), token.form) {
                (Some(Principal::ServicePrincipal), _) if as_aad => Evidence::Confirms(
                    "The token belongs to a service principal, but tokenType 0 (Aad) is for users' tokens only."
                        .into(),
                ),
                (Some(Principal::User), _) => Evidence::Refutes("The token belongs to a user.".into()),
                (_, Form::Embed) => Evidence::Refutes("The token is an embed token.".into()),
                _ => Evidence::Inconclusive,
            }
        },
        possible_message: "The token may belong to a service principal, which can't be embedded with tokenType 0 (Aad).",
        fix: "Have the backend call GenerateToken with this token, and embed with the embed token it returns and tokenType 1.",
        docs: Some(docs::PRINCIPAL),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ServicePrincipalAad,
        severity: Info,
        evidence: |context| {
            match context.present_token().and_then(ParsedToken::principal) {
            Some(Principal::ServicePrincipal) if context.config.is_none() => Evidence::Confirms(
                "The token belongs to a service principal: a backend can create embed tokens with it, but a page can't embed with it.".into(),
            ),
            _ => Evidence::Inconclusive,
        }
        },
        possible_message: "",
        fix: "Keep it in the backend, and give the page the embed token that GenerateToken returns.",
        docs: Some(docs::PRINCIPAL),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::CopiedFromPortal,
        severity: Warning,
        evidence: |context| {
            let Some(token) = context.present_token() else {
                return Evidence::Inconclusive;
            };
            let Some(app) = token.claim("appid").or_else(|| token.claim("azp")) else {
                let embed = token.form == Form::Embed;
                return if embed {
                    Evidence::Refutes("The token is an embed token.".into())
                } else {
                    Evidence::Inconclusive
                };
            };
            match OWN_APPS.iter().find(|(id, _)| id.eq_ignore_ascii_case(app)) {
                Some((id, name)) => Evidence::Confirms(format!(
                    "The token was issued to {name} (app {id}), so it was copied from there and expires about 75 minutes after it was issued."
                )),
                None => Evidence::Refutes(format!("The token was issued to the app {}.", quote_safely(app))),
            }
        },
        possible_message: "The token may be hard-coded, for example copied from the Power BI portal.",
        fix: "Have the page request its own tokens: sign the user in with MSAL, or call a backend.",
        docs: Some(docs::EMBED_TOKENS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TenantMismatch,
        severity: Error,
        evidence: |context| {
            let tenant = context.token.and_then(|token| token.claim("tid"));
            let in_url = context
                .config
                .and_then(|config| config.url()?.parameter("ctid"))
                .filter(|id| is_guid(id));
            let expected = context.options.tenant.as_deref().map(str::trim);
            let (Some(tenant), Some(wanted)) = (tenant, expected.or(in_url)) else {
                return without(context, "tenant");
            };
            let (is, should_be) = (quote_safely(tenant), quote_safely(wanted));
            if tenant.eq_ignore_ascii_case(wanted) {
                Evidence::Refutes(format!("The token is from the expected tenant {is}."))
            } else if expected.is_none() {
                Evidence::Confirms(format!(
                    "The token is from tenant {is}, but the embedUrl's ctid is {should_be}."
                ))
            } else {
                Evidence::Confirms(format!(
                    "The token is from tenant {is}, but {should_be} is expected."
                ))
            }
        },
        possible_message: "The user may be a guest whose token is from another tenant than the content; compare the token's tid with the content's tenant.",
        fix: "Sign the user in to the content's tenant: name it in MSAL's authority.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::PublicAccessBlocked,
        severity: Info,
        evidence: |context| {
            let allowed = context
                .token
                .and_then(|token| token.plain.get("allowAccessOverPublicInternet"));
            match allowed {
                Some(Json::Bool(false)) => Evidence::Confirms(
                    "The embed token does not allow access over the public internet, so it may work only inside a private network.".into(),
                ),
                Some(Json::Bool(true)) => Evidence::Refutes("The embed token allows access over the public internet.".into()),
                _ => Evidence::Inconclusive,
            }
        },
        possible_message: "The tenant may allow access only through its private network.",
        fix: "Open the page inside that network, or ask the tenant's administrator about Private Link.",
        docs: None,
        fixed_by_refresh: false,
    },
];

/// An Entra access token whose claims can be read.
fn readable<'a>(context: &Context<'a>) -> Option<&'a ParsedToken> {
    context
        .token
        .filter(|token| token.kind() == TokenKind::Aad && !matches!(token.plain, Json::Null))
}

/// An embed token has none of what Entra tokens have; of others nothing is known.
fn without(context: &Context<'_>, what: &str) -> Evidence {
    match context.present_token() {
        Some(token) if token.form == Form::Embed => {
            Evidence::Refutes(format!("An embed token has no {what}."))
        }
        _ => Evidence::Inconclusive,
    }
}

/// Whether a token of this kind stands with the `tokenType` of the other.
fn type_against(context: &Context<'_>, kind: TokenKind, wrong: TokenType) -> Evidence {
    let (Some(config), Some(token)) = (context.config, context.present_token()) else {
        return Evidence::Inconclusive;
    };
    if token.kind() != kind {
        return Evidence::Inconclusive;
    }
    let (name, right) = if kind == TokenKind::Embed {
        ("an embed token", "1")
    } else {
        ("an Entra token", "0")
    };
    match config.token_type {
        stated if stated == wrong => {
            let stated = if wrong == TokenType::Aad {
                "0 (Aad)"
            } else {
                "1 (Embed)"
            };
            Evidence::Confirms(format!("tokenType is {stated}, but the token is {name}."))
        }
        TokenType::Aad | TokenType::Embed => {
            Evidence::Refutes(format!("tokenType is {right}, and the token is {name}."))
        }
        TokenType::Missing if kind == TokenKind::Aad => Evidence::Refutes(format!(
            "tokenType is missing, which counts as 0, and the token is {name}."
        )),
        TokenType::Missing | TokenType::Number | TokenType::NotANumber => Evidence::Inconclusive,
    }
}

/// Whom an audience stands for.
fn audience_name(audience: &str) -> String {
    let lower = audience.trim_end_matches('/').to_ascii_lowercase();
    let name = match lower.as_str() {
        "00000003-0000-0000-c000-000000000000" | "https://graph.microsoft.com" => "Microsoft Graph",
        "00000002-0000-0000-c000-000000000000" | "https://graph.windows.net" => "the retired Azure AD Graph",
        "https://management.azure.com" | "https://management.core.windows.net" => "Azure Resource Manager",
        _ => return quote_safely(audience),
    };
    format!("{name} (audience {})", quote_safely(audience))
}

/// Whether a user's token lacks what this content needs.
fn scopes(context: &Context<'_>) -> Evidence {
    let (Some(config), Some(token)) = (context.config, readable(context)) else {
        return without(context, "permissions");
    };
    let has = token.scopes();
    let Some(content) = config
        .content
        .filter(|_| token.refused.is_none() && !has.is_empty())
    else {
        return Evidence::Inconclusive;
    };
    let needed: &[&str] = match content {
        Content::Report | Content::Visual => &["Report.Read.All", "Report.ReadWrite.All"],
        Content::Dashboard | Content::Tile => &["Dashboard.Read.All", "Dashboard.ReadWrite.All"],
        Content::Qna => &["Dataset.Read.All", "Dataset.ReadWrite.All"],
        Content::Create | Content::QuickCreate => &["Content.Create"],
    };
    let covers = |scope: &&str| scope.eq_ignore_ascii_case("user_impersonation");
    let fits = |scope: &&str| needed.iter().any(|name| name.eq_ignore_ascii_case(scope));
    let listed = quote_safely(&has.join(" "));
    if has.iter().any(|scope| covers(scope) || fits(scope)) {
        Evidence::Refutes(format!("The token's permissions are {listed}."))
    } else {
        Evidence::Confirms(format!(
            "The token's permissions are {listed}, but this content needs {}.",
            needed.join(" or ")
        ))
    }
}
