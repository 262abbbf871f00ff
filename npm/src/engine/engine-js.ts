/**
 * The same engine as JavaScript: the chunk for pages that forbid WebAssembly. The code is another, since bundlers warn
 * of a chunk that is larger than 244 KiB.
 */
import { key, text } from "../../../target/npm/engine/data.js";
import { decode } from "./decode.js";
import { type Engine, startEngine } from "./instance.js";
import { once } from "./lazy-start.js";

export const start: () => Promise<Engine> = /* @__PURE__ */ once(async () => {
  const { instantiate } = await import("./engine-js-code.js");
  return startEngine("js", (imports) => instantiate({ ...imports, data: decode(text, key) }));
});
