// The Rust half of the build: cargo, wasm-bindgen and wasm-opt, into target/npm/. The slow part, so each
// stage after cargo runs only when what goes into it has changed.

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { setup, wasmBindgen } from "../setup.mjs";
import { pack } from "./pack.mjs";
import { Stop, at, root, run } from "./run.mjs";

const target = "wasm32-unknown-unknown";
const compiled = at("target", target, "release/powerbi_token_keeper.wasm");

/** Where the generated inputs of the chunk lie, the optimised module among them. */
export const generated = at("target/npm");
export const optimised = path.join(generated, "engine.wasm");

// Named one by one: `--all-features` makes modules that browsers and Node 20 refuse. This is what rustc's
// default for wasm32 uses, and what every browser of the last three years has.
const features = ["bulk-memory", "bulk-memory-opt", "sign-ext", "nontrapping-float-to-int", "mutable-globals", "reference-types", "multivalue", "extended-const"];

// Panic messages name source files. Without these the package would carry the build machine's folders.
function remapped() {
  const cargo = process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo");
  const sources = path.join(cargo, "registry/src");
  const crates = existsSync(sources) ? readdirSync(sources).map((registry) => path.join(sources, registry)) : [];
  return [root, cargo, ...crates].map((folder) => `--remap-path-prefix=${folder}${path.sep}=`);
}

/** Brings target/npm/ up to date. */
export function buildWasm({ cargoFeatures = "" } = {}) {
  setup({ browser: false });
  run("cargo", ["build", "--release", "--lib", "--target", target, ...(cargoFeatures ? ["--features", cargoFeatures] : [])], {
    env: { CARGO_ENCODED_RUSTFLAGS: remapped().join("\x1f") },
  });

  const inputs = [compiled, at("Cargo.lock"), at("package-lock.json"), fileURLToPath(import.meta.url), at("scripts/lib/pack.mjs")];
  const hash = createHash("sha256");
  for (const file of inputs) hash.update(readFileSync(file));
  const wanted = hash.digest("hex");
  const stamp = path.join(generated, "stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  // Made aside and put in place at once: two builds may run, and neither may see half of the other's.
  const aside = mkdtempSync(at("target/npm-"));
  run(wasmBindgen, ["bindgen", "--target", "web", "--omit-default-module-path", "--out-dir", aside, "--out-name", "engine", compiled]);
  run(process.execPath, [
    at("node_modules/binaryen/bin/wasm-opt"),
    path.join(aside, "engine_bg.wasm"),
    ...["-o", path.join(aside, "engine.wasm"), "-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"],
    ...features.map((feature) => `--enable-${feature}`),
  ]);
  trimGlue(path.join(aside, "engine.js"));
  inline(aside);
  writeFileSync(path.join(aside, "stamp"), wanted);
  rmSync(generated, { recursive: true, force: true });
  renameSync(aside, generated);
}

// The chunk brings its own bytes. Without its default export, the glue's loader (fetch, streaming, `import.meta`)
// is dead code to esbuild.
function trimGlue(file) {
  const glue = readFileSync(file, "utf8");
  const trimmed = glue.replace("export { initSync, __wbg_init as default };", "export { initSync };");
  if (trimmed === glue) throw new Stop("wasm-bindgen's glue no longer ends as scripts/lib/wasm.mjs expects: look at its last line.");
  writeFileSync(file, trimmed);
}

function inline(folder) {
  const wasm = readFileSync(path.join(folder, "engine.wasm"));
  const { packed, frequent } = pack(wasm);
  const constants = { packed, frequent, size: wasm.length };
  const lines = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
  writeFileSync(path.join(folder, "bytes.js"), lines.join(""));
  writeFileSync(path.join(folder, "bytes.d.ts"), "export const packed: string;\nexport const frequent: number[];\nexport const size: number;\n");
}
