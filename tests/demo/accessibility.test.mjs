// The page is usable by everybody: axe-core finds nothing, in light, dark and at a phone's width; by keyboard; without
// motion.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { MINUTE, suite, visit } from "./lib/demo.mjs";

suite();

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { width: 390, height: 844 };

/**
 * In the page, in one of the panes and in its frames. The page's policy lets no script in, so it is run from outside.
 */
async function findings(demo, pane) {
  const found = [];
  const within = demo.page.frames().filter((frame) => frame.url().includes(`pane=${pane}`));
  for (const frame of [demo.page.mainFrame(), ...within, ...demo.frames(pane)]) {
    await frame.evaluate(AXE);
    const { violations } = await frame.evaluate(async () => {
      // in a pane no timer comes while the test holds time
      const [{ setTimeout, clearTimeout }, real] = [
        window,
        { setTimeout: top.setTimeout, clearTimeout: top.clearTimeout },
      ];
      window.setTimeout = (...args) => real.setTimeout.apply(top, args);
      window.clearTimeout = (timer) => real.clearTimeout.call(top, timer);
      try {
        return await window.axe.run(document, {
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
          iframes: false,
        });
      } finally {
        Object.assign(window, { setTimeout, clearTimeout });
      }
    });
    // a frame is no page of its own: the page around it has the landmarks and the headings
    const apart = frame === demo.page.mainFrame() ? [] : ["region", "page-has-heading-one", "landmark-one-main"];
    for (const { id, nodes } of violations.filter((one) => !apart.includes(one.id)))
      found.push(
        `${frame.url().replace(/.*\//, "")} ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`,
      );
  }
  return found;
}

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["a phone, light", { viewport: PHONE, colorScheme: "light" }],
  ["a phone, dark", { viewport: PHONE, colorScheme: "dark" }],
]) {
  visit(
    `axe-core finds nothing: ${name}`,
    async (demo) => {
      assert.deepEqual(await findings(demo, "keeper"), [], "all well");
      // the loop's report fails, and everything is coloured
      await demo.passes(48 * MINUTE);
      await demo.press("Damaged token");
      await demo.passes(6 * MINUTE);
      await demo.press("Add a dashboard");
      assert.deepEqual(await findings(demo, "loop"), [], "in trouble");
      const { scroll, width } = await demo.page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        width: window.innerWidth,
      }));
      assert.ok(scroll <= width, `${scroll - width} px too wide`);
    },
    options,
  );
}

visit("by keyboard alone", async (demo) => {
  const { page } = demo;
  const focused = () =>
    page.evaluate(
      () =>
        document.activeElement?.textContent?.trim() ||
        document.activeElement?.getAttribute("value") ||
        document.activeElement?.id,
    );
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Get started", "the first link comes first");
  await demo.button("Pause").focus();
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(), "60", "the pace");
  await page.keyboard.press("ArrowLeft");
  await demo.rests();
  assert.equal(await page.getByRole("radio", { name: "10×" }).isChecked(), true);
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Pause");
  await page.keyboard.press("Space");
  await demo.rests();
  assert.equal(await demo.button("Pause").getAttribute("aria-pressed"), "true");
  await demo.button("Down: 503").focus();
  const outline = await demo.button("Down: 503").evaluate((one) => {
    one.blur();
    one.focus({ focusVisible: true });
    return getComputedStyle(one).outlineStyle;
  });
  assert.equal(outline, "solid", "focus is seen");
  await page.keyboard.press("Enter");
  await demo.rests();
  assert.equal(await demo.button("Down: 503").getAttribute("aria-pressed"), "true");
  assert.equal(await page.locator("#watch").getAttribute("role"), "status");
  const label = await page.locator('#pane-loop [data-part="timeline"]').getAttribute("aria-label");
  assert.match(label, /Without a valid token for 0 s, \d+ requests, \d+ of them refused, \d+ unhandled errors/);
});

visit(
  "without motion",
  async (demo) => {
    const moving = await demo.page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter(
          (one) =>
            parseFloat(getComputedStyle(one).transitionDuration) > 0 || getComputedStyle(one).animationName !== "none",
        ).length,
    );
    assert.equal(moving, 0);
  },
  { reducedMotion: "reduce" },
);

visit("no style attribute, as the page's policy wants", async (demo) => {
  await demo.passes(60 * MINUTE);
  const refused = await demo.page.evaluate(() => performance.getEntriesByType("csp-violation").length);
  assert.equal(refused, 0);
  const policy = await demo.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'; style-src 'self';/);
});
