// A frame that has shown TokenExpired: one request, then whatever brings the report back.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

const LOAD_LEVEL = {
  message: "TokenExpired",
  detailedMessage: "Access token has expired, resubmit with a new access token",
  errorCode: "403",
  level: 6,
};

async function begins({ page, keeper }, options) {
  await page.embeds();
  await keeper.keeps(options);
  await page.passes(minutes(10));
}

story("fifty visuals that say TokenExpired make one request, then one refresh()", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  await frame.raiseTokenExpired(50);
  await page.passes(seconds(5));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
  assert.equal(source.tokens.length, 2);
  assert.equal(await frame.count("POST /report/refresh"), 1);
  assert.equal(await frame.count("POST /report/load"), 1);
  assert.equal((await frame.state()).expiredVisuals, 0);
  assert.deepEqual(await recovered(keeper), ["refresh"]);
  assert.deepEqual(
    (await keeper.events("refreshed")).map(({ detail }) => detail.reason),
    ["token-expired"],
  );
});

story("the report's own TokenExpired makes one request, then one reload()", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  await frame.emit("error", LOAD_LEVEL);
  await page.passes(seconds(5));
  source.expectRequests(1);
  await frame.expectHolds(source.newest);
  assert.equal(await frame.count("POST /report/load"), 2);
  assert.equal(await frame.count("POST /report/refresh"), 0);
  assert.deepEqual(await recovered(keeper), ["reload"]);
  assert.deepEqual(
    (await keeper.events("refreshed")).map(({ detail }) => detail.reason),
    ["token-expired"],
  );
});

for (const [name, error, how] of [
  ["the message alone", { message: "TokenExpired" }, "reload"],
  ["the detail alone", { message: "LoadReportFailed", detailedMessage: LOAD_LEVEL.detailedMessage }, "reload"],
  ["another detail", { message: "TokenExpired", detailedMessage: "Get report failed", errorCode: "401" }, "reload"],
  [
    "a visual's name",
    { message: "TokenExpired", detailedMessage: "Couldn't render a report visual titled: Sales" },
    "refresh",
  ],
]) {
  story(`TokenExpired is known by ${name}`, async (told) => {
    const { page, source, frame, keeper } = told;
    await begins(told);
    await frame.emit("error", error);
    await page.passes(seconds(5));
    source.expectRequests(1);
    assert.deepEqual(await recovered(keeper), [how]);
  });
}

story("a report that failed for an expired token after a long sleep comes back", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  // the machine slept, and a person clicks before any timer has fired
  await page.sleepsUncounted(minutes(90));
  await frame.run(() => window.sandbox.goToPage("coast"));
  await page.passes(seconds(5));
  source.expectRequests(1);
  assert.equal((await frame.state()).phase, "loaded");
  assert.deepEqual(await recovered(keeper), ["reload"]);
  await keeper.expectState("fresh");
});

for (const [afterExpiry, level, loads, refreshes, how] of [
  ["reload", "visual", 2, 0, ["reload"]],
  ["reload", "load", 2, 0, ["reload"]],
  ["refresh", "visual", 1, 1, ["refresh"]],
  ["refresh", "load", 1, 1, ["refresh"]],
  ["none", "visual", 1, 0, []],
  ["none", "load", 1, 0, []],
]) {
  story(`afterExpiry "${afterExpiry}" after a ${level}-level failure`, async (told) => {
    const { page, source, frame, keeper } = told;
    await begins(told, { afterExpiry });
    if (level === "visual") await frame.raiseTokenExpired(3);
    else await frame.emit("error", LOAD_LEVEL);
    await page.passes(seconds(5));
    source.expectRequests(1);
    await frame.expectHolds(source.newest);
    assert.equal(await frame.count("POST /report/load"), loads);
    assert.equal(await frame.count("POST /report/refresh"), refreshes);
    assert.deepEqual(await recovered(keeper), how);
  });
}

story("nothing is reloaded or refreshed after a token that came in time", async ({ page, source, frame, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  await page.passes(minutes(52));
  source.expectRequests(1);
  assert.equal(await frame.count("POST /report/load"), 1);
  assert.equal(await frame.count("POST /report/refresh"), 0);
  assert.deepEqual(await recovered(keeper), []);
});

story("a backend that is down while visuals raise TokenExpired again and again is asked on schedule", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  source.always({ drop: true });
  for (let i = 0; i < 60; i += 1) {
    await frame.raiseTokenExpired(50);
    await page.passes(seconds(1));
  }
  const failures = await keeper.events("refreshfailed");
  assert.equal(failures.length, source.requests.length);
  assert.ok(source.requests.length >= 5, `${source.requests.length} requests in a minute are too few`);
  assert.ok(source.requests.length <= 11, `${source.requests.length} requests in a minute`);
  for (const [i, { detail, at }] of failures.slice(0, -1).entries())
    assert.ok(failures[i + 1].at - at >= detail.retryInMs, "no retry comes before its time");
  source.always();
  await page.passesUntil(async () => (await keeper.events("recovered")).length === 1, minutes(5));
  await frame.expectHolds(source.newest);
});

