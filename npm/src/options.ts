import { badOption } from "./errors.js";
import type { TokenEndpoint, TokenKeeperOptions, TokenSource } from "./types.js";

/** `[fallback, min, max]` in milliseconds. The engine has the same table (`src/policy.rs`); a test compares them. */
const DURATIONS = {
  pollIntervalMs: [30_000, 1_000, 600_000],
  leadMs: [600_000, 1_000, 86_400_000],
  sourceTimeoutMs: [30_000, 1_000, 300_000],
  applyTimeoutMs: [10_000, 1_000, 300_000],
  providerTimeoutMs: [15_000, 1_000, 300_000],
} as const;

const CHOICES = {
  whileHidden: ["refresh", "pause"],
  afterExpiry: ["auto", "reload", "refresh", "none"],
} as const;

const OTHER_OPTIONS = ["source", "tokenType", "initial", "shareKey", "signal"];
const ENDPOINT_FIELDS = ["url", "method", "headers", "body", "credentials"];

type Duration = keyof typeof DURATIONS;
type Choice = keyof typeof CHOICES;

/** The options as the engine gets them: checked, with every default filled in. */
export type CheckedOptions = Record<Duration, number> &
  Record<Choice, string> &
  Pick<TokenKeeperOptions, "tokenType" | "initial" | "signal" | "shareKey"> & { source: TokenSource | CheckedEndpoint };

type CheckedEndpoint = Omit<TokenEndpoint, "url"> & { url: string; method: string; credentials: string };

/**
 * Checks a page author's options.
 *
 * @throws TypeError for a wrong type or an unknown option, RangeError for a value that is not allowed; the message
 * names the option and the `code` is `ERR_OPTION`.
 */
export function checkOptions(given: TokenKeeperOptions): CheckedOptions {
  if (!isObject(given)) throw badOption("options", "must be an object with a source");
  const options = ownProperties(given);
  refuseUnknown("", options, [...Object.keys(DURATIONS), ...Object.keys(CHOICES), ...OTHER_OPTIONS]);
  const checked = ownProperties({ source: checkSourceOption(options.source) }) as CheckedOptions;
  for (const name of Object.keys(DURATIONS) as Duration[]) checked[name] = duration(name, options[name]);
  for (const name of Object.keys(CHOICES) as Choice[]) {
    checked[name] = choice(name, options[name], CHOICES[name], CHOICES[name][0]);
  }
  const { tokenType, initial, signal, shareKey } = options;
  if (tokenType !== undefined && tokenType !== 0 && tokenType !== 1) {
    throw badOption(
      "tokenType",
      "must be 0 (Aad) or 1 (Embed)",
      typeof tokenType === "number" ? RangeError : TypeError,
    );
  }
  if (initial !== undefined && typeof initial !== "string" && !isObject(initial)) {
    throw badOption("initial", "must be a token or an object that holds one");
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw badOption("signal", "must be an AbortSignal");
  }
  if (shareKey !== undefined && (typeof shareKey !== "string" || shareKey === "")) {
    throw badOption("shareKey", "must be a text that is not empty");
  }
  if (tokenType !== undefined) checked.tokenType = tokenType;
  if (initial !== undefined) checked.initial = initial;
  if (signal !== undefined) checked.signal = signal;
  if (shareKey !== undefined) checked.shareKey = shareKey;
  return checked;
}

function checkSourceOption(source: TokenKeeperOptions["source"]): TokenSource | CheckedEndpoint {
  if (typeof source === "function") return source;
  const given = typeof source === "string" || source instanceof URL ? { url: source } : source;
  if (!isObject(given)) throw badOption("source", "must be a URL, an endpoint or a function");
  const endpoint: TokenEndpoint = ownProperties(given);
  refuseUnknown("source.", endpoint, ENDPOINT_FIELDS);
  const { headers, body } = endpoint;
  if (headers !== undefined && typeof headers !== "function" && !isObject(headers)) {
    throw badOption("source.headers", "must be headers as fetch takes them, or a function that returns them");
  }
  const upper: unknown = typeof endpoint.method === "string" ? endpoint.method.toUpperCase() : endpoint.method;
  const method = choice("source.method", upper, ["POST", "GET"], "POST");
  if (method === "GET" && body !== undefined) throw badOption("source.body", "can't go with method GET");
  return ownProperties({
    url: checkUrl(endpoint.url),
    method,
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
    credentials: choice("source.credentials", endpoint.credentials, ["same-origin", "include", "omit"], "same-origin"),
  });
}

/** Same origin, https:, or loopback: a token must not cross a network in the clear. */
function checkUrl(url: string | URL): string {
  if ((typeof url !== "string" && !(url instanceof URL)) || String(url).trim() === "") {
    throw badOption("source.url", "must be a URL");
  }
  const base = baseUrl();
  let full: URL;
  try {
    full = new URL(url, base);
  } catch {
    // on a server a relative URL has nothing to be relative to, and nothing is asked for there
    if (base === undefined) return String(url);
    throw badOption("source.url", "can't be read as a URL");
  }
  if (full.username !== "" || full.password !== "") {
    throw badOption("source.url", "must not hold a user name or a password", RangeError);
  }
  const isSafe =
    full.protocol === "https:" ||
    (full.protocol === "http:" &&
      (/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(full.hostname) ||
        (base !== undefined && full.origin === location.origin)));
  if (!isSafe) throw badOption("source.url", "must be of this origin, https: or loopback", RangeError);
  return full.href;
}

/**
 * The URL that relative ones are resolved against: the document's base, if that is of this origin. Markup can add a
 * `<base>` of another, and can shadow `document.baseURI`, but neither `Request` nor `location`.
 */
function baseUrl(): string | undefined {
  if (typeof document === "undefined") return undefined;
  const base = new Request("").url;
  return new URL(base).origin === location.origin ? base : location.href;
}

/** A copy of an object's own properties without a prototype, to which a polluted `Object.prototype` adds nothing. */
function ownProperties<T extends object>(given: T): T {
  return Object.assign(Object.create(null), given);
}

function duration(name: Duration, value: unknown): number {
  const [fallback, min, max] = DURATIONS[name];
  if (value === undefined) return fallback;
  if (typeof value !== "number") throw badOption(name, "must be a number of milliseconds");
  if (!(value >= min && value <= max)) {
    throw badOption(name, `must be from ${min} to ${max} milliseconds`, RangeError);
  }
  return value;
}

function choice<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  const requirement = `must be one of ${choices.map((one) => `"${one}"`).join(", ")}`;
  if (typeof value !== "string") throw badOption(name, requirement);
  if (!choices.includes(value as T)) throw badOption(name, requirement, RangeError);
  return value as T;
}

function refuseUnknown(prefix: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw badOption(prefix + key, `is not an option; there are: ${known.join(", ")}`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
