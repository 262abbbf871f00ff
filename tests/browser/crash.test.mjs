// An engine that crashes, on purpose and for real: a panic in the shipped code, brought about by an export that only
// the engine of these stories has. The keepers go on in the JavaScript engine. When that has crashed as well they end,
// say so once, answer everybody, and the page goes on as if they had never been there.

import assert from "node:assert/strict";
import { build } from "../../scripts/panicking-engine.mjs";
import { hours, minutes, seconds, storyApart as story } from "./lib/story.mjs";

// not in a hook: it may take longer than a story may
await build();

/** Everything is under way when it happens: a request, a question of the frame, a page that waits. */
async function begins({ page, source, keeper, another, site }) {
  site.panickingEngine = true;
  source.kind = "aad";
  // the loader keeps to itself what an instance throws
  await page.run(() => {
    const construct = (Instance, made) => {
      const exports = Object.entries(new Instance(...made).exports).map(([name, value]) => [
        name,
        typeof value !== "function"
          ? value
          : (...args) => {
              try {
                return value(...args);
              } catch (error) {
                window.thrown = error;
                throw error;
              }
            },
      ]);
      return { exports: Object.fromEntries(exports) };
    };
    WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct });
  });
  await keeper.starts();
  await page.embeds({ by: "keeper" });
  await keeper.attaches();
  await page.embeds({ at: "second" });
  await another("other").starts();
  await another("other").attaches("second");
  await page.passes(minutes(1));
  await page.run(async () => {
    const { trap } = await import("/dist/engine-wasm.js");
    window.trap = (text = "out of order") => {
      trap(text);
      return window.thrown instanceof WebAssembly.RuntimeError;
    };
    // the engine reads the clock inside its loop, with a keeper's core borrowed; a poll without work reads none
    const now = performance.now.bind(performance);
    performance.now = () => {
      const lines = new Error().stack.split("\n");
      const caller = lines[lines[0].startsWith("Error") ? 2 : 1]; // V8's first line is the message
      const byEngine = caller.includes(window.armedEngine ?? "engine-wasm");
      const armed = byEngine && window.armed;
      if (armed) window.armed = false;
      if (armed === "panic") trap("out of order");
      if (armed === "trap") throw new WebAssembly.RuntimeError("memory access out of bounds");
      return now();
    };
  });
}

/** A crash costs an event: the keepers go on in the other engine, with embeds, tokens and waiters. */
async function expectGoesOn({ page, source, another }, names = ["keeper", "other"]) {
  for (const name of names) {
    await another(name).reaches("the other engine", ({ engine }) => engine === "js");
    const codes = (await another(name).events("refreshfailed")).map(({ detail }) => detail.code);
    assert.ok(!codes.includes("ERR_CRASHED"), name);
    assert.ok(!(await another(name).states()).includes("stopped"), name);
  }
  source.always();
  await page.passes(minutes(2));
  for (const name of names) {
    const refreshed = await another(name).calls("refresh");
    await page.passes(seconds(1));
    assert.equal((await refreshed.now()).value?.ok, true, `${name} refreshes`);
    const { state, embeds } = await another(name).status();
    assert.equal(state, embeds > 0 ? "fresh" : "idle", name);
    const { detail } = (await another(name).events("statechange")).at(-1);
    assert.equal(detail.engine, "js", name);
  }
  for (const at of ["report", "second"]) {
    const held = await page.configToken(at);
    const token = source.tokens.find(({ text }) => text === held);
    assert.ok(token.expiresAt > page.clock.server, `the embed in #${at} has a token that is good`);
    await page.frame(at).expectHolds(token);
  }
  assert.equal(await page.timers(), 1, "one timer, of the engine that runs");
  const onPage = (await page.listeners()).filter((listener) => /^(window|document) /.test(listener));
  assert.equal(new Set(onPage).size, onPage.length, `no listener of the dead engine: ${onPage}`);
}

/** The JavaScript engine crashes as well. */
async function crashesAgain({ page, keeper }) {
  await page.run(() => Object.assign(window, { armed: "trap", armedEngine: "engine-js" }));
  await keeper.calls("refresh");
  assert.equal(await page.run(() => window.armed), false, "it trapped");
}

