// A consumer's page in a browser: it must embed with the real powerbi-client, and 52 minutes later, without a reload,
// each frame must hold the token that its keeper asked for. The frames are the stand-in, and the clock is the page's
// own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fromRoot } from "../../../scripts/lib/run.mjs";
import { serveExample } from "../../../examples/stand-in/serve.mjs";
import { signIn } from "../../../examples/stand-in/sign-in.mjs";
import { mintAadToken, mintEmbedToken } from "../../../www/dist-server/backend.js";

const HOUR = 3_600_000;
const AWAY = 52 * 60_000;
const REPORT = "5d9c4b5a-1111-4aaa-8bbb-000000000001";
const GROUP = "5d9c4b5a-2222-4aaa-8bbb-000000000002";
const CLUSTER = Buffer.from('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}').toString(
  "base64",
);
const FRAME = readFileSync(fromRoot("www/sandbox/frame.html"), "utf8");

/** What the page can reach besides its own server: a backend, Microsoft's frame, and Microsoft's sign-in. */
class World {
  #ahead = 0;
  /** All tokens, in the order of minting, and what they were asked for. */
  minted = [];
  /** The tokens of the calls of the REST API. */
  called = [];

  mint(kind, by) {
    const expiresAt = Date.now() + this.#ahead + HOUR;
    const text =
      kind === "aad" ? mintAadToken({ expiresAt, issuedAt: expiresAt - HOUR }) : mintEmbedToken({ expiresAt });
    this.minted.push({ text, by });
    return { text, expiresAt };
  }

  /** Time goes on. */
  async passes(tab, ms) {
    this.#ahead += ms;
    await tab.clock.fastForward(ms);
  }

  /** What MSAL gets for its refresh token. */
  signInToken() {
    return { token: this.mint("aad", "sign-in").text, lifetimeSeconds: HOUR / 1000 };
  }

  async open(context) {
    await context.route("https://app.powerbi.com/**", (route) =>
      route.fulfill({ contentType: "text/html", body: FRAME }),
    );
    await context.route(/\/api\/embed(\?|$)/, (route, request) => {
      const kind = new URL(request.url()).searchParams.get("kind") ?? "embed";
      const { text } = this.mint(kind, "page");
      const embedUrl = `https://app.powerbi.com/reportEmbed?reportId=${REPORT}&groupId=${GROUP}&config=${CLUSTER}`;
      return route.fulfill({
        json: {
          type: "report",
          tokenType: kind === "aad" ? 0 : 1,
          id: REPORT,
          groupId: GROUP,
          embedUrl,
          accessToken: text,
        },
      });
    });
    await context.route(/\/api\/(embed|aad)-token(\?|$)/, (route, request) => {
      const { text, expiresAt } = this.mint(request.url().includes("aad-token") ? "aad" : "embed", "keeper");
      return route.fulfill({ json: { token: text, expiration: new Date(expiresAt).toISOString() } });
    });
    await context.route("https://api.powerbi.com/**", (route, request) => {
      this.called.push(request.headers()["authorization"]?.replace("Bearer ", ""));
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
      return route.fulfill({ headers, json: { value: [{ id: REPORT, name: `call ${this.called.length}` }] } });
    });
    await context.route("https://login.microsoftonline.com/**", (route, request) =>
      route.fulfill({
        headers: { "access-control-allow-origin": "*" },
        json: signIn(new URL(request.url()), () => this.signInToken()),
      }),
    );
  }
}

/** What a browser says of the attempt to start WebAssembly where the page's policy forbids it. */
const REFUSED = /violates the following Content Security Policy directive.*wasm|wasm-eval|WebAssembly/;

