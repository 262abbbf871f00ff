// The Rust half of the build: cargo, wasm-bindgen, wasm-opt and wasm2js, into target/npm/. The slow part, so each
// stage after cargo runs only when what goes into it has changed.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { setup, wasmBindgen } from "../setup.mjs";
import { shortenGlue, trimGlue } from "./glue.mjs";
import { asJavaScript } from "./javascript.mjs";
import { withoutMessages } from "./panics.mjs";
import { UserError, fromRoot, capture, root, run } from "./run.mjs";
import { split } from "./split.mjs";

const target = "wasm32-unknown-unknown";
// A folder for each: cargo gives a cdylib no name of its own per feature, and would build both anew every time.
const folder = (name) => fromRoot("target/wasm", name);
const compiledOf = (name) => path.join(folder(name), target, "release/powerbi_token_keeper.wasm");

// A page's memory starts with the stack, 1 MB of it by default. The engine's calls nest by their code alone, and its
// deepest recursion, into an answer, by six: a few KB. One that overflows meets address 0 and traps.
const smallStack = "-Clink-arg=-zstack-size=65536";

// JavaScript has no table of references, and with one the glue is another. Without, objects cross as numbers, one glue
// serves both engines, and a page loads 600 bytes less.
const withoutReferences = "-Ctarget-feature=-reference-types,-multivalue";

// What size alone would have it inline is a little too much for what is compressed: 200 bytes.
const inlineLess = "-Cllvm-args=-inline-threshold=10";

// The linker's notes of who refers to what, for scripts/lib/sweep.mjs.
const withNotes = "-Clink-arg=--emit-relocs";

/**
 * The modules, each a build of the same crate with its own features. What every page loads has no panic messages;
 * what writes sentences keeps them.
 */
const modules = [
  {
    name: "engine",
    cargo: "keeper",
    cut: withoutMessages,
    flags: [withoutReferences, smallStack, inlineLess, withNotes],
  },
  { name: "diagnosis", cargo: "diagnosis", cut: (bytes) => bytes, flags: [withoutReferences] },
];

/** The engine with a way to crash it, for tests alone. */
const panickingEngine = { ...modules[0], name: "panicking-engine", cargo: "trap" };

/**
 * Where the generated inputs of a chunk lie, the module as shipped among them, and as it was before its names were
 * shortened.
 */
export const generated = (name) => fromRoot("target/npm", name);
export const named = (name) => path.join(generated(name), `${name}.named.wasm`);

// Named one by one: `--all-features` makes modules that browsers and Node 20 refuse. This is what rustc's
// default for wasm32 uses, but for references, and what every browser of the last three years has.
const features = [
  "bulk-memory",
  "bulk-memory-opt",
  "sign-ext",
  "nontrapping-float-to-int",
  "mutable-globals",
  "extended-const",
];

// What holds for rustc's modules: nothing outside the module changes them, memory starts as zeros, and nobody keeps
// anything at the addresses under 1024. Not "traps never happen": a trap is how a panic ends.
const assumptions = ["--closed-world", "--zero-filled-memory", "--low-memory-unused", "--converge"];

// Panic messages name source files. Without these the package would carry the build machine's folders.
function remapped() {
  const cargo = process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo");
  const sources = path.join(cargo, "registry/src");
  const crates = existsSync(sources) ? readdirSync(sources).map((registry) => path.join(sources, registry)) : [];
  return [root, cargo, ...crates].map((folder) => `--remap-path-prefix=${folder}${path.sep}=`);
}

/** Brings target/npm/ up to date; `cargoFeatures` come on top of each module's own. */
export async function buildWasm({ cargoFeatures = "" } = {}) {
  setup({ browser: false });
  const joiner = await buildJoiner();
  for (const module of modules) await buildModule(module, cargoFeatures, joiner);
}

export async function buildPanickingEngine() {
  setup({ browser: false });
  await buildModule(panickingEngine, "", await buildJoiner());
}

