// The README's recipes are the code that `npm run consumers` runs, and its table has a row for each consumer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { versions } from "../consumers/lib/project.mjs";
import { kinds } from "../consumers/matrix.mjs";
import { root } from "./packed.mjs";

const read = (file) => readFileSync(path.join(root, file), "utf8");
const readme = read("README.md").replaceAll("\r\n", "\n");
const recipes = [...readme.matchAll(/<!-- (examples\/\S+) -->\n```\w+\n([^]*?)```\n/g)];

test("there are recipes", () => assert.ok(recipes.length > 8));

for (const [, file, code] of recipes) {
  test(`the recipe is ${file}`, () => {
    const lines = read(file).replaceAll("\r\n", "\n").split("\n");
    assert.equal(code, lines.filter((line) => !line.includes("for the test")).join("\n"));
  });
}

// however its columns are padded
const table = readme.replaceAll(/ +/g, " ");

for (const kind of kinds) {
  test(`the table has ${kind.label}`, () => {
    assert.ok(
      table.includes(`\n| ${kind.what} | ${versions(kind)} | ok`.replaceAll(/ +/g, " ")),
      `no row for: | ${kind.what} | ${versions(kind)} |`,
    );
  });
}
