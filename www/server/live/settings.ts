// The settings of live mode: read all at once, so that whoever fills in `.env` hears of everything that is missing or
// wrong in one go. A sentence names its setting; it quotes no value, which might be a secret in the wrong place.
import * as v from "valibot";
import { type Cloud, CLOUDS } from "./clouds";
import { type Credential, readCertificate, readSecret } from "./credential";
import { SettingError } from "./problem";

export interface Settings {
  /** The cloud's name; `cloud` has its addresses, with those that settings put in their place. */
  cloudName: string;
  cloud: Cloud & { authorityHost: string };
  /** A setting named the sign-in host, so that MSAL can't know it. */
  ownAuthority: boolean;
  tenantId: string;
  clientId: string;
  /** Of the service principal; null where only visitors sign in. */
  credential: Credential | null;
  /** Whether visitors sign in with their own accounts. */
  signIn: boolean;
  groupId: string;
  reportIds: string[];
  dashboardId: string | null;
  tileId: string | null;
  /** Row-level security: as whom the token sees the data. */
  identity: { username: string; roles: string[]; customData: string | null } | null;
  allowEdit: boolean;
  /** Null: as long as Microsoft gives, which is an hour or the rest of the Entra token's life. */
  lifetimeMinutes: number | null;
  /** For one request to Microsoft. */
  timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DOMAIN = /^[\w-]+(\.[\w-]+)+$/;
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];
const A_GUID = "a GUID, like 11111111-2222-3333-4444-555555555555";

const guid = v.pipe(v.string(), v.regex(GUID, `must be ${A_GUID}`));
const list = (item: v.GenericSchema<string, string>) =>
  v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
    ),
    v.array(item),
  );
const number = (least: number, most: number) => {
  const range = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d+$/, range),
    v.transform(Number),
    v.minValue(least, range),
    v.maxValue(most, range),
  );
};
const flag = v.pipe(
  v.picklist(["true", "false"], "must be true or false"),
  v.transform((text) => text === "true"),
);

/** An address to which secrets go: encrypted, or on this machine. */
const base = (localToo: boolean) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => isBase(text, localToo),
      `must be an https address without path or query${localToo ? " (http on this machine alone)" : ""}`,
    ),
    v.transform((text) => new URL(text).origin),
  );

function isBase(text: string, localToo: boolean) {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username } = new URL(text);
  const safe = protocol === "https:" || (localToo && protocol === "http:" && LOCAL.includes(hostname));
  return safe && pathname === "/" && `${search}${hash}${username}` === "";
}

/** What each setting must be. Left out of this list: the credential, which is read from several (credential.ts). */
const SCHEMA = {
  AZURE_TENANT_ID: v.pipe(
    v.string(),
    v.check((text) => GUID.test(text) || DOMAIN.test(text), `must be the directory's id, ${A_GUID}, or its domain`),
  ),
  AZURE_CLIENT_ID: guid,
  POWERBI_WORKSPACE_ID: guid,
  POWERBI_REPORT_ID: v.pipe(
    list(guid),
    v.minLength(1, "must name a report"),
    v.maxLength(50, "must name 50 reports at most, as many as one token may hold"),
  ),
  POWERBI_DASHBOARD_ID: v.optional(guid),
  POWERBI_TILE_ID: v.optional(guid),
  POWERBI_EMBED_FOR: v.optional(
    v.picklist(["customers", "organization", "both"], "must be customers, organization or both"),
    "customers",
  ),
  POWERBI_CLOUD: v.optional(
    v.picklist(Object.keys(CLOUDS), `must be one of ${Object.keys(CLOUDS).join(", ")}`),
    "global",
  ),
  POWERBI_RLS_USERNAME: v.optional(v.string()),
  POWERBI_RLS_ROLES: v.optional(list(v.string()), ""),
  POWERBI_RLS_CUSTOM_DATA: v.optional(v.string()),
  POWERBI_ALLOW_EDIT: v.optional(flag, "false"),
  POWERBI_TOKEN_LIFETIME_MINUTES: v.optional(number(1, 1_440)),
  POWERBI_TIMEOUT_SECONDS: v.optional(number(1, 60), "8"),
  AZURE_AUTHORITY_HOST: v.optional(base(false)),
  POWERBI_API_URL: v.optional(base(true)),
  POWERBI_RESOURCE: v.optional(
    v.pipe(v.string(), v.regex(/^https:\/\/\S+[^/\s]$/, "must be an https address without / at its end")),
  ),
  POWERBI_EMBED_ORIGIN: v.optional(base(false)),
};

const MISSING: Readonly<Record<string, string>> = {
  AZURE_TENANT_ID: "the id of your directory (tenant)",
  AZURE_CLIENT_ID: "the application (client) id of your app registration",
  POWERBI_WORKSPACE_ID: "the id of the workspace, which its address has after /groups/",
  POWERBI_REPORT_ID: "the id of the report, which its address has after /reports/",
};

