//! The identity of an embed's content.

/// The content of an embed: a hash of its type, id and group.
///
/// An embed token is good for the content it was generated for; an Aad token is good for all that its user may see.
/// 53 bits, so that JavaScript's numbers hold it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Content(u64);

const MAX: u64 = (1 << 53) - 1;

impl Content {
    /// The content that a configuration's `type`, `id` and `groupId` name. Case does not count: ids are GUIDs.
    #[must_use]
    pub fn new(kind: Option<&str>, id: Option<&str>, group: Option<&str>) -> Self {
        // FNV-1a; two contents of one page that collide would take thousands of millions of them
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for part in [kind, id, group] {
            for byte in part.unwrap_or_default().bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self((hash ^ (hash >> 53)) & MAX)
    }

    /// The content that another tab named by a number; `None` for what no content is.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "whole numbers of at most 53 bits are meant, and others are refused"
    )]
    pub fn from_number(number: f64) -> Option<Self> {
        let bits = number as u64;
        (bits <= MAX && bits as f64 == number).then_some(Self(bits))
    }

    /// The number by which other tabs are told of it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits at most")]
    pub const fn as_number(self) -> f64 {
        self.0 as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_id_and_group_make_it_and_case_does_not() {
        let report = Content::new(Some("report"), Some("a1"), Some("g"));
        assert_eq!(report, Content::new(Some("Report"), Some("A1"), Some("G")));
        for other in [
            Content::new(Some("tile"), Some("a1"), Some("g")),
            Content::new(Some("report"), Some("a2"), Some("g")),
            Content::new(Some("report"), Some("a1"), None),
            Content::new(Some("report"), Some("a1g"), Some("")),
            Content::default(),
        ] {
            assert_ne!(report, other);
        }
    }

    #[test]
    fn it_travels_as_a_number() {
        let report = Content::new(Some("report"), Some("a1"), None);
        assert_eq!(Content::from_number(report.as_number()), Some(report));
        for bad in [-1.0, 0.5, f64::NAN, f64::INFINITY, 2.0_f64.powi(53)] {
            assert_eq!(Content::from_number(bad), None, "{bad}");
        }
    }
}