/** Rejects with what went wrong; resolves to what was seen. */
export async function visit(browser, url, { policy, engine = "wasm", clicks = [], calls = false } = {}) {
  const context = await browser.newContext();
  try {
    const world = new World();
    await world.open(context);
    await context.clock.install();
    const tab = await context.newPage();
    tab.setDefaultTimeout(30_000);
    const taken = (frames) =>
      Promise.all(
        frames.map((frame) => frame.evaluate((text) => window.sandbox.holds(text), world.minted.at(-1).text)),
      );
    const wrong = [];
    tab.on("pageerror", (error) => wrong.push(String(error?.stack ?? error)));
    tab.on(
      "console",
      (message) =>
        message.type() === "error" && !(policy && REFUSED.test(message.text())) && wrong.push(message.text()),
    );
    tab.on(
      "response",
      (response) => response.status() >= 400 && wrong.push(`${response.status()} for ${response.url()}`),
    );
    try {
      await tab.goto(url);
      // not waitForFunction, here and below: it needs eval
      const fresh = () =>
        until("the keeper is fresh", () => tab.evaluate(() => window.keeper?.status.state === "fresh"));
      await fresh();
      let frames = await loaded(tab);
      for (const id of clicks) {
        const before = world.minted.length;
        await tab.locator(`#${id}`).click();
        await until(`the click on ${id} brings a token`, () => world.minted.length > before);
        frames = await loaded(tab);
        await until(`the frame has it after the click on ${id}`, async () => (await taken(frames)).every(Boolean));
        await fresh();
      }
      const calledWithNewest = async () => {
        const count = world.called.length;
        await tab.locator("#list").click();
        await until("the API's answer", async () => (await tab.textContent("#names")) === `call ${count + 1}`);
        assert.ok(world.called.at(-1) === world.minted.at(-1).text, "the call has the newest token");
      };
      if (calls) await calledWithNewest();
      const countLoads = (frame) =>
        frame.evaluate(
          () => window.sandbox.seen.filter(({ method, url: to }) => method === "POST" && /\/load$/.test(to)).length,
        );
      const loadsBefore = await Promise.all(frames.map(countLoads));
      const started = world.minted.length;
      await world.passes(tab, AWAY);
      await until(
        "each frame holds the new token",
        async () => world.minted.length > started && (await taken(frames)).every(Boolean),
      );
      assert.equal(world.minted.length - started, 1, "one token was asked for");
      await fresh();
      const loads = await Promise.all(frames.map(countLoads));
      assert.deepEqual(loads, loadsBefore, "no report was loaded again for its new token");
      if (clicks.length === 0)
        assert.ok(
          loads.every((count) => count === 1),
          `each loaded once: ${loads}`,
        );
      if (calls) await calledWithNewest();
      const status = await tab.evaluate(() => window.keeper.status);
      assert.equal(status.engine, engine);
      assert.equal(status.embeds, frames.length);
      assert.deepEqual(wrong, []);
      return { engine: status.engine, embeds: frames.length };
    } catch (error) {
      throw new Error([error.message, ...wrong].join("\n"));
    }
  } finally {
    await context.close();
  }
}

/**
 * A backend with a page of its own, as its `npm start` runs it: against the stand-in for Microsoft, in real time. The
 * report must load with the token in the page, and the keeper must replace it on request.
 */
export async function visitBackend(browser, folder, { backend: command, scripts }) {
  const { url, close } = await serveExample({ folder, command, backend: true, scripts });
  const tab = await browser.newPage();
  try {
    const wrong = [];
    tab.on("pageerror", (error) => wrong.push(String(error?.stack ?? error)));
    await tab.goto(url);
    await until("the keeper is fresh", () => tab.evaluate(() => window.keeper?.status.state === "fresh"));
    const frame = () => tab.frames().find((one) => one.url().includes("/stand-in/frame.html"));
    const state = () => frame()?.evaluate(() => window.sandbox?.state());
    await until("the report has loaded", async () => (await state())?.phase === "loaded");
    const { fingerprint } = await state();
    assert.equal((await tab.evaluate(() => window.keeper.refresh())).ok, true);
    await until("the frame has another token", async () => (await state()).fingerprint !== fingerprint);
    assert.equal((await state()).usable, true);
    assert.deepEqual(wrong, []);
    return "ok";
  } finally {
    await tab.close();
    await close();
  }
}

/** The stand-in frames on the page, as many as it says it has, when all have loaded. */
async function loaded(tab) {
  let frames;
  await until("the reports have loaded", async () => {
    frames = tab.frames().filter((frame) => frame.url().startsWith("https://app.powerbi.com/"));
    const phases = await Promise.all(
      frames.map((frame) => frame.evaluate(() => window.sandbox?.state().phase).catch(() => "gone")),
    );
    return (
      frames.length > 0 &&
      frames.length === (await tab.evaluate(() => window.expected ?? 1)) &&
      phases.every((phase) => phase === "loaded")
    );
  });
  return frames;
}

async function until(what, met) {
  const patience = performance.now() + 60_000;
  while (!(await met())) {
    if (performance.now() > patience) throw new Error(`${what}: not within a minute`);
    await new Promise((later) => setTimeout(later, 50));
  }
}
