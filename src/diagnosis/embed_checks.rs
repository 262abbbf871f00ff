//! What `powerbi.embed()` throws for a configuration, apart from what other rules name: its types, cases and missing members.

use super::client_schema;
use super::config::Content;
use super::format::quote_safely;
use super::misplaced;
use super::schema::{Era, Shape, is_falsy, problem};
use super::search::contains;
use crate::token::Json;

/// Props of wrapper components, and what powerbi-client calls them.
const PROPS: [(&str, &str); 3] = [
    ("embedType", "type"),
    ("embedId", "id"),
    ("reportMode", "viewMode"),
];

/// The version of the checks that a version of powerbi-client has; the newest where none is stated.
pub(super) fn era(version: Option<[u32; 3]>) -> Era {
    match version {
        Some(version) if version < [2, 21, 0] => Era::V19,
        Some(version) if version < [2, 23, 0] => Era::V22,
        _ => Era::V24,
    }
}

/// The first thing that `embed()` throws for, as a sentence without its dot.
pub(super) fn thrown(
    config: &Json,
    content: Option<Content>,
    is_paginated: bool,
    era: Era,
) -> Option<String> {
    type_problem(config)
        .or_else(|| hook_problem(config, content))
        .or_else(|| id_problem(config, content))
        .or_else(|| {
            let shape = match content? {
                Content::Report | Content::Visual if is_paginated => &client_schema::PAGINATED,
                Content::Report | Content::Visual => &client_schema::REPORT,
                Content::Dashboard => &client_schema::DASHBOARD,
                Content::Tile => &client_schema::TILE,
                Content::Qna => &client_schema::QNA,
                Content::Create | Content::QuickCreate => return None,
            };
            problem(&as_embedded(config, content), shape, era, "")
        })
}

/// What powerbi-client rejects only when the iframe has loaded.
pub(super) fn thrown_later(config: &Json, content: Option<Content>, era: Era) -> Option<String> {
    let shape: &Shape = match content? {
        Content::Create => &client_schema::CREATE,
        Content::QuickCreate => &client_schema::QUICK_CREATE,
        Content::Report | Content::Dashboard | Content::Tile | Content::Qna | Content::Visual => return None,
    };
    problem(&as_embedded(config, content), shape, era, "")
}

/// The configuration as it is when it is checked: a falsy groupId is looked up in the URL, and a report's settings are copied
/// into an object.
fn as_embedded(config: &Json, content: Option<Content>) -> Json {
    let is_report = matches!(content, Some(Content::Report | Content::Visual));
    let members = config
        .members()
        .iter()
        .filter(|(name, value)| match name.as_str() {
            "groupId" => !is_falsy(value),
            "settings" => !is_report || matches!(value, Json::Object(_)),
            _ => true,
        });
    Json::Object(members.cloned().collect())
}

fn type_problem(config: &Json) -> Option<String> {
    let value = config.get("type").filter(|value| !is_falsy(value));
    let Some(value) = value else {
        let props: Vec<_> = PROPS
            .iter()
            .filter(|(prop, _)| config.get(prop).is_some())
            .collect();
        if !props.is_empty() {
            let list = |names: Vec<&str>| names.join(", ");
            return Some(format!(
                "type is missing; these are props of a wrapper component, and powerbi-client calls {} by the names {}",
                list(props.iter().map(|(prop, _)| *prop).collect()),
                list(props.iter().map(|(_, name)| *name).collect())
            ));
        }
        let there = misplaced::content_type(config).map(|found| found.path);
        return Some(match there {
            Some(path) => format!("type is missing; it is called {path} here"),
            None => "type is missing".to_owned(),
        });
    };
    let Some(name) = value.as_str() else {
        return Some("type must be a string".to_owned());
    };
    const NAMES: [&str; 8] = [
        "report",
        "dashboard",
        "tile",
        "qna",
        "visual",
        "create",
        "quickCreate",
        "quickcreate",
    ];
    let trimmed = name.trim();
    let known = NAMES.iter().find(|known| known.eq_ignore_ascii_case(trimmed))?;
    (!NAMES.contains(&name)).then(|| {
        format!(
            "type is {}, but must be written \"{known}\": powerbi-client compares case",
            quote_safely(name)
        )
    })
}

/// A hook that is no function, or is not for this content. A function is an object without members here.
fn hook_problem(config: &Json, content: Option<Content>) -> Option<String> {
    let hooks = config.get("eventHooks")?;
    if matches!(hooks, Json::String(text) if !text.expose().is_empty()) || !hooks.as_array().is_empty() {
        return Some("eventHooks must be an object of functions".to_owned());
    }
    for (name, hook) in hooks.members() {
        let is_function = matches!(hook, Json::Object(members) if members.is_empty());
        if !is_function && name != "accessTokenProvider" {
            return Some(format!(
                "eventHooks.{} must be a function",
                quote_safely(name).trim_matches('"')
            ));
        }
        if name == "applicationContextProvider" && !matches!(content, None | Some(Content::Report)) {
            return Some("eventHooks.applicationContextProvider is accepted only for type report".to_owned());
        }
    }
    None
}

/// An id of another type than string, which powerbi-client does not look up in the URL either.
fn id_problem(config: &Json, content: Option<Content>) -> Option<String> {
    let is_string_or_falsy = |value: &Json| is_falsy(value) || matches!(value, Json::String(_));
    match content? {
        Content::Create => {
            let in_url = config
                .get("embedUrl")
                .and_then(Json::as_str)
                .is_some_and(|url| contains(url, "datasetId="));
            let has_id = config.get("datasetId").is_some_and(|id| !is_falsy(id)) || in_url;
            (!has_id)
                .then(|| "datasetId is missing, both in the configuration and in the embedUrl".to_owned())
        }
        Content::Qna | Content::QuickCreate => None,
        Content::Report | Content::Dashboard | Content::Tile | Content::Visual => {
            let id = config.get("id").filter(|id| !is_string_or_falsy(id));
            id.map(|_| "id must be a string".to_owned())
        }
    }
}
