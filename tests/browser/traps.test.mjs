// powerbi-client's traps, met with the real package: the newest version, the oldest that is supported, and one between.
// After each, nothing of a token is left on the page.

import assert from "node:assert/strict";
import { expectNoToken, expectTaken, minutes, seconds, story, storyOfEach, VERSIONS } from "./lib/story.mjs";
import { two } from "./lib/two.mjs";

const IERROR = { message: "TokenRefused", detailedMessage: "not now", errorCode: "403", level: 6 };

/** A trap met with each version. Whatever it was, no token is left behind, neither then nor after detach. */
function trap(name, tell, unlike) {
  storyOfEach(
    name,
    async (told) => {
      await tell(told);
      await expectNothingLeft(told);
      await told.page.run(() => {
        for (const embed of Object.values(stage.embeds)) stage.keepers.keeper.detach(embed);
      });
      await expectNothingLeft(told);
    },
    { ...unlike, isolated: true },
  );
}

/** Neither in powerbi-client's attribute, nor in the token that its Services share among embeds. */
async function expectNothingLeft({ page, source }) {
  const shared = await page.run(() =>
    [powerbi, ...Object.values(stage.embeds).map(({ service }) => service)].map((service) =>
      String(service?.accessToken),
    ),
  );
  for (const text of [await page.html(), ...shared]) expectNoToken(text, source.tokens);
}

async function begins({ page, keeper }, options, config) {
  await page.embeds(config);
  await keeper.keeps(options);
  await page.passes(minutes(1));
}

// ---- setAccessToken ------------------------------------------------------------------------------------------------

trap(
  "a frame that never answers: ERR_APPLY_TIMEOUT after 10 s, again without a request, and the other embed is served",
  async (told) => {
    const { page, source, keeper } = told;
    const { first } = await two(told);
    await first.plan({ silent: true });
    await keeper.calls("refresh");
    await expectTaken(told, "second");
    await page.passes(seconds(10) - 1);
    assert.deepEqual(await keeper.events("applyfailed"), []);
    await page.passes(1);
    assert.deepEqual(await keeper.applyFailures(), [
      { code: "ERR_APPLY_TIMEOUT", element: "#report", attempt: 1, retryInMs: seconds(2) },
    ]);
    assert.equal(await page.configToken(), source.tokens[0].text);

    await first.plan({ silent: false });
    await page.passes(seconds(2));
    await expectTaken(told);
    source.expectRequests(1);
  },
);

trap(
  "a frame that refuses with an IError, with nothing and with a text: ERR_APPLY_REJECTED, again after 2, 4 and 8 s",
  async (told) => {
    const { page, source, keeper } = told;
    const { first } = await two(told);
    await first.plan({
      token: [{ statusCode: 403, body: IERROR }, { statusCode: 500 }, { statusCode: 400, body: "no" }],
    });
    const call = await keeper.calls("refresh");
    await expectTaken(told, "second");
    await page.passes(seconds(14) - 1);
    await first.expectHolds(source.tokens[0]);
    await page.passes(1);
    await expectTaken(told);
    assert.deepEqual(
      await keeper.applyFailures(),
      [2, 4, 8].map((wait, i) => ({
        code: "ERR_APPLY_REJECTED",
        element: "#report",
        attempt: i + 1,
        retryInMs: seconds(wait),
      })),
    );
    source.expectRequests(1);
    assert.equal((await call.now()).state, "fulfilled");
  },
);

trap("a late answer to an older call, which puts the older token back, is repaired", async (told) => {
  const { page, source, keeper, frame } = told;
  await begins(told);
  await frame.plan({ token: [{ delayMs: minutes(2) }] });
  await keeper.calls("refresh");
  await page.passes(seconds(20));
  await frame.expectHolds(source.tokens[1]);
  await keeper.calls("refresh");
  await expectTaken(told);

  await page.passes(minutes(2));
  assert.equal(source.tokens.length, 3);
  await expectTaken(told);
  source.expectRequests(2);
});

// ---- frames that come and go ---------------------------------------------------------------------------------------

trap("a report whose frame is still being fetched gets the newer token once it listens", async (told) => {
  const { page, source, keeper, frame, site } = told;
  const old = source.mint();
  await page.passes(seconds(10));
  await keeper.starts();
  let arrive;
  site.frame = new Promise((done) => (arrive = done));
  await page.run(([config]) => stage.embed("report", config), [page.config({ token: old })]);
  await keeper.attaches();
  await keeper.calls("refresh");
  await page.passes(seconds(5));
  arrive();
  await frame.loads();
  await page.passes(seconds(2));
  await expectTaken(told);
  assert.deepEqual(await keeper.applyFailures(), []);
  source.expectRequests(1);
});

trap("a frame that navigates while its token is being set gets it all the same", async (told) => {
  const { page, source, keeper, frame } = told;
  await begins(told);
  await frame.plan({ token: [{ drop: true }] });
  await keeper.calls("refresh");
  assert.equal(await frame.count("POST /report/token"), 1);
  // the new document is told to load by powerbi-client, with the token that was not replaced
  await frame.navigates();
  await frame.expectHolds(source.tokens[0]);
  await page.passes(seconds(12));
  await expectTaken(told);
  assert.deepEqual(
    (await keeper.applyFailures()).map(({ code }) => code),
    ["ERR_APPLY_TIMEOUT"],
  );
  source.expectRequests(1);
});

