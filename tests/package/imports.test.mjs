// Whatever an import of the modules can throw at them is caught on the way (`catch` in Rust): a getter of the page, a
// proxy, a function of its own. An exception that came through would be a crash. The others are listed here, by their
// name and by what wasm-bindgen makes of them, each with the reason why no code of the page can throw in it; a new one
// has to be caught, or to get a reason.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "acorn";
import { root } from "./packed.mjs";

const generated = (module, file) => readFileSync(path.join(root, "target/npm", module, file), "utf8");

const OUR_VALUE = "makes a value of our own";
const OUR_ARRAY = "an array that the module made itself";

/** `*` is every import of that kind. */
const UNCAUGHT = {
  "is_*": "looks at the value's type alone",
  "*_get": "looks at the value's type alone, and copies a text or a number",
  jsval_eq: "compares, and converts nothing",
  throw: "throws what the module itself means to: its panic, a crash in any case",
  object_clone_ref: "the table of references is the glue's own",
  object_drop_ref: "the table of references is the glue's own",
  generic: OUR_VALUE,
  "getObject(arg0)._wbg_cb_unref()": "the glue's own closure",
  "new Array()": OUR_VALUE,
  "new Object()": OUR_VALUE,
  "new Map()": OUR_VALUE,
  "new TextDecoder()": OUR_VALUE,
  "new Uint8Array(getArrayU8FromWasm0(arg0, arg1))": OUR_VALUE,
  "Error(getStringFromWasm0(arg0, arg1))": OUR_VALUE,
  "Object.create(getObject(arg0))": OUR_VALUE,
  "Array.of(getObject(arg0), getObject(arg1))": OUR_VALUE,
  "Object.assign(getObject(arg0), getObject(arg1))": "both are plain objects that the module made itself",
  "getObject(arg0)[arg1 >>> 0]": OUR_ARRAY,
  "getObject(arg0)[arg1 >>> 0] = takeObject(arg2)": OUR_ARRAY,
  "getObject(arg0)[takeObject(arg1)] = takeObject(arg2)": "an object that the module made itself",
  "getObject(arg0).set(getObject(arg1), getObject(arg2))": "a map that the module made itself",
  "getObject(arg0).length": "a text, or an array that the module made itself",
  "getObject(arg0).concat(getObject(arg1))": "two texts",
  "getObject(arg0).abort()": "a controller of our own: what its listeners throw is reported, and not thrown",
  "getObject(arg0).signal": "a controller of our own",
  "clearInterval(takeObject(arg0))": "the browser's own, which throws nothing",
  "Date.now()": "the browser's own, which throws nothing",
  "performance.now()": "the browser's own, which throws nothing",
  "Math.random()": "the browser's own, which throws nothing",
};
const kinds = Object.keys(UNCAUGHT);

/** The imports of a module that are not caught, each by its kind in the list, or by what it does. */
function uncaught(module) {
  const glue = generated(module, `${module}_bg.js`);
  const imported = new Set(JSON.parse(generated(module, "names.json")).imports.map(([, name]) => name));
  const found = [];
  for (const { declaration } of parse(glue, { ecmaVersion: "latest", sourceType: "module" }).body) {
    if (declaration?.type !== "FunctionDeclaration" || !imported.has(declaration.id.name)) continue;
    imported.delete(declaration.id.name);
    const body = glue.slice(declaration.body.start + 1, declaration.body.end - 1).trim();
    if (body.startsWith("return handleError(")) continue;
    const [, what] = /^(?:const ret = )?(.*?);/s.exec(body);
    const name = declaration.id.name.replace(/^__(?:wbg_+)?(?:wbindgen_)?|_[0-9a-f]{16}$/g, "");
    const isIntrinsic = /^__(?:wbg___)?wbindgen_/.test(declaration.id.name);
    const kind = kinds.find((one) =>
      isIntrinsic ? new RegExp(`^${one.replace("*", "\\w+")}$`).test(name) : one === what || one === name,
    );
    found.push(kind ?? `${name}: ${what}`);
  }
  assert.deepEqual([...imported], [], "every import is a function of the glue");
  return found;
}

test("every import that may throw is caught, and the reasons are needed", () => {
  const found = new Set(["engine", "diagnosis"].flatMap(uncaught));
  assert.deepEqual([...found].sort(), [...kinds].sort());
});
