/** The WebAssembly diagnosis (`src/diagnosis/`): the chunk that is loaded when something is to be explained. */
import { text } from "../../target/npm/diagnosis/text.js";
import * as glue from "../../target/npm/diagnosis/diagnosis.js";
import { compile } from "./compile.js";
import { Explainer } from "./explainer.js";
import { starter } from "./start.js";

/** What the Rust side exports (`src/web/diagnosis.rs`). */
export type Exports = typeof glue;

const started = /* @__PURE__ */ starter(glue, () => compile(text));

export const start = async (): Promise<Explainer> => new Explainer(await started());
