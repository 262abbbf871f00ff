//! Whether a token is whole: gzip's checksum, base64's rules, and the few values that its plain part can have.

use super::cloud::{CLOUDS, host_of};
use super::inflate::inflate;
use crate::time::Timestamp;
use crate::token::{Json, base64_value, decode_base64};

/// The most that a token's gzip part may unpack to: a real one has about 4 KB.
const MAX_UNPACKED: usize = 256 * 1_024;
/// A token that ends more than a year from now was altered.
const MAX_LIFETIME_MS: i64 = 366 * 86_400_000;
/// The members that the plain part of an embed token is known to have.
const MEMBERS: [&str; 4] = [
    "clusterUrl",
    "exp",
    "embedFeatures",
    "allowAccessOverPublicInternet",
];

/// What a gzip part holds; `None` when its checksum or length is wrong, it is cut off, or something follows it.
///
/// Its header is the plain one that .NET and everybody else writes around a text that comes from no file.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let [0x1f, 0x8b, 8, 0, _, _, _, _, _, _, rest @ ..] = bytes else {
        return None;
    };
    let (rest, length) = rest.split_last_chunk::<4>()?;
    let (deflated, checksum) = rest.split_last_chunk::<4>()?;
    let unpacked = inflate(deflated, MAX_UNPACKED)?;
    let whole = unpacked.len() == u32::from_le_bytes(*length) as usize
        && crc32(&unpacked) == u32::from_le_bytes(*checksum);
    whole.then_some(unpacked)
}

/// gzip's checksum, bit by bit: a table is no smaller than what it would save on 4 KB.
fn crc32(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| shifted(crc))
    })
}

/// The bytes of a segment that keeps base64's rules: one alphabet, no `=` inside, no bits left over.
pub(super) fn strict(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    if bare.contains(['+', '/']) && bare.contains(['-', '_']) {
        return None;
    }
    let bytes = decode_base64(bare)?;
    // after one byte more than whole groups of three, the last digit has four bits left; after two more, two
    let unused = match bytes.len() % 3 {
        1 => 0x0f,
        2 => 0x03,
        _ => 0,
    };
    let last = bare.bytes().next_back().and_then(base64_value).unwrap_or(0);
    (last & unused == 0).then(|| bytes.to_vec())
}

/// Whether the plain part of an embed token shows an altered character: a name, a host or a number that is almost,
/// and only almost, what such parts have. Names and hosts that are quite different may be new, and pass.
pub(super) fn is_altered(metadata: &Json, now: Timestamp) -> bool {
    let members = metadata.members();
    let misspelt = members
        .iter()
        .any(|(name, _)| MEMBERS.iter().any(|known| is_near_miss(name, known)));
    misspelt
        || metadata
            .get("clusterUrl")
            .is_some_and(|url| url.as_str().is_none_or(is_altered_url))
        || metadata.get("exp").is_some_and(|exp| !is_end(exp, now))
        || metadata
            .get("allowAccessOverPublicInternet")
            .is_some_and(|bit| !matches!(bit, Json::Bool(_)))
}

fn is_end(exp: &Json, now: Timestamp) -> bool {
    let latest = now.as_ms().saturating_add(MAX_LIFETIME_MS) / 1_000;
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
    exp.as_f64()
        .is_some_and(|seconds| seconds.fract() == 0.0 && seconds >= 0.0 && seconds <= latest as f64)
}

fn is_altered_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_at_checked(8) else {
        return true;
    };
    if !rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b':' | b'_'))
    {
        return true;
    }
    let host = host_of(url);
    let near_host = CLOUDS.iter().any(|cloud| {
        let tail = format!(".{}", cloud.analysis);
        host.len()
            .checked_sub(tail.len())
            .and_then(|at| host.get(at..))
            .is_some_and(|end| is_near_miss(end, &tail))
    });
    near_host && super::cloud::of_cluster(url).is_none()
        || is_near_miss(scheme, "https://")
        || is_altered_label(rest)
}

