// Sources as people write them: a `Response`, and errors of the HTTP and sign-in libraries that pages use.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { httpClients } from "./lib/http-clients.mjs";
import { seconds, story } from "./lib/story.mjs";

story("a source that returns fetch's Response needs no more", async ({ page, source, keeper, frame }) => {
  await page.embeds();
  await keeper.keeps(() => ({ source: () => fetch("/api/token", { method: "POST" }) }));
  await page.passes(seconds(60));
  await keeper.calls("refresh");
  await frame.expectHolds(source.newest);

  source.next({ status: 401, body: "" });
  await keeper.calls("refresh");
  await keeper.expectState("denied");
  assert.equal((await keeper.status()).lastErrorCode, "ERR_SOURCE_DENIED");
  source.next({ status: 429, headers: { "retry-after": "77" }, body: "" });
  await keeper.calls("refresh");
  const [denied, throttled] = (await keeper.events("refreshfailed")).map(({ detail }) => detail);
  assert.deepEqual([denied.code, denied.status], ["ERR_SOURCE_DENIED", 401]);
  assert.deepEqual([throttled.code, throttled.status], ["ERR_SOURCE_THROTTLED", 429]);
  assert.ok(throttled.retryInMs >= seconds(77), `${throttled.retryInMs} ms`);
});

/** How each library asks; what it rejects with is its own. */
const LIBRARIES = {
  axios: () => ({ source: () => clients.axios.post("/api/token").then(({ data }) => data) }),
  jQuery: () => ({ source: () => clients.jQuery.post("/api/token") }),
  ky: () => ({ source: () => clients.ky.post("/api/token", { retry: 0, timeout: false }).json() }),
  "a fetch wrapper that throws the Response": () => ({
    source: async () => {
      const response = await fetch("/api/token", { method: "POST" });
      if (!response.ok) throw response;
      return response.json();
    },
  }),
  "a fetch wrapper with a cause": () => ({
    source: async () => {
      const response = await fetch("/api/token", { method: "POST" });
      if (!response.ok) throw new Error("no token", { cause: Object.assign(new Error("http"), { response }) });
      return response.json();
    },
  }),
  Angular: () => ({
    source: async () => {
      const response = await fetch("/api/token", { method: "POST" });
      if (response.ok) return response.json();
      const { status, statusText, url } = response;
      const headers = new clients.HttpHeaders(Object.fromEntries(response.headers));
      throw new clients.HttpErrorResponse({ error: await response.text(), headers, status, statusText, url });
    },
  }),
};

for (const [library, options] of Object.entries(LIBRARIES)) {
  story(`${library}: the status of a rejection counts, and its Retry-After`, async ({ page, source, keeper }) => {
    await page.run(await httpClients());
    await page.embeds();
    await keeper.keeps(options);
    for (const [step, code] of [
      [{ status: 401 }, "ERR_SOURCE_DENIED"],
      [{ status: 403 }, "ERR_SOURCE_DENIED"],
      [{ status: 500 }, "ERR_SOURCE_STATUS"],
      [{ status: 429, headers: { "retry-after": "77" } }, "ERR_SOURCE_THROTTLED"],
    ]) {
      source.next({ body: "", ...step });
      const refreshed = await keeper.calls("refresh");
      // jQuery's promises settle by a timer
      await page.passes(seconds(1));
      await page.awaits("an answer", async () => (await refreshed.now()).state !== "pending");
      const { value } = await refreshed.now();
      assert.deepEqual(value, { ok: false, code }, `${step.status}`);
      const failed = async () => (await keeper.events("refreshfailed")).at(-1)?.detail;
      await page.awaits("the event", async () => (await failed())?.status === step.status);
      if (step.headers) {
        const { retryInMs } = await failed();
        assert.ok(retryInMs >= seconds(77), `${retryInMs} ms`);
      }
    }
  });
}

