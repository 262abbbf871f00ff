// The event log: filters, what is copied, and that no token is anywhere on the page.

import assert from "node:assert/strict";
import { expectNoToken } from "../browser/lib/story.mjs";
import { MINUTE, suite, visit } from "./lib/demo.mjs";

suite();

async function badMorning(demo) {
  await demo.passes(48 * MINUTE);
  await demo.press("Down: 503");
  await demo.passes(4 * MINUTE);
  await demo.press("Down: 503");
  await demo.press("Damaged token");
  await demo.passes(3 * MINUTE);
  await demo.press("Clear all faults");
  await demo.passes(3 * MINUTE);
}

const filter = async (demo, name, on) => {
  await demo.page.getByRole("checkbox", { name, exact: true }).setChecked(on);
  await demo.rests();
};
const who = async (demo) => new Set(await demo.page.locator("#log .who").allInnerTexts());

visit("filters by pane and by kind", async (demo) => {
  await badMorning(demo);
  assert.deepEqual([...(await who(demo))].sort(), ["both", "keeper", "loop"]);
  await filter(demo, "Keeper", false);
  assert.deepEqual([...(await who(demo))].sort(), ["both", "loop"]);
  await filter(demo, "Keeper", true);
  await filter(demo, "Loop", false);
  assert.deepEqual([...(await who(demo))].sort(), ["both", "keeper"]);
  await filter(demo, "Loop", true);
  const samples = {
    Refreshes: /New token|Got a new token/,
    Requests: /Token request/,
    "Unhandled errors": /Unhandled promise rejection/,
    Report: /raised LoadReportFailed|visual raised/,
    Faults: /Damaged token: on/,
  };
  for (const [name, line] of Object.entries(samples)) {
    assert.ok(
      (await demo.log()).some((text) => line.test(text)),
      `${name} are there`,
    );
    await filter(demo, name, false);
    assert.ok(!(await demo.log()).some((text) => line.test(text)), `${name} are gone`);
  }
  assert.deepEqual(await demo.log(), []);
  for (const name of Object.keys(samples)) await filter(demo, name, true);
  assert.ok((await demo.log()).length > 10);
  await demo.press("Clear");
  assert.deepEqual(await demo.log(), []);
});

visit(
  "copied as JSON, as filtered, without a token; none is on the page either",
  async (demo) => {
    const tokens = [];
    const collect = async () => {
      for (const pane of ["keeper", "loop"])
        for (const frame of demo.frames(pane))
          tokens.push({ text: await frame.evaluate(() => window.sandbox.currentToken()) });
    };
    await collect();
    await badMorning(demo);
    await collect();
    assert.equal(tokens.length, 4);
    assert.ok(tokens.every(({ text }) => text.length > 500));
    await filter(demo, "Loop", false);
    await demo.press("Copy as JSON");
    await demo.waits(() => document.querySelector("#log-copied").textContent === "Copied.", "copied");
    const text = await demo.page.evaluate(() => navigator.clipboard.readText());
    const entries = JSON.parse(text);
    assert.ok(entries.length > 5);
    for (const entry of entries) {
      assert.deepEqual(Object.keys(entry).sort(), ["at", "kind", "pane", "text", "times", "tone"]);
      assert.notEqual(entry.pane, "loop");
      assert.ok(!Number.isNaN(Date.parse(entry.at)));
    }
    assert.ok(
      entries.every(({ at }, i) => i === 0 || entries[i - 1].at <= at),
      "oldest first",
    );
    await filter(demo, "Loop", true);
    await demo.press("Copy as JSON");
    const page = await demo.page.evaluate(async () =>
      [
        // powerbi-client itself leaves it in an attribute of the container, where a keeper takes it away and the loop
        // does not
        document.documentElement.outerHTML,
        document.querySelector("#pane-keeper iframe").contentDocument.documentElement.outerHTML,
        JSON.stringify([
          { ...localStorage },
          { ...sessionStorage },
          document.cookie,
          await navigator.clipboard.readText(),
        ]),
      ].join("\n"),
    );
    for (const seen of [text, page, ...demo.said]) expectNoToken(seen, tokens);
  },
  { permissions: ["clipboard-read", "clipboard-write"] },
);
