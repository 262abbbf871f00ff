// What the server is told by its arguments, the environment and `.env`.
import { existsSync } from "node:fs";
import { type Level, LEVELS } from "./log";
import { SettingError } from "./live/problem";
import { readSettings, type Settings } from "./live/settings";

const ENV_FILE = ".env";
const FIRST_PORT = 5178;

export interface Start {
  host: string;
  port: number;
  logLevel: Level;
  live?: Settings;
}

/**
 * Reads `.env` too, in live mode; what is in the environment already counts more.
 * @throws {SettingError} with a sentence for everything that is missing or wrong.
 */
export function readStart(args: readonly string[], environment: NodeJS.ProcessEnv): Start {
  const problems = args.filter((arg) => arg !== "--live").map((arg) => `${arg} is no option: there is --live.`);
  const isLive = args.includes("--live");
  const host = environment["HOST"] ?? "127.0.0.1";
  const port = Number(environment["PORT"] ?? FIRST_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push("PORT must be a number from 0 to 65535.");
  // Whoever reaches the server gets a token from it.
  if (isLive && !isLoopback(host))
    problems.push(
      "HOST must be this machine in live mode: the demo hands out embed tokens without asking who wants them.",
    );
  const logLevel = environment["LOG_LEVEL"] ?? (isLive ? "info" : "warn");
  if (!isLevel(logLevel)) problems.push(`LOG_LEVEL must be one of ${LEVELS.join(", ")}.`);
  const live = isLive ? settings(environment, problems) : null;
  if (problems.length || !isLevel(logLevel)) throw new SettingError(problems);
  return { host, port, logLevel, ...(live && { live }) };
}

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);
export const isLoopback = (host: string) => ["127.0.0.1", "localhost", "::1"].includes(host);

function settings(environment: NodeJS.ProcessEnv, problems: string[]): Settings | null {
  const file = existsSync(ENV_FILE);
  if (file) process.loadEnvFile(ENV_FILE);
  try {
    return readSettings(environment);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    problems.push(...error.problems);
    if (!file) problems.push("There is no file .env here: copy .env.example to .env and fill it in.");
    return null;
  }
}
