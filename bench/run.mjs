// `npm run bench`: every figure of the performance tables, beside its rivals, in one run of about fifteen minutes.
// Arguments after `--` select figures: `npm run bench -- poll fleet`. Each writes bench/results/NAME.json and its
// pictures; bench/results/RESULTS.md and the tables in README.md and docs/ are rendered from those.
//
// A figure (bench/figures/NAME.mjs) exports `measure()`, which gives data, and `tables(data)`, Markdown; some have
// `pictures(data)`, `short(data)`, the part for the README, and `misses(data)`, the bars that are missed: a line each,
// and the run fails.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { build } from "../scripts/build.mjs";
import { UserError, fromRoot, runIfMain, npm } from "../scripts/lib/run.mjs";
import { FIGURES, results, write } from "./lib/results.mjs";

/** Installs the rivals, which only the bench needs. */
function install() {
  const wanted = readFileSync(fromRoot("bench/package-lock.json"), "utf8");
  const stamp = fromRoot("bench/node_modules/.installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  npm("ci", "--prefix", fromRoot("bench"), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
  writeFileSync(stamp, wanted);
}

await runIfMain(import.meta, async (words) => {
  const unknown = words.find((word) => !FIGURES.includes(word));
  if (unknown) throw new UserError(`There is no figure ${unknown}: ${FIGURES.join(" ")}`);
  await build();
  install();
  mkdirSync(fromRoot("bench/results"), { recursive: true });
  // before any of them makes itself a window, since what draws the pictures takes Node for a browser then
  for (const name of FIGURES) await import(`./figures/${name}.mjs`);
  const missed = [];
  for (const name of FIGURES.filter((each) => !words.length || words.includes(each))) {
    const figure = await import(`./figures/${name}.mjs`);
    const start = performance.now();
    const data = await figure.measure();
    missed.push(...(figure.misses?.(data) ?? []).map((line) => `${name}: ${line}`));
    console.log(`\n=== ${name}, ${((performance.now() - start) / 1000).toFixed(0)} s\n\n${figure.tables(data)}`);
    writeFileSync(fromRoot(`bench/results/${name}.json`), `${JSON.stringify(data)}\n`);
    for (const [picture, text] of Object.entries(figure.pictures?.(data) ?? {}))
      writeFileSync(fromRoot(`bench/results/${picture}.svg`), text);
  }
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: fromRoot(), encoding: "utf8" }).trim();
  const [{ model }, ...others] = os.cpus();
  const machine = `${model}, ${others.length + 1} processors, ${os.platform()}, Node ${process.versions.node}`;
  writeFileSync(
    fromRoot("bench/results/run.json"),
    `${JSON.stringify({ commit, machine, on: new Date().toISOString().slice(0, 10) })}\n`,
  );
  write(await results());
  if (missed.length) throw new UserError(`Missed:\n${missed.join("\n")}`);
});
