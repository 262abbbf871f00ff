// A refresh of 100 embeds: the longest task of the main thread, beside a loop of Microsoft's for each embed. The frames
// cost nothing here: each takes its token in a task of its own. From the browser's trace, in processor time.

import { inBrowser } from "../lib/browser.mjs";
import { count, interleaved, median, ms, table } from "../lib/numbers.mjs";

export const bar = { longest: 10 };
const EMBEDS = 100;
const ROUNDS = 7;

/** In the page: attaches everything and waits until it is idle. */
async function prepare({ strategy, embeds }) {
  const { Clock, START, embed, startKeeper, later, microsoft, task, token, virtual } = fixtures;
  virtual();
  const clock = new Clock();
  return clock.run(async () => {
    const first = token();
    const made = Array.from({ length: embeds }, () => embed(first));
    let requests = 0;
    const source = async () => {
      requests++;
      await later();
      return { token: token(), expiration: new Date(START + clock.elapsed + 3_600_000).toISOString() };
    };
    if (strategy === "keeper") await startKeeper(made, source);
    else for (const one of made) microsoft(one, new Date(START + 3_600_000).toISOString(), source);
    window.refreshes = async () => {
      performance.mark("begin");
      // up to the window, in which each timer is a task of its own
      clock.elapsed = 51 * 60_000;
      while (made.some(({ sets }) => sets === 0)) {
        for (const work of clock.due(Math.max(0, clock.next()))) task(work);
        for (let i = 0; i < 5; i++) await later();
      }
      performance.mark("end");
      return { requests, sets: made.reduce((sum, { sets }) => sum + sets, 0) };
    };
  });
}

/** The tasks of the page's main thread between the two marks, in ms of processor time. */
function tasks(trace) {
  const { traceEvents } = JSON.parse(trace);
  const mark = (name) => traceEvents.find((event) => event.name === name && event.cat === "blink.user_timing");
  const [begin, end] = [mark("begin"), mark("end")];
  const own = traceEvents.filter(
    ({ name, pid, tid, ts }) =>
      name.endsWith("RunTask") && pid === begin.pid && tid === begin.tid && ts >= begin.ts && ts <= end.ts,
  );
  return own.map(({ tdur, dur }) => (tdur ?? dur) / 1000);
}

export function measure() {
  return inBrowser(async ({ browser, fresh }) => {
    const run = (strategy) => () =>
      fresh("/fixtures.html", async (page) => {
        await page.evaluate(prepare, { strategy, embeds: EMBEDS });
        await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
        const { requests, sets } = await page.evaluate(() => window.refreshes());
        const spent = tasks(await browser.stopTracing());
        if (sets !== EMBEDS) throw new Error(`${sets} tokens were set`);
        return { requests, longest: Math.max(...spent), sum: spent.reduce((sum, one) => sum + one, 0) };
      });
    const results = await interleaved(ROUNDS, { keeper: run("keeper"), microsoft: run("microsoft") });
    const of = (name) =>
      Object.fromEntries(
        ["requests", "longest", "sum"].map((field) => [field, median(results[name].map((one) => one[field]))]),
      );
    return { rounds: ROUNDS, embeds: EMBEDS, keeper: of("keeper"), microsoft: of("microsoft") };
  });
}

export function tables({ rounds, embeds, keeper, microsoft }) {
  const cells = (name, { longest, sum, requests }) => [name, ms(longest), ms(sum), count(requests)];
  const head = [`a refresh of ${embeds} embeds`, "longest task", "main thread in all", "requests"];
  const rows = [cells("**powerbi-token-keeper**", keeper), cells("Microsoft's loop", microsoft)];
  return `${table(head, rows)}
Median of ${rounds}, with frames that cost nothing. Bar: no task over ${bar.longest} ms.
`;
}
