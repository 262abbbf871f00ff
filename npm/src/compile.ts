import { join } from "./join.js";
import type { Instantiate } from "./start.js";

/**
 * Compiles a module that is written as in `scripts/lib/split.mjs`. At once: browsers compile a function when it is
 * first called, and having another thread check the module (`WebAssembly.compile`) takes longer than checking it. A
 * page's policy may make either step throw.
 */
export async function compile(text: string): Promise<Instantiate> {
  const bytes = join(text);
  const module = await moduleOf(bytes);
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}

/** Chromium before 2023 does more than 4 KB on another thread alone. */
function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | Promise<WebAssembly.Module> {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    if (error instanceof RangeError) return WebAssembly.compile(bytes);
    throw error;
  }
}
