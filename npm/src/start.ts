import { join } from "./join.js";
import { unpack } from "./unpack.js";

/** What wasm-bindgen's glue offers for starting a module. */
interface Glue {
  initSync(module: { module: WebAssembly.Module }): unknown;
}

/** A module's bytes as a chunk carries them: see `scripts/lib/pack.mjs` and `split.mjs`. */
interface Packed {
  readonly packed: string;
  readonly frequent: number[];
  readonly lengths: number[];
}

/**
 * A function that starts a module, once for this copy of the package, however many ask. A failure is forgotten, so
 * that the next call tries again.
 */
export function starter<G extends Glue>(glue: G, { packed, frequent, lengths }: Packed): () => Promise<G> {
  let started: Promise<G> | undefined;
  // Compiled asynchronously, away from the main thread; making the instance is short. Under a policy that forbids
  // WebAssembly either of the two may be what throws.
  const launch = async (): Promise<G> => {
    glue.initSync({ module: await WebAssembly.compile(join(unpack(packed, frequent), lengths)) });
    return glue;
  };
  return () =>
    (started ??= launch().catch((error: unknown) => {
      started = undefined;
      throw error;
    }));
}
