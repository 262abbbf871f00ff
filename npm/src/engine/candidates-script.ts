import type { Explainer } from "../diagnosis/explainer.js";
import { start } from "./engine-wasm.js";
import type { Engine } from "./instance.js";

/**
 * The address of the script itself, beside which the other files lie. Read while it runs: later there is no current
 * script. `import()` does not know it where the script comes from another host.
 */
const script = typeof document === "object" ? (document.currentScript as HTMLScriptElement | null)?.src : undefined;

/** Loads a file that lies beside the script. */
const load = <T>(file: string): Promise<T> => import(new URL(file, script || location.href).href);

interface Chunk<T> {
  readonly start: () => Promise<T>;
}

/** Replaces `candidates.ts` in the classic script: the WebAssembly engine is a part of it. */
export const engines: readonly (() => Promise<Engine>)[] = [
  start,
  async () => (await load<Chunk<Engine>>("engine-js.js")).start(),
];

export const diagnoses: readonly (() => Promise<Explainer>)[] = [
  async () => (await load<Chunk<Explainer>>("diagnosis-wasm.js")).start(),
  async () => (await load<Chunk<Explainer>>("diagnosis-js.js")).start(),
];
