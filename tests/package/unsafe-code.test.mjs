// That `npm run lint` finds what it is there to find, in every language of the repository.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { unsafeCode } from "../../scripts/lib/patterns.mjs";
import { root } from "./packed.mjs";

let folder;
before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "unsafe-"))));
after(() => rmSync(folder, { recursive: true, force: true }));

const FAULTS = [
  ["text.ts", "export const trimmed = (text: string) => text.replace(/\\s+$/, '');", /quadratic/],
  [
    "paste.ts",
    'const JSON_LIKE: RegExp = /^\\s*\\{\\s*("\\w+"\\s*:\\s*)*\\s*\\}\\s*$/;',
    /(quadratic|exponential|polynomial)/,
  ],
  ["nested.js", "export const r = /^(a+)+$/;", /exponential/],
  ["id.ts", "export const id = Math.random().toString(36);", /crypto/],
  ["page.html", "<p><script>el.innerHTML = location.hash</script>", /textContent/],
  ["write.js", "document.write(location.hash);", /textContent/],
  ["App.vue", '<template><p/></template><script setup lang="ts">const r: RegExp = /x*$/;</script>', /quadratic/],
  ["report.tsx", "export const R = (p: { t: string }) => <b>{p.t.replace(/x*$/, '')}</b>;", /quadratic/],
];

for (const [name, code, says] of FAULTS) {
  test(`a fault in ${name} is found`, async () => {
    const file = path.join(folder, name);
    writeFileSync(file, code);
    const found = await unsafeCode([path.relative(root, file)]);
    assert.equal(found.length > 0, true);
    assert.match(found.join("\n"), says);
  });
}

test("what is as fast as its text is long passes", async () => {
  const file = path.join(folder, "fine.ts");
  writeFileSync(
    file,
    "export const a = /^[\\da-f]{8}$/i.test(x) && /[^\\s]/.test(x); el.textContent = x; process.stdout.write(x);",
  );
  assert.deepEqual(await unsafeCode([path.relative(root, file)]), []);
});
