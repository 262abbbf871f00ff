// When a token is handed out again and when not, and when Microsoft is left in peace; in virtual time.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { PowerBi, Secret, TokenStore } from "../../www/dist-server/live.js";

const MINUTE = 60_000;

function store({ life = 60 * MINUTE } = {}) {
  const world = { now: Date.parse("2026-03-01T09:00:00Z"), made: 0, life, refuse: null, held: null };
  world.store = new TokenStore(
    async () => {
      world.made += 1;
      if (world.held) await world.held;
      if (world.refuse) throw world.refuse;
      return {
        token: `token ${world.made}`,
        tokenId: "id",
        expiration: new Date(world.now + world.life).toISOString(),
      };
    },
    () => world.now,
  );
  world.get = async (reason = "poll") => (await world.store.get(reason)).token;
  return world;
}

test("a token is handed out again for half of its life", async () => {
  const world = store();
  assert.equal(await world.get("initial"), "token 1");
  world.now += 30 * MINUTE - 1;
  for (const reason of ["initial", "poll", "visible", "retry", "provider"])
    assert.equal(await world.get(reason), "token 1");
  world.now += 1;
  assert.equal(await world.get(), "token 2");
  assert.equal(await world.get(), "token 2");
});

test("no keeper is ever given the token that it wants replaced", async () => {
  // A keeper of any `leadMs` asks when that much is left, but not before half of what it was given is over.
  for (const [life, lead] of [
    [60, 10],
    [60, 1_440],
    [20, 10],
    [4, 10],
    [60, 1],
  ]) {
    for (let joined = 0; joined < 2 * life; joined += 1) {
      const world = store({ life: life * MINUTE });
      await world.get("initial");
      world.now += joined * MINUTE;
      const { token, expiration } = await world.store.get("initial");
      const left = Date.parse(expiration) - world.now;
      world.now += left - Math.min(lead * MINUTE, left / 2);
      assert.notEqual(await world.get(), token, `life ${life}, lead ${lead}, joined ${joined}`);
    }
  }
});

test("a manual request, or one after the frame refused a token, gets a new one, once in half a minute", async () => {
  const world = store();
  await world.get();
  for (const [n, reason] of ["manual", "token-expired"].entries()) {
    assert.equal(await world.get(reason), `token ${n + 1}`);
    world.now += 30_001;
    assert.equal(await world.get(reason), `token ${n + 2}`);
  }
});

test("all who ask at once wait for one request, whether it succeeds or fails", async () => {
  const world = store();
  let release;
  world.held = new Promise((resolve) => (release = resolve));
  world.refuse = new Error("refused");
  const asked = Promise.allSettled([world.get(), world.get("manual"), world.get("initial")]);
  release();
  assert.deepEqual(
    (await asked).map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
  assert.equal(world.made, 1);
  world.refuse = null;
  assert.deepEqual(await Promise.all([world.get(), world.get()]), ["token 2", "token 2"]);
});

test("a page without a token gets an old one rather than an error; a keeper that has one gets the error", async () => {
  const world = store();
  await world.get();
  world.now += 45 * MINUTE;
  world.refuse = new Error("refused");
  assert.equal(await world.get("initial"), "token 1");
  await assert.rejects(world.get("poll"), /refused/);
  world.now += 14.5 * MINUTE;
  await assert.rejects(world.get("initial"), /refused/);
});

// ---- the REST API, over plain http: what it says of when to come back ----------------------------------------------

let server;
let asked = 0;
let refusal = null;
before(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    if (refusal) response.writeHead(refusal.status, refusal.headers).end();
    else response.end(JSON.stringify({ token: "a token", tokenId: "id", expiration: "2026-03-01T10:00:00Z" }));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
});
after(() => server.close());

test("no request to the API before the time that Retry-After names, in seconds or as a date", async () => {
  const start = Date.parse("2026-03-01T09:00:00Z");
  for (const [status, header] of [
    [429, "90"],
    [503, "Sun, 01 Mar 2026 09:01:30 GMT"],
  ]) {
    let now = start;
    const api = new PowerBi(
      `http://127.0.0.1:${server.address().port}`,
      async () => new Secret("s"),
      5_000,
      () => now,
    );
    const ask = () => api.generateToken({ reports: [], datasets: [] });
    asked = 0;
    refusal = { status, headers: { "Retry-After": header } };
    await assert.rejects(ask(), ({ failure }) => failure.status === status && failure.notBefore === start + 90_000);
    refusal = null;
    now = start + 89_999;
    await assert.rejects(ask(), ({ failure }) => failure.status === status);
    assert.equal(asked, 1);
    now = start + 90_000;
    assert.equal((await ask()).token, "a token");
  }
});

test("a redirect is not followed: the Entra token is for the API alone", async () => {
  const api = new PowerBi(`http://127.0.0.1:${server.address().port}`, async () => new Secret("s"), 5_000, Date.now);
  asked = 0;
  refusal = { status: 302, headers: { Location: "/elsewhere" } };
  await assert.rejects(api.generateToken({ reports: [], datasets: [] }), ({ failure }) => failure.status === 502);
  assert.equal(asked, 1);
  refusal = null;
});
