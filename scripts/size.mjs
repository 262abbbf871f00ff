// Prints what a page loads, as a server with brotli would send it, against budgets.json. Catches a change that
// makes the package heavier than agreed, and says when the agreement could be tightened. Needs dist/.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";
import { sizes } from "./lib/sizes.mjs";

// A budget with more room than this no longer notices much.
const slack = 0.03;

function measure(file) {
  if (!existsSync(fromRoot(file))) throw new UserError(`${file} is missing: run \`npm run build\` first.`);
  return [path.basename(file), ...Object.values(sizes(readFileSync(fromRoot(file))))];
}

const row = ([name, ...numbers]) => name.padEnd(24) + numbers.map((n) => n.toLocaleString("en").padStart(10)).join("");

export function size() {
  const over = [];
  for (const [name, { what, files, maxBytes }] of Object.entries(
    JSON.parse(readFileSync(fromRoot("budgets.json"), "utf8")),
  )) {
    const rows = files.map(measure);
    const sums = rows.reduce((sum, [, ...numbers]) => sum.map((n, i) => n + numbers[i]), [0, 0, 0]);
    console.log(`${name}: ${what}, in bytes\n`);
    console.log(`${"".padEnd(24)}${["raw", "gzip 9", "brotli 11"].map((head) => head.padStart(10)).join("")}`);
    for (const line of [...rows, ["total", ...sums]]) console.log(row(line));
    const used = sums[2];
    const share = `${((100 * used) / maxBytes).toFixed(1)} % used`;
    console.log(`${"budget".padEnd(44)}${maxBytes.toLocaleString("en").padStart(10)}   ${share}`);
    if (used > maxBytes) over.push(`${name} is ${used - maxBytes} bytes over its budget of ${maxBytes}.`);
    else if (used < maxBytes * (1 - slack)) console.log(`\nThe budget could be lowered to ${used} in budgets.json.`);
  }
  if (over.length) throw new UserError(over.join("\n"));
}

await runIfMain(import.meta, size);
