import { join } from "./join.js";
import type { Instantiate } from "./start.js";
import { unpack } from "./unpack.js";

/** A module's bytes as a chunk carries them: see `scripts/lib/pack.mjs` and `split.mjs`. */
interface Packed {
  readonly packed: string;
  readonly frequent: number[];
  readonly lengths: number[];
}

/** Compiles a module, away from the main thread; making the instance is short. A page's policy may make either throw. */
export async function compile({ packed, frequent, lengths }: Packed): Promise<Instantiate> {
  const module = await WebAssembly.compile(join(unpack(packed, frequent), lengths));
  return (imports) => new WebAssembly.Instance(module, imports).exports;
}