trap("a frame that navigates while nothing is due loads with the newest token", async (told) => {
  const { page, keeper, frame } = told;
  await begins(told);
  await keeper.calls("refresh");
  await page.passes(seconds(1));
  await frame.navigates();
  assert.equal(await frame.count("POST /report/token"), 0, "a new document");
  await expectTaken(told);
});

trap(
  "embeds that were removed, reset, or robbed of their frame are let go, and the last one is served",
  async (told) => {
    const { page, source, keeper } = told;
    const token = source.mint();
    const all = ["removed", "reset", "robbed", "report"];
    for (const at of all) await page.embeds({ at, token });
    await keeper.starts();
    await keeper.attaches(...all);
    await page.passes(minutes(1));
    await page.run(() => {
      document.getElementById("removed").remove();
      powerbi.reset(document.getElementById("reset"));
      document.querySelector("#robbed iframe").remove();
    });
    await keeper.calls("refresh");
    await page.passes(minutes(1));
    await expectTaken(told);
    assert.equal((await keeper.status()).embeds, 1);
    assert.deepEqual(
      (await keeper.applyFailures()).map(({ code, element }) => [code, element]),
      [
        ["ERR_APPLY_GONE", "#removed"],
        ["ERR_APPLY_GONE", "#reset"],
        ["ERR_APPLY_GONE", "#robbed"],
      ],
    );
    assert.equal((await keeper.events("refreshed")).at(-1).detail.embeds, 1);
    source.expectRequests(1);
  },
);

trap("a container that was removed is let go at the next poll, and kept again when it is put back", async (told) => {
  const { page, source, keeper, frame } = told;
  await begins(told);
  await page.run(() => (window.taken = document.getElementById("report")).remove());
  await page.passes(seconds(31));
  assert.equal((await keeper.status()).embeds, 0);
  assert.deepEqual(
    (await keeper.applyFailures()).map(({ code, element }) => [code, element]),
    [["ERR_APPLY_GONE", "#report"]],
  );
  await page.run(() => document.body.append(window.taken));
  await frame.loads();
  assert.equal((await keeper.status()).embeds, 1);
  await keeper.calls("refresh");
  await page.passes(seconds(2));
  await expectTaken(told);
  source.expectRequests(1);
});

trap("a container that was reset and carries a new embed is followed", async (told) => {
  const { page, source, keeper } = told;
  await begins(told);
  await page.run(() => powerbi.reset(document.getElementById("report")));
  await page.embeds();
  await page.passes(minutes(55));
  source.expectRequests(1);
  await expectTaken(told);
  assert.equal((await keeper.status()).embeds, 1);
});

trap("a second embed on the same element, with the first token once more, gets the newest", async (told) => {
  const { page, source, keeper } = told;
  const first = source.mint();
  await begins(told, {}, { token: first });
  await keeper.calls("refresh");
  await page.embeds({ token: first });
  await page.passes(minutes(1));
  source.expectRequests(1);
  await expectTaken(told);
});

trap("a second embed on the same element is still answered by the hook, at its own id", async (told) => {
  const { page, source, frame, keeper } = told;
  source.kind = "aad";
  await keeper.starts();
  // the same configuration object twice, as a framework does
  await page.run(
    (config) => {
      window.config = config;
      stage.embed("report", config, "keeper");
    },
    page.config({ token: source.mint() }),
  );
  await frame.loads();
  const first = (await frame.state()).uid;
  await keeper.attaches();
  // powerbi-client swallows a load within 100 ms of another
  await page.passes(seconds(1));
  await page.run(() => stage.embed("report", window.config, "keeper"));
  await frame.loads(2);
  assert.equal((await frame.state()).uid, first, "uniqueId is pinned");
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer())?.body, source.newest.text);
  await expectTaken(told);
  source.expectRequests(1);
});

// ---- what a page or its framework does to an embed -----------------------------------------------------------------

trap("report.off('error') by the page does not deafen the keeper", async (told) => {
  const { page, source, frame } = told;
  await begins(told);
  await page.run(() => stage.embeds.report.off("error"));
  await frame.raiseTokenExpired(3);
  await page.passes(seconds(2));
  source.expectRequests(1);
  await expectTaken(told);
});

trap("an embed of another Service, whose shared token is its own", async (told) => {
  const { page, source, keeper, frame } = told;
  // as powerbi-client's wrappers do: a Service for each component
  await page.run((config) => {
    const { service, factories } = window["powerbi-client"];
    const own = new service.Service(factories.hpmFactory, factories.wpmpFactory, factories.routerFactory);
    own.accessToken = "the component's own";
    stage.embeds.report = own.embed(stage.container("report"), config);
  }, page.config());
  await frame.loads();
  await keeper.keeps();
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  await expectTaken(told);
  assert.deepEqual(
    await page.run(() => [stage.embeds.report.service === powerbi, stage.embeds.report.service.accessToken]),
    [false, "the component's own"],
  );

  // reset by the Service that does not own it
  await page.passes(minutes(1));
  await page.run(() => powerbi.reset(document.getElementById("report")));
  await keeper.calls("refresh");
  await page.passes(minutes(1));
  assert.equal((await keeper.status()).embeds, 0);
  source.expectRequests(2);
});

