// Builds the package with Rust's nightly, into target/nightly, and starts what came out: a compiler of tomorrow that
// the build can't cope with shows today. Where no nightly with the target is to be had it says so, and that is all.

import assert from "node:assert/strict";
import process from "node:process";
import { capture, fromRoot, run, runIfMain } from "./lib/run.mjs";

const folder = "target/nightly";

/** Why there is no nightly here, or null. */
function missing() {
  if (!/^nightly/m.test(capture("rustup", ["toolchain", "list"]) ?? "")) return "no nightly toolchain is installed";
  const target = capture("rustup", ["target", "add", "--toolchain", "nightly", "wasm32-unknown-unknown"]);
  return target === null ? "the nightly toolchain can't have the target wasm32-unknown-unknown" : null;
}

export async function buildNightly() {
  const reason = missing();
  if (reason) return console.log(`nightly: skipped, because ${reason}`);
  // what comes after the compiler is the same with any: a smaller module would tell nothing more
  const args = ["--into", folder, "--quick"];
  run(process.execPath, [fromRoot("scripts/build.mjs"), ...args], { env: { RUSTUP_TOOLCHAIN: "nightly" } });
  for (const kind of ["wasm", "js"]) {
    const engine = await (await import(fromRoot(folder, `dist/engine-${kind}.js`))).start();
    assert.equal(engine.name, kind);
    const explainer = await (await import(fromRoot(folder, `dist/diagnosis-${kind}.js`))).start();
    assert.equal(explainer.explain({ message: "TokenExpired" }).error, "TokenExpired");
  }
  console.log(`nightly: built and started with ${capture("rustup", ["run", "nightly", "rustc", "--version"])}`);
}

await runIfMain(import.meta, buildNightly);
