// What has been measured, as text: bench/results/RESULTS.md, and the README's parts between `<!-- bench: NAME -->` and
// `<!-- /bench -->`. A test makes both again from the committed data.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fromRoot } from "../../scripts/lib/run.mjs";

/** In the order in which they are run and printed. */
export const FIGURES = [
  "bytes",
  "start",
  "idle",
  "poll",
  "refresh",
  "requests",
  "fleet",
  "simulator",
  "diagnosis",
  "many",
];

const read = (name) => JSON.parse(readFileSync(fromRoot(`bench/results/${name}.json`), "utf8"));

/** The Markdown of every figure that has been measured, by its name. */
export async function results() {
  const texts = {};
  for (const name of FIGURES.filter((each) => existsSync(fromRoot(`bench/results/${each}.json`)))) {
    const { tables } = await import(`../figures/${name}.mjs`);
    texts[name] = tables(read(name));
  }
  return texts;
}

export function report(texts) {
  const { commit, machine, on } = read("run");
  const parts = Object.entries(texts).map(([name, text]) => `## ${name}\n\n${text}`);
  return `# What \`npm run bench\` printed\n\nOn ${on}, of ${commit} or what followed it; ${machine}.\n\n${parts.join("\n")}`;
}

/** The README with its tables made anew. */
export function renewed(readme, texts) {
  return readme.replace(/(<!-- bench: (\w+) -->\n)[^]*?(<!-- \/bench -->)/g, (whole, begin, name, end) =>
    texts[name] ? `${begin}${texts[name]}${end}` : whole,
  );
}

export function write(texts) {
  writeFileSync(fromRoot("bench/results/RESULTS.md"), report(texts));
  const readme = readFileSync(fromRoot("README.md"), "utf8");
  writeFileSync(fromRoot("README.md"), renewed(readme, texts));
}
