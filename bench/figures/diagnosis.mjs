// How long the shipped diagnosis takes for 64 KB of the nastiest texts, in Node: `npm run bench:diagnosis`. Bar: 10 ms.
// Prints the slowest of each function; a figure, not a test.

import { performance } from "node:perf_hooks";
import { diagnose, explain, inspectToken } from "../dist/index.js";

const LONG = 64 * 1024;
const units = ["H4sI", "eyJ.", "%41", "&#x3D;", " ", '"', "Bearer ", '{"a":', "\\n", "A", "é", "H4sI\n", "?a=b&"];
const starts = ["", "H4sI", "eyJ", "{", "Bearer ", "https://app.powerbi.com/reportEmbed?"];
const texts = starts.flatMap((start) => units.map((unit) => start + unit.repeat(LONG / unit.length)));

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

async function slowest(name, judge) {
  let worst = { ms: 0, text: "" };
  for (const text of texts) {
    const times = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await judge(text);
      times.push(performance.now() - start);
    }
    const ms = median(times);
    if (ms > worst.ms) worst = { ms, text };
  }
  console.log(`${name.padEnd(12)} ${worst.ms.toFixed(2).padStart(6)} ms, median of 5, for the slowest of ${texts.length} texts of 64 KB: ${JSON.stringify(worst.text.slice(0, 20))}…`);
}

await inspectToken(""); // loads the module
await slowest("inspectToken", (text) => inspectToken(text));
await slowest("diagnose", (text) => diagnose({ type: "report", tokenType: 1, accessToken: text, embedUrl: text, id: text }));
await slowest("explain", (text) => explain({ message: text, detailedMessage: text }, { accessToken: text, embedUrl: text }));
