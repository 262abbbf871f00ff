// What markup, a polluted prototype, a frame and another script of the page can't do: each attack of the threat model
// that
// the facade meets.

import assert from "node:assert/strict";
import { minutes, seconds, storyApart as story } from "./lib/story.mjs";

story("a polluted Object.prototype adds no option", async ({ page, source, keeper }) => {
  await page.run(() => {
    Object.assign(Object.prototype, {
      shareKey: "polluted",
      initial: "polluted",
      headers: { "x-polluted": "1" },
      body: { polluted: true },
      method: "GET",
      tokenType: 0,
      mode: "no-cors",
      signal: AbortSignal.abort(),
      pollIntervalMs: 1000,
    });
  });
  await keeper.starts();
  const asked = await keeper.calls("getToken");
  await page.rests();
  assert.equal((await asked.now()).value, source.newest.text);
  const [request] = source.requests;
  assert.equal(request.method, "POST");
  assert.equal(request.headers["x-polluted"], undefined);
  assert.equal(request.body.polluted, undefined);
  assert.deepEqual(
    await page.run(() => navigator.locks.query().then(({ held, pending }) => [...held, ...pending])),
    [],
  );
  await page.run(() => {
    for (const key of [
      "shareKey",
      "initial",
      "headers",
      "body",
      "method",
      "tokenType",
      "mode",
      "signal",
      "pollIntervalMs",
    ])
      delete Object.prototype[key];
  });
});

story("neither a <base> of another origin nor the name of an element decides where a request goes", async (told) => {
  const { page, source, keeper, frame, another } = told;
  await page.embeds();
  // the package is there before the markup is
  await another("first").starts();
  await page.run(() => {
    document.head.insertAdjacentHTML("afterbegin", '<base href="https://evil.test/">');
    for (const name of ["valueOf", "baseURI", "addEventListener", "visibilityState", "location", "body"])
      document.documentElement.append(Object.assign(new Image(), { name }));
  });
  await page.run(() => {
    stage.keep("keeper", new K.TokenKeeper({ source: "api/token" }));
    stage.keepers.keeper.attach(stage.embeds.report);
  });
  await keeper.engineStarts();
  await page.passes(minutes(55));
  source.expectRequests(1);
  assert.equal(new URL(source.requests[0].url).origin, "https://host.test");
  await frame.expectHolds(source.newest);
});

story("a <base> of the page's own origin is where a relative URL starts", async ({ page, source, keeper }) => {
  await page.run(() => document.head.insertAdjacentHTML("afterbegin", '<base href="/api/deep/">'));
  await keeper.starts({ source: "token" });
  await keeper.calls("getToken");
  assert.equal(new URL(source.requests[0].url).pathname, "/api/deep/token");
});

story("lists that are shared a hundredfold, from a frame and from a source, block nothing", async (told) => {
  const { page, keeper } = told;
  await page.embeds();
  await keeper.keeps(() => ({ source: () => window.nested }));
  const longest = await page.run(async () => {
    window.nested = "x";
    for (let depth = 0; depth < 6; depth++) window.nested = Array(100).fill(window.nested);
    const begun = performance.now();
    const { explain } = await import("/dist/index.js");
    await explain({ message: "LoadReportFailed", nested: window.nested });
    stage
      .container("report")
      .dispatchEvent(new CustomEvent("error", { detail: { message: "LoadReportFailed", nested: window.nested } }));
    const refreshed = await stage.keepers.keeper.refresh();
    return { ms: performance.now() - begun, code: refreshed.code };
  });
  assert.equal(longest.code, "ERR_SOURCE_ANSWER");
});

for (const [name, answer] of [
  ["a typed array of 5 MB", () => new Uint8Array(5_000_000)],
  ["a proxy of one", () => new Proxy(new Uint8Array(5_000_000), {})],
  ["200,000 objects", () => Array.from({ length: 200_000 }, (_, i) => ({ i }))],
  ["a text of 1 MiB", () => JSON.stringify({ a: "x".repeat(1_048_000) })],
]) {
  story(`an answer with ${name} is read in a moment`, async ({ page, keeper }) => {
    await page.run(`window.answer = (${answer})()`);
    await keeper.starts(() => ({ source: () => window.answer }));
    const code = await page.run(async () => {
      const native = Date.now();
      const { code: told } = await stage.keepers.keeper.refresh();
      return { told, native };
    });
    assert.equal(code.told, "ERR_SOURCE_ANSWER");
  });
}

story("the names of lock and channel don't show the shareKey", async ({ page, source, keeper }) => {
  await page.run(() => {
    window.channels = [];
    const Native = BroadcastChannel;
    window.BroadcastChannel = class extends Native {
      constructor(name) {
        super(name);
        window.channels.push(name);
      }
    };
  });
  source.always({ hang: true });
  await keeper.starts({ shareKey: "jo@contoso.com" });
  await keeper.calls("getToken");
  await page.awaits("the request", async () => source.requests.length === 1);
  const names = await page.run(async () => {
    const { held } = await navigator.locks.query();
    return [...window.channels, ...held.map(({ name }) => name)];
  });
  assert.ok(names.length >= 2);
  for (const name of names) assert.match(name, /^powerbi-token-keeper:[0-9a-f]{64}$/);
});

story("a frame that raises 20,000 different errors is explained to at most 50 times", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.run(() => {
    const element = stage.container("report");
    for (let i = 0; i < 20_000; i++)
      element.dispatchEvent(new CustomEvent("error", { detail: { message: `Error${i}`.padEnd(1000, "x") } }));
  });
  await page.awaits("the explanations", async () => (await keeper.events("explained")).length >= 50);
  await page.passes(seconds(5));
  assert.equal((await keeper.events("explained")).length, 50);
});

story(
  "a page that patches performance of text and lists is served all the same",
  async ({ page, source, keeper, frame }) => {
    await page.run(() => {
      Array.prototype.last = () => undefined;
      Object.freeze(Object.prototype);
      Object.freeze(Array.prototype);
    });
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(55));
    await frame.expectHolds(source.newest);
  },
);
