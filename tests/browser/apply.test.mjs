// Setting the token on embeds that hang, refuse, answer late, do not listen yet, or are gone. None of it costs another
// request, and none of it holds up another embed.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

const IERROR = { message: "TokenRefused", detailedMessage: "not now", errorCode: "403", level: 6 };

/** Two reports under one keeper. */
async function two({ page, source, keeper }, options) {
  const token = source.mint();
  await page.embeds({ token });
  await page.embeds({ at: "second", token });
  await keeper.starts(options);
  await keeper.attaches("report", "second");
  await page.passes(minutes(1));
  return { first: page.frame("report"), second: page.frame("second") };
}

for (const [name, options, limit] of [["10 s", {}, seconds(10)], ["applyTimeoutMs", { applyTimeoutMs: 3000 }, seconds(3)]]) {
  story(`a frame that never answers: ERR_APPLY_TIMEOUT after ${name}, again without a new request, and the other embed is served`, async (told) => {
    const { page, source, keeper } = told;
    const { first, second } = await two(told, options);
    await first.plan({ silent: true });
    await keeper.calls("refresh");
    await second.expectHolds(source.newest);
    assert.equal(await page.configToken("second"), source.newest.text);
    await page.passes(limit - 1);
    assert.deepEqual(await keeper.events("applyfailed"), []);
    await page.passes(1);
    assert.deepEqual(await failures(keeper), [{ code: "ERR_APPLY_TIMEOUT", element: "#report", attempt: 1, retryInMs: seconds(2) }]);
    assert.equal(await page.configToken(), source.tokens[0].text);

    await first.plan({ silent: false });
    await page.passes(seconds(2));
    await first.expectHolds(source.newest);
    assert.equal(await page.configToken(), source.newest.text);
    source.expectRequests(1);
  });
}

for (const [name, step] of [["an IError", { statusCode: 403, body: IERROR }], ["nothing", { statusCode: 500 }], ["a text", { statusCode: 400, body: "no" }]]) {
  story(`a frame that refuses with ${name}: ERR_APPLY_REJECTED, again after 2, 4 and 8 s`, async (told) => {
    const { page, source, keeper } = told;
    const { first, second } = await two(told);
    await first.plan({ token: [{ ...step, times: 3 }] });
    const call = await keeper.calls("refresh");
    await second.expectHolds(source.newest);
    await page.passes(seconds(14) - 1);
    await first.expectHolds(source.tokens[0]);
    await page.passes(1);
    await first.expectHolds(source.newest);
    assert.deepEqual(await failures(keeper), [2, 4, 8].map((wait, i) => ({ code: "ERR_APPLY_REJECTED", element: "#report", attempt: i + 1, retryInMs: seconds(wait) })));
    source.expectRequests(1);
    assert.equal((await call.now()).state, "fulfilled");
  });
}

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

story("a late answer to an older call, which puts the older token back, is repaired", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await frame.plan({ token: [{ delayMs: minutes(2) }] });
  await keeper.calls("refresh");
  await page.passes(seconds(20));
  await frame.expectHolds(source.tokens[1]);
  await keeper.calls("refresh");
  await frame.expectHolds(source.tokens[2]);
  assert.equal(await page.configToken(), source.tokens[2].text);

  await page.passes(minutes(2));
  assert.equal(source.tokens.length, 3);
  await frame.expectHolds(source.tokens[2]);
  assert.equal(await page.configToken(), source.tokens[2].text);
  source.expectRequests(2);
});

story("a report whose frame is still being fetched gets the newer token once it listens", async ({ page, source, keeper, frame, site }) => {
  const old = source.mint();
  await page.passes(seconds(10));
  await keeper.starts();
  await keeper.calls("getToken");
  let arrive;
  site.frame = new Promise((done) => (arrive = done));
  await page.run(([config]) => stage.embed("report", config), [page.config({ token: old })]);
  await keeper.attaches();
  await page.passes(seconds(5));
  arrive();
  await page.awaits("the load", async () => (await frame.loads()) === 1 && (await frame.state()).phase === "loaded");
  await page.passes(seconds(2));
  await frame.expectHolds(source.newest);
  assert.equal(await page.configToken(), source.newest.text);
  assert.deepEqual(await failures(keeper), []);
  source.expectRequests(1);
});

for (const [name, leave] of [
  ["removed from the page", () => document.getElementById("report").remove()],
  ["reset", () => powerbi.reset(document.getElementById("report"))],
  ["robbed of its frame", () => document.querySelector("#report iframe").remove()],
]) {
  story(`an embed that was ${name} is let go, and the other one is served`, async (told) => {
    const { page, source, keeper } = told;
    const { second } = await two(told);
    await page.run(leave);
    await keeper.calls("refresh");
    await page.passes(minutes(1));
    await second.expectHolds(source.newest);
    assert.equal((await keeper.status()).embeds, 1);
    assert.ok((await failures(keeper)).every(({ code, element }) => code === "ERR_APPLY_GONE" && element === "#report"), "nothing but ERR_APPLY_GONE");
    assert.equal((await keeper.events("refreshed")).at(-1).detail.embeds, 1);
    source.expectRequests(1);
  });
}

story("a container that was reset and carries a new embed is followed", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await page.run(() => powerbi.reset(document.getElementById("report")));
  await page.embeds();
  await page.passes(minutes(55));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
  assert.equal(await page.configToken(), source.newest.text);
  assert.equal((await keeper.status()).embeds, 1);
});

story("a second embed on the same element, with the first token once more, gets the newest", async ({ page, source, keeper, frame }) => {
  const first = source.mint();
  await page.embeds({ token: first });
  await keeper.keeps();
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  await page.embeds({ token: first });
  await page.passes(minutes(1));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
  assert.equal(await page.configToken(), source.newest.text);
});

// ---- embeds that are not powerbi-client's own objects --------------------------------------------------------------

for (const [name, set] of [
  ["throws", () => { throw new Error("no"); }],
  ["throws nothing", () => { throw undefined; }],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["rejects with a text", () => Promise.reject("no")],
  ["resolves without taking the token", () => Promise.resolve()],
  ["answers nothing", () => undefined],
  ["answers a thenable that throws", () => ({ then() { throw new Error("no"); } })],
]) {
  story(`setAccessToken that ${name}: ERR_APPLY_REJECTED, then again`, async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.run(`(() => {
      const element = stage.container("odd");
      const set = ${set};
      let calls = 0;
      const config = { type: "report", tokenType: 1, accessToken: stage.embeds.report.config.accessToken };
      stage.embeds.odd = { element, config, setAccessToken: (token) => (++calls < 3 ? set() : Promise.resolve(void (config.accessToken = token))) };
    })()`);
    await keeper.attaches("odd");
    await page.passes(minutes(1));
    await keeper.calls("refresh");
    await page.frame().expectHolds(source.newest);
    await page.passes(seconds(6));
    assert.deepEqual((await failures(keeper)).map(({ code, element }) => [code, element]), Array(2).fill(["ERR_APPLY_REJECTED", "#odd"]));
    assert.equal(await page.configToken("odd"), source.newest.text);
    source.expectRequests(1);
  });
}

const failures = async (keeper) => (await keeper.events("applyfailed")).map(({ detail }) => detail);
