// The worst texts for everything that reads what a stranger gives: the reader of pasted text, the demo's
// masks, and the diagnosis. Each is read in a time that grows with the text and no faster; the slowest are printed.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { diagnose, explain, inspectToken } from "../../dist/index.js";
import { root } from "./packed.mjs";

/** WORST_LENGTH=1048576 measures a megabyte, which takes a quarter of an hour. */
const LENGTH = Number(process.env.WORST_LENGTH ?? 32_768);
/** Far above what a slow machine takes, and far below what a cubic pattern would: 32 s for 2,000 blanks once. */
const LIMIT_MS = 2_000 + LENGTH / 200;

let folder, pasted;
before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "worst-"));
  const outfile = path.join(folder, "pasted.mjs");
  const contents = `export * from "./npm/src/cli/parse-input";
    export * from "./www/src/classify-input";
    export * from "./www/src/mask";`;
  await build({ stdin: { contents, resolveDir: root }, bundle: true, format: "esm", outfile, logLevel: "error" });
  pasted = await import(pathToFileURL(outfile).href);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const UNITS = [
  ...[
    " ",
    "\n",
    "\t \n",
    "[",
    "{",
    "}",
    '"',
    "'",
    "`",
    "\\",
    '\\\\"',
    "(",
    "…",
    "<",
    "=",
    "_",
    ".",
    "-",
    "0",
    "1e",
    "A",
  ],
  ...["{a:", "[[", "{a:[", "a=>", "function(", "() ", "/*", "//", "/**/", "...", "${", "`${`", "a.b.", "a?.", "async "],
  ...[
    "as const ",
    "satisfies ",
    "<A ={",
    "={{",
    "eyJ",
    "eyJ.",
    "H4sI",
    "H4sI\n",
    "Bearer ",
    "%41",
    "%25",
    "&#x3D;",
    "&amp;",
  ],
  ...[
    "http://",
    "https://a/?t=",
    "?config=",
    "AADSTS",
    "AADSTS1 ",
    "403 ",
    "Exception ",
    "aB",
    "PowerBI",
    "RequestId:",
  ],
  ...['{"error":', '{"message":"', '"{\\"a\\":', "key: ", "token: 'a', ", "\u00e9", "\u{1f600}", "\u200b", "\u0130"],
];
const STARTS = ["", "{", "[", "{ accessToken: '", "H4sI", "eyJ", "Error: "];
const texts = STARTS.flatMap((start) =>
  UNITS.map((unit) => (start + unit.repeat(LENGTH / unit.length)).slice(0, LENGTH)),
);

/** Runs it on each text; says which was the slowest. Errors that it means to throw are fine. */
async function slowest(run) {
  let worst = { ms: 0, text: "" };
  for (const text of texts) {
    const begun = performance.now();
    await (async () => run(text))().catch(() => {});
    const ms = performance.now() - begun;
    if (ms > worst.ms) worst = { ms, text: JSON.stringify(text.slice(0, 24)) };
  }
  return worst;
}

for (const [name, run] of [
  ["the reader of pasted code", (text) => pasted.read(text)],
  ["the demo's reader and mask of a configuration", (text) => pasted.readSubject(text).masked("token")],
  ["the demo's reader and mask of an error", (text) => pasted.readError(text).masked("token")],
  ["inspectToken", (text) => inspectToken(text)],
  ["diagnose", (text) => diagnose({ type: text, id: text, embedUrl: text, accessToken: text, groupId: text })],
  ["diagnose, a GenerateToken request", (text) => diagnose({ accessLevel: text, identities: [{ username: text }] })],
  ["explain, a text", (text) => explain(text)],
  ["explain, a failure of the source", (text) => explain({ source: true, status: 500, body: text })],
]) {
  test(`${name}: any text is read in a moment`, async () => {
    const { ms, text } = await slowest(run);
    console.log(
      `${name}: the slowest of ${texts.length} texts of ${LENGTH} characters took ${Math.round(ms)} ms, ${text}…`,
    );
    assert.ok(ms < LIMIT_MS, `${Math.round(ms)} ms for ${text}…`);
  });
}

test("lists that are shared a hundredfold, to any depth, are read in a moment", async () => {
  let nested = "x";
  for (let depth = 0; depth < 8; depth++) nested = Array(100).fill(nested);
  for (const run of [
    () => explain({ message: "LoadReportFailed", nested }),
    () => explain(nested),
    () => diagnose({ type: "report", settings: nested, filters: nested }),
    () => diagnose({ identities: nested, datasets: nested }),
  ]) {
    const begun = performance.now();
    await run();
    const ms = performance.now() - begun;
    assert.ok(ms < LIMIT_MS, `${Math.round(ms)} ms`);
  }
});
