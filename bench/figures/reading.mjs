// What a source may hand over that is far too large, in Node: from the hand-over until it is judged, in processor time,
// since others use this machine as well, and with both engines. tests/browser/attacks.test.mjs counts how much of it is
// looked at.

import process from "node:process";
import { median, ms, table } from "../lib/numbers.mjs";
import { definePageGlobals } from "./many.mjs";

export const bar = { ms: 20 };
const ROUNDS = 9;

const shared = () => {
  let nested = "x";
  for (let depth = 0; depth < 6; depth++) nested = Array(100).fill(nested);
  return nested;
};
const deep = () => {
  let nested = {};
  for (let depth = 0; depth < 100_000; depth++) nested = { nested };
  return nested;
};

/** Each is made before the clock runs. */
const ANSWERS = {
  "a typed array of 5 MB": () => new Uint8Array(5_000_000),
  "a proxy of one": () => new Proxy(new Uint8Array(5_000_000), {}),
  "200,000 objects in a list": () => Array.from({ length: 200_000 }, (_, i) => ({ i })),
  "an object of 20,000 keys": () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i])),
  "lists that are shared a hundredfold, six deep": shared,
  "objects in objects, 100,000 deep": deep,
  "a list without entries, 2^32 − 1 long": () => Object.assign([], { length: 2 ** 32 - 1 }),
  "a JSON text of 1 MiB, one string": () => JSON.stringify({ a: "x".repeat(1_048_560) }),
  "a JSON text of 1 MiB, 200,000 objects": () => `[${'{"a":1},'.repeat(131_000)}0]`.slice(0, 1_048_570),
  "a JSON text of 1 MiB, numbers": () => `[${"1,".repeat(524_280)}0]`,
  "a JSON text of 1 MiB, deep": () => `${"[".repeat(524_288)}${"]".repeat(524_288)}`,
  "a text of 100 MB": () => "x".repeat(100_000_000),
  "a Response of 1 MiB": () => new Response(JSON.stringify({ a: "x".repeat(1_048_560) })),
};

async function measured(TokenKeeper, make) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const value = make();
    let handed = process.cpuUsage();
    const source = () => {
      handed = process.cpuUsage();
      return value;
    };
    const keeper = new TokenKeeper({ source });
    while (keeper.status.engine === "none") await new Promise(setImmediate);
    const { ok } = await keeper.refresh();
    const { user, system } = process.cpuUsage(handed);
    times.push((user + system) / 1000);
    if (ok) throw new Error("it was taken for a token");
    keeper.stop();
  }
  return { median: median(times), longest: Math.max(...times) };
}

export async function measure() {
  definePageGlobals();
  const wasm = await import("../../dist/index.js");
  const js = await import("../../dist/csp.js");
  // warms up
  for (const { TokenKeeper } of [wasm, js]) await measured(TokenKeeper, ANSWERS["a JSON text of 1 MiB, numbers"]);
  const rows = [];
  for (const [name, make] of Object.entries(ANSWERS)) {
    rows.push({ name, wasm: await measured(wasm.TokenKeeper, make), js: await measured(js.TokenKeeper, make) });
  }
  return { rows };
}

export function tables({ rows }) {
  const cells = ({ name, wasm, js }) => [name, ms(wasm.median), ms(wasm.longest), ms(js.median), ms(js.longest)];
  return `${table(["an answer", "WebAssembly", "longest", "JavaScript", "longest"], rows.map(cells))}
From the answer until it is refused: median and longest of ${ROUNDS}. Bar: ${bar.ms} ms.
`;
}
