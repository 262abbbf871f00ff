// The oldest browsers that docs/compatibility.md states are those that the shipped code needs: its syntax by esbuild,
// its globals and members by MDN's browser-compat-data, the WebAssembly features by binaryen.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import compat from "@mdn/browser-compat-data" with { type: "json" };
import { parse } from "acorn";
import { transform } from "esbuild";
import { root } from "./packed.mjs";

/** binaryen keeps the console's functions, and prints by them what is not valid. */
async function importSilently(name) {
  const { log, error, warn } = console;
  const silent = () => {};
  Object.assign(console, { log: silent, error: silent, warn: silent });
  try {
    return (await import(name)).default;
  } finally {
    Object.assign(console, { log, error, warn });
  }
}
const binaryen = await importSilently("binaryen");

const read = (...parts) => readFileSync(path.join(root, ...parts), "utf8");
// what runs in a page: the command line is for Node, and the .cjs files are these in another wrapping
const code = new Map(
  readdirSync(path.join(root, "dist"))
    .filter((file) => file.endsWith(".js") && file !== "cli.js")
    .map((file) => [file, read("dist", file)]),
);

// ---- the table ------------------------------------------------------------------------------------------------------

/** By the columns of the table. */
const BROWSERS = {
  Chrome: "chrome",
  Edge: "edge",
  Firefox: "firefox",
  Safari: "safari",
  "Safari, iOS": "safari_ios",
  "Chrome, Android": "chrome_android",
};

/** The versions that the row of this name states, by browser. */
function stated(name) {
  const [, section] = read("docs/compatibility.md").split("\n## Browsers\n");
  const rows = section.split("\n## ")[0].split("\n");
  const cells = (row) => row.split("|").map((cell) => cell.trim());
  const head = cells(rows.find((row) => row.includes("| Chrome ")));
  const row = rows.find((one) => cells(one)[1] === name);
  assert.ok(row, `no row "${name}"`);
  return Object.fromEntries(
    Object.entries(BROWSERS).map(([column, browser]) => [browser, Number(cells(row)[head.indexOf(column)])]),
  );
}

const FLOOR = "all of it";

// ---- what MDN knows -------------------------------------------------------------------------------------------------

/** The first version with a feature; Infinity where there is none without a flag or a prefix. */
function since(feature, browser) {
  const versions = [feature.__compat.support[browser]]
    .flat()
    .filter((one) => one && !one.flags && !one.prefix && !one.alternative_name)
    .map((one) => Number.parseFloat(String(one.version_added).replace("≤", "")));
  return Math.min(Infinity, ...versions.filter((version) => !Number.isNaN(version)));
}
const everywhere = (feature) =>
  Object.fromEntries(Object.values(BROWSERS).map((browser) => [browser, since(feature, browser)]));
const merged = (all, pick) =>
  Object.fromEntries(Object.values(BROWSERS).map((browser) => [browser, pick(...all.map((one) => one[browser]))]));

const { builtins, functions, statements, operators } = compat.javascript;
const own = (object, key) => (object && Object.hasOwn(object, key) ? object[key] : undefined);
/** A global by its name: a builtin, an interface, or a member of the window. */
const globalNamed = (name) =>
  own(builtins, name) ?? own(compat.api, name) ?? own(compat.webassembly.api, name) ?? own(compat.api.Window, name);
const INSTANCES = { window: "Window", document: "Document", location: "Location", navigator: "Navigator" };
const memberNamed = (name, member) => {
  const owner = globalNamed(name) ?? compat.api[INSTANCES[name]];
  const alsoOf = compat.api[name[0].toUpperCase() + name.slice(1)];
  return own(owner, member) ?? own(owner, `${member}_static`) ?? own(alsoOf, member) ?? own(alsoOf, `${member}_static`);
};

/** Everything that has a member of this name. */
const owners = new Map();
for (const space of [builtins, compat.api, compat.webassembly.api]) {
  for (const members of Object.values(space)) {
    for (const [name, feature] of Object.entries(members)) {
      if (!feature.__compat) continue;
      const plain = name.replace(/_static$/, "");
      owners.set(plain, [...(owners.get(plain) ?? []), everywhere(feature)]);
    }
  }
}

// ---- what the code uses ---------------------------------------------------------------------------------------------

function visit(node, see, parent = null) {
  see(node, parent);
  for (const child of Object.values(node).flat()) {
    if (child && typeof child.type === "string") visit(child, see, node);
  }
}

function namesIn(pattern) {
  if (!pattern) return [];
  if (pattern.type === "Identifier") return [pattern.name];
  const parts = pattern.properties ?? pattern.elements ?? [pattern.left ?? pattern.argument];
  return parts.flatMap((part) => namesIn(part?.type === "Property" ? part.value : part));
}

