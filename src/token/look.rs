//! What a text looks like from outside: a JWT, an embed token, a token nobody can read, or none.

use super::Unusable;
use super::audience::is_guid;

/// The form of a text that may be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Begins as a JSON Web Token does.
    Jwt,
    /// Begins as an embed token does: base64 of gzip.
    Embed,
    /// A token nobody but its issuer can read.
    Opaque,
}

/// The fewest characters an unreadable token has. Known ones have hundreds, those of a stand-in for the service fewer.
const OPAQUE_LEAST: usize = 4;
/// What programs write where there is nothing.
const NOTHING: &str = "null none undefined true false token accesstoken bearer ";
/// The most characters an unreadable token has.
const OPAQUE_MOST: usize = 65_536;
/// The fewest characters of an Entra refresh token; known ones have hundreds.
const REFRESH_LEAST: usize = 100;

/// The text without white space, byte order marks and zero-width spaces around it.
#[must_use]
#[inline(never)] // used all over, and larger than a call
pub fn trim(text: &str) -> &str {
    let mut rest = trim_start(text);
    // a last character that would be taken at the start, all of it
    while let Some((head, last)) = last(rest)
        && blank(last) == last.len()
    {
        rest = head;
    }
    rest
}

/// The text's last character, and what is before it.
fn last(text: &str) -> Option<(&str, &str)> {
    let mut at = text.len();
    loop {
        at = at.checked_sub(1)?;
        if text.is_char_boundary(at) {
            return text.split_at_checked(at);
        }
    }
}

/// The text without what [`trim`] takes at its start.
pub(crate) fn trim_start(mut text: &str) -> &str {
    loop {
        match text.get(blank(text)..) {
            Some(rest) if rest.len() < text.len() => text = rest,
            Some(_) | None => return text,
        }
    }
}

