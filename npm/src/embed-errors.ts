import { askDiagnosis } from "./diagnosis/load.js";
import { type AttachedEmbed, embedOf } from "./embeds.js";
import type { Explanation, KeeperStatus } from "./types.js";

/** How many errors of an embed are remembered as explained; a hostile frame could raise any number of them. */
const MAX_EXPLAINED = 50;
const MAX_KEY_LENGTH = 200;

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
  const key = [message, errorCode]
    .map((part) => (typeof part === "string" ? part.slice(0, MAX_KEY_LENGTH) : ""))
    .join(" ");
  attached.explainedErrors ??= new Set();
  const { explainedErrors } = attached;
  if (explainedErrors.has(key) || explainedErrors.size >= MAX_EXPLAINED) return undefined;
  explainedErrors.add(key);
  const embed = embedOf(attached);
  attached.end ??= new AbortController();
  return askDiagnosis((explainer) => explainer.explainError(error, embed, status), attached.end.signal);
}

/** Whether a new token should be requested to recover from an error; true once for each embed. */
export function shouldRefresh(attached: AttachedEmbed, { error, refreshHelps }: Explanation): boolean {
  // the engine itself answers to TokenExpired
  if (!refreshHelps || error === "TokenExpired" || attached.refreshedToRecover) return false;
  attached.refreshedToRecover = true;
  return true;
}
