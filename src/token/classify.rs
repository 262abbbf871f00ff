//! Classifies a text by its form: a JWT, an embed token, an unreadable token, or none.

use super::Unusable;
use super::text::{contains, leading_whitespace, split_words, trim};

/// The form of a text that may be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// Begins as a JSON Web Token does.
    Jwt,
    /// Begins as an embed token does: base64 of gzip.
    Embed,
    /// A token nobody but its issuer can read.
    Opaque,
}

/// The fewest characters of a token that can't be read, refresh tokens included. Known ones have hundreds; words,
/// placeholders, GUIDs and client secrets have fewer.
const OPAQUE_MIN: usize = 100;
/// The most characters of a token that can't be read.
const OPAQUE_MAX: usize = 65_536;
/// The starts of long placeholders and mock texts.
const PLACEHOLDERS: &str = "your mock dummy fake test sample example placeholder todo changeme redacted ";

/// Tells the form of a trimmed text by its first characters and by what it may be made of.
///
/// # Errors
///
/// [`Unusable::Wrapped`], [`Unusable::Damaged`], [`Unusable::RefreshToken`] or [`Unusable::NotAToken`].
pub fn classify(text: &str) -> Result<TokenFormat, Unusable> {
    if text.starts_with("eyJ") {
        return check_characters(text).map(|()| TokenFormat::Jwt);
    }
    if text.starts_with("H4sI") {
        return check_characters(text).map(|()| TokenFormat::Embed);
    }
    if text.starts_with("h4si") || text.starts_with("eyj") {
        return Err(Unusable::Damaged); // made lower-case on its way
    }
    if is_wrapped(text) {
        return Err(Unusable::Wrapped);
    }
    if !is_opaque(text) {
        return Err(Unusable::NotAToken);
    }
    let refresh = matches!(text.as_bytes(), [b'0' | b'1', b'.', b'A', ..] | [b'M', b'.', ..]);
    if refresh {
        Err(Unusable::RefreshToken)
    } else {
        Ok(TokenFormat::Opaque)
    }
}

/// Whether a text that begins as a token holds what a token holds and nothing else.
fn check_characters(text: &str) -> Result<(), Unusable> {
    for byte in text.bytes() {
        match byte {
            _ if is_token_byte(byte) => {}
            b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'%' | b'&' | b'\\' | b';' | b',' | b'}' => {
                return Err(Unusable::Wrapped);
            }
            _ if byte.is_ascii() => return Err(Unusable::Damaged),
            _ => return Err(Unusable::Wrapped),
        }
    }
    Ok(())
}

/// Whether a byte may stand in a JWT or an embed token.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.')
}

/// Whether a token seems to be inside: after `Bearer`, in quotes, an escape or a JSON answer.
fn is_wrapped(text: &str) -> bool {
    if let Some(mut rest) = after_bearer(text) {
        while let Some(inner) = after_bearer(rest) {
            rest = inner;
        }
        return !matches!(classify(rest), Err(Unusable::NotAToken | Unusable::RefreshToken));
    }
    match text.as_bytes().first() {
        Some(b'"' | b'\'' | b'`' | b'{' | b'%' | b'&' | b'\\') => {
            contains(text, b"eyJ") || contains(text, b"H4sI")
        }
        _ => false,
    }
}

/// What follows `Bearer` and white space, in any case.
pub(crate) fn after_bearer(text: &str) -> Option<&str> {
    let (word, rest) = text.split_at_checked(6)?;
    if word.eq_ignore_ascii_case("bearer") && leading_whitespace(rest) > 0 {
        Some(trim(rest))
    } else {
        None
    }
}

/// Whether a text could be a token that nobody can read.
fn is_opaque(text: &str) -> bool {
    (OPAQUE_MIN..=OPAQUE_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| is_token_byte(byte) || matches!(byte, b'~' | b'!' | b'*' | b'$'))
        && !split_words(PLACEHOLDERS).any(|word| {
            text.get(..word.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(word))
        })
}

#[cfg(test)]
mod tests {
    use super::{TokenFormat, Unusable, classify};

