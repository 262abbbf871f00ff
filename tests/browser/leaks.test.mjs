// What a page does a thousand times, or forgets to do: nothing grows, and nothing ends that should not.

import assert from "node:assert/strict";
import { hours, minutes, storyApart as story } from "./lib/story.mjs";

/** What the page holds: timers, listeners, the engine's memory, and which keepers that have ended. */
const held = async (page) => ({
  timers: await page.timers(),
  listeners: await page.listeners(),
  memories: await page.run(() =>
    window.engines.map(
      ({ exports }) => Object.values(exports).find((one) => one instanceof WebAssembly.Memory).buffer.byteLength,
    ),
  ),
  keepers: await page.run(() => window.ended.filter((keeper) => keeper.deref()).length),
});

/** Has the page note each engine's instance; what puts its module together imports nothing. */
const seesEngines = (page) =>
  page.run(() => {
    const { Instance } = WebAssembly;
    window.engines = [];
    window.ended = [];
    // biome-ignore lint/complexity/useArrowFunction: it is called with new
    WebAssembly.Instance = function (...args) {
      const made = new Instance(...args);
      if (args.length > 1) window.engines.push(made);
      return made;
    };
    window.turn = () =>
      new Promise((done) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          done();
        };
        port2.postMessage(0);
      });
  });

/**
 * Runs a thousand `cycles` in the page. After some, with which it grows into what it needs, nothing grows; `slack` are
 * the bytes that its scripts may hold beyond what they did, less than what one object of each cycle would be.
 */
async function expectSteady({ page }, cycles, slack) {
  const hundred = async () => {
    await page.run(cycles, 100);
    await page.rests();
    // what the first finds the second frees
    await page.collectsGarbage();
    await page.collectsGarbage();
  };
  for (let i = 0; i < 3; i += 1) await hundred();
  const before = await held(page);
  assert.equal(before.memories.length, 1);
  assert.equal(before.keepers, 0);
  const grows = async () => {
    const heap = await page.heap();
    for (let i = 0; i < 10; i += 1) await hundred();
    assert.deepEqual(await held(page), before);
    return (await page.heap()) - heap;
  };
  // what the browser itself compiles and caches it does once; a leak shows in the next thousand as well
  const grown = [await grows()];
  if (grown[0] >= slack) grown.push(await grows());
  assert.ok(grown.at(-1) < slack, `the page's heap has grown by ${grown.join(" and ")} bytes`);
}

story("a thousand times attach and detach: nothing grows", async (told) => {
  const { page, source, keeper, frame } = told;
  await seesEngines(page);
  await page.embeds();
  await keeper.starts();
  await expectSteady(
    told,
    async (times) => {
      for (let i = 0; i < times; i += 1) {
        const detach = stage.keepers.keeper.attach(stage.embeds.report);
        // now and then the engine has its turn in between
        if (i % 3 === 0) await window.turn();
        if (i % 2) detach();
        else stage.keepers.keeper.detach(stage.container("report"));
      }
    },
    90_000,
  );
  assert.equal(await page.timers(), 0);
  source.expectRequests(0);
  await page.passes(minutes(1));
  await keeper.attaches();
  await keeper.calls("refresh");
  await frame.expectHolds(source.newest);
});

story(
  "a thousand keepers started and stopped: nothing grows",
  async (told) => {
    const { page, source } = told;
    await seesEngines(page);
    await page.embeds();
    const before = await page.registrations();
    await page.run(async () => void (window.K = await import("/dist/index.js")));
    await expectSteady(
      told,
      async (times) => {
        for (let i = 0; i < times; i += 1) {
          const keeper = window.K.keepFresh(stage.embeds.report, { source: "/api/token" });
          const ending = new AbortController();
          const other = new window.K.TokenKeeper({ source: () => new Promise(() => {}), signal: ending.signal });
          // some before their engine is there, some while they ask
          if (i % 2) await window.turn();
          void keeper.accessTokenProvider();
          void other.refresh();
          if (i % 3 === 0) await window.turn();
          keeper.stop();
          ending.abort();
          window.ended.push(new WeakRef(keeper), new WeakRef(other));
        }
      },
      150_000,
    );
    assert.deepEqual(await page.registrations(), before);
    const { length } = source.requests;
    await page.passes(hours(1));
    source.expectRequests(length);
  },
  { keepers: Infinity },
);

story(
  "a page that drops its handle is kept fresh until stop, and then nothing holds the keeper",
  async ({ page, source, frame }) => {
    await page.embeds();
    const before = await page.registrations();
    await page.run(async () => {
      const { keepFresh } = await import("/dist/index.js");
      window.ending = new AbortController();
      window.handle = new WeakRef(
        keepFresh(stage.embeds.report, { source: "/api/token", signal: window.ending.signal }),
      );
    });
    for (let poll = 0; poll < 4; poll += 1) {
      await page.passes(minutes(13));
      await page.collectsGarbage();
    }
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    await page.run(() => window.ending.abort());
    await page.rests();
    // a weak reference holds until the task ends
    for (let i = 0; i < 3; i += 1) await page.collectsGarbage();
    assert.equal(await page.run(() => window.handle.deref() === undefined), true, "nothing holds the keeper");
    assert.deepEqual(await page.registrations(), before);
  },
);

