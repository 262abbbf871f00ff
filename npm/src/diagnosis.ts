import type { Exports } from "./diagnosis-wasm.js";
import { diagnoses } from "./engines.js";
import { badOption, KeeperError } from "./errors.js";
import { first } from "./start.js";
import type { DiagnoseOptions, EmbedConfigLike, Explanation, Finding, TokenReport } from "./types.js";

/** What a keeper knows beyond what a page author can say. */
export interface Evidence extends DiagnoseOptions {
  /** The measured correction of this machine's clock. */
  readonly clockSkewMs?: number;
  /** When the source said that the token expires. */
  readonly expiresAt?: number;
}

/**
 * Takes a token apart. Runs on this machine alone; in Node too.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export async function inspectToken(token: string, options?: DiagnoseOptions): Promise<TokenReport> {
  const evidence = check(options);
  return (await load()).inspect(token, evidence) as TokenReport;
}

/**
 * Checks an embed configuration before `powerbi.embed()`; no finding means nothing is known to be wrong.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export async function diagnose(config: EmbedConfigLike, options?: DiagnoseOptions): Promise<Finding[]> {
  const evidence = check(options);
  return (await load()).diagnose(config, evidence) as Finding[];
}

/**
 * Explains the detail of an `error` event of powerbi-client, what powerbi-client threw or rejected with, or a
 * backend's error, with the configuration as evidence where it is given.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export async function explain(
  error: unknown,
  config?: EmbedConfigLike,
  options?: DiagnoseOptions,
): Promise<Explanation> {
  const evidence = check(options);
  return (await load()).explain(error, config, evidence) as Explanation;
}

async function load(): Promise<Exports> {
  try {
    return await first(diagnoses);
  } catch {
    throw new KeeperError("ERR_ENGINE");
  }
}

function check(options: DiagnoseOptions | undefined): Evidence {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw badOption("options", "must be an object");
  const { now, expected, sdkVersion } = options;
  if (now !== undefined && !Number.isFinite(now)) throw badOption("now", "must be a number of milliseconds since the Unix epoch");
  if (expected !== undefined && (typeof expected !== "object" || expected === null)) {
    throw badOption("expected", "must be an object");
  }
  if (expected?.tenantId !== undefined && typeof expected.tenantId !== "string") {
    throw badOption("expected.tenantId", "must be a text");
  }
  if (sdkVersion !== undefined && typeof sdkVersion !== "string") throw badOption("sdkVersion", "must be a text");
  return options;
}
