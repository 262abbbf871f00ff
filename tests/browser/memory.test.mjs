// No piece of a token that is not in use lies in linear memory: after each refresh, after detach() and after stop(),
// whichever way the token came, and whether it was taken or refused. ENGINE=js looks through the JavaScript engine's.

import assert from "node:assert/strict";
import { damage } from "../../www/dist-server/backend.js";
import { expectForgotten, seesMemory } from "./lib/memory.mjs";
import { minutes, seconds, storyApart as story } from "./lib/story.mjs";

const ROUNDS = 50;

/** The tokens that stand on embeds, and the newest that the keeper was given. */
async function inUse({ page, source }, embeds = ["report"]) {
  const held = await Promise.all(embeds.map((at) => page.configToken(at)));
  return source.tokens.filter(({ text }) => text === source.taken?.text || held.includes(text));
}

/** The refresh that `step` answers; notes which token the keeper has from then on. */
async function refreshes({ page, source, keeper }, step) {
  if (step) source.next(step);
  const before = source.tokens.length;
  const call = await keeper.calls("refresh");
  await page.passes(seconds(31));
  if ((await call.now()).value?.ok && source.tokens.length > before) source.taken = source.newest;
}

/** Nothing is in use any more. */
async function expectAllForgotten(told) {
  const { page, source, keeper } = told;
  // it asks by itself after a refusal: what stands on the embed is the newest
  const newest = await inUse(told);
  await keeper.detaches();
  await page.rests();
  await expectForgotten(page, source.tokens, newest, "after detach()");
  await keeper.stops();
  await page.rests();
  return expectForgotten(page, source.tokens, [], "after stop()");
}

const IERROR = (text) => ({
  message: "TokenExpired",
  detailedMessage: `Access token has expired: ${text}`,
  errorCode: "403",
  technicalDetails: { errorInfo: [{ key: text.slice(0, 90), value: text }] },
});

/** Answers that are refused, each with a token in it. */
const refusals = (source) => [
  { token: { ...source.mint({ kind: source.kind === "aad" ? "embed" : "aad" }) } },
  { token: source.mint({ lifetime: -minutes(5) }) },
  { body: damage(source.mint().text) },
  { body: `<p>é ${source.mint().text}</p>` },
  { body: `"Bearer ${source.mint().text}` },
  { body: { error: { [source.mint().text.slice(0, 90)]: "é", message: source.newest.text } } },
  { status: 500, body: source.mint().text },
  { status: 401, headers: { "www-authenticate": source.mint().text }, body: "" },
  { status: 429, headers: { "retry-after": source.mint().text.slice(0, 90) }, body: "" },
  { drop: true },
];

for (const kind of ["embed", "aad"]) {
  story(`${ROUNDS} refreshes from an endpoint, every third refused, leave no ${kind} token in memory`, async (told) => {
    const { page, source, keeper, frame } = told;
    source.kind = kind;
    await seesMemory(page);
    await keeper.starts();
    await page.embeds({ by: "keeper" });
    await keeper.attaches();
    await page.passes(minutes(1));
    for (let round = 0; round < ROUNDS; round++) {
      const all = refusals(source);
      await refreshes(told, round % 3 ? undefined : all[(round / 3) % all.length]);
      if (round % 5 === 4) await frame.emit("error", IERROR(source.newest.text));
      if (kind === "aad" && round % 5 === 2) await frame.asks();
      await page.rests();
      await expectForgotten(page, source.tokens, await inUse(told), `after refresh ${round}`);
    }
    assert.ok(source.taken, "some were taken");
    await expectAllForgotten(told);
  });
}

story(`${ROUNDS} refreshes from a function, in every shape and by rejections, leave none`, async (told) => {
  const { page, source, keeper } = told;
  await seesMemory(page);
  await page.run(() => {
    const shapes = [
      (_, json) => json,
      (text) => text,
      (_, json) => JSON.stringify(json),
      (_, json) => JSON.stringify({ greeting: "Grüße, 你好", data: JSON.stringify(json) }),
      (_, json) => new Response(JSON.stringify({ ...json, who: "é" })),
      (_, json) => ({ then: (done) => done({ who: "é".repeat(300), response: json }) }),
      (text) => ({ [text.slice(0, 90)]: text, list: [text, `Bearer ${text}`, encodeURIComponent(text)] }),
      (text) => Promise.reject(Object.assign(new Error(text), { name: text, code: text.slice(0, 90), status: 500 })),
      (text) => new Response(`é ${text}`, { status: 502, headers: { "retry-after": text.slice(0, 90) } }),
      (text) => ({ accessToken: `  "${text}é"  ` }),
    ];
    window.round = 0;
    window.ask = async () => {
      const json = await (await fetch("/api/token")).json();
      return shapes[window.round++ % shapes.length](json.token, json);
    };
  });
  await page.embeds();
  await keeper.keeps(() => ({ source: () => window.ask() }));
  await page.passes(minutes(1));
  for (let round = 0; round < ROUNDS; round++) {
    await refreshes(told);
    await expectForgotten(page, source.tokens, await inUse(told), `after refresh ${round}`);
  }
  assert.ok(source.taken, "some were taken");
  await expectAllForgotten(told);
});

