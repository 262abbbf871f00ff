// The diagnosis of the package with 64 KB of hostile text, in Node: the slowest text of each function.

import { performance } from "node:perf_hooks";
import { median, ms, table } from "../lib/numbers.mjs";

export const bar = { ms: 10 };
const LONG = 64 * 1024;
const units = ["H4sI", "eyJ.", "%41", "&#x3D;", " ", '"', "Bearer ", '{"a":', "\\n", "A", "é", "H4sI\n", "?a=b&"];
const starts = ["", "H4sI", "eyJ", "{", "Bearer ", "https://app.powerbi.com/reportEmbed?"];
const texts = starts.flatMap((start) => units.map((unit) => start + unit.repeat(LONG / unit.length)));

async function slowest(name, run) {
  let worst = { name, ms: 0, text: "" };
  for (const text of texts) {
    const times = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await run(text);
      times.push(performance.now() - start);
    }
    if (median(times) > worst.ms) worst = { name, ms: median(times), text: `${text.slice(0, 20)}…` };
  }
  return worst;
}

export async function measure() {
  const { diagnose, explain, inspectToken } = await import("../../dist/index.js");
  await inspectToken(""); // loads the module
  const rows = [
    await slowest("inspectToken", (text) => inspectToken(text)),
    await slowest("diagnose", (text) =>
      diagnose({ type: "report", tokenType: 1, accessToken: text, embedUrl: text, id: text }),
    ),
    await slowest("explain", (text) =>
      explain({ message: text, detailedMessage: text }, { accessToken: text, embedUrl: text }),
    ),
  ];
  return { texts: texts.length, rows };
}

export function tables({ texts: number, rows }) {
  const cells = ({ name, ms: time, text }) => [
    `\`${name}\``,
    ms(time),
    `\`${JSON.stringify(text).replaceAll("|", "\\|")}\``,
  ];
  return `${table([`the slowest of ${number} texts of 64 KB`, "median of 5", "text"], rows.map(cells))}
Bar: ${bar.ms} ms.
`;
}
