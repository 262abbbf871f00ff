import type { Exports } from "./engine-wasm.js";
import type { Explainer } from "./explainer.js";
import type { KeeperStatus } from "./types.js";

/** A started engine, and which it is. */
export type Started = readonly [name: Exclude<KeeperStatus["engine"], "none">, glue: Exports];

/**
 * What runs the Rust, in the order in which it is tried. WebAssembly may be refused by the page's policy, switched off
 * or out of memory, and a chunk may be missing or blocked. What refuses it shows best by trying: WebKit compiles under
 * any policy, and throws later.
 */
export const engines: readonly (() => Promise<Started>)[] = [
  async () => ["wasm", await (await import("./engine-wasm.js")).start()],
  async () => ["js", await (await import("./engine-js.js")).start()],
];

export const diagnoses: readonly (() => Promise<Explainer>)[] = [
  async () => (await import("./diagnosis-wasm.js")).start(),
  async () => (await import("./diagnosis-js.js")).start(),
];
