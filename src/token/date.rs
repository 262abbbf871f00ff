//! Parses the dates that backends write: ISO 8601, US, HTTP, seconds and milliseconds.

use super::text::{split_once, split_words, trim, trim_start};
use crate::time::Timestamp;

/// A point in time as a text states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedDate {
    /// The text names its zone, or is a number of seconds or milliseconds.
    Absolute(Timestamp),
    /// The text names no zone; the point is its reading as UTC, and may be hours off.
    Naive(Timestamp),
}

/// Reads a date text. `None` when it is none, is impossible, or lies before 1970 (an unset .NET date says year 1).
///
/// - ISO 8601: `2023-11-14T23:13:20Z`, also `t`, `z` or a space, 1 to 9 digits of a fraction, offsets `+02:00`,
///   `+0200` and `+02`, and no zone at all.
/// - US, as .NET prints it: `7/29/2018 5:58:19 PM`. Without AM or PM it is refused: half of the world
///   puts the day first.
/// - HTTP dates, `/Date(1700003600000)/`, and numeric text by `from_epoch_number`'s rule.
#[must_use]
pub fn parse_date(text: &str) -> Option<ParsedDate> {
    let text = trim(text);
    if let Some(at) = numeric(text) {
        return Some(ParsedDate::Absolute(at));
    }
    iso(text)
        .or_else(|| us(text))
        .or_else(|| parse_http_date(text).map(ParsedDate::Absolute))
}

/// Reads an HTTP date as in the headers `Date` and `Retry-After`: `Tue, 14 Nov 2023 22:13:20 GMT`.
///
/// This is the one form that RFC 9110 lets servers send. The day of the week is not compared with the date.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let (_, text) = split_once(trim(text), b',')?;
    let mut cursor = Cursor(text);
    cursor.eat(" ")?;
    let day_of_month = cursor.digits(2, 2)?;
    cursor.eat(" ")?;
    let (name, after) = cursor.0.split_at_checked(3)?;
    let month = MONTHS
        .as_bytes()
        .chunks(3)
        .position(|month| month == name.as_bytes())?;
    cursor.0 = after;
    cursor.eat(" ")?;
    let day = day(cursor.digits(4, 4)?, i64::try_from(month).ok()? + 1, day_of_month)?;
    cursor.eat(" ")?;
    let time = cursor.time()?;
    (cursor.0 == " GMT").then_some(Timestamp::from_ms(day + time))
}

/// The months' names in HTTP dates.
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// The point in time of a bare number: seconds since the epoch below 10¹¹ (the year 5138), else milliseconds.
///
/// `None` for what is not finite or lies before 1970.
#[must_use]
pub fn from_epoch_number(number: f64) -> Option<Timestamp> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    let ms = if number < 1e11 { number * 1_000.0 } else { number };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, which is what a date far off should do"
    )]
    let ms = ms as i64;
    Some(Timestamp::from_ms(ms))
}

fn numeric(text: &str) -> Option<Timestamp> {
    let number = match text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"))
    {
        // The offset in `/Date(1700000000000+0100)/` is for display: the number is in UTC.
        Some(inner) => inner
            .bytes()
            .position(|byte| matches!(byte, b'+' | b'-'))
            .map_or(Some(inner), |at| inner.get(..at))?,
        None => text,
    };
    let number = parse_digits(number)?;
    if number < 100_000_000_000 {
        Some(Timestamp::from_secs(number))
    } else {
        Some(Timestamp::from_ms(number))
    }
}

/// A number of decimal digits, without its fraction; `None` when it is none or does not fit.
pub(crate) fn parse_digits(text: &str) -> Option<i64> {
    let (mut number, mut counts, mut any) = (0_i64, true, false);
    for byte in text.bytes() {
        match byte {
            b'.' => counts = false,
            // checked sums multiply in 128 bits
            b'0'..=b'9' if counts && number < i64::MAX / 10 => {
                number = number * 10 + i64::from(byte - b'0');
                any = true;
            }
            b'0'..=b'9' if !counts => {}
            _ => return None,
        }
    }
    any.then_some(number)
}

