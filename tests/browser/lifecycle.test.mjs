// Attach, detach, stop: whatever is begun is ended, and leaves nothing behind.

import assert from "node:assert/strict";
import { hours, minutes, seconds, story } from "./lib/story.mjs";

async function begins({ page, keeper }, options) {
  await page.embeds();
  const before = await page.registrations();
  await keeper.keeps(options);
  await page.passes(minutes(1));
  const during = await page.registrations();
  assert.equal(during.timers, before.timers + 1, "one timer");
  assert.ok(during.listeners.length > before.listeners.length, "listeners");
  return before;
}

/** What has been stopped stays so: whatever the page goes through, it asks for nothing and says nothing. */
async function expectStopped({ page, source, keeper }, before) {
  assert.deepEqual(await page.registrations(), before, "what is left on the page");
  const [requests, events] = [source.requests.length, await keeper.events()];
  assert.equal(events.at(-1).type, "statechange");
  assert.equal(events.at(-1).detail.state, "stopped");
  await page.sleeps(hours(3));
  await page.hides();
  await page.shows();
  for (const event of ["focus", "online"]) await page.hears("window", event);
  assert.equal(source.requests.length, requests);
  assert.equal((await keeper.events()).length, events.length);
  const { state, embeds, lastErrorCode } = await keeper.status();
  assert.deepEqual({ state, embeds, lastErrorCode }, { state: "stopped", embeds: 0, lastErrorCode: null });
}

for (const [name, options, reach] of [
  ["idle", {}, ({ keeper }) => keeper.detaches()],
  ["fresh", {}, async () => {}],
  [
    "due",
    { whileHidden: "pause" },
    async ({ page }) => {
      await page.hides();
      await page.passes(minutes(52));
    },
  ],
  [
    "refreshing",
    {},
    ({ source, keeper }) => {
      source.always({ hang: true });
      return keeper.calls("refresh");
    },
  ],
  [
    "retrying",
    {},
    async ({ page, source, keeper }) => {
      source.always({ drop: true });
      await keeper.calls("refresh");
      await page.rests();
    },
  ],
  [
    "denied",
    {},
    ({ source, keeper }) => {
      source.always({ status: 401, body: "" });
      return keeper.calls("refresh");
    },
  ],
  [
    "expired",
    {},
    async ({ page, source }) => {
      source.always({ status: 500, body: "" });
      await page.sleeps(hours(2));
    },
  ],
]) {
  story(`stop() while ${name} leaves no timer and no listener`, async (told) => {
    const { keeper, source } = told;
    const before = await begins(told, options);
    await reach(told);
    await keeper.expectState(name);
    await keeper.stops();
    assert.equal(source.waiting(), 0, "no request is left");
    await expectStopped(told, before);
  });
}

story("stop() while a token is being set, and while an embed is being revived, leaves nothing", async (told) => {
  const { page, keeper, frame } = told;
  const before = await begins(told);
  await frame.plan({ token: [{ delayMs: seconds(5) }] });
  await frame.raiseTokenExpired(3);
  await page.passes(seconds(1));
  await keeper.stops();
  assert.deepEqual(await page.registrations(), before);
  await page.passes(seconds(10));
  await expectStopped(told, before);
});

for (const [name, options, prepare] of [
  [
    "its source function",
    () => ({
      source: () => {
        stage.keepers.keeper.stop();
        return Promise.reject(new Error("over"));
      },
    }),
    () => {},
  ],
  [
    "the headers of its endpoint",
    () => ({
      source: {
        url: "/api/token",
        headers: () => {
          stage.keepers.keeper.stop();
          return {};
        },
      },
    }),
    () => {},
  ],
  [
    "setAccessToken",
    {},
    () => {
      const { report } = stage.embeds;
      report.setAccessToken = (token) => {
        stage.keepers.keeper.stop();
        return Object.getPrototypeOf(report).setAccessToken.call(report, token);
      };
    },
  ],
]) {
  story(`stop() from inside ${name} leaves nothing`, async (told) => {
    const before = await begins(told, options);
    await told.page.run(prepare);
    await told.keeper.calls("refresh");
    await told.page.passes(seconds(1));
    await expectStopped(told, before);
  });
}

