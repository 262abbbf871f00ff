// The page behind the demo's own server: its clock is the server's. Real time passes here, a second or two.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { existsSync } from "node:fs";
import { launch } from "../browser/lib/browser.mjs";
import { createServer } from "../../www/dist-server/server.js";

let browser;
let server;
let origin;
before(async () => {
  assert.ok(
    existsSync(new URL("../../www/dist/pane.html", import.meta.url)),
    "the demo is not built: npx vite build www",
  );
  server = createServer();
  origin = await server.listen({ port: 0, host: "127.0.0.1" });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const time = async () => (await fetch(`${origin}/api/clock`)).json();

test("the same page on the server's time and tokens", { timeout: 60_000 }, async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error.stack)));
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => document.querySelector("#caption").textContent.startsWith("Two pages"));
  await page.waitForFunction(() => /^0:0[1-9]/.test(document.querySelector("#elapsed").textContent));
  assert.equal((await time()).rate, 60);
  const requests = await page.evaluate(() =>
    [...document.querySelectorAll(".pane iframe")].map(
      ({ contentWindow }) => contentWindow.pane.status().counters.requests,
    ),
  );
  assert.deepEqual(requests, [1, 1]);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForFunction(() => document.querySelector("#pause").getAttribute("aria-pressed") === "true");
  assert.equal((await time()).rate, 0);
  const { now } = await time();
  await page.getByRole("button", { name: "Laptop asleep for 70 min" }).click();
  await page.waitForFunction(() => /^1:1/.test(document.querySelector("#elapsed").textContent));
  assert.equal((await time()).now, now + 70 * 60_000);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".pane iframe")].every(
      ({ contentWindow }) => contentWindow.pane.status().state.text === "fresh",
    ),
  );
  await page.getByRole("button", { name: "Signed out: 401" }).click();
  await page.waitForFunction(
    () => document.querySelector('.faults button[aria-pressed="true"]')?.textContent === "Signed out: 401",
  );
  assert.equal((await (await fetch(`${origin}/api/switches`)).json()).denied, true);
  await page.getByRole("radio", { name: "10×" }).check({ force: true });
  await page.waitForFunction(() => document.querySelector('input[value="10"]').checked);
  assert.deepEqual(said, []);
  await page.close();
});

test("a week has its backend in the page, since the server's time does not wait", { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${origin}/?story=none`);
  await page.waitForFunction(() => document.querySelector("#caption").textContent.startsWith("Restarted"));
  assert.equal(await page.getByRole("radio", { name: "Week in 2 min" }).count(), 0, "the server can't keep that pace");
  await page.getByRole("button", { name: "A week in two minutes" }).click();
  await page.waitForURL(/\?story=week$/);
  asked.length = 0;
  await page.waitForFunction(() => /^([1-9]|\d\d+):/.test(document.querySelector("#elapsed").textContent));
  assert.match(await page.locator("#caption").innerText(), /^A tab stays open for a week/);
  assert.deepEqual(
    asked.filter((url) => url.includes("/api/")),
    [],
  );
  await page.close();
});

test("a pane may be embedded by its own page, the page by none", async () => {
  for (const [file, rule] of [
    ["index.html", "'none'"],
    ["pane.html?pane=keeper", "'self'"],
    ["sandbox/frame.html", "'self'"],
  ]) {
    const policy = (await fetch(`${origin}/${file}`)).headers.get("content-security-policy");
    assert.ok(policy.endsWith(`frame-ancestors ${rule}`), `${file}: ${policy}`);
  }
});
