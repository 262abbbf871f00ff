//! What an embed's `error` event says about its token.

use crate::io::ExpiryScope;
use crate::token::contains;

/// How far a `TokenExpired` reaches; `None` for every other error.
///
/// `message` and `detailed` are the `message` and `detailedMessage` of powerbi-models' `IError`. The status code is
/// not asked: 401 and 403 mean other things as well.
#[must_use]
pub fn expiry_scope(message: Option<&str>, detailed: Option<&str>) -> Option<ExpiryScope> {
    let detailed = detailed.unwrap_or_default();
    if message != Some("TokenExpired") && !contains(detailed, b"Access token has expired") {
        return None;
    }
    Some(if contains(detailed, b"report visual") {
        ExpiryScope::Visual
    } else {
        ExpiryScope::Embed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms() {
        let expired = Some("TokenExpired");
        let cases = [
            (
                expired,
                Some("Access token has expired, resubmit with a new access token"),
                Some(ExpiryScope::Embed),
            ),
            (
                expired,
                Some("Access token has expired. Couldn't render a report visual titled: Sales"),
                Some(ExpiryScope::Visual),
            ),
            (expired, Some("Get report failed"), Some(ExpiryScope::Embed)),
            (expired, None, Some(ExpiryScope::Embed)),
            (
                None,
                Some("Access token has expired, resubmit with a new access token"),
                Some(ExpiryScope::Embed),
            ),
            (Some("LoadReportFailed"), Some("Get report failed"), None),
            (
                Some("LoadReportFailed"),
                Some("Fail to initialize - Couldn't resolve cluster"),
                None,
            ),
            (None, None, None),
        ];
        for (message, detailed, wanted) in cases {
            assert_eq!(
                expiry_scope(message, detailed),
                wanted,
                "{message:?} {detailed:?}"
            );
        }
    }
}
