/**
 * The WebAssembly engine: the chunk that the facade loads when the first keeper needs it.
 *
 * The module is inlined, gzipped and as base64, since a chunk is what every bundler copies and serves without
 * being told, and needs no `connect-src` in a page's security policy. `scripts/build.mjs` generates both imports.
 */
import { gzipped, size } from "../../target/npm/bytes.js";
import * as glue from "../../target/npm/engine.js";

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
  glue.initSync({ module: await WebAssembly.compile(await unpack()) });
  return glue;
}

/** The module's bytes. A loop and a plain reader: `Uint8Array.from`, `Blob` and `Response` are slow, or differ in test environments. */
async function unpack(): Promise<Uint8Array<ArrayBuffer>> {
  const text = atob(gzipped);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);

  const { writable, readable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  // A failure shows at the reader as well; here it would be an unhandled rejection.
  const ignore = () => {};
  writer.write(packed).catch(ignore);
  writer.close().catch(ignore);

  const bytes = new Uint8Array(size);
  const reader = readable.getReader();
  for (let at = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return bytes;
    bytes.set(value, at);
    at += value.length;
  }
}
