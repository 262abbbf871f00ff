// The module inside each chunk is byte for byte the one that was built, also after a page's own bundler has been at it,
// and its JavaScript says what it says.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { root } from "./packed.mjs";

const loaders = {
  js: (file) => import(file),
  cjs: async (file) => createRequire(import.meta.url)(file),
};
const dist = (name) => path.join(process.env.KEEPER_DIST ?? path.join(root, "dist"), name);
const built = (module) => readFileSync(path.join(root, "target/npm", module, `${module}.wasm`));

/** Starts a chunk twice where WebAssembly is refused; returns what it wanted to compile. */
async function attempted(t, start) {
  const seen = [];
  // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
  t.mock.method(WebAssembly, "Module", function (bytes) {
    seen.push(Buffer.from(bytes));
    throw new WebAssembly.CompileError("refused by the page's policy");
  });
  await assert.rejects(start(), WebAssembly.CompileError);
  await assert.rejects(start(), WebAssembly.CompileError);
  return seen;
}

for (const module of ["engine", "diagnosis"]) {
  for (const [ending, load] of Object.entries(loaders)) {
    test(`${module}-wasm.${ending} carries the module, and a start that failed can be tried again`, async (t) => {
      const { start } = await load(dist(`${module}-wasm.${ending}`));
      const seen = await attempted(t, start);
      assert.equal(seen.length, 2);
      for (const bytes of seen) assert.ok(bytes.equals(built(module)));
    });
  }
}

const bundlers = {
  "esbuild, as ASCII": (entry, file) =>
    build({ entryPoints: [entry], outfile: file, bundle: true, minify: true, format: "esm", charset: "ascii" }),
  "esbuild, as UTF-8": (entry, file) =>
    build({ entryPoints: [entry], outfile: file, bundle: true, minify: true, format: "esm", charset: "utf8" }),
  rolldown: async (entry, file) => {
    const bundle = await rolldown({ input: entry });
    await bundle.write({ file, format: "es", minify: true });
    await bundle.close();
  },
};

for (const [name, bundle] of Object.entries(bundlers)) {
  test(`${name} keeps the module as it is`, async (t) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "chunk-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "bundled.mjs");
    await bundle(dist("engine-wasm.js"), file);
    const { start } = await import(file);
    const [bytes] = await attempted(t, start);
    assert.ok(bytes.equals(built("engine")));
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

  // wasm2js leaves the old memory as it is when it grows: views of it that are kept would read what was
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
