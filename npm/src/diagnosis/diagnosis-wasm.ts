/** The WebAssembly diagnosis (`src/diagnosis/`): the chunk that is loaded when something is to be explained. */
import { connect, imports } from "../../../target/npm/diagnosis/glue.js";
import { key, text } from "../../../target/npm/diagnosis/text.js";
import { compile, decode } from "../engine/decode.js";
import { once } from "../engine/lazy-start.js";
import { Explainer } from "./explainer.js";

export const start: () => Promise<Explainer> = /* @__PURE__ */ once(async () => {
  const instantiate = await compile(decode(text, key));
  connect(instantiate({ a: imports }));
  return new Explainer();
});
