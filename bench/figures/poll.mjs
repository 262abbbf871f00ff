// One poll with nothing due: the main thread's time for it, beside Microsoft's loop, of which each embed needs its own.
// Both in one page, in turn, on clocks that are moved by half a minute each time.

import { inBrowser } from "../lib/browser.mjs";
import { count, median, table, times, us } from "../lib/numbers.mjs";

export const bar = { one: 5, many: 2 };
const ROUNDS = 31;

async function polls({ embeds, rounds, each }) {
  const { Clock, START, embed, startKeeper, microsoft, real, token, virtual } = fixtures;
  virtual();
  const [keeperClock, loopClock] = [new Clock(), new Clock()];
  const life = 365 * 24 * 3_600_000;
  const first = keeperClock.run(() => token(life));
  const made = Array.from({ length: embeds }, () => embed(first));
  await keeperClock.run(() => startKeeper(made, () => ({ token: first })));
  const expiration = new Date(START + life).toISOString();
  loopClock.run(() => {
    for (const one of made) microsoft(one, expiration, () => Promise.reject(new Error("nothing is due")));
  });
  // microseconds of one poll; the clocks' own work counts as the keeper's
  const timed = {
    keeper: () =>
      keeperClock.run(() => {
        const start = real.now();
        for (let i = 0; i < each; i++) for (const work of keeperClock.due(keeperClock.next())) work();
        return (1000 * (real.now() - start)) / each;
      }),
    microsoft: () =>
      loopClock.run(() => {
        const all = loopClock.due(30_000);
        const start = real.now();
        const fewer = Math.ceil(each / all.length);
        for (let i = 0; i < fewer; i++) for (const work of all) work();
        return (1000 * (real.now() - start)) / fewer;
      }),
  };
  const results = { keeper: [], microsoft: [] };
  for (let round = 0; round < rounds; round++) {
    results.keeper.push(timed.keeper());
    results.microsoft.push(timed.microsoft());
  }
  return results;
}

export function measure() {
  return inBrowser(async ({ fresh }) => {
    const rows = [];
    for (const [embeds, each] of [
      [1, 500],
      [100, 500],
      [10_000, 500],
    ]) {
      const run = (page) => page.evaluate(polls, { embeds, rounds: ROUNDS, each });
      const { keeper, microsoft } = await fresh("/fixtures.html", run);
      rows.push({ embeds, keeper: median(keeper), microsoft: median(microsoft) });
    }
    return { rounds: ROUNDS, rows };
  });
}

export function tables({ rounds, rows }) {
  const [{ keeper: one }] = rows;
  const cells = ({ embeds, keeper, microsoft }) => [
    `${count(embeds)} embed${embeds > 1 ? "s" : ""}`,
    us(keeper),
    us(microsoft),
    times(keeper / microsoft),
    times(keeper / one),
  ];
  const head = ["one poll, nothing due", "powerbi-token-keeper", "Microsoft's loop", "to it", "to one embed"];
  return `${table(head, rows.map(cells))}
Median of ${rounds}. Bars: ${bar.one} µs for one embed, less than Microsoft's loop from 100 on, 10,000 at most \
${bar.many} × one.
`;
}
