/** How many bytes have a character of their own; the alphabet's other two characters open a pair. */
const SINGLE = 90;
const ALPHABET = 92;

/**
 * Reads what `scripts/lib/pack.mjs` wrote, and says there why it is written so. In one loop over numbers, since it runs
 * once, before anything has been compiled to fast code, and a page waits for it.
 */
export function unpack(packed: string, frequent: readonly number[]): Uint8Array {
  const table = frequent.slice();
  for (let byte = 0; byte < 256; byte++) if (!frequent.includes(byte)) table.push(byte);
  // The alphabet is printable ASCII without the characters 34, 60 and 92: " < \
  const ranks = new Uint8Array(128);
  for (let code = 32, rank = 0; code < 127; code++) if (code !== 34 && code !== 60 && code !== 92) ranks[code] = rank++;
  const bytes = new TextEncoder().encode(packed);
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    let rank = ranks[bytes[i] as number] as number;
    if (rank >= SINGLE) rank = SINGLE + (rank - SINGLE) * ALPHABET + (ranks[bytes[++i] as number] as number);
    bytes[count++] = table[rank] as number;
  }
  return bytes.subarray(0, count);
}
