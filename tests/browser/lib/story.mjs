// A story: one page in virtual time, with a backend and frames that do what they are told. Every story ends with
// what must be true of all of them: no token in anything that was said or raised, no error on the page, no request
// elsewhere, never two requests to the source at once, no timer armed for more than a minute.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { BROWSER, launch } from "./browser.mjs";
import { Keeper } from "./keeper.mjs";
import { Clock, Page } from "./page.mjs";
import { HOST, Site, VERSIONS } from "./site.mjs";
import { Source } from "./source.mjs";
import { minutes, START } from "./time.mjs";

export * from "./time.mjs";
export { VERSIONS };

const WATCH = readFileSync(new URL("watch.js", import.meta.url), "utf8");
const NATIVE = "Object.defineProperty(window, '__native', { value: { setTimeout: window.setTimeout.bind(window) } });";
/** The dice of a story are its own, and fall the same in every run: mulberry32, begun with the story's name. */
const dice = (
  name,
) => `{ let state = ${[...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7)};
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  }; }`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * @param {string} name
 * @param {(told: { page: Page, source: Source, frame: import("./frame.mjs").Frame, keeper: Keeper, clock: Clock, site:
 * Site, another: (name: string) => Keeper }) => Promise<void>} tell
 * @param {{ keepers?: number, pageErrors?: RegExp, later?: string, client?: string }} [unlike] How the story is unlike
 * the others: how many
 * keepers may ask at once, which errors are the page's own, why it may fail as yet, and which version of powerbi-client
 * embeds.
 */
export function story(name, tell, { keepers = 1, pageErrors, later, client } = {}) {
  test(name, { timeout: 120_000, todo: later }, async () => {
    const context = await browser.newContext();
    try {
      const clock = new Clock();
      const source = new Source(clock);
      const site = new Site(source, client);
      const said = [];
      const errors = [];
      await context.addInitScript(NATIVE);
      await context.addInitScript(dice(name));
      await context.clock.install({ time: START });
      await context.clock.pauseAt(START);
      await context.addInitScript(WATCH);
      await site.open(context);
      const pages = [];
      const opens = async () => {
        const tab = await context.newPage();
        tab.on("console", (message) => said.push(message.text()));
        tab.on("pageerror", (error) => errors.push(`${error?.message ?? error}\n${error?.stack}`));
        tab.on("requestfailed", (request) => source.lost(request));
        await tab.goto(`${HOST}/`);
        const page = new Page(tab, source, clock);
        pages.push(page);
        return {
          page,
          frame: page.frame(),
          keeper: new Keeper(page, "keeper"),
          closes: () => tab.close().then(() => pages.splice(pages.indexOf(page), 1)),
        };
      };
      const { page, frame, keeper } = await opens();
      const another = (other) => new Keeper(page, other);
      await tell({ page, source, frame, keeper, clock, site, another, opens });
      for (const open of pages) {
        await open.rests();
        await expectQuiet({ page: open, source, site, said, errors, keepers, pageErrors });
      }
    } finally {
      await context.close();
    }
  });
}

/** The same story with each version of powerbi-client: for what one of them may do in another way. */
export function storyOfEach(name, tell, unlike) {
  for (const client of VERSIONS) story(`${client}: ${name}`, tell, { ...unlike, client });
}

async function expectQuiet({ page, source, site, said, errors, keepers, pageErrors }) {
  const { heard, longest } = await page.run(() => ({
    heard: [
      ...window.__watch.console,
      ...window.__watch.rejections,
      ...stage.events.map(({ type, detail, json }) => `${type} ${JSON.stringify(detail)} ${json}`),
      ...Object.values(stage.keepers).map((keeper) => JSON.stringify(keeper.status)),
      ...stage.promises.filter(({ error }) => error).map(({ error }) => JSON.stringify(error)),
    ],
    longest: window.__watch.longestTimer,
  }));
  for (const text of [...heard, ...said, ...errors]) expectNoToken(text, source.tokens);
  // Firefox calls a chunk that is missing, as some stories want it, an error of the page
  const missing = BROWSER === "firefox" ? /^Loading module from / : undefined;
  const unexpected = errors.filter((error) => !pageErrors?.test(error) && !missing?.test(error));
  assert.deepEqual(unexpected, [], "errors on the page");
  assert.deepEqual(site.strays, [], "requests elsewhere");
  assert.ok(source.mostInFlight <= keepers, `${source.mostInFlight} requests to the source at once`);
  assert.ok(longest <= minutes(1), `a timer of ${longest} ms`);
}

/** No piece of a token either: a prefix that is printed to be helpful is a leak as well. */
export function expectNoToken(text, tokens) {
  for (const { text: token } of tokens) {
    for (const share of [0.02, 0.25, 0.5, 0.75, 0.95]) {
      const at = Math.floor(token.length * share);
      const piece = token.slice(at, at + 20);
      assert.ok(piece.length < 8 || !String(text).includes(piece), `a token's text in: ${String(text).slice(0, 60)}…`);
    }
  }
}
