// An embed's error, explained by the diagnosis, which is loaded when the first one comes.

import assert from "node:assert/strict";
import { hours, minutes, seconds, story } from "./lib/story.mjs";

const NO_CLUSTER = {
  message: "LoadReportFailed",
  detailedMessage: "Fail to initialize - Couldn't resolve cluster",
  errorCode: "403",
  level: 6,
};
const NOT_FOUND = { message: "PowerBIEntityNotFound", detailedMessage: "Get report failed", errorCode: "404" };

async function begins({ page, keeper }) {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
}

const explained = async ({ keeper }, count) => {
  await keeper.says("explained", count);
  return (await keeper.events("explained")).map(({ detail }) => detail);
};

story(
  "an error that a new token may heal is explained, asked for once, and the report reloaded with it",
  async (told) => {
    const { page, source, frame, keeper } = told;
    await begins(told);
    await frame.emit("error", NO_CLUSTER);
    const [detail] = await explained(told, 1);
    assert.equal(detail.error, "LoadReportFailed");
    assert.equal(detail.refreshHelps, true);
    assert.match(detail.summary, /^Power BI could not .* token/);
    const verdicts = Object.fromEntries(detail.causes.map(({ code, verdict }) => [code, verdict]));
    // the embed's own configuration is what tells these apart
    assert.equal(verdicts["token-type-mismatch"], "ruled-out");
    assert.equal(verdicts["service-principal-aad"], "ruled-out");
    assert.ok(
      detail.causes.every(
        ({ code, message, fix, verdict }) =>
          code && message && fix && ["confirmed", "possible", "ruled-out"].includes(verdict),
      ),
    );
    await page.passes(seconds(5));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    assert.equal(await frame.count("POST /report/load"), 2);
    assert.deepEqual(
      (await keeper.events("recovered")).map(({ detail }) => detail.how),
      ["reload"],
    );

    // the new token does not help either: it is said, and no more is asked for
    await frame.emit("error", NO_CLUSTER);
    await explained(told, 2);
    await page.passes(minutes(5));
    source.expectRequests(1);
  },
);

story("an error that no token heals is explained and asks for nothing", async (told) => {
  const { page, source, frame } = told;
  await begins(told);
  await frame.emit("error", NOT_FOUND);
  const [detail] = await explained(told, 1);
  assert.equal(detail.error, "PowerBIEntityNotFound");
  assert.equal(detail.refreshHelps, false);
  await page.passes(minutes(5));
  source.expectRequests(0);
});

story("fifty visuals with the same error are explained once", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  await frame.raiseTokenExpired(50);
  await explained(told, 1);
  await page.passes(seconds(5));
  assert.equal((await keeper.events("explained")).length, 1);
  assert.equal((await keeper.events("explained"))[0].detail.error, "TokenExpired");
  source.expectRequests(1);
});

story("the diagnosis is not loaded while nothing is wrong, and done without where it can't be", async (told) => {
  const { page, source, frame, keeper, site } = told;
  await begins(told);
  await page.passes(minutes(55));
  source.expectRequests(1);
  assert.equal(site.diagnosis.asked, false, "not on the refresh path");
  site.diagnosis.missing = true;
  await frame.emit("error", NO_CLUSTER);
  await page.awaits("the attempt to load it", async () => site.diagnosis.asked);
  await page.passes(minutes(50));
  assert.equal((await keeper.events("explained")).length, 0);
  await keeper.expectState("fresh");
  source.expectRequests(2);
});

story("where the diagnosis never arrives, a refused token is told of after five seconds", async (told) => {
  const { page, source, keeper, site } = told;
  await begins(told);
  site.diagnosis.arrives = new Promise(() => {});
  source.next({ token: source.mint({ kind: "aad" }) });
  await keeper.calls("refresh");
  await page.passes(seconds(5) - 1);
  assert.deepEqual(await keeper.events("refreshfailed"), []);
  await page.passes(1);
  const [{ detail }] = await keeper.events("refreshfailed");
  assert.deepEqual([detail.code, detail.findings], ["ERR_TOKEN_TYPE", []]);
});

for (const [name, end] of [
  ["after stop()", ({ keeper }) => keeper.stops()],
  ["after five seconds", ({ page }) => page.passes(seconds(5))],
]) {
  story(`a failure's body that never ends is not read on ${name}`, async (told) => {
    const { page, keeper } = told;
    await page.embeds();
    await keeper.keeps(() => ({
      source: () => {
        // no stream of the platform's, whose reading is waited for before anything else goes on
        const reader = {
          read: () => {
            window.isRead = true;
            return new Promise((done) => (window.ends = () => done({ done: true })));
          },
          cancel: async () => {
            window.isCancelled = true;
            window.ends();
          },
        };
        const body = { getReader: () => reader };
        return { ok: false, status: 500, headers: new Headers(), text: () => "", body };
      },
    }));
    await keeper.calls("refresh");
    await page.waitsUntil("the reading of the body", () => window.isRead);
    assert.equal(await page.run(() => window.isCancelled), undefined);
    await end(told);
    assert.equal(await page.run(() => window.isCancelled), true);
  });
}

