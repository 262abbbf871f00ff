// The performance tables of the documentation are what `npm run bench` measured, and the bars that are counts hold for
// the build. Times are never tested.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import * as bytes from "../../bench/figures/bytes.mjs";
import * as idle from "../../bench/figures/idle.mjs";
import { sizes } from "../../scripts/lib/sizes.mjs";
import { documents, rendered, report, results } from "../../bench/lib/results.mjs";
import { root } from "./packed.mjs";

const read = (file) => readFileSync(path.join(root, file), "utf8").replaceAll("\r\n", "\n");

test("the tables of the documentation are what was measured", async () => {
  const texts = await results();
  const names = documents().flatMap((file) => {
    const document = read(file);
    assert.equal(document, rendered(document, texts), `${file}: run \`npm run bench\``);
    return [...document.matchAll(/<!-- bench: (\w+) -->/g)].map(([, name]) => name);
  });
  assert.ok(names.length > 5);
  for (const name of names) assert.ok(texts[name], `${name} was measured`);
  assert.equal(read("bench/results/RESULTS.md"), report(texts));
});

test("an idle hour is 120 calls into WebAssembly and 120 out of it, in a small memory", async () => {
  const { rows } = await idle.measure();
  for (const { embeds, timers, in: inward, out } of rows) {
    assert.deepEqual(
      { embeds, timers, inward, out },
      { embeds, timers: idle.bar.polls, inward: idle.bar.polls, out: idle.bar.polls },
    );
  }
  assert.ok(rows[0].pages <= idle.bar.pages, `${rows[0].pages} pages`);
});

test("the JavaScript engine is no more than the bar times the WebAssembly one", () => {
  const sum = (...files) => files.reduce((total, file) => total + sizes(read(`dist/${file}`)).brotli, 0);
  const ratio = sum("csp.js", "engine-js.js", "engine-js-code.js") / sum("index.js", "engine-wasm.js");
  assert.ok(ratio <= bytes.bar.ratio, `${ratio.toFixed(2)} ×`);
});
