// The demo's backend as both hosts see it: what it answers, how it fails, and by which clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { inspectToken } from "../../dist/index.js";
import { DemoBackend, inPageFetch } from "../../www/dist-server/backend.js";
import { HandClock, settle } from "./timers.mjs";

const MINUTE = 60_000;

function backend(switches) {
  const clock = new HandClock();
  const demo = new DemoBackend({ realNow: clock.now, timers: clock.timers, switches });
  const ask = (method, path, body) => demo.handle({ method, path, body });
  return { clock, demo, ask, turn: (change) => ask("PUT", "/api/switches", change) };
}

/** Whether a promise has settled by now. */
async function settled(promise) {
  const pending = Symbol("pending");
  await settle();
  return (await Promise.race([promise, pending])) !== pending;
}

test("an embed token lives as long as the switch says", async () => {
  const { clock, ask } = backend({ lifetimeSeconds: 300 });
  const { status, headers, body } = await ask("POST", "/api/embed-token", { reason: "due" });
  assert.equal(status, 200);
  assert.equal(headers["Cache-Control"], "no-store");
  assert.equal(Date.parse(body.expiration), clock.time + 5 * MINUTE);
  const report = await inspectToken(body.token, { now: clock.time });
  assert.equal(report.kind, "embed");
  assert.equal(report.expiresAt, clock.time + 5 * MINUTE);
  assert.deepEqual(
    report.findings.filter(({ severity }) => severity === "error"),
    [],
  );
});

test("an embed token is for the role that is asked for, and no token for an unknown one", async () => {
  const { ask } = backend();
  const roleOf = (token) =>
    JSON.parse(gunzipSync(Buffer.from(token.split(".")[0], "base64url")).toString())["Role"] ?? null;
  for (const role of ["North", "South"])
    assert.equal(roleOf((await ask("POST", "/api/embed-token", { role })).body.token), role);
  assert.equal(roleOf((await ask("POST", "/api/embed-token")).body.token), null);
  assert.equal((await ask("POST", "/api/embed-token", { role: "East" })).status, 400);
});

test("an Aad token is answered as Entra answers, to GET and POST", async () => {
  const { clock, ask } = backend({ lifetimeSeconds: 3_600 });
  for (const method of ["GET", "POST"]) {
    const { body } = await ask(method, "/api/aad-token");
    assert.equal(body.expires_in, 3_600);
    const report = await inspectToken(body.access_token, { now: clock.time });
    assert.equal(report.kind, "aad");
    assert.equal(report.expiresAt, clock.time + 60 * MINUTE);
  }
});

test("at 60 times the pace an hour takes a minute: expirations, Date and delays alike", async () => {
  const { clock, ask, turn } = backend({ lifetimeSeconds: 3_600 });
  const start = clock.time;
  assert.deepEqual((await ask("PUT", "/api/clock", { rate: 60 })).body, { now: start, rate: 60 });
  await clock.passes(MINUTE);
  const { headers, body } = await ask("POST", "/api/embed-token");
  assert.equal(Date.parse(body.expiration), start + 120 * MINUTE);
  assert.equal(Date.parse(headers.Date), start + 60 * MINUTE);

  await turn({ delayMs: 30_000 });
  const answer = ask("POST", "/api/embed-token");
  await clock.passes(499);
  assert.equal(await settled(answer), false);
  await clock.passes(1);
  assert.equal((await answer).status, 200);
});

test("time neither jumps nor goes back when the pace changes, and waits end when due by the new pace", async () => {
  const { clock, ask, turn } = backend();
  const start = clock.time;
  await turn({ delayMs: 10 * MINUTE });
  const answer = ask("POST", "/api/embed-token");
  await clock.passes(MINUTE);
  await ask("PUT", "/api/clock", { rate: 10 });
  assert.deepEqual((await ask("GET", "/api/clock")).body, { now: start + MINUTE, rate: 10 });
  await clock.passes(MINUTE / 2);
  assert.equal(await settled(answer), false);
  await ask("PUT", "/api/clock", { rate: 1 });
  await clock.passes(4 * MINUTE - 1);
  assert.equal(await settled(answer), false);
  await clock.passes(1);
  assert.equal((await answer).status, 200);
  assert.equal((await ask("GET", "/api/clock")).body.now, start + 10 * MINUTE);
  clock.time -= 60 * MINUTE;
  assert.ok((await ask("GET", "/api/clock")).body.now >= start, "the machine's clock was set back");
});

