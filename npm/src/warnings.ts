/** Wiring that can't work: each is said once on the console, and nothing else is ever printed. */
export type WarningKind = "ERR_ENGINE" | "ERR_TOKEN_TYPE" | "endpoint-wrong";

const warned = new Set<WarningKind>();

/** Warns on the console, once for each kind. The text holds no secret. */
export function warnOnce(kind: WarningKind, text: string, docs = ""): void {
  if (warned.has(kind)) return;
  warned.add(kind);
  console.warn(`powerbi-token-keeper: ${text} ${docs}`.trim());
}
