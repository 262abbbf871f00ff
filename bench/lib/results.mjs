// The results as text: bench/results/RESULTS.md, and the parts of README.md and docs/ between `<!-- bench: NAME -->`
// and `<!-- /bench -->`. A test renders them again from the committed data.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
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
  "outage",
  "comparison",
  "simulator",
  "diagnosis",
  "reading",
  "many",
];

const read = (name) => JSON.parse(readFileSync(fromRoot(`bench/results/${name}.json`), "utf8"));

/** The Markdown of every figure that has been measured, by its name; a part of it for the README under `NAME_short`. */
export async function results() {
  const texts = {};
  for (const name of FIGURES.filter((each) => existsSync(fromRoot(`bench/results/${each}.json`)))) {
    const { tables, short } = await import(`../figures/${name}.mjs`);
    texts[name] = tables(read(name));
    if (short) texts[`${name}_short`] = short(read(name));
  }
  return texts;
}

export function report(texts) {
  const { commit, machine, on } = read("run");
  const whole = Object.entries(texts).filter(([name]) => FIGURES.includes(name));
  const parts = whole.map(([name, text]) => `## ${name}\n\n${text}`);
  const about = `On ${on}, of ${commit} or what followed it; ${machine}.`;
  return `# What \`npm run bench\` printed\n\n${about}\n\n${parts.join("\n")}`;
}

/** The files with tables in them, by path. */
export function documents() {
  const guides = existsSync(fromRoot("docs")) ? readdirSync(fromRoot("docs")) : [];
  const files = ["README.md", ...guides.filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)];
  return files.filter((file) => readFileSync(fromRoot(file), "utf8").includes("<!-- bench: "));
}

/** A document with its tables rendered again. */
export function rendered(document, texts) {
  return document.replace(/(<!-- bench: (\w+) -->\n)[\s\S]*?(<!-- \/bench -->)/g, (whole, begin, name, end) =>
    texts[name] ? `${begin}${texts[name]}${end}` : whole,
  );
}

export function write(texts) {
  writeFileSync(fromRoot("bench/results/RESULTS.md"), report(texts));
  for (const file of documents()) writeFileSync(fromRoot(file), rendered(readFileSync(fromRoot(file), "utf8"), texts));
}
