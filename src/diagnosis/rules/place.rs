//! Rules about the embed configuration: where the content is, and what it is.

use super::{Evidence, Facts, Rule, docs};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Info, Warning};
use crate::diagnosis::cloud::{self, Cloud, of_embed_host};
use crate::diagnosis::config::{Address, Config, Content};
use crate::diagnosis::paper::Damage;
use crate::diagnosis::url::Url;
use crate::diagnosis::words::shown;
use crate::token::is_guid;

/// Hosts of Microsoft's own tests, which powerbi-client accepts too.
const INTERNAL: [&str; 2] = [".analysis.windows-int.net", ".analysis-df.windows.net"];
const USE_THE_APIS: &str = "Use the embedUrl that the REST API gives for this content, unchanged.";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::EmbedUrlMissing,
        severity: Error,
        evidence: |facts| match facts.config.map(|config| &config.address) {
            None => Evidence::Silent,
            Some(Address::Missing) => Evidence::Confirms("embedUrl is missing.".into()),
            Some(Address::Unreadable | Address::Read(_)) => Evidence::Refutes("There is an embedUrl.".into()),
        },
        doubt: "embedUrl may be missing.",
        fix: USE_THE_APIS,
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::EmbedUrlInvalid,
        severity: Error,
        evidence: |facts| match facts.config.map(|config| &config.address) {
            None | Some(Address::Missing) => Evidence::Silent,
            Some(Address::Unreadable) => Evidence::Confirms("embedUrl is not a URL.".into()),
            Some(Address::Read(url)) => match refusal(url) {
                Some(message) => Evidence::Confirms(message),
                None => Evidence::Refutes(format!(
                    "The embedUrl's host {} is one of Power BI's.",
                    shown(&url.host)
                )),
            },
        },
        doubt: "embedUrl may be one for people, such as a portal or publish-to-web address, and not one for embedding.",
        fix: USE_THE_APIS,
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::EmbedUrlNoConfig,
        severity: Warning,
        evidence: |facts| {
            let Some((config, url)) = facts.config.and_then(|config| Some((config, config.url()?))) else {
                return Evidence::Silent;
            };
            match &config.url_config {
                Some(Some(_)) => Evidence::Refutes("The embedUrl has the API's config parameter.".into()),
                Some(None) => Evidence::Confirms("The embedUrl's config parameter can't be read.".into()),
                None if needs_config(config, url) => Evidence::Confirms(
                    "The embedUrl has no config parameter, so it seems to be made by hand, and such URLs are known to fail outside the default region.".into(),
                ),
                None => Evidence::Silent,
            }
        },
        doubt: "embedUrl may be made by hand, without the API's config parameter that names the cluster.",
        fix: USE_THE_APIS,
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::CloudMismatch,
        severity: Error,
        evidence: clouds,
        doubt: "The token may be of another cloud than the embedUrl.",
        fix: "Take authority, scope, API and embedUrl from one cloud.",
        docs: Some(docs::CLOUDS),
        renews: false,
    },
    Rule {
        code: FindingCode::ClusterMismatch,
        severity: Error,
        evidence: |facts| {
            let Some(config) = facts.config else {
                return Evidence::Silent;
            };
            let Some((own, other)) = config.paper.cluster().zip(config.url_cluster()) else {
                return Evidence::Silent;
            };
            let (a, b) = (shown(&cloud::host_of(own)), shown(&cloud::host_of(other)));
            if is_same_url(own, other) {
                Evidence::Refutes(format!("Token and embedUrl name the same cluster {a}."))
            } else if matches!(config.paper.damage, Some(Damage::Altered | Damage::Metadata)) {
                Evidence::Silent
            } else {
                Evidence::Confirms(format!(
                    "The token is for the cluster {a}, and the embedUrl for {b}."
                ))
            }
        },
        doubt: "The token may be for another cluster than the embedUrl.",
        fix: "Take the token and the embedUrl of the same content from the same backend answer.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::IdMissing,
        severity: Error,
        evidence: |facts| {
            let Some(config) = facts.config else {
                return Evidence::Silent;
            };
            let needed = match config.content.or_else(|| config.url_content()) {
                Some(Content::Report | Content::Visual) => "report",
                Some(Content::Dashboard) => "dashboard",
                Some(Content::Tile) => "tile",
                Some(Content::Qna | Content::Create | Content::QuickCreate) | None => {
                    return Evidence::Silent;
                }
            };
            let is_new = config.content.is_none()
                && config
                    .url()
                    .is_some_and(|url| url.parameter("datasetId").is_some());
            if config.id.is_some() || config.url_id().is_some() {
                Evidence::Refutes(format!("There is the id of a {needed}."))
            } else if is_new {
                Evidence::Silent
            } else {
                Evidence::Confirms(format!(
                    "There is no id of the {needed}, neither as id nor in the embedUrl."
                ))
            }
        },
        doubt: "The id of the content may be missing or empty.",
        fix: "Pass the id that the REST API gives for this content.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::IdNotAGuid,
        severity: Error,
        evidence: |facts| {
            let Some(config) = facts.config else {
                return Evidence::Silent;
            };
            let in_url = |name| config.url().and_then(|url| url.parameter(name));
            let ids = [
                ("id", config.id.as_deref()),
                ("groupId", config.group.as_deref()),
                ("the embedUrl's id", config.url_id()),
                ("the embedUrl's groupId", in_url("groupId")),
            ];
            let given = || ids.iter().filter_map(|(name, id)| Some((name, (*id)?)));
            match given().find(|(_, id)| !is_guid(id)) {
                Some((name, id)) => Evidence::Confirms(format!("{name} is {}, which is no GUID.", shown(id))),
                None if given().next().is_some() => Evidence::Refutes("The ids are GUIDs.".into()),
                None => Evidence::Silent,
            }
        },
        doubt: "An id may not be a GUID.",
        fix: "Pass the ids that the REST API gives, which are GUIDs; a name or a number is none.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::IdMismatch,
        severity: Error,
        evidence: |facts| {
            let Some(config) = facts.config else {
                return Evidence::Silent;
            };
            compare("id", config.id.as_deref(), config.url_id())
        },
        doubt: "id may be that of other content than the embedUrl's; it may also be a data set's or a dashboard's.",
        fix: "Pass the id and the embedUrl of the same content; powerbi-client does not notice when they differ.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::GroupMismatch,
        severity: Error,
        evidence: |facts| {
            let Some(config) = facts.config else {
                return Evidence::Silent;
            };
            let in_url = config.url().and_then(|url| url.parameter("groupId"));
            compare("groupId", config.group.as_deref(), in_url)
        },
        doubt: "groupId may be that of another workspace; compare it with the workspace in the content's portal address.",
        fix: "Pass the id of the workspace that holds the content.",
        docs: Some(docs::TROUBLESHOOT),
        renews: false,
    },
    Rule {
        code: FindingCode::TypeMismatch,
        severity: Error,
        evidence: types,
        doubt: "type may not fit the content.",
        fix: "Set type to report (paginated reports too), dashboard, tile, qna, visual, create or quickCreate, as the embedUrl has it.",
        docs: None,
        renews: false,
    },
    Rule {
        code: FindingCode::TypeMismatch,
        severity: Info,
        evidence: |facts| match facts.config {
            Some(config) if config.type_name.is_none() && facts.failure.is_none() => Evidence::Confirms(
                "type is missing, so it must stand in the element's attribute powerbi-type.".into(),
            ),
            _ => Evidence::Silent,
        },
        doubt: "",
        fix: "Set type in the configuration.",
        docs: None,
        renews: false,
    },
];

