// A story: one page in virtual time, with a backend and frames that do what they are told. Every story ends with
// what must be true of all of them: no token in anything that was said or raised, no error on the page, no request
// elsewhere, never two requests to the source at once, no timer armed for more than a minute.

import assert from "node:assert/strict";
import * as node from "node:test";
import { BROWSER, connect, launch } from "./browser.mjs";
import { Keeper } from "./keeper.mjs";
import { Clock, Page } from "./page.mjs";
import { ALL_VERSIONS, HOST, Site, VERSIONS } from "./site.mjs";
import { Source } from "./source.mjs";
import { minutes } from "./time.mjs";

export * from "./time.mjs";
export { ALL_VERSIONS, VERSIONS };

/** Node's test runner, or what scripts/mutants.mjs plays scenarios with; `ends` is called before a page is left. */
const { test, after, ends = () => {} } = globalThis.scenarioRunner ?? node;

/** The browsers by how they isolate sites, each launched when it is wanted. */
const browsers = new Map();
const browserWith = (isolated) => {
  if (!browsers.has(isolated)) browsers.set(isolated, launch({ isolated }));
  return browsers.get(isolated);
};
after(async () => {
  const all = [...browsers.values()];
  browsers.clear();
  await stand?.close();
  stand = null;
  for (const browser of all) await (await browser).close();
});

/** A context of the browser's, and the scenario that is played there. */
class Stand {
  scenario = null;

  static async open(isolated) {
    const stand = new Stand();
    stand.isolated = isolated;
    stand.context = await (await browserWith(isolated)).newContext();
    await connect(stand.context, {
      serve: (request) => stand.scenario.site.serve(request),
      lost: (request) => stand.scenario.source.lost(request),
    });
    stand.first = await stand.tab();
    return stand;
  }

  async tab() {
    const tab = await this.context.newPage();
    // WebDriver tells of neither; what the page itself has noted is looked at in the end, in every browser
    tab.on?.("console", (message) => this.scenario.said.push(message.text()));
    tab.on?.("pageerror", (error) => this.scenario.errors.push(`${error?.message ?? error}\n${error?.stack}`));
    return tab;
  }

  close() {
    return this.context.close();
  }
}

/** One for all scenarios of a file: a new document is as good as a new page, and comes sooner. */
let stand = null;

/**
 * @typedef {object} Told What a story is told with.
 * @property {Page} page
 * @property {Source} source
 * @property {import("./frame.mjs").Frame} frame
 * @property {Keeper} keeper
 * @property {Clock} clock
 * @property {Site} site
 * @property {(name: string) => Keeper} another
 * @property {() => Promise<{ page: Page, frame: import("./frame.mjs").Frame, keeper: Keeper }>} opens Another tab.
 */

/**
 * @param {string} name
 * @param {(told: Told) => Promise<void>} tell
 * @param {object} [unlike] How the story is unlike the others:
 * @param {number} [unlike.keepers] how many keepers may ask at once,
 * @param {RegExp} [unlike.pageErrors] which errors are the page's own,
 * @param {string} [unlike.later] why it may fail as yet,
 * @param {string} [unlike.client] which version of powerbi-client embeds,
 * @param {boolean} [unlike.apart] whether it needs a context of its own,
 * @param {boolean} [unlike.isolated] whether it needs a process for each site,
 * @param {Record<string, string>} [unlike.cannot] why a browser can't be judged by it, or its driver, by browser,
 * @param {number} [unlike.timeout] how long it may take, in real milliseconds.
 */
export function story(
  name,
  tell,
  { keepers = 1, pageErrors, later, client, apart = false, isolated = false, cannot = {}, timeout = 120_000 } = {},
) {
  test(name, { timeout, todo: later, skip: cannot[BROWSER] }, async () => {
    if (apart || stand?.isolated !== isolated) {
      await stand?.close();
      stand = await Stand.open(isolated);
    }
    const here = stand;
    // where a scenario fails, the next one begins anew
    stand = null;
    const pages = [];
    try {
      const clock = new Clock();
      const source = new Source(clock);
      const site = new Site({ source, clock, client, name });
      const scenario = { source, site, said: [], errors: [] };
      here.scenario = scenario;
      const opens = async (tab) => {
        await tab.goto(`${HOST}/`);
        const page = new Page(tab, source, clock, pages);
        pages.push(page);
        return {
          page,
          frame: page.frame(),
          keeper: new Keeper(page, "keeper"),
          closes: () => tab.close().then(() => pages.splice(pages.indexOf(page), 1)),
        };
      };
      const { page, frame, keeper } = await opens(here.first);
      const another = (other) => new Keeper(page, other);
      await tell({
        page,
        source,
        frame,
        keeper,
        clock,
        site,
        another,
        opens: async () => opens(await here.tab()),
      });
      for (const open of pages) {
        await open.rests();
        await ends(open);
        await expectQuiet({ page: open, ...scenario, keepers, pageErrors });
      }
      if (!apart && pages.length === 1) stand = here;
    } finally {
      if (stand !== here) await here.close();
    }
  });
}

/** A story in a context of its own: for what lasts longer than a document, such as locks and memory. */
export const storyApart = (name, tell, unlike) => story(name, tell, { ...unlike, apart: true });

/** The same story with each version of powerbi-client: for what one of them may do in another way. */
export function storyOfEach(name, tell, unlike) {
  for (const client of VERSIONS) story(`${client}: ${name}`, tell, { ...unlike, client });
}

async function expectQuiet({ page, source, site, said, errors, keepers, pageErrors }) {
  const { heard, longest, thrown } = await page.run(() => ({
    heard: [
      ...window.__watch.console,
      ...window.__watch.rejections,
      ...stage.events.map(({ type, detail, json }) => `${type} ${JSON.stringify(detail)} ${json}`),
      ...Object.values(stage.keepers).map((keeper) => JSON.stringify(keeper.status)),
      ...stage.promises.filter(({ error }) => error).map(({ error }) => JSON.stringify(error)),
    ],
    longest: window.__watch.longestTimer,
    thrown: [...window.__watch.errors, ...window.__watch.rejections],
  }));
  errors.push(...thrown);
  for (const text of [...heard, ...said, ...errors]) expectNoToken(text, source.tokens);
  // Firefox calls a chunk that is missing, as some stories want it, an error of the page
  const missing = BROWSER === "firefox" ? /^Loading module from / : undefined;
  const unexpected = errors.filter((error) => !pageErrors?.test(error) && !missing?.test(error));
  assert.deepEqual(unexpected, [], "errors on the page");
  assert.deepEqual(site.strays, [], "requests elsewhere");
  source.expectNothingPlanned();
  assert.ok(source.mostInFlight <= keepers, `${source.mostInFlight} requests to the source at once`);
  assert.ok(longest <= minutes(1), `a timer of ${longest} ms`);
}

/** The newest token is in the frame and in the embed's configuration. */
export async function expectTaken({ page, source }, at = "report") {
  await page.frame(at).expectHolds(source.newest, `${at} holds the newest token`);
  assert.equal(await page.configToken(at), source.newest.text);
}

/** No piece of a token either: a prefix that is printed to be helpful is a leak as well. */
export function expectNoToken(text, tokens) {
  for (const { text: token } of tokens) {
    for (const share of [0.02, 0.25, 0.5, 0.75, 0.95]) {
      const at = Math.floor(token.length * share);
      const piece = token.slice(at, at + 20);
      const found = piece.length >= 8 && String(text).includes(piece);
      assert.ok(!found, `a token's text in: ${String(text).slice(0, 60)}…`);
    }
  }
}
