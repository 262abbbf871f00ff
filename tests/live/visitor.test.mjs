// A visitor's browser, the demo's server and the stand-in for Microsoft: a report is embedded with the real powerbi-client and
// holds a new token fifty minutes later; once with the server's embed tokens, once with the visitor's own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { build } from "esbuild";
import { at } from "../../scripts/lib/run.mjs";
import { launch } from "../browser/lib/browser.mjs";
import { Azure, IDS } from "./azure.mjs";
import { Demo } from "./demo.mjs";

const MINUTE = 60_000;
const FRAME = readFileSync(at("www/sandbox/frame.html"), "utf8");

const azure = new Azure();
let browser;
let script;
let demo = null;
let context = null;

before(async () => {
  await azure.listen();
  browser = await launch();
  const { outputFiles } = await build({ entryPoints: [at("tests/live/visitor.ts")], bundle: true, format: "esm", write: false, alias: { "powerbi-token-keeper": at("dist/index.js") }, logLevel: "error" });
  script = outputFiles[0].text;
});
after(async () => {
  await browser?.close();
  await azure.close();
});
afterEach(async () => {
  await context?.close();
  await demo?.stop(azure);
  context = demo = null;
  azure.reset();
});

/** The smallest page, under the policy of the demo's own, in a browser that trusts the stand-in. */
async function visit(changes) {
  demo = await Demo.start(azure, changes);
  assert.ok(demo.address, demo.output);
  const origin = demo.address.replace("127.0.0.1", "localhost");
  const policy = (await fetch(`${origin}/`)).headers.get("content-security-policy");
  assert.ok(policy, "the demo is not built: npx vite build www");
  context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ["local-network-access"] });
  await context.clock.install();
  await context.route("https://app.powerbi.com/**", (route) => route.fulfill({ contentType: "text/html", body: FRAME }));
  await context.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", headers: { "content-security-policy": policy }, body: '<!doctype html><title>page</title><link rel="icon" href="data:,"><body><script type="module" src="/visitor.js"></script>' }));
  await context.route(`${origin}/visitor.js`, (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  await page.goto(`${origin}/`);
  return { page, wrong };
}

/** Time goes on in the browser, the server and at Microsoft. */
async function passes(page, ms) {
  azure.ahead += ms;
  await demo.moveTo(azure.ahead);
  await page.clock.fastForward(ms);
}

/** The frames, when each has loaded with a token of these. */
async function holding(page, tokens) {
  const frames = () => page.frames().filter((frame) => frame.url().startsWith("https://app.powerbi.com/"));
  await until("each frame holds the token", async () => {
    const held = await Promise.all(frames().map((frame) => frame.evaluate((texts) => window.sandbox?.state().phase === "loaded" && texts.some((text) => window.sandbox.holds(text)), tokens())));
    return held.length > 0 && held.every(Boolean);
  });
  return frames();
}

async function until(what, met) {
  const patience = performance.now() + 20_000;
  while (!(await met())) {
    if (performance.now() > patience) throw new Error(`${what}: not within 20 s`);
    await new Promise((later) => setTimeout(later, 30));
  }
}

const newest = (kind) => () => azure.tokens.filter((token) => token.startsWith(kind === "aad" ? "eyJ" : "H4sI")).slice(-1);

test("embed for your customers", { timeout: 60_000 }, async () => {
  const { page, wrong } = await visit({ POWERBI_REPORT_ID: `${IDS.report},${IDS.second}` });
  await until("both reports are there", async () => page.frames().length === 3);
  const frames = await holding(page, newest("embed"));
  assert.equal(frames.length, 2);
  assert.equal(azure.count("generate"), 1, "both share one token");
  await passes(page, 52 * MINUTE);
  await until("a new token was made", () => azure.count("generate") === 2);
  await holding(page, newest("embed"));
  assert.equal(await page.evaluate(() => window.keeper.status.state), "fresh");
  assert.deepEqual(wrong, []);
});

test("embed for your organization", { timeout: 60_000 }, async () => {
  const { page, wrong } = await visit({ POWERBI_EMBED_FOR: "organization", AZURE_CLIENT_SECRET: undefined });
  await page.getByRole("button", { name: "Sign in" }).click();
  await until("the visitor is known", async () => (await page.title()) === "Jo Doe");
  await holding(page, newest("aad"));
  assert.equal(azure.count("authorize"), 1);
  const before = azure.count("token");
  await passes(page, 62 * MINUTE);
  await until("a new token was asked for", () => azure.count("token") === before + 1);
  await holding(page, newest("aad"));
  assert.equal(azure.last("token").body.grant_type, "refresh_token");
  assert.equal(await page.evaluate(() => window.keeper.status.state), "fresh");
  assert.equal(demo.log.some(({ path }) => path?.includes("token")), false, "the visitor's tokens are no business of the server's");

  // The refresh token is worth nothing any more: MSAL asks in a frame that nobody sees, and the page's policy lets it.
  azure.forget({ session: true });
  await passes(page, MINUTE);
  assert.equal((await page.evaluate(() => window.keeper.refresh())).ok, true);
  assert.equal(azure.last("authorize").path.includes("prompt=none"), true);
  assert.equal(await page.evaluate(() => window.told.signInAgain), 0);
  // Entra does not know the visitor any more: only they can help.
  azure.forget({ session: false });
  assert.equal((await page.evaluate(() => window.keeper.refresh())).code, "ERR_SOURCE_THREW");
  assert.equal(await page.evaluate(() => window.told.signInAgain), 1);
  // The browser notes the refused refresh token, as it must.
  assert.deepEqual(wrong.filter((text) => !text.includes("status of 400")), []);

  await page.reload();
  await until("who has signed in is known after a reload", async () => (await page.title()) === "Jo Doe");
});
