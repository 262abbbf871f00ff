//! A token's text taken apart: its form, its damage and what can be read of it.

use super::cloud::{self, Cloud};
use super::instead::{Instead, instead};
use super::integrity::{is_altered, strict, unpack};
use super::peel::{Wrap, peel};
use super::report::{Principal, TokenKind};
use crate::time::Timestamp;
use crate::token::{AccessToken, Json, Look, ReadJson, Unusable, epoch, look_at, refuse, segment};

/// What a text is, apart from what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Missing,
    /// No token.
    NotAToken(Instead),
    /// An Entra refresh token.
    RefreshToken,
    /// A token nobody but its issuer can read.
    Opaque,
    /// A JSON Web Token.
    Jwt,
    /// An embed token.
    Embed,
    /// An embed token's plain part, alone or signed anew.
    Metadata,
}

/// How a token is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// Its letters have become lower-case.
    LowerCase,
    /// It has a number of parts that no token has.
    Parts(usize),
    /// It holds a character that no token has, or mixes base64's alphabets.
    Letters,
    /// The gzip part of an embed token is cut off or altered.
    Checksum,
    /// The plain part of an embed token can't be read.
    Metadata,
    /// The plain part of an embed token can be read, and is altered.
    Altered,
    /// Only the plain part of an embed token is there.
    MetadataOnly,
    /// The plain part of an embed token was signed anew, as a JWT.
    Resigned,
    /// A JWT's header or payload can't be read.
    Claims,
    /// A JWT's signature is missing or has the wrong length.
    Signature,
}

/// All that a token's text tells.
pub(super) struct Paper {
    pub(super) wraps: Vec<Wrap>,
    pub(super) form: Form,
    pub(super) damage: Option<Damage>,
    /// Why Power BI refuses a token that can be read.
    pub(super) refused: Option<Unusable>,
    /// The plain part of an embed token is missing, and this one had it.
    pub(super) metadata_lost: bool,
    /// The claims of a JWT, or the plain part of an embed token; `Null` where neither can be read.
    pub(super) plain: Json,
}

impl Paper {
    /// Takes a text apart.
    pub(super) fn read(text: &str, now: Timestamp, read_json: ReadJson) -> Self {
        let peeled = peel(text, read_json);
        let reader = Reader { now, read_json };
        let mut paper = reader.read(&peeled.text);
        paper.wraps = peeled.wraps;
        paper
    }

    /// What has this form, and nothing else known of it.
    pub(super) fn bare(form: Form) -> Self {
        Self {
            wraps: Vec::new(),
            form,
            damage: None,
            refused: None,
            metadata_lost: false,
            plain: Json::Null,
        }
    }

    /// A claim's text.
    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.plain.get(name).and_then(Json::text)
    }

    /// A claim's point in time.
    pub(super) fn moment(&self, name: &str) -> Option<Timestamp> {
        self.plain.get(name).and_then(Json::number).and_then(epoch)
    }

    /// The claim `aud`; the first of a list.
    pub(super) fn audience(&self) -> Option<&str> {
        let claim = self.plain.get("aud")?;
        claim.text().or_else(|| claim.list().first().and_then(Json::text))
    }

    /// An embed token's cluster.
    pub(super) fn cluster(&self) -> Option<&str> {
        self.claim("clusterUrl")
    }

    /// The cloud of the audience or the cluster.
    pub(super) fn cloud(&self) -> Option<&'static Cloud> {
        match self.form {
            Form::Jwt => self.audience().and_then(cloud::of_audience),
            Form::Embed | Form::Metadata => self.cluster().and_then(cloud::of_cluster),
            Form::Missing | Form::NotAToken(_) | Form::RefreshToken | Form::Opaque => None,
        }
    }

    /// The words of the claim `scp`.
    pub(super) fn scopes(&self) -> Vec<&str> {
        self.claim("scp").unwrap_or("").split_whitespace().collect()
    }

    /// Whom an Entra token stands for. The value of `idtyp` counts: users' tokens carry it too.
    pub(super) fn principal(&self) -> Option<Principal> {
        if self.form != Form::Jwt {
            return None;
        }
        let has = |name| self.plain.get(name).is_some();
        if self.claim("idtyp") == Some("app") {
            return Some(Principal::ServicePrincipal);
        }
        if ["scp", "upn", "unique_name", "preferred_username"]
            .into_iter()
            .any(has)
        {
            return Some(Principal::User);
        }
        let own = self
            .claim("oid")
            .is_some_and(|object| self.claim("sub") == Some(object));
        if own || has("roles") {
            Some(Principal::ServicePrincipal)
        } else {
            None
        }
    }

    /// What it is, in a report's words. An id token is no access token of any kind.
    pub(super) fn kind(&self) -> TokenKind {
        match (self.form, self.refused) {
            (Form::Jwt, Some(Unusable::Legacy)) => TokenKind::Legacy,
            (Form::Jwt, Some(Unusable::IdToken)) => TokenKind::Unknown,
            (Form::Jwt, _) => TokenKind::Aad,
            (Form::Embed, _) => TokenKind::Embed,
            (Form::Missing | Form::NotAToken(_) | Form::RefreshToken | Form::Opaque | Form::Metadata, _) => {
                TokenKind::Unknown
            }
        }
    }
}