for (const [name, make] of [
  [
    "whoever reads its first token",
    () => {
      const initial = {
        get token() {
          stage.keepers.keeper.stop();
          return undefined;
        },
      };
      return { initial };
    },
  ],
  [
    "who hears of its first token",
    (token) => {
      queueMicrotask(() => stage.keepers.keeper.addEventListener("statechange", () => stage.keepers.keeper.stop()));
      return { initial: token };
    },
  ],
]) {
  story(`stop() by ${name}: it never starts`, async ({ page, source, keeper }) => {
    await page.embeds();
    const before = await page.registrations();
    await keeper.starts(make, { arg: source.newest.text, engine: false });
    await keeper.attaches();
    await page.waitsUntil("its end", () => stage.keepers.keeper.status.state === "stopped");
    await page.passes(hours(1));
    source.expectRequests(0);
    assert.deepEqual(await page.registrations(), before);
    assert.deepEqual((await keeper.events()).map(({ type, detail }) => [type, detail.state]).slice(-1), [
      ["statechange", "stopped"],
    ]);
    assert.equal((await keeper.events()).filter(({ detail }) => detail.state === "stopped").length, 1);
  });
}

story("stop() before an endpoint's headers are known: nothing is sent", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps(() => ({
    source: { url: "/api/token", headers: () => new Promise((done) => (window.headersAreKnown = done)) },
  }));
  await keeper.calls("refresh");
  await keeper.stops();
  const sent = await page.run(async () => {
    window.headersAreKnown({});
    await 0;
    return window.__watch.fetches.length;
  });
  await page.rests();
  assert.equal(await page.run(() => window.__watch.fetches.length), sent);
  assert.equal(sent, 0);
});

story("stop() while the body of a function's Response comes in: the rest is not read", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps(() => ({
    source: () => {
      // no stream of the platform's, whose reading is waited for before anything else goes on
      const reader = {
        read: () => new Promise((done) => (window.arrives = () => done({ done: false, value: new Uint8Array(1) }))),
        cancel: () => (window.isCancelled = true),
      };
      return { ok: true, status: 200, headers: new Headers(), text: () => "", body: { getReader: () => reader } };
    },
  }));
  await keeper.calls("refresh");
  await page.does(() => window.arrives());
  await keeper.stops();
  assert.equal(await page.run(() => window.isCancelled), undefined);
  await page.does(() => window.arrives());
  assert.equal(await page.run(() => window.isCancelled), true);
});

story("stop() after an embed has gone takes the listeners off its container", async (told) => {
  const before = await begins(told);
  await told.page.run(() => document.querySelector("#report iframe").remove());
  await told.page.passes(minutes(2));
  assert.equal((await told.keeper.status()).embeds, 0);
  assert.ok((await told.page.listeners()).includes("#report loaded"), "its return is waited for");
  await told.keeper.stops();
  await expectStopped(told, before);
});

story("stop() settles whoever waits", async ({ page, source, keeper }) => {
  source.always({ hang: true });
  await keeper.starts();
  const token = await keeper.calls("getToken");
  const provided = await keeper.calls("accessTokenProvider");
  const refreshed = await keeper.calls("refresh");
  source.expectRequests(1);
  assert.equal((await token.now()).state, "pending");
  await keeper.stops();
  const { state, error } = await token.now();
  assert.deepEqual([state, error.name, error.code], ["rejected", "KeeperError", "ERR_STOPPED"]);
  assert.equal((await provided.now()).value, null);
  assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_STOPPED" });
  assert.equal(source.waiting(), 0, "the request was aborted");
  assert.equal(await page.timers(), 0);
});

story("after stop everything answers at once", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await keeper.stops();
  await keeper.stops();
  const token = await keeper.calls("getToken");
  assert.equal((await token.now()).error.code, "ERR_STOPPED");
  assert.equal((await (await keeper.calls("accessTokenProvider")).now()).value, null);
  assert.deepEqual((await (await keeper.calls("refresh")).now()).value, { ok: false, code: "ERR_STOPPED" });
  await keeper.attaches();
  await page.passes(hours(1));
  source.expectRequests(0);
  assert.equal((await keeper.events("statechange")).filter(({ detail }) => detail.state === "stopped").length, 1);
});

story("stop() before the engine has loaded", async ({ page, source, keeper, site }) => {
  let load;
  site.engine = new Promise((done) => (load = done));
  await page.embeds();
  const before = await page.registrations();
  await keeper.starts({}, { engine: false });
  await keeper.attaches();
  const token = await keeper.calls("getToken");
  await keeper.stops();
  assert.equal((await token.now()).error.code, "ERR_STOPPED");
  load();
  await page.passes(minutes(1));
  source.expectRequests(0);
  await keeper.expectState("stopped");
  assert.deepEqual(await page.registrations(), before);
});

story("an AbortSignal stops it, and keeps no listener of it", async (told) => {
  const { page } = told;
  const before = await begins(told, () => {
    window.ending = new AbortController();
    return { signal: window.ending.signal };
  });
  await page.run(() => window.ending.abort());
  await page.rests();
  await expectStopped(told, before);
});

