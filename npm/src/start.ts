/** Makes a module's exports of its imports. */
export type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Exports;

/** What the glue offers for starting a module: see `scripts/lib/glue.mjs`. */
interface Glue {
  start(instantiate: Instantiate): void;
}

/**
 * A function that starts a module, once for this copy of the package, however many ask. A failure is forgotten, so
 * that the next call tries again.
 */
export function starter<G extends Glue>(glue: G, load: () => Instantiate | Promise<Instantiate>): () => Promise<G> {
  let started: Promise<G> | undefined;
  const launch = async (): Promise<G> => {
    glue.start(await load());
    return glue;
  };
  return () =>
    (started ??= launch().catch((error: unknown) => {
      started = undefined;
      throw error;
    }));
}

/**
 * What the first of `ways` comes to that can be gone, for the reasons that `engines.ts` has; rejects as the last one
 * does.
 */
export async function first<T>(ways: readonly (() => Promise<T>)[]): Promise<T> {
  let failure: unknown;
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
