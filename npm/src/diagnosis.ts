import { callDiagnosis } from "./diagnosis/load.js";
import type { DiagnoseOptions, EmbedConfigLike, Explanation, Finding, TokenReport } from "./types.js";

/**
 * Takes a token apart. Runs on this machine alone; in Node too.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export function inspectToken(token: string, options?: DiagnoseOptions): Promise<TokenReport> {
  return callDiagnosis((explainer) => explainer.inspect(token, options));
}

/**
 * Checks an embed configuration before `powerbi.embed()`; no finding means nothing is known to be wrong.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export function diagnose(config: EmbedConfigLike, options?: DiagnoseOptions): Promise<Finding[]> {
  return callDiagnosis((explainer) => explainer.diagnose(config, options));
}

/**
 * Explains the detail of an `error` event of powerbi-client, what powerbi-client threw or rejected with, or a
 * backend's error, with the configuration as evidence where it is given.
 *
 * Rejects with a {@link KeeperError} `ERR_ENGINE` where neither build of it can be started.
 */
export function explain(error: unknown, config?: EmbedConfigLike, options?: DiagnoseOptions): Promise<Explanation> {
  return callDiagnosis((explainer) => explainer.explain(error, config, options));
}