/** Told once, and over for good: nothing is asked for, nothing is raised, nothing happens on the page. */
async function expectCrashed({ page, source, another }, names = ["keeper", "other"]) {
  for (const name of names) {
    const keeper = another(name);
    const { state, lastErrorCode, engine } = await keeper.status();
    assert.deepEqual(
      { state, lastErrorCode, engine },
      { state: "stopped", lastErrorCode: "ERR_CRASHED", engine: "none" },
      name,
    );
    const failures = (await keeper.events("refreshfailed")).map(({ detail }) => detail.code);
    assert.deepEqual(
      failures.filter((code) => code === "ERR_CRASHED"),
      ["ERR_CRASHED"],
      name,
    );
    const states = await keeper.states();
    assert.deepEqual([states.at(-1), states.filter((one) => one === "stopped").length], ["stopped", 1], name);
    const settled = await page.run(async (which) => {
      const one = stage.keepers[which];
      return [
        await one.accessTokenProvider(),
        await one.refresh(),
        await one.getToken().catch(({ name: kind, code }) => ({ kind, code })),
      ];
    }, name);
    assert.deepEqual(
      settled,
      [null, { ok: false, code: "ERR_CRASHED" }, { kind: "KeeperError", code: "ERR_CRASHED" }],
      name,
    );
  }
  const [requests, events] = [source.requests.length, await page.run(() => stage.events.length)];
  // whatever the page goes through, and calls
  await page.hides();
  await page.shows();
  for (const event of ["focus", "online"]) await page.hears("window", event);
  for (const event of ["resume"]) await page.hears("document", event);
  await page.frame().raiseTokenExpired(2);
  await page.sleeps(hours(2));
  await page.passes(minutes(10));
  await page.run(() => {
    for (const keeper of Object.values(stage.keepers)) {
      keeper.attach(stage.embeds.report);
      keeper.detach(stage.embeds.report);
      keeper.stop();
    }
  });
  await page.passes(minutes(1));
  assert.equal(source.requests.length, requests, "requests after the crash");
  assert.equal(await page.run(() => stage.events.length), events, "events after the crash");
  assert.equal(await page.timers(), 0);
  // powerbi-client works as it does without a keeper
  const token = source.mint();
  await page.run((text) => stage.embeds.report.setAccessToken(text), token.text);
  await page.frame().expectHolds(token);
}

story(
  "an engine that panics between two calls, with everything under way: all is answered at once",
  async (told) => {
    const { page, source, keeper, another, frame } = told;
    await begins(told);
    source.always({ hang: true });
    await another("third").starts();
    const asked = await frame.asks();
    const waiting = [
      await keeper.calls("refresh"),
      await another("third").calls("getToken"),
      await keeper.calls("accessTokenProvider"),
    ];
    assert.equal(await asked.answer(), null, "pending");
    const before = source.requests.length;
    // the message of a panic may quote anything
    assert.ok(await page.run((text) => window.trap(text), source.tokens[0].text), "a trap of WebAssembly");
    // at most three at once, as every story checks: those under way are aborted
    source.always();
    for (const name of ["keeper", "third"])
      await another(name).reaches("the other engine", ({ engine }) => engine === "js");
    await page.passes(seconds(5));
    assert.ok(source.requests.length > before, "they are asked again");
    assert.equal((await asked.answer())?.statusCode, 200);
    const [refreshed, token, provided] = await Promise.all(waiting.map((one) => one.now()));
    assert.equal(refreshed.value?.ok, true);
    for (const { value } of [token, provided]) assert.ok(source.tokens.some(({ text }) => text === value));
    await expectGoesOn(told, ["keeper", "other", "third"]);
    await crashesAgain(told);
    await expectCrashed(told, ["keeper", "other", "third"]);
  },
  { keepers: 3 },
);

/** Under way for a second, from when it is called. */
const slowSource = async ({ source, keeper }) => {
  source.always({ delayMs: seconds(1) });
  await keeper.calls("refresh");
};
const slowFrame = async ({ frame, keeper }) => {
  await frame.plan({ token: [{ delayMs: seconds(1) }] });
  await keeper.calls("refresh");
};

/** Past the poll at which the token is due. */
const dueAtPoll = ({ page }) => page.passes(minutes(55));

