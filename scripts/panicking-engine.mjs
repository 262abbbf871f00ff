// Makes target/panicking-engine/engine-wasm.js, for tests: the engine's chunk with one more export, `trap(text)`, which
// panics. It is built as what ships is, so that a panic takes the way that it takes on a page. Catches nothing by
// itself: tests/browser/crash.test.mjs does.

import { browserOptions } from "./build.mjs";
import { fromRoot, runIfMain } from "./lib/run.mjs";
import { buildPanickingEngine } from "./lib/wasm.mjs";

export async function build() {
  buildPanickingEngine();
  // Imported here, since setup may have installed it a moment ago.
  const esbuild = await import("esbuild");
  const { plugins, ...options } = browserOptions(fromRoot("target/npm"));
  const instead = {
    name: "instead",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/target\/npm\/engine\// }, ({ path }) => ({
        path: fromRoot("target/npm/panicking-engine", path.split("/").at(-1)),
      })),
  };
  await esbuild.build({
    ...options,
    stdin: {
      contents: `import { api } from "../../../target/npm/engine/glue.js";
        export { start } from "./engine-wasm.js"; export const { trap } = api;`,
      resolveDir: fromRoot("npm/src/engine"),
    },
    outfile: fromRoot("target/panicking-engine/engine-wasm.js"),
    format: "esm",
    plugins: [instead, ...plugins],
  });
  console.log("panicking-engine: target/panicking-engine/engine-wasm.js");
}

await runIfMain(import.meta, build);
