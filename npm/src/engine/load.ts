import { runInNewTask } from "../scheduler.js";
import { engines } from "./candidates.js";
import type { Engine } from "./instance.js";
import { startFirst } from "./lazy-start.js";

export type { Engine } from "./instance.js";

/**
 * What the engine knows of the page (`src/web/globals.rs`). Handed in, since markup can shadow each property that it
 * could find them by.
 */
interface Globals {
  readonly window: Window;
  readonly document: Document;
  readonly listenerOptions: AddEventListenerOptions;
}

let loading: Promise<Engine> | undefined;
let crashes = 0;

/**
 * Loads and starts the engine, once for all keepers of this copy of the package; the next build of it after a crash.
 * A failure is forgotten, so that the next call tries again.
 */
export function loadEngine(): Promise<Engine> {
  loading ??= launch().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Why there is no engine. */
export const noEngineCode = (): "ERR_CRASHED" | "ERR_ENGINE" => (crashes > 0 ? "ERR_CRASHED" : "ERR_ENGINE");

async function launch(): Promise<Engine> {
  const engine = await startFirst(engines);
  const listeners = new AbortController();
  engine.onCrash.add(() => {
    crashes++;
    loading = undefined;
    listeners.abort();
  });
  const globals: Globals = { window, document, listenerOptions: { signal: listeners.signal } };
  engine.exports.init(runInNewTask, globals);
  return engine;
}
