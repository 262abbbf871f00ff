// The page and its two clocks. Time passes from one timer to the next, in the page and in its frames alike; at
// each stop everything comes to rest before time goes on.

import assert from "node:assert/strict";
import { Frame } from "./frame.mjs";
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
  #next = Infinity;
  #frames = new Map();
  clock;

  constructor(tab, source, clock) {
    this.#tab = tab;
    this.#source = source;
    this.clock = clock;
  }

  /** Runs a function in the page. */
  run(what, arg) {
    return this.#tab.evaluate(what, arg);
  }

  frame(id = "report") {
    if (!this.#frames.has(id)) this.#frames.set(id, new Frame(this.#tab, id));
    return this.#frames.get(id);
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** Time goes by, with every timer at its time. */
  async passes(ms) {
    const until = this.clock.elapsed + ms;
    await this.rests();
    while (this.clock.elapsed < until) {
      const due = this.#source.nextDue - this.clock.elapsed;
      const step = Math.ceil(Math.min(this.#next, due, until - this.clock.elapsed));
      this.clock.elapsed += step;
      await this.#tab.clock.runFor(step);
      await this.rests();
    }
  }

  /** Time goes by until `met()` is; fails after `most`. */
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

  /** The machine sleeps, or the page is frozen: no timer fires, and the late ones fire once on return. */
  async sleeps(ms) {
    await this.rests();
    this.clock.elapsed += ms;
    await this.#tab.clock.fastForward(ms);
    await this.rests();
  }

  /** The machine sleeps, and its monotonic clock with it. */
  async sleepsUncounted(ms) {
    await this.rests();
    this.clock.uncounted += ms;
    await this.#tab.clock.setSystemTime(this.clock.now);
    await this.rests();
  }

  /** Somebody sets the machine's clock. */
  async clockIsSet(byMs) {
    await this.rests();
    this.clock.wrongBy += byMs;
    await this.#tab.clock.setSystemTime(this.clock.now);
    await this.rests();
  }

  /** All that does not wait for a clock is done. */
  async rests() {
    for (;;) {
      await this.#source.release();
      const seen = await this.run(() => window.__watch.rest());
      this.#next = seen.next;
      // a request that left the page and has not arrived, or an answer on its way back
      if (seen.fetching === this.#source.waiting(this.#tab)) return;
    }
  }

  /** Asks until it is so. For what the browser does in its own time, such as loading a document. */
  async awaits(what, met) {
    const patience = performance.now() + 20_000;
    while (!(await met())) {
      if (performance.now() > patience) throw new Error(`${what} did not happen`);
      await this.rests();
    }
  }

  // ---- what a page goes through -----------------------------------------------------------------------------------

  async hides() {
    await this.run(() => window.__watch.setHidden(true));
    await this.rests();
  }

  async shows() {
    await this.run(() => window.__watch.setHidden(false));
    await this.rests();
  }

  /** `document resume`, `window online` and the like; `persisted` for pageshow. */
  async hears(target, type, { persisted } = {}) {
    await this.run(
      ([on, name, kept]) => {
        const event = kept === undefined ? new Event(name) : new PageTransitionEvent(name, { persisted: kept });
        (on === "document" ? document : window).dispatchEvent(event);
      },
      [target, type, persisted],
    );
    await this.rests();
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
    const loads = await frame.loads();
    await this.run(
      ([id, full, keeper, method]) => stage.embed(id, full, keeper, method),
      [at, this.config(config), by, how],
    );
    await this.awaits(
      "the frame's load",
      async () => (await frame.loads()) > loads && ["loaded", "failed"].includes((await frame.state()).phase),
    );
    await this.rests();
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
    const devtools = await this.#tab.context().newCDPSession(this.#tab);
    await devtools.send("HeapProfiler.collectGarbage");
    await devtools.detach();
    await this.rests();
  }

  html() {
    return this.run(() => document.documentElement.outerHTML);
  }
}
