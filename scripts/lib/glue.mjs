// Makes wasm-bindgen's glue ours: names as short as the module's, no code that loads the module from somewhere or is
// there for engines that nobody has any more, and one way to start it for both engines. Catches a wasm-bindgen whose
// glue is written otherwise.

import { readFileSync, writeFileSync } from "node:fs";
import { UserError } from "./run.mjs";

// The chunk brings its own module, so nothing is fetched, and what is started need not be WebAssembly.
const start = `
let wasm;
export function start(instantiate) {
    wasm ??= instantiate(__wbg_get_imports());
}
`;
const declared = `
/** Starts the module, once: \`instantiate\` makes its exports of its imports. */
export function start(instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports): void;
`;

// wasm-bindgen keeps its views of the memory until their buffer is detached, as growing does to it. In JavaScript nothing
// detaches it, and everything would be read from where it was. Here the one view that is kept compares the buffers, and
// all others are made when they are used, which costs no more than a part of one that is kept.
const views = [
  [
    "cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)",
    "cachedDataViewMemory0.buffer !== wasm.memory.buffer",
  ],
  [/let cached(\w+Array)Memory0 = null;\nfunction get\1Memory0\(\) \{[^]*?\n}\n/, ""],
  [
    /function (getArray\w+)\(ptr, len\) \{[^]*?get(\w+Array)Memory0\(\)[^]*?\n}\n/,
    (_, name, view) => `const ${name} = (ptr, len) => new ${view}(wasm.memory.buffer, ptr >>> 0, len);\n`,
  ],
];

// Texts go in and out by the shortest way. wasm-bindgen's is faster for long ones, copes with browsers without
// encodeInto, and with Safari's decoder, which ends after 2 GB: here about as many KB pass in a day.
const texts = [
  [
    /function passStringToWasm0\([^]*?\n}\n/,
    `function passStringToWasm0(arg, malloc) {
    const bytes = cachedTextEncoder.encode(arg);
    const ptr = malloc(bytes.length, 1) >>> 0;
    new Uint8Array(wasm.memory.buffer).set(bytes, ptr);
    WASM_VECTOR_LEN = bytes.length;
    return ptr;
}
`,
  ],
  [", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)", ", wasm.__wbindgen_malloc)"],
  [
    /let cachedTextDecoder = [^]*?function decodeText\([^]*?\n}\n/,
    "const cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });\n",
  ],
  [
    /function getStringFromWasm0\([^]*?\n}\n/,
    "const getStringFromWasm0 = (ptr, len) => cachedTextDecoder.decode(new Uint8Array(wasm.memory.buffer, ptr >>> 0, len));\n",
  ],
  [/if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?\n}\n/, ""],
];

// What may throw is wrapped once, and not anew with each call.
const throwing = [
  [
    /function\(\) \{ return handleError\(function (\([^]*?\n {8}\}), arguments\); \},/g,
    (_, body) => `caught(function ${body}),`,
  ],
  [
    /function handleError\(f, args\) \{\n {4}try \{\n {8}return f\.apply\(this, args\);([^]*?\n {4}\})\n\}/,
    (_, rest) =>
      `function caught(f) {\n    return (...args) => {\n    try {\n        return f(...args);${rest}\n    };\n}`,
  ],
];

// Functions as short as they can be written.
const functions = [
  [/: function\((.*)\) \{\n/g, (_, args) => `: (${args}) => {\n`],
  [/caught\(function \((.*)\) \{\n/g, (_, args) => `caught((${args}) => {\n`],
  [/const ret = (.*);\n +return addHeapObject\(ret\);/g, (_, made) => `return addHeapObject(${made});`],
  [/^ +__proto__: null,\n/gm, ""],
];

// The one function that must not be called while it runs is a timer's, which nobody else can call.
const reentered = [
  [/function makeMutClosure\([^]*?\n}\n/, ""],
  ["makeMutClosure(", "makeClosure("],
];

// Closures, which timers, listeners and promises call, throw at the page when the instance traps, and enter it again
// later. `crashed`, which the facade gives to `boot`, has a property `dead` that says whether it was called.
const closures = [
  [
    "export function boot(crashed, soon) {",
    "let crash = () => {};\nlet timer;\nexport function boot(crashed, soon) {\n    crash = crashed;",
  ],
  [
    "const real = (...args) => {",
    "const real = (...args) => {\n        if (crash.dead) return void clearInterval(timer);",
  ],
  // the page's one timer repeats, and a dead instance can't end it
  ["= setInterval(", "= timer = setInterval("],
  [
    "} finally {\n            real._wbg_cb_unref();",
    "} catch {\n            crash();\n        } finally {\n            real._wbg_cb_unref();",
  ],
  ["new FinalizationRegistry(state => ", "new FinalizationRegistry(state => crash.dead || "],
];

/** `file` without its ending. Answers with the module's exports that the glue still uses. */
export function trimGlue(file) {
  edit(`${file}.d.ts`, (replace) => replace(/\nexport type SyncInitInput[^]*$/, declared));
  edit(`${file}.js`, (replace, glue) => {
    replace(/\nlet wasmModule, wasmInstance, wasm;[^]*$/, start);
    const keeper = glue.includes("function boot(");
    for (const [from, to] of [
      ...views,
      ...texts,
      ...throwing,
      ...(keeper ? [...reentered, ...closures] : []),
      ...functions,
    ])
      replace(from, to);
  });
  const trimmed = readFileSync(`${file}.js`, "utf8");
  if (/\.detached|byteLength === 0/.test(trimmed))
    throw new UserError(
      `${file}.js keeps a view that JavaScript's memory grows out of: scripts/lib/glue.mjs has to learn it.`,
    );
  return new Set([...trimmed.matchAll(/\bwasm\.(\w+)/g)].map(([, name]) => name));
}

/**
 * Each function that crosses is named twice, in the module and here, hash and all: 2 KB after compression. `names` is
 * what wasm-opt said when it shortened the module's.
 */
export function shortenGlue(file, { imports, exports }) {
  edit(`${file}.js`, (replace) => {
    const [[module]] = imports;
    replace(`"${module}": import0`, "a: import0"); // wasm-opt's name for the only module there is
    const shorter = new Map(imports.map(([, name, short]) => [name, short]));
    // what the module no longer imports goes
    replace(/^ {8}(__\w+): (?:caught\()?\([^]*?\n {8}\}\)?,\n/gm, (whole, name) =>
      shorter.has(name) ? whole.replace(name, shorter.get(name)) : "",
    );
    const used = new Map(exports.map(([name, short]) => [name, short]));
    replace(/\bwasm\.(\w+)/g, (whole, name) => (used.has(name) ? `wasm.${used.get(name)}` : whole));
  });
}

function edit(file, change) {
  let text = readFileSync(file, "utf8");
  change((from, to) => {
    const next = text.replaceAll(
      typeof from === "string" || from.global ? from : new RegExp(from, `${from.flags}g`),
      typeof to === "string" ? () => to : to,
    );
    if (next === text) throw new UserError(`${from} is not in ${file}: scripts/lib/glue.mjs expects it there.`);
    text = next;
  }, text);
  writeFileSync(file, text);
}
