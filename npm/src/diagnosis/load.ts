import { diagnoses } from "../engine/candidates.js";
import { startFirst } from "../engine/lazy-start.js";
import { KeeperError } from "../errors.js";
import type { Explainer } from "./explainer.js";

/** How long the diagnosis may take to load before it is done without: a page must hear of a failure in time. */
const LOAD_TIMEOUT_MS = 5_000;

/**
 * Calls the diagnosis, in the next build of it where one crashes.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started, and with what it throws for
 * a bad option.
 */
export async function callDiagnosis<T>(call: (explainer: Explainer) => T | Promise<T>): Promise<T> {
  for (;;) {
    const explainer = await startFirst(diagnoses).catch(() => {
      throw new KeeperError("ERR_ENGINE");
    });
    try {
      return await call(explainer);
    } catch (error) {
      // what a trap threw may quote a token
      if (!explainer.crashed) throw error;
    }
  }
}

/**
 * As {@link callDiagnosis}, but resolves with undefined if that fails or takes too long, or when `end` is aborted. From
 * then on nothing is left of it; `over` tells what is being read for the answer.
 */
export function askDiagnosis<T>(
  ask: (explainer: Explainer, over: AbortSignal) => T | Promise<T>,
  end: AbortSignal,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = (value?: T): void => {
      clearTimeout(timer);
      end.removeEventListener("abort", giveUp);
      over.abort();
      resolve(value);
    };
    const giveUp = (): void => done();
    const timer = setTimeout(giveUp, LOAD_TIMEOUT_MS);
    end.addEventListener("abort", giveUp);
    const askInTime = (explainer: Explainer): T | Promise<T> | undefined =>
      over.signal.aborted ? undefined : ask(explainer, over.signal);
    callDiagnosis(askInTime).then(done, giveUp);
  });
}
