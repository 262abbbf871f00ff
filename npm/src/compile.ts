import { join } from "./join.js";
import type { Instantiate } from "./start.js";
import { unpack } from "./unpack.js";

/** A module's bytes as a chunk carries them: see `scripts/lib/pack.mjs` and `split.mjs`. */
interface Packed {
  readonly packed: string;
  readonly frequent: number[];
  readonly lengths: number[];
}

/**
 * Makes an instance of a module. At once: browsers compile a function when it is first called, and having another thread
 * check the module (`WebAssembly.compile`) takes longer than checking it. A page's policy may make it throw.
 */
export function compile({ packed, frequent, lengths }: Packed): Instantiate {
  const module = new WebAssembly.Module(join(unpack(packed, frequent), lengths));
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}
