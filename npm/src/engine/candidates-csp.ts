import type { Explainer } from "../diagnosis/explainer.js";
import type { Engine } from "./instance.js";

/**
 * Replaces `candidates.ts` in `powerbi-token-keeper/csp`: a forbidden attempt is a violation, which policies report.
 */
export const engines: readonly (() => Promise<Engine>)[] = [async () => (await import("./engine-js.js")).start()];

export const diagnoses: readonly (() => Promise<Explainer>)[] = [
  async () => (await import("../diagnosis/diagnosis-js.js")).start(),
];
