// What a page author may ask for, how the source is asked, and what is said of a mistake.

import assert from "node:assert/strict";
import { minutes, seconds, story } from "./lib/story.mjs";

/** Constructs a keeper in the page and tells what was thrown. */
const thrown = (page, code) =>
  page.run(async (text) => {
    const { TokenKeeper, keepFresh } = await import("https://host.test/dist/index.js");
    try {
      const made = new Function("TokenKeeper", "keepFresh", text)(TokenKeeper, keepFresh);
      made?.stop?.();
      return null;
    } catch (error) {
      return { type: Object.getPrototypeOf(error).constructor.name, code: error.code, message: error.message };
    }
  }, code);

const WRONG = [
  ["options", "TypeError", "new TokenKeeper()"],
  ["options", "TypeError", "new TokenKeeper(null)"],
  ["source", "TypeError", "new TokenKeeper({})"],
  ["source", "TypeError", "new TokenKeeper({ source: 7 })"],
  ["source", "TypeError", "new TokenKeeper({ source: null })"],
  ["url", "TypeError", "new TokenKeeper({ source: '' })"],
  ["url", "TypeError", "new TokenKeeper({ source: ' ' })"],
  ["url", "TypeError", "new TokenKeeper({ source: { method: 'POST' } })"],
  ["url", "TypeError", "new TokenKeeper({ source: 'https://' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'http://api.example.com/token' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'http://localhost.evil.example/token' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'https://user:pw@api.example.com/token' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'https://:pw@api.example.com/token' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'ftp://host.test/token' })"],
  ["url", "RangeError", "new TokenKeeper({ source: 'data:text/plain,token' })"],
  ["method", "RangeError", "new TokenKeeper({ source: { url: '/t', method: 'PUT' } })"],
  ["body", "TypeError", "new TokenKeeper({ source: { url: '/t', method: 'GET', body: {} } })"],
  ["headers", "TypeError", "new TokenKeeper({ source: { url: '/t', headers: 'X: 1' } })"],
  ["credentials", "RangeError", "new TokenKeeper({ source: { url: '/t', credentials: 'always' } })"],
  ["timeout", "TypeError", "new TokenKeeper({ source: { url: '/t', timeout: 3 } })"],
  ["tokenType", "RangeError", "new TokenKeeper({ source: '/t', tokenType: 2 })"],
  ["tokenType", "TypeError", "new TokenKeeper({ source: '/t', tokenType: 'Embed' })"],
  ["whileHidden", "RangeError", "new TokenKeeper({ source: '/t', whileHidden: 'sleep' })"],
  ["whileHidden", "TypeError", "new TokenKeeper({ source: '/t', whileHidden: true })"],
  ["afterExpiry", "RangeError", "new TokenKeeper({ source: '/t', afterExpiry: 'panic' })"],
  ["initial", "TypeError", "new TokenKeeper({ source: '/t', initial: 7 })"],
  ["initial", "TypeError", "new TokenKeeper({ source: '/t', initial: null })"],
  ["signal", "TypeError", "new TokenKeeper({ source: '/t', signal: true })"],
  ["signal", "TypeError", "new TokenKeeper({ source: '/t', signal: null })"],
  ["shareKey", "TypeError", "new TokenKeeper({ source: '/t', shareKey: '' })"],
  ["shareKey", "TypeError", "new TokenKeeper({ source: '/t', shareKey: 7 })"],
  ["pollInterval", "TypeError", "new TokenKeeper({ source: '/t', pollInterval: 30000 })"],
  ...[
    ["pollIntervalMs", 1000, 600_000],
    ["leadMs", 1000, 86_400_000],
    ["sourceTimeoutMs", 1000, 300_000],
    ["applyTimeoutMs", 1000, 300_000],
    ["providerTimeoutMs", 1000, 300_000],
  ].flatMap(([name, least, most]) => [
    [name, "RangeError", `new TokenKeeper({ source: '/t', ${name}: ${least - 1} })`],
    [name, "RangeError", `new TokenKeeper({ source: '/t', ${name}: ${most + 1} })`],
    [name, "RangeError", `new TokenKeeper({ source: '/t', ${name}: NaN })`],
    [name, "TypeError", `new TokenKeeper({ source: '/t', ${name}: '30000' })`],
    [name, null, `return new TokenKeeper({ source: '/t', ${name}: ${least} })`],
    [name, null, `return new TokenKeeper({ source: '/t', ${name}: ${most} })`],
  ]),
  ["embed", "TypeError", "keepFresh(null, { source: '/t' })"],
  ["embed", "TypeError", "keepFresh({}, { source: '/t' })"],
  ["embed", "TypeError", "new TokenKeeper({ source: '/t' }).attach('report')"],
  ["embed", "TypeError", "new TokenKeeper({ source: '/t' }).attach(document)"],
  ["embed", "TypeError", "new TokenKeeper({ source: '/t' }).attach(document.createTextNode('report'))"],
  ["embed", "TypeError", "new TokenKeeper({ source: '/t' }).attach({ setAccessToken() {}, element: document })"],
];

