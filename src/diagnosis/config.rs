//! An embed configuration, parsed.

use super::Options;
use super::embed_checks;
use super::misplaced;
use super::non_token::NonToken;
use super::parsed_token::{Form, ParsedToken};
use super::rules::client_version;
use super::url::Url;
use crate::time::Timestamp;
use crate::token::{Json, ParsedDate, from_epoch_number, parse_date, trim};

/// A `tokenType` as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenType {
    /// Missing, `undefined` or `null`.
    Missing,
    /// 0.
    Aad,
    /// 1.
    Embed,
    /// Another number.
    Number,
    /// No number.
    NotANumber,
}

/// The kinds of content that powerbi-client embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// A report; a paginated one too, which its embedUrl alone tells.
    Report,
    /// A dashboard.
    Dashboard,
    /// A tile of a dashboard.
    Tile,
    /// The question-and-answer box.
    Qna,
    /// One visual of a report.
    Visual,
    /// A report that is being made.
    Create,
    /// A report that is made from data at hand.
    QuickCreate,
}

/// An `accessTokenProvider` as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// There is no such hook.
    Absent,
    /// A function.
    Function,
    /// Something else, `undefined` and `null` too.
    NotAFunction,
}

/// An `embedUrl` as it stands.
pub(super) enum EmbedUrl {
    /// None, or an empty one.
    Missing,
    /// An array, an object or another value that is not a string.
    NotAString,
    /// A string that is not a URL.
    Unreadable,
    /// A URL.
    Read(Url),
}

/// `viewMode` and `permissions` of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Editing {
    /// It is opened for viewing, or it is not a report.
    No,
    /// It is opened for editing, and `permissions` is missing.
    WithoutPermissions,
    /// It is opened for editing, and `permissions` is 0 (Read).
    ReadOnly,
    /// It is opened for editing, with other permissions.
    Permitted,
}

/// An embed configuration, read.
pub(super) struct Config {
    pub(super) token: ParsedToken,
    pub(super) token_type: TokenType,
    /// The `type` as it stands, and the content it names.
    pub(super) type_name: Option<String>,
    pub(super) content: Option<Content>,
    pub(super) embed_url: EmbedUrl,
    /// The API's `config` parameter; `Some(None)` when it can't be read.
    pub(super) url_config: Option<Option<Json>>,
    pub(super) id: Option<String>,
    pub(super) group: Option<String>,
    pub(super) provider: Provider,
    /// An expiration that stands beside the token, as answers of backends have it.
    pub(super) expiration: Option<Timestamp>,
    /// Where the token lies, when `accessToken` is not a string.
    pub(super) token_path: Option<String>,
    /// Where the URL lies, when `embedUrl` is not a string.
    pub(super) url_path: Option<String>,
    /// Where the id lies, when `id` is missing.
    pub(super) id_path: Option<String>,
    /// What `embed()` throws for, apart from what other members of this struct tell.
    pub(super) thrown: Option<String>,
    /// What is rejected only when the iframe has loaded.
    pub(super) thrown_later: Option<String>,
    /// `viewMode` against `permissions`.
    pub(super) editing: Editing,
    /// A visual without `pageName` or `visualName`.
    pub(super) lacks_visual_name: bool,
}

impl Config {
    /// Parses a configuration; members of unexpected kinds count as missing. A token or URL that lies elsewhere, as in a
    /// backend's whole response, is judged where it lies.
    pub(super) fn parse(json: &Json, options: &Options) -> Self {
        let type_name = filled(json, "type");
        let content = type_name.as_deref().and_then(content);
        let (token, token_path) = token_of(json, options);
        let (embed_url, url_path) = embed_url(json);
        let url = if let EmbedUrl::Read(url) = &embed_url {
            Some(url)
        } else {
            None
        };
        let is_paginated = url.is_some_and(|url| url.path.ends_with("rdlembed"));
        let era = embed_checks::era(options.sdk.as_deref().and_then(client_version::version));
        let text_is_empty = |name| filled(json, name).is_none();
        Self {
            token,
            token_path,
            token_type: token_type(json.get("tokenType")),
            content,
            type_name,
            url_config: url.and_then(|url| url.config(options.parse_json)),
            embed_url,
            url_path,
            id: filled(json, "id"),
            id_path: misplaced::id(json).map(|found| found.path),
            group: filled(json, "groupId"),
            provider: provider(json.get("eventHooks")),
            expiration: [
                "expiration",
                "tokenExpiration",
                "tokenExpiry",
                "expiry",
                "expiresAt",
                "expiresOn",
            ]
            .iter()
            .find_map(|name| stated(json.get(name)?)),
            thrown: embed_checks::thrown(json, content, is_paginated, era),
            thrown_later: embed_checks::thrown_later(json, content, era),
            editing: editing(json, content, is_paginated),
            lacks_visual_name: content == Some(Content::Visual)
                && (text_is_empty("pageName") || text_is_empty("visualName")),
        }
    }