story("memory that grows while embeds are observed: each of them is observed all the same", async (told) => {
  const { page, source, keeper } = told;
  await seesEngines(page);
  await page.run((token) => {
    window.grow = false;
    for (let i = 0; i < 6; i += 1) {
      const element = stage.container(`panel${i}`);
      const config = { type: "report", tokenType: 1, accessToken: token };
      element.powerBiEmbed = stage.embeds[element.id] = {
        element,
        iframe: element.appendChild(document.createElement("p")),
        setAccessToken: async (given) => void (config.accessToken = given),
        get config() {
          if (window.grow) {
            const all = window.engines.flatMap(({ exports }) => Object.values(exports));
            for (const one of all) if (one instanceof WebAssembly.Memory) one.grow(1);
          }
          return config;
        },
      };
    }
  }, source.mint().text);
  await keeper.starts();
  await keeper.attaches(...Array.from({ length: 6 }, (_, i) => `panel${i}`));
  await page.passes(minutes(1));
  await page.run(() => {
    for (let i = 0; i < 6; i += 1) document.querySelector(`#panel${i} p`).remove();
    window.grow = true;
  });
  await page.passes(minutes(1));
  assert.equal((await keeper.status()).embeds, 0);
});

// ---- frameworks ---------------------------------------------------------------------------------------------------

for (const [name, mount] of [
  [
    "a keeper for each mount",
    () => {
      const keeper = window.K.keepFresh(stage.embeds.report, { source: "/api/token" });
      return [keeper, () => keeper.stop()];
    },
  ],
  [
    "one keeper, attached with each mount",
    () => {
      window.keeper ??= new window.K.TokenKeeper({ source: "/api/token" });
      return [window.keeper, window.keeper.attach(stage.embeds.report)];
    },
  ],
]) {
  story(
    `mounted, unmounted and mounted again at once, as React's StrictMode does: ${name}`,
    async ({ page, source, frame, keeper }) => {
      await page.embeds();
      const before = await page.registrations();
      await page.run(`(async () => {
      window.K = await import("/dist/index.js");
      const mount = ${mount};
      const [, unmount] = mount();
      unmount();
      const [kept, last] = mount();
      window.unmount = last;
      stage.keep("keeper", kept);
    })()`);
      await keeper.engineStarts();
      assert.equal(await page.timers(), before.timers + 1);
      await page.passes(minutes(52));
      source.expectRequests(1);
      await frame.expectHolds(source.newest);
      assert.equal(await frame.count("POST /report/token"), 1);
      assert.deepEqual(
        (await keeper.events()).filter(({ type }) => /failed/.test(type)),
        [],
      );
      await page.run(() => window.unmount());
      await page.rests();
      assert.deepEqual(await page.registrations(), before);
    },
  );
}

story(
  "two copies of the package after a hot reload, each with the same report: they do not fight",
  async ({ page, source, frame }) => {
    await page.embeds();
    await page.run(async () => {
      for (const [name, from] of [
        ["old", "/dist/index.js"],
        ["new", "/copy/index.js"],
      ]) {
        const { TokenKeeper } = await import(from);
        stage.keep(name, new TokenKeeper({ source: "/api/token" }));
        stage.keepers[name].attach(stage.embeds.report);
      }
      if (stage.keepers.old.constructor === stage.keepers.new.constructor) throw new Error("one copy");
    });
    await page.waitsUntil("both engines", () =>
      Object.values(stage.keepers).every(({ status }) => status.engine !== "none"),
    );
    let requests = 0;
    for (let hour = 0; hour < 4; hour += 1) {
      await page.passes(hours(1));
      assert.ok((await frame.state()).expiresAt > (await page.run(() => Date.now())), "never expired");
      await frame.expectHolds(source.newest);
      // one asks, and the other sees the newer token at its next check
      assert.ok(source.requests.length - requests <= 2, `${source.requests.length - requests} requests in an hour`);
      requests = source.requests.length;
    }
    assert.ok((await frame.count("POST /report/token")) <= requests + 1, "each token is set once");
    assert.deepEqual(await page.run(() => stage.events.filter(({ type }) => /failed|expired/.test(type)).length), 0);
    const [before, events] = [await page.timers(), await page.run(() => stage.events.length)];
    await page.run(() => stage.keepers.old.stop());
    assert.equal(await page.timers(), before - 1);
    await page.passes(hours(1));
    await frame.expectHolds(source.newest);
    assert.ok(source.requests.length - requests <= 2);
    assert.ok((await page.run(() => stage.events.length)) > events);
  },
  { keepers: 2 },
);
