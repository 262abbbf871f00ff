// The static site: below a path, from any server, and without one once it was loaded.

import assert from "node:assert/strict";
import { suite, visit, withSite } from "./lib/demo.mjs";

suite();

visit("asks for its own files alone, all below its path", async (demo) => {
  const strange = demo.site.asked.filter((path) => !path.startsWith("/some/path/") || path.includes("/api/"));
  assert.deepEqual(strange, []);
  assert.ok(demo.site.asked.includes("/some/path/sandbox/frame.html"));
});

const ALONE = { fresh: true };

async function worksOffline(demo) {
  const { page } = demo;
  // the first click has everything loaded
  await demo.press("Pause");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await demo.waits(() => navigator.serviceWorker.controller !== null, "the page is served by its worker");
  await page.context().setOffline(true);
  const before = demo.site.asked.length;
  await page.goto("about:blank");
  await demo.open();
  await demo.passesReal(15_000);
  const { keeper, loop } = await demo.both();
  assert.ok(keeper.expiresAt > 0 && loop.expiresAt > 0, "both have a token");
  await page.getByRole("link", { name: "Check a token" }).first().click();
  await page.waitForURL(/diagnose\.html$/);
  await page.getByRole("button", { name: "Expired", exact: true }).click();
  await demo.waits(() => document.querySelector("#status").textContent !== "", "a sample is read");
  assert.match(await demo.text("status"), /^Checked: /);
  assert.equal(demo.site.asked.length, before, "nothing was asked for");
}
visit("works offline after the first click, the diagnosis too", worksOffline, ALONE);

visit(
  "the diagnosis and the documentation are a link away and back",
  async ({ page }) => {
    await page.getByRole("link", { name: "Check a token" }).first().click();
    await page.waitForURL(/diagnose\.html$/);
    await page.getByRole("link", { name: "Back to the demo" }).click();
    await page.waitForURL(/index\.html$/);
    await page.getByRole("link", { name: "Get started" }).click();
    await page.waitForURL(/docs\/getting-started\.html$/);
    assert.equal(await page.locator("h1").innerText(), "Getting started");
    await page.getByRole("link", { name: "powerbi-token-keeper", exact: true }).click();
    await page.waitForURL(/index\.html$/);
  },
  ALONE,
);

/** The page as a visitor opens it: no test moves its time. */
async function opened(site, options = {}) {
  const context = await site.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  site.sent.clear();
  await page.goto(`${site.url}index.html`);
  return page;
}
const total = (sent) => [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);

withSite("30 KB are there before anybody is, 500 KB before the first click", async (site) => {
  const page = await opened(site);
  await page.waitForLoadState("networkidle");
  assert.ok(total(site.sent) < 30_000, `${total(site.sent)} bytes at first`);
  assert.match(await page.locator("#caption").innerText(), /^Two pages start here/);
  // it is in sight now, and the first story plays until its first fault has been explained
  await page.locator(".panes").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => /^(0:1[0-9]|0:[2-9])/.test(document.querySelector("#elapsed").textContent), null, {
    timeout: 45_000,
  });
  await page.waitForLoadState("networkidle");
  const { sent } = site;
  assert.ok(sent.has("/some/path/sandbox/frame.html"), "both pages have their report");
  const heaviest = [...sent].sort(([, one], [, other]) => other - one).slice(0, 4);
  assert.ok(total(sent) < 500_000, `${total(sent)} bytes, the most for ${JSON.stringify(heaviest)}`);
  assert.ok(!sent.has("/some/path/offline.js"), "what is for later comes later");
});

withSite("a search engine and a social network find what they want", async (site) => {
  const page = await opened(site);
  const meta = (name) => page.locator(`meta[name="${name}"], meta[property="${name}"]`).getAttribute("content");
  for (const name of ["description", "og:title", "og:description", "twitter:card", "twitter:title"])
    assert.ok((await meta(name)).length > 10, name);
  assert.ok((await page.title()).length <= 60, "a title that is shown whole");
  assert.ok((await meta("description")).length <= 160, "a description that is shown whole");
  for (const name of ["og:image", "twitter:image"]) {
    const picture = await fetch(new URL(await meta(name), page.url()));
    const bytes = Buffer.from(await picture.arrayBuffer());
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1200, 630], name);
  }
  const icon = await page.locator('link[rel="icon"]').getAttribute("href");
  assert.equal((await fetch(new URL(icon, page.url()))).status, 200);
});

withSite("each page of the documentation is there, and so is whatever it links to", async (site) => {
  const seen = new Set();
  let pictures = 0;
  const waiting = ["docs/index.html"];
  while (waiting.length) {
    const at = waiting.pop();
    if (seen.has(at)) continue;
    seen.add(at);
    const answer = await fetch(new URL(at, site.url));
    assert.equal(answer.status, 200, at);
    const html = await answer.text();
    const ids = new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
    for (const [, src] of html.matchAll(/<img src="([^"]*)"/g)) {
      const picture = await fetch(new URL(src, new URL(at, site.url)));
      assert.equal(picture.status, 200, `${at}: ${src}`);
      assert.match(picture.headers.get("content-type"), /^image\//, `${at}: ${src}`);
      pictures++;
    }
    for (const [, href] of html.matchAll(/<a href="([^"]*)"/g)) {
      if (/^https:/.test(href)) continue;
      if (href.startsWith("#")) assert.ok(ids.has(href.slice(1)), `${at}: ${href}`);
      else if (href.includes("docs") || !href.startsWith("..")) {
        const to = new URL(href, new URL(at, site.url));
        if (to.pathname.includes("/docs/")) waiting.push(to.href.slice(site.url.length).replace(/#.*/, ""));
      }
    }
  }
  assert.ok(seen.size >= 20, `${seen.size} pages`);
  assert.ok(pictures > 0, "there are pictures, and each is there");
});
