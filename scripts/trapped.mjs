// Makes target/trapped/engine-wasm.js, for tests: the engine's chunk with one more export, `trap(text)`, which panics.
// It is built as what ships is, so that a panic takes the way that it takes on a page. Catches nothing by itself:
// tests/browser/crash.test.mjs does.

import { readFileSync } from "node:fs";
import { at, entry } from "./lib/run.mjs";
import { buildTrapped } from "./lib/wasm.mjs";

export async function build() {
  await buildTrapped();
  // Imported here, since setup may have installed it a moment ago.
  const esbuild = await import("esbuild");
  const instead = {
    name: "instead",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /\/target\/npm\/engine\// }, ({ path }) => ({
        path: at("target/npm/trapped", path.endsWith("/text.js") ? "text.js" : "trapped.js"),
      }));
      // what ships names each member of the glue
      onLoad({ filter: /engine-wasm\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("{ boot,", "{ trap, boot,"),
        loader: "ts",
      }));
    },
  };
  await esbuild.build({
    entryPoints: [at("npm/src/engine-wasm.ts")],
    outfile: at("target/trapped/engine-wasm.js"),
    bundle: true,
    format: "esm",
    target: "es2018",
    plugins: [instead],
    logLevel: "warning",
  });
  console.log("trapped: target/trapped/engine-wasm.js");
}

await entry(import.meta, build);
