// Figures as they are computed and as they are printed.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs each of `ways` once in every round, in turn, so that whatever disturbs the machine disturbs all of them: `{ way: [results] }`. */
export async function interleaved(rounds, ways) {
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(ways)) results[name].push(await run(round));
  }
  return results;
}

export const count = (n) => Math.round(n).toLocaleString("en");
export const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
export const ms = (n) => `${n.toFixed(1)} ms`;
export const us = (n) => `${n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : count(n)} µs`;
export const times = (n) => `${n.toFixed(2)} ×`;

/** A Markdown table; every column but the first is right-aligned. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  return `${line(head)}|---|${"---:|".repeat(head.length - 1)}\n${rows.map(line).join("")}`;
}
