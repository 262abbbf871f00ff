import { diagnoses } from "../engine/candidates.js";
import { startFirst } from "../engine/lazy-start.js";
import { KeeperError } from "../errors.js";
import type { Explainer } from "./explainer.js";

/** How long the diagnosis may take to load before it is done without: a page must hear of a failure in time. */
const LOAD_TIMEOUT_MS = 5_000;

/** Loads the diagnosis. Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started. */
export function loadExplainer(): Promise<Explainer> {
  return startFirst(diagnoses).catch(() => {
    throw new KeeperError("ERR_ENGINE");
  });
}

/** Resolves with what `ask` gets from the diagnosis, or with undefined if that fails or takes too long. */
export function askDiagnosis<T>(ask: (explainer: Explainer) => T | Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOAD_TIMEOUT_MS);
    const done = (value?: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    loadExplainer()
      .then(ask)
      .then(done, () => done());
  });
}
