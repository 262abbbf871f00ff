/**
 * The WebAssembly engine: the chunk that the facade loads when the first keeper needs it.
 *
 * The module is inlined, as text, since a chunk is what every bundler copies and serves without being told, and
 * needs no `connect-src` in a page's security policy. `scripts/build.mjs` generates what lies in `target/npm/`.
 */
import { frequent, packed, size } from "../../target/npm/bytes.js";
import * as glue from "../../target/npm/engine.js";
import { unpack } from "./unpack.js";

/** What the Rust side exports (`src/web/`). */
export type Exports = typeof glue;

// The guard stands here, beside the instance it guards: however many entries load this chunk, one is started.
let started: Promise<Exports> | undefined;

/** Starts the engine, once for this copy of the package. A failure is forgotten, so that the next call tries again. */
export function start(): Promise<Exports> {
  return (started ??= launch().catch((error: unknown) => {
    started = undefined;
    throw error;
  }));
}

async function launch(): Promise<Exports> {
  // Compiled asynchronously, away from the main thread; making the instance is short. Under a policy that forbids
  // WebAssembly either of the two may be what throws.
  glue.initSync({ module: await WebAssembly.compile(unpack(packed, frequent, size)) });
  return glue;
}
