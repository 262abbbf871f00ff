/**
 * The WebAssembly engine: the chunk that the facade loads when the first keeper needs it.
 *
 * The module is inlined as text, because every bundler copies and serves a chunk without being told to, and a chunk
 * needs no `connect-src` in a page's security policy. `scripts/build.mjs` generates the files in `target/npm/`.
 */
import { key, text } from "../../../target/npm/engine/text.js";
import { compile, decode } from "./decode.js";
import { type Engine, startEngine } from "./instance.js";
import { once } from "./lazy-start.js";

export const start: () => Promise<Engine> = /* @__PURE__ */ once(async () =>
  startEngine("wasm", await compile(decode(text, key))),
);