    /// The embedUrl taken apart.
    pub(super) fn url(&self) -> Option<&Url> {
        if let EmbedUrl::Read(url) = &self.embed_url {
            Some(url)
        } else {
            None
        }
    }

    /// The cluster that the API's `config` parameter names.
    pub(super) fn url_cluster(&self) -> Option<&str> {
        self.url_config.as_ref()?.as_ref()?.get("clusterUrl")?.as_str()
    }

    /// The id that the embedUrl names for this content.
    pub(super) fn url_id(&self) -> Option<&str> {
        let name = match self.content.or_else(|| self.url_content())? {
            Content::Report | Content::Visual => "reportId",
            Content::Dashboard => "dashboardId",
            Content::Tile => "tileId",
            Content::Qna | Content::Create | Content::QuickCreate => return None,
        };
        self.url()?.parameter(name)
    }

    /// The content that the embedUrl's path is for; `None` for a path nobody knows.
    pub(super) fn url_content(&self) -> Option<Content> {
        Some(match self.url()?.path.as_str() {
            "reportembed" | "rdlembed" => Content::Report,
            "dashboardembed" => Content::Dashboard,
            "embed" | "tileembed" => Content::Tile,
            "qnaembed" => Content::Qna,
            "quickcreate" => Content::QuickCreate,
            _ => return None,
        })
    }
}

/// The content of a `type`, whatever its case; `None` when powerbi-client knows no such type.
fn content(name: &str) -> Option<Content> {
    Some(match name.to_ascii_lowercase().as_str() {
        "report" => Content::Report,
        "dashboard" => Content::Dashboard,
        "tile" => Content::Tile,
        "qna" => Content::Qna,
        "visual" => Content::Visual,
        "create" => Content::Create,
        "quickcreate" => Content::QuickCreate,
        _ => return None,
    })
}

