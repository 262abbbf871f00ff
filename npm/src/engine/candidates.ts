import type { Explainer } from "../diagnosis/explainer.js";
import type { Engine } from "./instance.js";

/**
 * The builds of the engine, in the order in which they are tried. WebAssembly may be forbidden by the page's policy,
 * switched off or out of memory, and a chunk may be missing or blocked. Trying is the only reliable check: WebKit
 * compiles under any policy and throws on instantiation.
 */
export const engines: readonly (() => Promise<Engine>)[] = [
  async () => (await import("./engine-wasm.js")).start(),
  async () => (await import("./engine-js.js")).start(),
];

/** The builds of the diagnosis, in the same order. */
export const diagnoses: readonly (() => Promise<Explainer>)[] = [
  async () => (await import("../diagnosis/diagnosis-wasm.js")).start(),
  async () => (await import("../diagnosis/diagnosis-js.js")).start(),
];
