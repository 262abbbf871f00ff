//! One segment of a token: base64 of either alphabet, with or without padding, around JSON.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use zeroize::Zeroizing;

use super::{Json, ReadJson};

/// The bytes of a segment; `None` when it is no base64.
pub(crate) fn decode(segment: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(segment.trim_end_matches('=').as_bytes().to_vec());
    for byte in bytes.iter_mut() {
        match *byte {
            b'+' => *byte = b'-',
            b'/' => *byte = b'_',
            _ => {}
        }
    }
    let length = Base64UrlUnpadded::decode_in_place(&mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}

/// The JSON object in a segment; `None` when there is none.
pub(crate) fn object(segment: &str, read_json: ReadJson) -> Option<Json> {
    let bytes = decode(segment)?;
    let text = core::str::from_utf8(&bytes).ok()?;
    read_json(text).filter(|json| matches!(json, Json::Map(_)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::read_json;
    use super::*;

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
        assert_eq!(decode("").map(|b| b.len()), Some(0));
        for bad in ["a", "ab*d", "a=bc", "äbcd", "ab cd"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_objects_are_taken() {
        assert!(object("eyJhIjoxfQ", read_json).is_some());
        for bad in ["WzFd", "MQ", "IngI", "_w", "eyJhIjox"] {
            assert_eq!(object(bad, read_json), None, "{bad}");
        }
    }
}