/// Why a URL can't be embedded, in one sentence.
fn refusal(url: &Url) -> Option<String> {
    let host = shown(&url.host);
    let cloud = of_embed_host(&url.host);
    if url.scheme != "https" {
        return Some(format!(
            "The embedUrl begins with {}:, and only https: is taken.",
            shown(&url.scheme)
        ));
    }
    if cloud.is_some_and(|cloud| cloud.name == "germany") {
        return Some(format!(
            "The embedUrl's host {host} is of the German cloud, which closed in 2021."
        ));
    }
    if cloud.is_none() && !INTERNAL.iter().any(|known| cloud::matches_host(&url.host, known)) {
        return Some(format!("The embedUrl's host {host} is none of Power BI's."));
    }
    if url
        .parameter("autoAuth")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        return Some(
            "The embedUrl has autoAuth=true, so it is a secure-embed link for people and takes no token."
                .into(),
        );
    }
    let first = url.path.split('/').next().unwrap_or("");
    match first {
        "view" => Some("The embedUrl is a publish-to-web link, which takes no token.".into()),
        "groups" | "links" | "reports" | "dashboards" | "home" | "apps" => Some(
            "The embedUrl is the address of a page of the Power BI portal, and not one for embedding.".into(),
        ),
        "apptokenreportembed" => {
            Some("The embedUrl is of a workspace collection, which no longer works.".into())
        }
        _ => None,
    }
}

