// Embeds that come and go while nothing is due: each is observed with the polls, detached when it is gone, followed
// when its container carries another, attached again when it comes back. What versions of powerbi-client may do in
// their own ways is in traps.test.mjs.

import assert from "node:assert/strict";
import { expectTaken, minutes, seconds, story } from "./lib/story.mjs";

const OTHER_ID = "5d9c4b5a-1111-4aaa-8bbb-000000000009";
const ANOTHER = { id: OTHER_ID, embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${OTHER_ID}` };

/** What powerbi-client and Playwright listen to on a container is theirs. */
const ours = ({ listeners }) =>
  listeners.filter((one) => /^(window|document) (focus|online|pageshow|resume|visibilitychange)$/.test(one));

/** An embed that is kept, in an everyday moment. What was there before it is the page's own. */
async function begins({ page, keeper }, { options, ...config } = {}) {
  const before = await page.registrations();
  await page.embeds(config);
  await keeper.keeps(options);
  await page.passes(minutes(1));
  assert.equal((await keeper.status()).embeds, 1);
  return before;
}

/** Nothing is attached any more, said once; no timer and no listener on the page is left. */
async function expectLetGo({ page, keeper, source }, before) {
  assert.equal((await keeper.status()).embeds, 0);
  await keeper.expectState("idle");
  assert.deepEqual(await failures(keeper), [["ERR_APPLY_GONE", "#report"]]);
  assert.equal(await page.timers(), before.timers);
  assert.deepEqual(ours(await page.registrations()), ours(before));
  await page.passes(minutes(70));
  source.expectRequests(0);
  assert.deepEqual(await failures(keeper), [["ERR_APPLY_GONE", "#report"]]);
}

const remove = () => document.body.removeChild((window.taken = document.getElementById("report")));
const putBack = () => void document.body.append(window.taken);
const reset = () => powerbi.reset(document.getElementById("report"));

/** The embed has loaded anew, and nobody let it go meanwhile. */
async function expectKept(told) {
  const { page, keeper, frame } = told;
  await frame.loads();
  await page.passes(minutes(1));
  assert.equal((await keeper.status()).embeds, 1);
  assert.deepEqual(await failures(keeper), []);
  await keeper.calls("refresh");
  await expectTaken(told);
}

// ---- gone ---------------------------------------------------------------------------------------------------------

for (const [name, leave] of [
  ["removed from the page", remove],
  ["reset", reset],
  ["robbed of its frame", () => document.querySelector("#report iframe").remove()],
]) {
  story(`an embed that was ${name} is let go at the next poll, and with it timer and listeners`, async (told) => {
    const before = await begins(told);
    await told.page.run(leave);
    await told.page.passes(seconds(31));
    await expectLetGo(told, before);
  });
}

story("an embed that was removed is let go at once when the page comes back", async (told) => {
  const { page } = told;
  const before = await begins(told);
  await page.run(remove);
  await page.hears("window", "focus");
  await expectLetGo(told, before);
});

story("a container that is moved within the page stays attached", async (told) => {
  const { page } = told;
  await begins(told);
  // its frame loads anew, as every frame does that is moved
  await page.run(() =>
    document.body.appendChild(document.createElement("section")).append(document.getElementById("report")),
  );
  await expectKept(told);
});

story("of twenty embeds that were all removed none is left after three polls", async ({ page, keeper, source }) => {
  // any object of an embed's shape is an embed
  await page.run((token) => {
    for (let i = 0; i < 20; i += 1) {
      const element = stage.container(`panel${i}`);
      const config = { type: "report", tokenType: 1, accessToken: token };
      element.powerBiEmbed = stage.embeds[element.id] = {
        element,
        config,
        iframe: element.appendChild(document.createElement("p")),
        setAccessToken: async (given) => void (config.accessToken = given),
      };
    }
  }, source.mint().text);
  await keeper.starts();
  await keeper.attaches(...Array.from({ length: 20 }, (_, i) => `panel${i}`));
  await page.passes(minutes(1));
  await page.run(() => document.body.replaceChildren());
  await page.passes(seconds(30));
  assert.ok((await keeper.status()).embeds >= 12, "a check looks at eight, however many there are");
  await page.passes(seconds(60));
  assert.equal((await keeper.status()).embeds, 0);
  assert.equal((await keeper.events("applyfailed")).length, 20);
  assert.equal(await page.timers(), 0);
});

story("a container in which nothing was embedded yet just waits", async ({ page, keeper, source, frame }) => {
  await keeper.starts();
  await page.run(() => void stage.keepers.keeper.attach(document.getElementById("report")));
  await page.passes(minutes(5));
  assert.equal((await keeper.status()).embeds, 1);
  assert.deepEqual(await failures(keeper), []);
  await page.run(
    ([config]) => (stage.embeds.report = powerbi.bootstrap(stage.container("report"), config)),
    [{ type: "report", embedUrl: page.config({ token: source.newest }).embedUrl }],
  );
  await page.passes(minutes(5));
  assert.equal((await keeper.status()).embeds, 1);
  const token = source.mint();
  await page.embeds({ token });
  await page.passes(minutes(1));
  await frame.expectHolds(token);
  await keeper.calls("refresh");
  await expectTaken({ page, source });
  assert.deepEqual(await failures(keeper), []);
});

// ---- another embed on the same element ----------------------------------------------------------------------------

for (const [name, again] of [
  ["embedded again", async () => {}],
  ["reset and embedded again", (page) => page.run(reset)],
]) {
  story(`a container that was ${name} with an older token gets the newest at the next poll`, async (told) => {
    const { page, source, keeper, frame } = told;
    const old = source.mint();
    await begins(told, { token: old });
    await keeper.calls("refresh");
    await page.passes(seconds(5));
    await again(page);
    await page.embeds({ token: old });
    await frame.expectHolds(old);
    await page.passes(seconds(30));
    await expectTaken(told);
    source.expectRequests(1);
    assert.deepEqual(await failures(keeper), []);
  });

  story(
    `a container that was ${name} with a newer token of the page's own: it stays there, and the others keep theirs`,
    async (told) => {
      const { page, source, keeper } = told;
      const old = source.mint();
      await page.embeds({ at: "second", token: old });
      await begins(told, { token: old });
      await keeper.attaches("second");
      await page.passes(minutes(30));
      await again(page);
      await page.embeds({ token: source.mint() });
      await page.passes(seconds(31));
      assert.equal((await keeper.status()).expiresAt, old.expiresAt, "the earliest");
      await expectTaken(told);
      assert.equal(await page.configToken("second"), old.text);
      assert.equal((await keeper.status()).embeds, 2);
      source.expectRequests(0);
    },
  );
}

