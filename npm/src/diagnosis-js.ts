/** The same diagnosis as JavaScript: the chunk for pages that refuse WebAssembly. */
import * as glue from "../../target/npm/diagnosis/diagnosis.js";
import { instantiate } from "../../target/npm/diagnosis/module.js";
import { Explainer } from "./explainer.js";
import { starter } from "./start.js";

const started = /* @__PURE__ */ starter(glue, () => instantiate);

export const start = async (): Promise<Explainer> => new Explainer(await started());
