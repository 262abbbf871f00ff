// Setting the token on embeds of which nobody knows whether they are powerbi-client's own. What powerbi-client itself
// does is in traps.test.mjs.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";
import { two } from "./lib/two.mjs";

story(
  "a frame that never answers is given up after applyTimeoutMs, and tried again without a new request",
  async (told) => {
    const { page, source, keeper } = told;
    const { first, second } = await two(told, { applyTimeoutMs: 3000 });
    await first.plan({ silent: true });
    await keeper.calls("refresh");
    await second.expectHolds(source.newest);
    await page.passes(seconds(3) - 1);
    assert.deepEqual(await keeper.events("applyfailed"), []);
    await page.passes(1);
    assert.deepEqual(
      (await keeper.events("applyfailed")).map(({ detail }) => [detail.code, detail.element]),
      [["ERR_APPLY_TIMEOUT", "#report"]],
    );
    await first.plan({ silent: false });
    await page.passes(seconds(2));
    await first.expectHolds(source.newest);
    source.expectRequests(1);
  },
);

story("the expiration that counts is that of the token in the embed", async (told) => {
  const { page, source, keeper, frame } = told;
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await frame.plan({ silent: true });
  await keeper.calls("refresh");
  await page.passes(seconds(30));
  assert.equal((await keeper.status()).expiresAt, source.tokens[0].expiresAt);
  assert.deepEqual(await keeper.events("refreshed"), []);
  await frame.plan({ silent: false });
  await page.passes(minutes(1));
  assert.equal((await keeper.status()).expiresAt, source.newest.expiresAt);
  assert.equal((await keeper.events("refreshed")).length, 1);
  source.expectRequests(1);
});

// ---- embeds that are not powerbi-client's own objects --------------------------------------------------------------

for (const [name, set] of [
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  [
    "throws nothing",
    () => {
      throw undefined;
    },
  ],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["rejects with a text", () => Promise.reject("no")],
  ["resolves without taking the token", () => Promise.resolve()],
  ["answers nothing", () => undefined],
  [
    "answers a thenable that throws",
    () => ({
      then() {
        throw new Error("no");
      },
    }),
  ],
]) {
  story(`setAccessToken that ${name}: ERR_APPLY_REJECTED, then again`, async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.run(`(() => {
      const element = stage.container("odd");
      const set = ${set};
      let calls = 0;
      const config = { type: "report", tokenType: 1, accessToken: stage.embeds.report.config.accessToken };
      const take = async (token) => void (config.accessToken = token);
      stage.embeds.odd = { element, config, setAccessToken: (token) => (++calls < 3 ? set() : take(token)) };
    })()`);
    await keeper.attaches("odd");
    await page.passes(minutes(1));
    await keeper.calls("refresh");
    await page.frame().expectHolds(source.newest);
    await page.passes(seconds(6));
    assert.deepEqual(
      (await keeper.applyFailures()).map(({ code, element }) => [code, element]),
      Array(2).fill(["ERR_APPLY_REJECTED", "#odd"]),
    );
    assert.equal(await page.configToken("odd"), source.newest.text);
    source.expectRequests(1);
  });
}
