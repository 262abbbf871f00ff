import { join } from "./join.js";
import type { Instantiate } from "./start.js";

/** Compiles a module that is written as in `scripts/lib/split.mjs`, away from the main thread; making the instance is short. A page's policy may make either throw. */
export async function compile(text: string): Promise<Instantiate> {
  const module = await WebAssembly.compile(join(text));
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}