for (const [name, error] of [
  ["InteractionRequiredAuthError", () => new clients.InteractionRequiredAuthError("interaction_required", "…")],
  [
    "an error of that name alone",
    () => Object.assign(new Error("x"), { name: "InteractionRequiredAuthError", errorCode: "bad_token" }),
  ],
  ["login_required", () => new clients.InteractionRequiredAuthError("login_required")],
  ["consent_required", () => Object.assign(new Error("x"), { errorCode: "consent_required" })],
  [
    "invalid_grant",
    () => Object.assign(new Error("x"), { response: { status: 400, data: { error: "invalid_grant" } } }),
  ],
]) {
  story(`MSAL: ${name} means that the user must sign in`, async ({ page, keeper }) => {
    await page.run(await httpClients());
    await page.embeds();
    await page.run(`window.rejection = ${error}`);
    await keeper.keeps(() => ({ source: () => Promise.reject(window.rejection()) }));
    const refreshed = await keeper.calls("refresh");
    assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_SOURCE_DENIED" });
    await keeper.expectState("denied");
  });
}

story(
  "a fetch of the page's own that rejects with MSAL's error says that the user must sign in",
  async ({ page, keeper }) => {
    await page.run(await httpClients());
    await page.embeds();
    await page.run(`window.fetch = () =>
    Promise.reject(new clients.InteractionRequiredAuthError("interaction_required", "…"))`);
    await keeper.keeps({ source: "/api/token" });
    const refreshed = await keeper.calls("refresh");
    assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_SOURCE_DENIED" });
    await page.run(`window.fetch = () => Promise.reject(new TypeError("Failed to fetch"))`);
    const again = await keeper.calls("refresh");
    assert.deepEqual((await again.now()).value, { ok: false, code: "ERR_SOURCE_NETWORK" });
  },
);

story("an error of MSAL that signing in does not cure is no denial", async ({ page, keeper }) => {
  await page.run(await httpClients());
  await page.embeds();
  await keeper.keeps(() => ({
    source: () => Promise.reject(new clients.BrowserAuthError("timed_out")),
  }));
  const refreshed = await keeper.calls("refresh");
  assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_SOURCE_THREW" });
});

story("a method may be written in any case", async ({ page, source, keeper }) => {
  for (const [i, method] of ["post", "Post", "get"].entries()) {
    await keeper.starts({ source: { url: "/api/token", method } });
    await keeper.calls("getToken");
    assert.equal(source.requests[i].method, method.toUpperCase());
    await page.run(() => stage.keepers.keeper.stop());
  }
});

const FAILURES = [
  [
    "a body of the REST API",
    { status: 403, body: { error: { code: "PowerBINotAuthorizedException", message: "SECRET-TEXT" } } },
    /PowerBINotAuthorizedException/,
  ],
  ["a success with an error in it", { status: 200, body: { error: "invalid_client SECRET-TEXT" } }, /./],
  [
    "a page of HTML",
    { status: 200, body: "<!doctype html><p>SECRET-TEXT", headers: { "content-type": "text/html" } },
    /./,
  ],
  ["a route that is not there", { status: 404, body: "SECRET-TEXT" }, /./],
  ["a route that answers GET alone", { status: 405, body: "" }, /./],
  [
    "Entra's words",
    { status: 500, body: "AADSTS7000215: Invalid client secret provided. SECRET-TEXT" },
    /AADSTS7000215/,
  ],
  [
    "a header of the REST API",
    { status: 401, body: "", headers: { "x-powerbi-error-info": "GetArtifactNotFound" } },
    /./,
  ],
];

for (const [name, step, error] of FAILURES) {
  story(`refreshfailed explains ${name}`, async ({ page, source, keeper }) => {
    await page.embeds();
    await keeper.keeps();
    source.next(step);
    await keeper.calls("refresh");
    await page.awaits("the event", async () => (await keeper.events("refreshfailed")).length > 0);
    const [{ detail, json }] = await keeper.events("refreshfailed");
    assert.ok(detail.explanation, "it is explained");
    assert.match(detail.explanation.error, error);
    assert.notEqual(detail.explanation.summary, "");
    assert.ok(!json.includes("SECRET-TEXT"), "it quotes nothing");
  });
}

