// The comparison: simulated days of every kind with the keeper, its rivals and the tireless client, which asks every
// second, whatever that costs its backend. Each plays the same days, by the same seeds.

import { count, table } from "../lib/numbers.mjs";
import { simulated } from "../lib/rust.mjs";

const DAYS = 3_000;
export const bar = { regret: 20, aim: 5, requests: { healthy: 1.05, other: 1.15 } };

export const measure = (days = DAYS) => simulated("comparison", days);

/** The bars that the keeper misses. */
export const misses = (data) => data.misses;

const NAMES = {
  "powerbi-token-keeper": "**keeper**",
  "the tireless client": "tireless",
  "Microsoft's loop": "Microsoft's loop",
  "chained timeout": "chained timeout",
  "keeper with configure(), Aad": "**keeper, configure()**, Aad",
  "accessTokenProvider alone, Aad": "accessTokenProvider, Aad",
};
const digits = (n) => (Math.abs(n) >= 1000 ? count(n) : n.toFixed(1));
const show = ([mean, error]) => (mean === 0 && error === 0 ? "0" : `${digits(mean)} ± ${digits(error)}`);

/** One table: the means of a day, of what `pick` takes from a cell. */
function part({ strategies, rows }, title, pick, more) {
  const head = [title, ...strategies.map((name) => NAMES[name]), ...(more ? ["regret"] : [])];
  const cells = (row) => [row.name, ...row.cells.map((cell) => show(pick(cell))), ...(more ? [show(more(row))] : [])];
  return table(head, rows.map(cells));
}

export function tables(data) {
  const parts = [
    part(
      data,
      "seconds without a valid token",
      ({ seconds }) => seconds.all,
      ({ regret }) => regret.all,
    ),
    part(
      data,
      "of those, in a visible page",
      ({ seconds }) => seconds.visible,
      ({ regret }) => regret.visible,
    ),
    part(data, "requests", ({ requests }) => requests),
    part(data, "unhandled rejections", ({ unhandled }) => unhandled),
  ];
  return `${parts.join("\n")}
Means of ${count(data.days)} days each, ± their standard error. Regret: the keeper's seconds less those of the
tireless client on the same day. Bars: no rival ahead in seconds by more than two standard errors
(accessTokenProvider against the keeper with \`configure()\`); a regret of ${bar.regret} s at most; requests at most
${bar.requests.healthy} × those of Microsoft's loop on days without a fault, ${bar.requests.other} × on others.
`;
}

/** The rows and columns that the README shows. */
const SHORT_ROWS = ["no fault", "the usual faults", "outages of 2 to 40 min", "another report in the same container"];

export function short({ strategies, rows }) {
  const shown = strategies.slice(0, 4);
  const cells = (row) => [row.name, ...shown.map((_, i) => digits(row.cells[i].seconds.all[0]))];
  return table(
    ["seconds without a valid token, a day", ...shown.map((name) => NAMES[name])],
    rows.filter(({ name }) => SHORT_ROWS.includes(name)).map(cells),
  );
}
