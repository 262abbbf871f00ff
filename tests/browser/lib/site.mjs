// All that the page can reach: the host page and the package on https://host.test, the stand-in frame under
// https://app.powerbi.com, where powerbi-client insists on finding it, and the source. Anything else is a stray.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (...parts) => readFileSync(path.join(root, ...parts), "utf8");
// KEEPER_DIST tests another build than dist/.
export const dist = process.env.KEEPER_DIST ?? path.join(root, "dist");

export const HOST = "https://host.test";

const versionOf = (folder) => JSON.parse(read("node_modules", folder, "package.json")).version;
/** Where npm has put each version of powerbi-client that is tested, newest first. */
const CLIENT_FOLDERS = new Map(
  ["", "-2.22", "-2.19", "-2.18", "-2.16", "-2.10"].map((name) => [
    versionOf(`powerbi-client${name}`),
    `powerbi-client${name}`,
  ]),
);
/** All of them; those that know `accessTokenProvider` are the ones that most stories are told with. */
export const ALL_VERSIONS = [...CLIENT_FOLDERS.keys()];
export const VERSIONS = ALL_VERSIONS.slice(0, 3);
/** The code of a version, as it is published. */
const clientCode = (version) => script(read("node_modules", CLIENT_FOLDERS.get(version), "dist/powerbi.min.js"));
/** ENGINE=js tells every story on a page whose policy forbids WebAssembly, so that the engine is the JavaScript one. */
export const ENGINE = process.env.ENGINE ?? "wasm";
const POLICY =
  ENGINE === "js" ? { "content-security-policy": "script-src 'self'; require-trusted-types-for 'script'" } : {};

const PAGE = `<!doctype html><meta charset="utf-8"><title>host</title><link rel="icon" href="data:,">
<div id="report" style="height:300px"></div><script src="/harness.js"></script>
<script src="/powerbi.js"></script><script src="/stage.js"></script>`;

const script = (body) => ({ contentType: "text/javascript", body });
const FILES = new Map([
  [`${HOST}/`, { contentType: "text/html", headers: POLICY, body: PAGE }],
  [`${HOST}/stage.js`, script(read("tests/browser/lib/stage.js"))],
  ...readdirSync(dist)
    .filter((file) => file.endsWith(".js"))
    .map((file) => [`${HOST}/dist/${file}`, script(readFileSync(path.join(dist, file), "utf8"))]),
]);
let panickingEngine = path.join(root, "target/panicking-engine/engine-wasm.js");
/** What every document runs before its own scripts. */
let prologue = "";

/** Serves other code than dist/ has, such as code that was broken on purpose (scripts/mutants.mjs). */
export function serveInstead({ files = [], panicking = panickingEngine, first = prologue }) {
  for (const [file, code] of files) FILES.set(`${HOST}/dist/${file}`, script(code));
  panickingEngine = panicking;
  prologue = first;
}

const CHARSET = '<meta charset="utf-8">';
const FRAME = read("www/sandbox/frame.html");

/** What every document runs first: its clock, its dice, and what watches it. */
const HARNESS = buildSync({
  entryPoints: [path.join(root, "tests/browser/lib/watch.js")],
  bundle: true,
  external: ["util"], // which it asks for in Node alone
  minify: true,
  write: false,
  format: "iife",
  target: "es2022",
}).outputFiles[0].text;

export class Site {
  strays = [];
  /** What the engine's chunk is answered with instead; a story may put a promise or a status here. */
  engine = null;
  /** Whether the engine is the one that can be made to panic (scripts/panicking-engine.mjs). */
  panickingEngine = false;
  /** Whether the diagnosis' chunk was asked for, what it waits for, and whether it is missing. */
  diagnosis = { asked: false, arrives: null, missing: false };
  /** Whether the chunk for several tabs is missing. */
  tabsMissing = false;
  /** A promise that the frame's document waits for. */
  frame = null;
  /** A story's own scripts, by their path. */
  scripts = new Map();
  #client;
  #clock;
  #seed;

  constructor({ source, clock, client = VERSIONS[0], name = "" }) {
    this.source = source;
    this.#client = clientCode(client);
    this.#clock = clock;
    this.#seed = [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
  }

  /** Answers a request of the browser's; see browser.mjs for what that has. */
  async serve(request) {
    const url = new URL(request.url);
    // /copy/, /copy-2/ and so on are further copies of the package
    const file = FILES.get(url.origin + url.pathname.replace(/^\/copy[^/]*\//, "/dist/"));
    if (url.pathname.startsWith("/api/")) return this.source.take(request);
    if (url.origin === "https://app.powerbi.com") {
      await this.frame;
      const begins = `<script>${this.#harness()}</script>`;
      return request.answer({ contentType: "text/html", body: FRAME.replace(CHARSET, () => CHARSET + begins) });
    }
    if (url.href === `${HOST}/harness.js`) return request.answer(script(this.#harness()));
    if (this.panickingEngine && url.pathname === "/dist/engine-wasm.js")
      return request.answer(script(readFileSync(panickingEngine, "utf8")));
    if (this.engine && url.pathname.includes("/dist/engine")) {
      const status = await this.engine;
      if (status) return request.answer({ status, body: "" });
    }
    if (url.pathname.includes("/dist/diagnosis")) {
      this.diagnosis.asked = true;
      await this.diagnosis.arrives;
      if (this.diagnosis.missing) return request.answer({ status: 404, body: "" });
    }
    if (url.href === `${HOST}/powerbi.js`) return request.answer(this.#client);
    if (this.tabsMissing && url.pathname.includes("/dist/tabs")) return request.answer({ status: 404, body: "" });
    if (file) return request.answer(file);
    if (this.scripts.has(url.pathname)) return request.answer(script(this.scripts.get(url.pathname)));
    this.strays.push(request.url);
    return request.refuse();
  }

  #harness() {
    return `window.__begin = ${JSON.stringify({ now: this.#clock.now, seed: this.#seed })};\n${prologue}${HARNESS}`;
  }
}
