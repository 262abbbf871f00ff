// Time: its paces, a pause, and the stories that play in it.

import assert from "node:assert/strict";
import { MINUTE, suite, visit } from "./lib/demo.mjs";

suite();

visit("each pace, and a pause", async (demo) => {
  const { page } = demo;
  const pace = async (name) => {
    await page.getByRole("radio", { name }).check({ force: true });
    await demo.rests();
  };
  assert.equal(await demo.text("elapsed"), "0:00:00");
  await demo.passesReal(10_000);
  assert.equal(await demo.text("elapsed"), "0:10:00", "60× is where it starts");
  await pace("10×");
  await demo.passesReal(6_000);
  assert.equal(await demo.text("elapsed"), "0:11:00");
  await pace("1×");
  await demo.passesReal(5_000);
  assert.equal(await demo.text("elapsed"), "0:11:05");
  await demo.press("Pause");
  assert.equal(await demo.button("Pause").getAttribute("aria-pressed"), "true");
  await demo.passesReal(60_000);
  assert.equal(await demo.text("elapsed"), "0:11:05", "time stands still");
  await demo.press("Pause");
  await demo.passesReal(1_000);
  assert.equal(await demo.text("elapsed"), "0:11:06", "and goes on as before");
});

visit("time stands still while nobody looks at the demo's tab", async (demo) => {
  const look = async (hidden) => {
    await demo.page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await demo.rests();
  };
  await look(true);
  await demo.passesReal(60_000);
  assert.equal(await demo.text("elapsed"), "0:00:00");
  await look(false);
  await demo.passesReal(60_000);
  assert.equal(await demo.text("elapsed"), "1:00:00");
  // a pause of the visitor's own stays
  await demo.press("Pause");
  await look(true);
  await look(false);
  assert.equal(await demo.button("Pause").getAttribute("aria-pressed"), "true");
});

visit("both panes live at the service's time, and at no other", async (demo) => {
  await demo.passes(7 * MINUTE);
  const times = await demo.page.evaluate(() =>
    [...document.querySelectorAll(".pane iframe")].map(({ contentWindow: pane }) => [
      pane.Date.now(),
      pane.demoClock.now(),
      Math.round(pane.performance.now() / 60_000),
    ]),
  );
  const [[now]] = times;
  for (const [date, service, minutes] of times) assert.deepEqual([date, service, minutes], [now, now, 7]);
});

visit("both pages start over", async (demo) => {
  await demo.press("Add a tile");
  await demo.press("Down: 503");
  await demo.passes(10 * MINUTE);
  await demo.press("Start over");
  assert.equal(await demo.text("elapsed"), "0:00:00");
  assert.match(await demo.text("caption"), /^Restarted/);
  assert.equal(await demo.button("Down: 503").getAttribute("aria-pressed"), "false");
  for (const pane of ["keeper", "loop"]) {
    assert.equal(demo.frames(pane).length, 1);
    assert.deepEqual([(await demo.pane(pane)).requests, (await demo.pane(pane)).state], [1, "fresh"]);
  }
});

visit(
  "what a visitor sees first is a story, and it ends as it says",
  async (demo) => {
    assert.equal(await demo.button("A morning with an outage").getAttribute("aria-pressed"), "true");
    await demo.passes(13 * MINUTE);
    assert.match(await demo.text("caption"), /backend goes down for six minutes/);
    const outage = await demo.both();
    assert.ok(outage.loop.unhandled >= 5 && outage.keeper.unhandled === 0);
    await demo.passes(24 * MINUTE);
    assert.match(await demo.text("caption"), /expired on the right/);
    const silence = await demo.both();
    assert.deepEqual([silence.keeper.state, silence.loop.state], ["fresh", "expired"]);
    assert.equal(await demo.shown("loop", "state"), "expired");
    await demo.passes(42 * MINUTE);
    const { keeper, loop } = await demo.both();
    assert.deepEqual([keeper.withoutTokenMs, keeper.brokenMs, keeper.unhandled], [0, 0, 0]);
    assert.ok(Math.abs(loop.withoutTokenMs - 40 * MINUTE) < 2 * MINUTE, `${loop.withoutTokenMs} ms`);
    assert.match(await demo.shown("loop", "without"), /^(39|40|41) min \d\d s$/);
    assert.equal(await demo.shown("keeper", "without"), "0 s");
    assert.equal(await demo.button("A morning with an outage").getAttribute("aria-pressed"), "false");
  },
  { story: null },
);

visit("the lid closed over lunch", async (demo) => {
  await demo.press("Lid closed over lunch");
  await demo.passes(8 * MINUTE);
  assert.match(await demo.text("caption"), /The lid closes/);
  // the story slows down to 10×
  await demo.passesReal(6_000);
  assert.match(await demo.text("caption"), /lid opens/);
  await demo.passesReal(30_000);
  assert.match(await demo.text("caption"), /the left one 25 seconds earlier/);
  const { keeper, loop } = await demo.both();
  assert.equal(Math.round((loop.withoutTokenMs - keeper.withoutTokenMs) / 1000), 25);
  assert.deepEqual([keeper.unhandled, loop.unhandled], [0, 2]);
});

visit(
  "a switch of report, and a slow backend",
  async (demo) => {
    await demo.passes(23 * MINUTE);
    assert.match(await demo.text("caption"), /a token for the sales report on the stock report/);
    assert.ok((await demo.pane("loop")).brokenMs > 2 * MINUTE);
    await demo.passes(33 * MINUTE);
    assert.match(await demo.text("caption"), /never lacked a token/);
    const { keeper, loop } = await demo.both();
    assert.deepEqual([keeper.withoutTokenMs, keeper.brokenMs, keeper.unhandled], [0, 0, 0]);
    assert.ok(loop.withoutTokenMs > 30 * MINUTE);
  },
  { story: "switch" },
);

visit(
  "a week in two minutes: its first day and a half",
  async (demo) => {
    const { page } = demo;
    assert.equal(await page.getByRole("radio", { name: "Week in 2 min" }).isChecked(), true);
    assert.match(await demo.text("caption"), /^A tab stays open for a week\./);
    await demo.passesReal((1.5 / 7) * 120_000);
    assert.equal(await demo.text("elapsed"), "36:00:00");
    assert.match(await demo.text("caption"), /^Day 2: /);
    const day = await demo.both();
    assert.deepEqual([day.keeper.withoutTokenMs, day.keeper.brokenMs, day.keeper.unhandled], [0, 0, 0]);
    assert.ok(day.keeper.requests > 36 && day.keeper.requests < 80, `${day.keeper.requests} requests of the keeper`);
    assert.ok(day.loop.requests > day.keeper.requests && day.loop.unhandled > 0);
  },
  { story: "week" },
);

visit(
  "a clock 15 minutes slow",
  async (demo) => {
    assert.equal(
      await demo.button("A clock 15 minutes slow").getAttribute("aria-pressed"),
      "true",
      "a link may name it",
    );
    await demo.passes(67 * MINUTE);
    assert.match(await demo.text("caption"), /same happens with every token/);
    const { keeper, loop } = await demo.both();
    assert.equal(keeper.withoutTokenMs, 0);
    assert.ok(loop.withoutTokenMs > 6 * MINUTE);
  },
  { story: "clock" },
);
