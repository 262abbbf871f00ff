// Each fault says what to watch, and does to both panes what it says.

import assert from "node:assert/strict";
import { MINUTE, suite, visit } from "./lib/demo.mjs";

suite();

const WATCH = {
  "Down: 503": /every 45 seconds or so/,
  "Connection cut": /No response at all/,
  "Slow: 25 s": /one request at the next refresh/,
  "A slow backend: 60 s": /doubles after each timeout/,
  "Signed out: 401": /becomes “denied”/,
  "Busy: 429": /Retry-After says two minutes/,
  "Same token again": /backend that caches/,
  "Wrong kind": /the keeper rejects the token/,
  "Damaged token": /truncated on its way/,
  "MSAL: sign in again": /throws InteractionRequiredAuthError/,
  Silent: /answers nothing/,
  "Late: 8 s": /takes eight seconds/,
  "Tab hidden": /once a minute/,
  "Clock 2 hours ahead": /every token has expired/,
  "Clock 15 min behind": /five minutes after the token has expired/,
};

visit("every switch says what to watch, takes its rival's place, and all are off again at once", async (demo) => {
  for (const [name, line] of Object.entries(WATCH)) {
    await demo.press(name);
    assert.equal(await demo.button(name).getAttribute("aria-pressed"), "true", name);
    assert.match(await demo.text("watch"), line);
  }
  assert.equal(await demo.button("Down: 503").getAttribute("aria-pressed"), "false", "Connection cut took its place");
  assert.equal(
    await demo.button("Clock 2 hours ahead").getAttribute("aria-pressed"),
    "false",
    "so did the other clock",
  );
  await demo.press("Clear all faults");
  assert.equal(await demo.page.locator('.faults button[aria-pressed="true"]').count(), 0);
  assert.match(await demo.text("watch"), /^Pick a fault/);
  await demo.passes(70 * MINUTE);
  const { keeper, loop } = await demo.both();
  for (const pane of [keeper, loop])
    assert.deepEqual([pane.state, pane.withoutTokenMs, pane.unhandled], ["fresh", 0, 0]);
});

/**
 * With the fault on from minute 48 to minute 54: both panes want their next token from minute 50 on, the keeper up to
 * two later.
 */
function atRefresh(fault, tell, options) {
  visit(
    `at a refresh: ${fault}`,
    async (demo) => {
      await demo.passes(48 * MINUTE);
      await demo.press(fault);
      await demo.passes(6 * MINUTE);
      const during = await demo.both();
      await demo.press(fault);
      await demo.passes(11 * MINUTE);
      await tell({ demo, during, after: await demo.both() });
    },
    options,
  );
}

const calm = (keeper) =>
  assert.deepEqual(
    [keeper.withoutTokenMs, keeper.brokenMs, keeper.unhandled, keeper.state],
    [0, 0, 0, "fresh"],
    "the keeper",
  );

atRefresh("Down: 503", ({ during, after }) => {
  assert.equal(during.keeper.state, "retrying");
  assert.ok(during.keeper.refused >= 5 && during.loop.refused >= 7, "both asked");
  assert.equal(during.loop.unhandled, during.loop.refused);
  calm(after.keeper);
  assert.equal(after.loop.state, "fresh");
});

atRefresh("Connection cut", ({ during, after }) => {
  assert.ok(during.keeper.refused >= 3, "asked");
  assert.ok(during.loop.unhandled >= 7);
  calm(after.keeper);
});

atRefresh("Slow: 25 s", ({ after }) => {
  calm(after.keeper);
  calm(after.loop);
  assert.deepEqual([after.keeper.requests, after.loop.requests], [2, 2]);
});

atRefresh("Signed out: 401", ({ during }) => {
  assert.equal(during.keeper.state, "denied");
  assert.ok(during.keeper.refused <= 3 && during.loop.refused >= 7, "the keeper asks rarely");
  assert.equal(during.loop.unhandled, during.loop.refused);
});

