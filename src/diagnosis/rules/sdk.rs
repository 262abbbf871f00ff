//! Rules about powerbi-client: its hook and its version.

use super::{Evidence, Facts, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::config::{Content, Provider, TokenType};
use crate::diagnosis::words::shown;

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
        doubt: "accessTokenProvider may stand where powerbi-client takes none: it is for tokenType 0 with report or quickCreate.",
        fix: "Leave accessTokenProvider out, and set new tokens with setAccessToken, as attach() of this package does.",
        docs: Some(docs::REFRESH),
        renews: false,
    },
    Rule {
        code: FindingCode::ProviderUnsupported,
        severity: Warning,
        evidence: |facts| match facts.config {
            Some(config)
                if config.provider == Provider::Function && config.content == Some(Content::Create) =>
            {
                Evidence::Confirms(
                    "powerbi-client takes accessTokenProvider for type create, and never answers with it."
                        .into(),
                )
            }
            _ => Evidence::Silent,
        },
        doubt: "",
        fix: "Set new tokens with setAccessToken, as attach() of this package does.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::SdkTooOld,
        severity: Error,
        evidence: versions,
        doubt: "powerbi-client may be too old to know this host.",
        fix: "Use powerbi-client 2.24.1 or later.",
        docs: None,
        renews: false,
    },
];

fn provider(facts: &Facts<'_>) -> Evidence {
    let Some(config) = facts.config else {
        return Evidence::Silent;
    };
    match config.provider {
        Provider::Absent => return Evidence::Refutes("There is no accessTokenProvider.".into()),
        Provider::NotAFunction => return Evidence::Confirms("accessTokenProvider is not a function.".into()),
        Provider::Function => {}
    }
    match (config.token_type, config.content) {
        (TokenType::Embed, _) => Evidence::Confirms(
            "powerbi-client takes accessTokenProvider with tokenType 0 only, and it is 1.".into(),
        ),
        (TokenType::Missing, _) => Evidence::Confirms(
            "powerbi-client takes accessTokenProvider with tokenType 0 only, and it is missing.".into(),
        ),
        (_, Some(Content::Dashboard | Content::Tile | Content::Qna | Content::Visual)) => {
            let name = shown(config.type_name.as_deref().unwrap_or(""));
            Evidence::Confirms(format!(
                "powerbi-client takes no accessTokenProvider for type {name}."
            ))
        }
        (_, Some(Content::Create)) => Evidence::Silent,
        (_, Some(Content::Report | Content::QuickCreate) | None) => {
            Evidence::Refutes("powerbi-client takes accessTokenProvider here.".into())
        }
    }
}

fn versions(facts: &Facts<'_>) -> Evidence {
    let (Some(config), Some(text)) = (facts.config, &facts.options.sdk) else {
        return Evidence::Silent;
    };
    let Some(version) = version(text) else {
        return Evidence::Silent;
    };
    let host = config.url().map_or("", |url| url.host.as_str());
    let since = SINCE
        .iter()
        .find(|(known, since)| *known == host && version < *since && version >= LOOKS);
    if let Some((_, [major, minor, patch])) = since {
        return Evidence::Confirms(format!(
            "powerbi-client {} refuses the host {}, which is known since {major}.{minor}.{patch}.",
            shown(text),
            shown(host)
        ));
    }
    if config.provider == Provider::Function && version < PROVIDES {
        return Evidence::Confirms(format!(
            "powerbi-client {} has no accessTokenProvider yet; 2.19.0 has.",
            shown(text)
        ));
    }
    Evidence::Refutes(format!("powerbi-client {} is new enough.", shown(text)))
}

/// The three numbers of a version; a missing one counts as 0, and what follows a `-` does not count.
fn version(text: &str) -> Option<[u32; 3]> {
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
    use super::*;

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
