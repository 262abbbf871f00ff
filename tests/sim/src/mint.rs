//! Tokens: their texts, and what Power BI knows of each.
//!
//! An Aad token is a JWT with `iat`, `tid`, `oid`; an embed token is `base64(gzip).base64({clusterUrl, exp})`, of which
//! only the second part can be read; expirations are whole seconds (tokens.md §1-§3). None of ours authenticates.

use crate::{CANARY, START};
use base64ct::{Base64UrlUnpadded, Encoding};
use powerbi_token_keeper::token::{AccessToken, Json, Kind};
use serde_json::{Value, json};

/// The name of a token: its place in the order of minting.
pub type TokenId = usize;

/// One token.
#[derive(Debug, Clone)]
pub struct Minted {
    /// The text.
    pub text: AccessToken,
    /// Its kind.
    pub kind: Kind,
    /// Issued to the user of the page.
    pub ours: bool,
    /// When it was minted, in true time.
    pub born: i64,
    /// When it expires, in true time.
    pub exp: i64,
    /// Whether the token or its answer says so.
    pub dated: bool,
}

impl Minted {
    /// `iat`, where the token has one.
    #[must_use]
    pub fn issued(&self) -> Option<i64> {
        (self.dated && self.kind == Kind::Aad).then(|| self.born.div_euclid(1_000) * 1_000)
    }
}

/// Every token of a day.
#[derive(Debug, Default)]
pub struct Mint(Vec<Minted>);

impl Mint {
    /// Makes a token that lives for `life` from `born`; its expiration is a whole second.
    pub fn mint(&mut self, kind: Kind, born: i64, life: i64, ours: bool, dated: bool) -> TokenId {
        let exp = (born + life).div_euclid(1_000) * 1_000;
        let serial = self.0.len();
        let text = AccessToken::new(match (kind, dated) {
            (Kind::Aad, true) => aad(serial, born, exp, ours),
            // nobody can read it, so nobody knows when it ends
            (Kind::Aad, false) => format!("opaque{CANARY}{serial:040}"),
            (Kind::Embed, _) => embed(serial, dated.then_some(exp)),
        });
        self.0.push(Minted {
            text,
            kind,
            ours,
            born,
            exp,
            dated,
        });
        serial
    }

    /// One token.
    #[must_use]
    pub fn get(&self, id: TokenId) -> &Minted {
        &self.0[id]
    }

    /// The token of this text. A text that nobody minted is a defect.
    #[must_use]
    pub fn find(&self, text: &AccessToken) -> Option<TokenId> {
        // the newest are asked for most
        self.0.iter().rposition(|token| token.text == *text)
    }
}

fn part(value: &Value) -> String {
    Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
}

fn aad(serial: usize, born: i64, exp: i64, ours: bool) -> String {
    let header = part(&json!({ "typ": "JWT", "alg": "RS256", "kid": "k" }));
    let issued = (START + born).div_euclid(1_000);
    let claims = part(&json!({
        "aud": "https://analysis.windows.net/powerbi/api", "tid": "t", "oid": if ours { "jo" } else { "sam" },
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

/// What `JSON.parse` is in a browser.
#[must_use]
pub fn parse_json(text: &[u8]) -> Option<Json> {
    serde_json::from_slice(text).ok().map(|value| json_of(&value))
}

/// The keeper's value of one of `serde_json`'s.
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