function declaredBy(node) {
  if (node.type === "VariableDeclarator") return namesIn(node.id);
  if (node.type === "CatchClause") return namesIn(node.param);
  if (/^Import\w*Specifier$/.test(node.type)) return [node.local.name];
  if (/^Class/.test(node.type)) return namesIn(node.id);
  if (/Function/.test(node.type)) return [...namesIn(node.id), ...node.params.flatMap(namesIn)];
  return [];
}

const isName = (node, parent) =>
  !(parent.type === "MemberExpression" && parent.property === node && !parent.computed) &&
  !(parent.type === "Property" && parent.key === node && !parent.computed && !parent.shorthand) &&
  !/Definition$|Specifier$|^Label|^Break|^Continue/.test(parent.type);

/** Features by name, each with the versions that have it. */
function featuresOf(text, sourceType) {
  const tree = parse(text, { ecmaVersion: "latest", sourceType });
  const declared = new Set();
  visit(tree, (node) => {
    for (const name of declaredBy(node)) declared.add(name);
  });
  const found = new Map();
  const add = (name, feature) => feature?.__compat && found.set(name, everywhere(feature));
  // a name of one letter is what became of a longer one of ours
  const addMember = (name) =>
    name.length > 1 && owners.has(name) && found.set(`.${name}`, merged(owners.get(name), Math.min));
  visit(tree, (node, parent) => {
    const isGlobal = (one) => one?.type === "Identifier" && !declared.has(one.name);
    if (isGlobal(node) && isName(node, parent)) add(node.name, globalNamed(node.name));
    if (node.type === "NewExpression" && isGlobal(node.callee)) {
      const { name } = node.callee;
      add(`new ${name}`, own(globalNamed(name), name));
    }
    if (/^Class/.test(node.type) && isGlobal(node.superClass)) {
      const { name } = node.superClass;
      add(`new ${name}`, own(globalNamed(name), name));
    }
    if (node.type === "MemberExpression" && !node.computed) {
      const { object, property } = node;
      const feature = isGlobal(object) ? memberNamed(object.name, property.name) : undefined;
      if (feature) add(`${object.name}.${property.name}`, feature);
      else addMember(property.name);
    }
    if (node.type === "Property" && parent.type === "ObjectPattern" && !node.computed) addMember(node.key.name);
    if (node.type === "ImportExpression") add("import()", operators.import);
    if (/^Export|^ImportDeclaration/.test(node.type)) add("export", statements.export);
    if (node.async) add("async", statements.async_function);
    if (node.type === "ArrowFunctionExpression") add("=>", functions.arrow_functions);
  });
  return found;
}

/** Newer than the floor, and no need of it: what the code must do where it is missing, as a pattern. */
const OPTIONAL = {
  DecompressionStream: /typeof DecompressionStream/,
  "new DecompressionStream": /typeof DecompressionStream/,
  ".readable": /typeof DecompressionStream/,
  ".writable": /typeof DecompressionStream/,
  ".getWriter": /typeof DecompressionStream/,
  FinalizationRegistry: /typeof FinalizationRegistry/,
  "new FinalizationRegistry": /typeof FinalizationRegistry/,
  ".encodeInto": /"encodeInto"\s*in/,
  "Symbol.dispose": /\[Symbol\.dispose\]\(\)/, // without the symbol, a method that nobody calls
  BroadcastChannel: /typeof BroadcastChannel/,
  "new BroadcastChannel": /typeof BroadcastChannel/,
  ".locks": /\{locks:(\w+)\}=navigator;if\(\1===void 0\)/,
  ".detached": /\.detached===void 0/,
};
/** Members of our own objects, or of what the page hands over, which are called as something newer is. */
const OURS = [
  "broadcast",
  "cause",
  "config",
  "configure",
  "dispatch",
  "element",
  "errorCode",
  "inspect",
  "memory",
  "queue",
  "service",
  "token",
];

const used = new Map(
  [...code].map(([file, text]) => [file, featuresOf(text, file.endsWith(".min.js") ? "script" : "module")]),
);

test("the oldest browsers are those that the code's globals and members need", () => {
  const needed = [...used.values()].flatMap((features) =>
    [...features].filter(([name]) => !OPTIONAL[name] && !OURS.includes(name.slice(1))),
  );
  assert.ok(needed.length > 300, `${needed.length} features were found`);
  const versions = merged(
    needed.map(([, one]) => one),
    Math.max,
  );
  const decisive = needed.filter(([, one]) => Object.keys(one).some((browser) => one[browser] === versions[browser]));
  assert.deepEqual(stated(FLOOR), versions, `decided by ${[...new Set(decisive.map(([name]) => name))].join(", ")}`);
});

