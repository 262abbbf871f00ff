// What a pane counts, by what its frames say they hold.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build } from "esbuild";
import { fromRoot } from "../../scripts/lib/run.mjs";

let TokenLog;
before(async () => {
  const { outputFiles } = await build({
    entryPoints: [fromRoot("www/src/pane/token-log.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  ({ TokenLog } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  ));
});

const held = (expiresAt, rest = {}) => ({
  usable: true,
  expiresAt,
  broken: false,
  fingerprint: String(expiresAt),
  ...rest,
});
const kinds = (tokenLog) => tokenLog.tokens.map(({ kind, from, to }) => `${kind} ${from}-${to}`);

test("nothing is counted before the first load, and every millisecond after an expiration", () => {
  const tokenLog = new TokenLog(0);
  tokenLog.moveTo(500);
  tokenLog.holds(500, [held(1_000)]);
  tokenLog.moveTo(1_000);
  assert.equal(tokenLog.withoutTokenMs, 0);
  tokenLog.moveTo(1_700);
  assert.equal(tokenLog.withoutTokenMs, 700);
  tokenLog.holds(1_900, [held(5_000)]);
  tokenLog.moveTo(4_000);
  assert.equal(tokenLog.withoutTokenMs, 900);
  assert.deepEqual(kinds(tokenLog), ["valid 500-1000", "none 1000-1900", "valid 1900-4000"]);
});

test("of several embeds the one that is worst off counts, and once", () => {
  const tokenLog = new TokenLog(0);
  tokenLog.holds(0, [held(1_000), held(3_000), held(null)]);
  assert.equal(tokenLog.validUntil, 1_000);
  tokenLog.moveTo(2_000);
  tokenLog.holds(2_000, [held(9_000), held(3_000), held(null)]);
  tokenLog.moveTo(4_000);
  assert.equal(tokenLog.withoutTokenMs, 2_000);
  tokenLog.holds(4_000, [held(9_000)]);
  tokenLog.moveTo(5_000);
  tokenLog.holds(5_000, []);
  tokenLog.moveTo(99_000);
  assert.equal(tokenLog.withoutTokenMs, 2_000, "nothing is embedded");
});

test("an unusable token is none, however long it lives", () => {
  const tokenLog = new TokenLog(0);
  tokenLog.holds(0, [held(9_000, { usable: false })]);
  tokenLog.moveTo(400);
  assert.equal(tokenLog.withoutTokenMs, 400);
});

test("no second of a sleep is counted, and none before it is lost", () => {
  const tokenLog = new TokenLog(0);
  tokenLog.holds(0, [held(1_000, { broken: true })]);
  tokenLog.moveTo(1_500);
  tokenLog.moveTo(8_000, true);
  tokenLog.moveTo(8_200);
  assert.deepEqual([tokenLog.withoutTokenMs, tokenLog.brokenMs], [700, 1_700]);
  assert.deepEqual(kinds(tokenLog), ["valid 0-1000", "none 1000-1500", "asleep 1500-8000", "none 8000-8200"]);
  assert.deepEqual(tokenLog.broken, [
    { from: 0, to: 1_500 },
    { from: 8_000, to: 8_200 },
  ]);
});

test("time that stands still or comes twice changes nothing", () => {
  const tokenLog = new TokenLog(1_000);
  tokenLog.holds(1_000, [held(500)]);
  tokenLog.moveTo(1_000);
  tokenLog.moveTo(900);
  assert.equal(tokenLog.withoutTokenMs, 0);
});
