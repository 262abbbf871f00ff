import { diagnose, type Evidence, explain, inspectToken } from "./diagnosis.js";
import type { EmbedLike, Explanation, Finding, KeeperStatus } from "./types.js";

/** A diagnosis that takes longer than this to load is done without: a page must hear of a failure in time. */
const PATIENCE_MS = 5_000;

/** What is wrong with a token that the keeper refused; nothing when the diagnosis can't be had. */
export async function findingsOf(refused: string, status: KeeperStatus): Promise<Finding[]> {
  const evidence = evidenceOf(status);
  const own = await inTime(inspectToken(refused, evidence).then(({ findings }) => [...findings]));
  if (own === undefined || status.tokenType === null) return own ?? [];
  const config = { type: "report", tokenType: status.tokenType, accessToken: refused };
  const all = await inTime(diagnose(config, evidence));
  // a made-up configuration has nothing to say but how the token goes with the kind that is needed
  return own.concat(all?.filter(({ code }) => code === "token-type-mismatch") ?? []);
}

/** An `error` event of an embed, explained; undefined when the diagnosis can't be had. */
export function explainError(
  error: unknown,
  embed: EmbedLike | undefined,
  status: KeeperStatus,
): Promise<Explanation | undefined> {
  return inTime(explain(error, embed?.config as Record<string, unknown> | undefined, { ...evidenceOf(status), ...sdkOf(embed) }));
}

function evidenceOf({ clockSkewMs }: KeeperStatus): Evidence {
  return clockSkewMs === 0 ? {} : { clockSkewMs };
}

/** The version of powerbi-client, where the embed's Service tells it. */
function sdkOf(embed: EmbedLike | undefined): Evidence {
  try {
    const { service } = embed as { service?: { hpm?: { defaultHeaders?: Record<string, unknown> } } };
    const version = service?.hpm?.defaultHeaders?.["x-sdk-version"];
    return typeof version === "string" ? { sdkVersion: version } : {};
  } catch {
    return {};
  }
}

/** What `work` comes to, or undefined when it fails or takes too long. */
function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    const done = (value?: T): void => {
      clearTimeout(timer);
      resolve(value);
    };
    work.then(done, () => done());
  });
}
