/** The same engine as JavaScript: the chunk for pages that refuse WebAssembly. */
import { boot, begin, attach, tell, shared, status, start as run } from "../../target/npm/engine/engine.js";
import { instantiate } from "../../target/npm/engine/module.js";
import type { Exports } from "./engine-wasm.js";
import { starter } from "./start.js";

const glue = { boot, begin, attach, tell, shared, status, start: run };

export const start: () => Promise<Exports> = /* @__PURE__ */ starter(glue, () => instantiate);
