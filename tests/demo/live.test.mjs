// The page in live mode, against the stand-in for Microsoft: both panes embed the report in Microsoft's own frame (the
// stand-in's, under Microsoft's address), in the machine's time.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { launch } from "../browser/lib/browser.mjs";
import { Azure, IDS, restError } from "../live/azure.mjs";
import { Demo } from "../live/demo.mjs";

const MINUTE = 60_000;
const FRAME = readFileSync(fromRoot("www/sandbox/frame.html"), "utf8");
const azure = new Azure();
let browser;
let demo = null;
let context = null;

before(async () => {
  await azure.listen();
  browser = await launch();
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

async function visit(changes = {}) {
  demo = await Demo.start(azure, changes);
  assert.ok(demo.address, demo.output);
  context = await browser.newContext({
    ignoreHTTPSErrors: true,
    permissions: ["local-network-access"],
    viewport: { width: 1280, height: 900 },
  });
  await context.clock.install();
  await context.route("https://app.powerbi.com/**", (route) =>
    route.fulfill({ contentType: "text/html", body: FRAME }),
  );
  const page = await context.newPage();
  const said = [];
  page.on("pageerror", (error) => said.push(String(error)));
  // of an answer that is no success the browser tells by itself, and of how MSAL builds the frame that nobody sees
  page.on(
    "console",
    (message) =>
      !/^Failed to load resource|^An iframe which has both allow-scripts and allow-same-origin/.test(message.text()) &&
      said.push(message.text()),
  );
  await page.goto(`${demo.address.replace("127.0.0.1", "localhost")}/`);
  return { page, said };
}

const frames = (page) => page.frames().filter((frame) => frame.url().startsWith("https://app.powerbi.com/"));

async function until(what, met) {
  const patience = performance.now() + 60_000;
  while (!(await met())) {
    if (performance.now() > patience) throw new Error(`${what}: not within 60 s`);
    await new Promise((later) => setTimeout(later, 30));
  }
}

/** Both panes show so many embeds, each with a token of Microsoft's stand-in. */
const shown = (page, count) =>
  until(`${count} frames have loaded`, async () => {
    const held = await Promise.all(
      frames(page).map((frame) =>
        frame
          .evaluate(
            (texts) => window.sandbox?.state().phase === "loaded" && texts.some((text) => window.sandbox.holds(text)),
            azure.tokens,
          )
          .catch(() => false),
      ),
    );
    return held.length === count && held.every(Boolean);
  });

const readings = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll(".pane iframe")].map(({ contentWindow }, i) => {
        const { state, expiresAt, counters } = contentWindow.pane.status();
        return [["keeper", "loop"][i], { state: state.text, expiresAt, ...counters }];
      }),
    ),
  );

const greeted = async (page) => /as Jo Doe/.test(await page.locator("#caption").innerText());

/** Time goes on in the browser, the server and at Microsoft. */
async function passes(page, ms) {
  azure.ahead += ms;
  await demo.moveTo(azure.ahead);
  await page.clock.fastForward(ms);
}

test("embed for your customers: two panes on one report", { timeout: 60_000 }, async () => {
  const { page, said } = await visit();
  await shown(page, 2);
  await until("both panes know their token", async () =>
    Object.values(await readings(page)).every(({ expiresAt }) => expiresAt !== null),
  );
  await until("the page says that it is live", async () => /^Live, /.test(await page.locator("#caption").innerText()));
  for (const gone of ["#paces", "#stories", "#add", "#faults-frame", "#faults-page"])
    assert.equal(await page.locator(gone).isVisible(), false, gone);
  assert.equal(await page.getByRole("button", { name: "Wrong kind" }).count(), 0);
  await page.getByRole("button", { name: "Down: 503" }).click();
  await until(
    "the backend is down",
    async () => (await (await fetch(`${demo.address}/api/switches`)).json()).outage === "status",
  );
  await passes(page, 52 * MINUTE);
  await until("both have asked in vain", async () =>
    Object.values(await readings(page)).every(({ refused }) => refused > 0),
  );
  const { keeper, loop } = await readings(page);
  assert.deepEqual([keeper.state, keeper.unhandled], ["retrying", 0]);
  assert.equal(loop.unhandled, loop.refused);
  await page.getByRole("button", { name: "Clear all faults" }).click();
  await passes(page, 2 * MINUTE);
  await until("both have a new token", async () =>
    Object.values(await readings(page)).every(({ state }) => state === "fresh"),
  );
  assert.deepEqual(said, []);
});