/// Whether the first label of a cluster's host is almost `WABI-<REGION>-redirect` or `WABI-<REGION>-A-PRIMARY-redirect`.
fn is_altered_label(rest: &str) -> bool {
    let label = rest.split(['.', '/']).next().unwrap_or("");
    let lower = label.to_ascii_lowercase();
    let (start, end) = (
        lower.get(..5).unwrap_or(""),
        lower.len().checked_sub(9).and_then(|at| lower.get(at..)),
    );
    if is_near_miss(start, "wabi-") && !label.is_empty()
        || end.is_some_and(|end| is_near_miss(end, "-redirect"))
    {
        return true;
    }
    if start != "wabi-" || end != Some("-redirect") {
        return false;
    }
    let region = label.get(5..label.len() - 9).unwrap_or("");
    let cased = |is: fn(&u8) -> bool| region.bytes().any(|byte| is(&byte));
    cased(u8::is_ascii_lowercase) && cased(u8::is_ascii_uppercase) || region.bytes().any(|byte| byte == b'_')
}

/// Whether two texts of one length differ, in one or two bytes: one changed character of base64 reaches two.
fn is_near_miss(text: &str, known: &str) -> bool {
    let different = text.bytes().zip(known.bytes()).filter(|(a, b)| a != b).count();
    text.len() == known.len() && (1..=2).contains(&different)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::{CLOUDS, Timestamp, is_altered, strict, unpack};
    use crate::token::testing::json;

    const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn only_a_whole_gzip_part_unpacks() {
        let whole = packed(b"hello hello hello");
        assert_eq!(unpack(&whole).as_deref(), Some(b"hello hello hello".as_slice()));
        for length in 0..whole.len() {
            assert_eq!(unpack(&whole[..length]), None, "{length}");
        }
        assert_eq!(unpack(&[whole.as_slice(), b"x"].concat()), None);
        let mut altered = whole;
        let crc = altered.len() - 8;
        altered[crc] ^= 1;
        assert_eq!(unpack(&altered), None);
    }

    #[test]
    fn a_bomb_is_refused_early() {
        assert_eq!(unpack(&packed(&vec![0; 64 * 1_024 * 1_024])), None);
        assert!(unpack(&packed(&vec![0; 100_000])).is_some());
    }

    #[test]
    fn base64_is_kept_to_its_rules() {
        for good in ["", "QUJD", "QUI", "QUI=", "QQ==", "-_-_", "+/+/"] {
            assert!(strict(good).is_some(), "{good}");
        }
        for bad in ["-/-_", "QUJ", "QR", "Q", "Q=UI", "QU D"] {
            assert!(strict(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn plain_parts_of_all_eras_and_clouds_pass() {
        for cloud in &CLOUDS {
            for label in [
                "WABI-WEST-EUROPE-redirect",
                "wabi-us-north-central-h-redirect",
                "WABI-X-A-PRIMARY-redirect",
            ] {
                let url = format!("https://{label}.{}/", cloud.analysis);
                let part =
                    json!({"clusterUrl": url, "exp": 1_700_003_600, "allowAccessOverPublicInternet": false});
                assert!(!is_altered(&json(&part), NOW), "{part}");
            }
        }
        for part in [
            json!({}),
            json!({"clusterUrl": "https://cluster.example"}),
            json!({"clusterUrl": "https://WABI-X-redirect.analysis.new-cloud.example", "somethingNew": 1}),
            json!({"clusterUrl": "https://api.powerbi.com/", "embedFeatures": {"modernEmbed": false}}),
        ] {
            assert!(!is_altered(&json(&part), NOW), "{part}");
        }
    }

    #[test]
    fn almost_right_is_altered() {
        for part in [
            json!({"clustesUrl": "https://WABI-X-redirect.analysis.windows.net"}),
            json!({"exq": 1_700_003_600}),
            json!({"exp": 9_700_003_600_i64}),
            json!({"exp": -1}),
            json!({"exp": 1_700_003_600.5}),
            json!({"exp": "soon"}),
            json!({"clusterUrl": 7}),
            json!({"clusterUrl": "x"}),
            json!({"clusterUrl": "httqs://WABI-X-redirect.analysis.windows.net"}),
            json!({"clusterUrl": "https://WABI-X-redirect.analysis.windowt.net"}),
            json!({"clusterUrl": "https://WACI-X-redirect.analysis.windows.net"}),
            json!({"clusterUrl": "https://WABI-X-redisect.analysis.windows.net"}),
            json!({"clusterUrl": "https://WABI-WEsT-redirect.analysis.windows.net"}),
            json!({"clusterUrl": "https://WABI-W#ST-redirect.analysis.windows.net"}),
            json!({"clusterUrl": "https://WABI-WÄST-redirect.analysis.windows.net"}),
            json!({"allowAccessOverPublicInternet": "true"}),
        ] {
            assert!(is_altered(&json(&part), NOW), "{part}");
        }
    }
}
