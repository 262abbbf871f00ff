// A token is replaced in time: the window, the poll, and every way in which a page comes back.

import assert from "node:assert/strict";
import { hours, minutes, seconds, START, story } from "./lib/story.mjs";

const STATUS = [
  "attempt",
  "clockSkewMs",
  "embeds",
  "engine",
  "expiresAt",
  "lastErrorCode",
  "lastRefreshAt",
  "nextCheckAt",
  "remainingMs",
  "requests",
  "state",
  "tokenType",
];

story("a token of an hour is refreshed once, when its window opens", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(49) - 1);
  source.expectRequests(0);
  await keeper.expectState("fresh");
  await frame.expectHolds(source.tokens[0]);

  await page.passes(minutes(2) + 1);
  source.expectRequests(1);
  await frame.expectHolds(source.tokens[1]);
  assert.equal(await page.configToken(), source.tokens[1].text);
  const [{ detail }, ...more] = await keeper.events("refreshed");
  assert.deepEqual(detail, { reason: "poll", expiresAt: source.tokens[1].expiresAt, attempt: 1, embeds: 1 });
  assert.equal(more.length, 0);
  const status = await keeper.status();
  assert.equal(status.state, "fresh");
  assert.equal(status.expiresAt, source.tokens[1].expiresAt);
  assert.equal(status.lastRefreshAt, START + source.requests[0].at);
  assert.equal(status.requests, 1);
  const { detail: last } = (await keeper.events("statechange")).at(-1);
  assert.deepEqual(Object.keys(last).sort(), STATUS);
  assert.deepEqual(Object.keys(status).sort(), STATUS);
});

story("an Aad token is refreshed in its window as well", async ({ page, source, frame, keeper }) => {
  source.kind = "aad";
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(52));
  source.expectRequests(1);
  await frame.expectHolds(source.tokens[1]);
  assert.equal((await keeper.status()).tokenType, 0);
});

story(
  "a frame never holds an expired token, with fewer requests than a day divided by lifetime less lead",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(hours(3));
    await expectNeverExpired({ page, source, frame });
    assert.ok(source.requests.length <= 180 / 50, `${source.requests.length} requests in three hours`);
  },
);

for (const [name, lifetime, span, most] of [
  ["9 minutes", minutes(9), hours(2), 30],
  ["60 seconds", seconds(60), hours(1), 120],
]) {
  story(
    `tokens of ${name}: none expires in the frame, and the requests stay within the budget`,
    async ({ page, source, frame, keeper }) => {
      source.lives(lifetime);
      await page.embeds();
      await keeper.keeps();
      await page.passes(span);
      await expectNeverExpired({ page, source, frame });
      assert.ok(source.requests.length <= most, `${source.requests.length} requests, ${most} are allowed`);
      assert.equal((await keeper.events("expired")).length, 0);
    },
  );
}

story(
  "a longer lead opens the window earlier, but never before half of the lifetime",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps({ leadMs: minutes(50) });
    await page.passes(minutes(27) - 1);
    source.expectRequests(0);
    await page.passes(minutes(9) + 1);
    source.expectRequests(1);
    await frame.expectHolds(source.tokens[1]);
  },
);

story("the expiration is checked every 30 seconds", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(10));
  assert.deepEqual(intervals(await fired(page)), new Array(19).fill(seconds(30)));
});

story("pollIntervalMs says how often", async ({ page, keeper }) => {
  await page.embeds();
  await keeper.keeps({ pollIntervalMs: seconds(5) });
  await page.passes(minutes(1));
  assert.deepEqual(intervals(await fired(page)), new Array(11).fill(seconds(5)));
});

story(
  "a long poll interval arms no timer of more than a minute, and the window still opens in time",
  async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps({ pollIntervalMs: minutes(10) });
    await page.passes(minutes(52));
    source.expectRequests(1);
  },
);

story(
  "several keepers share one timer and one set of listeners",
  async ({ page, another }) => {
    await page.embeds();
    const before = await page.registrations();
    await another("first").keeps();
    const one = await page.listeners();
    assert.equal((await page.timers()) - before.timers, 1);
    for (const [i, name] of ["second", "third", "fourth"].entries()) {
      await page.embeds({ at: name });
      await another(name).starts({ pollIntervalMs: seconds(7 + i) });
      await another(name).attaches(name);
    }
    assert.equal((await page.timers()) - before.timers, 1);
    const onPage = (list) =>
      list.filter((one) => /^(window|document) (visibilitychange|pageshow|resume|online|focus)$/.test(one));
    assert.deepEqual(onPage(await page.listeners()), onPage(one));
    await page.passes(minutes(2));
    assert.equal((await page.timers()) - before.timers, 1);
  },
  { keepers: 4 },
);

for (const [reason, comesBack] of [
  ["visible", (page) => page.shows()],
  ["pageshow", (page) => page.hears("window", "pageshow", { persisted: true })],
  ["resume", (page) => page.hears("document", "resume")],
  ["online", (page) => page.hears("window", "online")],
  ["focus", (page) => page.hears("window", "focus")],
]) {
  story(`after three hours away, ${reason} refreshes at once`, async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    if (reason === "visible") await page.hides();
    await page.sleepsUncounted(hours(3));
    source.expectRequests(0);
    await comesBack(page);
    source.expectRequests(1);
    await frame.expectHolds(source.tokens[1]);
    assert.deepEqual(
      (await keeper.events("refreshed")).map(({ detail }) => detail.reason),
      [reason],
    );
    assert.equal((await keeper.events("expired")).length, 1);
    await keeper.expectState("fresh");
  });
}

