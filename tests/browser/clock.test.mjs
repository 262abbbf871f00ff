// Clocks that are wrong, jump, or sleep. What counts is the server's time, since that is what ends a token.

import assert from "node:assert/strict";
import { hours, minutes, seconds, story } from "./lib/story.mjs";

for (const [name, headers, most] of [
  [
    "whose source says what time it is: one request more",
    (clock) => ({ date: new Date(clock.server).toUTCString() }),
    1,
  ],
  // it looks like an hour of sleep, after which every token that comes has expired already: retries on schedule alone
  ["whose source does not say what time it is: no loop", () => ({}), 30],
]) {
  story(`a clock set an hour forward, ${name}`, async ({ page, source, frame, keeper, clock }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(10));
    source.always({ headers: headers(clock) });
    await page.clockIsSet(hours(1));
    await page.passes(minutes(30));
    assert.ok(source.requests.length <= most, `${source.requests.length} requests in half an hour`);
    assert.ok((await frame.state()).expiresAt > clock.server);
  });
}

story("a clock set an hour back makes no expired token fresh", async ({ page, source, frame, keeper }) => {
  source.lives(minutes(30));
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(10));
  await page.clockIsSet(-hours(1));
  await page.passes(minutes(20));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
  assert.ok((await frame.seen()).length >= 2);
});

story(
  "a clock set back while the token is expired and the source is down: still expired",
  async ({ page, source, keeper }) => {
    source.lives(minutes(4));
    source.always({ status: 500, body: "" });
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(5));
    await page.clockIsSet(-hours(2));
    await page.passes(minutes(1));
    assert.ok(["expired", "refreshing"].includes((await keeper.status()).state), (await keeper.status()).state);
    assert.equal((await keeper.status()).remainingMs, 0);
    assert.equal((await keeper.events("expired")).length, 1);
  },
);

for (const [name, wrongBy] of [
  ["two hours fast", hours(2)],
  ["two hours slow", -hours(2)],
]) {
  story(
    `a machine that is ${name} learns it from the Date header, and refreshes in time from then on`,
    async ({ page, source, frame, keeper, clock }) => {
      await page.clockIsSet(wrongBy);
      const answer = () => ({ headers: { date: new Date(clock.server).toUTCString() } });
      await page.embeds();
      await keeper.keeps();
      await page.passes(minutes(1));
      source.always(answer());
      await keeper.calls("refresh");
      assert.equal((await keeper.status()).clockSkewMs, -wrongBy);
      const made = source.requests.length;
      await frame.expectHolds(source.newest);
      const { expiresAt } = source.newest;
      await page.passes(minutes(49) - 1);
      assert.equal(source.requests.length, made);
      source.always(answer());
      await page.passesUntilAsked(made + 1, minutes(3));
      assert.ok(clock.server < expiresAt, "before its end");
      await frame.expectHolds(source.newest);
    },
  );
}

story(
  "a slow machine learns from a fresh Aad token that cannot be of the future",
  async ({ page, source, frame, keeper, clock }) => {
    source.kind = "aad";
    await page.clockIsSet(-minutes(30));
    await page.embeds();
    await keeper.keeps();
    assert.equal((await keeper.status()).clockSkewMs, minutes(30));
    await page.passes(minutes(49) - 1);
    source.expectRequests(0);
    await page.passes(minutes(2) + 1);
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    assert.ok(clock.server < source.tokens[0].expiresAt);
  },
);

story(
  "a machine that sleeps, its monotonic clock with it, refreshes with the first timer after",
  async ({ page, source, frame, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(10));
    await page.sleepsUncounted(hours(8));
    source.expectRequests(0);
    await page.passes(seconds(30));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    await keeper.expectState("fresh");
  },
);

story("a page that is frozen for minutes at a time asks once per token", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps();
  for (let i = 0; i < 40; i += 1) await page.sleeps(minutes(6));
  await frame.expectHolds(source.newest);
  assert.ok(source.requests.length <= 5, `${source.requests.length} requests in four hours`);
  assert.equal((await keeper.events("expired")).length, 0);
});
