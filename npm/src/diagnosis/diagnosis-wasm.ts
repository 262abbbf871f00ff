/** The WebAssembly diagnosis (`src/diagnosis/`): the chunk that is loaded when something is to be explained. */
import { connect, imports } from "../../../target/npm/diagnosis/glue.js";
import { text } from "../../../target/npm/diagnosis/text.js";
import { compile } from "../engine/decode.js";
import { once } from "../engine/lazy-start.js";
import { Explainer } from "./explainer.js";

export const start: () => Promise<Explainer> = /* @__PURE__ */ once(async () => {
  const instantiate = await compile(text);
  connect(instantiate({ a: imports }));
  return new Explainer();
});
