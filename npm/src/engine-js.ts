/** The same engine as JavaScript: the chunk for pages that refuse WebAssembly. */
import { boot, Door, start as begin } from "../../target/npm/engine/engine.js";
import { instantiate } from "../../target/npm/engine/module.js";
import type { Exports } from "./engine-wasm.js";
import { starter } from "./start.js";

const glue = { boot, Door, start: begin };

export const start: () => Promise<Exports> = /* @__PURE__ */ starter(glue, () => instantiate);
