//! The refresh policy: options that can't be wrong, and the refresh window they give one token.

use crate::time::{Duration, Timestamp};

/// One duration option: its name in JavaScript, its default and its range, all in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The option's name, as a page author writes it.
    pub name: &'static str,
    /// What counts when the option is left out.
    pub default: Duration,
    /// The least value taken.
    pub min: Duration,
    /// The greatest value taken.
    pub max: Duration,
}

const fn limit(name: &'static str, default: u64, min: u64, max: u64) -> Limit {
    Limit {
        name,
        default: Duration::from_ms(default),
        min: Duration::from_ms(min),
        max: Duration::from_ms(max),
    }
}

/// `pollIntervalMs`: how often the expiration is checked.
pub const POLL_INTERVAL: Limit = limit("pollIntervalMs", 30_000, 1_000, 600_000);
/// `leadMs`: how long before expiration the refresh window opens, at least.
pub const LEAD: Limit = limit("leadMs", 600_000, 1_000, 86_400_000);
/// `sourceTimeoutMs`: how long one request to the source may take.
pub const SOURCE_TIMEOUT: Limit = limit("sourceTimeoutMs", 30_000, 1_000, 300_000);
/// `applyTimeoutMs`: how long one `setAccessToken` may take.
pub const APPLY_TIMEOUT: Limit = limit("applyTimeoutMs", 10_000, 1_000, 300_000);
/// `providerTimeoutMs`: the time within which `accessTokenProvider` settles. Kept by the facade, which outlives a
/// crashed engine.
pub const PROVIDER_TIMEOUT: Limit = limit("providerTimeoutMs", 15_000, 1_000, 300_000);
/// Every duration option. A test compares them with the facade's table.
pub const LIMITS: [Limit; 5] = [
    POLL_INTERVAL,
    LEAD,
    SOURCE_TIMEOUT,
    APPLY_TIMEOUT,
    PROVIDER_TIMEOUT,
];

/// The longest that an expiration counts for, from a token's receipt: Entra's longest-lived token has 28 hours, and one
/// that claims the year 2100 must not keep every later one out.
pub const MAX_LIFETIME: Duration = Duration::from_mins(48 * 60);

/// The least time between a token's receipt from the source and the next request for one.
pub const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(30);

/// An option that is not taken; names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionError {
    /// The option's name.
    pub name: &'static str,
}

/// What is asked of the source while the page is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhileHidden {
    /// A hidden page's token is kept fresh.
    #[default]
    Refresh,
    /// Nothing is asked; the token is checked on return.
    Pause,
}

/// What follows a late token on an embed that has already shown `TokenExpired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterExpiry {
    /// Reload after a load-level failure, refresh after a visual-level one.
    #[default]
    Auto,
    /// Always `reload()`.
    Reload,
    /// Always `refresh()`.
    Refresh,
    /// Only the token is set.
    None,
}

/// How a keeper behaves. Can't be built with a value out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    pub(crate) poll_interval: Duration,
    pub(crate) lead: Duration,
    pub(crate) source_timeout: Duration,
    pub(crate) apply_timeout: Duration,
    pub(crate) while_hidden: WhileHidden,
    pub(crate) after_expiry: AfterExpiry,
    pub(crate) tabs: bool,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            poll_interval: POLL_INTERVAL.default,
            lead: LEAD.default,
            source_timeout: SOURCE_TIMEOUT.default,
            apply_timeout: APPLY_TIMEOUT.default,
            while_hidden: WhileHidden::default(),
            after_expiry: AfterExpiry::default(),
            tabs: false,
        }
    }
}

impl RefreshPolicy {
    /// The policy for the durations that `lookup` knows by their option names; the others take their defaults.
    ///
    /// # Errors
    /// [`OptionError`] names the first option that is no number or out of its range.
    pub fn parse(
        lookup: impl Fn(&'static str) -> Option<f64>,
        while_hidden: WhileHidden,
        after_expiry: AfterExpiry,
    ) -> Result<Self, OptionError> {
        let read = |limit: &Limit| match lookup(limit.name) {
            None => Ok(limit.default),
            Some(ms) => in_range(limit, ms).ok_or(OptionError { name: limit.name }),
        };
        Ok(Self {
            poll_interval: read(&POLL_INTERVAL)?,
            lead: read(&LEAD)?,
            source_timeout: read(&SOURCE_TIMEOUT)?,
            apply_timeout: read(&APPLY_TIMEOUT)?,
            while_hidden,
            after_expiry,
            tabs: false,
        })
    }

    /// The same policy, but for whether the tabs of one `shareKey` take turns at the source.
    #[must_use]
    pub const fn with_tabs(self, tabs: bool) -> Self {
        Self { tabs, ..self }
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges lie far inside what an f64 holds exactly"
)]
fn in_range(limit: &Limit, ms: f64) -> Option<Duration> {
    let inside = ms >= limit.min.as_ms() as f64 && ms <= limit.max.as_ms() as f64;
    inside.then(|| Duration::from_ms(ms as u64))
}

/// How a token came to the keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The source answered with it: its receipt starts the floor between requests.
    Source,
    /// It was in hand before: an option, or an embed's configuration.
    Existing,
}

