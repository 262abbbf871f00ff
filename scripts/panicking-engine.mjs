// Makes target/panicking-engine/engine-wasm.js, for tests: the engine's chunk with one more export, `trap(text)`, which
// panics. It is built as what ships is, so that a panic takes the way that it takes on a page. Catches nothing by
// itself: tests/browser/crash.test.mjs does.

import path from "node:path";
import { browserOptions } from "./build.mjs";
import { fromRoot, runIfMain } from "./lib/run.mjs";
import { buildModule, modules } from "./lib/wasm.mjs";
import { setup } from "./setup.mjs";

export async function build() {
  await setup({ browser: false });
  const module = { ...modules[0], name: "panicking-engine", cargo: "trap", javascript: false };
  buildModule(module, { into: fromRoot("target") });
  await bundlePanickingEngine(fromRoot("npm/src"), fromRoot("target/panicking-engine/engine-wasm.js"));
  console.log("panicking-engine: target/panicking-engine/engine-wasm.js");
}

/** The chunk from these sources, such as broken ones, with the engine that is built already. */
export async function bundlePanickingEngine(from, outfile) {
  // Imported here, since setup may have installed it a moment ago.
  const esbuild = await import("esbuild");
  const { plugins, ...options } = browserOptions(fromRoot("target/npm"), from);
  const instead = {
    name: "instead",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/target\/npm\/engine\// }, ({ path: file }) => ({
        path: fromRoot("target/npm/panicking-engine", path.basename(file)),
      })),
  };
  await esbuild.build({
    ...options,
    stdin: {
      contents: `import { api } from "../../../target/npm/engine/glue.js";
        export { start } from "./engine-wasm.js"; export const { trap } = api;`,
      resolveDir: path.join(from, "engine"),
    },
    outfile,
    format: "esm",
    plugins: [instead, ...plugins],
  });
}

await runIfMain(import.meta, build);
