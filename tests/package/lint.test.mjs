// What publint and "are the types wrong" say of the packed package. Neither finds anything; what one finds some day is
// mended, or listed here with the reason why it may stay.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { publint } from "publint";
import { npmPack, root } from "./packed.mjs";

let folder, tarball;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "lint-"));
  tarball = path.join(folder, npmPack("--pack-destination", folder).filename);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("publint --strict finds nothing", async () => {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) },
  });
  assert.deepEqual(messages, []);
});

test("every entry has its types, in every way to resolve them", () => {
  const attw = path.join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const { stdout, stderr } = spawnSync(process.execPath, [attw, tarball, "--format", "json"], { encoding: "utf8" });
  assert.ok(stdout, stderr);
  const { analysis, problems } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(analysis.entrypoints), [".", "./csp", "./react", "./package.json"]);
  assert.deepEqual(problems ?? {}, {});
});