/// A member's text without white space around it; `None` when it is empty or no text.
fn filled(json: &Json, name: &str) -> Option<String> {
    json.get(name)
        .and_then(Json::as_str)
        .map(trim)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The token, and where it lies when `accessToken` is not a string.
fn token_of(json: &Json, options: &Options) -> (ParsedToken, Option<String>) {
    let parsed = |text: &str| ParsedToken::parse(text, options.now, options.parse_json);
    match json.get("accessToken") {
        Some(Json::String(text)) if !trim(text.expose()).is_empty() => (parsed(text.expose()), None),
        other => match (misplaced::token(json), other) {
            (Some(found), _) => (parsed(found.text), Some(found.path)),
            (None, None | Some(Json::Null | Json::String(_))) => (ParsedToken::bare(Form::Missing), None),
            (
                None,
                Some(Json::Bool(_) | Json::Number(_) | Json::Date(_) | Json::Array(_) | Json::Object(_)),
            ) => (ParsedToken::bare(Form::NotAToken(NonToken::Object)), None),
        },
    }
}

fn editing(json: &Json, content: Option<Content>, is_paginated: bool) -> Editing {
    let is = |name: &str, wanted: f64| json.get(name).and_then(Json::as_f64) == Some(wanted);
    if content != Some(Content::Report) || is_paginated || !is("viewMode", 1.0) {
        return Editing::No;
    }
    match json.get("permissions") {
        None | Some(Json::Null) => Editing::WithoutPermissions,
        Some(_) if is("permissions", 0.0) => Editing::ReadOnly,
        Some(_) => Editing::Permitted,
    }
}

fn token_type(value: Option<&Json>) -> TokenType {
    match value {
        None | Some(Json::Null) => TokenType::Missing,
        Some(Json::Number(number)) if *number == 0.0 => TokenType::Aad,
        Some(Json::Number(number)) if (*number - 1.0).abs() < f64::EPSILON => TokenType::Embed,
        Some(Json::Number(_)) => TokenType::Number,
        Some(Json::Bool(_) | Json::String(_) | Json::Date(_) | Json::Array(_) | Json::Object(_)) => {
            TokenType::NotANumber
        }
    }
}

/// The hook. A function is an object without members here, since JSON has no functions.
fn provider(hooks: Option<&Json>) -> Provider {
    match hooks.and_then(|hooks| hooks.get("accessTokenProvider")) {
        None => Provider::Absent,
        Some(Json::Object(members)) if members.is_empty() => Provider::Function,
        Some(_) => Provider::NotAFunction,
    }
}

/// The embedUrl, and where it lies when `embedUrl` is not a string.
fn embed_url(json: &Json) -> (EmbedUrl, Option<String>) {
    let parsed = |text: &str| Url::parse(text).map_or(EmbedUrl::Unreadable, EmbedUrl::Read);
    if let Some(text) = filled(json, "embedUrl") {
        return (parsed(&text), None);
    }
    let found = misplaced::embed_url(json).map(|found| found.path);
    match json.get("embedUrl") {
        None | Some(Json::Null | Json::String(_)) => (EmbedUrl::Missing, found),
        Some(Json::Bool(_) | Json::Number(_) | Json::Date(_) | Json::Array(_) | Json::Object(_)) => {
            (EmbedUrl::NotAString, found)
        }
    }
}

/// A point in time that names its zone.
fn stated(value: &Json) -> Option<Timestamp> {
    let text = || value.as_str().and_then(parse_date);
    match value {
        Json::Date(at) => Some(*at),
        Json::Number(number) => from_epoch_number(*number),
        Json::String(_) => text().and_then(|stated| {
            if let ParsedDate::Absolute(at) = stated {
                Some(at)
            } else {
                None
            }
        }),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Content, EmbedUrl, Form, NonToken, Options, Provider, Timestamp, TokenType};
    use crate::token::testing::{json, parse_json};
    use serde_json::{Value, json};

    fn config(value: &Value) -> Config {
        Config::parse(
            &json(value),
            &Options::new(Timestamp::from_secs(1_700_000_000), parse_json),
        )
    }

    #[test]
    fn token_types_are_taken_as_powerbi_client_takes_them() {
        for (value, wanted) in [
            (json!({}), TokenType::Missing),
            (json!({"tokenType": null}), TokenType::Missing),
            (json!({"tokenType": 0}), TokenType::Aad),
            (json!({"tokenType": 1.0}), TokenType::Embed),
            (json!({"tokenType": 5}), TokenType::Number),
            (json!({"tokenType": 0.5}), TokenType::Number),
            (json!({"tokenType": "1"}), TokenType::NotANumber),
            (json!({"tokenType": true}), TokenType::NotANumber),
        ] {
            assert_eq!(config(&value).token_type, wanted, "{value}");
        }
    }

    #[test]
    fn the_url_tells_content_and_id() {
        for (path, content, id) in [
            ("reportEmbed?reportId=a", Some(Content::Report), Some("a")),
            ("rdlEmbed/?reportId=a", Some(Content::Report), Some("a")),
            (
                "dashboardEmbed?dashboardId=b",
                Some(Content::Dashboard),
                Some("b"),
            ),
            ("embed?dashboardId=b&tileId=c", Some(Content::Tile), Some("c")),
            ("qnaEmbed?groupId=g", Some(Content::Qna), None),
            ("quickCreate", Some(Content::QuickCreate), None),
            ("view?r=x", None, None),
        ] {
            let config = config(&json!({"embedUrl": format!("https://app.powerbi.com/{path}")}));
            assert_eq!((config.url_content(), config.url_id()), (content, id), "{path}");
        }
    }

    #[test]
    fn members_of_other_kinds_count_as_missing() {
        let odd = config(&json!({"type": 1, "id": "  ", "groupId": {}, "embedUrl": [], "accessToken": 5}));
        assert_eq!(
            (odd.type_name.is_none(), odd.id.is_none(), odd.group.is_none()),
            (true, true, true)
        );
        assert!(matches!(odd.embed_url, EmbedUrl::NotAString));
        assert_eq!(odd.token.form, Form::NotAToken(NonToken::Object));
        assert!(config(&json!(null)).content.is_none());
    }

    #[test]
    fn a_function_is_an_object_without_members() {
        for (hooks, wanted) in [
            (json!({}), Provider::Absent),
            (json!({"accessTokenProvider": {}}), Provider::Function),
            (json!({"accessTokenProvider": null}), Provider::NotAFunction),
            (json!({"accessTokenProvider": "f"}), Provider::NotAFunction),
        ] {
            assert_eq!(config(&json!({"eventHooks": hooks})).provider, wanted, "{hooks}");
        }
    }

    #[test]
    fn an_expiration_counts_with_its_zone_alone() {
        for (value, wanted) in [
            (json!("2023-11-14T23:13:20Z"), Some(1_700_003_600)),
            (json!("2023-11-14T23:13:20"), None),
            (json!(1_700_003_600_000_i64), Some(1_700_003_600)),
            (json!(null), None),
        ] {
            let wanted = wanted.map(Timestamp::from_secs);
            assert_eq!(
                config(&json!({"tokenExpiry": value})).expiration,
                wanted,
                "{value}"
            );
        }
    }
}
