// `npm test`: every check there is, in a clean clone too. Goes on after a failing stage, so that one run tells all,
// and ends with the time of each and a count. `--quick` (`npm run check`) is the loop for while you work; further
// words run the stages whose names contain one of them: `npm test -- clippy build`.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import process from "node:process";
import { findBrowser, findDriver, setup } from "./setup.mjs";
import { fromRoot, runIfMain, run } from "./lib/run.mjs";

const node = (...args) => run(process.execPath, args);
const cargo = (...args) => run("cargo", args, { env: browserEnvironment() });
const tsc = (project) => node(fromRoot("node_modules/typescript/bin/tsc"), "--project", project);
const strict = ["--", "-D", "warnings"];
const wasm = ["--target", "wasm32-unknown-unknown"];

const browserEnvironment = () => ({
  CHROME: findBrowser() ?? "",
  CHROMEDRIVER: findDriver() ?? "",
  WASM_BINDGEN_TEST_TIMEOUT: "60", // seconds; a busy machine is slow to start a browser
});

const tests = (folder, ending) =>
  existsSync(fromRoot(folder))
    ? readdirSync(fromRoot(folder))
        .filter((file) => file.endsWith(ending))
        .sort()
    : [];

/** Rust's browser tests say so themselves; all others are native alone. */
const browserTests = () =>
  tests("tests", ".rs")
    .filter((file) => readFileSync(fromRoot("tests", file), "utf8").includes("wasm_bindgen_test_configure"))
    .flatMap((file) => ["--test", file.replace(/\.rs$/, "")]);

// A stage without tests is a mistake, not a success.
function testWasm() {
  if (!browserTests().length) throw new Error("no file in tests/ has wasm_bindgen_test_configure");
  cargo("test", ...wasm, ...browserTests());
}

function testNode(folder, { only = /./, env = {} } = {}) {
  const files = tests(folder, ".test.mjs")
    .filter((file) => only.test(file))
    .map((file) => fromRoot(folder, file));
  if (!files.length) throw new Error(`no .test.mjs files in ${folder}`);
  run(process.execPath, ["--test", "--test-concurrency=2", "--test-reporter=spec", ...files], {
    env: { ...browserEnvironment(), ...env },
  });
}

function testLive() {
  testNode("tests/live");
  testNode("tests/handlers");
}

/** The stories of the main job, as a page tells them whose policy forbids WebAssembly. */
const testJavaScript = () =>
  testNode("tests/browser", { only: /^(apply|clock|expiry|faults|provider|refresh|secrets)\./, env: { ENGINE: "js" } });

// The crate's page, and that of the shell, which a native build leaves out.
const rustdoc = () => {
  for (const target of [[], wasm])
    run("cargo", ["doc", "--no-deps", "--all-features", ...target], { env: { RUSTDOCFLAGS: "-D warnings" } });
};

const types = () => {
  // The facade is checked against what wasm-bindgen says the Rust exports, the demo and the command line against the
  // declarations.
  if (!existsSync(fromRoot("dist/index.d.ts"))) node(fromRoot("scripts/build.mjs"));
  for (const project of ["tsconfig.json", "npm/tsconfig.cli.json", "www/tsconfig.json", "www/server/tsconfig.json"])
    if (existsSync(fromRoot(project))) tsc(fromRoot(project));
};

function demo() {
  node(fromRoot("node_modules/vite/bin/vite.js"), "build", "www", "--logLevel", "warn");
  node(fromRoot("scripts/server.mjs"));
  node(fromRoot("scripts/demo.mjs"), "--built");
}

const quick = [
  ["format", () => cargo("fmt", "--all", "--check")],
  ["clippy, native", () => cargo("clippy", "--all-targets", "--all-features", ...strict)],
  ["tests, native", () => cargo("test", "--all-features")],
  ["types", types],
];

const all = [
  ["format", quick[0][1]],
  ["clippy, native", quick[1][1]],
  ["clippy, wasm32", () => cargo("clippy", ...wasm, "--lib", ...browserTests(), ...strict)],
  ["rustdoc", rustdoc],
  ["tests, native", quick[2][1]],
  ["tests, wasm32 in the browser", testWasm],
  ["build", () => node(fromRoot("scripts/build.mjs"))],
  ["build, nightly", () => node(fromRoot("scripts/nightly.mjs"))],
  ["types", types],
  ["snapshots", () => node(fromRoot("scripts/snapshots.mjs"))],
  ["size", () => node(fromRoot("scripts/size.mjs"))],
  ["demo", demo],
  ["tests, backend", () => testNode("tests/backend")],
  ["tests, live mode", testLive],
  ["tests, demo", () => testNode("tests/demo")],
  ["tests, package", () => testNode("tests/package")],
  ["tests, consumers", () => node(fromRoot("scripts/consumers.mjs"), "--cheap")],
  ["tests, browser", () => testNode("tests/browser")],
  ["tests, browser, JavaScript engine", testJavaScript],
];

function stage([name, check]) {
  console.log(`\n=== ${name}\n`);
  const start = performance.now();
  let failure = null;
  try {
    check();
  } catch (error) {
    failure = error;
    console.error(`\n${name} failed: ${error.message}`);
  }
  return { name, seconds: (performance.now() - start) / 1000, failure };
}

function report(done) {
  const failed = done.filter(({ failure }) => failure);
  console.log("\n=== all stages\n");
  for (const { name, seconds, failure } of done)
    console.log(`${failure ? "FAILED" : "ok    "} ${seconds.toFixed(1).padStart(7)} s  ${name}`);
  console.log(
    `       ${done
      .reduce((sum, { seconds }) => sum + seconds, 0)
      .toFixed(1)
      .padStart(7)} s  in all\n`,
  );
  console.log(`${done.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length ? 1 : 0;
}

await runIfMain(import.meta, (args) => {
  const words = args.filter((arg) => !arg.startsWith("--"));
  const stages = args.includes("--quick") ? quick : all;
  const ready = stage(["setup", () => setup({ browser: !args.includes("--quick") })]);
  // Without its tools every other stage would fail, each with a worse message.
  const wanted = ready.failure
    ? []
    : stages.filter(([name]) => !words.length || words.some((word) => name.includes(word)));
  report([ready, ...wanted.map(stage)]);
});
