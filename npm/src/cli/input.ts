/** Where tokens, configurations and errors come from: standard input, files, a prompt. */
import { createReadStream } from "node:fs";
import path from "node:path";
import process from "node:process";
import type { EmbedConfigLike } from "powerbi-token-keeper";
import { Refused } from "./args.js";
import { ask } from "./prompt.js";

/** No configuration comes near it; a wrong file would fill the memory. */
const MOST = 4 * 1024 * 1024;

/** The token: piped in, or asked for where a person sits at the keyboard. */
export async function readToken(): Promise<string> {
  if (process.stdin.isTTY) return ask(process.stdin, process.stderr, "Paste the token (it is not shown), then Enter: ");
  // One line's end is `echo`'s and not the token's.
  return decode(await collect(process.stdin, "Standard input")).replace(/\r?\n$/, "");
}

/** What a JSON file holds; `-` is standard input. */
export async function readJson(file: string): Promise<unknown> {
  const name = named(file);
  const text = decode(await bytesOf(file, name)).trim();
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new Refused(`${name} is not JSON: ${resembles(text)}.`);
  }
}

/** An embed configuration. */
export async function readObject(file: string): Promise<EmbedConfigLike> {
  const value = await readJson(file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refused(
      `${named(file)} holds no embed configuration, which is a JSON object: { "type": …, "embedUrl": …, ` +
        `"accessToken": … }.`,
    );
  }
  return value as EmbedConfigLike;
}

function resembles(text: string): string {
  if (text === "") return "it is empty";
  if (text.startsWith("<")) return "it begins with <, as HTML does; it may be the sign-in or error page of a server";
  if (/^[{[]/.test(text))
    return "it begins like JSON, and then has a mistake, such as a comment, a missing quote or a comma too many";
  return "it begins with no { or [";
}

/** A file's name, where it is one beyond doubt; a token put there by mistake is not repeated. */
function named(file: string): string {
  if (file === "-") return "Standard input";
  return /^[\w.-]{1,64}\.\w{1,8}$/.test(path.basename(file)) && !/eyJ|H4sI/.test(file) ? file : "The file";
}

function bytesOf(file: string, name: string): Promise<Buffer> {
  if (file !== "-") return collect(createReadStream(file), name);
  // A terminal would show what is typed, and cut its lines.
  if (process.stdin.isTTY) throw new Refused("- reads what is piped in, and nothing is: give a file instead.");
  return collect(process.stdin, name);
}

async function collect(stream: NodeJS.ReadableStream, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      parts.push(Buffer.from(part));
      size += part.length;
      if (size > MOST) break;
    }
  } catch (error) {
    throw new Refused(`${name} can't be read: ${cause((error as { code?: string }).code)}.`);
  }
  if (size > MOST) throw new Refused(`${name} is larger than 4 MiB, which no token, configuration or error is.`);
  return Buffer.concat(parts);
}

function cause(code: string | undefined): string {
  switch (code) {
    case "ENOENT":
      return "it does not exist";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
    case "EPERM":
      return "access is denied";
    default:
      return "the system refused";
  }
}

/** UTF-8, or the UTF-16 that PowerShell's `>` writes. A byte order mark is not part of the text. */
function decode(bytes: Buffer): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(utf16 ? "utf-16le" : "utf-8").decode(bytes);
}