atRefresh("MSAL: sign in again", async ({ demo, during, after }) => {
  assert.equal(during.keeper.state, "denied");
  assert.ok(during.keeper.refused <= 3 && during.loop.refused >= 7, "the keeper asks rarely");
  assert.deepEqual([during.keeper.unhandled, during.loop.unhandled], [0, during.loop.refused]);
  calm(after.keeper);
  assert.equal(after.loop.state, "fresh");
  const log = await demo.log();
  for (const pane of ["keeper", "loop"])
    assert.ok(
      log.some((line) => line.includes(`${pane}\nMSAL threw InteractionRequiredAuthError`)),
      `${pane}: a line`,
    );
  assert.ok(log.some((line) => /keeper\nNo new token: access was denied, sign in again \(401\)/.test(line)));
  assert.ok(
    log.some((line) => /keeper\nNew token until .* \(refresh\(\) was called\)/.test(line)),
    "at the sign-in",
  );
});

atRefresh("Busy: 429", ({ during, after }) => {
  assert.ok(during.keeper.refused <= 5 && during.loop.refused >= 7, "the keeper keeps the quiet");
  calm(after.keeper);
});

atRefresh("Same token again", async ({ demo, after }) => {
  calm(after.keeper);
  assert.ok(
    (await demo.log()).some((line) => /keeper[\s\S]*it (is the token already in place|expires no later)/.test(line)),
  );
  assert.ok(after.loop.requests >= 8, "the loop asks each half minute");
});

// Wiring that can't work is said once on the console; a token that was damaged on its way is no wiring.
const WRONG_KIND = /^warning: powerbi-token-keeper: tokenType is 1 \(Embed\), but the token is an Entra token\./;
for (const [fault, warning] of [
  ["Wrong kind", WRONG_KIND],
  ["Damaged token", null],
]) {
  atRefresh(
    fault,
    ({ during, after }) => {
      calm(after.keeper);
      assert.deepEqual([during.loop.state, during.loop.tone], ["unusable token", "bad"]);
      assert.ok(
        after.loop.withoutTokenMs > 10 * MINUTE && after.loop.brokenMs > 10 * MINUTE,
        "the loop does not ask again",
      );
    },
    { warning },
  );
}

atRefresh("Silent", async ({ demo, after }) => {
  calm(after.keeper);
  await demo.passes(20 * MINUTE);
  const loop = await demo.pane("loop");
  assert.equal(loop.state, "expired");
  assert.ok(loop.withoutTokenMs > 20 * MINUTE, "the loop believes it has set the token");
});

atRefresh("Late: 8 s", ({ after }) => {
  calm(after.keeper);
  calm(after.loop);
  assert.deepEqual([after.keeper.requests, after.loop.requests], [2, 2]);
});

visit("embedded again with the first token", async (demo) => {
  await demo.passes(65 * MINUTE);
  await demo.press("Reset: embed again");
  assert.match(await demo.text("watch"), /as a re-render does/);
  await demo.passes(5 * MINUTE);
  const { keeper, loop } = await demo.both();
  assert.ok(keeper.brokenMs < 5_000, `the keeper brings the newer one within ${keeper.brokenMs} ms`);
  assert.equal(keeper.state, "fresh");
  assert.ok(loop.brokenMs > 4 * MINUTE);
});

visit("another report in the same container", async (demo) => {
  await demo.passes(10 * MINUTE);
  await demo.press("Another report in the same container");
  assert.match(await demo.text("watch"), /requests one for the report that is there/);
  await demo.passes(58 * MINUTE);
  const { keeper, loop } = await demo.both();
  calm(keeper);
  assert.equal(keeper.requests, 3, "at first, the page's own, and one refresh");
  assert.ok(
    loop.withoutTokenMs > 10 * MINUTE && loop.brokenMs > 10 * MINUTE,
    "the first report's token is on the other",
  );
  assert.ok((await demo.log()).some((line) => /loop.*PowerBINotAuthorizedException/s.test(line)));
});

visit("the engine crashes", async (demo) => {
  await demo.passes(5 * MINUTE);
  await demo.press("Crash the engine");
  assert.match(await demo.text("watch"), /goes on in its JavaScript engine/);
  const lines = (await demo.log()).slice(0, 2);
  assert.match(lines[0], /keeper\nThe WebAssembly engine crashed\. The keeper goes on with the JavaScript engine\.$/);
  assert.match(lines[1], /both\nThe engine of powerbi-token-keeper crashes\.$/);
  await demo.passes(63 * MINUTE);
  const { keeper, loop } = await demo.both();
  for (const pane of [keeper, loop]) {
    calm(pane);
    assert.equal(pane.requests, 2, "a token at first, and one refresh");
  }
  await demo.press("Crash the engine");
  assert.match((await demo.log())[0], /keeper\nThere is no WebAssembly engine to crash/);
});

