/**
 * The WebAssembly engine: the chunk that the facade loads when the first keeper needs it.
 *
 * The module is inlined, as text, since a chunk is what every bundler copies and serves without being told, and
 * needs no `connect-src` in a page's security policy. `scripts/build.mjs` generates what lies in `target/npm/`.
 */
import { text } from "../../target/npm/engine/text.js";
import { boot, begin, attach, tell, shared, status, start as run } from "../../target/npm/engine/engine.js";
import { compile } from "./compile.js";
import { starter } from "./start.js";

// member by member: a whole module as an object is 60 bytes more
const glue = { boot, begin, attach, tell, shared, status, start: run };

/** What the Rust side exports (`src/web/`). */
export type Exports = typeof glue;

export const start: () => Promise<Exports> = /* @__PURE__ */ starter(glue, () => compile(text));