story("a bad option throws at once a TypeError or RangeError that names it", async ({ page }) => {
  for (const [option, type, code] of WRONG) {
    const error = await thrown(page, code);
    if (type === null) {
      assert.equal(error, null, code);
      continue;
    }
    assert.ok(error, `${code} throws`);
    assert.equal(error.type, type, `${code}: ${error.message}`);
    assert.equal(error.code, "ERR_OPTION", code);
    assert.match(error.message, new RegExp(`\\b${option}\\b`), code);
  }
});

story("a source may be a text, a URL, loopback without TLS, or the page's own origin", async ({ page }) => {
  for (const source of [
    "'/api/token'",
    "'api/token'",
    "new URL('https://api.example.com/token')",
    "'http://localhost:5000/t'",
    "'http://127.0.0.1/t'",
    "'http://[::1]:8080/t'",
    "'http://app.localhost/t'",
    "() => 'x'",
    "{ url: '/t', method: 'GET' }",
    "{ url: '/t', credentials: 'omit' }",
  ]) {
    assert.equal(await thrown(page, `return new TokenKeeper({ source: ${source} })`), null, source);
  }
});

story(
  "under a <base> without TLS a path is still the page's own, and a URL without TLS is refused",
  async ({ page }) => {
    await page.run(() => {
      const base = document.head.appendChild(document.createElement("base"));
      base.href = "http://intranet.test/reports/";
    });
    assert.equal(await thrown(page, "return new TokenKeeper({ source: '/t' })"), null);
    const error = await thrown(page, "new TokenKeeper({ source: 'http://other.test/t' })");
    assert.deepEqual([error.type, error.code], ["RangeError", "ERR_OPTION"]);
  },
);

story("a mistake leaves nothing behind: no keeper, no rejection, no file loaded", async ({ page, site }) => {
  site.engine = 404;
  const before = await page.registrations();
  const loaded = () =>
    page.run(() => performance.getEntriesByType("resource").some(({ name }) => /\/dist\/engine/.test(name)));
  assert.match((await thrown(page, "keepFresh({}, { source: '/t' })")).message, /\bembed\b/);
  assert.equal(await loaded(), false, "the engine was loaded for a keeper that can't be");
  // the constructor has the engine loaded while it reads the options; here neither comes to anything
  assert.match((await thrown(page, "new TokenKeeper({ source: '/t', leadMs: 1 })")).message, /\bleadMs\b/);
  await page.awaits("the attempt", loaded);
  assert.deepEqual(await page.registrations(), before);
});

// ---- endpoints ----------------------------------------------------------------------------------------------------

async function asks({ page, keeper, source }, options, arg) {
  await page.embeds();
  await keeper.keeps(options, { arg });
  await page.passes(minutes(1));
  await keeper.calls("refresh");
  source.expectRequests(1);
  const [sent] = await page.run(() => window.__watch.fetches);
  return { ...source.requests[0], sent };
}

story("by default: POST, JSON with reason and embeds, same-origin, no cache, no redirect", async (told) => {
  const { method, headers, body, url, sent } = await asks(told, {});
  assert.equal(method, "POST");
  assert.equal(url, "https://host.test/api/token");
  assert.match(headers["content-type"], /^application\/json/);
  assert.match(headers.accept, /application\/json/);
  const { id, groupId } = told.page.config();
  assert.deepEqual(body, { reason: "manual", embeds: [{ type: "report", id, groupId }] });
  const { credentials, cache, redirect } = sent;
  assert.deepEqual(
    { credentials, cache, redirect },
    { credentials: "same-origin", cache: "no-store", redirect: "error" },
  );
  await told.frame.expectHolds(told.source.newest);
});

story("GET has no body", async (told) => {
  const { method, body, url } = await asks(told, { source: { url: "/api/token?for=me", method: "GET" } });
  assert.deepEqual([method, body, url], ["GET", null, "https://host.test/api/token?for=me"]);
  await told.frame.expectHolds(told.source.newest);
});