visit("two users with different roles", async (demo) => {
  await demo.press("Two users, two roles");
  assert.match(await demo.text("caption"), /^One page, two users’ reports/);
  assert.ok((await demo.log()).some((line) => /both\nTwo users with different roles: .*North.*South\.$/.test(line)));
  const shown = (pane) =>
    Promise.all(
      demo
        .frames(pane)
        .map((frame) =>
          frame.evaluate(() => [document.querySelector("#title").textContent, window.sandbox.state().role]),
        ),
    );
  const roles = ["North", "South"].map((role) => [`Harbour Coffee · Sales · ${role}`, role]);
  for (const passed of [0, 63 * MINUTE]) {
    await demo.passes(passed);
    for (const pane of ["keeper", "loop"]) assert.deepEqual(await shown(pane), roles, pane);
  }
  const { keeper, loop } = await demo.both();
  for (const pane of [keeper, loop]) {
    calm(pane);
    assert.equal(pane.requests, 4, "for each role a token at first, and one refresh");
  }
  // what makes the figures above mean something: another role's token counts as none
  await demo.page.evaluate(async () => {
    const pane = document.querySelector("#pane-loop iframe").contentWindow;
    const [north, south] = [...pane.document.querySelectorAll("iframe")].map((one) => one.contentWindow.sandbox);
    const embeds = [...pane.document.querySelectorAll(".embed")].map((one) => one.powerBiEmbed);
    await embeds[1].setAccessToken(north.currentToken());
    if (south.state().role !== "North") throw new Error("the frame did not take it");
  });
  await demo.passes(MINUTE);
  assert.equal((await demo.pane("loop")).withoutTokenMs, MINUTE);
});

visit("a hidden tab", async (demo) => {
  await demo.press("Tab hidden");
  for (const pane of ["keeper", "loop"]) {
    assert.equal(
      await demo.page.evaluate(
        (which) => document.querySelector(`#pane-${which} iframe`).contentDocument.visibilityState,
        pane,
      ),
      "hidden",
    );
  }
  await demo.passes(70 * MINUTE);
  const { keeper, loop } = await demo.both();
  calm(keeper);
  calm(loop);
  await demo.press("Tab hidden");
  assert.equal(
    await demo.page.evaluate(() => document.querySelector("#pane-loop iframe").contentDocument.hidden),
    false,
  );
});

visit("a laptop that sleeps: nothing is counted meanwhile, and both come back", async (demo) => {
  await demo.passes(10 * MINUTE);
  await demo.press("Laptop asleep for 70 min");
  assert.equal(await demo.text("elapsed"), "1:20:00");
  await demo.passes(2 * MINUTE);
  const { keeper, loop } = await demo.both();
  for (const pane of [keeper, loop]) {
    assert.equal(pane.state, "fresh");
    assert.ok(pane.withoutTokenMs < MINUTE, "no second of the sleep");
    assert.ok(pane.stretches.includes("asleep"));
  }
});

visit("a clock that is ahead", async (demo) => {
  await demo.passes(MINUTE);
  await demo.press("Clock 2 hours ahead");
  await demo.passes(30 * MINUTE);
  const { keeper, loop } = await demo.both();
  calm(keeper);
  assert.ok(keeper.requests <= 4, `${keeper.requests} requests of the keeper`);
  assert.ok(loop.requests > 50, `${loop.requests} requests of the loop`);
});

visit("a clock that is behind", async (demo) => {
  await demo.passes(MINUTE);
  await demo.press("Clock 15 min behind");
  await demo.passes(70 * MINUTE);
  const { keeper, loop } = await demo.both();
  calm(keeper);
  assert.ok(loop.withoutTokenMs > 4 * MINUTE && loop.withoutTokenMs < 7 * MINUTE, `${loop.withoutTokenMs} ms`);
});

visit("tokens that live less than the loop's ten minutes", async (demo) => {
  await demo.page.getByLabel("New tokens last").selectOption("8 minutes");
  await demo.rests();
  assert.match(await demo.text("watch"), /less than ten minutes/);
  // both renew the first one, of an hour, and then those of eight minutes
  await demo.passes(75 * MINUTE);
  const { keeper, loop } = await demo.both();
  calm(keeper);
  assert.ok(loop.requests > 2 * keeper.requests, `${loop.requests} and ${keeper.requests} requests`);
});
