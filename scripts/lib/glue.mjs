// Makes wasm-bindgen's glue ours: names as short as the module's, no code that loads the module from somewhere, and one
// way to start it for both engines. Catches a wasm-bindgen whose glue is written otherwise.

import { readFileSync, writeFileSync } from "node:fs";
import { Stop } from "./run.mjs";

// The chunk brings its own module, so nothing is fetched, and what is started need not be WebAssembly.
const start = `
export function start(instantiate) {
    if (wasm === undefined) __wbg_finalize_init({ exports: instantiate(__wbg_get_imports()) });
}
`;
const declared = `
/** Starts the module, once: \`instantiate\` makes its exports of its imports. */
export function start(instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports): void;
`;

// wasm-bindgen sees that the memory has grown by its old buffer, which is detached then. In JavaScript nothing detaches
// it, and every text would be read from where it was. Both engines compare the buffers instead.
const views = [
  [
    "cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)",
    "cachedDataViewMemory0.buffer !== wasm.memory.buffer",
  ],
  ["cachedUint8ArrayMemory0.byteLength === 0", "cachedUint8ArrayMemory0.buffer !== wasm.memory.buffer"],
];

/** `file` without its ending; `names` is what wasm-opt said when it shortened the module's. */
export function trimGlue(file, { imports, exports }) {
  edit(`${file}.d.ts`, (replace) => replace(/\nexport type SyncInitInput[^]*$/, declared));
  edit(`${file}.js`, (replace, glue) => {
    replace(/\nasync function __wbg_load\([^]*$/, start);
    for (const [from, to] of views) replace(from, to);
    // Each function that crosses is named twice, in the module and here, hash and all: 2 KB after compression.
    const [[module]] = imports;
    replace(`"${module}": import0`, "a: import0"); // wasm-opt's name for the only module there is
    for (const [, name, short] of imports) replace(new RegExp(`^ {8}${name}:`, "gm"), `        ${short}:`);
    const used = new Map(exports.map(([name, short]) => [name, short]));
    if (glue.includes("function boot(")) guardClosures(replace);
    replace(/\bwasm\.(\w+)/g, (whole, name) => (used.has(name) ? `wasm.${used.get(name)}` : whole));
  });
}

// Closures, which timers, listeners and promises call, throw at the page when the instance traps, and enter it again
// later. `crashed`, which the facade gives to `boot`, has a property `dead` that says whether it was called.
function guardClosures(replace) {
  replace("export function boot(crashed, soon) {", "let crash = () => {};\nexport function boot(crashed, soon) {\n    crash = crashed;");
  replace("const real = (...args) => {", "const real = (...args) => {\n        if (crash.dead) return;");
  for (const last of ["real._wbg_cb_unref();", "state.a = a;"]) replace(`} finally {\n            ${last}`, `} catch {\n            crash();\n        } finally {\n            ${last}`);
  for (const what of ["ptr", "state"]) replace(`new FinalizationRegistry(${what} => `, `new FinalizationRegistry(${what} => crash.dead || `);
}

function edit(file, change) {
  let text = readFileSync(file, "utf8");
  change((from, to) => {
    const next = text.replaceAll(typeof from === "string" || from.global ? from : new RegExp(from, `${from.flags}g`), typeof to === "string" ? () => to : to);
    if (next === text) throw new Stop(`${from} is not in ${file}: scripts/lib/glue.mjs expects it there.`);
    text = next;
  }, text);
  writeFileSync(file, text);
}
