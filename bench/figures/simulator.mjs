// The simulator's own speed: days a minute on all cores of this machine, with every check, each kind of day by itself
// and mixed as in the soak.

import { count, table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const DAYS = 2_000;
export const bar = { perMinute: 20_000 };

export const measure = (days = DAYS) => simulated("speed", days);

export function tables({ days, threads, rows }) {
  const cells = ({ name, perMinute }) => [name, count(perMinute)];
  return `${table([`simulated days, ${threads} threads`, "a minute"], rows.map(cells))}
${count(days)} of each kind. Bar: ${count(bar.perMinute)} a minute, mixed as in \`npm run soak\`.
`;
}
