// Requests to the backend in a simulated day without faults, with tokens of an hour, beside Microsoft's loop, of which
// each embed of each tab needs its own.

import { table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const DAYS = 300;
/** Day / (lifetime − lead), and two. */
export const bar = { limit: (24 * 60) / (60 - 10) + 2 };

export const measure = () => simulated("requests", DAYS);

export function tables({ days, rows }) {
  const cells = ({ name, keeper, microsoft }) => [name, keeper.mean.toFixed(1), keeper.most, microsoft.mean.toFixed(1)];
  return `${table(["requests in a day", "powerbi-token-keeper", "at most", "Microsoft's loop"], rows.map(cells))}
Means of ${days} days. Bar: day / (lifetime − lead) + 2 = ${bar.limit.toFixed(1)} on every day.
`;
}
