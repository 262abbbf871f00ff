//! Rules about the embed configuration: where the content is, and what it is.

use super::{Context, Evidence, Rule};
use crate::diagnosis::FindingCode;
use crate::diagnosis::Severity::{Error, Warning};
use crate::diagnosis::cloud::{self, Cloud, of_embed_host};
use crate::diagnosis::config::{Config, Content, EmbedUrl};
use crate::diagnosis::docs;
use crate::diagnosis::format::quote_safely;
use crate::diagnosis::parsed_token::Damage;
use crate::diagnosis::url::Url;
use crate::token::is_guid;

/// Hosts of Microsoft's own tests, which powerbi-client accepts too.
const INTERNAL: [&str; 2] = [".analysis.windows-int.net", ".analysis-df.windows.net"];
/// The paths of embedUrls, in lower case.
const EMBED_PATHS: [&str; 8] = [
    "reportembed",
    "rdlembed",
    "dashboardembed",
    "embed",
    "tileembed",
    "qnaembed",
    "quickcreate",
    "visualembed",
];
const USE_THE_APIS: &str = "Use the embedUrl that the REST API returns for this content, unchanged.";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: FindingCode::EmbedUrlMissing,
        severity: Error,
        evidence: |context| match context.config.map(|config| &config.embed_url) {
            None => Evidence::Inconclusive,
            Some(EmbedUrl::Missing) => Evidence::Confirms(found_elsewhere(
                "embedUrl is missing",
                "there is a URL in",
                context.config.and_then(|config| config.url_path.as_deref()),
            )),
            Some(EmbedUrl::NotAString | EmbedUrl::Unreadable | EmbedUrl::Read(_)) => {
                Evidence::Refutes("There is an embedUrl.".into())
            }
        },
        possible_message: "embedUrl may be missing.",
        fix: USE_THE_APIS,
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::EmbedUrlInvalid,
        severity: Error,
        evidence: |context| match context.config.map(|config| &config.embed_url) {
            None | Some(EmbedUrl::Missing) => Evidence::Inconclusive,
            Some(EmbedUrl::NotAString) => Evidence::Confirms(found_elsewhere(
                "embedUrl is not a string",
                "there is a URL in",
                context.config.and_then(|config| config.url_path.as_deref()),
            )),
            Some(EmbedUrl::Unreadable) => Evidence::Confirms("embedUrl is not a URL.".into()),
            Some(EmbedUrl::Read(url)) => match refusal(url) {
                Some(message) => Evidence::Confirms(message),
                None => Evidence::Refutes(format!(
                    "The embedUrl's host {} is a Power BI host.",
                    quote_safely(&url.host)
                )),
            },
        },
        possible_message: "embedUrl may be an address for people, such as a portal or publish-to-web link, rather than one for embedding.",
        fix: USE_THE_APIS,
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::EmbedUrlNoConfig,
        severity: Warning,
        evidence: |context| {
            let Some((config, url)) = context.config.and_then(|config| Some((config, config.url()?))) else {
                return Evidence::Inconclusive;
            };
            match &config.url_config {
                Some(Some(_)) => Evidence::Refutes("The embedUrl has the API's config parameter.".into()),
                Some(None) => Evidence::Confirms("The embedUrl's config parameter can't be read.".into()),
                None if needs_config(config, url) => Evidence::Confirms(
                    "The embedUrl has no config parameter, so it seems to be hand-made; such URLs are known to fail outside the default region.".into(),
                ),
                None => Evidence::Inconclusive,
            }
        },
        possible_message: "embedUrl may be hand-made, without the API's config parameter, which names the cluster.",
        fix: USE_THE_APIS,
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::CloudMismatch,
        severity: Error,
        evidence: clouds,
        possible_message: "The token may be from another cloud than the embedUrl.",
        fix: "Use the authority, scope, API and embedUrl of the same cloud.",
        docs: Some(docs::CLOUDS),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::ClusterMismatch,
        severity: Error,
        evidence: |context| {
            let Some(config) = context.config else {
                return Evidence::Inconclusive;
            };
            let Some((own, other)) = config.token.cluster().zip(config.url_cluster()) else {
                return Evidence::Inconclusive;
            };
            let (a, b) = (
                quote_safely(&cloud::host_of(own)),
                quote_safely(&cloud::host_of(other)),
            );
            if is_same_url(own, other) {
                Evidence::Refutes(format!("The token and the embedUrl name the same cluster {a}."))
            } else if matches!(config.token.damage, Some(Damage::Altered | Damage::Metadata)) {
                Evidence::Inconclusive
            } else {
                Evidence::Confirms(format!(
                    "The token is for cluster {a}, but the embedUrl is for {b}."
                ))
            }
        },
        possible_message: "The token may be for another cluster than the embedUrl.",
        fix: "Take the token and the embedUrl from the same backend response.",
        docs: None,
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::IdMissing,
        severity: Error,
        evidence: |context| {
            let Some(config) = context.config else {
                return Evidence::Inconclusive;
            };
            let needed = match config.content.or_else(|| config.url_content()) {
                Some(Content::Report | Content::Visual) => "report",
                Some(Content::Dashboard) => "dashboard",
                Some(Content::Tile) => "tile",
                Some(Content::Qna | Content::Create | Content::QuickCreate) | None => {
                    return Evidence::Inconclusive;
                }
            };
            let is_new = config.content.is_none()
                && config
                    .url()
                    .is_some_and(|url| url.parameter("datasetId").is_some());
            if config.id.is_some() || config.url_id().is_some() {
                Evidence::Refutes(format!("The id of the {needed} is there."))
            } else if is_new {
                Evidence::Inconclusive
            } else {
                Evidence::Confirms(found_elsewhere(
                    &format!("The id of the {needed} is missing, both as id and in the embedUrl"),
                    "it may be in",
                    config.id_path.as_deref(),
                ))
            }
        },
        possible_message: "The id of the content may be missing or empty.",
        fix: "Pass the id that the REST API returns for this content.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::IdNotAGuid,
        severity: Error,
        evidence: |context| {
            let Some(config) = context.config else {
                return Evidence::Inconclusive;
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
                Some((name, id)) => {
                    Evidence::Confirms(format!("{name} is not a GUID: {}.", quote_safely(id)))
                }
                None if given().next().is_some() => Evidence::Refutes("The ids are GUIDs.".into()),
                None => Evidence::Inconclusive,
            }
        },
        possible_message: "An id may not be a GUID.",
        fix: "Pass the ids that the REST API returns, which are GUIDs, not names or numbers.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::IdMismatch,
        severity: Error,
        evidence: |context| {
            let Some(config) = context.config else {
                return Evidence::Inconclusive;
            };
            compare("id", config.id.as_deref(), config.url_id())
        },
        possible_message: "id may belong to other content than the embedUrl's, or be the id of a data set or a dashboard.",
        fix: "Pass the id and the embedUrl of the same content; powerbi-client does not check that they match.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::GroupMismatch,
        severity: Error,
        evidence: |context| {
            let Some(config) = context.config else {
                return Evidence::Inconclusive;
            };
            let in_url = config.url().and_then(|url| url.parameter("groupId"));
            compare("groupId", config.group.as_deref(), in_url)
        },
        possible_message: "groupId may be the id of another workspace; compare it with the workspace in the content's portal address.",
        fix: "Pass the id of the workspace that holds the content.",
        docs: Some(docs::TROUBLESHOOT),
        fixed_by_refresh: false,
    },
    Rule {
        code: FindingCode::TypeMismatch,
        severity: Error,
        evidence: types,
        possible_message: "type may not match the content.",
        fix: "Set type to report (paginated reports too), dashboard, tile, qna, visual, create or quickCreate, as the embedUrl has it.",
        docs: None,
        fixed_by_refresh: false,
    },
];

