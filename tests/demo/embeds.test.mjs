// The embeds: each kind comes and goes in both panes while time runs, and several share one token.

import assert from "node:assert/strict";
import { MINUTE, suite, visit } from "./lib/demo.mjs";

suite();

const states = (demo, pane) =>
  Promise.all(demo.frames(pane).map((frame) => frame.evaluate(() => window.sandbox.state())));
const kinds = async (demo, pane) => (await states(demo, pane)).map(({ kind, phase }) => `${kind} ${phase}`).sort();

visit("each kind is added and removed", async (demo) => {
  await demo.passes(5 * MINUTE);
  for (const kind of ["report", "dashboard", "tile"]) await demo.press(`Add a ${kind}`);
  for (const pane of ["keeper", "loop"])
    assert.deepEqual(await kinds(demo, pane), ["dashboard loaded", "report loaded", "report loaded", "tile loaded"]);
  assert.ok(await demo.button("Add a report").isDisabled(), "four are enough");
  await demo.press("Remove Report 1");
  for (const pane of ["keeper", "loop"])
    assert.deepEqual(await kinds(demo, pane), ["dashboard loaded", "report loaded", "tile loaded"]);
  assert.ok(await demo.button("Add a report").isEnabled());
  await demo.passes(60 * MINUTE);
  for (const pane of ["keeper", "loop"]) {
    const { withoutTokenMs, unhandled, requests } = await demo.pane(pane);
    assert.deepEqual([withoutTokenMs, unhandled], [0, 0], pane);
    assert.ok(requests <= 3, `${requests} requests`);
    const held = await states(demo, pane);
    assert.equal(new Set(held.map(({ fingerprint }) => fingerprint)).size, 1, "one token for all");
  }
  for (const name of ["Remove Report 2", "Remove Dashboard 3", "Remove Tile 4"]) await demo.press(name);
  for (const pane of ["keeper", "loop"]) assert.equal(demo.frames(pane).length, 0);
  await demo.passes(30 * MINUTE);
  await demo.press("Add a report");
  for (const pane of ["keeper", "loop"]) assert.deepEqual(await kinds(demo, pane), ["report loaded"]);
});

visit("three reports share one token", async (demo) => {
  await demo.press("Three reports, one token");
  await demo.passes(55 * MINUTE);
  for (const pane of ["keeper", "loop"]) {
    const held = await states(demo, pane);
    assert.equal(held.length, 3);
    assert.equal(new Set(held.map(({ fingerprint }) => fingerprint)).size, 1);
    assert.equal((await demo.pane(pane)).requests, 2, "one at first, one refresh");
  }
});

visit("Aad tokens with accessTokenProvider, and back", async (demo) => {
  await demo.page.getByText("Aad + accessTokenProvider").click();
  await demo.rests();
  assert.match(await demo.shown("keeper", "code"), /keeper\.configure/);
  assert.match(await demo.shown("loop", "code"), /accessTokenProvider/);
  await demo.passes(55 * MINUTE);
  for (const pane of ["keeper", "loop"]) {
    const [state] = await states(demo, pane);
    assert.deepEqual([state.tokenKind, state.tokenType, state.provider, state.asked], ["aad", 0, true, 1], pane);
    assert.deepEqual([(await demo.pane(pane)).state, (await demo.pane(pane)).withoutTokenMs], ["fresh", 0]);
  }
  assert.ok((await demo.log()).some((line) => line.includes("the frame asked accessTokenProvider")));
  await demo.press("Add a tile");
  assert.deepEqual(await kinds(demo, "loop"), ["report loaded", "tile loaded"]);
  await demo.page.getByText("Embed token", { exact: true }).click();
  await demo.rests();
  const [state] = await states(demo, "keeper");
  assert.deepEqual([state.tokenKind, state.provider], ["embed", false]);
});

visit("a page that can get no first token waits for it, in both panes", async (demo) => {
  await demo.press("Remove Report 1");
  await demo.press("Down: 503");
  await demo.passes(65 * MINUTE);
  await demo.press("Add a report");
  await demo.passes(MINUTE);
  for (const pane of ["keeper", "loop"]) assert.equal(demo.frames(pane).length, 0, pane);
  await demo.press("Clear all faults");
  // after so many failures the keeper may wait five minutes
  await demo.passes(6 * MINUTE);
  for (const pane of ["keeper", "loop"]) assert.deepEqual(await kinds(demo, pane), ["report loaded"]);
});
