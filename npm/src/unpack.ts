/** How many bytes have a character of their own; the alphabet's other two characters open a pair. */
const SINGLE = 90;
const ALPHABET = 92;

/** Reads what `scripts/lib/pack.mjs` wrote, and says there why it is written so. */
export function unpack(packed: string, frequent: readonly number[]): Uint8Array {
  const table = frequent.slice();
  for (let byte = 0; byte < 256; byte++) if (!frequent.includes(byte)) table.push(byte);
  let from = 0;
  const next = () => {
    const code = packed.charCodeAt(from++);
    // The alphabet is printable ASCII without the characters 34, 60 and 92: " < \
    return code - 32 - Number(code > 34) - Number(code > 60) - Number(code > 92);
  };
  const bytes: number[] = [];
  while (from < packed.length) {
    const rank = next();
    bytes.push(table[rank < SINGLE ? rank : SINGLE + (rank - SINGLE) * ALPHABET + next()] as number);
  }
  return Uint8Array.from(bytes);
}