story("where there is nothing to read there is no explanation, and the diagnosis is not loaded", async (told) => {
  const { page, source, keeper, site } = told;
  await page.embeds();
  await keeper.keeps();
  source.next({ drop: true });
  await keeper.calls("refresh");
  const [{ detail }] = await keeper.events("refreshfailed");
  assert.deepEqual([detail.code, detail.explanation], ["ERR_SOURCE_NETWORK", undefined]);
  assert.equal(site.diagnosis.asked, false);
});

story("a failure is told without an explanation where the diagnosis is missing", async (told) => {
  const { page, source, keeper, site } = told;
  site.diagnosis.missing = true;
  await page.embeds();
  await keeper.keeps();
  source.next({ status: 500, body: "x" });
  await keeper.calls("refresh");
  await page.awaits("the event", async () => (await keeper.events("refreshfailed")).length > 0);
  const [{ detail }] = await keeper.events("refreshfailed");
  assert.deepEqual([detail.code, detail.explanation], ["ERR_SOURCE_STATUS", undefined]);
});

/** What the page's console says of the keeper. */
const warnings = (page) =>
  page.run(() => window.__watch.console.filter((line) => line.includes("powerbi-token-keeper")));

for (const [name, step] of [
  ["404", { status: 404, body: "SECRET-TEXT" }],
  ["405", { status: 405, body: "" }],
  ["a page of HTML", { body: "<!doctype html><p>SECRET-TEXT", headers: { "content-type": "text/html" } }],
]) {
  story(`an endpoint that answers ${name} is said on the console, once and without a secret`, async (told) => {
    const { page, source, keeper } = told;
    await page.embeds();
    await keeper.keeps();
    source.always(step);
    for (let i = 1; i <= 3; i++) {
      await keeper.calls("refresh");
      await page.awaits("the event", async () => (await keeper.events("refreshfailed")).length === i);
    }
    const said = await warnings(page);
    assert.equal(said.length, 1, said.join("\n"));
    const [{ detail }] = await keeper.events("refreshfailed");
    assert.ok(said[0].startsWith(`warn: powerbi-token-keeper: ${detail.explanation.summary} https://`), said[0]);
    assert.doesNotMatch(said[0], /SECRET-TEXT/);
  });
}

story("an engine that can't be started is said on the console, once for all keepers", async (told) => {
  const { page, site, another } = told;
  site.engine = 404;
  for (const name of ["first", "second"]) {
    const keeper = another(name);
    await keeper.starts({}, { engine: false });
    await keeper.reaches("the end of the keeper", ({ lastErrorCode }) => lastErrorCode === "ERR_ENGINE");
  }
  const said = await warnings(page);
  assert.equal(said.length, 1, said.join("\n"));
  const [, file] = /^warn: powerbi-token-keeper: Neither .+ See (docs\/\S+\.md) in the package\./.exec(said[0]) ?? [];
  const packed = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  assert.ok(JSON.parse(packed).files.includes("docs/*.md"));
  assert.ok(existsSync(new URL(`../../${file}`, import.meta.url)), said[0]);
});

story("a token of the wrong kind is said on the console", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  source.kind = "aad";
  for (let i = 1; i <= 2; i++) {
    await keeper.calls("refresh");
    await page.awaits("the event", async () => (await keeper.events("refreshfailed")).length === i);
  }
  const said = await warnings(page);
  assert.equal(said.length, 1, said.join("\n"));
  assert.match(said[0], /^warn: powerbi-token-keeper: \S.+ https:/);
});

story("a failure of another kind is not said on the console", async ({ page, source, keeper }) => {
  await page.embeds();
  await keeper.keeps();
  const steps = [
    { status: 500, body: "x" },
    { status: 401, body: "" },
    { status: 200, body: { error: "x" } },
    { status: 200, body: "" },
    { status: 400, body: "The antiforgery token could not be decrypted." },
    { status: 413, body: "" },
    { status: 502, body: "<html>Bad Gateway", headers: { "content-type": "text/html" } },
  ];
  for (const [i, step] of steps.entries()) {
    source.next(step);
    await keeper.calls("refresh");
    await page.awaits("the event", async () => (await keeper.events("refreshfailed")).length === i + 1);
  }
  assert.deepEqual(await warnings(page), []);
});

