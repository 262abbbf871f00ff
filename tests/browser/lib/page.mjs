// The page and its two clocks. Time passes from one timer to the next, in the page and in its frames alike; at each
// stop everything comes to rest before time goes on. The page does that by itself, up to what the source does next.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { TELLS_ABORTS } from "./browser.mjs";
import { Frame, PATIENCE } from "./frame.mjs";
import { START } from "./time.mjs";

const REPORT = "5d9c4b5a-1111-4aaa-8bbb-000000000001";
const GROUP = "5d9c4b5a-2222-4aaa-8bbb-000000000002";
const CLUSTER = Buffer.from('{"clusterUrl":"https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net"}').toString(
  "base64",
);

const KINDS = {
  report: {
    id: REPORT,
    embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${REPORT}&groupId=${GROUP}&config=${CLUSTER}`,
  },
  dashboard: {
    id: REPORT,
    embedUrl: `https://app.powerbi.com/dashboardEmbed?dashboardId=${REPORT}&groupId=${GROUP}&config=${CLUSTER}`,
  },
  tile: {
    id: REPORT,
    dashboardId: GROUP,
    embedUrl: `https://app.powerbi.com/embed?dashboardId=${GROUP}&tileId=${REPORT}&config=${CLUSTER}`,
  },
  qna: { datasetIds: [REPORT], embedUrl: `https://app.powerbi.com/qnaEmbed?config=${CLUSTER}` },
  paginated: {
    type: "report",
    id: REPORT,
    embedUrl: `https://app.powerbi.com/rdlEmbed?reportId=${REPORT}&groupId=${GROUP}&config=${CLUSTER}`,
  },
  create: { datasetId: REPORT, embedUrl: `https://app.powerbi.com/reportEmbed?groupId=${GROUP}&config=${CLUSTER}` },
  quickCreate: {
    datasetCreateConfig: {
      locale: "en-US",
      tableSchemaList: [{ name: "t", columns: [{ name: "a", dataType: "Text" }] }],
      data: [{ name: "t", rows: [["1"]] }],
    },
    embedUrl: `https://app.powerbi.com/quickCreate?groupId=${GROUP}&config=${CLUSTER}`,
  },
  visual: {
    id: REPORT,
    pageName: "overview",
    visualName: "months",
    embedUrl: `https://app.powerbi.com/reportEmbed?reportId=${REPORT}&groupId=${GROUP}&config=${CLUSTER}`,
  },
};

/** The three clocks of a story: what the page's wall clock says, what its monotonic clock says, and the server's. */
export class Clock {
  elapsed = 0;
  /** How far the page's wall clock is from the server's. */
  wrongBy = 0;
  /** Sleep that the monotonic clock did not count. */
  uncounted = 0;
  /** Time that the page is letting go by, until it says how much it was. */
  moving = null;

  get server() {
    return START + this.elapsed + this.uncounted;
  }

  get now() {
    return this.server + this.wrongBy;
  }
}

export class Page {
  #tab;
  #source;
  #pages;
  #next = Infinity;
  /** How many requests the page has aborted. */
  #aborted = 0;
  #frames = new Map();
  clock;

  /** `pages` are all that are open: time passes in each of them. */
  constructor(tab, source, clock, pages = [this]) {
    this.#tab = tab;
    this.#source = source;
    this.clock = clock;
    this.#pages = pages;
  }

  /** Runs a function in the page. */
  run(what, arg) {
    return this.#tab.evaluate(what, arg);
  }

