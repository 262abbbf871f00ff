import { join } from "./join.js";
import type { Instantiate } from "./start.js";

/**
 * Compiles a module that is written as in `scripts/lib/split.mjs`. At once: browsers compile a function when it is first called,
 * and having another thread check the module (`WebAssembly.compile`) takes longer than checking it. A page's policy may
 * make either step throw.
 */
export function compile(text: string): Instantiate {
  const module = new WebAssembly.Module(join(text));
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}