/** What puts the modules together in a page: tools/join. */
async function buildJoiner() {
  cargoBuild("join", ["--package", "join"], [withoutReferences]);
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const joiner = binaryen.readBinary(readFileSync(path.join(folder("join"), target, "release/join.wasm")));
  for (const unused of ["__data_end", "__heap_base"]) joiner.removeExport(unused);
  const [from, to] = [fromRoot("target/wasm/join.linked.wasm"), fromRoot("target/wasm/join.wasm")];
  writeFileSync(from, joiner.emitBinary());
  joiner.dispose();
  optimise(from, to, ["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"]);
  return readFileSync(to);
}

function cargoBuild(name, args, flags) {
  run("cargo", ["build", "--release", "--lib", "--target", target, "--target-dir", folder(name), ...args], {
    env: { CARGO_ENCODED_RUSTFLAGS: [...remapped(), ...flags].join("\x1f") },
  });
}

async function buildModule({ name, cargo, cut, flags }, cargoFeatures, joiner) {
  const compiled = compiledOf(name);
  cargoBuild(name, ["--no-default-features", "--features", [cargo, cargoFeatures].filter(Boolean).join()], flags);

  const steps = ["glue", "javascript", "module", "panics", "split", "sweep"].map((step) =>
    fromRoot(`scripts/lib/${step}.mjs`),
  );
  const inputs = [
    compiled,
    fromRoot("Cargo.lock"),
    fromRoot("package-lock.json"),
    fileURLToPath(import.meta.url),
    ...steps,
  ];
  const hash = createHash("sha256");
  for (const file of inputs) hash.update(readFileSync(file));
  hash.update(joiner);
  const wanted = hash.digest("hex");
  const stamp = path.join(generated(name), "stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  // Made aside and put in place at once: two builds may run, and neither may see half of the other's.
  mkdirSync(fromRoot("target/npm"), { recursive: true });
  const aside = mkdtempSync(fromRoot("target/npm-"));
  const file = (name) => path.join(aside, name);
  writeFileSync(file("compiled.wasm"), sayWithoutReferences(readFileSync(compiled)));
  run(wasmBindgen, [
    "bindgen",
    "--target",
    "web",
    "--omit-default-module-path",
    "--no-demangle",
    "--out-dir",
    aside,
    "--out-name",
    name,
    file("compiled.wasm"),
  ]);
  const exports = trimGlue(file(name));
  writeFileSync(
    file(`${name}.cut.wasm`),
    await cut(readFileSync(file(`${name}_bg.wasm`)), readFileSync(compiled), exports),
  );
  optimise(file(`${name}.cut.wasm`), file(`${name}.named.wasm`), [
    "--rse",
    "--merge-similar-functions",
    "-Oz",
    ...assumptions,
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
  ]);
  const names = optimise(file(`${name}.named.wasm`), file(`${name}.wasm`), [
    "--minify-imports-and-exports-and-modules",
  ]);
  shortenGlue(file(name), JSON.parse(names));
  await asJavaScript(file(`${name}.wasm`), file(`${name}.named.wasm`), features, file("module.js"));
  const texts = split(readFileSync(file(`${name}.wasm`)), joiner);
  writeFileSync(file("texts.json"), JSON.stringify(texts));
  writeText(aside, texts[0].text);
  writeFileSync(path.join(aside, "stamp"), wanted);
  rmSync(generated(name), { recursive: true, force: true });
  renameSync(aside, generated(name));
}

// The standard library comes compiled with references, uses none, and has its word in the module's list of features,
// which decides wasm-bindgen's glue.
function sayWithoutReferences(module) {
  for (const feature of ["reference-types", "multivalue"]) {
    const at = module.indexOf(`+${String.fromCharCode(feature.length)}${feature}`, "latin1");
    if (at >= 0) module.write("-", at);
  }
  return module;
}

function optimise(from, to, passes) {
  const said = capture(process.execPath, [
    fromRoot("node_modules/binaryen/bin/wasm-opt"),
    from,
    "-o",
    to,
    ...passes,
    ...features.map((feature) => `--enable-${feature}`),
  ]);
  if (said === null) throw new UserError(`wasm-opt ${passes.join(" ")} failed on ${from}`);
  return said;
}

/** Has the chunk carry this text. */
export function writeText(folder, text) {
  writeFileSync(path.join(folder, "text.js"), `export const text = ${JSON.stringify(text)};\n`);
  writeFileSync(path.join(folder, "text.d.ts"), "export const text: string;\n");
}