story("failures that were explained leave nothing behind", async (told) => {
  const { page, source, keeper } = told;
  await begins(told);
  await page.run(() => {
    window.held = 0;
    for (const [name, by] of [
      ["addEventListener", 1],
      ["removeEventListener", -1],
    ]) {
      const method = EventTarget.prototype[name];
      EventTarget.prototype[name] = function (...args) {
        // of the diagnosis: a request's own signal goes with it
        if (this instanceof AbortSignal) window.held += by;
        return method.apply(this, args);
      };
    }
  });
  for (let times = 1; times <= 3; times += 1) {
    source.next({ status: 400, body: "no" });
    await keeper.calls("refresh");
    await keeper.says("refreshfailed", times);
  }
  assert.equal(await page.run(() => window.held), 0);
});

for (const [name, end, type, begin] of [
  [
    "stop(), nothing is told of a refused token",
    ({ keeper }) => keeper.stops(),
    "refreshfailed",
    ({ source, keeper }) => {
      source.next({ token: source.mint({ kind: "aad" }) });
      return keeper.calls("refresh");
    },
  ],
  [
    "stop(), no error is explained",
    ({ keeper }) => keeper.stops(),
    "explained",
    ({ frame }) => frame.emit("error", NOT_FOUND),
  ],
  [
    "detach(), no error of that embed is explained",
    ({ keeper }) => keeper.detaches(),
    "explained",
    ({ frame }) => frame.emit("error", NOT_FOUND),
  ],
]) {
  story(`after ${name}, though the diagnosis was on its way`, async (told) => {
    const { page, keeper, site } = told;
    await begins(told);
    let arrive;
    site.diagnosis.arrives = new Promise((done) => (arrive = done));
    await begin(told);
    await page.awaits("the diagnosis is asked for", () => site.diagnosis.asked);
    await end(told);
    assert.equal(await page.timers(), 0);
    arrive();
    await page.run(() => import("/dist/diagnosis-wasm.js").catch(() => {}));
    await page.passes(seconds(10));
    assert.deepEqual(await keeper.events(type), []);
  });
}

story("what the keeper knows of the machine's clock is part of the evidence", async (told) => {
  const { page, source, frame, keeper, clock } = told;
  await page.clockIsSet(hours(2));
  await begins(told);
  source.always({ headers: { date: new Date(clock.server).toUTCString() } });
  await keeper.calls("refresh");
  await page.passes(seconds(5));
  assert.equal((await keeper.status()).clockSkewMs, -hours(2));
  await frame.emit("error", { message: "TokenExpired" });
  const [{ causes }] = await explained(told, 1);
  const [wrong] = causes.filter(({ code }) => code === "clock-wrong");
  assert.equal(wrong?.verdict, "confirmed");
  assert.match(wrong.message, /2 hours fast/);
  // by the page's clock alone the token ended an hour ago
  const [expired] = causes.filter(({ code }) => code === "token-expired");
  assert.equal(expired?.verdict, "ruled-out", expired?.message);
});

story("a token that the server's clock has outlived is expired, though by a slow machine's it is not", async (told) => {
  const { page, source, frame, keeper, clock } = told;
  await page.clockIsSet(-hours(2));
  await begins(told);
  source.always({ headers: { date: new Date(clock.server).toUTCString() } });
  await keeper.calls("refresh");
  await page.passes(seconds(5));
  source.always({ drop: true });
  await page.passes(minutes(61));
  await frame.emit("error", { message: "TokenExpired", detailedMessage: "Get report failed", errorCode: "401" });
  const said = await explained(told, 1);
  const [expired] = said.at(-1).causes.filter(({ code }) => code === "token-expired");
  assert.equal(expired?.verdict, "confirmed", expired?.message);
});

story("the version of powerbi-client that embeds is part of the evidence", async (told) => {
  const { frame } = told;
  await begins(told);
  await frame.emit("error", { message: "Invalid embed URL detected. Either URL hostname or protocol are invalid" });
  const [{ causes }] = await explained(told, 1);
  assert.deepEqual(
    causes.filter(({ code }) => code === "sdk-too-old").map(({ verdict }) => verdict),
    ["ruled-out"],
  );
});

story("what a page tells diagnose() must be what it says", async ({ page }) => {
  for (const options of ["{ now: NaN }", "{ now: Infinity }", "{ now: '2026' }"]) {
    const { name, code, message } = await page.run(`(async () => {
      const { diagnose } = await import("/dist/index.js");
      try {
        await diagnose({ type: "report" }, ${options});
      } catch ({ name, code, message }) {
        return { name, code, message };
      }
    })()`);
    assert.deepEqual([name, code], ["TypeError", "ERR_OPTION"], options);
    assert.match(message, /\bnow\b/);
  }
});
