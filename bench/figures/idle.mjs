// An idle keeper: its WebAssembly memory, and the calls into it and out of it in an hour in which nothing is due.

import { inBrowser } from "../lib/browser.mjs";
import { count, table } from "../lib/numbers.mjs";

export const bar = { pages: 4, polls: 120 };
const PAGE = 65_536;

/** In the page: an hour with `embeds` embeds, from one timer to the next. */
async function hour(embeds) {
  const clock = new fixtures.Clock();
  fixtures.virtual();
  const calls = fixtures.counted();
  return clock.run(async () => {
    const first = fixtures.token(24 * 3_600_000);
    const keeper = await fixtures.startKeeper(
      Array.from({ length: embeds }, () => fixtures.embed(first)),
      () => ({ token: first }),
    );
    // the first poll settles what attaching has left
    const work = clock.due(clock.next());
    for (const timer of work) timer();
    Object.assign(calls, { in: 0, out: 0 });
    const start = clock.elapsed;
    let timers = 0;
    while (clock.elapsed + clock.next() <= start + 3_600_000) {
      for (const timer of clock.due(clock.next())) {
        timer();
        timers++;
      }
      await fixtures.later();
    }
    const row = { embeds, timers, in: calls.in, out: calls.out, bytes: calls.memory.buffer.byteLength };
    if (keeper.status.state !== "fresh" || keeper.status.requests !== 0) throw new Error("the hour was not idle");
    return row;
  });
}

export function measure() {
  return inBrowser(async ({ fresh }) => {
    const rows = [];
    for (const embeds of [1, 20, 1_000])
      rows.push(await fresh("/fixtures.html", (page) => page.evaluate(hour, embeds)));
    return { rows: rows.map((row) => ({ ...row, pages: row.bytes / PAGE })) };
  });
}

export function tables({ rows }) {
  const cells = ({ embeds, timers, in: inward, out, pages }) => [
    `${count(embeds)} embed${embeds > 1 ? "s" : ""}`,
    count(timers),
    count(inward),
    count(out),
    `${pages} (${pages * 64} KB)`,
  ];
  const head = [
    "an hour in which nothing is due",
    "polls",
    "calls into WebAssembly",
    "calls out of it",
    "memory, pages",
  ];
  return `${table(head, rows.map(cells))}
Bars: ${bar.polls} polls with one call each way; ${bar.pages} pages.
`;
}
