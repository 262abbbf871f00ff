// Running commands: where the repository is, one way to start a program, one way to fail in a sentence.

import { spawnSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** A path inside the repository. */
export const fromRoot = (...parts) => path.join(root, ...parts);

/** A failure that the person at the keyboard can act on: printed without a stack. */
export class UserError extends Error {}

/** Everything lands in the repository's own target folder: the scripts read files there by name. */
export const environment = {
  ...process.env,
  CARGO_TARGET_DIR: fromRoot("target"),
  CARGO_TERM_COLOR: process.env.CARGO_TERM_COLOR ?? "auto",
};

/** Runs a program in the repository, its output passed on; throws a UserError when it fails. */
export function run(program, args = [], { env = {} } = {}) {
  const done = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environment, ...env },
  });
  if (done.error) throw new UserError(`${program} could not be started: ${done.error.message}`);
  if (done.status !== 0) throw new UserError(`${program} ${args.join(" ")} ended with ${done.signal ?? done.status}`);
}

/** Runs a program and returns what it prints, or null when it is missing or fails. */
export function capture(program, args = []) {
  const done = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
    maxBuffer: Infinity,
    env: environment,
  });
  return done.status === 0 ? done.stdout.trim() : null;
}

/** npm, through the copy that started us where there is one: on Windows `npm` alone is no program. */
export function npm(...args) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith(".js")) run(process.execPath, [cli, ...args]);
  else if (process.platform === "win32") run("cmd", ["/c", "npm", ...args]);
  else run("npm", args);
}

/**
 * Runs `main` when the module is the one node was started with, and turns a UserError into one line and exit code 1.
 */
export async function runIfMain(meta, main) {
  if (!process.argv[1] || meta.url !== pathToFileURL(process.argv[1]).href) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof UserError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
