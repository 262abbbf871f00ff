// The Rust half of the build: cargo, wasm-bindgen, wasm-opt and wasm2js, into the folder `npm` of a target folder. For
// each module it leaves there:
//
//   NAME_bg.js     wasm-bindgen's glue, as generated     names.json      wasm-opt's short names of imports and exports
//   NAME.wasm      the module as it ships                glue.js         passes the glue's functions by those names
//   text.js        the module as a text                  javascript.js   the module's code as JavaScript
//                                                        data.js         its data as a text
//
// The steps after cargo take a while, so they run only when something that goes into them has changed.

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { setup, wasmBindgen } from "../setup.mjs";
import { binaryenTool } from "./binaryen.mjs";
import { writeJavaScript } from "./javascript.mjs";
import { capture, fromRoot, root, run } from "./run.mjs";
import { textDeclaration, textModule } from "./text.mjs";

export const target = "wasm32-unknown-unknown";

// JavaScript has no table of references, and with one the glue is another. Without, objects cross as numbers and one
// glue serves both engines. wasm-bindgen reads the module's list of features, where the standard library's are as well,
// so the list goes with the symbols.
const features = ["-Ctarget-feature=-reference-types,-multivalue", "-Cstrip=symbols"];

// A page's memory starts with the stack, 1 MB of it by default. The engine's calls nest by their code alone, and its
// deepest recursion, into an answer, by six: a few KB. One that overflows meets address 0 and traps.
const smallStack = "-Clink-arg=-zstack-size=65536";

// Inlining that makes the code smaller as it is makes it larger compressed.
const inlineLess = "-Cllvm-args=-inline-threshold=10";

/** The modules, each a build of the same crate with its own features. */
export const modules = [
  { name: "engine", cargo: "keeper", flags: [...features, smallStack, inlineLess] },
  { name: "diagnosis", cargo: "diagnosis", flags: [...features, smallStack] },
];

// What holds for rustc's modules: nothing outside the module changes them, memory starts as zeros, and nobody keeps
// anything at the addresses under 1024. Not "traps never happen": a trap is how a panic ends.
const assumptions = ["--closed-world", "--zero-filled-memory", "--low-memory-unused", "--converge"];

/** Panic messages name source files. Without this they would name the build machine's folders. */
function remapped() {
  const rustc = process.env.RUSTC ?? "rustc";
  const [sysroot, version] = [capture(rustc, ["--print", "sysroot"]), capture(rustc, ["-vV"])];
  const commit = /^commit-hash: (.*)$/m.exec(version)[1];
  const sources = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"), "registry/src");
  const registries = fs.existsSync(sources) ? fs.readdirSync(sources) : [];
  const folders = [
    [root, ""],
    ...registries.map((registry) => [path.join(sources, registry), ""]),
    // the name that the standard library's sources have where the component rust-src is not installed
    [path.join(sysroot, "lib/rustlib/src/rust"), `/rustc/${commit}/`],
  ];
  return folders.map(([folder, name]) => `--remap-path-prefix=${folder}${path.sep}=${name}`);
}

/**
 * Brings `into`, a target folder, up to date; `cargoFeatures` come on top of each module's own, and with `quick`
 * binaryen does no more than it has to: larger modules, made sooner.
 */
export async function buildWasm({ cargoFeatures = "", into = fromRoot("target"), quick = false } = {}) {
  await setup({ browser: false });
  for (const module of modules) buildModule(module, { into, cargoFeatures, quick });
}