/// The rest of a text that is still to be parsed.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    /// White space; false where there is none.
    fn space(&mut self) -> bool {
        let before = self.0.len();
        self.0 = trim_start(self.0);
        self.0.len() < before
    }

    fn eat(&mut self, wanted: &str) -> Option<()> {
        for byte in wanted.bytes() {
            if self.0.as_bytes().first() == Some(&byte) {
                self.0 = self.0.get(1..)?;
                return Some(());
            }
        }
        None
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let (mut number, mut count) = (0, 0);
        while count < most
            && let [digit @ b'0'..=b'9', ..] = self.0.as_bytes()
        {
            number = number * 10 + i64::from(digit - b'0');
            count += 1;
            self.0 = self.0.get(1..)?;
        }
        (count >= least).then_some(number)
    }

    /// `HH:MM:SS`, 24 hours to a day, in milliseconds.
    fn time(&mut self) -> Option<i64> {
        let hour = self.digits(2, 2).filter(|h| *h < 24)?;
        Some(hour * 3_600_000 + self.minutes()?)
    }

    /// `:MM:SS` and a fraction, in milliseconds; seconds may be missing.
    fn minutes(&mut self) -> Option<i64> {
        self.eat(":")?;
        let minutes = self.digits(2, 2).filter(|m| *m < 60)?;
        if self.eat(":").is_none() {
            return Some(minutes * 60_000);
        }
        // A leap second counts as the second before it ends.
        let seconds = self.digits(2, 2).filter(|s| *s <= 60)?.min(59);
        Some((minutes * 60 + seconds) * 1_000 + self.fraction()?)
    }

    fn fraction(&mut self) -> Option<i64> {
        if self.eat(".,").is_none() {
            return Some(0);
        }
        let before = self.0.len();
        let mut number = self.digits(1, 9)?;
        // nine digits are nanoseconds
        for _ in before - self.0.len()..9 {
            number *= 10;
        }
        Some(number / 1_000_000)
    }

    /// The offset in milliseconds: `Some(None)` when the text ends without one, `None` when it ends otherwise.
    fn zone(&mut self) -> Option<Option<i64>> {
        self.space();
        if self.0.is_empty() {
            return Some(None);
        }
        if split_words("z utc gmt ").any(|name| self.0.eq_ignore_ascii_case(name)) {
            return Some(Some(0));
        }
        let sign = if self.0.starts_with('-') { -1 } else { 1 };
        self.eat("+-")?;
        let hours = self.digits(2, 2).filter(|h| *h < 24)?;
        let _ = self.eat(":");
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.digits(2, 2).filter(|m| *m < 60)?
        };
        self.0
            .is_empty()
            .then_some(Some(sign * (hours * 60 + minutes) * 60_000))
    }

    /// The stated point from a day in milliseconds since the epoch and what the text says after its time.
    fn finish(&mut self, local: i64) -> Option<ParsedDate> {
        Some(match self.zone()? {
            Some(offset) => ParsedDate::Absolute(Timestamp::from_ms(local - offset)),
            None => ParsedDate::Naive(Timestamp::from_ms(local)),
        })
    }
}

fn iso(text: &str) -> Option<ParsedDate> {
    let mut cursor = Cursor(text);
    let year = cursor.digits(4, 4)?;
    cursor.eat("-")?;
    let month = cursor.digits(2, 2)?;
    cursor.eat("-")?;
    let day = day(year, month, cursor.digits(2, 2)?)?;
    cursor.eat("Tt ")?;
    let time = cursor.time()?;
    cursor.finish(day + time)
}

fn us(text: &str) -> Option<ParsedDate> {
    let mut cursor = Cursor(text);
    let month = cursor.digits(1, 2)?;
    cursor.eat("/")?;
    let day_of_month = cursor.digits(1, 2)?;
    cursor.eat("/")?;
    let day = day(cursor.digits(4, 4)?, month, day_of_month)?;
    (cursor.eat(",").is_some() | cursor.space()).then_some(())?;
    let hour = cursor.digits(1, 2).filter(|h| (1..=12).contains(h))?;
    let minutes = cursor.minutes()?;
    cursor.space();
    let afternoon = cursor.eat("Pp").is_some();
    if !afternoon {
        cursor.eat("Aa")?;
    }
    cursor.eat("Mm")?;
    let hour = hour % 12 + if afternoon { 12 } else { 0 };
    cursor.finish(day + hour * 3_600_000 + minutes)
}

