// The stories as they are written: their steps are in order, name faults that exist, and leave none on; what the last
// caption of the week quotes is what was counted.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build } from "esbuild";
import { fromRoot } from "../../scripts/lib/run.mjs";

let stories;
let faults;
before(async () => {
  const contents = 'export * from "./www/src/page/stories"; export * from "./www/src/page/faults";';
  const stdin = { contents, resolveDir: fromRoot(), loader: "ts" };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm" });
  const module = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`;
  ({ STORIES: stories, FAULTS: faults } = await import(module));
});

test("steps are in order, and every fault that is switched on is switched off", () => {
  assert.equal(stories.length, 5);
  for (const { key, steps } of stories) {
    const on = new Set();
    for (const [i, step] of steps.entries()) {
      assert.ok(i === 0 || step.atMs >= steps[i - 1].atMs, `${key}: step ${i}`);
      for (const name of [step.on, step.off, step.act])
        if (name)
          assert.ok(
            faults.some((fault) => fault.key === name),
            `${key}: ${name}`,
          );
      if (step.on) on.add(step.on);
      if (step.off) assert.ok(on.delete(step.off), `${key}: ${step.off} was on`);
    }
    assert.deepEqual([...on], key === "clock" ? ["behind"] : [], key);
  }
});

test("a week later: the counters of both panes", () => {
  const counters = (withoutTokenMs, requests, unhandled) => ({
    withoutTokenMs,
    brokenMs: 0,
    requests,
    refused: 0,
    unhandled,
  });
  const { steps } = stories.find(({ key }) => key === "week");
  assert.equal(steps.at(-1).atMs, 7 * 86_400_000);
  assert.equal(
    steps.at(-1).say({ keeper: counters(9_000, 212, 0), loop: counters(7_500_000, 260, 41) }),
    "A week later. On the left 9 s without a valid token, 212 requests, 0 unhandled errors; " +
      "on the right 2 h 05 min without a valid token, 260 requests, 41 unhandled errors.",
  );
});
