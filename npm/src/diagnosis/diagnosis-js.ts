/** The same diagnosis as JavaScript: the chunk for pages that forbid WebAssembly. */
import { connect, imports } from "../../../target/npm/diagnosis/glue.js";
import { instantiate } from "../../../target/npm/diagnosis/javascript.js";
import { once } from "../engine/lazy-start.js";
import { Explainer } from "./explainer.js";

export const start: () => Promise<Explainer> = /* @__PURE__ */ once(async () => {
  connect(instantiate({ a: imports }));
  return new Explainer();
});
