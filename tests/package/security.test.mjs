// SECURITY.md promises nothing without a test: each row names a file and a test in it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "./packed.mjs";

const text = readFileSync(path.join(root, "SECURITY.md"), "utf8");
const threats = text.split(/^## /m).find((part) => part.startsWith("Threats"));

/** The tables' rows: what is promised, and the test that shows it. */
const rows = threats
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:promise|-)/.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test("each attacker has promises", () => {
  const headings = [...threats.matchAll(/^### .+$/gm)].map(([heading]) => heading);
  assert.deepEqual(headings, [
    "### A foreign frame on the page",
    "### Another tab or frame of your origin",
    "### A source, or something before it, that lies",
    "### Markup without script, and polluted prototypes",
    "### A file or a token given to the command line",
    "### A visitor of the demo server",
  ]);
  assert.ok(rows.length >= 40, `${rows.length} promises`);
});

for (const [promise, shown] of rows) {
  test(`a test shows: ${promise}`, () => {
    const [, file, name] = /^\[[\w.]+\]\(([\w./-]+)\) "(.+)"$/.exec(shown) ?? [];
    assert.ok(file && name, shown);
    const source = readFileSync(path.join(root, file), "utf8");
    // A Rust test is a function of that name.
    const isThere = file.endsWith(".rs") ? source.includes(`fn ${name}(`) : source.includes(name);
    assert.ok(isThere, `${file} has no test "${name}"`);
  });
}
