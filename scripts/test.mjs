// `npm test`: every check there is, in a clean clone too. Two stages run side by side where they share nothing; each
// one's output is kept together and printed when it ends. Goes on after a failing stage, so that one run tells all, and
// ends with the time of each and a count. `--quick` (`npm run check`) is the loop for while you work; further words run
// the stages whose names contain one of them: `npm test -- clippy build`.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import process from "node:process";
import { findBrowser, findDriver, setup } from "./setup.mjs";
import { environment, fromRoot, runIfMain } from "./lib/run.mjs";

const browserEnvironment = () => ({
  CHROME: findBrowser() ?? "",
  CHROMEDRIVER: findDriver() ?? "",
  WASM_BINDGEN_TEST_TIMEOUT: "60", // seconds; a busy machine is slow to start a browser
});

// ---- what a stage runs: programs with their arguments, one after another, those of a list side by side --------------

const node = (...args) => ({ program: process.execPath, args });
const script = (name, ...args) => node(fromRoot("scripts", name), ...args);
/** What is tested is what the lock file names: a build that would change it fails. */
const cargo = (command, ...args) => ({
  program: "cargo",
  args: [command, ...(command === "fmt" ? [] : ["--locked"]), ...args],
  env: browserEnvironment(),
});
const tsc = (project) => node(fromRoot("node_modules/typescript/bin/tsc"), "--project", fromRoot(project));
const strict = ["--", "-D", "warnings"];
const wasm = ["--target", "wasm32-unknown-unknown"];

const tests = (folder, ending) =>
  readdirSync(fromRoot(folder))
    .filter((file) => file.endsWith(ending))
    .sort();

/** Rust's browser tests say so themselves; all others are native alone. */
function browserTests() {
  const found = tests("tests", ".rs").filter((file) =>
    readFileSync(fromRoot("tests", file), "utf8").includes("wasm_bindgen_test_configure"),
  );
  // A stage without tests is a mistake, not a success.
  if (!found.length) throw new Error("no file in tests/ has wasm_bindgen_test_configure");
  return found.flatMap((file) => ["--test", file.replace(/\.rs$/, "")]);
}

/** Where a folder's tests take long, the longest come first, so that none is left alone at the end. */
const LONGEST = ["faults", "traps", "panel", "refresh", "leaks", "crash", "tabs", "cli", "accessibility"];
const rank = (file) => (LONGEST.indexOf(file.split(".")[0]) + LONGEST.length + 1) % (LONGEST.length + 1);

function testFiles(folder, only = /./) {
  const files = tests(folder, ".test.mjs")
    .filter((file) => only.test(file))
    .sort((one, other) => rank(one) - rank(other))
    .map((file) => fromRoot(folder, file));
  if (!files.length) throw new Error(`no .test.mjs files in ${folder}`);
  return files;
}

const testNode = (...files) => ({
  ...node("--test", "--test-concurrency=2", "--test-reporter=spec", ...files),
  env: browserEnvironment(),
});

/** The scenarios by two, side by side, each half in one process and one browser; then the other files. */
function testBrowser({ only, env = {} } = {}) {
  const files = testFiles("tests/browser", only);
  const isScenarios = (file) => readFileSync(file, "utf8").includes("/story.mjs");
  const scenarios = files.filter(isScenarios);
  const others = files.filter((file) => !isScenarios(file));
  const half = (which) => ({
    ...node(
      "--test-reporter=spec",
      fromRoot("tests/browser/together.mjs"),
      ...scenarios.filter((_, n) => n % 2 === which),
    ),
    env: { ...browserEnvironment(), ...env },
  });
  return [[half(0), half(1)], ...(others.length ? [testNode(...others)] : [])];
}

/** The scenarios of the main job, as a page tells them whose policy forbids WebAssembly. */
const MAIN_JOB = /^(apply|clock|expiry|faults|memory|provider|refresh|secrets)\./;

