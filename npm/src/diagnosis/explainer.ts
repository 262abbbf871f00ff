import { api } from "../../../target/npm/diagnosis/glue.js";
import { badOption, reading } from "../errors.js";
import { describeSourceFailure } from "./source-failure.js";
import type {
  DiagnoseOptions,
  EmbedConfigLike,
  EmbedLike,
  Explanation,
  Finding,
  KeeperStatus,
  TokenReport,
} from "../types.js";

/**
 * The most characters of a text that are looked at, as in `src/web/diagnosis.rs`. No token is as long, whatever is
 * wrapped around it.
 */
const MAX_TEXT = 262_144;

/** The beginning of a text; anything else as it is. */
const beginningOf = <T>(value: T): T => (typeof value === "string" ? (value.slice(0, MAX_TEXT) as T) : value);

/** Options of a diagnosis, and what a keeper knows beyond them. */
interface Evidence extends DiagnoseOptions {
  /** The measured correction of this machine's clock. */
  readonly clockSkewMs?: number;
}

/** The diagnosis as the facade calls it: a part of its chunks, so that a page which never asks loads none of it. */
export class Explainer {
  /** Whether it has crashed, and is not to be called again. */
  crashed = false;

  /** Enters the engine. An exception that leaves it is a crash: what the page's own values throw stays inside. */
  private enter<T>(options: DiagnoseOptions | undefined, call: (evidence: Evidence) => unknown): T {
    const evidence = reading("options", () => checkDiagnoseOptions(options));
    try {
      return call(evidence) as T;
    } catch (error) {
      this.crashed = true;
      throw error;
    }
  }

  inspect(token: string, options?: DiagnoseOptions): TokenReport {
    return this.enter(options, (evidence) => api.inspect(beginningOf(token), evidence));
  }

  diagnose(config: EmbedConfigLike, options?: DiagnoseOptions): Finding[] {
    return this.enter(options, (evidence) => api.diagnose(config, evidence));
  }

  /**
   * Explains an error in any wrapping, or a text. A failure of the token source is
   * `{ source: true, status?, contentType?, errorInfo?, body? }`: the HTTP status, the headers Content-Type and
   * X-PowerBI-Error-Info, and what came with it, as a text or parsed. A reason in the body counts before the status;
   * with neither the address and the method are suspected. The explanation quotes none of it.
   */
  explain(error: unknown, config?: EmbedConfigLike, options?: DiagnoseOptions): Explanation {
    return this.enter(options, (evidence) => api.explain(beginningOf(error), config, evidence));
  }

  /** The findings about a token that the keeper refused. */
  findings(refused: string, status: KeeperStatus): Finding[] {
    const evidence = evidenceOf(status);
    const { findings } = this.inspect(refused, evidence);
    if (status.tokenType === null) return [...findings];
    const all = this.diagnose({ type: "report", tokenType: status.tokenType, accessToken: refused }, evidence);
    // a made-up configuration has nothing to say but how the token goes with the kind that is needed
    return findings.concat(all.filter(({ code }) => code === "token-type-mismatch"));
  }

  /**
   * Explains why a source failed.
   *
   * @param evidence the error, the `Response` or the answer that the failure came with
   * @param method the method of an endpoint
   * @param over aborted when nobody waits for it any more
   */
  async explainSource(
    evidence: unknown,
    method: string | undefined,
    status: KeeperStatus,
    over: AbortSignal,
  ): Promise<Explanation> {
    return this.explain(await describeSourceFailure(evidence, method, over), undefined, evidenceOf(status));
  }

  /** Explains an `error` event of an embed. */
  explainError(error: unknown, embed: EmbedLike | undefined, status: KeeperStatus): Explanation {
    return this.explain(error, configOf(embed), { ...evidenceOf(status), ...sdkOf(embed) });
  }
}

/** The configuration that the embed gives away. */
function configOf(embed: EmbedLike | undefined): EmbedConfigLike | undefined {
  try {
    return embed?.config as EmbedConfigLike | undefined;
  } catch {
    return undefined;
  }
}

/** The time that the keeper believes in is the server's, and counts for what has expired. */
function evidenceOf({ clockSkewMs }: KeeperStatus): Evidence {
  return clockSkewMs === 0 ? {} : { clockSkewMs, now: Date.now() + clockSkewMs };
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

function checkDiagnoseOptions(options: DiagnoseOptions | undefined): Evidence {
  if (options === undefined) return {};
  if (typeof options !== "object" || options === null) throw badOption("options", "must be an object");
  const { now, expected, sdkVersion } = options;
  if (now !== undefined && !Number.isFinite(now))
    throw badOption("now", "must be a number of milliseconds since the Unix epoch");
  if (expected !== undefined && (typeof expected !== "object" || expected === null)) {
    throw badOption("expected", "must be an object");
  }
  if (expected?.tenantId !== undefined && typeof expected.tenantId !== "string") {
    throw badOption("expected.tenantId", "must be a text");
  }
  if (sdkVersion !== undefined && typeof sdkVersion !== "string") throw badOption("sdkVersion", "must be a text");
  return options;
}
