//! One segment of a token: base64 of either alphabet, with or without padding, around JSON.

use super::zeroed::Zeroed;
use super::{Json, JsonReader};

/// The bytes of a segment; `None` when it is no base64. Bits left over at the end are dropped.
///
/// Written out here since a crate's decoder is ten times its size, and knows one alphabet at a time.
pub(crate) fn decode(segment: &str) -> Option<Zeroed<Vec<u8>>> {
    let mut digits = segment.as_bytes();
    while let [rest @ .., b'='] = digits {
        digits = rest;
    }
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Zeroed::<Vec<u8>>::from(Vec::with_capacity(digits.len()));
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in digits {
        bits = bits << 6 | u32::from(value(*digit)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "takes the lowest eight bits")]
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// What a digit of either alphabet stands for.
pub(crate) fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The JSON object in a segment; `None` when there is none.
pub(crate) fn object(segment: &str, json: &JsonReader) -> Option<Json> {
    json.read(&decode(segment)?)
        .filter(|json| matches!(json, Json::Object(_)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::parse_json;
    use super::{JsonReader, decode, object, value};

    #[test]
    fn both_alphabets_and_any_padding_decode() {
        let wanted = vec![0xfb, 0xff, 0xfe, 0x41];
        for segment in ["-__-QQ", "+//+QQ", "-/_+QQ==", "-__-QQ=", "+//+QR"] {
            assert_eq!(
                decode(segment).map(|b| b.to_vec()),
                Some(wanted.clone()),
                "{segment}"
            );
        }
        let all: String = (0..=255_u8)
            .map(char::from)
            .filter(|c| value(*c as u8).is_some())
            .collect();
        assert_eq!(all.len(), 66);
        assert_eq!(decode("").map(|b| b.len()), Some(0));
        for bad in ["a", "ab*d", "a=bc", "äbcd", "ab cd"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn it_agrees_with_the_crate() {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
        let mut rng = fastrand::Rng::with_seed(1);
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
            for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                assert_eq!(decode(&text).map(|b| b.to_vec()), Some(bytes.clone()), "{text}");
            }
        }
    }

    #[test]
    fn only_objects_are_taken() {
        assert!(object("eyJhIjoxfQ", &JsonReader::new(parse_json)).is_some());
        for bad in ["WzFd", "MQ", "IngI", "_w", "eyJhIjox"] {
            assert_eq!(object(bad, &JsonReader::new(parse_json)), None, "{bad}");
        }
    }
}
