/** The parts, as `scripts/lib/split.mjs` orders them. */
const [BEFORE, AFTER, OPS, CODE, LOCALS, GET, LABEL, BLOCK, GLOBAL, LOAD, STORE, I64, FLOAT, OTHER, I32] = [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/** What ends a part. */
const END = 96;
/** How many digits there are; those up to `SINGLE` are numbers, and those from `LONG` on begin the longest ones. */
const DIGITS = 91;
const SINGLE = 80;
const LONG = 89;
/** The first character that is no byte itself. */
const BYTES_END = 124;

/** Puts a module together that `scripts/lib/split.mjs` took apart, and says there why. */
export function join(text: string): Uint8Array<ArrayBuffer> {
  // printable ASCII without four characters
  const digits = new Uint8Array(127);
  for (let code = 32, count = 0; code < 127; code++) if (!'"<\\`'.includes(String.fromCharCode(code))) digits[code] = count++;
  /** Where the next character of each part is. */
  const next = [0];
  for (let at = 0; (at = text.indexOf("`", at) + 1) > 0; ) next.push(at);
  // no character stands for more than two bytes
  const out = new Uint8Array(text.length * 2);
  let end = 0;

  const character = (part: number): number => text.charCodeAt(next[part] as number);
  const more = (part: number): boolean => character(part) !== END;
  const take = (part: number): number => {
    const taken = character(part);
    (next[part] as number)++;
    return taken;
  };
  const digit = (part: number): number => digits[take(part)] as number;
  const number = (part: number): number => {
    const first = digit(part);
    if (first < SINGLE) return first;
    if (first < LONG) return SINGLE + (first - SINGLE) * DIGITS + digit(part);
    let value = 0;
    for (let i = first > LONG ? 5 : 3; i > 0; i--) value = value * DIGITS + digit(part);
    return value;
  };
  const write = (value: number): void => {
    for (; value > 127; value >>>= 7) out[end++] = (value & 127) | 128;
    out[end++] = value;
  };
  const copy = (part: number, count = 1): void => {
    while (count-- > 0) write(number(part));
  };
  /** What `fill` writes, behind its size, which is written in three bytes. */
  const sized = (fill: () => void): void => {
    const start = (end += 3);
    fill();
    const size = end - start;
    out[start - 3] = (size & 127) | 128;
    out[start - 2] = ((size >> 7) & 127) | 128;
    out[start - 1] = size >> 14;
  };

  const ops: number[] = [];
  while (more(OPS)) ops.push(number(OPS));
  const functions = number(LOCALS);
  const imported = number(LOCALS);

  const body = (): void => {
    const declared = number(LOCALS);
    write(declared);
    copy(LOCALS, 2 * declared);
    const recent: number[] = [];
    for (let depth = 1; depth > 0; ) {
      const op = ops[number(CODE)] as number;
      if (op > 0xff) out[end++] = op >> 8;
      out[end++] = op;
      if (op === 0x0b) depth--;
      else if (op >= 0x20 && op <= 0x22) {
        let at = number(GET + op - 0x20);
        while (recent.length <= at) recent.push(recent.length);
        const local = recent[at] as number;
        for (; at > 0; at--) recent[at] = recent[at - 1] as number;
        recent[0] = local;
        write(local);
      } else if (op === 0x41) {
        const before = next[CODE] as number;
        const part = I32 + (((ops[number(CODE)] as number) & 0xff) >> 4);
        next[CODE] = before;
        let value = (number(part) - 4) | 0;
        for (; value < -64 || value > 63; value >>= 7) out[end++] = (value & 127) | 128;
        out[end++] = value & 127;
      } else if (op >= 0x28 && op <= 0x3e) {
        out[end++] = 0;
        copy(op < 0x36 ? LOAD : STORE);
      } else if (op === 0x10) {
        const callee = number(CODE);
        write(callee < functions ? callee + imported : callee - functions);
      } else if (op === 0x0c || op === 0x0d) copy(LABEL);
      else if (op >= 0x02 && op <= 0x04) {
        depth++;
        copy(BLOCK);
      } else if (op === 0x42) {
        do out[end] = number(I64);
        while ((out[end++] as number) > 127);
      } else if (op === 0x23 || op === 0x24) copy(GLOBAL);
      else if (op === 0x0e) {
        const labels = number(LABEL);
        write(labels);
        copy(LABEL, labels + 1);
      } else if (op === 0x43 || op === 0x44) for (let i = op === 0x43 ? 4 : 8; i > 0; i--) out[end++] = number(FLOAT);
      else if (op === 0x11 || op === 0xfc08 || op === 0xfc0a) copy(OTHER, 2);
      else if (op === 0x3f || op === 0x40 || op === 0xfc09 || op === 0xfc0b) copy(OTHER);
    }
  };

  while (more(BEFORE)) out[end++] = number(BEFORE);
  out[end++] = 10;
  sized(() => {
    write(functions);
    for (let i = 0; i < functions; i++) sized(body);
  });
  while (more(AFTER)) {
    const code = take(AFTER);
    out[end++] = code < BYTES_END ? code : (code - BYTES_END) * DIGITS + digit(AFTER);
  }
  return out.subarray(0, end);
}
