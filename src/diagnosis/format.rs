//! Formats times, durations and ids for messages; none can be a token.

use super::search::contains;
use crate::time::Timestamp;

/// A point in time in UTC and from now: `2023-11-14 22:13 UTC, 3 hours ago`.
pub(super) fn when(at: Timestamp, now: Timestamp) -> String {
    format!("{}, {}", utc(at), from_now(at, now))
}

/// A point in time in UTC to the minute.
fn utc(at: Timestamp) -> String {
    let minutes = at.as_ms().div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        minute / 60,
        minute % 60
    )
}

/// The calendar date of a day since 1970. Years begin in March inside, which puts the leap day last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + next, month, day)
}

fn from_now(at: Timestamp, now: Timestamp) -> String {
    let ms = at.as_ms().saturating_sub(now.as_ms());
    if ms.unsigned_abs() < 1_000 {
        return "just now".to_owned();
    }
    if ms > 0 {
        format!("in {}", span(ms.unsigned_abs()))
    } else {
        format!("{} ago", span(ms.unsigned_abs()))
    }
}

/// A span in its largest unit, rounded down: `59 seconds`, `1 minute`, `3 hours`, `2 days`.
pub(super) fn span(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}

/// A number in digits where it is whole. Code that prints any other one would be a tenth of the module.
pub(super) fn digits(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is compared")]
    let whole = number as i64;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "whether it came back as it was"
    )]
    if whole as f64 == number {
        whole.to_string()
    } else {
        "not a whole number".to_owned()
    }
}

/// A value of a configuration or a claim in quotes, or its length alone where it could be a secret.
///
/// Ids, hosts, audiences and words pass: at most 80 of the characters that these have, nothing that looks like a
/// part of a token or a client secret.
pub(super) fn quote_safely(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@ ".contains(&byte);
    let secret = contains(value, "eyJ") || contains(value, "H4sI") || longest_word(value) > 40;
    if value.len() <= 80 && value.bytes().all(plain) && !secret {
        format!("\"{value}\"")
    } else {
        format!("({} characters)", value.chars().count())
    }
}

/// The length of the longest run of letters, digits, `-` and `_`: a GUID has 36, a token's part more.
fn longest_word(value: &str) -> usize {
    value
        .split([' ', '/', '.', ':', '@'])
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, quote_safely, span, when};

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    #[test]
    fn times_are_told_in_utc_and_from_now() {
        for (seconds, wanted) in [
            (1_700_000_000, "2023-11-14 22:13 UTC, just now"),
            (1_699_989_200, "2023-11-14 19:13 UTC, 3 hours ago"),
            (1_700_000_060, "2023-11-14 22:14 UTC, in 1 minute"),
            (1_700_086_400, "2023-11-15 22:13 UTC, in 24 hours"),
            (1_709_164_800, "2024-02-29 00:00 UTC, in 106 days"),
            (951_782_400, "2000-02-29 00:00 UTC, 8659 days ago"),
            (0, "1970-01-01 00:00 UTC, 19675 days ago"),
            (-1, "1969-12-31 23:59 UTC, 19675 days ago"),
        ] {
            assert_eq!(when(Timestamp::from_secs(seconds), NOW), wanted);
        }
        assert!(!when(Timestamp::from_ms(i64::MAX), NOW).is_empty());
        assert!(!when(Timestamp::from_ms(i64::MIN), NOW).is_empty());
    }

    #[test]
    fn spans_are_rounded_down() {
        for (ms, wanted) in [
            (999, "0 seconds"),
            (1_000, "1 second"),
            (119_999, "1 minute"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(span(ms), wanted);
        }
    }

    #[test]
    fn what_could_be_secret_is_not_shown() {
        for value in [
            "app.powerbi.com",
            "11111111-2222-3333-4444-555555555555",
            "report",
            "",
            "a b",
        ] {
            assert_eq!(quote_safely(value), format!("\"{value}\""));
        }
        for value in [
            "eyJhbGci",
            "xH4sIx",
            "abc8Q~fake",
            "a=b",
            "ünder",
            &"x".repeat(41),
            &"a ".repeat(41),
        ] {
            assert_eq!(
                quote_safely(value),
                format!("({} characters)", value.chars().count())
            );
        }
    }
}