/// Why a URL can't be embedded, in one sentence.
fn refusal(url: &Url) -> Option<String> {
    let host = quote_safely(&url.host);
    let cloud = of_embed_host(&url.host);
    if url.scheme != "https" {
        return Some(format!(
            "The embedUrl starts with {}:, but only https: is accepted.",
            quote_safely(&url.scheme)
        ));
    }
    if cloud.is_some_and(|cloud| cloud.name == "germany") {
        return Some(format!(
            "The embedUrl's host {host} belongs to the German cloud, which closed in 2021."
        ));
    }
    if is_api_host(&url.host) {
        return Some(format!(
            "{host} is the host of the REST API; an embedUrl is at another one, for example app.powerbi.com."
        ));
    }
    if cloud.is_none() && !INTERNAL.iter().any(|known| cloud::matches_host(&url.host, known)) {
        let is_report_server = url.path.starts_with("reports/") || url.parameter("rs:embed").is_some();
        return Some(if is_report_server {
            format!(
                "{host} seems to be a Power BI Report Server, whose reports are embedded with a plain iframe and no token."
            )
        } else {
            format!("{host} is not a Power BI host.")
        });
    }
    if url.has_bad_escape {
        return Some(
            "The embedUrl has a malformed % escape, for which powerbi-client throws \"URI malformed\"."
                .into(),
        );
    }
    if url.is_html_escaped {
        return Some("The embedUrl contains &amp; instead of &, as copied out of HTML.".into());
    }
    if url.has_auto_auth {
        return Some(
            "The embedUrl has autoAuth=true: it is a secure-embed link, which signs people in itself and takes no token."
                .into(),
        );
    }
    path_refusal(&url.path)
}

