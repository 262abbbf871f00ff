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

/**
 * Starts the first candidate that can be started and has not crashed. Rejects with the last candidate's error when
 * there is none.
 */
export async function startFirst<T extends { crashed: boolean }>(
  candidates: readonly (() => Promise<T>)[],
): Promise<T> {
  let failure: unknown = new Error("crashed");
  for (const start of candidates) {
    try {
      const started = await start();
      if (!started.crashed) return started;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
