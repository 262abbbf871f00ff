// `npm run mutants`: whether the tests would notice. Puts defects into the facade, one at a time, and plays the
// scenarios of tests/browser until one fails. For a person: it takes an hour or more.
//
//   npm run mutants                     the defects of tests/mutants/facade.mjs, then a sample of StrykerJS's
//   npm run mutants -- --sample 400     so many of StrykerJS's, 0 for none; the same ones every time
//   npm run mutants -- --seed 2         another sample
//   npm run mutants -- session tabs     those whose file's path, or what is said of them, contains one of the words;
//                                       `cli` for the command line's, of which StrykerJS has a thousand
//   npm run mutants -- --no-listed      StrykerJS's alone
//   npm run mutants -- --quick          the listed ones alone, and of the scenarios those of the file that each names
//   npm run mutants -- --patience 40    how many seconds one defect's scenarios may take, instead of the usual
//   npm run mutants -- --shell          those of tests/mutants/shell.mjs instead, each a build of the engine
//
// StrykerJS's runners start a process per defect, which here is a browser. Its instrumenter alone puts all of its
// defects into one build, each behind a switch, and counts which of them a scenario reaches. So nothing is built anew,
// only scenarios that reach a defect are played, and one browser plays them all. A defect that is listed by hand is
// bundled by esbuild in under a second, and goes before the scenarios that reach its line, then its file.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { bundleChunk, bundleModules } from "./build.mjs";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { LATE, closeBrowsers, collectScenarios, play } from "./lib/scenarios.mjs";
import { bind, modules, shorten, target } from "./lib/wasm.mjs";
import { build as buildPanickingEngine, bundlePanickingEngine } from "./panicking-engine.mjs";

const SOURCES = fromRoot("npm/src");
const HOME = fromRoot("target/mutants");
/** What one defect's scenarios may take in all; those with the best prospects come first. */
const PATIENCE = 60_000;
/** Every so many defects, sound code is played as if it were one. */
const CONTROL = 20;

/** Interfaces alone, what a test has no way to reach, and text that is no behaviour. */
const UNTOUCHED = /(^|\/)(types|candidates-csp|candidates-script)\.ts$/;

const sourceFiles = () =>
  readdirSync(SOURCES, { recursive: true })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !UNTOUCHED.test(file))
    .sort();

// ---- StrykerJS's defects, all in one build --------------------------------------------------------------------------

async function instrument() {
  const { Instrumenter } = await import("@stryker-mutator/instrumenter");
  const quiet = { isDebugEnabled: () => false, debug() {}, info() {}, warn: console.warn };
  const files = sourceFiles().map((name) => ({
    name,
    mutate: true,
    content: readFileSync(path.join(SOURCES, name), "utf8"),
  }));
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false };
  const { files: written, mutants } = await new Instrumenter(quiet).instrument(files, options);
  const folder = path.join(HOME, "src");
  rmSync(folder, { recursive: true, force: true });
  cpSync(SOURCES, folder, { recursive: true });
  for (const { name, content } of written) writeFileSync(path.join(folder, name), content);
  return { folder, mutants: mutants.map((one) => ({ ...one, in: one.fileName, line: one.location.start.line + 1 })) };
}

/** The code to serve from a folder of sources. */
async function bundle(folder) {
  const panicking = path.join(HOME, "panicking-engine.js");
  const [files] = await Promise.all([bundleModules(folder), bundlePanickingEngine(folder, panicking)]);
  return { files, panicking };
}

/** Begins every document with one of StrykerJS's defects switched on. */
const switchedOn = (id) => `window.__stryker__={activeMutant:${JSON.stringify(id)}};`;

// ---- which scenario reaches what ------------------------------------------------------------------------------------

/**
 * Plays every scenario on sound code, twice where it fails, and notes how long it took and which defects it reached.
 * Kept until sources or tests change.
 */
async function survey(scenarios, reached, name = "survey") {
  const kept = path.join(HOME, `${name}.json`);
  const hash = createHash("sha256");
  for (const folder of ["npm/src", "tests/browser"]) {
    for (const file of readdirSync(fromRoot(folder), { recursive: true }).sort())
      if (/\.\w+$/.test(file)) hash.update(readFileSync(fromRoot(folder, file)));
  }
  const state = hash.digest("hex");
  const before = existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : null;
  if (before?.state === state) return new Map(before.entries);
  console.log(`Surveying ${scenarios.length} scenarios.`);
  const entries = new Map();
  for (const scenario of scenarios) {
    for (let left = 2; left > 0; left -= 1) {
      reached.clear();
      const began = performance.now();
      const failure = await play(scenario, 120_000);
      const ms = performance.now() - began;
      if (failure === null) {
        entries.set(keyOf(scenario), { ms, reaches: [...reached] });
        break;
      }
      if (left === 1) console.log(`Left out, since it fails on sound code: ${keyOf(scenario)}: ${failure}`);
    }
  }
  writeFileSync(kept, JSON.stringify({ state, entries: [...entries] }));
  return entries;
}

