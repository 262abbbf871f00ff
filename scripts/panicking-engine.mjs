// Makes target/panicking-engine/engine-wasm.js, for tests: the engine's chunk with one more export, `trap(text)`, which
// panics. It is built as what ships is, so that a panic takes the way that it takes on a page. Catches nothing by
// itself: tests/browser/crash.test.mjs does.

import { readFileSync } from "node:fs";
import { fromRoot, runIfMain } from "./lib/run.mjs";
import { buildPanickingEngine } from "./lib/wasm.mjs";

export async function build() {
  await buildPanickingEngine();
  // Imported here, since setup may have installed it a moment ago.
  const esbuild = await import("esbuild");
  const instead = {
    name: "instead",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /\/target\/npm\/engine\// }, ({ path }) => ({
        path: fromRoot("target/npm/panicking-engine", path.endsWith("/text.js") ? "text.js" : "panicking-engine.js"),
      }));
      // what ships names each member of the glue
      onLoad({ filter: /engine-wasm\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replaceAll("{ boot,", "{ trap, boot,"),
        loader: "ts",
      }));
    },
  };
  await esbuild.build({
    entryPoints: [fromRoot("npm/src/engine-wasm.ts")],
    outfile: fromRoot("target/panicking-engine/engine-wasm.js"),
    bundle: true,
    format: "esm",
    target: "es2018",
    plugins: [instead],
    logLevel: "warning",
  });
  console.log("panicking-engine: target/panicking-engine/engine-wasm.js");
}

await runIfMain(import.meta, build);
