// What is published: exactly the files meant to be, with nothing of the build machine inside.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { check as checkVersion } from "../../scripts/version.mjs";
import { npmPack, root } from "./packed.mjs";

const declarations = readdirSync(path.join(root, "dist")).filter((file) => /\.d\.c?ts$/.test(file));
const code = ["index", "csp", "engine-wasm", "engine-js", "diagnosis-wasm", "diagnosis-js", "tabs"]
  .flatMap((name) => [`${name}.js`, `${name}.cjs`])
  .concat("cli.js");
const modules = ["engine", "diagnosis"].map((name) => path.join(root, "target/npm", name, `${name}.wasm`));

test("the tarball holds the package and nothing else", () => {
  const packed = npmPack("--dry-run")
    .files.map(({ path: file }) => file)
    .sort();
  const meant = [...code, ...declarations].map((file) => `dist/${file}`);
  assert.deepEqual(
    packed,
    ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "csp.d.ts", "csp.js", "package.json", ...meant].sort(),
  );
});

test("the declarations have a CommonJS copy each", () => {
  for (const file of declarations.filter((name) => name.endsWith(".d.ts")))
    assert.ok(declarations.includes(file.replace(/ts$/, "cts")), file);
});

test("no folder of the build machine is in the modules or in the code", () => {
  const wasm = modules.map((file) => readFileSync(file, "latin1"));
  assert.match(wasm[0], /src[/\\]/, "the module names its sources: otherwise this test would see nothing");
  for (const text of [...wasm, ...code.map((file) => readFileSync(path.join(root, "dist", file), "latin1"))]) {
    for (const folder of [root, os.homedir(), ".cargo", ".rustup", "index.crates"])
      assert.ok(!text.includes(folder), folder);
  }
});

test("nothing is needed at run time", () => {
  const { dependencies, peerDependenciesMeta } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  assert.equal(dependencies, undefined);
  assert.deepEqual(peerDependenciesMeta, { "powerbi-client": { optional: true } });
});

test("package.json, Cargo.toml and the changelog name the same version", () => checkVersion());
