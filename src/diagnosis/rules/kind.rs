//! Rules about a token's kind, audience and holder.

use super::{Evidence, Facts, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::config::{Content, TokenType};
use crate::diagnosis::paper::{Form, Paper};
use crate::diagnosis::report::{Principal, TokenKind};
use crate::diagnosis::words::shown;
use crate::token::{Json, Unusable};

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
        evidence: |facts| type_against(facts, TokenKind::Embed, TokenType::Aad),
        doubt: "tokenType may not fit the token; an embed token begins with H4sI and needs 1, an Entra token begins with eyJ and needs 0.",
        fix: "Set tokenType to models.TokenType.Embed, which is 1.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenTypeMismatch,
        severity: Error,
        evidence: |facts| type_against(facts, TokenKind::Aad, TokenType::Embed),
        doubt: "",
        fix: "For your organization's users set tokenType to models.TokenType.Aad, which is 0; for customers let the backend make an embed token with GenerateToken.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenTypeInvalid,
        severity: Error,
        evidence: |facts| match facts.config.map(|config| config.token_type) {
            None => Evidence::Silent,
            Some(TokenType::Number) => Evidence::Confirms("tokenType is a number other than 0 and 1.".into()),
            Some(TokenType::NotANumber) => Evidence::Confirms("tokenType is not a number.".into()),
            Some(TokenType::Missing | TokenType::Aad | TokenType::Embed) => {
                Evidence::Refutes("tokenType is one that powerbi-client takes.".into())
            }
        },
        doubt: "tokenType may be something other than the numbers 0 and 1.",
        fix: "Set tokenType to the number 0 for an Entra token or 1 for an embed token; names and texts are refused.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenTypeMissing,
        severity: Error,
        evidence: |facts| {
            let (Some(config), Some(paper)) = (facts.config, facts.paper) else {
                return Evidence::Silent;
            };
            if config.token_type != TokenType::Missing {
                Evidence::Refutes("tokenType is set.".into())
            } else if paper.form == Form::Embed {
                Evidence::Confirms(
                    "tokenType is missing, and the token is an embed token, which needs 1.".into(),
                )
            } else {
                Evidence::Silent
            }
        },
        doubt: "tokenType may be missing; an embed token needs 1.",
        fix: "Set tokenType to models.TokenType.Embed, which is 1.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TokenTypeMissing,
        severity: Info,
        evidence: |facts| {
            let missing = facts
                .config
                .is_some_and(|config| config.token_type == TokenType::Missing);
            if missing && facts.failure.is_none() {
                Evidence::Confirms(
                    "tokenType is missing, so it is left to the service which kind the token is.".into(),
                )
            } else {
                Evidence::Silent
            }
        },
        doubt: "",
        fix: "Say models.TokenType.Aad, which is 0, or models.TokenType.Embed, which is 1.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::AudienceWrong,
        severity: Error,
        evidence: |facts| {
            let Some(paper) = readable(facts) else {
                return without(facts, "audience");
            };
            let Some(audience) = paper.audience() else {
                return Evidence::Silent;
            };
            if paper.refused == Some(Unusable::WrongAudience) {
                Evidence::Confirms(format!(
                    "The token is for {}, not for Power BI.",
                    addressee(audience)
                ))
            } else {
                Evidence::Refutes(format!(
                    "The token's audience is {}, which is Power BI's.",
                    shown(audience)
                ))
            }
        },
        doubt: "The token may be for something other than Power BI; an Entra token's audience must be Power BI's.",
        fix: "Ask for the token with the scope https://analysis.windows.net/powerbi/api/.default, or that of your cloud.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::AudienceWrong,
        severity: Warning,
        evidence: |facts| {
            let Some(paper) = readable(facts).filter(|paper| paper.refused.is_none()) else {
                return Evidence::Silent;
            };
            match paper.audience().map(str::to_ascii_lowercase) {
                None => Evidence::Confirms("The token names no audience.".into()),
                Some(audience) if audience.starts_with("https://api.") => Evidence::Confirms(format!(
                    "The token's audience is {}, which is unusual: Power BI's own is https://analysis.windows.net/powerbi/api or that of its cloud.",
                    shown(&audience)
                )),
                Some(_) => Evidence::Silent,
            }
        },
        doubt: "",
        fix: "Ask for the token with the scope https://analysis.windows.net/powerbi/api/.default, or that of your cloud.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::ScopeMissing,
        severity: Error,
        evidence: scopes,
        doubt: "The user's token may lack the permission for this content; look at its scp claim.",
        fix: "Add the delegated permission of the Power BI Service to the app in Entra, ask for it at sign-in, and sign in again.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::ServicePrincipalAad,
        severity: Error,
        evidence: |facts| {
            let (Some(config), Some(paper)) = (facts.config, facts.token()) else {
                return Evidence::Silent;
            };
            let as_aad = matches!(config.token_type, TokenType::Aad | TokenType::Missing);
            match (paper.principal(), paper.form) {
                (Some(Principal::ServicePrincipal), _) if as_aad => Evidence::Confirms(
                    "The token is a service principal's own, and tokenType Aad is for users' tokens only."
                        .into(),
                ),
                (Some(Principal::User), _) => Evidence::Refutes("The token is a user's.".into()),
                (_, Form::Embed) => Evidence::Refutes("The token is an embed token.".into()),
                _ => Evidence::Silent,
            }
        },
        doubt: "The token may be a service principal's own, which can't embed as tokenType Aad.",
        fix: "Let the backend use this token to call GenerateToken, and embed with the embed token it gets and tokenType 1.",
        docs: Some(docs::PRINCIPAL),
        renews: false,
    },
    Rule {
        code: FindingCode::ServicePrincipalAad,
        severity: Info,
        evidence: |facts| {
            match facts.token().and_then(Paper::principal) {
            Some(Principal::ServicePrincipal) if facts.config.is_none() => Evidence::Confirms(
                "The token is a service principal's own: a backend can make embed tokens with it, and no page can embed with it.".into(),
            ),
            _ => Evidence::Silent,
        }
        },
        doubt: "",
        fix: "Keep it in the backend, and give the page the embed token of GenerateToken.",
        docs: Some(docs::PRINCIPAL),
        renews: false,
    },
    Rule {
        code: FindingCode::CopiedFromPortal,
        severity: Warning,
        evidence: |facts| {
            let Some(paper) = facts.token() else {
                return Evidence::Silent;
            };
            let Some(app) = paper.claim("appid").or_else(|| paper.claim("azp")) else {
                let embed = paper.form == Form::Embed;
                return if embed {
                    Evidence::Refutes("The token is an embed token.".into())
                } else {
                    Evidence::Silent
                };
            };
            match OWN_APPS.iter().find(|(id, _)| id.eq_ignore_ascii_case(app)) {
                Some((id, name)) => Evidence::Confirms(format!(
                    "The token was issued to {name} (app {id}), so it was copied from there and ends within about 75 minutes of its issue."
                )),
                None => Evidence::Refutes(format!("The token was issued to the app {}.", shown(app))),
            }
        },
        doubt: "The token may be hard-coded, for instance copied from the Power BI portal.",
        fix: "Let the page get its own tokens, by signing the user in with MSAL or from a backend.",
        docs: Some(docs::EMBED_TOKENS),
        renews: false,
    },
    Rule {
        code: FindingCode::TenantMismatch,
        severity: Error,
        evidence: |facts| {
            let tenant = facts.paper.and_then(|paper| paper.claim("tid"));
            let (Some(tenant), Some(expected)) = (tenant, &facts.options.tenant) else {
                return without(facts, "tenant");
            };
            let (is, wanted) = (shown(tenant), shown(expected));
            if tenant.eq_ignore_ascii_case(expected.trim()) {
                Evidence::Refutes(format!("The token is of the expected tenant {is}."))
            } else {
                Evidence::Confirms(format!(
                    "The token is of the tenant {is}, and {wanted} is expected."
                ))
            }
        },
        doubt: "The user may be a guest whose token is of another tenant than the content; compare the token's tid with the content's tenant.",
        fix: "Sign the user in at the content's tenant: name it in MSAL's authority.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::PublicAccessBlocked,
        severity: Info,
        evidence: |facts| {
            let allowed = facts
                .paper
                .and_then(|paper| paper.plain.get("allowAccessOverPublicInternet"));
            match allowed {
                Some(Json::Bool(false)) => Evidence::Confirms(
                    "The embed token says that it does not allow access over the public internet, so it may work inside a private network only.".into(),
                ),
                Some(Json::Bool(true)) => Evidence::Refutes("The embed token allows access over the public internet.".into()),
                _ => Evidence::Silent,
            }
        },
        doubt: "The tenant may allow access through its private network only.",
        fix: "Open the page inside that network, or ask the tenant's administrator about Private Link.",
        docs: None,
        renews: false,
    },
];