/// What all steps of reading one token share.
struct Reader {
    now: Timestamp,
    read_json: ReadJson,
}

impl Reader {
    fn read(&self, token: &AccessToken) -> Paper {
        let text = token.expose();
        if text.starts_with("h4si") || text.starts_with("eyj") {
            let form = if text.starts_with("h4si") {
                Form::Embed
            } else {
                Form::Jwt
            };
            return damaged(form, Damage::LowerCase);
        }
        match look_at(text) {
            Ok(Look::Jwt) => self.jwt(text),
            Ok(Look::Embed) => self.embed(text),
            Ok(Look::Opaque) => Paper::bare(Form::Opaque),
            Err(Unusable::RefreshToken) => Paper::bare(Form::RefreshToken),
            Err(_) if text.starts_with("eyJ") => damaged(Form::Jwt, Damage::Letters),
            Err(_) if text.starts_with("H4sI") => damaged(Form::Embed, Damage::Letters),
            Err(_) if text.is_empty() => Paper::bare(Form::Missing),
            Err(_) => Paper::bare(Form::NotAToken(instead(text))),
        }
    }

    fn embed(&self, text: &str) -> Paper {
        let mut parts = text.split('.');
        let (packed, metadata, more) = (parts.next().unwrap_or(""), parts.next(), parts.count());
        let plain = metadata.and_then(|part| segment::object(part, self.read_json));
        let mut paper = Paper {
            plain: plain.unwrap_or(Json::Null),
            ..Paper::bare(Form::Embed)
        };
        let inner = strict(packed)
            .and_then(|bytes| unpack(&bytes))
            .and_then(|json| self.json(&json));
        paper.damage = match (&inner, metadata) {
            _ if more > 0 => Some(Damage::Parts(more + 2)),
            (None, _) => Some(Damage::Checksum),
            (Some(_), None) => None,
            (Some(_), Some(part)) if paper.plain == Json::Null || strict(part).is_none() => {
                Some(Damage::Metadata)
            }
            (Some(_), Some(_)) if is_altered(&paper.plain, self.now) => Some(Damage::Altered),
            (Some(_), Some(_)) => None,
        };
        paper.metadata_lost = metadata.is_none() && inner.is_some_and(|inner| is_modern(&inner));
        paper
    }