/// Whether the API puts `config` into the URL of this content.
fn needs_config(config: &Config, url: &Url) -> bool {
    let made = matches!(
        config.content,
        Some(Content::Create | Content::QuickCreate | Content::Qna)
    );
    let is_new = url.parameter("datasetId").is_some() && url.parameter("reportId").is_none();
    let path = matches!(url.path.as_str(), "reportembed" | "dashboardembed" | "embed");
    path && !made && !is_new && refusal(url).is_none()
}

fn clouds(facts: &Facts<'_>) -> Evidence {
    let Some((config, url)) = facts.config.and_then(|config| Some((config, config.url()?))) else {
        return Evidence::Silent;
    };
    let Some(here) = of_embed_host(&url.host) else {
        return Evidence::Silent;
    };
    let differs = |other: &&'static Cloud| other.name != here.name;
    if let Some(other) = config.paper.cloud().filter(differs) {
        return Evidence::Confirms(format!(
            "The token is of {}, and the embedUrl's host {} of {}.",
            other.title,
            shown(&url.host),
            here.title
        ));
    }
    if let Some(other) = config.url_cluster().and_then(cloud::of_cluster).filter(differs) {
        return Evidence::Confirms(format!(
            "The embedUrl's host {} is of {}, and its config parameter names a cluster of {}.",
            shown(&url.host),
            here.title,
            other.title
        ));
    }
    match config.paper.cloud() {
        Some(_) => Evidence::Refutes(format!("Token and embedUrl are both of {}.", here.title)),
        None => Evidence::Silent,
    }
}

/// Whether two URLs are the same but for case and a `/` at the end.
fn is_same_url(one: &str, other: &str) -> bool {
    one.trim()
        .trim_end_matches('/')
        .eq_ignore_ascii_case(other.trim().trim_end_matches('/'))
}

fn compare(name: &str, own: Option<&str>, in_url: Option<&str>) -> Evidence {
    let Some((own, in_url)) = own.zip(in_url) else {
        return Evidence::Silent;
    };
    if own.eq_ignore_ascii_case(in_url) {
        Evidence::Refutes(format!("{name} and embedUrl agree on {}.", shown(own)))
    } else {
        Evidence::Confirms(format!(
            "{name} is {}, and the embedUrl says {}.",
            shown(own),
            shown(in_url)
        ))
    }
}

fn types(facts: &Facts<'_>) -> Evidence {
    let Some(config) = facts.config else {
        return Evidence::Silent;
    };
    let Some(name) = &config.type_name else {
        return Evidence::Silent;
    };
    let Some(content) = config.content else {
        return Evidence::Confirms(format!("powerbi-client knows no type {}.", shown(name)));
    };
    let (Some(there), Some(url)) = (config.url_content(), config.url()) else {
        return Evidence::Silent;
    };
    let fits = there == content
        || (there == Content::Report && matches!(content, Content::Visual | Content::Create));
    if fits {
        Evidence::Refutes(format!("type {} fits the embedUrl.", shown(name)))
    } else {
        Evidence::Confirms(format!(
            "type is {}, and the embedUrl's path is {}.",
            shown(name),
            shown(&url.path)
        ))
    }
}
