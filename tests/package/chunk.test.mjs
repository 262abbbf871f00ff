// The module inside each chunk is, instruction for instruction, the one that was built, and its JavaScript says what it
// says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { read } from "../../scripts/lib/module.mjs";
import { neighbours } from "../../scripts/lib/split.mjs";
import { root } from "./packed.mjs";

const loaders = {
  js: (file) => import(file),
  cjs: async (file) => createRequire(import.meta.url)(file),
};
const dist = (name) => path.join(root, "dist", name);
const chunks = ["engine", "diagnosis"].flatMap((module) =>
  Object.entries(loaders).map(([ending, load]) => [module, `${module}-wasm.${ending}`, load]),
);

for (const [module, name, load] of chunks) {
  test(`${name} carries the module, and a start that failed can be tried again`, async (t) => {
    const seen = [];
    const { Module } = WebAssembly;
    const joiner = readFileSync(path.join(root, "target/wasm/join.wasm"));
    t.mock.method(WebAssembly, "Module", (bytes) => {
      if (joiner.equals(bytes)) return new Module(bytes);
      seen.push(Buffer.from(bytes));
      throw new WebAssembly.CompileError("refused by the page's policy");
    });
    const { start } = await load(dist(name));
    await assert.rejects(start(), WebAssembly.CompileError);
    await assert.rejects(start(), WebAssembly.CompileError);
    assert.equal(seen.length, 2);
    const built = readFileSync(path.join(root, "target/npm", module, `${module}.wasm`));
    // in one of the orders that split.mjs wrote
    const texts = JSON.parse(readFileSync(path.join(root, "target/npm", module, "texts.json"), "utf8"));
    const carried = readFileSync(dist(name), "utf8");
    const { order } = texts.find(({ text }) => carried.includes(text));
    assert.deepEqual(read(seen[0]), read(built, neighbours(order)));
  });
}

const { now, vectors } = JSON.parse(readFileSync(path.join(root, "tests/data/token-vectors.json"), "utf8"));
const options = { now: 1000 * now };

for (const [ending, load] of Object.entries(loaders)) {
  test(`diagnosis-js.${ending} finds what the module finds in every token there is`, async () => {
    const [wasm, js] = await Promise.all(
      ["wasm", "js"].map(async (kind) => (await load(dist(`diagnosis-${kind}.${ending}`))).start()),
    );
    assert.notEqual(vectors.length, 0);
    for (const { pieces } of vectors) {
      const token = pieces.join("");
      const config = { type: "report", tokenType: 1, accessToken: token };
      assert.deepEqual(js.inspect(token, options), wasm.inspect(token, options));
      assert.deepEqual(js.diagnose(config, options), wasm.diagnose(config, options));
    }
  });

  // Nothing detaches the old memory in JavaScript, as WebAssembly does: views of it that are kept read what was.
  test(`diagnosis-js.${ending} loses no text when its memory grows`, async () => {
    const { start } = await load(dist(`diagnosis-js.${ending}`));
    const explainer = await start();
    for (let i = 0; i < 40; i++) {
      const config = {
        type: "report",
        tokenType: 1,
        accessToken: "x",
        id: `wrong-${i}`,
        ballast: "ß".repeat(100_000 * (i + 1)),
      };
      const { message } = explainer.diagnose(config, options).find(({ code }) => code === "id-not-a-guid");
      assert.match(message, new RegExp(`"wrong-${i}"`));
    }
  });
}
