// Each version of powerbi-client that the peer range admits, from the oldest on: what works with all of them, and the
// hook where they know it. Then powerbi-client-react, over each version that knows the hook.

import assert from "node:assert/strict";
import { ALL_VERSIONS, expectTaken, minutes, seconds, story, VERSIONS } from "./lib/story.mjs";
import { wrapperPage } from "./lib/wrapper.mjs";

const EXPIRED = {
  message: "TokenExpired",
  detailedMessage: "Access token has expired, resubmit with a new access token",
  errorCode: "403",
  level: 6,
};

/** The frame's question is answered with a token that is newer than its own. */
async function expectAnswered({ page, source, frame }) {
  await page.passes(minutes(40));
  const asked = await frame.asks();
  await page.rests();
  assert.deepEqual(await asked.answer(), { statusCode: 200, body: source.newest.text });
  await expectTaken({ page, source });
  await frame.expectHolds(source.newest);
}

for (const client of ALL_VERSIONS) {
  story(
    `${client}: attach, a new token in time, refresh(), and a container that is embedded again`,
    async (told) => {
      const { page, source, frame, keeper } = told;
      await page.embeds();
      await keeper.keeps();
      await page.passes(minutes(55));
      source.expectRequests(1);
      await expectTaken(told);
      await keeper.calls("refresh");
      await page.passes(seconds(2));
      source.expectRequests(2);
      await expectTaken(told);
      assert.equal(await frame.count("POST /report/token"), 2);
      assert.equal(await frame.count("POST /report/load"), 1, "no reload");
      await page.embeds({ token: source.newest });
      await page.passes(minutes(55));
      source.expectRequests(3);
      await expectTaken(told);
      assert.deepEqual(await keeper.applyFailures(), []);
      await keeper.stops();
      assert.equal(await page.timers(), 0);
    },
    { client },
  );

  story(
    `${client}: TokenExpired is healed by a new token and a reload`,
    async (told) => {
      const { page, source, frame, keeper } = told;
      await page.embeds();
      await keeper.keeps();
      await page.passes(minutes(1));
      await frame.emit("error", EXPIRED);
      await page.passes(seconds(5));
      source.expectRequests(1);
      assert.deepEqual(
        (await keeper.events("recovered")).map(({ detail }) => detail.how),
        ["reload"],
      );
      await frame.expectHolds(source.newest);
      assert.equal((await frame.state()).phase, "loaded");
    },
    { client },
  );

  const knowsHook = VERSIONS.includes(client);
  story(
    knowsHook
      ? `${client}: configure() adds the hook, which is answered`
      : `${client}: configure() leaves out the hook, and the report loads`,
    async (told) => {
      const { page, source, frame, keeper } = told;
      source.kind = "aad";
      await keeper.starts();
      await page.embeds({ by: "keeper" });
      await keeper.attaches();
      const hooked = await page.run(
        (config) => "eventHooks" in stage.keepers.keeper.configure(config),
        page.config({ token: source.newest }),
      );
      assert.equal(hooked, knowsHook);
      assert.equal((await frame.state()).phase, "loaded");
      if (knowsHook) return expectAnswered(told);
      await page.passes(minutes(55));
      source.expectRequests(1);
      await expectTaken(told);
      await frame.expectHolds(source.newest);
    },
    { client },
  );
}

for (const client of ["2.18.7", "2.16.5", "2.10.1"]) {
  story(
    `${client}: an element's own version counts, not that of window.powerbi`,
    async ({ page, source, keeper }) => {
      const token = source.mint({ kind: "aad" });
      await page.embeds({ token });
      await keeper.starts();
      const hooked = await page.run((config) => {
        window.powerbi = { hpm: { defaultHeaders: { "x-sdk-version": "2.24.1" } } };
        const { keeper: one } = stage.keepers;
        return [undefined, stage.container("report")].map((at) => "eventHooks" in one.configure(config, at));
      }, page.config({ token }));
      assert.deepEqual(hooked, [true, false]);
    },
    { client },
  );
}

// ---- bootstrap, then embed -----------------------------------------------------------------------------------------

for (const client of VERSIONS) {
  const ways = {
    "embed(configure(config, element))": ([bare, full]) => {
      const { keeper } = stage.keepers;
      const element = stage.container("report");
      powerbi.bootstrap(element, bare);
      stage.embeds.report = powerbi.embed(element, keeper.configure(full, element));
    },
    "embed(configure(config, element)) where the bootstrap was configured, too": ([bare, full]) => {
      const { keeper } = stage.keepers;
      const element = stage.container("report");
      powerbi.bootstrap(element, keeper.configure(bare));
      stage.embeds.report = powerbi.embed(element, keeper.configure(full, element));
    },
    "the same configured object for both calls": ([, full]) => {
      const { keeper } = stage.keepers;
      const element = stage.container("report");
      const configured = keeper.configure(full);
      powerbi.bootstrap(element, configured);
      stage.embeds.report = powerbi.embed(element, configured);
    },
    "the same object, configured for each call": ([, full]) => {
      const { keeper } = stage.keepers;
      const element = stage.container("report");
      powerbi.bootstrap(element, keeper.configure(full));
      stage.embeds.report = powerbi.embed(element, keeper.configure(full));
    },
  };
  for (const [how, embeds] of Object.entries(ways)) {
    story(
      `${client}: bootstrap, then ${how}: the frame's question is answered, also after a second embed`,
      async (told) => {
        const { page, source, frame, keeper } = told;
        source.kind = "aad";
        const { accessToken, ...bare } = page.config({ token: source.mint() });
        await keeper.starts();
        await page.run(embeds, [bare, { ...bare, accessToken }]);
        await frame.ends({ least: 1 });
        await keeper.attaches();
        await expectAnswered(told);
        await page.run(
          (config) => {
            const element = stage.container("report");
            stage.embeds.report = powerbi.embed(element, stage.keepers.keeper.configure(config, element));
          },
          { ...bare, accessToken: source.newest.text },
        );
        await frame.ends({ least: 2 });
        await expectAnswered(told);
      },
      { client },
    );
  }

  for (const react of ["18", "19"]) {
    story(
      `${client}: powerbi-client-react in React ${react}, rendered without a token, then with one: answered`,
      async (told) => {
        const { page, source, frame, site, keeper } = told;
        source.kind = "aad";
        site.scripts.set("/wrapper.js", await wrapperPage({ client, react }));
        const { accessToken, ...bare } = page.config({ token: source.mint() });
        await keeper.starts();
        await page.run(
          async ([config, shared]) => {
            await import("/wrapper.js");
            if (shared) wrapper.service = powerbi;
            wrapper.render(stage.keepers.keeper, config);
          },
          // in 2.19 each Service answers for all embeds, with null for those that are not its own
          [bare, client.startsWith("2.19")],
        );
        await page.waitsUntil("the bootstrap", () => stage.container("report").querySelector("iframe") !== null);
        assert.equal(await frame.countLoads(), 0, "nothing is loaded without a token");
        await page.run((token) => wrapper.setToken(token), accessToken);
        await frame.ends({ least: 1 });
        assert.equal((await frame.state()).phase, "loaded");
        assert.equal(await page.run(() => wrapper.embeds.at(-1).service.hpm.defaultHeaders["x-sdk-version"]), client);
        await expectAnswered(told);
        await expectAnswered(told);
      },
      { client },
    );
  }
}