    fn jwt(&self, text: &str) -> Paper {
        let parts: Vec<&str> = text.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return self.not_three(&parts);
        };
        let (header, claims) = (
            segment::object(header, self.read_json),
            segment::object(payload, self.read_json),
        );
        let algorithm = header
            .as_ref()
            .and_then(|header| header.get("alg"))
            .and_then(Json::text);
        let mut paper = Paper::bare(Form::Jwt);
        paper.damage = match (algorithm, &claims) {
            (None, _) | (_, None) => Some(Damage::Claims),
            (Some(name), Some(_)) if !is_signature(name, signature) => Some(Damage::Signature),
            (Some(_), Some(_)) => None,
        };
        let Some(claims) = claims else { return paper };
        paper.refused = refuse(&header.unwrap_or(Json::Null), &claims).err();
        paper.plain = claims;
        if paper.refused == Some(Unusable::Damaged) {
            paper.form = Form::Metadata;
            (paper.refused, paper.damage) = (None, Some(Damage::Resigned));
        }
        paper
    }

    /// A text that begins as a JWT and has not its three parts.
    fn not_three(&self, parts: &[&str]) -> Paper {
        let first = parts
            .first()
            .and_then(|part| segment::object(part, self.read_json))
            .unwrap_or(Json::Null);
        if parts.len() == 5 {
            return Paper::bare(Form::Opaque); // encrypted for somebody else
        }
        if first.get("clusterUrl").is_some() {
            return Paper {
                plain: first,
                ..damaged(Form::Metadata, Damage::MetadataOnly)
            };
        }
        damaged(Form::Jwt, Damage::Parts(parts.len()))
    }

    fn json(&self, bytes: &[u8]) -> Option<Json> {
        (self.read_json)(bytes).filter(|json| matches!(json, Json::Map(_)))
    }
}

fn damaged(form: Form, damage: Damage) -> Paper {
    Paper {
        damage: Some(damage),
        ..Paper::bare(form)
    }
}

/// Whether a signature can be one: RSA's have the length of its keys.
fn is_signature(algorithm: &str, signature: &str) -> bool {
    let length = segment::decode(signature).map_or(0, |bytes| bytes.len());
    if algorithm.starts_with("RS") {
        matches!(length, 256 | 384 | 512)
    } else {
        length > 0
    }
}

/// Whether the envelope is of a time when tokens had a plain part: it is larger than those of 2018.
fn is_modern(inner: &Json) -> bool {
    const LARGEST_OF_2018: usize = 1_700;
    let payload = inner
        .get("Payload")
        .and_then(Json::text)
        .and_then(segment::decode);
    payload.is_some_and(|payload| payload.len() > LARGEST_OF_2018)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::testing::read_json;
    use serde_json::json;

    fn paper(text: &str) -> Paper {
        Paper::read(text, Timestamp::from_secs(1_700_000_000), read_json)
    }

    #[test]
    fn a_jwt_has_readable_parts_and_a_signature_of_the_right_length() {
        let claims = json!({"aud": "https://analysis.windows.net/powerbi/api"});
        let whole = crate::token::testing::jwt(&claims);
        assert_eq!(paper(&whole).damage, None);
        for (text, wanted) in [
            (whole[..whole.len() - 4].to_owned(), Damage::Signature),
            (
                format!("{}.", whole.rsplit_once('.').unwrap().0),
                Damage::Signature,
            ),
            (whole.rsplit_once('.').unwrap().0.to_owned(), Damage::Parts(2)),
            (format!("{whole}.x"), Damage::Parts(4)),
            (whole.replacen("eyJ", "eyJx", 1), Damage::Claims),
            (whole.to_lowercase(), Damage::LowerCase),
            (whole.replacen('.', "#.", 1), Damage::Letters),
        ] {
            assert_eq!(paper(&text).damage, Some(wanted), "{text}");
        }
    }

    #[test]
    fn principals_are_told_by_claims_in_their_order() {
        let user = Some(Principal::User);
        let app = Some(Principal::ServicePrincipal);
        for (claims, wanted) in [
            (json!({"idtyp": "app", "scp": "x"}), app),
            (json!({"idtyp": "user", "oid": "a", "sub": "a", "scp": "x"}), user),
            (json!({"upn": "x", "roles": []}), user),
            (json!({"preferred_username": "x"}), user),
            (json!({"unique_name": "x"}), user),
            (json!({"oid": "a", "sub": "a"}), app),
            (json!({"roles": ["x"]}), app),
            (json!({"oid": "a", "sub": "b"}), None),
        ] {
            assert_eq!(
                paper(&crate::token::testing::jwt(&claims)).principal(),
                wanted,
                "{claims}"
            );
        }
    }
}
