/**
 * Makes `start` run once, however often the result is called. A failed start is forgotten, so that the next call tries
 * again.
 */
export function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () =>
    (started ??= start().catch((error: unknown) => {
      started = undefined;
      throw error;
    }));
}

/** Starts the first candidate that can be started. Rejects with the last candidate's error when none can. */
export async function startFirst<T>(candidates: readonly (() => Promise<T>)[]): Promise<T> {
  let failure: unknown;
  for (const start of candidates) {
    try {
      return await start();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
