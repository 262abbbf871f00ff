// Tells what was pasted: a configuration, a bare token, an error, or several of these at once.
import type { EmbedConfigLike } from "powerbi-token-keeper";
import { mask, maskPieces, maskRuns } from "./mask";
import { type Pasted, read, Unreadable, type Value } from "../../npm/src/cli/parse-input";

export interface Subject {
  config: (EmbedConfigLike & Record<string, unknown>) | null;
  /** The access token as text, from the configuration or alone. */
  token: string | null;
  error: unknown;
  /** Members of the configuration whose values are code. */
  unread: ReadonlySet<string>;
  /** What may stand in the field afterwards; `what` names the token. */
  masked: (what: string) => string;
}

type Members = Record<string, Value>;

/** Members of an embed configuration, and of the body of a GenerateToken request. */
const CONFIG_MARKS = [
  "accessToken",
  "tokenType",
  "embedUrl",
  "accessLevel",
  "targetWorkspaces",
  "lifetimeInMinutes",
  "identities",
];
const ERROR_MARKS = [
  "message",
  "Message",
  "detailedMessage",
  "errorCode",
  "technicalDetails",
  "error",
  "errorMsg",
  "ErrorMessage",
  "error_description",
];
/** Broken code rather than a token: a name and a colon after a brace or comma. */
const LIKE_CODE = /[{,[]\s*["']?[\w$]+["']?\s*:/;
const NOTHING: Subject = { config: null, token: null, error: undefined, unread: new Set(), masked: () => "" };

/** @throws Unreadable when it is code that breaks off, or is not as code is. */
export function readSubject(text: string): Subject {
  if (text.trim() === "") return NOTHING;
  const pasted = readCode(text);
  const found = pasted?.values.flatMap(parts) ?? [];
  const config = found.find(isConfig) ?? null;
  const error = found.find(isError);
  if (pasted && (config || error !== undefined)) {
    const token = typeof config?.["accessToken"] === "string" ? config["accessToken"] : null;
    return { config, token, error, unread: pasted.unread, masked: (what) => maskPieces(text, pasted.pieces, what) };
  }
  // An object of neither kind is a whole answer in the place of its token.
  const only = pasted?.values.length === 1 ? pasted.values[0] : undefined;
  const token = isMembers(only) && Object.keys(only).length > 0 ? JSON.stringify(only) : text;
  return { ...NOTHING, token, masked: (what) => mask(text.trim(), what) };
}

/** What stands in the field for errors: an object, or any text. */
export function readError(text: string): Subject {
  if (text.trim() === "") return NOTHING;
  let pasted: Pasted | null = null;
  try {
    pasted = read(text);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  const found = pasted?.values.flatMap(parts) ?? [];
  const error = found.find(isError) ?? text.trim();
  return { ...NOTHING, error, masked: () => (pasted ? maskPieces(text, pasted.pieces, "text") : maskRuns(text)) };
}

function readCode(text: string): Pasted | null {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof Unreadable && !LIKE_CODE.test(text)) return null;
    throw error;
  }
}

/**
 * An object, or the objects in it that say more: `{ detail }` of an event, `{ error, config }`, a backend's `{ data }`.
 */
function parts(value: Value): Value[] {
  if (!isMembers(value) || isConfig(value)) return [value];
  const inner = Object.values(value).filter((member): member is Members => isMembers(member));
  if (isMembers(value["detail"])) return [value["detail"], ...inner.filter(isConfig)];
  const configs = inner.filter(isConfig);
  if (configs.length === 0) return [value];
  return [...configs, ...(isMembers(value["error"]) ? [value["error"]] : isError(value) ? [value] : [])];
}

const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const has = (value: Members, marks: readonly string[]) => marks.some((mark) => mark in value);
const isConfig = (value: Value): value is Members => isMembers(value) && has(value, CONFIG_MARKS);

function isError(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isError);
  return isMembers(value) && !isConfig(value) && has(value, ERROR_MARKS);
}
