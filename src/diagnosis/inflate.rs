//! Inflate (RFC 1951), bit by bit as in zlib's puff.c: crates are made for speed, and ten times as large. A token's 4 KB
//! take it a millisecond.
//!
//! Codes that no compressor writes give `None` or rubbish, which gzip's checksum finds.

/// The order in which a block states the lengths of the codes for lengths.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// What deflated bytes unpack to; `None` where they are damaged, cut off, or followed by others, or where it would be more
/// than `limit` bytes.
pub(super) fn inflate(deflated: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut bits = Bits {
        bytes: deflated.iter(),
        held: 0,
        count: 0,
    };
    let mut out = Vec::new();
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => copy_stored(&mut bits, &mut out)?,
            1 => unpack_block(&mut bits, &mut out, limit, &fixed_codes())?,
            2 => {
                let codes = read_codes(&mut bits)?;
                unpack_block(&mut bits, &mut out, limit, &codes)?;
            }
            _ => return None,
        }
        if out.len() > limit {
            return None;
        }
        if is_last {
            return bits.bytes.as_slice().is_empty().then_some(out);
        }
    }
}

/// The input, from the lowest bit of each byte on.
struct Bits<'a> {
    bytes: std::slice::Iter<'a, u8>,
    held: usize,
    count: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<usize> {
        while self.count < count {
            self.held |= usize::from(*self.bytes.next()?) << self.count;
            self.count += 8;
        }
        let taken = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Some(taken)
    }
}

/// A Huffman code: how many of its words have 1, 2, … 15 bits, and what they stand for, shorter words first.
struct Code {
    counts: [usize; 15],
    symbols: Vec<usize>,
}

impl Code {
    /// The code in which the word for the symbol `n` has `lengths[n]` bits; none with 0.
    fn new(lengths: &[usize]) -> Self {
        let mut symbols = Vec::new();
        let counts = std::array::from_fn(|at| {
            let words = lengths
                .iter()
                .enumerate()
                .filter(|(_, length)| **length == at + 1);
            let before = symbols.len();
            symbols.extend(words.map(|(symbol, _)| symbol));
            symbols.len() - before
        });
        Self { counts, symbols }
    }

    /// The next symbol. Words of one length are numbers in a row, so one is found by its distance from the first of them.
    fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut word, mut first, mut before) = (0, 0, 0);
        for count in self.counts {
            word = word << 1 | bits.take(1)?;
            let at = usize::checked_sub(word, first)?;
            if at < count {
                return self.symbols.get(before + at).copied();
            }
            before += count;
            first = (first + count) << 1;
        }
        None
    }
}

/// The codes of a block for literals and lengths, and for distances.
type Codes = (Code, Code);

fn fixed_codes() -> Codes {
    let lengths: Vec<usize> = (0..288)
        .map(|symbol| match symbol {
            0..144 | 280.. => 8,
            144..256 => 9,
            _ => 7,
        })
        .collect();
    (Code::new(&lengths), Code::new(&[5; 30]))
}

fn read_codes(bits: &mut Bits<'_>) -> Option<Codes> {
    let literals = bits.take(5)? + 257;
    let distances = bits.take(5)? + 1;
    let stated = bits.take(4)? + 4;
    let mut lengths = [0; 19];
    for at in ORDER.iter().take(stated) {
        *lengths.get_mut(*at)? = bits.take(3)?;
    }
    let code = Code::new(&lengths);
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.next(bits)? {
            16 => (*lengths.last()?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    let (literals, distances) = lengths.split_at_checked(literals)?;
    Some((Code::new(literals), Code::new(distances)))
}

/// A block as it is, from the next whole byte on.
fn copy_stored(bits: &mut Bits<'_>, out: &mut Vec<u8>) -> Option<()> {
    (bits.held, bits.count) = (0, 0);
    let length = bits.take(16)?;
    if bits.take(16)? != length ^ 0xffff {
        return None;
    }
    let (stored, rest) = bits.bytes.as_slice().split_at_checked(length)?;
    out.extend_from_slice(stored);
    bits.bytes = rest.iter();
    Some(())
}

fn unpack_block(bits: &mut Bits<'_>, out: &mut Vec<u8>, limit: usize, codes: &Codes) -> Option<()> {
    let (literals, distances) = codes;
    while out.len() <= limit {
        let symbol = literals.next(bits)?;
        if let Ok(literal) = u8::try_from(symbol) {
            out.push(literal);
            continue;
        }
        let length = match symbol {
            256 => return Some(()),
            285 => 258,
            _ => 3 + spread(symbol - 257, 4, bits)?,
        };
        let distance = 1 + spread(distances.next(bits)?, 2, bits)?;
        let from = out.len().checked_sub(distance)?;
        for at in from..from + length {
            out.push(*out.get(at)?);
        }
    }
    None
}

/// The number that a symbol and the bits after it stand for: symbols are in groups, of which each is twice as wide as the
/// one before it.
fn spread(symbol: usize, group: usize, bits: &mut Bits<'_>) -> Option<usize> {
    if symbol < group {
        return Some(symbol);
    }
    let more = symbol / group - 1;
    Some(((group + symbol % group) << more) + bits.take(more)?)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use proptest::prelude::*;

    use super::inflate;

    const LIMIT: usize = 100_000;

    fn deflate(bytes: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        /// Level 0 stores, short texts get the fixed codes, long ones their own.
        #[test]
        fn what_was_deflated_comes_back(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..2_000),
                proptest::collection::vec(b'a'..b'f', 0..20_000),
                "[a-z\\{\\}\":, ]{0,3000}".prop_map(String::into_bytes),
            ],
            level in 0..10_u32,
            cut in any::<prop::sample::Index>(),
        ) {
            let deflated = deflate(&bytes, level);
            prop_assert_eq!(inflate(&deflated[..cut.index(deflated.len())], LIMIT), None);
            prop_assert_eq!(inflate(&deflated, LIMIT), Some(bytes));
        }

        #[test]
        fn rubbish_ends_within_the_limit(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(out) = inflate(&bytes, 1_000) {
                prop_assert!(out.len() <= 1_000);
            }
        }
    }

    #[test]
    fn every_length_and_distance_comes_back() {
        // three bytes, what no one else has, and the three again after any distance and for any length
        let mut bytes = Vec::new();
        for at in 0..32_768_u32 {
            bytes.extend(at.wrapping_mul(2_654_435_761).to_be_bytes());
        }
        for (distance, length) in (3..=258).rev().map(|length| (length * 120, length)) {
            let from = bytes.len() - distance;
            bytes.extend_from_within(from..from + length);
        }
        assert_eq!(inflate(&deflate(&bytes, 9), bytes.len()), Some(bytes));
    }

    #[test]
    fn limits_are_kept() {
        let deflated = deflate(&[0; 10_000], 9);
        assert_eq!(inflate(&deflated, 10_000).map(|out| out.len()), Some(10_000));
        assert_eq!(inflate(&deflated, 9_999), None);
        assert_eq!(inflate(&deflate(&[0; 10_000], 0), 9_999), None);
    }

    #[test]
    fn what_follows_is_refused() {
        let mut deflated = deflate(b"hello", 9);
        deflated.push(0);
        assert_eq!(inflate(&deflated, LIMIT), None);
    }
}