trap("a proxy of an embed, as Vue hands it out: attached, asked, and detached by either", async (told) => {
  const { page, source, keeper, frame } = told;
  source.kind = "aad";
  await keeper.starts();
  await page.embeds({ by: "keeper" });
  await page.run(() => {
    // objects alone become proxies, whenever they are reached: elements and windows stay as they are
    const made = new WeakMap();
    const reactive = (target) => {
      const plain =
        typeof target === "object" && target !== null && Object.prototype.toString.call(target) === "[object Object]";
      if (!plain) return target;
      if (!made.has(target)) made.set(target, new Proxy(target, { get: (...at) => reactive(Reflect.get(...at)) }));
      return made.get(target);
    };
    window.raw = stage.embeds.report;
    stage.embeds.report = reactive(window.raw);
    if (stage.embeds.report === window.raw) throw new Error("no proxy");
  });
  await keeper.attaches();
  await page.run(() => void stage.keepers.keeper.attach(window.raw));
  assert.equal((await keeper.status()).embeds, 1);
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  await expectTaken(told);
  const asked = await frame.asks();
  await page.rests();
  assert.equal((await asked.answer())?.body, source.newest.text);
  await page.passes(minutes(1));
  await frame.raiseTokenExpired(2);
  await page.passes(seconds(2));
  await expectTaken(told);
  assert.equal((await keeper.events("recovered")).length, 1);
  await page.run(() => stage.keepers.keeper.detach(window.raw));
  assert.equal((await keeper.status()).embeds, 0);
});

trap("a paginated report, which refuses refresh(), is reloaded", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told, { afterExpiry: "refresh" }, { type: "paginated" });
  // older versions leave the refusal to the frame
  await frame.plan({ refresh: [{ statusCode: 501, body: "This API is currently not supported for RDL reports" }] });
  await frame.raiseTokenExpired(1);
  await page.passes(seconds(5));
  source.expectRequests(1);
  await expectTaken(told);
  assert.equal(await frame.count("POST /report/load"), 2);
  assert.deepEqual(
    (await keeper.events("recovered")).map(({ detail }) => detail.how),
    ["reload"],
  );
});

trap("a reload waits until powerbi-client no longer swallows it", async (told) => {
  const { page, source, frame, keeper } = told;
  await begins(told);
  // powerbi-client drops a reload() within 100 ms of a load
  await page.run(() => void stage.embeds.report.reload());
  await frame.emit("error", { message: "TokenExpired" });
  await page.rests();
  assert.equal(await frame.count("POST /report/load"), 2);
  await page.passes(seconds(5));
  source.expectRequests(1);
  assert.equal(await frame.count("POST /report/load"), 3);
  assert.deepEqual(
    (await keeper.events("recovered")).map(({ detail }) => detail.how),
    ["reload"],
  );
});

// ---- every type ----------------------------------------------------------------------------------------------------

for (const client of VERSIONS) {
  const types = [
    ["report", "/report/token"],
    ["visual", "/report/token"],
    ["paginated", "/report/token"],
    ["dashboard", "/dashboard/token"],
    ["tile", "/tile/token"],
    ["qna", "/report/token"],
    ["create", "/report/token", "createReport"],
    // quickCreate came after 2.19
    ...(client.startsWith("2.19") ? [] : [["quickCreate", "/report/token", "quickCreate"]]),
  ];
  story(
    `${client}: embeds of every type take one token and leave nothing of it, then and after each is detached`,
    async (told) => {
      const { page, source, keeper } = told;
      const token = source.mint();
      for (const [type, , how] of types) await page.embeds({ at: type, type, how, token });
      await page.embeds({ at: "phased", how: "load", token });
      const all = [...types.map(([type]) => type), "phased"];
      await keeper.starts();
      await keeper.attaches(...all);
      for (let round = 1; round <= 2; round += 1) {
        await page.passes(minutes(1));
        await keeper.calls("refresh");
        await page.passes(seconds(2));
        source.expectRequests(round);
        for (const at of all) await expectTaken(told, at);
        await expectNothingLeft(told);
      }
      for (const [type, path] of types) assert.equal(await page.frame(type).count(`POST ${path}`), 2, type);
      assert.deepEqual(await keeper.events("applyfailed"), []);
      for (const at of all) {
        // the page sets a token itself, and powerbi-client leaves it there
        await page.run(([id, text]) => void stage.embeds[id].setAccessToken(text), [at, token.text]);
        await page.rests();
        assert.ok((await page.html()).includes(token.text), at);
        await keeper.detaches(at);
        expectNoToken(await page.html(), source.tokens);
      }
    },
    { client, isolated: true },
  );
}