/// When one token is due for a successor, and when it ends. Both in the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshWindow {
    /// From here on a new token is asked for.
    pub opens: Timestamp,
    /// From here on the token is worth nothing.
    pub expires: Timestamp,
}

impl RefreshWindow {
    /// The window of a token that was `received` (in the server's time) and `expires`.
    ///
    /// Opens at least `min(lead, lifetime / 2)` before the expiration, earlier by up to a tenth of that as `draw`
    /// (0 to `u32::MAX`) says, so that a fleet does not ask in the same second and nobody gets less than the lead; never
    /// within [`MIN_REFRESH_INTERVAL`] of a receipt from the source. The lifetime counts from `issued` where it is known.
    #[must_use]
    pub fn new(
        policy: &RefreshPolicy,
        origin: Origin,
        received: Timestamp,
        issued: Option<Timestamp>,
        expires: Timestamp,
        draw: u32,
    ) -> Self {
        let born = issued.filter(|issued| *issued < expires).unwrap_or(received);
        let lead = policy.lead.min(expires.since(born) / 2);
        let opens = expires - lead - (lead / 10).scaled_by(draw);
        let opens = match origin {
            Origin::Source => opens.max(received + MIN_REFRESH_INTERVAL),
            Origin::Existing => opens,
        };
        Self { opens, expires }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn window(lifetime_s: u64, draw: u32) -> (u64, u64) {
        let w = RefreshWindow::new(
            &RefreshPolicy::default(),
            Origin::Source,
            T0,
            None,
            T0 + Duration::from_secs(lifetime_s),
            draw,
        );
        (
            w.opens.since(T0).as_ms() / 1_000,
            w.expires.since(T0).as_ms() / 1_000,
        )
    }

    #[test]
    fn an_hour_opens_ten_to_eleven_minutes_before_the_end() {
        assert_eq!(window(3_600, 0), (3_000, 3_600));
        assert_eq!(window(3_600, u32::MAX), (2_940, 3_600));
    }

    #[test]
    fn a_short_token_opens_at_half_of_its_life() {
        assert_eq!(window(540, 0), (270, 540));
        assert_eq!(window(60, 0), (30, 60));
    }

    #[test]
    fn never_within_thirty_seconds_of_receipt() {
        assert_eq!(window(20, 0), (30, 20));
        assert_eq!(window(0, 0), (30, 0));
    }

    #[test]
    fn a_token_of_the_page_has_no_floor() {
        let end = T0 + Duration::from_secs(4);
        let w = RefreshWindow::new(&RefreshPolicy::default(), Origin::Existing, T0, None, end, 0);
        assert_eq!(w.opens, T0 + Duration::from_secs(2));
    }

    #[test]
    fn the_lifetime_counts_from_iat_where_it_is_given() {
        // 75 minutes of life of which 5 are left: the window is open already, but for the floor.
        let end = T0 + Duration::from_mins(5);
        let iat = Some(end - Duration::from_mins(75));
        let w = RefreshWindow::new(&RefreshPolicy::default(), Origin::Source, T0, iat, end, 0);
        assert_eq!(w.opens, T0 + MIN_REFRESH_INTERVAL);
        let w = RefreshWindow::new(&RefreshPolicy::default(), Origin::Existing, T0, iat, end, 0);
        assert_eq!(w.opens, end - Duration::from_mins(10));
    }

    #[test]
    fn an_option_out_of_range_is_named() {
        let parse = |name: &'static str, ms: f64| {
            RefreshPolicy::parse(
                |asked| (asked == name).then_some(ms),
                WhileHidden::default(),
                AfterExpiry::default(),
            )
        };
        for bad in [999.0, 600_001.0, f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(
                parse("pollIntervalMs", bad),
                Err(OptionError {
                    name: "pollIntervalMs"
                })
            );
        }
        assert_eq!(
            parse("pollIntervalMs", 1_000.0).unwrap().poll_interval,
            Duration::from_secs(1)
        );
        assert_eq!(
            parse("leadMs", 86_400_000.0).unwrap().lead,
            Duration::from_mins(1_440)
        );
    }
}
