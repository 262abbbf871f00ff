// Statistics and number formats.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs each of `strategies` once in every round, in turn, so that whatever disturbs the machine disturbs all of them:
 * `{ strategy: [results] }`.
 */
export async function interleaved(rounds, strategies) {
  const results = Object.fromEntries(Object.keys(strategies).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(strategies)) results[name].push(await run(round));
  }
  return results;
}

export const count = (n) => Math.round(n).toLocaleString("en");
export const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
export const ms = (n) => `${n.toFixed(1)} ms`;
export const us = (n) => `${n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : count(n)} µs`;
export const times = (n) => `${n.toFixed(2)} ×`;

/** A Markdown table, padded as the formatter pads it; every column but the first is right-aligned. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length), column ? 4 : 3));
  const pad = (cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  const line = (row) => `| ${row.map(pad).join(" | ")} |\n`;
  const rule = widths.map((width, column) => (column ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  const [first, ...others] = cells.map(line);
  return `${first}| ${rule.join(" | ")} |\n${others.join("")}`;
}
