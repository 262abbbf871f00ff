/** What tools/join knows, at the beginning of its memory: addresses of parts, and where the next byte goes. The text is behind it. */
const END = 144;
const TEXT = 16_384;

/**
 * Puts a module together that `scripts/lib/split.mjs` took apart, and says there why. The hot part of it is a module too
 * (`tools/join`), since JavaScript that runs once is slow.
 */
export function join(text: string): Uint8Array<ArrayBuffer> {
  const [joiner, before, after, ...parts] = text.split(" ") as [string, string, string];
  const { memory, join } = new WebAssembly.Instance(new WebAssembly.Module(bytes(joiner))).exports as {
    memory: WebAssembly.Memory;
    join: (known: number) => void;
  };
  // a character stands for two bytes at most
  memory.grow(text.length >> 14);
  const all = new Uint8Array(memory.buffer);
  const known = new Uint32Array(memory.buffer);
  let end = TEXT;
  parts.forEach((part: string, i) => {
    known[i] = end;
    end += new TextEncoder().encodeInto(part, all.subarray(end)).written;
  });
  const start = end;
  const put = (some: Uint8Array): void => {
    all.set(some, end);
    end += some.length;
  };
  put(bytes(before));
  known[END] = end;
  join(0);
  end = known[END] as number;
  put(bytes(after));
  return all.subarray(start, end);
}

/** Bytes, written as `split.mjs` writes them. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  const list: number[] = [];
  let tens = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code - 35 - Number(code > 60) - Number(code > 92);
    if (digit < 80) list.push((tens * 80 + digit) ^ 64);
    tens = digit < 80 ? 0 : digit - 79;
  }
  return Uint8Array.from(list);
}