story("an embed token that was damaged or cut off on its way is refused, and the good one stays", async (told) => {
  const { page, source, keeper, frame } = told;
  await page.embeds();
  await keeper.keeps();
  const first = source.newest;
  for (const damage of [
    (text) => text.replace(/.{40}\./, "."),
    (text) => `${text.slice(0, 200)}${text[200] === "A" ? "B" : "A"}${text.slice(201)}`,
    (text) => text.slice(0, text.length / 2),
  ]) {
    const { expiresAt, text } = source.mint();
    source.next({ body: { token: damage(text), expiration: new Date(expiresAt).toISOString() } });
    const refreshed = await keeper.calls("refresh");
    await page.awaits("an answer", async () => (await refreshed.now()).state !== "pending");
    assert.deepEqual((await refreshed.now()).value, { ok: false, code: "ERR_TOKEN_UNUSABLE" });
    await frame.expectHolds(first);
  }
  source.next({});
  const refreshed = await keeper.calls("refresh");
  await page.awaits("an answer", async () => (await refreshed.now()).state !== "pending");
  assert.equal((await refreshed.now()).value.ok, true);
});

/** What `checkSource()` resolves to. */
async function check({ page, keeper }) {
  const checked = await keeper.calls("checkSource");
  await page.awaits("the check's end", async () => (await checked.now()).state !== "pending");
  return (await checked.now()).value;
}

story("checkSource() asks once, says what came, and sets nothing", async (told) => {
  const { page, source, keeper, frame } = told;
  await page.embeds();
  await keeper.keeps();
  await page.passes(seconds(60));
  const first = source.newest;
  const { ok, code, expiresAt, findings } = await check(told);
  assert.deepEqual({ ok, code, expiresAt }, { ok: true, code: null, expiresAt: source.newest.expiresAt });
  assert.ok(Array.isArray(findings));
  source.expectRequests(1);
  assert.equal((await keeper.status()).requests, 1, "of the budget");
  await page.passes(seconds(5));
  await frame.expectHolds(first, "nothing is set");
  assert.deepEqual(await keeper.events("refreshed"), []);

  source.next({ status: 404, body: "SECRET-TEXT" });
  const missing = await check(told);
  assert.deepEqual([missing.ok, missing.code, missing.status], [false, "ERR_SOURCE_STATUS", 404]);
  assert.ok(missing.explanation.summary);
  assert.ok(!JSON.stringify(missing).includes("SECRET-TEXT"));

  source.kind = "aad";
  const wrong = await check(told);
  assert.deepEqual([wrong.ok, wrong.code], [false, "ERR_TOKEN_TYPE"]);
  assert.ok(wrong.findings.some((finding) => finding.code === "token-type-mismatch"));
  assert.deepEqual(await keeper.events("refreshfailed"), [], "no event");
  await keeper.expectState("fresh");
});

story("checkSource() joins a request under way, and is answered by stop()", async (told) => {
  const { page, source, keeper, frame } = told;
  await page.embeds();
  await keeper.keeps();
  await page.passes(seconds(60));
  source.next({ delayMs: seconds(2) });
  await keeper.calls("refresh");
  const checked = await keeper.calls("checkSource");
  await page.passes(seconds(3));
  source.expectRequests(1);
  await page.awaits("the check's end", async () => (await checked.now()).state !== "pending");
  assert.equal((await checked.now()).value.ok, true);
  await frame.expectHolds(source.newest);

  source.always({ hang: true });
  const pending = await keeper.calls("checkSource");
  await keeper.stops();
  await page.rests();
  const { value } = await pending.now();
  assert.deepEqual([value.ok, value.code], [false, "ERR_STOPPED"]);
});