/// An Entra access token whose claims can be read.
fn readable<'a>(facts: &Facts<'a>) -> Option<&'a Paper> {
    facts
        .paper
        .filter(|paper| paper.kind() == TokenKind::Aad && !matches!(paper.plain, Json::Null))
}

/// An embed token has none of what Entra tokens have; of others nothing is known.
fn without(facts: &Facts<'_>, what: &str) -> Evidence {
    match facts.token() {
        Some(paper) if paper.form == Form::Embed => {
            Evidence::Refutes(format!("An embed token names no {what}."))
        }
        _ => Evidence::Silent,
    }
}

/// Whether a token of this kind stands with the `tokenType` of the other.
fn type_against(facts: &Facts<'_>, kind: TokenKind, wrong: TokenType) -> Evidence {
    let (Some(config), Some(paper)) = (facts.config, facts.token()) else {
        return Evidence::Silent;
    };
    if paper.kind() != kind {
        return Evidence::Silent;
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
            Evidence::Confirms(format!("tokenType is {stated}, and the token is {name}."))
        }
        TokenType::Aad | TokenType::Embed => {
            Evidence::Refutes(format!("tokenType is {right}, and the token is {name}."))
        }
        TokenType::Missing if kind == TokenKind::Aad => Evidence::Refutes(format!(
            "tokenType is missing, which has been seen to count as 0, and the token is {name}."
        )),
        TokenType::Missing | TokenType::Number | TokenType::NotANumber => Evidence::Silent,
    }
}

