/** The parts, as `scripts/lib/split.mjs` orders them. */
const [BEFORE, AFTER, OP, LOCAL, LABEL, CALL, GET, I32, I64, OFFSET, FLOAT, OTHER] = [0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13];

/** Puts a module together that `scripts/lib/split.mjs` took apart, and says there why; `lengths` are its parts'. */
export function join(parts: Uint8Array, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  let end = 0;
  const next = lengths.map((length) => (end += length) - length);
  let out: number[] = [];
  const byte = (part: number): number => {
    const at = next[part] as number;
    next[part] = at + 1;
    const read = parts[at] as number;
    out.push(read);
    return read;
  };
  const number = (part: number): number => {
    let value = 0;
    for (let shift = 0, read = 128; read > 127; shift += 7) {
      read = byte(part);
      value |= (read & 127) << shift;
    }
    return value;
  };
  const numbers = (part: number, count: number): void => {
    while (count-- > 0) number(part);
  };
  /** What `fill` writes, behind its size. */
  const sized = (fill: () => void): void => {
    const before = out;
    out = [];
    fill();
    let size = out.length;
    for (; size > 127; size >>= 7) before.push((size & 127) | 128);
    before.push(size);
    for (const written of out) before.push(written);
    out = before;
  };

  const body = (): void => {
    numbers(LOCAL, 2 * number(LOCAL));
    for (let depth = 1; depth > 0; ) {
      const op = byte(OP);
      if (op === 0x0b) depth--;
      else if (op === 0x41) number(I32);
      else if (op >= 0x20 && op <= 0x22) number(GET + op - 0x20);
      else if (op >= 0x28 && op <= 0x3e) {
        out.push(0);
        number(OFFSET);
      } else if (op === 0x10) number(CALL);
      else if (op === 0x0c || op === 0x0d) number(LABEL);
      else if (op >= 0x02 && op <= 0x04) {
        depth++;
        number(OTHER);
      } else if (op === 0x42) number(I64);
      else if (op === 0x0e) numbers(LABEL, number(LABEL) + 1);
      else if (op === 0x43 || op === 0x44) for (let i = op === 0x43 ? 4 : 8; i > 0; i--) byte(FLOAT);
      else if (op === 0x11) numbers(OTHER, 2);
      else if (op === 0x1c) numbers(OTHER, number(OTHER));
      else if ((op >= 0x23 && op <= 0x26) || op === 0x3f || op === 0x40 || op === 0xd0 || op === 0xd2) number(OTHER);
      else if (op === 0xfc) {
        const more = number(OP);
        numbers(OTHER, more < 8 ? 0 : more > 14 || more % 2 ? 1 : 2);
      }
    }
  };

  for (let i = lengths[BEFORE] as number; i > 0; i--) byte(BEFORE);
  out.push(10);
  sized(() => {
    for (let functions = number(LOCAL); functions > 0; functions--) sized(body);
  });
  for (let i = lengths[AFTER] as number; i > 0; i--) byte(AFTER);
  return Uint8Array.from(out);
}
