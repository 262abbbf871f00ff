// The same module as JavaScript, for pages whose policy forbids WebAssembly: binaryen's wasm2js writes it as a function
// `instantiate(imports)` that returns the exports. It is three to ten times slower than the module, which does little.
//
// Two mistakes would go unnoticed until a page reads garbage, so the build refuses them: a 64-bit integer that crosses
// the boundary, which JavaScript splits in two, and a store that keeps the old memory while computing its value makes
// memory grow.

import { readFileSync, writeFileSync } from "node:fs";
import { binaryenTool } from "./binaryen.mjs";
import { UserError } from "./run.mjs";

// What wasm2js can't write by itself.
const lowering = ["--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "--llvm-memory-copy-fill-lowering"];

/** Writes the module `wasm` as JavaScript into `to`, with its declaration. */
export async function writeJavaScript(wasm, to) {
  await refuseLong(wasm);
  binaryenTool("wasm-opt", wasm, "-o", `${to}.wasm`, ...lowering);
  binaryenTool("wasm2js", `${to}.wasm`, "--mvp-features", "--emscripten", "-Oz", "-o", to);
  const text = readFileSync(to, "utf8");
  refuseEarlyMemory(text);
  writeFileSync(to, `${detachOnGrowth(text)}\nexport { instantiate };\n`);
  writeFileSync(
    to.replace(/js$/, "d.ts"),
    "export function instantiate(imports: WebAssembly.Imports): WebAssembly.Exports;\n",
  );
}

/**
 * wasm-bindgen's glue keeps its views of the memory until their buffer is detached, which WebAssembly does to it when
 * memory grows. wasm2js copies the memory and leaves the old buffer as it is, so the glue would go on reading that.
 * This is the one change to generated code: the old buffer is detached, by transferring it to nobody.
 */
function detachOnGrowth(text) {
  const grown = "   buffer = newBuffer;\n";
  if (text.split(grown).length !== 2)
    throw new UserError("wasm2js no longer grows memory as scripts/lib/javascript.mjs expects.");
  return text.replace(grown, `   new MessageChannel().port1.postMessage(0, [buffer]);\n${grown}`);
}

function refuseEarlyMemory(text) {
  const early = /^.*HEAP\w*\[[^=]*\] = .*(?:\$\d+|fimport\$\d+)\(.*$/m.exec(text);
  if (early) throw new UserError(`A store takes the memory before it calls what may make it grow:\n${early[0].trim()}`);
}

async function refuseLong(wasm) {
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(readFileSync(wasm));
  const list = (count, get) => Array.from({ length: count }, (_, i) => get(i));
  const exported = new Set(
    list(module.getNumExports(), (i) => binaryen.getExportInfo(module.getExportByIndex(i)))
      .filter(({ kind }) => kind === binaryen.ExternalFunction)
      .map(({ value }) => value),
  );
  const crossing = list(module.getNumFunctions(), (i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i))).filter(
    ({ name, base }) => base || exported.has(name),
  );
  const long = crossing.filter(({ params, results }) =>
    [params, results].flatMap(binaryen.expandType).includes(binaryen.i64),
  );
  module.dispose();
  if (long.length)
    throw new UserError(
      `64-bit integers cross the boundary in ${long.map(({ name }) => name).join(", ")}: use f64 there.`,
    );
}
