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
  /** Adds a listener. The result removes it. */
  listen(target: EventTarget, type: string, callback: EventListener): () => void;
  /** Calls back when a promise, a thenable or anything else has settled: whether it was fulfilled, and with what. */
  settle(value: unknown, callback: (settled: [boolean, unknown]) => void): void;
}

/** By the language's own promises, whatever the page has in place of `Promise`. */
async function settle(value: unknown, callback: (settled: [boolean, unknown]) => void): Promise<void> {
  let settled: [boolean, unknown];
  try {
    settled = [true, await value];
  } catch (error) {
    settled = [false, error];
  }
  callback(settled);
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
  // an instance that has crashed can't remove its listeners itself
  const listening = new Set<() => void>();
  engine.onCrash.add(() => {
    crashes++;
    loading = undefined;
    for (const stop of [...listening]) stop();
  });
  const globals: Globals = {
    window,
    document,
    listen(target, type, callback) {
      // those of the prototype, since markup can shadow the document's own
      const { addEventListener, removeEventListener } = EventTarget.prototype;
      const stop = (): void => {
        listening.delete(stop);
        removeEventListener.call(target, type, callback);
      };
      addEventListener.call(target, type, callback);
      listening.add(stop);
      return stop;
    },
    settle,
  };
  engine.exports.init(runInNewTask, globals);
  return engine;
}
