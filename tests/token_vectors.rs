//! The 42 labelled fake tokens, each read as its label says.
#![cfg(test)]

use powerbi_token_keeper::time::Timestamp;
use powerbi_token_keeper::token::{self, AccessToken, Expiry, Kind, Unusable, parse_token};

#[path = "../src/token/testing.rs"]
#[expect(dead_code, reason = "each test file uses its own part")]
mod testing;

const NOW: i64 = 1_700_000_000;

/// The token texts by name, in the file's order.
fn vectors() -> Vec<(String, String)> {
    let file: serde_json::Value = serde_json::from_str(include_str!("data/token-vectors.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let vectors = file["vectors"].as_array().unwrap().iter();
    vectors
        .map(|v| {
            (
                text(&v["name"]),
                v["pieces"].as_array().unwrap().iter().map(text).collect(),
            )
        })
        .collect()
}

/// The kind and the expiry in seconds from `NOW`; an expiry of `None` is an assumed hour.
type Wanted = Result<(Kind, Option<i64>), Unusable>;

fn wanted(name: &str) -> Wanted {
    let aad = Ok((Kind::Aad, Some(4_477)));
    let embed = Ok((Kind::Embed, Some(3_600)));
    let undated = Ok((Kind::Embed, None));
    match name {
        "aad_user_v1" | "aad_user_v1_portal" | "aad_user_v2_guid_aud" | "aad_user_dod" | "aad_user_china" => {
            aad
        }
        "aad_sp_v1" | "aad_sp_v1_no_idtyp" => Ok((Kind::Aad, Some(3_600))),
        "fabric_token" => aad, // to be used, with a warning
        "graph_token" | "arm_token" | "b2c_or_own_api" => Err(Unusable::WrongAudience),
        "id_token" => Err(Unusable::IdToken),
        "refresh_token_v1" | "refresh_token_v2" => Err(Unusable::RefreshToken),
        "legacy_wcn" => Err(Unusable::Legacy),
        "embed_2018" | "embed_2021" => undated,
        "embed_2022" | "embed_2023" | "embed_2023_unpadded" | "embed_private_link" => embed,
        "embed_truncated_meta_lost" => undated, // looks like 2018
        "embed_truncated" => undated,           // whether the gzip part is whole is for the diagnosis
        "embed_one_char_changed" => embed,      // as above
        "embed_meta_only" | "embed_jwtio_rewrapped" => Err(Unusable::Damaged),
        "embed_trailing_newline" => embed, // trimmed
        "embed_bearer_prefix" | "embed_bearer_prefix_lower" | "embed_quote" => Err(Unusable::Wrapped),
        "embed_internal_newline" | "embed_percent_encoded" | "embed_html_escaped" => Err(Unusable::Wrapped),
        "whole_json_pasted" => Err(Unusable::Wrapped),
        "object_stringified" | "client_secret" | "guid" => Err(Unusable::NotAToken),
        literal if literal.starts_with("literal_") => Err(Unusable::NotAToken),
        unknown => panic!("no expectation for {unknown}"),
    }
}

#[test]
fn every_vector_is_read_as_labelled() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 42);
    for (name, text) in vectors {
        let read = parse_token(
            &AccessToken::new(text),
            Timestamp::from_secs(NOW),
            testing::parse_json,
        );
        let got = read.map(|token| {
            assert_eq!(token.text.expose(), token.text.expose().trim(), "{name}");
            match token.expiry {
                Expiry::Known(at) => (token.kind.unwrap(), Some(at.as_ms() / 1_000 - NOW)),
                Expiry::Assumed(at) => {
                    assert_eq!(at, Timestamp::from_secs(NOW + 3_600), "{name}");
                    (token.kind.unwrap(), None)
                }
                Expiry::Unknown => panic!("{name} has no expiry"),
            }
        });
        assert_eq!(got, wanted(&name), "{name}");
    }
}

#[test]
fn subjects_come_from_aad_tokens_alone() {
    for (name, text) in vectors() {
        let read = parse_token(
            &AccessToken::new(text),
            Timestamp::from_secs(NOW),
            testing::parse_json,
        );
        let Ok(token) = read else { continue };
        assert_eq!(token.subject.is_some(), token.kind == Some(Kind::Aad), "{name}");
        assert_eq!(token.issued_at.is_some(), token.kind == Some(Kind::Aad), "{name}");
    }
}
