// `npm run lint`: Biome's format and lint, and no line of ours over 120 columns. Biome's formatter breaks code to that
// width and leaves comments and strings as they are, so those are counted here.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";

const WIDTH = 120;
const FILES = ["ts", "cts", "mts", "js", "cjs", "mjs", "jsx", "tsx", "vue", "svelte", "css"].map((kind) => `*.${kind}`);
/** Written by tools. */
const LEFT_OUT = [":!tests/data", ":!tests/snapshots", ":!bench/results"];

export function lint() {
  const long = longLines();
  for (const line of long) console.error(line);
  run(process.execPath, [fromRoot("node_modules/@biomejs/biome/bin/biome"), "ci", "--error-on-warnings"]);
  if (long.length) throw new UserError(`${long.length} lines over ${WIDTH} columns`);
}

function longLines() {
  const listed = execFileSync("git", ["ls-files", "-z", "--", ...FILES, ...LEFT_OUT], { cwd: fromRoot() });
  return listed
    .toString()
    .split("\0")
    .filter(Boolean)
    .flatMap((file) =>
      readFileSync(fromRoot(file), "utf8")
        .split(/\r?\n/)
        .flatMap((line, i) => (line.length > WIDTH ? [`${file}:${i + 1}: ${line.length} columns`] : [])),
    );
}

await runIfMain(import.meta, lint);