  /** The same, and all that follows from it without a clock; `arg` is what JSON can say. */
  async does(what, arg) {
    const given = arg === undefined ? "" : JSON.stringify(arg);
    const [value, seen] = await this.run(
      `(async () => [await (${what})(${given}), await window.__watch.rest(${this.#held})])()`,
    );
    if (!this.#isAtRest(seen)) await this.rests();
    return value;
  }

  frame(id = "report") {
    if (!this.#frames.has(id)) this.#frames.set(id, new Frame(this, id));
    return this.#frames.get(id);
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** Time goes by, with every timer at its time. */
  async passes(ms) {
    const until = this.clock.elapsed + ms;
    await this.rests();
    while (this.clock.elapsed < until) await this.#goesOn(until);
  }

  /** Up to `until`, or to what the source or the page does before. */
  async #goesOn(until) {
    const most = Math.ceil(Math.min(until, this.#source.nextDue) - this.clock.elapsed);
    if (this.#pages.length > 1) await this.#stepsWithOthers(Math.min(Math.ceil(this.#next), most));
    else {
      const moved = this.run(([ms, held]) => window.__watch.passes(ms, held), [most, this.#held]);
      this.clock.moving = moved.then(
        ({ passed }) => void (this.clock.elapsed += passed),
        () => {},
      );
      await moved;
      await this.clock.moving;
    }
    await this.rests();
  }

  async #stepsWithOthers(ms) {
    this.clock.elapsed += ms;
    await Promise.all(this.#pages.map((page) => page.run((step) => window.__watch.steps(step), ms)));
  }

  /** Time goes by, a timer at a time, until `met()` is; fails after `most`. */
  async passesUntil(met, most) {
    const until = this.clock.elapsed + most;
    await this.rests();
    while (!(await met())) {
      assert.ok(this.clock.elapsed < until, `not met within ${most / 1000} s: ${met}`);
      await this.passes(
        Math.max(1, Math.min(this.#next, this.#source.nextDue - this.clock.elapsed, until - this.clock.elapsed)),
      );
    }
  }

  /** Time goes by until the source was asked so often; fails after `most`. */
  async passesUntilAsked(times, most) {
    const until = this.clock.elapsed + most;
    await this.rests();
    while (this.#source.requests.length < times) {
      assert.ok(this.clock.elapsed < until, `not asked ${times} times within ${most / 1000} s`);
      await this.#goesOn(until);
    }
  }

  /** The machine sleeps, or the page is frozen: no timer fires, and the late ones fire once on return. */
  async sleeps(ms) {
    await this.rests();
    this.clock.elapsed += ms;
    await Promise.all(this.#pages.map((page) => page.run((slept) => window.__watch.jumps(slept), ms)));
    await this.rests();
  }

  /** The machine sleeps, and its monotonic clock with it. */
  async sleepsUncounted(ms) {
    await this.rests();
    this.clock.uncounted += ms;
    await this.#wallClockChanges();
  }

  /** Somebody sets the machine's clock. */
  async clockIsSet(byMs) {
    await this.rests();
    this.clock.wrongBy += byMs;
    await this.#wallClockChanges();
  }

  async #wallClockChanges() {
    const { now } = this.clock;
    await Promise.all(this.#pages.map((page) => page.run((shown) => window.__watch.clockIsSet(shown), now)));
    await this.rests();
  }

  /** All that does not wait for a clock is done. */
  async rests() {
    for (;;) {
      await this.#source.release();
      const seen = await this.run((held) => window.__watch.rest(held), this.#held);
      if (this.#isAtRest(seen)) return;
    }
  }

  /** How many of the page's requests the source keeps. */
  get #held() {
    return this.#source.waiting(this.#tab);
  }

  /** Not where a request left the page and has not arrived, or an answer is on its way back. */
  #isAtRest({ next, fetching, aborted }) {
    this.#next = next;
    if (!TELLS_ABORTS) this.#source.aborted(aborted.slice(this.#aborted));
    this.#aborted = aborted.length;
    return fetching === this.#held && this.#source.nextDue > this.clock.elapsed;
  }

  /** Returns when a function says true in the page; for what the browser does in its own time, as loading a file. */
  async waitsUntil(what, met, arg) {
    const given = JSON.stringify(arg) ?? "";
    const happened = await this.run(`window.__watch.until(() => (${met})(${given}), ${PATIENCE})`);
    assert.ok(happened, `${what} did not happen`);
    await this.rests();
  }

  /** Asks until it is so, for what the page can't tell. */
  async awaits(what, met) {
    const patience = performance.now() + PATIENCE;
    while (!(await met())) {
      assert.ok(performance.now() < patience, `${what} did not happen`);
      await pause(2);
      await this.rests();
    }
  }

  // ---- what a page goes through -----------------------------------------------------------------------------------

  hides() {
    return this.does(() => window.__watch.setHidden(true));
  }

  shows() {
    return this.does(() => window.__watch.setHidden(false));
  }

  /** `document resume`, `window online` and the like; `persisted` for pageshow. */
  hears(target, type, { persisted = null } = {}) {
    return this.does(
      ([on, name, kept]) => {
        const event = kept === null ? new Event(name) : new PageTransitionEvent(name, { persisted: kept });
        (on === "document" ? document : window).dispatchEvent(event);
      },
      [target, type, persisted],
    );
  }

  // ---- embedding --------------------------------------------------------------------------------------------------

  config({
    type = "report",
    token = this.#source.tokens.at(-1) ?? this.#source.mint(),
    tokenType = token.kind === "aad" ? 0 : 1,
    ...more
  } = {}) {
    return { type, tokenType, accessToken: token.text, groupId: GROUP, ...KINDS[type], ...more };
  }

  /**
   * Calls `powerbi.embed()`, or what `how` says, on the container `at` and waits for the frame. `by` names the keeper
   * that configures it.
   */
  async embeds({ at = "report", by = null, how = "embed", ...config } = {}) {
    const frame = this.frame(at);
    const loads = await frame.countLoads();
    await this.run(
      ([id, full, keeper, method]) => stage.embed(id, full, keeper, method),
      [at, this.config(config), by, how],
    );
    await frame.ends({ least: loads + 1 });
    return frame;
  }

  /** The token in the embed's configuration. */
  configToken(at = "report") {
    return this.run((id) => stage.embeds[id].config.accessToken, at);
  }

  // ---- what is left on the page -----------------------------------------------------------------------------------

  timers() {
    return this.run(() => window.__watch.timers());
  }

  listeners() {
    return this.run(() => window.__watch.listeners());
  }

  /** What is left when everything that nobody can reach has been collected. */
  async collectsGarbage() {
    const devtools = await this.#tab.context().newCDPSession(this.#tab); // Chromium's alone
    await devtools.send("HeapProfiler.collectGarbage");
    await devtools.detach();
    await this.rests();
  }

  /** Both: what a keeper registers, and takes back. */
  async registrations() {
    return { timers: await this.timers(), listeners: await this.listeners() };
  }

  /** The bytes that the page's scripts hold, without what the harness has noted. */
  async heap() {
    await this.run(() => window.__watch.forgets());
    await this.collectsGarbage();
    await this.collectsGarbage();
    const devtools = await this.#tab.context().newCDPSession(this.#tab); // Chromium's alone
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    await devtools.detach();
    return usedSize;
  }

  html() {
    return this.run(() => document.documentElement.outerHTML);
  }
}