/// Whom an audience stands for.
fn addressee(audience: &str) -> String {
    let lower = audience.trim_end_matches('/').to_ascii_lowercase();
    let name = match lower.as_str() {
        "00000003-0000-0000-c000-000000000000" | "https://graph.microsoft.com" => "Microsoft Graph",
        "00000002-0000-0000-c000-000000000000" | "https://graph.windows.net" => "the retired Azure AD Graph",
        "https://management.azure.com" | "https://management.core.windows.net" => "Azure Resource Manager",
        _ => return shown(audience),
    };
    format!("{name} (audience {})", shown(audience))
}

/// Whether a user's token lacks what this content needs.
fn scopes(facts: &Facts<'_>) -> Evidence {
    let (Some(config), Some(paper)) = (facts.config, readable(facts)) else {
        return without(facts, "permissions");
    };
    let has = paper.scopes();
    let Some(content) = config
        .content
        .filter(|_| paper.refused.is_none() && !has.is_empty())
    else {
        return Evidence::Silent;
    };
    let needed: &[&str] = match content {
        Content::Report | Content::Visual => &["Report.Read.All", "Report.ReadWrite.All"],
        Content::Dashboard | Content::Tile => &["Dashboard.Read.All", "Dashboard.ReadWrite.All"],
        Content::Qna => &["Dataset.Read.All", "Dataset.ReadWrite.All"],
        Content::Create | Content::QuickCreate => &["Content.Create"],
    };
    let covers = |scope: &&str| scope.eq_ignore_ascii_case("user_impersonation");
    let fits = |scope: &&str| needed.iter().any(|name| name.eq_ignore_ascii_case(scope));
    let listed = shown(&has.join(" "));
    if has.iter().any(|scope| covers(scope) || fits(scope)) {
        Evidence::Refutes(format!("The token's permissions are {listed}."))
    } else {
        Evidence::Confirms(format!(
            "The token's permissions are {listed}, and this content needs {}.",
            needed.join(" or ")
        ))
    }
}