story("stop() takes the listener off a signal that never aborts", async (told) => {
  const before = await begins(told, () => ({ signal: (window.ending = new AbortController()).signal }));
  await told.keeper.stops();
  await expectStopped(told, before);
});

story("a signal that has aborted already: stopped from the start", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.starts(() => ({ signal: AbortSignal.abort() }), { engine: false });
  await keeper.attaches();
  const token = await keeper.calls("getToken");
  assert.equal((await token.now()).error.code, "ERR_STOPPED");
  await keeper.expectState("stopped");
  await page.passes(hours(1));
  source.expectRequests(0);
});

for (const [name, detach] of [
  ["detach(embed)", () => stage.keepers.keeper.detach(stage.embeds.report)],
  ["detach(element)", () => stage.keepers.keeper.detach(document.getElementById("report"))],
  ["what attach() returned", () => window.detachReport()],
]) {
  story(
    `${name}: nothing attached, no timer and no listener left, and attaching again begins anew`,
    async ({ page, source, keeper, frame }) => {
      await page.embeds();
      const before = await page.registrations();
      await keeper.starts();
      await page.run(() => {
        window.detachReport = stage.keepers.keeper.attach(stage.embeds.report);
      });
      await page.passes(minutes(1));
      await page.run(detach);
      await page.run(detach);
      await page.rests();
      assert.deepEqual(await page.registrations(), before);
      assert.equal((await keeper.status()).embeds, 0);
      await keeper.expectState("idle");
      await page.passes(hours(1));
      source.expectRequests(0);

      await keeper.attaches();
      await page.passes(minutes(1));
      source.expectRequests(1);
      await frame.expectHolds(source.newest);
    },
  );
}

story("attaching twice, by embed and by container, is attaching once", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.starts();
  await keeper.attaches();
  const once = await page.registrations();
  await keeper.attaches();
  await page.run(() => stage.keepers.keeper.attach(document.getElementById("report")));
  await page.rests();
  assert.deepEqual(await page.registrations(), once);
  assert.equal((await keeper.status()).embeds, 1);
  await page.passes(minutes(52));
  source.expectRequests(1);
  assert.equal(await frame.count("POST /report/token"), 1);
  await keeper.detaches();
  assert.equal((await keeper.status()).embeds, 0);
});

story("a container alone is enough to attach", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.starts();
  await page.run(() => stage.keepers.keeper.attach(document.getElementById("report")));
  await page.passes(minutes(52));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
});

story("a container may be attached before anything is embedded in it", async ({ page, source, keeper, frame }) => {
  await keeper.starts();
  await page.run(() => stage.keepers.keeper.attach(document.getElementById("report")));
  await page.passes(minutes(1));
  assert.ok(source.requests.length <= 1);
  await page.embeds({ token: source.newest });
  await page.passes(minutes(55));
  await frame.expectHolds(source.newest);
  assert.equal(await page.configToken(), source.newest.text);
  assert.deepEqual(await keeper.events("applyfailed"), []);
});

story("keepFresh() is one line", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await page.run(async () => {
    const { keepFresh } = await import("/dist/index.js");
    stage.keep("keeper", keepFresh(stage.embeds.report, { source: "/api/token" }));
  });
  await keeper.engineStarts();
  await page.passes(minutes(52));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
});

story("a request that was answered is not aborted afterwards", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps(() => {
    window.signals = [];
    return {
      source: async ({ signal }) => {
        window.signals.push(signal);
        return (await fetch("/api/token", { method: "POST" })).json();
      },
    };
  });
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  assert.equal((await keeper.events("refreshed")).length, 1);
  await keeper.stops();
  assert.deepEqual(await page.run(() => window.signals.map(({ aborted }) => aborted)), [false]);
});

story("Symbol.dispose stops it", async (told) => {
  const before = await begins(told);
  await told.page.run(() => stage.keepers.keeper[Symbol.dispose ?? "stop"]());
  await told.page.rests();
  await expectStopped(told, before);
});

story(
  "listeners of the page that throw, or stop the keeper, do no harm",
  async ({ page, source, keeper, frame }) => {
    await page.embeds();
    await keeper.keeps();
    await page.run(() => {
      for (const type of stage.EVENTS) {
        stage.keepers.keeper.addEventListener(type, () => {
          throw new Error("of the page itself");
        });
      }
    });
    await page.passes(minutes(52));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    await keeper.expectState("fresh");

    await page.run(() => stage.keepers.keeper.addEventListener("refreshed", () => stage.keepers.keeper.stop()));
    await keeper.calls("refresh");
    await keeper.expectState("stopped");
    assert.equal((await keeper.events()).at(-1).detail.state, "stopped");
  },
  { pageErrors: /of the page itself/ },
);