story("a report that was created, then embedded on the same element, is followed", async (told) => {
  const { page, source, keeper, frame } = told;
  const token = source.mint();
  await begins(told, { type: "create", how: "createReport", token });
  await keeper.calls("refresh");
  await page.passes(seconds(5));
  await expectTaken(told);
  await page.run(reset);
  await page.embeds({ token });
  await frame.expectHolds(token);
  await page.passes(seconds(30));
  // the newest token was obtained for what was there before
  await frame.expectHolds(token);
  source.expectRequests(1);
  await page.passes(minutes(52));
  await expectTaken(told);
  source.expectRequests(2);
});

story("a token that the page sets itself stays, be it newer or older", async (told) => {
  const { page, source, keeper } = told;
  const old = source.mint();
  await begins(told, { token: old });
  await page.run((token) => stage.embeds.report.setAccessToken(token), source.mint().text);
  await page.passes(seconds(30));
  assert.equal((await keeper.status()).expiresAt, source.newest.expiresAt);
  await page.run((token) => stage.embeds.report.setAccessToken(token), old.text);
  await page.passes(seconds(30));
  assert.equal(await page.configToken(), old.text);
  assert.equal((await keeper.status()).expiresAt, old.expiresAt);
  source.expectRequests(0);
});

for (const [what, puts] of [
  ["a token that the page sets", (page, { text }) => page.run((own) => stage.embeds.report.setAccessToken(own), text)],
  ["another report that the page embeds", (page, token) => page.embeds({ ...ANOTHER, token })],
])
  story(`${what} while a request is under way keeps its token, though no check came between`, async (told) => {
    const { page, source, keeper, frame } = told;
    await begins(told, { token: source.mint() });
    await page.passes(minutes(48));
    source.next({ delayMs: seconds(2) });
    await page.passesUntilAsked(1, minutes(4));
    await page.passes(seconds(1));
    const own = source.mint();
    await puts(page, own);
    await page.passes(seconds(2));
    assert.equal(source.waiting(), 0, "the answer is there");
    await page.passes(minutes(10));
    assert.equal(await page.configToken(), own.text);
    await frame.expectHolds(own);
    source.expectRequests(1);
    assert.deepEqual(await failures(keeper), []);
  });

