// The static site: below a path, from any server, and without one once it was loaded.

import assert from "node:assert/strict";
import { suite, visit } from "./lib/demo.mjs";

suite();

visit("asks for its own files alone, all below its path", async (demo) => {
  const strange = demo.site.asked.filter((path) => !path.startsWith("/some/path/") || path.includes("/api/"));
  assert.deepEqual(strange, []);
  assert.ok(demo.site.asked.includes("/some/path/sandbox/frame.html"));
});

visit("works offline after the first visit, the diagnosis too", async (demo) => {
  const { page } = demo;
  await page.evaluate(() => navigator.serviceWorker.ready);
  await demo.waits(() => navigator.serviceWorker.controller !== null, "the page is served by its worker");
  await page.context().setOffline(true);
  const before = demo.site.asked.length;
  await page.goto("about:blank");
  await demo.open();
  await demo.passesReal(15_000);
  const { keeper, loop } = await demo.both();
  assert.ok(keeper.expiresAt > 0 && loop.expiresAt > 0, "both have a token");
  await page.getByRole("link", { name: "Check a token" }).click();
  await page.waitForURL(/diagnose\.html$/);
  await page.getByRole("button", { name: "Expired", exact: true }).click();
  await demo.waits(() => document.querySelector("#status").textContent.startsWith("Checked: "), "a sample is read");
  assert.equal(demo.site.asked.length, before, "nothing was asked for");
});

visit("the diagnosis is a link away and back", async (demo) => {
  await demo.page.getByRole("link", { name: "Check a token" }).click();
  await demo.page.waitForURL(/diagnose\.html$/);
  await demo.page.getByRole("link", { name: "Back to the demo" }).click();
  await demo.page.waitForURL(/index\.html$/);
});
