// One poll with nothing due: what the page's main thread spends on it, beside Microsoft's loop, which a page has once for each
// embed. Both in one page, in turn, on clocks that are moved by half a minute each time.

import { inBrowser } from "../lib/browser.mjs";
import { count, median, table, times, us } from "../lib/numbers.mjs";

export const bar = { one: 5, many: 2 };
const ROUNDS = 31;

async function polls({ embeds, rounds, each }) {
  const { Clock, START, embed, keeps, microsoft, real, token, virtual } = stage;
  virtual();
  const [ours, theirs] = [new Clock(), new Clock()];
  const life = 365 * 24 * 3_600_000;
  const first = ours.run(() => token(life));
  const made = Array.from({ length: embeds }, () => embed(first));
  await ours.run(() => keeps(made, () => ({ token: first })));
  const expiration = new Date(START + life).toISOString();
  theirs.run(() => {
    for (const one of made) microsoft(one, expiration, () => Promise.reject(new Error("nothing is due")));
  });
  // microseconds of one poll; the clocks' own work counts as ours
  const timed = {
    ours: () =>
      ours.run(() => {
        const start = real.now();
        for (let i = 0; i < each; i++) for (const work of ours.due(ours.next())) work();
        return (1000 * (real.now() - start)) / each;
      }),
    theirs: () =>
      theirs.run(() => {
        const all = theirs.due(30_000);
        const start = real.now();
        const fewer = Math.ceil(each / all.length);
        for (let i = 0; i < fewer; i++) for (const work of all) work();
        return (1000 * (real.now() - start)) / fewer;
      }),
  };
  const results = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    results.ours.push(timed.ours());
    results.theirs.push(timed.theirs());
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
      const { ours, theirs } = await fresh("/stage.html", run);
      rows.push({ embeds, ours: median(ours), theirs: median(theirs) });
    }
    return { rounds: ROUNDS, rows };
  });
}

export function tables({ rounds, rows }) {
  const [{ ours: one }] = rows;
  const cells = ({ embeds, ours, theirs }) => [
    `${count(embeds)} embed${embeds > 1 ? "s" : ""}`,
    us(ours),
    us(theirs),
    times(ours / theirs),
    times(ours / one),
  ];
  return `${table(["one poll, nothing due", "powerbi-token-keeper", "Microsoft's loop", "to it", "to one embed"], rows.map(cells))}
Median of ${rounds}. Bars: ${bar.one} µs for one embed, less than Microsoft's loop from 100 on, 10,000 at most ${bar.many} × one.
`;
}
