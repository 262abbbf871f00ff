/** The parts, as `scripts/lib/split.mjs` orders them. */
const [BEFORE, AFTER, OP, LOCAL, LABEL, CALL, GET, SET, TEE, I32, I64, OFFSET, FLOAT, OTHER] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

/** The part that has the one number that follows an opcode, and the first and the last opcode for which it does. */
const FOLLOWS: readonly (readonly [part: number, first: number, last: number])[] = [
  [OTHER, 0x02, 0x04],
  [LABEL, 0x0c, 0x0d],
  [CALL, 0x10, 0x10],
  [GET, 0x20, 0x20],
  [SET, 0x21, 0x21],
  [TEE, 0x22, 0x22],
  [OTHER, 0x23, 0x24],
  [OFFSET, 0x28, 0x3e],
  [OTHER, 0x3f, 0x40],
  [I32, 0x41, 0x41],
  [I64, 0x42, 0x42],
];

/**
 * Puts a module together that `scripts/lib/split.mjs` took apart, and says there why; `lengths` are its parts'.
 *
 * It runs once, before anything has been compiled to fast code, and a page waits for it: so the opcodes' parts are in a
 * table, and numbers are copied by one function.
 */
export function join(parts: Uint8Array, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  // alignments and sizes are all that comes on top
  const out = new Uint8Array(2 * parts.length);
  let at = 0;
  let end = 0;
  const next = lengths.map((length) => (end += length) - length);

  /** Which part has the one number that follows an opcode; 0 where none does, or more. */
  const follows = new Uint8Array(256);
  for (const [part, first, last] of FOLLOWS) follows.fill(part, first, last + 1);

  const bytes = (part: number, count: number): void => {
    const from = next[part] as number;
    out.set(parts.subarray(from, (next[part] = from + count)), at);
    at += count;
  };
  const numbers = (part: number, count: number): number => {
    let from = next[part] as number;
    let value = 0;
    for (; count > 0; count--) {
      value = 0;
      for (let shift = 0, read = 128; read > 127; shift += 7) {
        out[at++] = read = parts[from++] as number;
        value |= (read & 127) << shift;
      }
    }
    next[part] = from;
    return value;
  };
  /** What `fill` writes, behind its size, which it is moved up to. */
  const sized = (fill: () => void): void => {
    let head = at;
    const start = (at += 4);
    fill();
    let size = at - start;
    for (; size > 127; size >>= 7) out[head++] = (size & 127) | 128;
    out[head++] = size;
    out.copyWithin(head, start, at);
    at -= start - head;
  };

  const body = (): void => {
    numbers(LOCAL, 2 * numbers(LOCAL, 1));
    for (let depth = 1; depth > 0; ) {
      const op = parts[(next[OP] as number)++] as number;
      out[at++] = op;
      const part = follows[op] as number;
      if (part > 0) {
        if (part === OFFSET) at++;
        if (op < 5) depth++;
        numbers(part, 1);
      } else if (op === 0x0b) depth--;
      else if (op === 0x0e) numbers(LABEL, numbers(LABEL, 1) + 1);
      else if (op === 0x43 || op === 0x44) bytes(FLOAT, 4 * (op - 0x42));
      else if (op === 0x11) numbers(OTHER, 2);
      else if (op === 0xfc) {
        // a conversion has no number, a copy two, a fill one
        const more = numbers(OP, 1);
        numbers(OTHER, more < 8 ? 0 : 12 - more);
      }
    }
  };

  bytes(BEFORE, lengths[BEFORE] as number);
  out[at++] = 10;
  sized(() => {
    for (let functions = numbers(LOCAL, 1); functions > 0; functions--) sized(body);
  });
  bytes(AFTER, lengths[AFTER] as number);
  return out.subarray(0, at);
}
