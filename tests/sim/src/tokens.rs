//! Tokens: their texts, and what Power BI knows of each.
//!
//! An Aad token is a JWT with `iat`, `tid` and `oid`. An embed token is `base64(gzip).base64({clusterUrl, exp})`, of which
//! only the second part can be read. Expirations are whole seconds. None of these tokens authenticates.

use crate::{CANARY, START};
use base64ct::{Base64UrlUnpadded, Encoding};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use serde_json::{Value, json};

/// The id of a token: its place in the order of issue.
pub type TokenId = usize;

/// A set of contents (reports), as bits by their number.
pub type Contents = u64;

/// The properties of a token to be issued.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// Its kind.
    pub kind: Kind,
    /// Whether it is for the page's user.
    pub own_user: bool,
    /// The contents that an embed token opens.
    pub contents: Contents,
    /// The role of row-scope security that an embed token has.
    pub role: u32,
    /// Whether the token or its response states the expiration.
    pub has_expiration: bool,
}

/// One token.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The text.
    pub text: AccessToken,
    /// Its kind.
    pub kind: Kind,
    /// Whether it is for the page's user.
    pub own_user: bool,
    /// The contents that an embed token opens.
    pub contents: Contents,
    /// The role of row-scope security that an embed token has.
    pub role: u32,
    /// The true time of issue.
    pub issued_at: i64,
    /// The true time of its expiration.
    pub expires_at: i64,
    /// Whether the token or its response states the expiration.
    pub has_expiration: bool,
}

impl IssuedToken {
    /// Whether it shows `content` to the page's user in `role`. An Aad token opens every content of its user, whose role
    /// is not in the token.
    #[must_use]
    pub const fn opens(&self, content: u32, role: u32) -> bool {
        self.own_user && matches!(self.kind, Kind::Aad)
            || self.contents & 1 << content != 0 && self.role == role
    }

    /// `iat`, where the token has one.
    #[must_use]
    pub fn stated_issue_time(&self) -> Option<i64> {
        (self.has_expiration && self.kind == Kind::Aad).then(|| self.issued_at.div_euclid(1_000) * 1_000)
    }
}

/// Every token of a day.
#[derive(Debug, Default)]
pub struct TokenStore(Vec<IssuedToken>);

impl TokenStore {
    /// Issues a token that lives for `lifetime` from `issued_at` on. Its expiration is a whole second.
    pub fn issue(&mut self, grant: Grant, issued_at: i64, lifetime: i64) -> TokenId {
        let Grant {
            kind,
            own_user,
            contents,
            role,
            has_expiration,
        } = grant;
        let exp = (issued_at + lifetime).div_euclid(1_000) * 1_000;
        let serial = self.0.len();
        let text = AccessToken::new(match (kind, has_expiration) {
            (Kind::Aad, true) => aad(serial, issued_at, exp, own_user),
            // a text that nobody can read states no expiration
            (Kind::Aad, false) => format!("opaque{CANARY}{serial:0100}"),
            (Kind::Embed, _) => embed(serial, has_expiration.then_some(exp)),
        });
        self.0.push(IssuedToken {
            text,
            kind,
            own_user,
            contents,
            role,
            issued_at,
            expires_at: exp,
            has_expiration,
        });
        serial
    }

    /// One token.
    #[must_use]
    pub fn get(&self, id: TokenId) -> &IssuedToken {
        &self.0[id]
    }

    /// The id of the token with this text; `None` for a text that was never issued.
    #[must_use]
    pub fn find(&self, text: &AccessToken) -> Option<TokenId> {
        // the newest are looked up most
        self.0.iter().rposition(|token| token.text == *text)
    }
}

fn part(value: &Value) -> String {
    Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
}

fn aad(serial: usize, issued_at: i64, exp: i64, own_user: bool) -> String {
    let header = part(&json!({ "typ": "JWT", "alg": "RS256", "kid": "k" }));
    let issued = (START + issued_at).div_euclid(1_000);
    let claims = part(&json!({
        "aud": "https://analysis.windows.net/powerbi/api", "tid": "t", "oid": if own_user { "jo" } else { "sam" },
        "scp": "Report.Read.All", "iat": issued, "exp": (START + exp) / 1_000, "ver": "1.0",
    }));
    format!("{header}.{claims}.{CANARY}{serial:08}")
}

fn embed(serial: usize, exp: Option<i64>) -> String {
    let mut metadata = json!({ "clusterUrl": "https://WABI-TEST-redirect.analysis.windows.net" });
    if let Some(exp) = exp {
        metadata["exp"] = ((START + exp) / 1_000).into();
    }
    format!("H4sI{CANARY}{serial:08}.{}", part(&metadata))
}

/// Parses JSON, as `JSON.parse` does in a browser.
#[must_use]
pub fn parse_json(text: &[u8]) -> Option<Json> {
    serde_json::from_slice(text).ok().map(|value| json_of(&value))
}

/// Converts a `serde_json` value to the keeper's.
#[must_use]
pub fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(number) => Json::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => Json::String(AccessToken::new(text.clone())),
        Value::Array(items) => Json::Array(items.iter().map(json_of).collect()),
        Value::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), json_of(value)))
                .collect(),
        ),
    }
}