export function buildModule({ name, cargo, flags, javascript = true }, { into, cargoFeatures = "", quick = false }) {
  // A folder for each: cargo gives a cdylib no name of its own per feature, and would build both anew every time.
  const folder = path.join(into, "wasm", name);
  // What they have in common, most of it macros, is compiled once.
  const other = modules.map((one) => path.join(into, "wasm", one.name)).find(fs.existsSync);
  if (other && !fs.existsSync(folder)) fs.cpSync(other, folder, { recursive: true, preserveTimestamps: true });
  const wanted = ["--no-default-features", "--features", [cargo, cargoFeatures].filter(Boolean).join()];
  run("cargo", ["build", "--locked", "--release", "--lib", "--target", target, "--target-dir", folder, ...wanted], {
    env: { CARGO_ENCODED_RUSTFLAGS: [...remapped(), ...flags].join("\x1f") },
  });
  const compiled = path.join(folder, target, "release/powerbi_token_keeper.wasm");

  const steps = ["wasm", "binaryen", "javascript", "text"].map((step) => fromRoot(`scripts/lib/${step}.mjs`));
  const hash = createHash("sha256").update(`quick: ${quick}`);
  for (const file of [compiled, fromRoot("Cargo.lock"), fromRoot("package-lock.json"), ...steps])
    hash.update(fs.readFileSync(file));
  const state = hash.digest("hex");
  const made = path.join(into, "npm", name);
  const stamp = path.join(made, "stamp");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === state) return;

  // Made aside and put in place at once: two builds may run, and neither may see half of the other's.
  fs.mkdirSync(path.join(into, "npm"), { recursive: true });
  const aside = fs.mkdtempSync(path.join(into, "npm-"));
  generate(name, compiled, (file) => path.join(aside, file), { quick, javascript });
  fs.writeFileSync(path.join(aside, "stamp"), state);
  fs.rmSync(made, { recursive: true, force: true });
  fs.renameSync(aside, made);
}

export function bind(name, compiled, at) {
  run(wasmBindgen, ["bindgen", "--target", "bundler", "--out-dir", at(""), "--out-name", name, compiled]);
}

/** The module with short names, its glue and its text. */
export function shorten(name, module, at) {
  // a run of its own, since it prints the names
  const names = ["--minify-imports-and-exports-and-modules"];
  fs.writeFileSync(at("names.json"), binaryenTool("wasm-opt", module, "-o", at(`${name}.wasm`), ...names));
  writeGlue(name, JSON.parse(fs.readFileSync(at("names.json"), "utf8")), at);
  fs.writeFileSync(at("text.js"), textModule(fs.readFileSync(at(`${name}.wasm`))));
  fs.writeFileSync(at("text.d.ts"), textDeclaration);
}

function generate(name, compiled, at, { quick, javascript }) {
  bind(name, compiled, at);
  const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
  const smaller = [...(quick ? [] : ["--rse", "--merge-similar-functions", "-Oz", ...assumptions]), ...strip];
  binaryenTool("wasm-opt", at(`${name}_bg.wasm`), "-o", at("smaller.wasm"), ...smaller);
  shorten(name, at("smaller.wasm"), at);
  if (javascript) writeJavaScript(name, at, quick ? "-O1" : "-Oz");
}

/**
 * The glue as the loaders use it: its imports by wasm-opt's short names, `connect`, which takes exports by them, and
 * `api`, what the Rust side exports to the facade.
 */
function writeGlue(name, { imports, exports }, at) {
  const glue = `./${name}_bg.js`;
  const names = exports.map(([long]) => long).filter((long) => long !== "memory" && !long.startsWith("__"));
  const members = exports.map(([long, short]) => `${long}: exports.${short}`);
  const lines = [
    `import { ${[...names, ...imports.map(([, long]) => long)].join(", ")}, __wbg_set_wasm } from "${glue}";`,
    `export const api = { ${names.join(", ")} };`,
    `export const imports = { ${imports.map(([, long, short]) => `${short}: ${long}`).join(", ")} };`,
    `export const connect = (exports) => __wbg_set_wasm({ ${members.join(", ")} });`,
  ];
  fs.writeFileSync(at("glue.js"), `${lines.join("\n")}\n`);
  const declared = [
    `export const api: typeof import("./${name}.js");`,
    "export const imports: WebAssembly.ModuleImports;",
    "export function connect(exports: WebAssembly.Exports): void;",
  ];
  fs.writeFileSync(at("glue.d.ts"), `${declared.join("\n")}\n`);
}
