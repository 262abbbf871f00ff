//! A token's text taken apart: its form, its damage and what can be read of it.

use super::cloud::{self, Cloud};
use super::integrity::{is_altered, strict, unpack};
use super::non_token::{NonToken, classify_non_token};
use super::report::{Principal, TokenKind};
use super::strip_wrappers::{Wrapper, strip_wrappers};
use crate::time::Timestamp;
use crate::token::{
    AccessToken, Json, JsonReader, ParseJson, TokenFormat, Unusable, check_audience, classify, decode_base64,
    decode_object, from_epoch_number,
};

/// The form of a text, without its wrappers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Missing,
    /// No token.
    NotAToken(NonToken),
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

/// Damage to a token.
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

/// A token taken apart.
pub(super) struct ParsedToken {
    pub(super) wrappers: Vec<Wrapper>,
    pub(super) form: Form,
    pub(super) damage: Option<Damage>,
    /// Why Power BI refuses a token that can be read.
    pub(super) refused: Option<Unusable>,
    /// The plain part of an embed token is missing, and this one had it.
    pub(super) metadata_lost: bool,
    /// The claims of a JWT, or the plain part of an embed token; `Null` where neither can be read.
    pub(super) plain: Json,
}

impl ParsedToken {
    /// Takes a text apart.
    pub(super) fn parse(text: &str, now: Timestamp, parse_json: ParseJson) -> Self {
        let stripped = strip_wrappers(text, parse_json);
        let reader = Reader {
            now,
            json: JsonReader::new(parse_json),
        };
        let mut token = reader.parse(&stripped.text);
        token.wrappers = stripped.wrappers;
        token
    }

    /// A token of this form of which nothing else is known.
    pub(super) fn bare(form: Form) -> Self {
        Self {
            wrappers: Vec::new(),
            form,
            damage: None,
            refused: None,
            metadata_lost: false,
            plain: Json::Null,
        }
    }

    /// A claim's text.
    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.plain.get(name).and_then(Json::as_str)
    }

    /// A claim's point in time.
    pub(super) fn timestamp(&self, name: &str) -> Option<Timestamp> {
        self.plain
            .get(name)
            .and_then(Json::as_f64)
            .and_then(from_epoch_number)
    }

    /// The claim `aud`; the first of a list.
    pub(super) fn audience(&self) -> Option<&str> {
        let claim = self.plain.get("aud")?;
        claim
            .as_str()
            .or_else(|| claim.as_array().first().and_then(Json::as_str))
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

    /// The principal of an Entra token. The value of `idtyp` decides, since users' tokens can carry it too.
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

    /// The kind as a report names it. An ID token is not an access token of any kind.
    pub(super) fn kind(&self) -> TokenKind {
        match (self.form, self.refused) {
            (Form::Jwt, Some(Unusable::Legacy)) => TokenKind::Legacy,
            (Form::Jwt, Some(Unusable::IdToken | Unusable::OwnToken)) => TokenKind::Unknown,
            (Form::Jwt, _) => TokenKind::Aad,
            (Form::Embed, _) => TokenKind::Embed,
            (Form::Missing | Form::NotAToken(_) | Form::RefreshToken | Form::Opaque | Form::Metadata, _) => {
                TokenKind::Unknown
            }
        }
    }
}

/// The settings that all steps of parsing one token share.
struct Reader {
    now: Timestamp,
    json: JsonReader,
}

impl Reader {
    fn parse(&self, token: &AccessToken) -> ParsedToken {
        let text = token.expose();
        if text.starts_with("h4si") || text.starts_with("eyj") {
            let form = if text.starts_with("h4si") {
                Form::Embed
            } else {
                Form::Jwt
            };
            return damaged(form, Damage::LowerCase);
        }
        match classify(text) {
            Ok(TokenFormat::Jwt) => self.jwt(text),
            Ok(TokenFormat::Embed) => self.embed(text),
            Ok(TokenFormat::Opaque) => ParsedToken::bare(Form::Opaque),
            Err(Unusable::RefreshToken) => ParsedToken::bare(Form::RefreshToken),
            Err(_) if text.starts_with("eyJ") => damaged(Form::Jwt, Damage::Letters),
            Err(_) if text.starts_with("H4sI") => damaged(Form::Embed, Damage::Letters),
            Err(_) if text.is_empty() => ParsedToken::bare(Form::Missing),
            Err(_) => ParsedToken::bare(Form::NotAToken(classify_non_token(text))),
        }
    }