/// Why a path can't be embedded, in one sentence.
fn path_refusal(path: &str) -> Option<String> {
    if EMBED_PATHS.contains(&path) {
        return None;
    }
    let first = path.split('/').next().unwrap_or("");
    Some(match first {
        "" => "The embedUrl has no path: it is the address of Power BI itself.".into(),
        "view" => "The embedUrl is a publish-to-web link, which takes no token.".into(),
        "apptokenreportembed" => {
            "The embedUrl belongs to a workspace collection, a service that was retired.".into()
        }
        "v1.0" => "The embedUrl is the address of a REST call, whose response contains the embedUrl.".into(),
        "groups" | "links" | "reports" | "dashboards" | "home" | "apps" | "datahub" | "onelake"
        | "redirect" | "workspaces" | "datasets" | "lineage" | "admin" => {
            "The embedUrl is the address of a Power BI portal page, not one for embedding.".into()
        }
        _ => format!(
            "The embedUrl's path {} is not one for embedding.",
            quote_safely(path)
        ),
    })
}

/// Whether a host serves the REST API or Fabric's.
fn is_api_host(host: &str) -> bool {
    cloud::CLOUDS.iter().any(|cloud| cloud.api == host) || host == "api.fabric.microsoft.com"
}

/// A sentence, with the place where the value was found.
fn found_elsewhere(missing: &str, there: &str, path: Option<&str>) -> String {
    match path {
        Some(path) => format!("{missing}; {there} {path}."),
        None => format!("{missing}."),
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

fn clouds(context: &Context<'_>) -> Evidence {
    let Some((config, url)) = context.config.and_then(|config| Some((config, config.url()?))) else {
        return Evidence::Inconclusive;
    };
    let Some(here) = of_embed_host(&url.host) else {
        return Evidence::Inconclusive;
    };
    let differs = |other: &&'static Cloud| other.name != here.name;
    if let Some(other) = config.token.cloud().filter(differs) {
        return Evidence::Confirms(format!(
            "The token is from {}, but the embedUrl's host {} is in {}.",
            other.title,
            quote_safely(&url.host),
            here.title
        ));
    }
    if let Some(other) = config.url_cluster().and_then(cloud::of_cluster).filter(differs) {
        return Evidence::Confirms(format!(
            "The embedUrl's host {} is in {}, but its config parameter names a cluster in {}.",
            quote_safely(&url.host),
            here.title,
            other.title
        ));
    }
    match config.token.cloud() {
        Some(_) => Evidence::Refutes(format!("The token and the embedUrl are both in {}.", here.title)),
        None => Evidence::Inconclusive,
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
        return Evidence::Inconclusive;
    };
    if own.eq_ignore_ascii_case(in_url) {
        Evidence::Refutes(format!("{name} and embedUrl agree on {}.", quote_safely(own)))
    } else {
        Evidence::Confirms(format!(
            "{name} is {}, but the embedUrl says {}.",
            quote_safely(own),
            quote_safely(in_url)
        ))
    }
}

fn types(context: &Context<'_>) -> Evidence {
    let Some(config) = context.config else {
        return Evidence::Inconclusive;
    };
    let Some(name) = &config.type_name else {
        return Evidence::Inconclusive;
    };
    let Some(content) = config.content else {
        return Evidence::Confirms(format!("powerbi-client has no type {}.", quote_safely(name)));
    };
    let (Some(there), Some(url)) = (config.url_content(), config.url()) else {
        return Evidence::Inconclusive;
    };
    let fits = there == content
        || (there == Content::Report && matches!(content, Content::Visual | Content::Create));
    if fits {
        Evidence::Refutes(format!("type {} matches the embedUrl.", quote_safely(name)))
    } else {
        Evidence::Confirms(format!(
            "type is {}, but the embedUrl's path is {}.",
            quote_safely(name),
            quote_safely(&url.path)
        ))
    }
}