for (const [name, bring, begun] of [
  ["the poll", dueAtPoll],
  ["a sign of the page's return", ({ page }) => page.hears("window", "focus")],
  ["an error of the frame", ({ frame }) => frame.raiseTokenExpired(1)],
  ["a question of the frame", ({ frame }) => frame.asks()],
  ["attach()", ({ page }) => page.run(() => void stage.keepers.keeper.attach(stage.container("third")))],
  ["refresh()", ({ keeper }) => keeper.calls("refresh")],
  ["status", ({ keeper }) => keeper.status()],
  ["stop()", ({ keeper }) => keeper.stops()],
  ["the source's answer", ({ page }) => page.passes(seconds(1)), slowSource],
  ["the embed's answer", ({ page }) => page.passes(seconds(1)), slowFrame],
]) {
  story(
    `an engine that panics in its loop, at ${name}`,
    async (told) => {
      const { page } = told;
      await begins(told);
      await begun?.(told);
      await page.run(() => (window.armed = "panic"));
      await bring(told);
      await page.rests();
      assert.equal(await page.run(() => window.armed), false, "it panicked");
      // nothing is ever embedded there
      if (name === "attach()") await told.keeper.detaches("third");
      await expectGoesOn(told, name === "stop()" ? ["other"] : undefined);
    },
    { keepers: 2 },
  );
}

for (const [name, bring, names] of [
  ["the poll", dueAtPoll],
  ["refresh()", ({ keeper }) => keeper.calls("refresh")],
  ["status", ({ keeper }) => keeper.status()],
  [
    "the start of another keeper",
    ({ another }) => another("third").starts({}, { engine: false }),
    ["keeper", "other", "third"],
  ],
]) {
  story(
    `an engine that traps without a panic, as it does when memory runs out, at ${name}`,
    async (told) => {
      const { page } = told;
      await begins(told);
      await page.run(() => (window.armed = "trap"));
      await bring(told);
      await page.rests();
      assert.equal(await page.run(() => window.armed), false, "it trapped");
      await expectGoesOn(told, names);
      await crashesAgain(told);
      await expectCrashed(told, names);
    },
    { keepers: 3 },
  );
}

for (const [name, options, prepare] of [
  ["the page's source", () => ({ source: () => window.trap() }), () => {}],
  ["the page's setAccessToken", {}, () => (stage.embeds.report.setAccessToken = () => window.trap())],
  ["the page's listener", {}, () => stage.keepers.third.addEventListener("statechange", () => window.trap())],
]) {
  story(
    `an engine that panics further down the stack, in ${name}`,
    async (told) => {
      const { page, another } = told;
      await begins(told);
      await another("third").starts(options);
      await page.run(prepare);
      await another("third").attaches();
      await another("third").calls("refresh");
      await page.run(() => delete stage.embeds.report.setAccessToken);
      await expectGoesOn(told);
    },
    { keepers: 3 },
  );
}

story(
  "who was answered before a crash is not asked for again",
  async (told) => {
    const { page, source, keeper } = told;
    await begins(told);
    await keeper.calls("refresh");
    await keeper.calls("getToken");
    await page.rests();
    const { length } = source.requests;
    await page.run(() => window.trap());
    await keeper.reaches("the other engine", ({ engine }) => engine === "js");
    await page.passes(minutes(2));
    source.expectRequests(length);
  },
  { keepers: 2 },
);

story(
  "a keeper made after a crash has the other engine, and is over at once after the second",
  async (told) => {
    const { page, another } = told;
    await begins(told);
    await page.run(() => window.trap());
    await another("late").starts({}, { engine: false });
    await expectGoesOn(told, ["keeper", "other", "late"]);
    await crashesAgain(told);
    await another("last").starts({}, { engine: false });
    await another("last").reaches("its end", ({ state }) => state === "stopped");
    await expectCrashed(told, ["keeper", "other", "late", "last"]);
  },
  { keepers: 4 },
);

story(
  "a hundred keepers go on after a crash",
  async (told) => {
    const { page, keeper, source } = told;
    await begins(told);
    await page.run(() => {
      for (let i = 0; i < 98; i++) stage.keep(`k${i}`, new K.TokenKeeper({ source: "/api/token" }));
    });
    await page.rests();
    await page.run(() => window.trap());
    await keeper.reaches("the other engine", ({ engine }) => engine === "js");
    await page.passes(seconds(5));
    const engines = await page.run(() => Object.values(stage.keepers).map(({ status }) => status.engine));
    assert.deepEqual(new Set(engines), new Set(["js"]));
    source.expectRequests(0);
    await expectGoesOn(told);
  },
  { keepers: 100 },
);
