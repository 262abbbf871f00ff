//! The text of an access token, kept from logs.

use alloc::rc::Rc;
use core::fmt;

use zeroize::Zeroizing;

/// The text of an access token, or any other text that may be one. Its memory is zeroed when the last copy goes.
///
/// It can't print itself: there is no `Display` and no `Serialize`, and its `Debug` names the type alone.
/// Cloning shares the one text instead of copying it.
#[derive(Clone, Eq)]
pub struct AccessToken(Rc<Zeroizing<String>>);

impl AccessToken {
    /// Takes the text over. Any text will do; whether it is a token is [`parse_token`](super::parse_token)'s matter.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Rc::new(Zeroizing::new(text)))
    }

    /// The text itself. For `setAccessToken`, the provider's caller and a tab of the same key, and nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }
}

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
    fn equality_is_of_the_text() {
        let one = AccessToken::new("a".to_owned());
        assert_eq!(one, one.clone());
        assert_eq!(one, AccessToken::new("a".to_owned()));
        assert_ne!(one, AccessToken::new("b".to_owned()));
        assert_eq!(one.expose(), "a");
    }
}
