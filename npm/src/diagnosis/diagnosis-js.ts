/**
 * The same diagnosis as JavaScript: the chunk for pages that forbid WebAssembly. Its data is another, since bundlers
 * warn of a chunk that is larger than 244 KiB.
 */
import { connect, imports } from "../../../target/npm/diagnosis/glue.js";
import { instantiate } from "../../../target/npm/diagnosis/javascript.js";
import { decode } from "../engine/decode.js";
import { once } from "../engine/lazy-start.js";
import { Explainer } from "./explainer.js";

export const start: () => Promise<Explainer> = /* @__PURE__ */ once(async () => {
  const { key, text } = await import("./diagnosis-js-data.js");
  connect(instantiate({ a: imports, data: decode(text, key) }));
  return new Explainer();
});
