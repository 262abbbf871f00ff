/** What tools/join knows, at the beginning of its memory: addresses of parts, and where the next byte goes. The text is behind it. */
const END = 128;
const TEXT = 16_384;

/**
 * Puts a module together that `scripts/lib/split.mjs` took apart, and says there why. What does it is a module too
 * (`tools/join`), at the text's end, since JavaScript that runs once is slow.
 */
export function join(text: string): Uint8Array<ArrayBuffer> {
  const parts = text.split(" ");
  const { memory, join } = new WebAssembly.Instance(new WebAssembly.Module(bytes(parts.pop() as string))).exports as {
    memory: WebAssembly.Memory;
    join: (known: number) => void;
  };
  const all = new Uint8Array(memory.buffer);
  const known = new Uint32Array(memory.buffer);
  new TextEncoder().encodeInto(text, all.subarray(TEXT));
  let start = TEXT;
  parts.forEach((part, i) => {
    known[i] = start;
    start += part.length + 1;
  });
  known[END] = start;
  join(0);
  return all.subarray(start, known[END]);
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
