//! The results of diagnosis, in the shape of the package's TypeScript declarations.

use core::fmt::Debug;

use super::FindingCode;
use crate::time::Timestamp;
use crate::token::{AccessToken, Json};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// This embed can't work.
    Error,
    /// It works now, and will not for long, or only by luck.
    Warning,
    /// Good to know.
    Info,
}

/// One thing that is wrong, or worth knowing. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The code.
    pub code: FindingCode,
    /// The severity.
    pub severity: Severity,
    /// What is wrong, in one sentence, with the values compared.
    pub message: String,
    /// What to do, in one sentence.
    pub fix: &'static str,
    /// The page of Microsoft's documentation that says so, where there is one.
    pub docs: Option<&'static str>,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An Entra access token.
    Aad,
    /// An embed token of GenerateToken.
    Embed,
    /// A token of the retired workspace collections.
    Legacy,
    /// Something else, or nothing that can be read.
    Unknown,
}

/// The principal of an Entra token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A person.
    User,
    /// An app by itself.
    ServicePrincipal,
}

/// A token taken apart, without its secret. Points in time are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenReport {
    /// The kind, without its wrappers.
    pub kind: TokenKind,
    /// The principal; `None` for embed tokens and where the claims don't tell.
    pub principal: Option<Principal>,
    /// The claim or member `exp`.
    pub expires_at: Option<Timestamp>,
    /// The claim `iat`.
    pub issued_at: Option<Timestamp>,
    /// The claim `aud`; the first of a list.
    pub audience: Option<String>,
    /// The claim `tid`.
    pub tenant_id: Option<String>,
    /// The words of the claim `scp`.
    pub scopes: Vec<String>,
    /// The cloud of the audience or the cluster, by its name in [`CLOUDS`](super::CLOUDS).
    pub cloud: Option<&'static str>,
    /// An embed token's cluster.
    pub cluster_url: Option<String>,
    /// Findings about the token by itself.
    pub findings: Vec<Finding>,
}

/// The verdict on a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The evidence shows it.
    Confirmed,
    /// The evidence neither shows nor excludes it.
    Possible,
    /// The evidence excludes it.
    RuledOut,
}

/// A cause that an error can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The cause, worded as the verdict requires.
    pub finding: Finding,
    /// The verdict.
    pub verdict: Verdict,
}

/// An error of an embed or a backend, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The error's message as powerbi-client spells it, the code that it carries, its HTTP status, or `unknown`.
    pub error: String,
    /// What happened, in one sentence.
    pub summary: &'static str,
    /// Each possible cause: confirmed ones first, ruled-out ones last.
    pub causes: Vec<Cause>,
    /// A new token of the same kind can help.
    pub refresh_helps: bool,
}

/// Sorted by a key, equals in their order. The standard library's sort is for long lists, and is a page of code for each
/// type.
pub(super) fn sorted_by<T, K: Ord>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut sorted = Vec::with_capacity(items.len());
    for item in items {
        let at = sorted.partition_point(|before| key(before) <= key(&item));
        sorted.insert(at, item);
    }
    sorted
}

impl Finding {
    /// As JavaScript gets it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.members())
    }

    fn members(&self) -> Vec<(String, Json)> {
        let mut members = vec![
            member("code", word(self.code)),
            member("severity", word(self.severity)),
            member("message", text(&self.message)),
            member("fix", text(self.fix)),
        ];
        members.extend(self.docs.map(|docs| member("docs", text(docs))));
        members
    }
}

impl TokenReport {
    /// As JavaScript gets it, with null for what is not known.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let optional = |value: Option<&str>| value.map_or(Json::Null, text);
        Json::Object(vec![
            member("kind", word(self.kind)),
            member("principal", self.principal.map_or(Json::Null, word)),
            member("expiresAt", ms(self.expires_at)),
            member("issuedAt", ms(self.issued_at)),
            member("audience", optional(self.audience.as_deref())),
            member("tenantId", optional(self.tenant_id.as_deref())),
            member("scopes", list(&self.scopes, |scope| text(scope))),
            member("cloud", optional(self.cloud)),
            member("clusterUrl", optional(self.cluster_url.as_deref())),
            member("findings", list(&self.findings, Finding::to_json)),
        ])
    }
}

impl Explanation {
    /// As JavaScript gets it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let cause = |cause: &Cause| {
            let mut members = cause.finding.members();
            members.push(member("verdict", word(cause.verdict)));
            Json::Object(members)
        };
        Json::Object(vec![
            member("error", text(&self.error)),
            member("summary", text(self.summary)),
            member("causes", list(&self.causes, cause)),
            member("refreshHelps", Json::Bool(self.refresh_helps)),
        ])
    }
}

fn member(name: &str, value: Json) -> (String, Json) {
    (name.to_owned(), value)
}

fn text(text: &str) -> Json {
    Json::String(AccessToken::new(text.to_owned()))
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Json) -> Json {
    Json::Array(items.iter().map(each).collect())
}

/// One of our own words, in the kebab case of JavaScript: `ruled-out`.
fn word(variant: impl Debug) -> Json {
    text(&kebab_case(variant))
}

/// The name of a variant in kebab case.
pub(super) fn kebab_case(variant: impl Debug) -> String {
    let mut name = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// As a number, which JavaScript's dates are; a 64-bit integer would arrive as a BigInt.
#[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years around 1970")]
fn ms(at: Option<Timestamp>) -> Json {
    at.map_or(Json::Null, |at| Json::Number(at.as_ms() as f64))
}
