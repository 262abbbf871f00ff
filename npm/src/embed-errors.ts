import { askDiagnosis } from "./diagnosis/load.js";
import { type AttachedEmbed, embedOf } from "./embeds.js";
import type { Explanation, KeeperStatus } from "./types.js";

/**
 * Explains an `error` event of an embed, once for each error and token; undefined where there is nothing to say.
 *
 * Rejects when the error's own getters throw.
 */
export async function explainEmbedError(
  attached: AttachedEmbed,
  error: unknown,
  status: KeeperStatus,
): Promise<Explanation | undefined> {
  const { message, errorCode } = (error ?? {}) as { message?: unknown; errorCode?: unknown };
  const key = `${String(message)} ${String(errorCode)}`;
  if (attached.explainedErrors?.has(key)) return undefined;
  attached.explainedErrors ??= new Set();
  attached.explainedErrors.add(key);
  const embed = embedOf(attached);
  return askDiagnosis((explainer) => explainer.explainError(error, embed, status));
}

/** Whether a new token should be requested to recover from an error; true once for each embed. */
export function shouldRefresh(attached: AttachedEmbed, { error, refreshHelps }: Explanation): boolean {
  // the engine itself answers to TokenExpired
  if (!refreshHelps || error === "TokenExpired" || attached.refreshedToRecover) return false;
  attached.refreshedToRecover = true;
  return true;
}