// The crate's page, and that of the shell, which a native build leaves out.
const rustdoc = () =>
  [[], wasm].map((target) => ({
    program: "cargo",
    args: ["doc", "--locked", "--no-deps", "--all-features", ...target],
    env: { RUSTDOCFLAGS: "-D warnings" },
  }));

// The facade is checked against what wasm-bindgen says the Rust exports, the demo and the command line against the
// declarations.
const types = () => [
  ...(existsSync(fromRoot("dist/index.d.ts")) ? [] : [script("build.mjs")]),
  ...["tsconfig.json", "npm/tsconfig.cli.json", "www/tsconfig.json", "www/server/tsconfig.json"].map(tsc),
];

const demo = () => [
  node(fromRoot("node_modules/vite/bin/vite.js"), "build", "www", "--logLevel", "warn"),
  script("demo.mjs", "--built"),
];

// ---- the stages -----------------------------------------------------------------------------------------------------

const format = { name: "format", runs: () => [cargo("fmt", "--all", "--check")] };
const lint = { name: "lint", runs: () => [node(fromRoot("scripts/lint.mjs"))] };
const clippy = {
  name: "clippy, native",
  runs: () => [cargo("clippy", "--all-targets", "--all-features", ...strict)],
  cargo: true,
};
const native = { name: "tests, native", runs: () => [cargo("test", "--all-features")], cargo: true };

const quick = [format, lint, clippy, native, { name: "types", runs: types }];

/**
 * In the order in which they begin. `after` are the stages whose files it reads; `cargo`: one of these at a time, since
 * they wait for each other's lock on target/debug.
 */
const all = [
  { name: "build", runs: () => [script("build.mjs")] },
  { name: "setup, browser", runs: () => [script("setup.mjs")] },
  { name: "demo, server", runs: () => [script("server.mjs")] },
  format,
  lint,
  { name: "tests, backend", runs: () => [testNode(...testFiles("tests/backend"))], after: ["build", "demo, server"] },
  {
    name: "tests, live mode",
    runs: () => [testNode(...testFiles("tests/live"), ...testFiles("tests/handlers"))],
    after: ["demo"],
  },
  { name: "demo", runs: demo, after: ["build", "demo, server", "setup, browser"] },
  { name: "tests, browser", runs: () => testBrowser(), after: ["demo"], browser: true },
  clippy,
  native,
  {
    name: "clippy, wasm32",
    runs: () => [cargo("clippy", ...wasm, "--lib", ...browserTests(), ...strict)],
    cargo: true,
  },
  {
    name: "tests, wasm32 in the browser",
    runs: () => [cargo("test", ...wasm, ...browserTests())],
    after: ["setup, browser"],
    cargo: true,
  },
  { name: "rustdoc", runs: rustdoc, cargo: true },
  { name: "build, nightly", runs: () => [script("nightly.mjs")], after: ["build"] },
  {
    name: "tests, browser, JavaScript engine",
    runs: () => testBrowser({ only: MAIN_JOB, env: { ENGINE: "js" } }),
    after: ["demo"],
    browser: true,
  },
  { name: "tests, other browsers", runs: () => [script("browsers.mjs", "--cut")], after: ["demo"], browser: true },
  { name: "types", runs: types, after: ["build", "demo, server"] },
  { name: "snapshots", runs: () => [script("snapshots.mjs")], after: ["build"] },
  { name: "size", runs: () => [script("size.mjs")], after: ["build"] },
  { name: "tests, demo", runs: () => [testNode(...testFiles("tests/demo"))], after: ["demo"], browser: true },
  { name: "tests, package", runs: () => [testNode(...testFiles("tests/package"))], after: ["demo"], browser: true },
  { name: "tests, consumers", runs: () => [script("consumers.mjs", "--cheap")], after: ["demo"] },
];

// ---- running them ---------------------------------------------------------------------------------------------------