/** What takes the place of a survey: nothing is known of any scenario. */
const unsurveyed = (scenarios) => new Map(scenarios.map((one) => [keyOf(one), { ms: 5_000, reaches: [] }]));

const keyOf = ({ file, name }) => `${file}: ${name}`;

// ---- one defect -----------------------------------------------------------------------------------------------------

/** Scenarios of different files in turn, the quickest of each first: the likeliest to find something soon. */
function mixed(scenarios, known) {
  const byFile = Map.groupBy
    ? Map.groupBy(scenarios, ({ file }) => file)
    : scenarios.reduce((all, one) => all.set(one.file, [...(all.get(one.file) ?? []), one]), new Map());
  const ms = (one) => known.get(keyOf(one)).ms;
  const queues = [...byFile.values()].map((all) => all.sort((one, other) => ms(one) - ms(other)));
  const order = [];
  while (queues.some((queue) => queue.length)) {
    for (const queue of queues) if (queue.length) order.push(queue.shift());
  }
  return order;
}

/** Plays them until one fails: `{ by, why }`; else how many were played, and how many were not. */
async function hunt(scenarios, known, patience = PATIENCE) {
  const until = performance.now() + patience;
  let played = 0;
  for (const scenario of scenarios) {
    if (performance.now() > until) return { played, left: scenarios.length - played };
    const limit = Math.max(8000, 5 * known.get(keyOf(scenario)).ms);
    let why = await play(scenario, limit);
    // a machine that is busy with something else is slow as well
    if (why?.startsWith(LATE)) why = await play(scenario, 4 * limit);
    played += 1;
    if (why !== null) return { by: keyOf(scenario), why };
  }
  return { played, left: 0 };
}

// ---- what runs in Node ----------------------------------------------------------------------------------------------

/** What the command line's defects are tested by. */
const CLI_TESTS = ["tests/package/cli.test.mjs"];

/** Runs files of Node's test runner against another dist/. */
function huntInNode(tests, dist, id) {
  const args = ["--test", "--test-reporter=spec", ...tests.map((file) => fromRoot(file))];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: fromRoot(),
    encoding: "utf8",
    timeout: 180_000,
    env: { ...process.env, KEEPER_DIST: dist, ...(id && { __STRYKER_ACTIVE_MUTANT__: id }) },
  });
  if (status === 0) return { played: tests.length, left: 0 };
  return { by: tests.join(", "), why: /^✖ (.*?) \(/m.exec(stdout ?? "")?.[1] ?? "it was not over in time" };
}

function writeDist(files) {
  const dist = path.join(HOME, "package/dist");
  rmSync(dist, { recursive: true, force: true });
  cpSync(fromRoot("dist"), dist, { recursive: true });
  for (const [file, code] of files) writeFileSync(path.join(dist, file), code);
  cpSync(fromRoot("package.json"), path.join(HOME, "package/package.json"));
  return dist;
}

// ---- all of them ----------------------------------------------------------------------------------------------------

/** Mulberry32: the same sample for the same seed. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

function sampled(all, count, seed) {
  const roll = dice(seed);
  return all
    .map((one) => [roll(), one])
    .sort(([one], [other]) => one - other)
    .slice(0, count)
    .map(([, one]) => one);
}

/** The source with a defect; its text has to be there once. */
export function broken({ in: file, from, to }, folder = SOURCES) {
  const text = readFileSync(path.join(folder, file), "utf8");
  const at = text.indexOf(from);
  if (at < 0 || text.indexOf(from, at + 1) >= 0)
    throw new UserError(`${file} has ${at < 0 ? "no" : "more than one"} ${JSON.stringify(from)}: mend tests/mutants/`);
  return { text: text.slice(0, at) + to + text.slice(at + from.length), line: text.slice(0, at).split("\n").length };
}

async function bundleBroken(defect) {
  const folder = path.join(HOME, "listed/src");
  rmSync(folder, { recursive: true, force: true });
  cpSync(SOURCES, folder, { recursive: true });
  writeFileSync(path.join(folder, defect.in), broken(defect).text);
  return bundle(folder);
}