/// How many bytes of white space, byte order mark or zero-width space a text begins with: those of one character at most.
// by bytes: the library's decoding of characters, both ways, and its table of white space are 500 bytes of a page's load
fn blank(text: &str) -> usize {
    match text.as_bytes() {
        [b'\t'..=b'\r' | b' ', ..] => 1,
        [0xc2, 0x85 | 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8b | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..]
        | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

/// Tells the form of a trimmed text by its first characters and by what it may be made of.
///
/// # Errors
///
/// [`Unusable::Wrapped`], [`Unusable::Damaged`], [`Unusable::RefreshToken`] or [`Unusable::NotAToken`].
pub fn look_at(text: &str) -> Result<Look, Unusable> {
    if text.starts_with("eyJ") {
        return clean(text).map(|()| Look::Jwt);
    }
    if text.starts_with("H4sI") {
        return clean(text).map(|()| Look::Embed);
    }
    if text.starts_with("h4si") || text.starts_with("eyj") {
        return Err(Unusable::Damaged); // made lower-case on its way
    }
    if wraps(text) {
        return Err(Unusable::Wrapped);
    }
    if !is_opaque(text) {
        return Err(Unusable::NotAToken);
    }
    let refresh = matches!(text.as_bytes(), [b'0' | b'1', b'.', b'A', ..] | [b'M', b'.', ..]);
    if refresh && text.len() >= REFRESH_LEAST {
        Err(Unusable::RefreshToken)
    } else {
        Ok(Look::Opaque)
    }
}

/// Whether a text that begins as a token holds what a token holds and nothing else.
fn clean(text: &str) -> Result<(), Unusable> {
    for byte in text.bytes() {
        match byte {
            _ if is_segment(byte) => {}
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
fn is_segment(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.')
}

/// Whether a token seems to be inside: after `Bearer`, in quotes, an escape or a JSON answer.
fn wraps(text: &str) -> bool {
    if let Some(mut rest) = after_bearer(text) {
        while let Some(inner) = after_bearer(rest) {
            rest = inner;
        }
        return !matches!(look_at(rest), Err(Unusable::NotAToken | Unusable::RefreshToken));
    }
    match text.as_bytes().first() {
        Some(b'"' | b'\'' | b'`' | b'{' | b'%' | b'&' | b'\\') => holds(text, b"eyJ") || holds(text, b"H4sI"),
        _ => false,
    }
}

/// Whether a text holds a part. A plain search; the library's is made for longer texts, and large.
pub(crate) fn holds(text: &str, part: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while !rest.starts_with(part) {
        let [_, tail @ ..] = rest else { return false };
        rest = tail;
    }
    true
}

/// What stands before and after the first `mark`, an ASCII character. `str::split_once` searches by words: 1 KB more.
pub(crate) fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        if byte == mark {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
    }
    None
}

/// The words of a text, each with a space behind it.
pub(crate) fn words(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (word, more) = cut(rest, b' ')?;
        rest = more;
        Some(word)
    })
}

/// What follows `Bearer` and white space, in any case.
pub(crate) fn after_bearer(text: &str) -> Option<&str> {
    let (word, rest) = text.split_at_checked(6)?;
    if word.eq_ignore_ascii_case("bearer") && blank(rest) > 0 {
        Some(trim(rest))
    } else {
        None
    }
}

/// Whether a text could be a token that nobody can read.
fn is_opaque(text: &str) -> bool {
    (OPAQUE_LEAST..=OPAQUE_MOST).contains(&text.len())
        && text
            .bytes()
            .all(|byte| is_segment(byte) || matches!(byte, b'~' | b'!' | b'*' | b'$'))
        && !is_secret(text)
        && !is_guid(text)
        && !words(NOTHING).any(|word| text.eq_ignore_ascii_case(word))
        && !text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("your"))
}

/// Whether the text has the mark of an Entra client secret: a digit and `Q~` after three characters.
fn is_secret(text: &str) -> bool {
    matches!(text.as_bytes(), [_, _, _, b'0'..=b'9', b'Q', b'~', rest @ ..] if rest.len() < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        let long = "x".repeat(60);
        for (text, wanted) in [
            ("eyJhbGciOiJSUzI1NiJ9.e30.AA", Ok(Look::Jwt)),
            ("H4sIAAAA.e30=", Ok(Look::Embed)),
            (long.as_str(), Ok(Look::Opaque)),
            (
                "EwB4A8l6BAAURSN/FHlDW5xN74t6GzbtsBBeBUYAAfs+w==",
                Ok(Look::Opaque),
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
            ("BearerOfATokenNobodyReads", Ok(Look::Opaque)),
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
            assert_eq!(look_at(text), wanted, "{text}");
        }
    }

    #[test]
    fn refresh_tokens_are_long_and_begin_as_they_do() {
        for start in ["0.A", "1.A", "M."] {
            let text = format!("{start}{}", "x".repeat(100));
            assert_eq!(look_at(&text), Err(Unusable::RefreshToken));
            assert_eq!(look_at(text.get(..60).unwrap()), Ok(Look::Opaque));
        }
    }

    #[test]
    fn an_unreadable_token_has_a_reasonable_length() {
        for (length, wanted) in [(3, false), (4, true), (65_536, true), (65_537, false)] {
            assert_eq!(look_at(&"x".repeat(length)).is_ok(), wanted, "{length}");
        }
    }

    #[test]
    fn a_prefix_without_end_is_no_deep_recursion() {
        assert!(look_at(&"Bearer ".repeat(100_000)).is_err());
        assert_eq!(
            look_at(&format!("{}H4sIAAAA", "bearer ".repeat(100_000))),
            Err(Unusable::Wrapped)
        );
    }

    #[test]
    fn trimming_takes_white_space_as_the_library_knows_it() {
        for character in '\0'..=char::MAX {
            let wanted = character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}');
            let text = format!("{character}é{character}");
            assert_eq!(trim(&text) == "é", wanted, "{character:?}");
            assert_eq!(trim_start(&text).len() == text.len(), !wanted, "{character:?}");
        }
    }

    #[test]
    fn trimming_takes_invisible_characters_too() {
        assert_eq!(trim("\u{feff} \u{a0}a b\r\n\u{200b}"), "a b");
        assert_eq!(trim("\u{feff}"), "");
    }
}
