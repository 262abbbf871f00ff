import type { Started } from "./engines.js";
import type { Explainer } from "./explainer.js";

/**
 * In `powerbi-token-keeper/csp`, in the place of `engines.ts`: a refused attempt is a violation that policies report.
 */
export const engines: readonly (() => Promise<Started>)[] = [
  async () => ["js", await (await import("./engine-js.js")).start()],
];

export const diagnoses: readonly (() => Promise<Explainer>)[] = [
  async () => (await import("./diagnosis-js.js")).start(),
];