/// The start of a day in milliseconds since the epoch; `None` for a day that the calendar lacks, or before 1970.
fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March put the leap day last; 719,468 days lie between that calendar's start and 1970.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::{ParsedDate, Timestamp, from_epoch_number, parse_date, parse_http_date};

    /// 2023-11-14T22:13:20Z.
    const AT: i64 = 1_700_000_000_000;

    fn absolute(ms: i64) -> Option<ParsedDate> {
        Some(ParsedDate::Absolute(Timestamp::from_ms(ms)))
    }

    fn naive(ms: i64) -> Option<ParsedDate> {
        Some(ParsedDate::Naive(Timestamp::from_ms(ms)))
    }

    #[test]
    fn iso_dates() {
        for (text, wanted) in [
            ("2023-11-14T22:13:20Z", absolute(AT)),
            ("2023-11-14t22:13:20z", absolute(AT)),
            (" 2023-11-14T22:13:20Z\n", absolute(AT)),
            ("2023-11-14 22:13:20Z", absolute(AT)),
            ("2023-11-14 22:13:20 UTC", absolute(AT)),
            ("2023-11-14 22:13:20 +0000", absolute(AT)),
            ("2023-11-14T22:13Z", absolute(AT - 20_000)),
            ("2023-11-14T22:13:20.5Z", absolute(AT + 500)),
            ("2023-11-14T22:13:20.123Z", absolute(AT + 123)),
            ("2023-11-14T22:13:20.1234567Z", absolute(AT + 123)),
            ("2023-11-14T22:13:20.123456789Z", absolute(AT + 123)),
            ("2023-11-15T00:13:20+02:00", absolute(AT)),
            ("2023-11-15T00:13:20.1234567+02:00", absolute(AT + 123)),
            ("2023-11-15T00:13:20+0200", absolute(AT)),
            ("2023-11-15T00:13:20+02", absolute(AT)),
            ("2023-11-14T14:13:20-08:00", absolute(AT)),
            ("2023-11-15T03:43:20+05:30", absolute(AT)),
            ("2023-11-14T22:13:20", naive(AT)),
            ("2023-11-14 22:13:20.999999", naive(AT + 999)),
            ("2024-02-29T00:00:00Z", absolute(1_709_164_800_000)),
            ("2000-02-29T00:00:00Z", absolute(951_782_400_000)),
            ("2000-03-01T00:00:00Z", absolute(951_868_800_000)),
            ("1970-01-01T00:00:00Z", absolute(0)),
            ("2016-12-31T23:59:60Z", absolute(1_483_228_799_000)),
            ("9999-12-31T23:59:59Z", absolute(253_402_300_799_000)),
        ] {
            assert_eq!(parse_date(text), wanted, "{text}");
        }
    }

    #[test]
    fn other_forms() {
        for (text, wanted) in [
            ("7/29/2018 5:58:19 PM", naive(1_532_887_099_000)),
            ("7/29/2018, 5:58:19\u{202f}pm", naive(1_532_887_099_000)),
            ("11/14/2023 10:13:20 PM +00:00", absolute(AT)),
            ("11/14/2023 12:13:20 AM", naive(AT - 22 * 3_600_000)),
            ("11/14/2023 12:13:20 PM", naive(AT - 10 * 3_600_000)),
            ("Tue, 14 Nov 2023 22:13:20 GMT", absolute(AT)),
            ("/Date(1700000000000)/", absolute(AT)),
            ("/Date(1700000000000+0100)/", absolute(AT)),
            ("/Date(1700000000000-0800)/", absolute(AT)),
            ("1700000000", absolute(AT)),
            ("1700000000.25", absolute(AT)),
            ("1700000000000", absolute(AT)),
            ("99999999999", absolute(99_999_999_999_000)),
            ("100000000000", absolute(100_000_000_000)),
        ] {
            assert_eq!(parse_date(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "soon",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-10T00:00:00Z",
            "2023-11-31T00:00:00Z",
            "2023-11-14T24:00:00Z",
            "2023-11-14T22:60:00Z",
            "2023-11-14T22:13:20.Z",
            "2023-11-14T22:13:20.1234567890Z",
            "2023-11-14T22:13:20+2",
            "2023-11-14T22:13:20+02:0",
            "2023-11-14T22:13:20+24:00",
            "2023-11-14T22:13:20+01:60",
            "2100-02-29T00:00:00Z",
            "2023-11-14T22:13:20Zulu",
            "2023-11-14",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "29/07/2018 17:58:19",
            "07/08/2018 17:58:19",
            "7/29/2018 13:58:19 PM",
            "7/29/20185:58:19 PM",
            "7/29/2018 5:58:19 XM",
            "-1700000000",
            "17000000000000000000000",
            ".5",
            "/Date(soon)/",
            "２023-11-14T22:13:20Z",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn http_dates() {
        assert_eq!(
            parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT"),
            Some(Timestamp::from_ms(AT))
        );
        assert_eq!(
            parse_http_date(" Thu, 29 Feb 2024 00:00:00 GMT "),
            Some(Timestamp::from_ms(1_709_164_800_000))
        );
        for text in [
            "120",
            "Tue, 14 Nov 2023 22:13:20 CET",
            "Tue, 14 Nov 2023 22:13:20",
            "Tue, 14 Nov 2023 24:13:20 GMT",
            "Tue, 31 Nov 2023 22:13:20 GMT",
            "Tue, 14 nov 2023 22:13:20 GMT",
            "Tue, 14 ovD 2023 22:13:20 GMT",
            "Tue, 14 Növ 2023 22:13:20 GMT",
            "Tuesday, 14-Nov-23 22:13:20 GMT",
            "Tue Nov 14 22:13:20 2023",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn http_dates_agree_with_the_crate() {
        for step in 0..2_000_u64 {
            let seconds = step * 7_776_013 % 4_102_444_800; // up to 2099
            let point = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            let wanted = Timestamp::from_secs(i64::try_from(seconds).unwrap());
            assert_eq!(
                parse_http_date(&httpdate::fmt_http_date(point)),
                Some(wanted),
                "{seconds}"
            );
        }
    }

    #[test]
    fn bare_numbers() {
        for (number, wanted) in [
            (0.0, Some(0)),
            (1_700_000_000.0, Some(AT)),
            (1_700_000_000.5, Some(AT + 500)),
            (1_700_000_000_000.0, Some(AT)),
            (99_999_999_999.0, Some(99_999_999_999_000)),
            (1e11, Some(100_000_000_000)),
            (1e300, Some(8_640_000_000_000_000)),
            (-1.0, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(
                from_epoch_number(number).map(Timestamp::as_ms),
                wanted,
                "{number}"
            );
        }
    }
}