/** Whether a defect's file or name contains one of the words. */
const isWanted =
  (words) =>
  ({ in: file, is = "" }) =>
    !words.length || words.some((word) => `${file}: ${is}`.includes(word));

/** Where a defect is, and what. */
function nameOf({ in: file, line, is, mutatorName, replacement }) {
  return `${file}:${line} ${is ?? `${mutatorName}: ${replacement.replace(/\s+/g, " ").slice(0, 80)}`}`;
}

/** What became of the defects so far. */
class Tally {
  results = [];
  controls = 0;
  alarms = 0;

  constructor(name) {
    this.file = path.join(HOME, name);
  }

  async judge(defect, test) {
    const began = performance.now();
    const outcome = await test();
    this.results.push({ defect, outcome });
    const what = outcome.by ? `caught by ${outcome.by} (${outcome.why})` : "SURVIVED";
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${this.results.length}. ${nameOf(defect)}: ${what}, ${seconds} s`);
    if (this.results.length % 10 === 0) this.report();
  }

  get isDueForControl() {
    return this.results.length % CONTROL === 0;
  }

  /** What became of sound code. */
  control({ by, why }) {
    this.controls += 1;
    if (!by) return;
    this.alarms += 1;
    console.log(`FALSE ALARM: ${by}: ${why}`);
  }

  report() {
    const { results, controls, alarms } = this;
    const telling = results.filter(({ defect }) => !defect.same);
    const caught = telling.filter(({ outcome }) => outcome.by);
    const percent = telling.length ? Math.round((100 * caught.length) / telling.length) : 0;
    const survivors = results.filter(({ outcome }) => !outcome.by);
    const text = [
      `${caught.length} of ${telling.length} caught (${percent} %); sound code failed ${alarms} of ${controls} times`,
      "",
      ...survivors.map(({ defect, outcome: { played, left } }) => {
        const how = played ? `${played} passed` : "nothing reaches it";
        const rest = left ? `, ${left} were not played` : "";
        return `- ${nameOf(defect)} (${how}${rest})${defect.same ? `; equivalent: ${defect.same}` : ""}`;
      }),
    ].join("\n");
    writeFileSync(`${this.file}.md`, `${text}\n`);
    writeFileSync(`${this.file}.json`, JSON.stringify(results, null, 1));
    console.log(`— ${text.split("\n")[0]}`);
  }
}

async function facade({ words, sample, seed, listed, quick, patience }) {
  mkdirSync(HOME, { recursive: true });
  await buildPanickingEngine();
  const { defects } = await import("../tests/mutants/facade.mjs");
  const wanted = isWanted(words);
  const { folder, mutants } = await instrument();
  const instrumented = await bundle(folder);

  const reached = new Set();
  const scenarios = await collectScenarios({
    ends: async (page) => {
      const coverage = await page.run(() => window.__stryker__?.mutantCoverage?.static ?? {});
      for (const id of Object.keys(coverage)) reached.add(id);
    },
  });
  const { serveInstead } = await import("../tests/browser/lib/site.mjs");
  serveInstead({ ...instrumented, first: "window.__stryker__={};" });
  const known = quick ? unsurveyed(scenarios) : await survey(scenarios, reached);
  const usable = scenarios.filter((one) => known.has(keyOf(one)));
  const reaching = (ids) => usable.filter((one) => known.get(keyOf(one)).reaches.some((id) => ids.has(id)));

  const tally = new Tally("facade");
  const judge = async (defect, test) => {
    await tally.judge(defect, test);
    if (!tally.isDueForControl) return;
    serveInstead({ ...instrumented, first: "window.__stryker__={};" });
    tally.control(await hunt(sampled(usable, 10, tally.results.length), known));
  };

  for (const defect of listed ? defects.filter(wanted) : []) {
    const { line } = broken(defect);
    const made = { ...defect, line };
    const files = await bundleBroken(defect);
    const { tests } = defect;
    if (tests) await judge(made, () => huntInNode(tests, writeDist(files.files)));
    else {
      const here = mutants.filter((one) => one.in === defect.in);
      const near = reaching(new Set(here.filter((one) => Math.abs(one.line - line) <= 3).map(({ id }) => id)));
      const all = reaching(new Set(here.map(({ id }) => id)));
      const order = [
        ...mixed(near, known),
        ...mixed(
          all.filter((one) => !near.includes(one)),
          known,
        ),
      ];
      const first = (quick ? usable : order).filter((one) => defect.by && keyOf(one).includes(defect.by));
      await judge(made, () => {
        serveInstead({ ...files, first: "" });
        return hunt([...first, ...order.filter((one) => !first.includes(one))], known, patience ?? PATIENCE * 2);
      });
    }
  }

  const dist = writeDist(instrumented.files);
  // the command line's take half a minute each: only where a word asks for them
  const facades = mutants.filter((one) => wanted(one) && (words.length || !one.in.startsWith("cli/")));
  for (const defect of quick ? [] : sampled(facades, sample, seed)) {
    await judge(defect, () => {
      if (defect.in.startsWith("cli/")) return huntInNode(CLI_TESTS, dist, defect.id);
      serveInstead({ ...instrumented, first: switchedOn(defect.id) });
      return hunt(mixed(reaching(new Set([defect.id])), known), known, patience);
    });
  }
  await closeBrowsers();
  tally.report();
}

// ---- the shell ------------------------------------------------------------------------------------------------------

const CRATE = ["Cargo.toml", "Cargo.lock", "src", "tests/diagnosis", "tests/sim", "tools/wasm-bindgen"];

/**
 * The engine of other sources, hardly optimised, into the folder `npm/engine` of `into`; `manifest` is their
 * Cargo.toml. A build takes a tenth of the time.
 */
function buildQuickEngine(manifest, into) {
  const { cargo, flags } = modules[0];
  const folder = path.join(into, "wasm");
  const quick = ["opt-level=1", "lto=false", "codegen-units=16", "incremental=true"];
  const args = ["--quiet", "--release", "--lib", "--target", target, "--target-dir", folder];
  const config = quick.flatMap((setting) => ["--config", `profile.release.${setting}`]);
  const what = ["--manifest-path", manifest, "--no-default-features", "--features", cargo];
  run("cargo", ["build", "--locked", ...args, ...config, ...what], {
    env: { CARGO_ENCODED_RUSTFLAGS: flags.join("\x1f") },
  });
  const made = path.join(into, "npm/engine");
  const at = (file) => path.join(made, file);
  mkdirSync(made, { recursive: true });
  bind("engine", path.join(folder, target, "release/powerbi_token_keeper.wasm"), at);
  shorten("engine", at("engine_bg.wasm"), at);
}

/** Each is built in a copy of the crate, hardly optimised. All scenarios may reach it; those of `by` come first. */
async function shell({ words, quick, patience }) {
  const { defects } = await import("../tests/mutants/shell.mjs");
  const copy = path.join(HOME, "crate");
  rmSync(copy, { recursive: true, force: true });
  for (const one of CRATE) cpSync(fromRoot(one), path.join(copy, one), { recursive: true });
  const into = path.join(HOME, "shell");

  const scenarios = await collectScenarios();
  const { serveInstead } = await import("../tests/browser/lib/site.mjs");
  const serve = async () => {
    buildQuickEngine(path.join(copy, "Cargo.toml"), into);
    serveInstead({ files: [await bundleChunk("engine-wasm", into)] });
  };
  await serve();
  // what follows needs to know what fails by itself, and how long each takes
  const known = quick ? unsurveyed(scenarios) : await survey(scenarios, new Set(), "survey-shell");
  const usable = scenarios.filter((one) => known.has(keyOf(one)));

  const tally = new Tally("shell");
  for (const defect of defects.filter(isWanted(words))) {
    const file = path.join(copy, "src/web", defect.in);
    const { text, line } = broken(defect, fromRoot("src/web"));
    writeFileSync(file, text);
    const first = mixed(
      usable.filter((one) => defect.by.split(" ").some((by) => keyOf(one).includes(by))),
      known,
    );
    const others = quick ? [] : usable.filter((one) => !first.includes(one));
    const order = [...first, ...mixed(others, known)];
    await tally.judge({ ...defect, line }, async () => {
      await serve();
      return hunt(order, known, patience ?? PATIENCE * 3);
    });
    cpSync(fromRoot("src/web", defect.in), file);
    if (tally.isDueForControl) {
      await serve();
      tally.control(await hunt(sampled(usable, 10, tally.results.length), known));
    }
  }
  await closeBrowsers();
  tally.report();
}

await runIfMain(import.meta, async (args) => {
  const value = (option, usual) => (args.includes(option) ? Number(args[args.indexOf(option) + 1]) : usual);
  const options = {
    words: args.filter((arg, at) => !arg.startsWith("--") && !/^--(sample|seed|patience)$/.test(args[at - 1] ?? "")),
    sample: value("--sample", 200),
    seed: value("--seed", 1),
    listed: !args.includes("--no-listed"),
    quick: args.includes("--quick"),
    patience: args.includes("--patience") ? 1000 * value("--patience") : undefined,
  };
  await (args.includes("--shell") ? shell(options) : facade(options));
  process.exit(); // pages of abandoned scenarios may be left
});