type Read = { [Name in keyof typeof SCHEMA]: v.InferOutput<(typeof SCHEMA)[Name]> };

/** @throws {SettingError} with a sentence for each setting that is missing or wrong. */
export function readSettings(environment: Environment): Settings {
  // An empty value is what a line of .env.example has that was not filled in.
  const given = Object.fromEntries(
    Object.entries(environment).flatMap(([name, text]) => (text?.trim() ? [[name, text.trim()]] : [])),
  );
  const problems: string[] = unknown(given);
  const read: Partial<Record<string, unknown>> = {};
  for (const [name, schema] of Object.entries(SCHEMA)) {
    const result = v.safeParse(schema, given[name]);
    if (result.success) read[name] = result.output;
    else
      problems.push(
        given[name] === undefined ? `${name} is missing: ${MISSING[name]}.` : `${name} ${result.issues[0].message}.`,
      );
  }
  const good = read as Read;
  const credential = good.POWERBI_EMBED_FOR === "organization" ? null : readCredential(given, problems);
  if (good.POWERBI_TILE_ID && !good.POWERBI_DASHBOARD_ID && !given["POWERBI_DASHBOARD_ID"])
    problems.push("POWERBI_DASHBOARD_ID is missing: the dashboard that POWERBI_TILE_ID lies on.");
  if (!good.POWERBI_RLS_USERNAME) {
    for (const name of ["POWERBI_RLS_ROLES", "POWERBI_RLS_CUSTOM_DATA"])
      if (given[name]) problems.push(`POWERBI_RLS_USERNAME is missing: ${name} says more about it.`);
  }
  const cloud = CLOUDS[good.POWERBI_CLOUD] as Cloud | undefined;
  const authorityHost = good.AZURE_AUTHORITY_HOST ?? cloud?.authorityHost;
  if (cloud && !authorityHost && !given["AZURE_AUTHORITY_HOST"])
    problems.push(
      "AZURE_AUTHORITY_HOST is missing: Microsoft doesn't say in public where one signs in to the cloud that " +
        "POWERBI_CLOUD names.",
    );
  if (problems.length || !cloud || !authorityHost) throw new SettingError(problems);
  return {
    cloudName: good.POWERBI_CLOUD,
    cloud: {
      authorityHost,
      api: good.POWERBI_API_URL ?? cloud.api,
      resource: good.POWERBI_RESOURCE ?? cloud.resource,
      embedOrigin: good.POWERBI_EMBED_ORIGIN ?? cloud.embedOrigin,
    },
    ownAuthority: good.AZURE_AUTHORITY_HOST !== undefined,
    tenantId: good.AZURE_TENANT_ID,
    clientId: good.AZURE_CLIENT_ID,
    credential,
    signIn: good.POWERBI_EMBED_FOR !== "customers",
    groupId: good.POWERBI_WORKSPACE_ID,
    reportIds: [...new Set(good.POWERBI_REPORT_ID)],
    dashboardId: good.POWERBI_DASHBOARD_ID ?? null,
    tileId: good.POWERBI_TILE_ID ?? null,
    identity: good.POWERBI_RLS_USERNAME
      ? {
          username: good.POWERBI_RLS_USERNAME,
          roles: good.POWERBI_RLS_ROLES,
          customData: good.POWERBI_RLS_CUSTOM_DATA ?? null,
        }
      : null,
    allowEdit: good.POWERBI_ALLOW_EDIT,
    lifetimeMinutes: good.POWERBI_TOKEN_LIFETIME_MINUTES ?? null,
    timeoutMs: good.POWERBI_TIMEOUT_SECONDS * 1000,
  };
}

/** A mistyped name would otherwise be a setting that does nothing. */
function unknown(given: Environment): string[] {
  return Object.keys(given)
    .filter((name) => name.startsWith("POWERBI_") && !(name in SCHEMA))
    .map((name) => `${name} is no setting: .env.example lists them.`);
}

function readCredential(given: Environment, problems: string[]): Credential | null {
  const secret = given["AZURE_CLIENT_SECRET"];
  const certificate = given["AZURE_CLIENT_CERTIFICATE_PATH"];
  if (!secret && !certificate) {
    problems.push(
      "AZURE_CLIENT_SECRET is missing: the value of a client secret of your app registration; or name a " +
        "certificate in AZURE_CLIENT_CERTIFICATE_PATH.",
    );
    return null;
  }
  if (secret && certificate) {
    problems.push("AZURE_CLIENT_SECRET and AZURE_CLIENT_CERTIFICATE_PATH are both set: one of them is enough.");
    return null;
  }
  const read = secret
    ? readSecret(secret)
    : readCertificate(
        certificate as string,
        given["AZURE_CLIENT_KEY_PATH"],
        given["AZURE_CLIENT_CERTIFICATE_PASSWORD"],
      );
  if (typeof read !== "string") return read;
  problems.push(read);
  return null;
}
