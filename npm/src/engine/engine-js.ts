/** The same engine as JavaScript: the chunk for pages that forbid WebAssembly. */
import { key, text } from "../../../target/npm/engine/data.js";
import { instantiate } from "../../../target/npm/engine/javascript.js";
import { decode } from "./decode.js";
import { type Engine, startEngine } from "./instance.js";
import { once } from "./lazy-start.js";

export const start: () => Promise<Engine> = /* @__PURE__ */ once(async () =>
  startEngine("js", (imports) => instantiate({ ...imports, data: decode(text, key) })),
);