/** Runs a program and keeps what it says. */
function start({ program, args, env = {} }, said) {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { ...IN_REPOSITORY, env: { ...environment, ...COLOURS, ...env } });
    child.stdout.on("data", (text) => said.push(text));
    child.stderr.on("data", (text) => said.push(text));
    child.on("error", (error) => failed(new Error(`${program} could not be started: ${error.message}`)));
    child.on("close", (code, signal) =>
      code === 0 ? done() : failed(new Error(`${program} ${args.join(" ")} ended with ${signal ?? code}`)),
    );
  });
}
// What a stage says is kept, so that no program sees a terminal.
const COLOURS = process.stdout.isTTY ? { FORCE_COLOR: "1", CARGO_TERM_COLOR: "always" } : { NO_COLOR: "1" };
const IN_REPOSITORY = { cwd: fromRoot(), stdio: ["ignore", "pipe", "pipe"] };

async function perform(stage) {
  console.log(`… ${stage.name}`);
  const began = performance.now();
  const said = [];
  let failure = null;
  try {
    for (const next of stage.runs()) {
      const all = [next].flat().map((program) => ({ program, said: [] }));
      const ended = await Promise.allSettled(all.map((one) => start(one.program, one.said)));
      said.push(...all.flatMap((one) => one.said));
      const failed = ended.find(({ status }) => status === "rejected");
      if (failed) throw failed.reason;
    }
  } catch (error) {
    failure = error;
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`\n=== ${stage.name}\n`);
  process.stdout.write(Buffer.concat(said));
  console.log(failure ? `\n${stage.name} failed: ${failure.message}` : `\n${stage.name}: ok, ${seconds.toFixed(1)} s`);
  return { name: stage.name, seconds, failure };
}

/** Two stages at a time, each the first that may begin. */
async function performAll(stages) {
  const waiting = [...stages];
  const running = new Map();
  const done = [];
  const pending = ({ name }) => waiting.some((one) => one.name === name) || running.has(name);
  const mayBegin = (stage) =>
    !(stage.after ?? []).some((name) => pending({ name })) &&
    !["cargo", "browser"].some((kind) => stage[kind] && [...running.values()].some(({ of }) => of[kind]));
  while (waiting.length || running.size) {
    const next = running.size < 2 ? waiting.findIndex(mayBegin) : -1;
    if (next >= 0) {
      const [stage] = waiting.splice(next, 1);
      running.set(stage.name, { of: stage, ends: perform(stage) });
    } else {
      const ended = await Promise.race([...running.values()].map(({ ends }) => ends));
      running.delete(ended.name);
      done.push(ended);
    }
  }
  return done;
}

function report(done, seconds) {
  const failed = done.filter(({ failure }) => failure);
  console.log("\n=== all stages\n");
  const line = (state, time, name) => console.log(`${state} ${time.toFixed(1).padStart(7)} s  ${name}`);
  for (const one of done) line(one.failure ? "FAILED" : "ok    ", one.seconds, one.name);
  line("      ", seconds, "in all\n");
  console.log(`${done.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length ? 1 : 0;
}

/** Without its tools every other stage would fail, each with a worse message. */
async function prepare(options) {
  const began = performance.now();
  let failure = null;
  try {
    await setup(options);
  } catch (error) {
    failure = error;
    console.error(`\nsetup failed: ${error.message}`);
  }
  return { name: "setup", seconds: (performance.now() - began) / 1000, failure };
}

await runIfMain(import.meta, async (args) => {
  const began = performance.now();
  const isQuick = args.includes("--quick");
  const words = args.filter((arg) => !arg.startsWith("--"));
  // What makes the next build quick makes this one slow, and the next whole run has other sources.
  if (!isQuick && !words.length) environment.CARGO_INCREMENTAL = "0";
  const wanted = (isQuick ? quick : all).filter(
    ({ name }) => !words.length || words.some((word) => name.includes(word)),
  );
  // In a whole run the browser is installed while the first stage builds.
  const ready = await prepare({ browser: !isQuick && words.length > 0 });
  const done = ready.failure ? [] : await performAll(wanted);
  report([ready, ...done], (performance.now() - began) / 1000);
});
