//! Searches for a part of a text, from its beginning on. The standard library's are made for long texts, and ten times as
//! large.

/// Whether a text holds a part.
pub(super) fn contains(text: &str, part: &str) -> bool {
    split_once(text, part).is_some()
}

/// What stands before and after a part, where it is first found.
pub(super) fn split_once<'a>(text: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let mut after = text.as_bytes();
    loop {
        if after.starts_with(part.as_bytes()) {
            let at = text.len() - after.len();
            return Some((text.get(..at)?, text.get(at + part.len()..)?));
        }
        (_, after) = after.split_first()?;
    }
}

/// A text in which something else stands for each part of this kind.
pub(super) fn replace(text: &str, part: &str, by: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some((before, after)) = split_once(rest, part) {
        replaced.push_str(before);
        replaced.push_str(by);
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::{contains, replace, split_once};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_find_what_the_library_finds(text in "[abä]{0,12}", part in "[abä]{1,3}") {
            prop_assert_eq!(contains(&text, &part), text.contains(&part));
            prop_assert_eq!(split_once(&text, &part), text.split_once(&part));
            prop_assert_eq!(replace(&text, &part, "."), text.replace(&part, "."));
        }
    }
}
