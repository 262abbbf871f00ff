// The defects that `npm run mutants` puts in are of today's code: each is one change of a text that is there once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { broken } from "../../scripts/mutants.mjs";

for (const [list, folder] of [
  ["facade", "npm/src"],
  ["shell", "src/web"],
]) {
  test(`the defects of tests/mutants/${list}.mjs are of today's code`, async () => {
    const { defects } = await import(fromRoot(`tests/mutants/${list}.mjs`));
    assert.ok(defects.length > 0);
    for (const defect of defects) {
      assert.notEqual(defect.from, defect.to, defect.is);
      assert.doesNotThrow(() => broken(defect, fromRoot(folder)), undefined, defect.is);
    }
  });
}
