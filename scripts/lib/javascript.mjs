// The same module as JavaScript, for pages whose policy forbids WebAssembly: binaryen's wasm2js, made into a function
// `instantiate(imports)` that gives the exports. Three to ten times slower than the module, which does little.
//
// Catches what would go wrong in silence: a 64-bit integer that crosses the boundary, where JavaScript's half has none,
// and a store that keeps the old memory while the value for it is computed and makes the memory grow.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { UserError, fromRoot, capture } from "./run.mjs";

// What wasm2js can't write by itself.
const lowering = ["--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "--llvm-memory-copy-fill-lowering"];

const binaryen = (tool, ...args) => {
  const said = capture(process.execPath, [fromRoot("node_modules/binaryen/bin", tool), ...args]);
  if (said === null) throw new UserError(`${tool} ${args.join(" ")} failed`);
};

/** Writes the module `from` as JavaScript into `to`, its declaration beside it; `named` is the same with its names. */
export async function asJavaScript(from, named, features, to) {
  await refuseLong(named);
  const lowered = `${to}.wasm`;
  binaryen("wasm-opt", from, "-o", lowered, ...lowering, ...features.map((feature) => `--enable-${feature}`));
  binaryen("wasm2js", lowered, "--mvp-features", "-Oz", "-o", to);
  rmSync(lowered);
  writeFileSync(to, factory(readFileSync(to, "utf8")));
  writeFileSync(
    to.replace(/js$/, "d.ts"),
    "export function instantiate(imports: WebAssembly.Imports): WebAssembly.Exports;\n",
  );
}

async function refuseLong(file) {
  // Imported here, since setup may have installed it a moment ago.
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(readFileSync(file));
  const exports = Array.from({ length: module.getNumExports() }, (_, i) =>
    binaryen.getExportInfo(module.getExportByIndex(i)),
  );
  const exported = new Map(
    exports.filter(({ kind }) => kind === binaryen.ExternalFunction).map(({ name, value }) => [value, name]),
  );
  const functions = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  );
  const long = functions
    .map(({ name, base, params, results }) => ({
      name: exported.get(name) ?? base,
      types: [params, results].flatMap(binaryen.expandType),
    }))
    .filter(({ name, types }) => name && types.includes(binaryen.i64));
  module.dispose();
  if (long.length)
    throw new UserError(
      `64-bit integers cross the boundary in ${long.map(({ name }) => name).join(", ")}: take f64 there.`,
    );
}

/** wasm2js' ES module without its imports and its one instance. */
function factory(text) {
  const found =
    /^import \* as a from 'a';\n([\s\S]*\n}\n)\nvar retasmFunc = asmFunc\(\{\n {2}"a": a,\n\}\);\n(?:export var [\w$]+ = retasmFunc\.[\w$]+;\n)+$/.exec(
      text,
    );
  if (!found) throw new UserError("wasm2js writes its module otherwise: scripts/lib/javascript.mjs has to learn how.");
  const [, body] = found;
  const late = /^.*HEAP\w*\[[^=]*\] = .*(?:\$\d+|fimport\$\d+)\(.*$/m.exec(body);
  if (late) throw new UserError(`A store takes the memory before it calls what may make it grow:\n${late[0].trim()}`);
  return `${body}\nexport { asmFunc as instantiate };\n`;
}