test("embed for your organization: the visitor signs in, and both panes use the visitor's tokens", {
  timeout: 90_000,
}, async () => {
  const { page, said } = await visit({ POWERBI_EMBED_FOR: "organization", AZURE_CLIENT_SECRET: undefined });
  await page.getByRole("button", { name: "Sign in" }).click();
  await shown(page, 2);
  await until("the page greets the visitor", () => greeted(page));
  assert.match(await page.locator("#pane-keeper code").innerText(), /keeper\.configure/);
  assert.equal(await page.locator("#faults").isVisible(), false, "no backend has a part in it");
  for (const frame of frames(page))
    assert.deepEqual(await frame.evaluate(() => [window.sandbox.state().tokenKind, window.sandbox.state().provider]), [
      "aad",
      true,
    ]);
  assert.equal(
    demo.log.some(({ path }) => path?.includes("token")),
    false,
  );

  const signIn = page.getByRole("button", { name: "Sign in" });
  // the loop's pane has a frame that asks for itself, which the stand-in's does elsewhere
  const kept = () => frames(page).find((frame) => frame.parentFrame().url().includes("pane=keeper"));
  const renewed = (what) => {
    const { length } = azure.tokens;
    return until(
      what,
      async () =>
        azure.tokens.length > length &&
        (await readings(page)).keeper.state === "fresh" &&
        (await kept().evaluate(
          (texts) => texts.some((text) => window.sandbox.holds(text)),
          azure.tokens.slice(length),
        )),
    );
  };
  await Promise.all([renewed("MSAL has used its refresh token"), passes(page, 52 * MINUTE)]);
  assert.equal(azure.last("token").body.grant_type, "refresh_token");

  // The refresh token is worth nothing any more: MSAL asks in a frame that nobody sees, and the page's policy lets it.
  azure.forget({ session: true });
  await Promise.all([renewed("MSAL has asked without the visitor"), passes(page, 52 * MINUTE)]);
  assert.match(azure.last("authorize").path, /prompt=none/);
  assert.equal(await signIn.count(), 0);

  // Entra does not know the visitor any more: only they can help.
  azure.forget({ session: false });
  await passes(page, 52 * MINUTE);
  await signIn.waitFor();
  assert.match(await page.locator("#caption").innerText(), /asks you to sign in again/);
  const documents = frames(page);
  const asked = renewed("the keeper has asked again, at once");
  await signIn.click();
  await until("the visitor is back", () => greeted(page));
  await asked;
  assert.deepEqual(frames(page), documents, "nothing was embedded again");
  assert.equal(await signIn.count(), 0);
  assert.deepEqual(said, []);

  await page.reload();
  await shown(page, 2);
  await until("who has signed in is known after a reload", () => greeted(page));
});

test("what Microsoft refuses is explained, and tried again on request", { timeout: 60_000 }, async () => {
  const refusal = { status: 404, body: restError("PowerBIEntityNotFound", "") };
  azure.refuses("report", refusal, refusal);
  const { page } = await visit();
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  const caption = await page.locator("#caption").innerText();
  assert.match(caption, /finds no such content/);
  azure.refuses("report");
  await again.click();
  await shown(page, 2);
  assert.equal(await again.count(), 0);
});

test("several reports share one token in each pane", { timeout: 60_000 }, async () => {
  const { page } = await visit({ POWERBI_REPORT_ID: `${IDS.report},${IDS.second}` });
  await shown(page, 4);
  assert.deepEqual(
    Object.values(await readings(page)).map(({ requests }) => requests),
    [1, 1],
  );
});