    fn embed(&self, text: &str) -> ParsedToken {
        let mut parts = text.split('.');
        let (packed, metadata, more) = (parts.next().unwrap_or(""), parts.next(), parts.count());
        let plain = metadata.and_then(|part| decode_object(part, &self.json));
        let mut token = ParsedToken {
            plain: plain.unwrap_or(Json::Null),
            ..ParsedToken::bare(Form::Embed)
        };
        let inner = strict(packed)
            .and_then(|bytes| unpack(&bytes))
            .and_then(|json| self.object(&json));
        token.damage = match (&inner, metadata) {
            _ if more > 0 => Some(Damage::Parts(more + 2)),
            (None, _) => Some(Damage::Checksum),
            (Some(_), None) => None,
            (Some(_), Some(part)) if token.plain == Json::Null || strict(part).is_none() => {
                Some(Damage::Metadata)
            }
            (Some(_), Some(_)) if is_altered(&token.plain, self.now) => Some(Damage::Altered),
            (Some(_), Some(_)) => None,
        };
        token.metadata_lost = metadata.is_none() && inner.is_some_and(|inner| is_modern(&inner));
        token
    }

    fn jwt(&self, text: &str) -> ParsedToken {
        let parts: Vec<&str> = text.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return self.not_three(&parts);
        };
        let (header, claims) = (
            decode_object(header, &self.json),
            decode_object(payload, &self.json),
        );
        let algorithm = header
            .as_ref()
            .and_then(|header| header.get("alg"))
            .and_then(Json::as_str);
        let mut token = ParsedToken::bare(Form::Jwt);
        token.damage = match (algorithm, &claims) {
            (None, _) | (_, None) => Some(Damage::Claims),
            (Some(name), Some(_)) if !is_signature(name, signature) => Some(Damage::Signature),
            (Some(_), Some(_)) => None,
        };
        let Some(claims) = claims else { return token };
        token.refused = check_audience(&header.unwrap_or(Json::Null), &claims).err();
        token.plain = claims;
        if token.refused == Some(Unusable::Damaged) {
            token.form = Form::Metadata;
            (token.refused, token.damage) = (None, Some(Damage::Resigned));
        }
        token
    }

    /// A text that begins as a JWT and has not its three parts.
    fn not_three(&self, parts: &[&str]) -> ParsedToken {
        let first = parts
            .first()
            .and_then(|part| decode_object(part, &self.json))
            .unwrap_or(Json::Null);
        if parts.len() == 5 {
            return ParsedToken::bare(Form::Opaque); // encrypted for somebody else
        }
        if first.get("clusterUrl").is_some() {
            return ParsedToken {
                plain: first,
                ..damaged(Form::Metadata, Damage::MetadataOnly)
            };
        }
        damaged(Form::Jwt, Damage::Parts(parts.len()))
    }

    fn object(&self, bytes: &[u8]) -> Option<Json> {
        self.json
            .read(bytes)
            .filter(|json| matches!(json, Json::Object(_)))
    }
}

fn damaged(form: Form, damage: Damage) -> ParsedToken {
    ParsedToken {
        damage: Some(damage),
        ..ParsedToken::bare(form)
    }
}

/// Whether a signature can be one: RSA's have the length of its keys.
fn is_signature(algorithm: &str, signature: &str) -> bool {
    let length = decode_base64(signature).map_or(0, |bytes| bytes.len());
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
        .and_then(Json::as_str)
        .and_then(decode_base64);
    payload.is_some_and(|payload| payload.len() > LARGEST_OF_2018)
}

#[cfg(test)]
mod tests {
    use super::{Damage, ParsedToken, Principal, Timestamp};
    use crate::token::testing::parse_json;
    use serde_json::json;

    fn parse_access_token(text: &str) -> ParsedToken {
        ParsedToken::parse(text, Timestamp::from_secs(1_700_000_000), parse_json)
    }

    #[test]
    fn a_jwt_has_readable_parts_and_a_signature_of_the_right_length() {
        let claims = json!({"aud": "https://analysis.windows.net/powerbi/api"});
        let whole = crate::token::testing::jwt(&claims);
        assert_eq!(parse_access_token(&whole).damage, None);
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
            assert_eq!(parse_access_token(&text).damage, Some(wanted), "{text}");
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
                parse_access_token(&crate::token::testing::jwt(&claims)).principal(),
                wanted,
                "{claims}"
            );
        }
    }
}
