// The hook, called by the frame through the real powerbi-client: a token or null, always in time, never an error.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

/** The everyday beginning: an Aad report, configured and kept by the keeper. */
async function begins({ page, source, keeper }, options, { attached = true, engine = true } = {}) {
  source.kind = "aad";
  await keeper.starts(options, { engine });
  await page.embeds({ by: "keeper" });
  if (attached) await keeper.attaches();
}

story("the frame learns that there is a provider, and gets a newer token from it", async (told) => {
  const { page, source, frame } = told;
  await begins(told);
  assert.equal((await frame.state()).provider, true);
  await page.passes(minutes(40));
  const asked = await frame.asks();
  await page.rests();
  assert.deepEqual(await asked.answer(), { statusCode: 200, body: source.newest.text });
  source.expectRequests(1);
  assert.equal(source.tokens.length, 2);
  await frame.expectHolds(source.newest);
});

story(
  "a token that the provider gave is set on the embed too, since powerbi-client does not store it",
  async (told) => {
    const { page, source, frame, keeper } = told;
    await begins(told);
    await page.passes(minutes(40));
    await frame.asks();
    await page.rests();
    assert.equal(await page.configToken(), source.newest.text);
    assert.equal(await frame.count("POST /report/token"), 1);
    assert.deepEqual(
      (await keeper.events("refreshed")).map(({ detail }) => [detail.reason, detail.embeds]),
      [["provider", 1]],
    );
  },
);

story("five questions at once are one request", async (told) => {
  const { page, source, frame } = told;
  source.always({ delayMs: seconds(2) });
  await begins(told);
  const asked = [];
  for (let i = 0; i < 5; i += 1) asked.push(await frame.asks());
  await page.passes(seconds(3));
  source.expectRequests(1);
  for (const one of asked) assert.equal((await one.answer()).body, source.newest.text);
});

for (const [name, options] of [
  [
    "throws",
    () => ({
      source: () => {
        throw new Error("out of order");
      },
    }),
  ],
  ["rejects", () => ({ source: () => Promise.reject(new Error("out of order")) })],
  ["rejects with nothing", () => ({ source: () => Promise.reject(undefined) })],
  ["answers rubbish", () => ({ source: () => ({ nothing: ["of", "use"] }) })],
  ["answers a word", () => ({ source: () => "undefined" })],
]) {
  story(`a source that ${name}: null at once, and nothing on the console`, async (told) => {
    const { page, frame, source } = told;
    await begins(told, options);
    const asked = await frame.asks();
    await page.rests();
    assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
    assert.deepEqual(await page.run(() => window.__watch.console), []);
    await frame.expectHolds(source.tokens[0]);
  });
}

for (const [name, options, limit] of [
  ["15 s by default", () => ({ source: () => new Promise(() => {}) }), seconds(15)],
  ["providerTimeoutMs", () => ({ source: () => new Promise(() => {}), providerTimeoutMs: 4000 }), seconds(4)],
]) {
  story(`a source that hangs: null after ${name}`, async (told) => {
    const { page, frame } = told;
    await begins(told, options);
    const asked = await frame.asks();
    await page.passes(limit - 1);
    assert.equal(await asked.answer(), null);
    await page.passes(1);
    assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
  });
}

story(
  "a backend that is slower than the provider may be: null in time, and the token is set when it comes",
  async (told) => {
    const { page, source, frame } = told;
    source.always({ delayMs: seconds(25) });
    await begins(told);
    const asked = await frame.asks();
    await page.passes(seconds(15));
    assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
    await page.passes(seconds(11));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    assert.equal(source.tokens.length, 2);
  },
);

for (const [name, step] of [
  ["down", { drop: true }],
  ["denying", { status: 401, body: "" }],
  ["throttling", { status: 429, body: "" }],
]) {
  story(`a backend that is ${name}: null, however often it is asked`, async (told) => {
    const { page, source, frame } = told;
    source.always(step);
    await begins(told);
    for (let i = 0; i < 3; i += 1) {
      const asked = await frame.asks();
      await page.passes(seconds(16));
      assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
    }
    await frame.expectHolds(source.tokens[0]);
  });
}

story("it works before the engine has loaded", async (told) => {
  const { page, source, frame, keeper, site } = told;
  let load;
  site.engine = new Promise((done) => (load = done));
  await begins(told, {}, { engine: false });
  const asked = await frame.asks();
  await page.passes(seconds(5));
  assert.equal(await asked.answer(), null);
  source.expectRequests(0);
  load();
  await keeper.engineStarts();
  source.expectRequests(1);
  assert.equal((await asked.answer()).body, source.newest.text);
});

story("an engine that never arrives: null in time", async (told) => {
  const { page, frame, site } = told;
  site.engine = new Promise(() => {});
  await begins(told, {}, { engine: false });
  const asked = await frame.asks();
  await page.passes(seconds(15));
  assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
});

