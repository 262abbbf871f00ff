import type { Exports as Diagnosis } from "./diagnosis-wasm.js";
import type { Started } from "./engines.js";

/** In `powerbi-token-keeper/csp`, in the place of `engines.ts`: a refused attempt is a violation that policies report. */
export const engines: readonly (() => Promise<Started>)[] = [async () => ["js", await (await import("./engine-js.js")).start()]];

export const diagnoses: readonly (() => Promise<Diagnosis>)[] = [async () => (await import("./diagnosis-js.js")).start()];