story("headers and body as they are", async (told) => {
  const { headers, body } = await asks(told, {
    source: { url: "/api/token", headers: { "X-Csrf": "abc" }, body: { report: 7 } },
  });
  assert.equal(headers["x-csrf"], "abc");
  assert.deepEqual(body, { report: 7 });
});

story("headers and body from functions, anew for each request", async (told) => {
  const { headers, body } = await asks(told, () => {
    let n = 0;
    return {
      source: {
        url: "/api/token",
        headers: async () => ({ Authorization: `Bearer sign-in-${(n += 1)}` }),
        body: ({ reason, attempt, embeds }) => ({ why: reason, attempt, count: embeds.length }),
      },
    };
  });
  assert.equal(headers.authorization, "Bearer sign-in-1");
  assert.deepEqual(body, { why: "manual", attempt: 1, count: 1 });
  await told.page.passes(minutes(1));
  await told.keeper.calls("refresh");
  assert.equal(told.source.requests[1].headers.authorization, "Bearer sign-in-2");
});

story("another origin, with credentials", async (told) => {
  const { url, sent } = await asks(told, {
    source: { url: "https://api.other.test/api/token", credentials: "include" },
  });
  assert.equal(url, "https://api.other.test/api/token");
  assert.equal(sent.credentials, "include");
  await told.frame.expectHolds(told.source.newest);
});

for (const [name, options] of [
  [
    "headers that throw",
    () => ({
      source: {
        url: "/api/token",
        headers: () => {
          throw new Error("no sign-in");
        },
      },
    }),
  ],
  ["headers that reject", () => ({ source: { url: "/api/token", headers: () => Promise.reject(undefined) } })],
  [
    "a body that throws",
    () => ({
      source: {
        url: "/api/token",
        body: () => {
          throw new Error("no");
        },
      },
    }),
  ],
  [
    "a body that JSON can't say",
    () => ({
      source: {
        url: "/api/token",
        body: () => {
          const me = {};
          me.me = me;
          return me;
        },
      },
    }),
  ],
]) {
  story(`${name}: ERR_SOURCE_THREW, and nothing is sent`, async ({ page, source, keeper, frame }) => {
    await page.embeds();
    await keeper.keeps(options);
    const call = await keeper.calls("refresh");
    assert.deepEqual((await call.now()).value, { ok: false, code: "ERR_SOURCE_THREW" });
    source.expectRequests(0);
    await frame.expectHolds(source.tokens[0]);
  });
}

story("headers that never come are part of the request's time", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps(() => ({
    sourceTimeoutMs: 5000,
    source: { url: "/api/token", headers: () => new Promise(() => {}) },
  }));
  const call = await keeper.calls("refresh");
  await page.passes(seconds(5));
  assert.deepEqual((await call.now()).value, { ok: false, code: "ERR_SOURCE_TIMEOUT" });
  source.expectRequests(0);
});

story(
  "a source function may answer a text, any known shape, or a promise of one",
  async ({ page, source, keeper, frame }) => {
    await page.embeds();
    await keeper.keeps(() => {
      window.answers = [];
      return { source: () => window.answers.shift() };
    });
    const shapes = [
      ({ text }) => `(${JSON.stringify(text)})`,
      ({ text }) => `Promise.resolve(${JSON.stringify(text)})`,
      ({ text, expiresAt }) => `({ token: ${JSON.stringify(text)}, expiration: new Date(${expiresAt}) })`,
      ({ text, expiresAt }) =>
        `({ token: ${JSON.stringify(text)}, expiration: "${new Date(expiresAt).toISOString()}" })`,
      ({ text }) => `({ embedToken: { token: ${JSON.stringify(text)} } })`,
      ({ text }) => `({ accessToken: ${JSON.stringify(text)} })`,
      ({ text }) => `({ access_token: ${JSON.stringify(text)}, expires_in: 3600, token_type: "Bearer" })`,
    ];
    for (const shape of shapes) {
      await page.passes(minutes(5));
      const token = source.mint();
      await page.run(`void window.answers.push(${shape(token)})`);
      const call = await keeper.calls("refresh");
      assert.deepEqual((await call.now()).value, { ok: true, expiresAt: token.expiresAt }, String(shape));
      await frame.expectHolds(token);
    }
  },
);

story(
  "the earlier one counts when an answer and its token disagree on the expiration",
  async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    await page.passes(minutes(30));
    const token = source.mint({ lifetime: minutes(120) });
    const early = token.expiresAt - minutes(60);
    source.next({ body: { ...source.answerOf(token), expiration: new Date(early).toISOString() } });
    const call = await keeper.calls("refresh");
    assert.deepEqual((await call.now()).value, { ok: true, expiresAt: early });
  },
);
