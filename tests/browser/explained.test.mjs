// An embed's error, explained by the diagnosis, which is loaded when the first one comes.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

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
    assert.ok(detail.summary.length > 20);
    assert.ok(detail.causes.length > 3);
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
  await frame.shout(50);
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
