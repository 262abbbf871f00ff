// The Power BI REST API, as far as embedding needs it.
import * as v from "valibot";
import type { Secret } from "./secret";
import { SecretFilter } from "./secret-filter";
import { type Failure, readJson, Upstream, UpstreamError } from "./upstream";

/** GenerateToken's answer. */
const EMBED_TOKEN = v.object({
  token: v.pipe(v.string(), v.nonEmpty()),
  tokenId: v.string(),
  expiration: v.pipe(
    v.string(),
    v.check((text) => Number.isFinite(Date.parse(text))),
  ),
});
export type EmbedToken = v.InferOutput<typeof EMBED_TOKEN>;

const REPORT = v.object({
  id: v.string(),
  name: v.optional(v.string(), "Report"),
  embedUrl: v.string(),
  datasetId: v.optional(v.nullable(v.string()), null),
});
export type Report = v.InferOutput<typeof REPORT>;

const DASHBOARD = v.object({ id: v.string(), displayName: v.optional(v.string(), "Dashboard"), embedUrl: v.string() });
const TILE = v.object({
  id: v.string(),
  title: v.optional(v.string(), ""),
  embedUrl: v.string(),
  datasetId: v.optional(v.nullable(v.string()), null),
});
const TILES = v.object({ value: v.array(v.object({ datasetId: v.optional(v.nullable(v.string()), null) })) });

/** As whom a token sees the data. */
export interface Identity {
  username: string;
  roles?: string[];
  customData?: string;
  datasets: string[];
}

export class PowerBi {
  readonly #base: string;
  readonly #upstream: Upstream;
  readonly #entraToken: (options: { anew: boolean }) => Promise<Secret>;
  readonly #secrets: SecretFilter;

  constructor(
    api: string,
    entraToken: (options: { anew: boolean }) => Promise<Secret>,
    timeoutMs: number,
    now: () => number,
    secrets = new SecretFilter(),
  ) {
    this.#secrets = secrets;
    this.#base = `${api}/v1.0/myorg`;
    this.#entraToken = entraToken;
    this.#upstream = new Upstream("Power BI", timeoutMs, now, secrets);
  }

  report = (groupId: string, id: string) => this.#get(`/groups/${groupId}/reports/${id}`, REPORT);
  dashboard = (groupId: string, id: string) => this.#get(`/groups/${groupId}/dashboards/${id}`, DASHBOARD);
  tile = (groupId: string, dashboardId: string, id: string) =>
    this.#get(`/groups/${groupId}/dashboards/${dashboardId}/tiles/${id}`, TILE);
  tiles = (groupId: string, dashboardId: string) =>
    this.#get(`/groups/${groupId}/dashboards/${dashboardId}/tiles`, TILES);

  /** One token for several reports and what they read from: V2. */
  generateToken = (body: {
    reports: { id: string; allowEdit?: boolean }[];
    datasets: { id: string }[];
    targetWorkspaces?: { id: string }[];
    identities?: Identity[];
    lifetimeInMinutes?: number;
  }) => this.#post("/GenerateToken", body);

  /** V2 knows neither dashboards nor tiles: a token for one, `/dashboards/…` or `/dashboards/…/tiles/…`. */
  generateTokenFor = (
    groupId: string,
    path: string,
    body: { accessLevel: "View"; identities?: Identity[]; lifetimeInMinutes?: number },
  ) => this.#post(`/groups/${groupId}${path}/GenerateToken`, body);

  #get<Schema extends v.GenericSchema>(path: string, schema: Schema) {
    return this.#ask("GET", path, undefined, schema);
  }

  #post(path: string, body: unknown): Promise<EmbedToken> {
    return this.#ask("POST", path, body, EMBED_TOKEN);
  }

  async #ask<Schema extends v.GenericSchema>(
    method: string,
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> {
    try {
      return await this.#askOnce(method, path, body, schema, false);
    } catch (error) {
      // The Entra token was withdrawn before its time; another may be good.
      const withdrawn =
        error instanceof UpstreamError && error.failure.service === "Power BI" && error.failure.code === "TokenExpired";
      if (!withdrawn) throw error;
      return this.#askOnce(method, path, body, schema, true);
    }
  }

  async #askOnce<Schema extends v.GenericSchema>(
    method: string,
    path: string,
    body: unknown,
    schema: Schema,
    anew: boolean,
  ): Promise<v.InferOutput<Schema>> {
    const token = await this.#entraToken({ anew });
    this.#secrets.add(token);
    const { status, headers, text } = await this.#upstream.request(this.#base + path, {
      method,
      headers: {
        Authorization: `Bearer ${token.expose()}`,
        Accept: "application/json",
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = readJson(text);
    if (status !== 200) throw this.#upstream.failure(failureOf(status, headers, json), headers);
    const read = v.safeParse(schema, json);
    if (read.success) return read.output;
    // Only where it is wrong: what is there may be a token.
    throw this.#upstream.failure({
      status: 502,
      code: "UpstreamAnswer",
      message: `Power BI's answer has no usable ${v.getDotPath(read.issues[0]) ?? "body"}.`,
      requestId: headers.get("requestid"),
    });
  }
}

const ERROR = v.object({
  error: v.object({
    code: v.string(),
    message: v.optional(v.nullable(v.string()), ""),
    details: v.optional(v.array(v.object({ message: v.optional(v.string(), "") })), []),
  }),
});
const MESSAGE = v.object({ Message: v.string() });

/** The three forms that the API's errors have: its own, ASP.NET's, and an empty body with headers. */
function failureOf(status: number, headers: Headers, json: unknown): Omit<Failure, "service"> {
  const errorInfo = headers.get("x-powerbi-error-info");
  const about = { status: status < 400 ? 502 : status, errorInfo, requestId: headers.get("requestid") };
  const own = v.safeParse(ERROR, json);
  if (own.success) {
    const { code, message, details } = own.output.error;
    return { ...about, code, message: [message, ...details.map((detail) => detail.message)].filter(Boolean).join(" ") };
  }
  const aspNet = v.safeParse(MESSAGE, json);
  if (aspNet.success) return { ...about, code: errorInfo ?? "Refused", message: aspNet.output.Message };
  const challenge = headers.get("www-authenticate")?.match(/error="([\w.-]+)"/)?.[1];
  return {
    ...about,
    code: errorInfo ?? challenge ?? "Refused",
    message: headers.get("x-powerbi-error-details") ?? `Power BI answered ${status} without a word.`,
  };
}
