import { diagnoses } from "../engine/candidates.js";
import { KeeperError } from "../errors.js";
import type { Explainer } from "./explainer.js";
import { startFirst } from "../engine/lazy-start.js";

/** A diagnosis that takes longer than this to load is done without: a page must hear of a failure in time. */
const PATIENCE_MS = 5_000;

/** The diagnosis. Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started. */
export function loadExplainer(): Promise<Explainer> {
  return startFirst(diagnoses).catch(() => {
    throw new KeeperError("ERR_ENGINE");
  });
}

/** What `ask` gets out of the diagnosis, or undefined when that fails or takes too long. */
export function askInTime<T>(ask: (explainer: Explainer) => T): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const done = (value?: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    loadExplainer()
      .then(ask)
      .then(done, () => done());
  });
}
