// The module inside each chunk is, byte for byte, the one that was built.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { root } from "./packed.mjs";

const loaders = {
  js: (file) => import(file),
  cjs: async (file) => createRequire(import.meta.url)(file),
};
const chunks = ["engine", "diagnosis"].flatMap((module) => Object.entries(loaders).map(([ending, load]) => [module, `${module}-wasm.${ending}`, load]));

for (const [module, name, load] of chunks) {
  test(`${name} carries the module, and a start that failed can be tried again`, async (t) => {
    const seen = [];
    t.mock.method(WebAssembly, "compile", async (bytes) => {
      seen.push(Buffer.from(bytes));
      throw new WebAssembly.CompileError("refused by the page's policy");
    });
    const { start } = await load(path.join(root, "dist", name));
    await assert.rejects(start(), WebAssembly.CompileError);
    await assert.rejects(start(), WebAssembly.CompileError);
    assert.equal(seen.length, 2);
    assert.ok(seen[0].equals(readFileSync(path.join(root, "target/npm", module, `${module}.wasm`))));
  });
}
