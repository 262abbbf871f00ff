// The same module as JavaScript, for pages whose policy forbids WebAssembly: binaryen's wasm2js writes it as a function
// `instantiate(imports)` that returns the exports. It is three to ten times slower than the module, which does little.
// The module's data, which wasm2js writes as base64, goes to a file of its own, data.js: the diagnosis would be too
// large for one chunk.
//
// Two mistakes would go unnoticed until a page reads garbage, so the build refuses them: a 64-bit integer that crosses
// the boundary, which JavaScript splits in two, and a store that keeps the old memory while computing its value makes
// memory grow.

import { readFileSync, writeFileSync } from "node:fs";
import { binaryenTool } from "./binaryen.mjs";
import { UserError } from "./run.mjs";
import { textDeclaration, textModule } from "./text.mjs";

// What wasm2js can't write by itself.
const lowering = ["--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "--llvm-memory-copy-fill-lowering"];

/** Writes the module NAME.wasm as javascript.js and data.js; `optimised` is binaryen's option. */
export function writeJavaScript(name, at, optimised) {
  refuseLong(name, at);
  binaryenTool("wasm-opt", at(`${name}.wasm`), "-o", at("lowered.wasm"), ...lowering);
  binaryenTool("wasm2js", at("lowered.wasm"), "--mvp-features", "--emscripten", optimised, "-o", at("javascript.js"));
  const text = readFileSync(at("javascript.js"), "utf8");
  refuseEarlyMemory(text);
  const { code, data } = withoutData(detachOnGrowth(text));
  writeFileSync(at("javascript.js"), `${code}\nexport { instantiate };\n`);
  const imports = "imports: Record<string, WebAssembly.ModuleImports | Uint8Array> & { data: Uint8Array }";
  writeFileSync(at("javascript.d.ts"), `export function instantiate(${imports}): WebAssembly.Exports;\n`);
  writeFileSync(at("data.js"), textModule(data));
  writeFileSync(at("data.d.ts"), textDeclaration);
}

/**
 * The code, which takes the data as `imports.data`, and the data: all segments as they lie in memory, with zeros
 * between them.
 */
function withoutData(text) {
  const part = /^ {2}var base64ReverseLookup = .*^function initActiveSegments\(imports\) \{\n(.*?)^\}\n/ms;
  const [whole, segments] = part.exec(text) ?? [];
  if (!whole) throw new UserError("wasm2js no longer writes data as scripts/lib/javascript.mjs expects.");
  const found = [...segments.matchAll(/\(bufferView, (\d+), "([^"]*)"\);$/gm)];
  const parts = found.map(([, at, base64]) => ({ at: Number(at), bytes: Buffer.from(base64, "base64") }));
  const start = Math.min(...parts.map(({ at }) => at));
  const data = Buffer.alloc(Math.max(...parts.map(({ at, bytes }) => at + bytes.length)) - start);
  for (const { at, bytes } of parts) bytes.copy(data, at - start);
  const place = `function initActiveSegments(imports) {\n  bufferView.set(imports.data, ${start});\n}\n`;
  return { code: text.replace(whole, place), data };
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

/** Of the exports wasm-bindgen's declaration tells the types; of the imports the module itself. */
function refuseLong(name, at) {
  const exported = readFileSync(at(`${name}_bg.wasm.d.ts`), "utf8").match(/^.*\bbigint\b.*$/gm) ?? [];
  const imported = binaryenTool("wasm-opt", at(`${name}_bg.wasm`), "--print").match(/^ \(import .*\bi64\b.*$/gm) ?? [];
  const long = [...exported, ...imported];
  if (long.length) throw new UserError(`64-bit integers cross the boundary: use f64 there.\n${long.join("\n")}`);
}