story(
  "refresh() right after another report was embedded is for that one, and for it alone",
  async (told) => {
    const { page, source, keeper, frame } = told;
    const first = source.mint();
    await begins(told, { token: first });
    await page.embeds({ ...ANOTHER, token: source.mint() });
    await keeper.calls("refresh");
    assert.deepEqual(
      source.requests.map(({ body }) => body.embeds.map(({ id }) => id)),
      [[OTHER_ID]],
    );
    await expectTaken(told);
    await page.run(reset);
    await page.embeds({ token: first });
    await page.passes(minutes(1));
    await frame.expectHolds(first);
    assert.equal(await page.configToken(), first.text);
    source.expectRequests(1);
  },
  { cannot: { firefox: "its driver does not tell what a request carries" } },
);

// ---- back again ---------------------------------------------------------------------------------------------------

for (const [type, more] of [
  ["tile", {}],
  ["dashboard", {}],
  ["qna", {}],
  ["create", { how: "createReport" }],
]) {
  story(`a ${type} that was removed and put back is kept again by itself`, async (told) => {
    const { page, source, keeper, frame } = told;
    await begins(told, { type, ...more });
    await page.run(remove);
    await page.passes(seconds(31));
    assert.equal((await keeper.status()).embeds, 0);
    await page.passes(minutes(51));
    source.expectRequests(0);
    await page.run(putBack);
    await frame.loads();
    assert.equal((await keeper.status()).embeds, 1);
    await page.passes(minutes(2));
    source.expectRequests(1);
    await expectTaken(told);
  });
}

story("a report that was put back after its token has expired is revived", async (told) => {
  const { page, source, keeper, frame } = told;
  await begins(told);
  await page.run(remove);
  await page.passes(minutes(70));
  source.expectRequests(0);
  await page.run(putBack);
  await frame.ends({ least: 1 });
  await page.passes(seconds(5));
  source.expectRequests(1);
  await expectTaken(told);
  assert.equal((await frame.state()).phase, "loaded");
  assert.equal((await keeper.status()).embeds, 1);
});

story("a report that was removed and put back between two polls was never away", async (told) => {
  const { page } = told;
  await begins(told);
  await page.run(remove);
  await page.passes(seconds(5));
  await page.run(putBack);
  await expectKept(told);
});

for (const [name, end] of [
  ["detached", () => stage.keepers.keeper.detach(window.taken)],
  ["its keeper stopped", () => stage.keepers.keeper.stop()],
]) {
  story(`a report that was removed, ${name}, and put back is not kept, and nothing listens to it`, async (told) => {
    const { page, source, keeper, frame } = told;
    await page.embeds();
    const before = await page.registrations();
    await keeper.keeps();
    await page.passes(minutes(1));
    await page.run(remove);
    await page.passes(seconds(31));
    await page.run(end);
    assert.deepEqual(await page.registrations(), before, "before its frame loads, which takes the listeners off too");
    await page.run(putBack);
    await frame.loads();
    assert.deepEqual(await page.registrations(), before);
    assert.equal((await keeper.status()).embeds, 0);
    await page.passes(minutes(70));
    source.expectRequests(0);
  });
}

story("a container that was reset is not attached again by an event without an embed", async (told) => {
  const { page, keeper } = told;
  await begins(told);
  await page.run(reset);
  await page.passes(seconds(31));
  assert.equal((await keeper.status()).embeds, 0);
  await page.does(
    () => void document.getElementById("report").dispatchEvent(new CustomEvent("loaded", { detail: {} })),
  );
  assert.equal((await keeper.status()).embeds, 0);
});

story("a container that the page attaches again itself is waited for no more", async (told) => {
  const { page, keeper } = told;
  const before = await begins(told);
  await page.run(remove);
  await page.passes(seconds(31));
  const waitsFor = async () => (await page.listeners()).filter((one) => one === "#report tileLoaded");
  assert.equal((await waitsFor()).length, 1);
  await page.does(() => void stage.keepers.keeper.attach(window.taken));
  assert.deepEqual(await waitsFor(), []);
  await keeper.stops();
  assert.deepEqual(ours(await page.registrations()), ours(before));
});

story("a report that comes and goes ten times leaves no listener and is kept once", async (told) => {
  const { page, source, keeper, frame } = told;
  await begins(told);
  const before = await page.registrations();
  for (let i = 0; i < 10; i += 1) {
    await page.run(remove);
    await page.hears("window", "focus");
    // of two signs within a second the later one waits
    await page.passes(seconds(1.1));
    await page.run(putBack);
    await frame.loads();
  }
  assert.equal((await keeper.status()).embeds, 1);
  assert.deepEqual(await page.registrations(), before);
  source.expectRequests(0);
});

const failures = async (keeper) => (await keeper.applyFailures()).map(({ code, element }) => [code, element]);
