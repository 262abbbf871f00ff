//! The text of an access token, kept from logs.

use alloc::rc::Rc;
use core::fmt;

use super::zeroed::Zeroed;

/// The text of an access token, or any other text that may be one. Its memory is zeroed when the last copy goes.
///
/// It can't print itself: there is no `Display` and no `Serialize`, and its `Debug` names the type alone.
/// Cloning shares the one text instead of copying it.
#[derive(Clone, Eq)]
pub struct AccessToken(Rc<Zeroed<String>>);

impl AccessToken {
    /// Takes the text over. Any text will do; whether it is a token is [`parse_token`](super::parse_token)'s matter.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Rc::new(Zeroed::from(text)))
    }

    /// The text itself. For `setAccessToken`, the provider's caller and a tab of the same key, and nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// What tells it from other texts when the text itself is no longer there.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        // FNV-1a. Of two tokens that collide one is taken for the other, which is neither secret nor better for it.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.expose().bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Fingerprint(hash)
    }
}

/// A hash of a text, from which nothing of the text can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(u64);

impl PartialEq for AccessToken {
    #[inline(never)] // compared all over, and larger than a call
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::AccessToken;

    #[test]
    fn debug_names_the_type_alone() {
        let token = AccessToken::new("CANARY".to_owned());
        assert_eq!(format!("{token:?}"), "AccessToken(redacted)");
        assert_eq!(
            format!("{:#?}", Some(&token)),
            "Some(\n    AccessToken(redacted),\n)"
        );
    }

    #[test]
    fn a_fingerprint_is_of_the_text() {
        let [one, same, other] = ["eyJ.a", "eyJ.a", "eyJ.A"].map(|text| AccessToken::new(text.to_owned()));
        assert_eq!(one.fingerprint(), same.fingerprint());
        assert_ne!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn equality_is_of_the_text() {
        let one = AccessToken::new("a".to_owned());
        assert_eq!(one, one.clone());
        assert_eq!(one, AccessToken::new("a".to_owned()));
        assert_ne!(one, AccessToken::new("b".to_owned()));
        assert_eq!(one.expose(), "a");
    }
}
