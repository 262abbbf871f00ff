import { runInNewTask } from "../scheduler.js";
import { engines } from "./candidates.js";
import type { Engine } from "./instance.js";
import { once, startFirst } from "./lazy-start.js";

export type { Engine } from "./instance.js";

/** Loads and starts the engine, once for all keepers of this copy of the package. */
export const loadEngine: () => Promise<Engine> = /* @__PURE__ */ once(async () => {
  const engine = await startFirst(engines);
  engine.exports.init(runInNewTask);
  return engine;
});