test("time stands still, and leaps", async () => {
  const { clock, ask, turn } = backend({ lifetimeSeconds: 3_600 });
  const start = clock.time;
  assert.deepEqual((await ask("PUT", "/api/clock", { rate: 0 })).body, { now: start, rate: 0 });
  await turn({ delayMs: 60_000 });
  let answer = null;
  void ask("POST", "/api/embed-token").then((one) => (answer = one));
  await clock.passes(MINUTE * 60);
  assert.equal(answer, null, "nothing comes while time stands still");
  assert.deepEqual((await ask("PUT", "/api/clock", { advanceMs: 60_000 })).body, { now: start + MINUTE, rate: 0 });
  await clock.passes(0);
  assert.equal(Date.parse(answer.body.expiration), start + 61 * MINUTE);
  assert.equal((await ask("PUT", "/api/clock", { advanceMs: -1 })).status, 400);
  assert.deepEqual((await ask("PUT", "/api/clock", { rate: 1, advanceMs: 1_000 })).body, {
    now: start + MINUTE + 1_000,
    rate: 1,
  });
});

test("a request that is given up leaves no timer", async () => {
  const { clock, demo, turn } = backend();
  await turn({ delayMs: MINUTE });
  const gone = new AbortController();
  const answer = demo.handle({ method: "POST", path: "/api/embed-token" }, gone.signal);
  await settle();
  assert.equal(clock.waiting, 1);
  gone.abort();
  assert.equal(await answer, "drop");
  assert.equal(clock.waiting, 0);
});

test("each fault is answered as in practice", async () => {
  const cases = [
    [{ outage: "status" }, 503, "ServiceUnavailable", undefined],
    [{ throttle: 17 }, 429, "TooManyRequests", "17"],
    [{ denied: true }, 401, "Unauthorized", undefined],
  ];
  for (const [switches, status, code, retryAfter] of cases) {
    const answer = await backend(switches).ask("POST", "/api/embed-token");
    assert.deepEqual(
      [answer.status, answer.body.error.code, answer.headers["Retry-After"]],
      [status, code, retryAfter],
    );
    assert.equal(typeof answer.body.error.message, "string");
  }
  assert.equal(await backend({ outage: "drop" }).ask("POST", "/api/embed-token"), "drop");
});

test("the same token again, the wrong kind, a damaged one", async () => {
  const { ask, turn } = backend();
  const token = async () => (await ask("POST", "/api/embed-token")).body.token;
  const first = await token();
  assert.notEqual(await token(), first);
  await turn({ sameToken: true });
  assert.equal(await token(), await token());
  await turn({ sameToken: false, wrongKind: true });
  assert.equal((await inspectToken(await token())).kind, "aad");
  await turn({ wrongKind: false, damaged: true });
  assert.ok((await inspectToken(await token())).findings.some(({ code }) => code === "token-damaged"));
});

test("switches are counted, changed and reset; a mistyped one is told", async () => {
  const { ask, turn } = backend({ lifetimeSeconds: 60 });
  assert.equal((await turn({ denied: true })).body.denied, true);
  await ask("POST", "/api/embed-token");
  assert.deepEqual((await ask("GET", "/api/health")).body.requests, { tokens: 1, answered: 0, refused: 1 });
  assert.deepEqual(
    (await ask("DELETE", "/api/switches")).body,
    (await backend({ lifetimeSeconds: 60 }).ask("GET", "/api/switches")).body,
  );
  for (const [change, named] of [
    [{ denyed: true }, "denyed"],
    [{ denied: "yes" }, "denied"],
    [{ delayMs: -1 }, "delayMs"],
    [{ outage: "always" }, "outage"],
    [undefined, "body"],
  ]) {
    const { status, body } = await turn(change);
    assert.equal(status, 400);
    assert.equal(body.error.code, "BadRequest");
    assert.match(body.error.message, new RegExp(named));
  }
  assert.equal((await ask("PUT", "/api/clock", { rate: 7 })).status, 400);
});

test("an unknown address and a wrong method are told", async () => {
  const { ask } = backend();
  assert.equal((await ask("GET", "/api/nothing")).status, 404);
  assert.equal((await ask("GET", "/api/constructor")).status, 404);
  const wrong = await ask("DELETE", "/api/embed-token");
  assert.deepEqual([wrong.status, wrong.headers.Allow], [405, "GET, POST"]);
  assert.deepEqual((await ask("GET", "/api/config")).body, { mode: "sandbox" });
});

test("in the page it is a fetch: below any path, with failures and aborts as a browser has them", async () => {
  const { clock, demo, turn } = backend();
  const beyond = async () => new Response("beyond");
  const fetch = inPageFetch(demo, beyond);
  const answer = await fetch("https://static.test/some/where/api/embed-token", { method: "POST", body: "{}" });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /^application\/json/);
  assert.equal(Date.parse(answer.headers.get("date")), clock.time);
  assert.equal(typeof (await answer.json()).token, "string");
  assert.equal(await (await fetch("https://static.test/other.txt")).text(), "beyond");

  await turn({ outage: "drop" });
  await assert.rejects(fetch("https://static.test/api/embed-token", { method: "POST" }), TypeError);
  await turn({ outage: "none", delayMs: MINUTE });
  const stop = new AbortController();
  const slow = fetch("https://static.test/api/embed-token", { method: "POST", signal: stop.signal });
  await settle();
  stop.abort();
  await assert.rejects(slow, { name: "AbortError" });
  await settle();
  assert.equal(clock.waiting, 0);
});
