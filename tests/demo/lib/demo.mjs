// The demo's page in a browser, as a visitor uses it, with time that the test moves. A test ends with a look at the
// console.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../../browser/lib/browser.mjs";
import { serveSite } from "./site.mjs";

export const MINUTE = 60_000;

let browser;
let site;
/** One page for all visits that want nothing special: to start over is quicker than to load. */
let shared = null;
export const suite = () => {
  before(async () => {
    site = await serveSite();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });
};

/**
 * One visit, on a page that was just loaded or that started over. With `fresh`, a `story` or an option of the browser's
 * context it has a page of its own. `story` is the one that plays; with `null` the one that every visitor sees first.
 * `warning` is the one line that the console has at the end; without it there is none.
 */
export function visit(name, tell, options = {}) {
  const { warning = null, ...own } = options;
  const isShared = Object.keys(own).length === 0;
  test(name, { timeout: 180_000 }, async () => {
    const demo = (isShared && (await again())) || (await load(own));
    try {
      await tell(demo);
      if (warning) assert.match(demo.said.shift() ?? "", warning, "the console");
      assert.deepEqual(demo.said, [], "the console");
      if (isShared) shared = demo;
    } finally {
      if (shared !== demo) await demo.page.context().close();
    }
  });
}

/** A test of the site itself, without a visit. */
export function withSite(name, tell) {
  test(name, { timeout: 90_000 }, async () => {
    const own = await serveSite();
    const open = [];
    try {
      await tell({
        ...own,
        browser: { newContext: async (options) => open.at(open.push(await browser.newContext(options)) - 1) },
      });
    } finally {
      for (const context of open) await context.close();
      await own.close();
    }
  });
}

async function load({ viewport = { width: 1440, height: 900 }, story = "none", fresh: _, ...context }) {
  const own = await browser.newContext({ viewport, ...context });
  const demo = new Demo(await own.newPage(), site);
  await demo.open(story);
  return demo;
}

/** The shared page as at first; null where there is none, or the last visit has failed. */
async function again() {
  const demo = shared;
  shared = null;
  await demo?.startOver();
  return demo;
}

export class Demo {
  said = [];

  constructor(page, site) {
    this.page = page;
    this.site = site;
    page.on("console", (message) => this.said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.said.push(String(error.stack)));
  }

  async open(story = "none") {
    await this.page.goto(`${this.site.url}index.html?time=by-hand${story === null ? "" : `&story=${story}`}`);
    await this.page.waitForFunction(
      () => "step" in window && !document.querySelector("#caption").textContent.startsWith("Starting"),
    );
    await this.rests();
  }

  /** Both panes anew, at the pace of the start. */
  async startOver() {
    if ((await this.button("Pause").getAttribute("aria-pressed")) === "true") await this.press("Pause");
    await this.page.getByRole("radio", { name: "60×" }).check({ force: true });
    await this.page.getByRole("radio", { name: "Embed token" }).check({ force: true });
    await this.press("Start over");
    this.said.length = 0;
  }

  button(name, options = {}) {
    return this.page.getByRole("button", { name, exact: true, ...options });
  }

  /** A click, and all that it does. */
  async press(name, options) {
    await this.button(name, options).click();
    await this.rests();
  }

  /** So much real time passes. */
  async passesReal(ms) {
    await this.page.evaluate((realMs) => window.step(realMs), ms);
  }

  /** So much of the demo's time passes, at the pace it starts with. */
  async passes(ms) {
    await this.passesReal(ms / 60);
  }

  rests() {
    return this.passesReal(0);
  }

  /** What a pane measured. */
  pane(name) {
    return this.page.evaluate((which) => {
      const { state, expiresAt, counters, tokens } = document
        .querySelector(`#pane-${which} iframe`)
        .contentWindow.pane.status();
      return { ...counters, state: state.text, tone: state.tone, expiresAt, stretches: tokens.map(({ kind }) => kind) };
    }, name);
  }

  async both() {
    return { keeper: await this.pane("keeper"), loop: await this.pane("loop") };
  }

  frames(pane) {
    return this.page
      .frames()
      .filter((frame) => frame.url().includes("/sandbox/") && frame.parentFrame().url().includes(`pane=${pane}`));
  }

  /** What the page shows of a pane, in words. */
  async shown(pane, part) {
    return (await this.page.locator(`#pane-${pane} [data-part="${part}"]`).innerText()).trim();
  }

  text(id) {
    return this.page.locator(`#${id}`).innerText();
  }

  log() {
    return this.page.locator("#log li").allInnerTexts();
  }

  async waits(met, what) {
    await this.page.waitForFunction(met, null, { timeout: 30_000 }).catch(() => assert.fail(`never: ${what}`));
  }
}