story(
  "after three hours of sleep with a clock that went on, the late timer refreshes",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    await page.hides();
    await page.sleeps(hours(3));
    await page.shows();
    source.expectRequests(1);
    await frame.expectHolds(source.tokens[1]);
  },
);

story("a page that comes back with a fresh token asks for nothing", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(20));
  await comesBackInEveryWay(page);
  await page.passes(seconds(5));
  source.expectRequests(0);
});

story("every sign of coming back at once makes one request", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await page.sleepsUncounted(hours(3));
  await comesBackInEveryWay(page);
  await page.passes(seconds(5));
  source.expectRequests(1);
  await frame.expectHolds(source.tokens[1]);
});

story("pageshow of an ordinary load is no sign of coming back", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await page.sleepsUncounted(hours(3));
  await page.hears("window", "pageshow", { persisted: false });
  source.expectRequests(0);
});

story("timers that fire once a minute are enough", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.hides();
  for (let i = 0; i < 110; i += 1) await page.sleeps(minutes(1));
  await expectNeverExpired({ page, source, frame });
  assert.equal(source.requests.length, 2);
});

story("a hidden page's token is kept fresh", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.hides();
  await page.passes(minutes(52));
  source.expectRequests(1);
  await frame.expectHolds(source.tokens[1]);
});

story(
  'whileHidden "pause" asks for nothing while hidden, and at once on return',
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps({ whileHidden: "pause" });
    await page.passes(minutes(1));
    await page.hides();
    await page.passes(minutes(90));
    source.expectRequests(0);
    await page.shows();
    source.expectRequests(1);
    await frame.expectHolds(source.tokens[1]);
  },
);

story("getToken, embed, attach: one request in all", async ({ page, source, frame, keeper }) => {
  await keeper.starts();
  const token = await keeper.calls("getToken");
  source.expectRequests(1);
  assert.equal((await token.now()).value, source.tokens[0].text);
  await page.embeds({ token: source.tokens[0] });
  await keeper.attaches();
  await page.passes(minutes(49));
  source.expectRequests(1);
  await page.passes(minutes(3));
  source.expectRequests(2);
  await frame.expectHolds(source.newest);
});

story("getToken before the engine has loaded waits for it", async ({ source, keeper, site }) => {
  let load;
  site.engine = new Promise((done) => (load = done));
  await keeper.starts({}, { engine: false });
  const token = await keeper.calls("getToken");
  assert.equal((await token.now()).state, "pending");
  load();
  await token.settles();
  assert.equal((await token.now()).value, source.newest.text);
});

story("an initial token is used as it is", async ({ page, source, frame, keeper }) => {
  const token = source.mint();
  await keeper.starts(({ initial }) => ({ initial }), { arg: { initial: source.answerOf(token) } });
  const first = await keeper.calls("getToken");
  assert.equal((await first.now()).value, token.text);
  await page.embeds({ token });
  await keeper.attaches();
  await page.passes(minutes(49));
  source.expectRequests(0);
  await page.passes(minutes(3));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
});

story("refresh() asks now, and everybody who asks meanwhile joins", async ({ page, source, frame, keeper }) => {
  source.always({ delayMs: seconds(3) });
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  const calls = [await keeper.calls("refresh"), await keeper.calls("refresh"), await keeper.calls("refresh")];
  await keeper.expectState("refreshing");
  await comesBackInEveryWay(page);
  await page.passes(seconds(4));
  source.expectRequests(1);
  for (const call of calls)
    assert.deepEqual((await call.now()).value, { ok: true, expiresAt: source.newest.expiresAt });
  await frame.expectHolds(source.newest);
  assert.deepEqual(
    (await keeper.events("refreshed")).map(({ detail }) => detail.reason),
    ["manual"],
  );
});

story("one token and one request serve embeds of every type", async ({ page, source, keeper }) => {
  const token = source.mint();
  const types = ["report", "dashboard", "tile", "qna", "visual"];
  for (const type of types) await page.embeds({ at: type, type, token });
  await keeper.starts();
  await keeper.attaches(...types);
  assert.equal((await keeper.status()).embeds, 5);
  await page.passes(minutes(52));
  source.expectRequests(1);
  for (const type of types) await page.frame(type).expectHolds(source.newest, type);
  const [{ detail }] = await keeper.events("refreshed");
  assert.equal(detail.embeds, 5);
});

const fired = (page) => page.run(() => window.__watch.fired);
const intervals = (times) => times.slice(1).map((at, i) => at - times[i]);

async function comesBackInEveryWay(page) {
  await page.hides();
  await page.shows();
  await page.hears("document", "resume");
  await page.hears("window", "pageshow", { persisted: true });
  await page.hears("window", "online");
  await page.hears("window", "focus");
}

/** Each token was replaced in the frame before its end, and the last one is good now. */
async function expectNeverExpired({ page, source, frame }) {
  const taken = (await frame.seen()).filter(({ request }) => /\/(load|token)$/.test(request)).map(({ at }) => at);
  assert.equal(taken.length, source.tokens.length, "each token was set once");
  const ends = [...taken.slice(1), page.clock.now];
  for (const [i, { expiresAt }] of source.tokens.entries())
    assert.ok(ends[i] <= expiresAt, `token ${i} was held ${(ends[i] - expiresAt) / 1000} s beyond its end`);
  await frame.expectHolds(source.newest);
}
