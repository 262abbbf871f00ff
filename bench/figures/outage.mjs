// A fleet in an outage: a million pages whose tokens run out while their backend is away for 20 minutes, and the
// requests that it gets before and after it is back. By the real core, in simulation.

import { count, table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const PAGES = 1_000_000;

export const measure = (pages = PAGES) => simulated("outage", pages);

/** The bars that the keeper misses. */
export const misses = (data) => data.misses;

export function tables({ pages, keeper, microsoft }) {
  const row = (name, loads) => [name, ...loads.flatMap(({ mean, peak }) => [count(mean), count(peak)])];
  const head = [
    `${count(pages)} pages, requests/s`,
    "while it is away, mean",
    "peak",
    "when it is back, mean of 21 min",
    "peak",
  ];
  return `${table(head, [row("**powerbi-token-keeper**", keeper), row("Microsoft's loop", microsoft)])}
Bar: no more than Microsoft's loop in any of the four.
`;
}
