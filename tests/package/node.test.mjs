// Importing the package in Node, as server rendering and test runners do, works and does nothing: no global, no
// timer, no listener, no request, and the chunks stay unread.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root } from "./packed.mjs";

// KEEPER_DIST is another build's.
const home = process.env.KEEPER_DIST ? path.dirname(process.env.KEEPER_DIST) : root;
const names = ["KeeperError", "TokenKeeper", "diagnose", "explain", "inspectToken", "keepFresh"];

// The package by its own name goes through `exports`, as it would for a consumer. In a fresh process, whose globals
// tell when they are touched and are compared before and after, and which must end by itself.
const look = (load) => `
  const touched = [];
  for (const name of ["setTimeout", "setInterval", "fetch", "addEventListener"])
    globalThis[name] = () => touched.push(name);
  for (const name of ["document", "window", "navigator", "self"])
    Object.defineProperty(globalThis, name, { get: () => void touched.push(name), configurable: true });
  const before = Object.getOwnPropertyNames(globalThis);
  ${load}
  console.log(JSON.stringify({
    names: Object.keys(loaded).filter((name) => name !== "default" && name !== "module.exports").sort(),
    touched,
    added: Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name)),
    busy: process.getActiveResourcesInfo().filter((name) => /Timer|TCP|Immediate/.test(name)),
  }));`;

const node = (type, source) =>
  JSON.parse(
    execFileSync(process.execPath, [`--input-type=${type}`, "--eval", source], {
      cwd: home,
      encoding: "utf8",
      timeout: 20_000,
    }),
  );

for (const [type, load] of [
  ["module", 'const loaded = await import("powerbi-token-keeper");'],
  [
    "commonjs",
    'const loaded = require("powerbi-token-keeper");' +
      ' if (Object.keys(require.cache).some((file) => /-(wasm|js)[.]/.test(file))) touched.push("chunk");',
  ],
].flatMap(([type, load]) => [
  [type, load],
  [type, load.replace('keeper"', 'keeper/csp"')],
])) {
  test(`${load.match(/"(.*?)"/)[1]} imported as ${type} does nothing`, () => {
    const { names: found, ...rest } = node(type, look(load));
    for (const name of names) assert.ok(found.includes(name), `${name} is exported`);
    assert.deepEqual(rest, { touched: [], added: [], busy: [] });
  });
}

test("a keeper made on a server is idle: no chunk is read, nothing is asked for, every answer comes at once", () => {
  const made = node(
    "commonjs",
    `const { TokenKeeper } = require("powerbi-token-keeper");
    let asked = 0;
    const events = [];
    const keeper = new TokenKeeper({ source: () => (asked += 1), signal: new AbortController().signal });
    for (const type of ["statechange", "refreshfailed"]) keeper.addEventListener(type, () => events.push(type));
    (async () => {
      const token = await keeper.getToken().catch(({ code }) => code);
      const provided = await keeper.accessTokenProvider();
      const refreshed = await keeper.refresh();
      const { state, engine, embeds } = keeper.status;
      keeper.stop();
      const chunks = Object.keys(require.cache).filter((file) => /-(wasm|js)[.]/.test(file));
      const busy = process.getActiveResourcesInfo().filter((name) => /Timer|TCP|Immediate/.test(name));
      console.log(JSON.stringify({ token, provided, refreshed, state, engine, embeds, asked, events, chunks, busy }));
    })();`,
  );
  assert.deepEqual(made, {
    token: "ERR_ENGINE",
    provided: null,
    refreshed: { ok: false, code: "ERR_ENGINE" },
    state: "idle",
    engine: "none",
    embeds: 0,
    asked: 0,
    events: [],
    chunks: [],
    busy: [],
  });
});
