// What is published: exactly the files meant to be, with nothing of the build machine inside.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { check as checkVersion } from "../../scripts/version.mjs";
import { npmPack, root } from "./packed.mjs";

const declarations = readdirSync(path.join(root, "dist")).filter((file) => /\.d\.c?ts$/.test(file));
const chunks = [
  "engine-wasm",
  "engine-js",
  "engine-js-code",
  "diagnosis-wasm",
  "diagnosis-js",
  "diagnosis-js-data",
  "tabs",
];
const code = ["index", "csp", "react", ...chunks]
  .flatMap((name) => [`${name}.js`, `${name}.cjs`])
  .concat("cli.js", "powerbi-token-keeper.min.js");
const manifest = (folder) => JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
const modules = ["engine", "diagnosis"].map((name) => path.join(root, "target/npm", name, `${name}.wasm`));

test("the tarball holds the package and nothing else", () => {
  const packed = npmPack("--dry-run")
    .files.map(({ path: file }) => file)
    .sort();
  const stubs = ["csp", "react"].flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
  const guide = readdirSync(path.join(root, "docs")).filter((file) => file.endsWith(".md"));
  const meant = [...code, "files.json", ...declarations]
    .map((file) => `dist/${file}`)
    .concat(guide.map((file) => `docs/${file}`));
  assert.deepEqual(
    packed,
    ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json", ...stubs, ...meant].sort(),
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
  const { dependencies, peerDependenciesMeta } = manifest(".");
  assert.equal(dependencies, undefined);
  assert.deepEqual(peerDependenciesMeta, { "powerbi-client": { optional: true }, react: { optional: true } });
});

test("the peer range is from the oldest powerbi-client that is tested", () => {
  const { peerDependencies } = manifest(".");
  const { version } = manifest("node_modules/powerbi-client-2.10");
  assert.equal(peerDependencies["powerbi-client"], `^${version}`);
  for (const suffix of ["-18", ""]) {
    const [major] = manifest(`node_modules/react${suffix}`).version.split(".");
    assert.ok(peerDependencies.react.includes(`^${major}.0.0`), major);
  }
});

test("package.json and Cargo.toml name the same version, and the changelog can be read", () => checkVersion());

test("a tag is refused that package.json or the changelog does not name", () => {
  const files = (changelog) => (file) =>
    ({ "package.json": '{ "version": "1.2.3" }', "Cargo.toml": 'version = "1.2.3"', "CHANGELOG.md": changelog })[file];
  const released = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n- a fix\n";
  checkVersion("v1.2.3", files(released));
  assert.throws(() => checkVersion("v1.2.4", files(released)), /is not v1\.2\.3/);
  assert.throws(() => checkVersion("v1.2.3", files("## [Unreleased]\n")), /newest version is none/);
  assert.throws(
    () => checkVersion("v1.2.3", files(released.replace("[1.2.3]", "[1.2.2]"))),
    /newest version is 1\.2\.2/,
  );
  assert.throws(
    () => checkVersion("v1.2.3", files(released.replace("## [1.2.3]", "- left behind\n\n## [1.2.3]"))),
    /entries under \[Unreleased\]/,
  );
  assert.throws(() => checkVersion(undefined, files("## 1.2.3, someday\n")), /is not \[Unreleased\]/);
});