story("an engine that can't be had: null at once, and ERR_ENGINE", async (told) => {
  const { page, source, frame, keeper, site } = told;
  site.engine = 404;
  source.kind = "aad";
  await keeper.starts({}, { engine: false });
  const token = await keeper.calls("getToken");
  await keeper.reaches("the end of the keeper", ({ lastErrorCode }) => lastErrorCode === "ERR_ENGINE");
  await page.embeds({ by: "keeper" });
  await keeper.attaches();
  const asked = await frame.asks();
  await page.rests();
  assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
  const { error } = await token.now();
  assert.deepEqual([error.name, error.code], ["KeeperError", "ERR_ENGINE"]);
  const refresh = await keeper.calls("refresh");
  assert.deepEqual((await refresh.now()).value, { ok: false, code: "ERR_ENGINE" });
  assert.deepEqual(
    (await keeper.events("refreshfailed")).map(({ detail }) => detail.code),
    ["ERR_ENGINE"],
  );
  assert.equal((await keeper.status()).engine, "none");
  source.expectRequests(0);
});

story(
  "a keeper made after an engine that could not be had tries again",
  async (told) => {
    const { source, keeper, another, site } = told;
    site.engine = 503;
    await keeper.starts({}, { engine: false });
    await keeper.reaches("the end of the keeper", ({ lastErrorCode }) => lastErrorCode === "ERR_ENGINE");
    site.engine = null;
    await another("second").starts({}, { engine: false });
    const token = await another("second").calls("getToken");
    await token.settles();
    assert.equal((await token.now()).state, "fulfilled");
    source.expectRequests(1);
    assert.equal((await token.now()).value, source.newest.text);
  },
  { cannot: { firefox: "it remembers a module that could not be loaded until the page is loaded anew" } },
);

story("after stop: null", async (told) => {
  const { page, frame, keeper, source } = told;
  await begins(told);
  await keeper.stops();
  const asked = await frame.asks();
  await page.rests();
  assert.deepEqual(await asked.answer(), { statusCode: 200, body: null });
  source.expectRequests(0);
});

story("a frame that was not given the newest token yet gets it without another request", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  await page.passes(minutes(1));
  await frame.plan({ token: [{ drop: true }] });
  await keeper.calls("refresh");
  source.expectRequests(1);
  await frame.expectHolds(source.tokens[0]);
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer())?.body, source.newest.text);
  source.expectRequests(1);
});

story("an answered question leaves no timer, be it before or after stop", async (told) => {
  const { page, keeper } = told;
  await begins(told);
  const during = await page.timers();
  const asked = await keeper.calls("accessTokenProvider");
  assert.equal((await asked.now()).state, "fulfilled");
  assert.equal(await page.timers(), during);
  await keeper.stops();
  await keeper.calls("accessTokenProvider");
  assert.equal(await page.timers(), during - 1, "the keeper's own has gone, and no other has come");
});

story("a frame that asks without being attached gets a token too", async (told) => {
  const { page, frame, source } = told;
  await begins(told, {}, { attached: false });
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer()).body, source.newest.text);
});

// ---- configure() --------------------------------------------------------------------------------------------------

for (const kind of ["aad", "embed"]) {
  story(
    `configure() with an ${kind} token gives what powerbi.embed() takes, for every type`,
    async ({ page, source, keeper }) => {
      source.kind = kind;
      await keeper.starts();
      for (const type of ["report", "dashboard", "tile", "qna", "visual"]) {
        const frame = await page.embeds({ at: type, type, by: "keeper" });
        assert.equal((await frame.state()).phase, "loaded", type);
        const hooked = await page.run(
          (id) => typeof stage.embeds[id].eventHooks?.accessTokenProvider === "function",
          type,
        );
        assert.equal(hooked, type === "report" && kind === "aad", type);
      }
    },
  );
}

story("configure() of a create or quickCreate with an Aad token adds the hook", async ({ page, keeper }) => {
  await keeper.starts();
  for (const type of ["create", "quickCreate"]) {
    const same = await page.run((named) => {
      const { keeper: one } = stage.keepers;
      const full = one.configure({ type: named, tokenType: 0 });
      return full.eventHooks.accessTokenProvider === one.accessTokenProvider;
    }, type);
    assert.ok(same, type);
  }
});

story(
  "configure() leaves the page's object alone, keeps its hooks, and keeps a uniqueId that is there",
  async ({ page, keeper }) => {
    await keeper.starts();
    const seen = await page.run(() => {
      const { keeper: one } = stage.keepers;
      const applicationContextProvider = () => "context";
      const config = {
        type: "report",
        tokenType: 0,
        uniqueId: "mine",
        eventHooks: { applicationContextProvider },
        settings: { a: 1 },
      };
      const before = JSON.stringify(config);
      const full = one.configure(config);
      return {
        untouched: JSON.stringify(config) === before && !("accessTokenProvider" in config.eventHooks),
        own: full.eventHooks.applicationContextProvider === applicationContextProvider,
        hook: full.eventHooks.accessTokenProvider === one.accessTokenProvider,
        uniqueId: full.uniqueId,
        settings: full.settings,
        unlike: new Set([1, 2].map(() => one.configure({ type: "report", tokenType: 0 }).uniqueId)).size === 2,
        missing: "eventHooks" in one.configure({ type: "report" }),
        instead:
          one.configure({ type: "report", tokenType: 0, eventHooks: { accessTokenProvider: async () => "own" } })
            .eventHooks.accessTokenProvider === one.accessTokenProvider,
      };
    });
    assert.deepEqual(seen, {
      untouched: true,
      own: true,
      hook: true,
      uniqueId: "mine",
      settings: { a: 1 },
      unlike: true,
      missing: false,
      instead: true,
    });
  },
);
