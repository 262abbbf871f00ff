//! The parts of an embedUrl that diagnosis compares.

use super::search::{contains, replace, split_once};
use crate::token::{Json, JsonReader, ParseJson, decode_object};

/// An embedUrl taken apart.
#[derive(Debug)]
pub(super) struct Url {
    /// `https` or another, in lower case.
    pub(super) scheme: String,
    /// Host without port, in lower case.
    pub(super) host: String,
    /// Path in lower case, without the `/` at its ends.
    pub(super) path: String,
    /// It has an escape that `decodeURIComponent` throws for.
    pub(super) has_bad_escape: bool,
    /// It contains `autoauth=true` in any case, where powerbi-client looks for it.
    pub(super) has_auto_auth: bool,
    /// It contains `&amp;`, as copied out of HTML.
    pub(super) is_html_escaped: bool,
    query: Vec<(String, String)>,
}

impl Url {
    /// Takes a URL apart; `None` when it names no scheme or no host.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = split_once(text, "://")?;
        let rest = rest.split('#').next()?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        let host = host.rsplit('@').next()?;
        let (host, port) = host.split_once(':').unwrap_or((host, ""));
        let host = host.to_ascii_lowercase();
        let is_port = port.is_empty() || port.parse::<u16>().is_ok();
        let is_host = host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        let is_html_escaped = contains(query, "&amp;");
        let query = replace(query, "&amp;", "&");
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (unescape(k), unescape(v)));
        (!host.is_empty() && is_host && is_port).then(|| Self {
            scheme: scheme.to_ascii_lowercase(),
            has_bad_escape: has_bad_escape(text),
            has_auto_auth: contains(&unescape(text).to_ascii_lowercase(), "autoauth=true"),
            is_html_escaped,
            host,
            path: path.trim_matches('/').to_ascii_lowercase(),
            query: query.collect(),
        })
    }

    /// The first parameter of this name, whatever its case; `None` when there is none or it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The object in the parameter `config`, which the API puts there; `Some(None)` when it can't be read.
    pub(super) fn config(&self, parse_json: ParseJson) -> Option<Option<Json>> {
        // A `+` of base64 that was not escaped has become a space.
        self.parameter("config")
            .map(|text| decode_object(&text.replace(' ', "+"), &JsonReader::new(parse_json)))
    }
}

/// Whether `decodeURIComponent` throws for a text.
fn has_bad_escape(text: &str) -> bool {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return true };
        let (Some(high), Some(low)) = (hex(*high), hex(*low)) else {
            return true;
        };
        bytes.push(high * 16 + low);
        rest = tail;
    }
    String::from_utf8(bytes).is_err()
}

/// Undoes `%XX` and `+`. What is no escape stays.
pub(super) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = tail;
                }
                _ => bytes.push(b'%'),
            },
            (other, _) => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Url, unescape};
    use crate::token::testing::{parse_json, segment};

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse(" HTTPS://user@App.PowerBI.com:443/ReportEmbed/?reportID=a%20b&x=&groupId=g#f")
            .unwrap();
        assert_eq!(
            (url.scheme.as_str(), url.host.as_str(), url.path.as_str()),
            ("https", "app.powerbi.com", "reportembed")
        );
        assert_eq!(url.parameter("reportId"), Some("a b"));
        assert_eq!(url.parameter("GROUPID"), Some("g"));
        assert_eq!((url.parameter("x"), url.parameter("y")), (None, None));
        assert!(Url::parse("https://app.powerbi.com").is_some());
        for (text, bad) in [
            ("a=%20", false),
            ("a=%", true),
            ("a=%4", true),
            ("a=%ff", true),
            ("a=%C3%BC", false),
        ] {
            let url = Url::parse(&format!("https://app.powerbi.com/reportEmbed?{text}")).unwrap();
            assert_eq!(url.has_bad_escape, bad, "{text}");
        }
        for bad in [
            "",
            "app.powerbi.com/reportEmbed",
            "https://",
            "https:///x",
            "https://a b/",
            "https://app.powerbi.com:x/",
            "https://app.powerbi.com:99999/",
            "https://app<.powerbi.com/",
        ] {
            assert!(Url::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_config_parameter_is_read_however_it_is_padded() {
        let packed = segment(&serde_json::json!({"clusterUrl": "https://c?>~~"}));
        for form in [
            packed.clone(),
            format!("{packed}%3d%3D"),
            format!("{packed}=="),
            packed.replace('_', "/"),
        ] {
            let url = Url::parse(&format!("https://app.powerbi.com/reportEmbed?config={form}&x=1")).unwrap();
            let config = url.config(parse_json).unwrap().unwrap();
            assert_eq!(
                config.get("clusterUrl").and_then(Json::as_str),
                Some("https://c?>~~"),
                "{form}"
            );
        }
        let config = |text: &str| Url::parse(text).unwrap().config(parse_json);
        assert_eq!(config("https://app.powerbi.com/reportEmbed"), None);
        assert_eq!(
            config("https://app.powerbi.com/reportEmbed?config=%%%"),
            Some(None)
        );
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (text, wanted) in [
            ("a%", "a%"),
            ("%4", "%4"),
            ("%zz", "%zz"),
            ("%3D+%3d", "= ="),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(unescape(text), wanted);
        }
    }
}