test("what is newer than that is tried or asked for first, and the exemptions are needed", () => {
  const floor = stated(FLOOR);
  const isNewer = (one) => Object.keys(one).some((browser) => one[browser] > floor[browser]);
  const newer = new Set();
  for (const [file, features] of used) {
    for (const [name, one] of features) {
      if (!isNewer(one)) continue;
      newer.add(name);
      if (OPTIONAL[name]) assert.ok(OPTIONAL[name].test(code.get(file)), `${name} in ${file}`);
    }
  }
  const exempt = [...Object.keys(OPTIONAL), ...OURS.map((name) => `.${name}`)];
  assert.deepEqual([...newer].sort(), exempt.sort());
});

/** esbuild does without it where a broken iterator would not be closed. */
const KNOWN_TO_WORK = { destructuring: true };

test("no syntax is newer: esbuild has nothing to translate for the oldest browsers", async () => {
  const { chrome, edge, firefox, safari, safari_ios } = stated(FLOOR);
  const oldest = [`chrome${chrome}`, `edge${edge}`, `firefox${firefox}`, `safari${safari}`, `ios${safari_ios}`];
  for (const [file, text] of code) {
    const [now, then] = await Promise.all(
      ["esnext", oldest].map((target) => transform(text, { target, charset: "utf8", supported: KNOWN_TO_WORK })),
    );
    assert.ok(now.code === then.code, `${file} has syntax that the oldest browsers don't know`);
  }
  const newer = await transform("a ??= b", { target: oldest });
  assert.doesNotMatch(newer.code, /\?\?=/, "esbuild knows what they lack");
});

// ---- WebAssembly ----------------------------------------------------------------------------------------------------

/** binaryen's names, each with its parts, and MDN's. What every browser with WebAssembly has is not there. */
const WASM = {
  NontrappingFPToInt: "non-trapping-float-to-int-conversions",
  "BulkMemory BulkMemoryOpt": "bulk-memory-operations",
  SignExt: "sign-extension-operations",
  Multivalue: "multi-value",
  "ReferenceTypes CallIndirectOverlong": "reference-types",
};
const flags = (names) => names.split(" ").reduce((all, name) => all | binaryen.Features[name], 0);
/** As WebAssembly began, with mutable globals, which came a few versions later and before all of these. */
const FIRST = flags("MVP MutableGlobals");
const KNOWN = Object.keys(WASM).reduce((all, names) => all | flags(names), FIRST);

const moduleIn = (file) => {
  let found = null;
  visit(parse(code.get(file), { ecmaVersion: "latest", sourceType: "module" }), ({ type, value }) => {
    const text = type === "TemplateElement" ? value.cooked : value;
    if (typeof text === "string" && text.length > 10_000) found = text;
  });
  const key = found.charCodeAt(0); // a module begins with a zero
  return Uint8Array.from(found, (character) => character.charCodeAt(0) ^ key);
};

/** A module is valid with a set of features when it uses no other. */
function isValid(bytes, features) {
  const module = binaryen.readBinary(bytes, features);
  module.setFeatures(features);
  const answer = module.validate();
  module.dispose();
  return answer === 1;
}

test("the WebAssembly engine runs from the versions that are stated, by the features of both modules", () => {
  const needed = new Set();
  for (const file of ["engine-wasm.js", "diagnosis-wasm.js"]) {
    const bytes = moduleIn(file);
    assert.ok(isValid(bytes, KNOWN), `${file} has a feature that is not listed here: is it worth its browsers?`);
    for (const names of Object.keys(WASM)) if (!isValid(bytes, KNOWN & ~flags(names))) needed.add(names);
  }
  assert.ok(needed.size > 0);
  const versions = [...needed].map((names) => everywhere(compat.webassembly[WASM[names]]));
  const all = merged([...versions, stated(FLOOR)], Math.max);
  assert.deepEqual(stated("WebAssembly engine"), all, `decided by ${[...needed].join(", ")}`);
});

test("tabs share from the versions that are stated", () => {
  const features = [compat.api.BroadcastChannel, compat.api.LockManager.request];
  assert.deepEqual(stated("tabs share a token"), merged([...features.map(everywhere), stated(FLOOR)], Math.max));
});

test("damaged embed tokens are found from the versions that are stated", () => {
  const { DecompressionStream } = compat.api;
  const features = [DecompressionStream.DecompressionStream.format_gzip_parameter ?? DecompressionStream];
  assert.deepEqual(stated("damaged tokens are found"), merged([...features.map(everywhere), stated(FLOOR)], Math.max));
});
