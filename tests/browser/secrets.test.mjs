// A token is in three places: the source's answer, the engine, and powerbi-client. Every story ends with a search of
// consoles, events, errors and statuses; here is the search of everything else, after everything has gone wrong once.

import assert from "node:assert/strict";
import { damage } from "../../www/dist-server/backend.js";
import { expectNoToken, minutes, seconds, story } from "./lib/story.mjs";

const ATTRIBUTE = "powerbi-access-token";
const IERROR = (text) => ({
  message: "TokenExpired",
  detailedMessage: `Access token has expired: ${text}`,
  errorCode: "403",
  technicalDetails: { requestId: text },
});

/** All that the page shows or keeps, apart from powerbi-client's own objects. */
const left = (page) =>
  page.run(() =>
    JSON.stringify({
      html: document.documentElement.outerHTML,
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookie: document.cookie,
      url: location.href,
      title: document.title,
      name: window.name,
      history: history.state,
      keepers: Object.values(stage.keepers).map((keeper) => [
        JSON.stringify(keeper),
        String(keeper),
        Object.getOwnPropertyNames(keeper),
        { ...keeper },
      ]),
    }),
  );

for (const kind of ["embed", "aad"]) {
  story(
    `no ${kind} token is printed, raised or left behind, whatever goes wrong`,
    async ({ page, source, frame, keeper }) => {
      source.kind = kind;
      await keeper.starts();
      await page.embeds({ by: "keeper" });
      await keeper.attaches();
      await page.passes(minutes(1));

      const wrong = source.mint({ kind: kind === "aad" ? "embed" : "aad" });
      const late = source.mint({ lifetime: -minutes(5) });
      const torn = { ...source.mint(), text: damage(source.newest.text) };
      source.tokens.push(torn);
      const steps = [
        { token: source.tokens[0] },
        { token: wrong },
        { token: late },
        { token: torn },
        { token: source.mint({ userId: "7d1c0de0-5eed-4a11-9b0b-0c0ffee0beef" }) },
        { body: `<p>${source.mint().text}</p>` },
        { body: `"Bearer ${source.mint().text}` },
        { body: { error: source.mint().text } },
        { status: 500, body: source.mint().text },
        { status: 401, headers: { "www-authenticate": source.mint().text }, body: "" },
        { status: 429, headers: { "retry-after": source.mint().text }, body: "" },
        { drop: true },
      ];
      for (const step of steps) {
        source.next(step);
        await keeper.calls("refresh");
        await page.passes(seconds(61));
      }

      // an embed that quotes the token when it refuses, hangs, and says it in an event
      await frame.plan({ token: [{ statusCode: 403, body: IERROR(source.newest.text) }, { drop: true }] });
      await keeper.calls("refresh");
      await page.passes(seconds(30));
      await frame.emit("error", IERROR(source.newest.text));
      await page.passes(seconds(30));
      await frame.asks();
      await page.passes(minutes(5));
      await keeper.calls("getToken");

      expectNoToken(await left(page), source.tokens);
      await keeper.detaches();
      expectNoToken(await left(page), source.tokens);
      await keeper.stops();
      expectNoToken(await left(page), source.tokens);
    },
  );
}

story("sources and endpoints that throw the token itself", async ({ page, source, keeper, another, frame }) => {
  const { text } = source.mint();
  await page.embeds();
  await keeper.keeps(
    (token) => ({
      source: () => {
        throw Object.assign(new Error(token), { code: token, name: token });
      },
    }),
    { arg: text },
  );
  await another("second").starts((token) => ({ source: { url: "/api/token", headers: () => Promise.reject(token) } }), {
    arg: text,
  });
  for (const one of [keeper, another("second")]) {
    await one.calls("refresh");
    const token = await one.calls("getToken");
    await page.passes(seconds(20));
    assert.notEqual((await token.now()).state, "pending");
  }
  await frame.expectHolds(source.tokens[0]);
});

story("a bad option that is a token is not quoted", async ({ page, source }) => {
  const { text } = source.mint();
  const message = await page.run(async (token) => {
    const { TokenKeeper } = await import("/dist/index.js");
    const bad = [
      { source: "/t", tokenType: token },
      { source: `http://api.example.com/${token}` },
      { source: "/t", afterExpiry: token },
      { source: { url: "/t", method: token } },
    ];
    return bad.map((options) => {
      try {
        new TokenKeeper(options).stop();
        return "";
      } catch (error) {
        return `${error.message} ${error.stack}`;
      }
    });
  }, text);
  for (const one of message) expectNoToken(one, source.tokens);
});

story(
  "powerbi-client's copy in the container's attribute is removed after each apply, and at detach",
  async ({ page, source, keeper, frame }) => {
    const attribute = () => page.run((name) => document.getElementById("report").hasAttribute(name), ATTRIBUTE);
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    for (let i = 0; i < 3; i += 1) {
      await keeper.calls("refresh");
      await frame.expectHolds(source.newest);
      assert.equal(await attribute(), false);
      await page.passes(minutes(1));
    }
    await page.run((token) => stage.embeds.report.setAccessToken(token), source.newest.text);
    assert.equal(await attribute(), true, "powerbi-client leaves it there by itself");
    await keeper.detaches();
    assert.equal(await attribute(), false);
  },
);

story(
  "a call that was given up, and answered later, leaves nothing either",
  async ({ page, source, keeper, frame }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(1));
    await frame.plan({ token: [{ delayMs: seconds(25) }] });
    await keeper.calls("refresh");
    await page.passes(seconds(40));
    await frame.expectHolds(source.newest);
    expectNoToken(await page.html(), source.tokens);
    assert.notEqual(await page.run(() => powerbi.accessToken), source.newest.text);
  },
);

story("the Service's shared token is what it was, before and after", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await page.run(() => {
    powerbi.accessToken = "the page's own";
  });
  await keeper.keeps();
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  await frame.expectHolds(source.newest);
  assert.equal(await page.run(() => powerbi.accessToken), "the page's own");
  await keeper.stops();
  assert.equal(await page.run(() => powerbi.accessToken), "the page's own");
});

story("a shared token that the page sets during the call stays", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(1));
  await page.run(() => {
    const { report } = stage.embeds;
    report.setAccessToken = (token) => {
      const set = Object.getPrototypeOf(report).setAccessToken.call(report, token);
      return set.finally(() => {
        powerbi.accessToken = "the page's own";
      });
    };
  });
  await keeper.calls("refresh");
  await frame.expectHolds(source.newest);
  assert.equal(await page.run(() => powerbi.accessToken), "the page's own");
});

story(
  "two reports whose tokens are set at the same time leave the shared token as it was",
  async ({ page, source, keeper }) => {
    const token = source.mint();
    await page.embeds({ token });
    await page.embeds({ at: "second", token });
    await keeper.starts();
    await keeper.attaches("report", "second");
    const before = await page.run(() => powerbi.accessToken ?? null);
    await page.passes(minutes(1));
    await page.frame("report").plan({ token: [{ delayMs: 50 }] });
    await keeper.calls("refresh");
    await page.passes(seconds(1));
    await page.frame("report").expectHolds(source.newest);
    await page.frame("second").expectHolds(source.newest);
    await keeper.calls("refresh");
    await page.passes(seconds(1));
    assert.equal(await page.run(() => powerbi.accessToken ?? null), before);
    expectNoToken(await page.html(), source.tokens);
  },
);
