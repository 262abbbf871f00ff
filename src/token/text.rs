//! Text functions that are smaller than the standard library's.

/// The text without white space, byte order marks and zero-width spaces around it.
#[must_use]
#[inline(never)] // used all over, and larger than a call
pub fn trim(text: &str) -> &str {
    let mut rest = trim_start(text);
    // a last character that would be taken at the start, all of it
    while let Some((head, last)) = last(rest)
        && leading_whitespace(last) == last.len()
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
        match text.get(leading_whitespace(text)..) {
            Some(rest) if rest.len() < text.len() => text = rest,
            Some(_) | None => return text,
        }
    }
}

/// The number of bytes of white space, byte order mark or zero-width space that a text starts with: one character at most.
// by bytes: the library's decoding of characters, both ways, and its table of white space are 500 bytes of a page's load
pub(super) fn leading_whitespace(text: &str) -> usize {
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

/// Whether a text holds a part. A plain search; the library's is made for longer texts, and large.
pub(crate) fn contains(text: &str, part: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while !rest.starts_with(part) {
        let [_, tail @ ..] = rest else { return false };
        rest = tail;
    }
    true
}

/// What stands before and after the first `mark`, an ASCII character. `str::split_once` searches by words: 1 KB more.
pub(crate) fn split_once(text: &str, mark: u8) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        if byte == mark {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
    }
    None
}

/// The words of a text, each with a space behind it.
pub(crate) fn split_words(text: &'static str) -> impl Iterator<Item = &'static str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (word, more) = split_once(rest, b' ')?;
        rest = more;
        Some(word)
    })
}

/// Whether a text is a GUID; as an audience, some application's id.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::{is_guid, trim, trim_start};

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

    #[test]
    fn guids_are_known_by_their_shape() {
        assert!(is_guid("aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeee9"));
        for bad in [
            "",
            "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeeg",
            "aaaaaaaabbbb-cccc-dddd-eeeeeeeeeeee-",
        ] {
            assert!(!is_guid(bad), "{bad}");
        }
    }
}
