// `npm run lint`: Biome's format and lint, no line of ours over 120 columns, no regular expression that a long text
// holds up, and no Math.random in what we ship or show. Biome's formatter breaks code to that width and leaves comments
// and strings as they are, so those are counted here.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { unsafeCode } from "./lib/patterns.mjs";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { installPackages } from "./setup.mjs";

const WIDTH = 120;
const FILES = ["ts", "cts", "mts", "js", "cjs", "mjs", "jsx", "tsx", "vue", "svelte", "css"].map((kind) => `*.${kind}`);
/** Written by tools. */
const LEFT_OUT = [":!tests/data", ":!tests/snapshots", ":!bench/results"];

const CODE = /\.(?:[cm]?[jt]s|[jt]sx|vue|svelte|html)$/;

export async function lint() {
  installPackages();
  const faults = [...longLines(), ...(await unsafeCode(codeOf("npm/src", "www", "scripts", "examples", "bench")))];
  for (const fault of faults) console.error(fault);
  run(process.execPath, [fromRoot("node_modules/@biomejs/biome/bin/biome"), "ci", "--error-on-warnings"]);
  if (faults.length) throw new UserError(`${faults.length} faults that Biome does not look for`);
}

/** The files under version control that match. */
function listed(...patterns) {
  const output = execFileSync("git", ["ls-files", "-z", "--", ...patterns], { cwd: fromRoot() });
  return output
    .toString()
    .split("\0")
    .filter((file) => file && existsSync(fromRoot(file)));
}

const codeOf = (...folders) => listed(...folders).filter((file) => CODE.test(file));

function longLines() {
  return listed(...FILES, ...LEFT_OUT).flatMap((file) =>
    readFileSync(fromRoot(file), "utf8")
      .split(/\r?\n/)
      .flatMap((line, i) => (line.length > WIDTH ? [`${file}:${i + 1}: ${line.length} columns`] : [])),
  );
}

await runIfMain(import.meta, lint);