    #[test]
    fn forms_are_told_apart() {
        let long = "x".repeat(100);
        let mock = format!("Mock-{long}");
        for (text, wanted) in [
            ("eyJhbGciOiJSUzI1NiJ9.e30.AA", Ok(TokenFormat::Jwt)),
            ("H4sIAAAA.e30=", Ok(TokenFormat::Embed)),
            (long.as_str(), Ok(TokenFormat::Opaque)),
            (
                "EwB4A8l6BAAURSN/FHlDW5xN74t6GzbtsBBeBUYAAfs+w==",
                Err(Unusable::NotAToken),
            ),
            ("h4siaaaaaaaaaeacww", Err(Unusable::Damaged)),
            ("eyj0exaioijkv1qilcjhbgci", Err(Unusable::Damaged)),
            ("eyJhbGci#OiJ9.e30.AA", Err(Unusable::Damaged)),
            ("Bearer eyJhbGciOiJSUzI1NiJ9.e30.AA", Err(Unusable::Wrapped)),
            ("BEARER\tH4sIAAAA", Err(Unusable::Wrapped)),
            ("Bearer \"H4sIAAAA\"", Err(Unusable::Wrapped)),
            ("Bearer Bearer H4sIAAAA", Err(Unusable::Wrapped)),
            ("Bearer undefined", Err(Unusable::NotAToken)),
            ("Bearer", Err(Unusable::NotAToken)),
            ("TODO", Err(Unusable::NotAToken)),
            ("REDACTED", Err(Unusable::NotAToken)),
            ("process.env.TOKEN", Err(Unusable::NotAToken)),
            ("mock-powerbi-access-token", Err(Unusable::NotAToken)),
            (mock.as_str(), Err(Unusable::NotAToken)),
            ("opaque H4sIAAAA", Err(Unusable::NotAToken)),
            ("eyJhbGciOiJSUzI1NiJ9 e30.AA", Err(Unusable::Wrapped)),
            ("H4sIAAAA\u{200b}AAAA", Err(Unusable::Wrapped)),
            ("H4sIAAAA%3D%3D", Err(Unusable::Wrapped)),
            ("H4sIAAAA&#x3D;", Err(Unusable::Wrapped)),
            ("%22H4sIAAAA%22", Err(Unusable::Wrapped)),
            ("'H4sIAAAA'", Err(Unusable::Wrapped)),
            ("{\"token\":\"H4sIAAAA\"}", Err(Unusable::Wrapped)),
            ("{\"token\":null}", Err(Unusable::NotAToken)),
            ("\"undefined\"", Err(Unusable::NotAToken)),
            ("", Err(Unusable::NotAToken)),
            ("NaN", Err(Unusable::NotAToken)),
            ("<!doctype html><title>eyJ</title>", Err(Unusable::NotAToken)),
            (
                "https://app.powerbi.com/reportEmbed?reportId=1234567890",
                Err(Unusable::NotAToken),
            ),
            (
                "YOUR_EMBED_TOKEN_FROM_THE_GENERATE_TOKEN_CALL_GOES_HERE",
                Err(Unusable::NotAToken),
            ),
            (
                "abc8Q~fakefakefakefakefakefakefakefakefake",
                Err(Unusable::NotAToken),
            ),
        ] {
            assert_eq!(classify(text), wanted, "{text}");
        }
    }

    #[test]
    fn refresh_tokens_are_long_and_begin_as_they_do() {
        for start in ["0.A", "1.A", "M."] {
            let text = format!("{start}{}", "x".repeat(100));
            assert_eq!(classify(&text), Err(Unusable::RefreshToken));
            assert_eq!(classify(text.get(..99).unwrap()), Err(Unusable::NotAToken));
        }
    }

    #[test]
    fn an_unreadable_token_has_a_reasonable_length() {
        for (length, wanted) in [(99, false), (100, true), (65_536, true), (65_537, false)] {
            assert_eq!(classify(&"x".repeat(length)).is_ok(), wanted, "{length}");
        }
    }

    #[test]
    fn a_prefix_without_end_is_no_deep_recursion() {
        assert!(classify(&"Bearer ".repeat(100_000)).is_err());
        assert_eq!(
            classify(&format!("{}H4sIAAAA", "bearer ".repeat(100_000))),
            Err(Unusable::Wrapped)
        );
    }
}
