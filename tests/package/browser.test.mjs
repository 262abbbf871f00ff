// The packed package, from a plain static file server, in a browser: no bundler, no import map, no configuration.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../browser/lib/browser.mjs";
import { installed, serve } from "./packed.mjs";

const page = (body) =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module">${body}</script>`;
const pages = {
  "/imported.html": page(`window.loaded = await import("/dist/index.js");`),
  "/started.html": page(`
    import { TokenKeeper } from "/dist/index.js";
    window.keeper = new TokenKeeper({ source: () => "" });`),
  "/chunk.html": page(`
    const { start } = await import("/dist/engine-wasm.js");
    const [first, second] = await Promise.all([start(), start()]);
    window.engine = { same: first === second, exports: Object.keys(first) };`),
};

let browser, files, server;
before(async () => {
  files = installed();
  server = await serve(files.home, pages);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  files?.remove();
});

async function open(path) {
  const tab = await browser.newPage();
  tab.setDefaultTimeout(10_000);
  const said = [];
  const asked = [];
  tab.on("console", (message) => said.push(message.text()));
  tab.on("pageerror", (error) => said.push(String(error)));
  tab.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await tab.goto(server.url + path);
  return { tab, said, asked };
}

test("importing it loads one file and starts nothing", async () => {
  const { tab, said, asked } = await open("/imported.html");
  await tab.waitForFunction(() => window.loaded);
  assert.deepEqual(asked, ["/imported.html", "/dist/index.js"]);
  assert.deepEqual(said, []);
});

test("the first keeper starts the WebAssembly engine, with one file more", async () => {
  const { tab, said, asked } = await open("/started.html");
  await tab.waitForFunction(() => window.keeper?.status.engine === "wasm");
  assert.deepEqual(asked, ["/started.html", "/dist/index.js", "/dist/engine-wasm.js"]);
  assert.deepEqual(said, []);
});

test("the engine starts once, however often it is asked to", async () => {
  const { tab, said } = await open("/chunk.html");
  const engine = await (await tab.waitForFunction(() => window.engine)).jsonValue();
  assert.equal(engine.same, true);
  assert.notEqual(engine.exports.length, 0);
  assert.deepEqual(said, []);
});
