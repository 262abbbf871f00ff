/** The same engine as JavaScript: the chunk for pages that forbid WebAssembly. */
import { instantiate } from "../../../target/npm/engine/javascript.js";
import { type Engine, startEngine } from "./instance.js";
import { once } from "./lazy-start.js";

export const start: () => Promise<Engine> = /* @__PURE__ */ once(async () => startEngine("js", instantiate));
