/** Reads tokens, configurations and errors from standard input, files or a prompt. */
import { createReadStream } from "node:fs";
import path from "node:path";
import process from "node:process";
import type { EmbedConfigLike } from "powerbi-token-keeper";
import { UsageError } from "./args.js";
import { read, type Value } from "./parse-input.js";
import { ask } from "./prompt.js";

/** The largest file that is read, far above any configuration; a wrong file would fill the memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads the token: piped in, or typed at a prompt. */
export async function readToken(): Promise<string> {
  if (process.stdin.isTTY) return ask(process.stdin, process.stderr, "Paste the token (it is not shown), then Enter: ");
  // One trailing line break is from `echo`, not part of the token.
  return decode(await readAll(process.stdin, "Standard input")).replace(/\r?\n$/, "");
}

/**
 * Reads an error: JSON, JavaScript literals, or any text with an error in it, such as a line of a console or a log; `-`
 * is standard input.
 */
export async function readError(file: string): Promise<unknown> {
  const name = displayName(file);
  const text = decode(await bytesOf(file, name)).trim();
  if (text === "") throw new UsageError(`${name} is empty.`);
  const values = literals(text);
  if (values === null || values.length === 0) return text;
  // What stands around the values is a part of the error too, as in `Uncaught (in promise) {…}`.
  return /^[{[]/.test(text) && values.length === 1 ? values[0] : [...values, text];
}

/** Reads an embed configuration or the body of a GenerateToken request: JSON, or JavaScript as it is in the code. */
export async function readConfig(file: string): Promise<EmbedConfigLike> {
  const name = displayName(file);
  const text = decode(await bytesOf(file, name)).trim();
  const values = literals(text) ?? [];
  const objects = values.filter((value) => typeof value === "object" && value !== null && !Array.isArray(value));
  const config = objects.find((value) => CONFIG_MARKS.some((mark) => mark in (value as object))) ?? objects[0];
  if (config === undefined) {
    throw new UsageError(
      `${name} is not an embed configuration, which is an object ` +
        `{ type: …, embedUrl: …, accessToken: … }: ${describe(text)}.`,
    );
  }
  return config as EmbedConfigLike;
}

const CONFIG_MARKS = ["accessToken", "tokenType", "embedUrl", "accessLevel", "datasets", "identities"];

/** The objects and lists in a text; null where it breaks off. */
function literals(text: string): Value[] | null {
  try {
    return [JSON.parse(text) as Value];
  } catch {
    // Not JSON; the parser's message would quote the text.
  }
  try {
    return read(text).values;
  } catch {
    return null;
  }
}

function describe(text: string): string {
  if (text === "") return "it is empty";
  if (text.startsWith("<")) return "it starts with <, like HTML; it may be a server's sign-in or error page";
  if (/^[{[]/.test(text)) return "it starts like one but has a syntax error, such as a missing quote or brace";
  return "there is no { in it";
}

/** A file's base name, if no part of it could be a secret; the folders before it are not repeated. */
function displayName(file: string): string {
  if (file === "-") return "Standard input";
  const base = path.basename(file);
  const isPlain = /^[\w.-]{1,64}\.\w{1,8}$/.test(base) && !/eyJ|H4sI|[A-Za-z\d]{20}/.test(base);
  return isPlain ? base : "The file";
}

function bytesOf(file: string, name: string): Promise<Buffer> {
  if (file !== "-") return readAll(createReadStream(file), name);
  // A terminal would echo what is typed, and truncate long lines.
  if (process.stdin.isTTY) throw new UsageError("- reads from a pipe, but nothing is piped in; pass a file instead.");
  return readAll(process.stdin, name);
}

async function readAll(stream: NodeJS.ReadableStream, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      parts.push(Buffer.from(part));
      size += part.length;
      if (size > MAX_BYTES) break;
    }
  } catch (error) {
    throw new UsageError(`${name} can't be read: ${cause((error as { code?: string }).code)}.`);
  }
  if (size > MAX_BYTES)
    throw new UsageError(`${name} is larger than 4 MiB, too large for a token, configuration or error.`);
  return Buffer.concat(parts);
}

function cause(code: string | undefined): string {
  switch (code) {
    case "ENOENT":
      return "it does not exist";
    case "EISDIR":
      return "it is a directory";
    case "EACCES":
    case "EPERM":
      return "access is denied";
    default:
      return "the system refused access";
  }
}

/** UTF-8, or the UTF-16 that PowerShell's `>` writes. A byte order mark is not part of the text. */
function decode(bytes: Buffer): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(utf16 ? "utf-16le" : "utf-8").decode(bytes);
}