story("tokens that tabs tell each other, good and bad, leave none in either", async (told) => {
  const { page, source, keeper, opens } = told;
  source.kind = "aad";
  const other = await opens();
  const tabs = [{ page, keeper }, other];
  const token = source.mint();
  for (const tab of tabs) {
    await seesMemory(tab.page);
    await tab.page.embeds({ token });
    await tab.keeper.keeps({ shareKey: "jo" });
  }
  await page.passes(minutes(1));
  const hears = (data) =>
    page.run(async (said) => {
      const { held, pending } = await navigator.locks.query();
      if (held.length + pending.length > 0) throw new Error("a lock is held");
      const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("jo"));
      const name = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
      const channel = new BroadcastChannel(`powerbi-token-keeper:${name}`);
      channel.postMessage(said);
      channel.close();
    }, data);
  for (let round = 0; round < 12; round++) {
    const asking = tabs[round % 2];
    const call = await asking.keeper.calls("refresh");
    await call.settles();
    await page.awaits("the token in both tabs", async () => {
      for (const tab of tabs) await tab.page.rests();
      const held = await Promise.all(tabs.map((tab) => tab.page.configToken()));
      return held.every((text) => text === source.tokens.at(-1).text);
    });
    await page.passes(seconds(31));
    source.taken = source.newest;
    if (round % 3 === 0) {
      const [stranger, late] = [source.mint({ userId: "7d1c0de0-5eed-4a11-9b0b-0c0ffee0beef" }), source.mint()];
      await hears({ token: stranger.text, expiration: stranger.expiresAt, contents: [1, 2] });
      await hears({ token: `${late.text}é`, expiration: 0, contents: [] });
      await hears({ token: late.text.slice(9), expiration: late.expiresAt, contents: [3] });
      await page.passes(seconds(1));
    }
    for (const tab of tabs)
      await expectForgotten(tab.page, source.tokens, await inUse({ page: tab.page, source }), `after round ${round}`);
  }
  for (const tab of tabs) {
    await tab.keeper.stops();
    await tab.page.rests();
    await expectForgotten(tab.page, source.tokens, [], "after stop()");
  }
});

story("a first token, a page that waits, and a keeper that is stopped while it asks leave none", async (told) => {
  const { page, source, keeper, another } = told;
  await seesMemory(page);
  const token = source.mint();
  await keeper.starts((text) => ({ initial: { token: text, note: "é" } }), { arg: token.text });
  await page.embeds({ token });
  await keeper.attaches();
  const asked = await keeper.calls("getToken");
  await page.rests();
  assert.equal((await asked.now()).value, token.text);
  source.taken = token;
  await refreshes(told);
  await expectForgotten(page, source.tokens, await inUse(told), "with the first replaced");
  await another("other").starts();
  source.next({ delayMs: seconds(5) });
  await another("other").calls("getToken");
  await page.passes(seconds(4));
  await another("other").stops();
  await page.passes(seconds(2));
  await expectForgotten(page, source.tokens, await inUse(told), "with an answer that nobody waits for");
  await page.run(
    async (texts) => {
      const { checkSource } = stage.keepers.keeper;
      await checkSource.call(stage.keepers.keeper);
      const { inspectToken, diagnose, explain } = await import("/dist/index.js");
      for (const text of texts) {
        await inspectToken(`${text} é`);
        await diagnose({ type: "report", tokenType: 0, accessToken: text });
        await explain({ message: text, detailedMessage: `é ${text}` });
      }
    },
    source.tokens.map(({ text }) => text),
  );
  await expectForgotten(page, source.tokens, await inUse(told), "after a check and diagnoses");
  await expectAllForgotten(told);
});
