//! The results of diagnosis, in the shape of the package's TypeScript declarations.

use serde::{Serialize, Serializer};

use super::FindingCode;
use crate::time::Timestamp;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// This embed can't work.
    Error,
    /// It works now, and will not for long, or only by luck.
    Warning,
    /// Good to know.
    Info,
}

/// One thing that is wrong, or worth knowing. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs: Option<&'static str>,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Principal {
    /// A person.
    User,
    /// An app by itself.
    ServicePrincipal,
}

/// A token taken apart, without its secret. Points in time are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenReport {
    /// The kind, without its wrappers.
    pub kind: TokenKind,
    /// The principal; `None` for embed tokens and where the claims don't tell.
    pub principal: Option<Principal>,
    /// The claim or member `exp`.
    #[serde(serialize_with = "ms")]
    pub expires_at: Option<Timestamp>,
    /// The claim `iat`.
    #[serde(serialize_with = "ms")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence shows it.
    Confirmed,
    /// The evidence neither shows nor excludes it.
    Possible,
    /// The evidence excludes it.
    RuledOut,
}

/// A cause that an error can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The cause, worded as the verdict requires.
    #[serde(flatten)]
    pub finding: Finding,
    /// The verdict.
    pub verdict: Verdict,
}

/// An error of an embed or a backend, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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

/// As a number, which JavaScript's dates are; a 64-bit integer would arrive as a BigInt.
#[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years around 1970")]
#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn ms<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.serialize_f64(at.as_ms() as f64),
        None => serializer.serialize_none(),
    }
}
