//! Rules about powerbi-client: its hook and its version.

use super::{Context, Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::config::{Content, Provider, TokenType};
use crate::diagnosis::docs;
use crate::diagnosis::format::quote_safely;

/// Hosts that powerbi-client has accepted since some version; before 2.23.1 it looked at none.
const SINCE: [(&str, [u32; 3]); 2] = [
    ("app.canaryhigh.powerbigov.us", [2, 23, 10]),
    ("app.powerbi.sovcloud-api.fr", [2, 24, 1]),
];
/// The first version that looks at hosts.
const LOOKS: [u32; 3] = [2, 23, 1];
/// The first version with accessTokenProvider.
const PROVIDES: [u32; 3] = [2, 19, 0];

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::ProviderUnsupported,
        severity: Error,
        evidence: provider,
        possible_message: "accessTokenProvider may be set where powerbi-client rejects it: it works only with tokenType 0, for reports and quickCreate.",
        fix: "Remove accessTokenProvider and set new tokens with setAccessToken(), as this package's attach() does.",
        docs: Some(docs::REFRESH),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ProviderUnsupported,
        severity: Warning,
        evidence: |context| match context.config {
            Some(config)
                if config.provider == Provider::Function && config.content == Some(Content::Create) =>
            {
                Evidence::Confirms(
                    "powerbi-client accepts accessTokenProvider for type create, but never calls it.".into(),
                )
            }
            _ => Evidence::Inconclusive,
        },
        possible_message: "",
        fix: "Set new tokens with setAccessToken(), as this package's attach() does.",
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::SdkTooOld,
        severity: Error,
        evidence: versions,
        possible_message: "This version of powerbi-client may be too old to accept this host.",
        fix: "Use powerbi-client 2.24.1 or later.",
        docs: None,
        fixed_by_refresh: false,
    },
];

fn provider(context: &Context<'_>) -> Evidence {
    let Some(config) = context.config else {
        return Evidence::Inconclusive;
    };
    match config.provider {
        Provider::Absent => return Evidence::Refutes("There is no accessTokenProvider.".into()),
        Provider::NotAFunction => return Evidence::Confirms("accessTokenProvider is not a function.".into()),
        Provider::Function => {}
    }
    match (config.token_type, config.content) {
        (TokenType::Embed, _) => Evidence::Confirms(
            "powerbi-client accepts accessTokenProvider only with tokenType 0, but tokenType is 1.".into(),
        ),
        (TokenType::Missing, _) => Evidence::Confirms(
            "powerbi-client accepts accessTokenProvider only with tokenType 0, but tokenType is missing."
                .into(),
        ),
        (_, Some(Content::Dashboard | Content::Tile | Content::Qna | Content::Visual)) => {
            let name = quote_safely(config.type_name.as_deref().unwrap_or(""));
            Evidence::Confirms(format!(
                "powerbi-client does not accept accessTokenProvider for type {name}."
            ))
        }
        (_, Some(Content::Create)) => Evidence::Inconclusive,
        (_, Some(Content::Report | Content::QuickCreate) | None) => {
            Evidence::Refutes("powerbi-client accepts accessTokenProvider here.".into())
        }
    }
}

fn versions(context: &Context<'_>) -> Evidence {
    let (Some(config), Some(text)) = (context.config, &context.options.sdk) else {
        return Evidence::Inconclusive;
    };
    let Some(version) = version(text) else {
        return Evidence::Inconclusive;
    };
    let host = config.url().map_or("", |url| url.host.as_str());
    let since = SINCE
        .iter()
        .find(|(known, since)| *known == host && version < *since && version >= LOOKS);
    if let Some((_, [major, minor, patch])) = since {
        return Evidence::Confirms(format!(
            "powerbi-client {} rejects the host {}, which it accepts from {major}.{minor}.{patch} on.",
            quote_safely(text),
            quote_safely(host)
        ));
    }
    if config.provider == Provider::Function && version < PROVIDES {
        return Evidence::Confirms(format!(
            "powerbi-client {} has no accessTokenProvider yet; it came with 2.19.0.",
            quote_safely(text)
        ));
    }
    Evidence::Refutes(format!("powerbi-client {} is new enough.", quote_safely(text)))
}

/// The three numbers of a version; a missing one counts as 0, and what follows a `-` does not count.
pub(in crate::diagnosis) fn version(text: &str) -> Option<[u32; 3]> {
    let mut numbers = text
        .trim()
        .trim_start_matches('v')
        .split('-')
        .next()?
        .split('.')
        .map(|n| n.parse().ok());
    let mut next = || numbers.next().unwrap_or(Some(0));
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_three_numbers() {
        for (text, wanted) in [
            ("2.24.1", Some([2, 24, 1])),
            ("v2.23.10-beta.1", Some([2, 23, 10])),
            ("2.19", Some([2, 19, 0])),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(version(text), wanted, "{text}");
        }
    }
}
