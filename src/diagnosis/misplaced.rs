//! Finds what an embed configuration needs where somebody else put it: a backend's whole response, a wrapper's props.

use super::url::Url;
use crate::token::{Json, TokenFormat, classify, trim};

/// The most objects and arrays that may lie around a value.
const MAX_DEPTH: u8 = 5;
/// The most values that are looked at.
const MAX_VALUES: u16 = 500;

/// A value that was found, and its path: `EmbedToken.Token`.
pub(super) struct Misplaced<'a> {
    pub(super) path: String,
    pub(super) text: &'a str,
}

/// The access token, wherever it lies: the first string that has the form of one.
pub(super) fn token(json: &Json) -> Option<Misplaced<'_>> {
    find(json, |_, text| {
        matches!(classify(trim(text)), Ok(TokenFormat::Jwt | TokenFormat::Embed))
    })
}

/// The embedUrl: the first string under such a key that is a URL.
pub(super) fn embed_url(json: &Json) -> Option<Misplaced<'_>> {
    find(json, |key, text| {
        is_key(key, &["embedurl", "reporturl", "url"])
            && Url::parse(text).is_some_and(|url| url.path.ends_with("embed") || is_key(key, &["embedurl"]))
    })
}

/// The id of the content.
pub(super) fn id(json: &Json) -> Option<Misplaced<'_>> {
    find(json, |key, text| {
        is_key(key, &["id", "embedid", "reportid", "dashboardid", "tileid"]) && !text.trim().is_empty()
    })
}

/// The type of the content.
pub(super) fn content_type(json: &Json) -> Option<Misplaced<'_>> {
    find(json, |key, text| {
        is_key(key, &["type", "embedtype", "reporttype"]) && text.len() <= 20 && !text.trim().is_empty()
    })
}

fn is_key(key: &str, names: &[&str]) -> bool {
    let key: String = key
        .chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .take(20)
        .collect();
    names.iter().any(|name| name.eq_ignore_ascii_case(&key))
}

fn find(json: &Json, is_it: fn(&str, &str) -> bool) -> Option<Misplaced<'_>> {
    let mut left = MAX_VALUES;
    let (path, text) = search(json, "", "", is_it, MAX_DEPTH, &mut left)?;
    Some(Misplaced { path, text })
}

fn search<'a>(
    value: &'a Json,
    path: &str,
    key: &str,
    is_it: fn(&str, &str) -> bool,
    depth: u8,
    left: &mut u16,
) -> Option<(String, &'a str)> {
    let depth = depth.checked_sub(1)?;
    *left = left.checked_sub(1)?;
    if let Json::String(text) = value {
        let text = text.expose();
        return is_it(key, text).then(|| (path.to_owned(), text));
    }
    for (at, item) in value.as_array().iter().enumerate() {
        let path = format!("{path}[{at}]");
        if let Some(found) = search(item, &path, key, is_it, depth, left) {
            return Some(found);
        }
    }
    // what lies near comes before what lies deep
    for is_text in [true, false] {
        for (name, member) in value.members() {
            if matches!(member, Json::String(_)) != is_text {
                continue;
            }
            let path = joined(path, name);
            if let Some(found) = search(member, &path, name, is_it, depth, left) {
                return Some(found);
            }
        }
    }
    None
}

/// A path with a member's name, where the name can't be a secret.
fn joined(path: &str, name: &str) -> String {
    let is_plain = name.len() <= 40
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = if is_plain { name } else { "…" };
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::{content_type, embed_url, id, token};
    use crate::token::testing::{embed, json};
    use serde_json::json;

    #[test]
    fn values_are_found_with_their_paths() {
        let text = embed(&json!({"exp": 1_700_003_600}));
        let url = "https://app.powerbi.com/reportEmbed?reportId=x";
        let answer = json(&json!({
            "Id": "a", "Type": "report", "EmbedUrl": [{"ReportId": "r", "EmbedUrl": url}],
            "EmbedToken": {"Token": text, "TokenId": "t"},
        }));
        let path = |found: Option<super::Misplaced<'_>>| found.map(|found| found.path);
        assert_eq!(path(token(&answer)).as_deref(), Some("EmbedToken.Token"));
        assert_eq!(path(embed_url(&answer)).as_deref(), Some("EmbedUrl[0].EmbedUrl"));
        assert_eq!(path(id(&answer)).as_deref(), Some("Id"));
        assert_eq!(path(content_type(&answer)).as_deref(), Some("Type"));
        assert!(token(&json(&json!({"a": "undefined"}))).is_none());
    }
}
