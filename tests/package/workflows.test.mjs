// What the workflows of releases and pushes promise: nobody can change an action behind its name, and what is published
// is packed before anything that is not locked has run.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "./packed.mjs";

const FOLDER = path.join(root, ".github/workflows");
const workflows = readdirSync(FOLDER).map((file) => [file, readFileSync(path.join(FOLDER, file), "utf8")]);
const release = readFileSync(path.join(FOLDER, "release.yml"), "utf8");

/** The jobs of a workflow by name, each as its text. */
const jobs = Object.fromEntries(
  [...release.split(/^jobs:$/m)[1].matchAll(/^ {2}([a-z]+):\n((?: {4}.*\n|\n| {2}#.*\n)*)/gm)].map(([, name, text]) => [
    name,
    text.replace(/^\s*#.*$/gm, ""),
  ]),
);

test("every action is pinned by commit, with its version beside it", () => {
  for (const [file, text] of workflows) {
    const uses = text.match(/uses:.*/g);
    assert.ok(uses.length, file);
    for (const line of uses) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
  }
});

test("what is published is packed in a job of its own, before anything unlocked is installed", () => {
  assert.deepEqual(Object.keys(jobs), ["pack", "verify", "reproducible", "dependencies", "publish"]);
  const commands = jobs.pack.match(/^ +(?:run: )?(?:npm|npx|cargo|node|pip|curl|apt-get)\b.*$|run: .*/gm).join("\n");
  assert.doesNotMatch(commands, /\b(?:install|npx|pip|curl|apt-get|consumers)\b|npm (?:ci|test|i)\b|\.ci\/run/);
  assert.doesNotMatch(jobs.pack, /download-artifact/);
  // the build installs by the lock files alone
  const read = (file) => readFileSync(path.join(root, "scripts", file), "utf8");
  assert.match(read("setup.mjs"), /npm\("ci", "--ignore-scripts"/);
  for (const file of ["setup.mjs", "lib/wasm.mjs"])
    for (const [call] of read(file).matchAll(/run\("cargo", \[[^\]]*/g)) assert.match(call, /"--locked"/, file);
});

test("only the job that publishes has an identity, and it builds and runs nothing", () => {
  for (const [name, text] of Object.entries(jobs)) {
    assert.equal(text.includes("id-token"), name === "publish", name);
    assert.match(text, /permissions:\n +contents: read/, name);
  }
  assert.deepEqual(jobs.publish.match(/run: .*/g), [
    "run: npm publish ./*.tgz --provenance --access public --ignore-scripts",
  ]);
  assert.match(jobs.publish, /needs: \[pack, verify, reproducible, dependencies\]/);
});

test("the log has the verdicts on dependencies, the bills of materials and the hashes of two builds", () => {
  assert.match(jobs.dependencies, /cargo-deny-action@/);
  assert.match(jobs.dependencies, /run: npm audit --audit-level=high/);
  assert.match(jobs.dependencies, /cargo cyclonedx --format json/);
  assert.match(jobs.pack, /npm sbom --package-lock-only --sbom-format=cyclonedx/);
  assert.match(jobs.reproducible, /run: npm run reproducible/);
});
