//! Damage: an altered, cut or mangled embed token is told from a whole one.

use powerbi_token_keeper::diagnosis::{FindingCode, Severity};
use powerbi_token_keeper::token;

use crate::support::{CLUSTER, ERAS, embed_of, look};
use crate::testing;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.";

fn is_refused(token: &str) -> bool {
    look(token)
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

fn is_damaged(token: &str) -> bool {
    let found = look(token).findings;
    found
        .iter()
        .any(|finding| finding.code == FindingCode::TokenDamaged && finding.severity == Severity::Error)
}

#[test]
fn one_changed_character_in_3_000_tokens() {
    let mut rng = fastrand::Rng::with_seed(4);
    let tokens: Vec<String> = ERAS.iter().map(|era| embed_of(era, CLUSTER)).collect();
    assert!(tokens.iter().all(|token| !is_refused(token)));
    let (mut told, mut total) = (0, 0);
    while total < 3_000 {
        let mut bytes = tokens[rng.usize(..tokens.len())].clone().into_bytes();
        // The first four characters make it an embed token; without them it is something else altogether.
        let at = rng.usize(4..bytes.len());
        let byte = ALPHABET[rng.usize(..ALPHABET.len())];
        if bytes[at] == byte {
            continue;
        }
        bytes[at] = byte;
        total += 1;
        told += usize::from(is_damaged(&String::from_utf8(bytes).unwrap()));
    }
    println_share(told, total);
    assert!(told * 100 >= total * 99, "{told} of {total}");
}

/// Shows the share under `--nocapture`.
#[expect(clippy::print_stdout, reason = "a count, for whoever runs the test by hand")]
fn println_share(told: usize, total: usize) {
    println!("{told} of {total} changes told as damage");
}

#[test]
fn one_changed_character_in_the_plain_part() {
    let mut rng = fastrand::Rng::with_seed(5);
    let token = embed_of("2023", CLUSTER);
    let start = token.find('.').unwrap() + 1;
    let mut told = 0;
    for _ in 0..1_000 {
        let mut bytes = token.clone().into_bytes();
        let at = rng.usize(start..bytes.len());
        bytes[at] = *ALPHABET
            .iter()
            .cycle()
            .skip(rng.usize(..64))
            .find(|byte| **byte != bytes[at])
            .unwrap();
        told += usize::from(is_damaged(&String::from_utf8(bytes).unwrap()));
    }
    assert!(told > 900, "{told}");
}

#[test]
fn every_cut_is_told() {
    for era in ERAS {
        let token = embed_of(era, CLUSTER);
        let end = token.trim_end_matches('=').len();
        let dot = token.find('.').unwrap_or(end);
        for length in (8..end).step_by(13).filter(|length| *length != dot) {
            let cut = &token[..length];
            // What is left of the first part when only its padding went is whole.
            let whole = cut.len() >= token[..dot].trim_end_matches('=').len() && length <= dot;
            assert_eq!(is_damaged(cut), !whole, "{era} {length}");
        }
    }
}

#[test]
fn whole_tokens_stay_whole_without_padding() {
    for era in ERAS {
        let token = embed_of(era, CLUSTER);
        assert!(!is_refused(&token.replace('=', "")), "{era}");
        assert!(!is_refused(&token.replace('-', "+").replace('_', "/")), "{era}");
    }
}

#[test]
fn other_damage() {
    let token = embed_of("2023", CLUSTER);
    let (first, second) = token.split_once('.').unwrap();
    for text in [
        token.to_lowercase(),
        token.replacen('.', "", 1),
        format!("{first}.{first}"),
        format!("{first}.{second}.{second}"),
        format!("{first}."),
        second.to_owned(),
        format!("{first}#.{second}"),
        format!("{first}AAAA.{second}"),
    ] {
        assert!(is_damaged(&text), "{}", text.len());
    }
}

/// The refresh path reads what diagnosis finds whole, and the reverse where it looks at all.
#[test]
fn reading_and_diagnosis_agree() {
    for era in ERAS {
        let text = token::AccessToken::new(embed_of(era, CLUSTER));
        let at = powerbi_token_keeper::time::Timestamp::from_secs(crate::support::NOW);
        assert!(
            token::parse_token(&text, at, testing::parse_json).is_ok(),
            "{era}"
        );
    }
}
