// Every code of the declarations is explained in docs/, known to the code, and named by a test.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const root = new URL("../../", import.meta.url);
const read = (file) => readFileSync(new URL(file, root), "utf8");

/** The members of a union in npm/src/types.ts, without its comments. */
function union(name) {
  const [, body] = new RegExp(`export type ${name} =([^;]+);`).exec(read("npm/src/types.ts").replace(/\/\/.*$/gm, ""));
  return [...body.matchAll(/"([^"]+)"/g)].map(([, code]) => code);
}

const below = (folder, ending) =>
  readdirSync(new URL(folder, root), { recursive: true })
    .filter((file) => file.endsWith(ending))
    .map((file) => read(`${folder}${file}`))
    .join("\n");

/** The first cells of the tables in docs/. */
const tabled = `${read("docs/options-and-events.md")}\n${read("docs/diagnosis.md")}`
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|")[1])
  .join(" ");

test("each FindingCode has a rule, a test and a line in docs/", () => {
  const codes = union("FindingCode");
  assert.equal(codes.length, 49);
  const rules = below("src/diagnosis/", ".rs");
  const tests = below("tests/diagnosis/", ".rs");
  for (const code of codes) {
    const variant = code.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase());
    assert.ok(rules.includes(`FindingCode::${variant}`) || rules.includes(`Code::${variant}`), `${code} has no rule`);
    assert.ok(tests.includes(variant) || tests.includes(code), `${code} has no test`);
    assert.ok(tabled.includes(`\`${code}\``), `${code} has no line in docs/`);
  }
});

test("each ErrorCode has a meaning, a test and a line in docs/", () => {
  const meanings = read("npm/src/errors.ts");
  const core = read("src/io/codes.rs");
  const browser = below("tests/browser/", ".mjs") + read("tests/web.rs");
  const stories = read("tests/scenarios.rs");
  for (const code of union("ErrorCode")) {
    const variant = new RegExp(`(\\w+) = "${code}"`).exec(core)?.[1];
    assert.ok(meanings.includes(`${code}:`), `${code} has no meaning`);
    assert.ok(browser.includes(code) || (variant && stories.includes(`ErrorCode::${variant}`)), `${code} has no test`);
    assert.ok(tabled.includes(`\`${code}\``), `${code} has no line in docs/`);
  }
});
