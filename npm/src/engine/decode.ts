/** Makes a module's exports from its imports. */
export type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

/** The bytes that `scripts/lib/text.mjs` wrote as a text. */
export function decode(text: string, key: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  // a loop, since `Uint8Array.from` takes five times as long
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i) ^ key;
  return bytes;
}

/**
 * Compiles a module. Synchronously: browsers compile a function when it is
 * first called, and validating the module on another thread (`WebAssembly.compile`) takes longer than validating it
 * here. A page's policy may make either step throw.
 */
export async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Instantiate> {
  const module = await moduleFrom(bytes);
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}

/** Chromium before 2023 refuses to compile more than 4 KB synchronously. */
function moduleFrom(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | Promise<WebAssembly.Module> {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (error instanceof RangeError) return WebAssembly.compile(bytes);
    throw error;
  }
}