story("an echo of TokenExpired right after the new token asks for nothing more", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  await frame.raiseTokenExpired(5);
  await page.rests();
  await frame.raiseTokenExpired(5);
  await page.passes(seconds(8));
  source.expectRequests(1);
  assert.equal((await keeper.events("recovered")).length, 1);
});

story("a TokenExpired after the page has set a newer token itself is about that one", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  source.always({ hang: true });
  const newer = source.mint();
  await page.run((text) => stage.embeds.report.setAccessToken(text), newer.text);
  await frame.expectHolds(newer);
  await frame.raiseTokenExpired(1);
  await page.rests();
  assert.equal((await keeper.status()).expiresAt, newer.expiresAt);
});

for (const type of ["dashboard", "tile", "qna"]) {
  story(
    `a ${type}, which has no refresh(), is reloaded whatever failed in it`,
    async ({ page, source, frame, keeper }) => {
      await page.embeds({ type });
      await keeper.keeps();
      await page.passes(minutes(10));
      await frame.raiseTokenExpired(2);
      await page.passes(seconds(5));
      source.expectRequests(1);
      await frame.expectHolds(source.newest);
      assert.equal(await frame.count(`POST /${type}/load`), 2);
      assert.deepEqual(await recovered(keeper), ["reload"]);
    },
  );
}

story(
  "of two reports one lost its visuals and one everything: one request, and each comes back in its own way",
  async ({ page, source, frame, keeper }) => {
    const token = source.mint();
    await page.embeds({ token });
    const second = await page.embeds({ at: "second", token });
    await page.embeds({ at: "third", token });
    await keeper.starts();
    await keeper.attaches("report", "second", "third");
    await page.passes(minutes(10));
    source.always({ delayMs: seconds(3) });
    await frame.raiseTokenExpired(4);
    await second.emit("error", LOAD_LEVEL);
    await page.passes(seconds(8));
    source.expectRequests(1);
    for (const at of ["report", "second", "third"]) await page.frame(at).expectHolds(source.newest);
    const how = (await keeper.events("recovered")).map(({ detail }) => [detail.element, detail.how]);
    assert.deepEqual(how.sort(), [
      ["#report", "refresh"],
      ["#second", "reload"],
    ]);
    assert.deepEqual(
      [
        await frame.count("POST /report/load"),
        await second.count("POST /report/load"),
        await page.frame("third").count("POST /report/load"),
      ],
      [1, 2, 1],
    );
  },
);

for (const [name, step] of [
  ["refuses", { statusCode: 403, body: LOAD_LEVEL }],
  ["never answers", { drop: true }],
]) {
  story(
    `a reload that the frame ${name} is not called a recovery, and the next failure brings another`,
    async (told) => {
      const { page, source, frame, keeper } = told;
      await begins(told);
      await frame.plan({ load: [step] });
      await frame.emit("error", LOAD_LEVEL);
      await page.passes(seconds(30));
      assert.equal(await frame.count("POST /report/load"), 2);
      assert.deepEqual(await recovered(keeper), []);
      assert.equal(await page.configToken(), source.newest.text);
      await frame.emit("error", LOAD_LEVEL);
      await page.passes(seconds(30));
      source.expectRequests(2);
      assert.deepEqual(await recovered(keeper), ["reload"]);
      await frame.expectHolds(source.newest);
      assert.equal((await frame.state()).phase, "loaded");
    },
  );
}

for (const [name, error] of [
  ["not found", { message: "LoadReportFailed", detailedMessage: "Get report failed", errorCode: "404", level: 6 }],
  ["without permission", { message: "PowerBIEntityNotFound", errorCode: "404" }],
  ["of a paused capacity", { message: "OpenConnectionError" }],
  ["empty", {}],
  ["null", null],
]) {
  story(`an error that is ${name} asks for no token`, async (told) => {
    const { page, source, frame } = told;
    await begins(told);
    await frame.emit("error", error);
    await page.passes(seconds(5));
    source.expectRequests(0);
  });
}

story("an error event of something else inside the container is no expiration", async (told) => {
  const { page, source } = told;
  await begins(told);
  await page.run(() => {
    const element = document.getElementById("report");
    element.dispatchEvent(new Event("error"));
    element.dispatchEvent(
      new CustomEvent("error", {
        detail: {
          get message() {
            throw new Error("no");
          },
        },
      }),
    );
    element.dispatchEvent(new CustomEvent("error", { detail: { message: 7, detailedMessage: {} } }));
  });
  await page.passes(seconds(2));
  source.expectRequests(0);
});

const recovered = async (keeper) => {
  const events = await keeper.events("recovered");
  for (const { detail } of events) assert.equal(detail.element, "#report");
  return events.map(({ detail }) => detail.how);
};
