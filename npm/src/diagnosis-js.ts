/** The same diagnosis as JavaScript: the chunk for pages that refuse WebAssembly. */
import * as glue from "../../target/npm/diagnosis/diagnosis.js";
import { instantiate } from "../../target/npm/diagnosis/module.js";
import type { Exports } from "./diagnosis-wasm.js";
import { starter } from "./start.js";

export const start: () => Promise<Exports> = /* @__PURE__ */ starter(glue, () => instantiate);
