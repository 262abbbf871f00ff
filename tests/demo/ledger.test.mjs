// What a lane counts, by what its frames say they hold.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build } from "esbuild";
import { fromRoot } from "../../scripts/lib/run.mjs";

let Ledger;
before(async () => {
  const { outputFiles } = await build({
    entryPoints: [fromRoot("www/src/lane/ledger.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  ({ Ledger } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`));
});

const held = (expiresAt, rest = {}) => ({
  usable: true,
  expiresAt,
  broken: false,
  fingerprint: String(expiresAt),
  ...rest,
});
const kinds = (ledger) => ledger.tokens.map(({ kind, from, to }) => `${kind} ${from}-${to}`);

test("nothing is counted before the first load, and every millisecond after an expiration", () => {
  const ledger = new Ledger(0);
  ledger.moveTo(500);
  ledger.holds(500, [held(1_000)]);
  ledger.moveTo(1_000);
  assert.equal(ledger.withoutTokenMs, 0);
  ledger.moveTo(1_700);
  assert.equal(ledger.withoutTokenMs, 700);
  ledger.holds(1_900, [held(5_000)]);
  ledger.moveTo(4_000);
  assert.equal(ledger.withoutTokenMs, 900);
  assert.deepEqual(kinds(ledger), ["valid 500-1000", "none 1000-1900", "valid 1900-4000"]);
});

test("of several embeds the one that is worst off counts, and once", () => {
  const ledger = new Ledger(0);
  ledger.holds(0, [held(1_000), held(3_000), held(null)]);
  assert.equal(ledger.validUntil, 1_000);
  ledger.moveTo(2_000);
  ledger.holds(2_000, [held(9_000), held(3_000), held(null)]);
  ledger.moveTo(4_000);
  assert.equal(ledger.withoutTokenMs, 2_000);
  ledger.holds(4_000, [held(9_000)]);
  ledger.moveTo(5_000);
  ledger.holds(5_000, []);
  ledger.moveTo(99_000);
  assert.equal(ledger.withoutTokenMs, 2_000, "nothing is embedded");
});

test("an unusable token is none, however long it lives", () => {
  const ledger = new Ledger(0);
  ledger.holds(0, [held(9_000, { usable: false })]);
  ledger.moveTo(400);
  assert.equal(ledger.withoutTokenMs, 400);
});

test("no second of a sleep is counted, and none before it is lost", () => {
  const ledger = new Ledger(0);
  ledger.holds(0, [held(1_000, { broken: true })]);
  ledger.moveTo(1_500);
  ledger.moveTo(8_000, true);
  ledger.moveTo(8_200);
  assert.deepEqual([ledger.withoutTokenMs, ledger.brokenMs], [700, 1_700]);
  assert.deepEqual(kinds(ledger), ["valid 0-1000", "none 1000-1500", "asleep 1500-8000", "none 8000-8200"]);
  assert.deepEqual(ledger.broken, [
    { from: 0, to: 1_500 },
    { from: 8_000, to: 8_200 },
  ]);
});

test("time that stands still or comes twice changes nothing", () => {
  const ledger = new Ledger(1_000);
  ledger.holds(1_000, [held(500)]);
  ledger.moveTo(1_000);
  ledger.moveTo(900);
  assert.equal(ledger.withoutTokenMs, 0);
});
