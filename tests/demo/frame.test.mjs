// The stand-in frame's bookmarks, through the real powerbi-client: what a person looks at is captured, forgotten by a
// reload, and put back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { mintEmbedToken } from "../../www/dist-server/backend.js";
import { launch } from "../browser/lib/browser.mjs";

const CLUSTER = btoa('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}');
const EMBED_URL = `https://app.powerbi.com/reportEmbed?reportId=1&config=${CLUSTER}`;
const REGION = {
  $schema: "http://powerbi.com/product/schema#basic",
  target: { table: "Sales", column: "Year" },
  operator: "In",
  values: [2026],
  filterType: 1,
};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A page with a report that has loaded, and its frame. */
async function open({ life = 3_600_000 } = {}) {
  const page = await browser.newPage();
  const body = readFileSync(fromRoot("www/sandbox/frame.html"), "utf8");
  await page.route("https://app.powerbi.com/**", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.route("https://page.example/", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><div id=report></div>" }),
  );
  await page.goto("https://page.example/");
  await page.addScriptTag({ path: fromRoot("node_modules/powerbi-client/dist/powerbi.js") });
  const accessToken = mintEmbedToken({ expiresAt: Date.now() + life });
  await page.evaluate(
    (config) => {
      window.report = powerbi.embed(document.querySelector("#report"), config);
      window.next = (name) => new Promise((resolve) => report.on(name, resolve));
      return window.next("loaded");
    },
    { type: "report", tokenType: 1, accessToken, embedUrl: EMBED_URL, id: "1" },
  );
  return { page, frame: page.frames().find((one) => one.url().startsWith("https://app.powerbi.com/")) };
}

const viewOf = (frame) => frame.evaluate(() => window.sandbox.view());

test("page, filter and slicer are captured, lost by a reload, and put back", async () => {
  const { page, frame } = await open();
  await page.evaluate(async (filter) => {
    await report.setPage("coast");
    await report.updateFilters(2, [filter]);
  }, REGION);
  await frame.locator("#slicer").selectOption("Islands");
  assert.deepEqual(await page.evaluate(() => report.getFilters()), [REGION]);
  const before = await viewOf(frame);
  assert.deepEqual(
    [before.page, before.filters[""], before.slicers.region.filters[0].values],
    ["coast", [REGION], ["Islands"]],
  );
  const { state } = await page.evaluate(() => report.bookmarksManager.capture());
  await page.evaluate(async () => {
    const loaded = window.next("loaded");
    await report.reload();
    await loaded;
  });
  assert.deepEqual(await viewOf(frame), { page: "overview", filters: {}, slicers: {} });
  const applied = await page.evaluate(async (bookmark) => {
    const event = window.next("pageChanged");
    await report.bookmarksManager.applyState(bookmark);
    return (await event).detail.newPage.name;
  }, state);
  assert.equal(applied, "coast");
  assert.deepEqual(await viewOf(frame), before);
  assert.equal(await frame.locator("#slicer").inputValue(), "Islands");
  await page.close();
});

test("with an expired token the view is captured, and can't be put back", async () => {
  const { page, frame } = await open({ life: 4_000 });
  const { state } = await page.evaluate(() => report.bookmarksManager.capture());
  await frame.waitForFunction(() => window.sandbox.state().expiresAt <= Date.now());
  assert.equal((await page.evaluate(() => report.bookmarksManager.capture())).state, state);
  assert.equal(
    await page.evaluate(
      (bookmark) => report.bookmarksManager.applyState(bookmark).catch(({ message }) => message),
      state,
    ),
    "TokenExpired",
  );
  assert.equal(await frame.evaluate(() => window.sandbox.chooseRegion("North")), false);
  await page.close();
});

test("a frame can be told to leave a capture unanswered, and to refuse it", async () => {
  const { page, frame } = await open();
  await frame.evaluate(() =>
    window.sandbox.plan.capture.push({ drop: true }, { statusCode: 500, body: { message: "no" } }),
  );
  const outcome = () =>
    page.evaluate(() =>
      Promise.race([
        report.bookmarksManager.capture().then(
          () => "captured",
          ({ message }) => message,
        ),
        new Promise((resolve) => setTimeout(resolve, 300, "unanswered")),
      ]),
    );
  assert.deepEqual([await outcome(), await outcome(), await outcome()], ["unanswered", "no", "captured"]);
  await page.close();
});
