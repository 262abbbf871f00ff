// dist/powerbi-token-keeper.min.js in pages that have no bundler: one script, one global, and beside it the files that
// dist/files.json names. And what happens to a page that loads another file of the package that way.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch } from "../browser/lib/browser.mjs";
import { installed, root, serve } from "./packed.mjs";

const NAME = "powerbi-token-keeper.min.js";
const TOKEN = gzipSync("an embed token").toString("base64");
const library = (...parts) => readFileSync(path.join(root, "node_modules", ...parts), "utf8");
const LIBRARIES = {
  "/jquery.js": library("jquery/dist/jquery.min.js"),
  "/prototype.js": library("prototype-js-core/prototype.js"),
  "/require.js": library("requirejs/require.js"),
};

/** What a page without a bundler does, as text: it may run in a page whose policy allows no inline script. */
const PAGE = `
  window.violations = [];
  document.addEventListener("securitypolicyviolation", ({ blockedURI }) => window.violations.push(blockedURI));
  window.use = async () => {
    const { TokenKeeper, diagnose } = PowerBITokenKeeper;
    const keeper = new TokenKeeper({ source: "/token", tokenType: 1 });
    const token = await keeper.getToken().catch(({ code }) => code);
    const findings = await diagnose({ type: "report", tokenType: 5, accessToken: "x" }).catch((error) => [error]);
    const code = findings.map(({ code }) => code).find((one) => /token-type-invalid|ERR_/.test(one));
    window.seen = { token, engine: keeper.status.engine, code };
  };
  if (window.PowerBITokenKeeper) use();`;

let browser, files, site, cdn, page;
before(async () => {
  files = installed();
  const listed = JSON.parse(readFileSync(path.join(files.home, "dist/files.json"), "utf8")).script;
  const answer = (pathname) => {
    if (pathname === "/page.html") return { headers: page.headers, body: page.body };
    if (pathname === "/page.js") return { body: PAGE };
    if (pathname === "/token")
      return {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: TOKEN, expiration: new Date(Date.now() + 3_600_000) }),
      };
    // of the package only what is listed: another file would be missing from a page whose author copied those
    if (page.only && pathname.startsWith("/dist/") && !listed.includes(path.basename(pathname))) return { status: 404 };
    return undefined;
  };
  site = await serve(files.home, LIBRARIES, answer);
  cdn = await serve(files.home, {}, (pathname) => ({
    headers: { "access-control-allow-origin": "*" },
    body: readFileSync(path.join(files.home, pathname), "utf8"),
  }));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.close();
  await cdn?.close();
  files?.remove();
});

/** Opens a page with this markup in its head, in an encoding that is not UTF-8. */
async function open(head, { headers = {}, only = true } = {}) {
  page = {
    headers,
    only,
    body: `<!doctype html><meta charset="windows-1252"><link rel="icon" href="data:,">${head}`,
  };
  const context = await browser.newContext();
  const tab = await context.newPage();
  const errors = [];
  const loaded = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  tab.on("request", (request) => loaded.push(...(request.url().match(/(?<=\/dist\/).*/) ?? [])));
  await tab.goto(`${site.url}/page.html`);
  return { tab, errors, loaded, close: () => context.close() };
}

/** The page's keeper gets a token and its diagnosis a finding. Not by waitForFunction, which needs eval. */
async function works({ tab, errors }, engine = "wasm", code = "token-type-invalid") {
  const patience = performance.now() + 15_000;
  let seen;
  while (!seen && performance.now() < patience) seen = await tab.evaluate(() => window.seen);
  assert.deepEqual(seen, { token: TOKEN, engine, code }, errors.join("\n"));
  assert.deepEqual(errors, []);
}

const script = (attributes = "", src = `/dist/${NAME}`) => `<script src="${src}" ${attributes}></script>`;
const use = (attributes = "") => script(attributes, "/page.js");
const hash = (text) => `sha384-${createHash("sha384").update(text).digest("base64")}`;

test("a script tag adds one global, with what the module exports, and loads the rest when it is needed", async () => {
  const opened = await open(`<script>window.before = Object.keys(window);</script>${script()}`);
  const [added, names] = await opened.tab.evaluate(() => [
    Object.keys(window).filter((name) => !window.before.includes(name) && name !== "before"),
    Object.keys(PowerBITokenKeeper).sort(),
  ]);
  assert.deepEqual(added, ["PowerBITokenKeeper"]);
  const { default: _, ...module } = await import(path.join(root, "dist/index.js"));
  assert.deepEqual(names, Object.keys(module).sort());
  await opened.tab.addScriptTag({ content: PAGE });
  await works(opened);
  assert.deepEqual(opened.loaded, [NAME, "diagnosis-wasm.js"]);
  await opened.close();
});

const minified = readFileSync(path.join(root, "dist", NAME));
const HASHES = `script-src '${hash(minified)}' '${hash(PAGE)}' 'wasm-unsafe-eval'`;
const hashed = () => script(`integrity="${hash(minified)}"`) + use(`integrity="${hash(PAGE)}"`);
for (const [name, head, policy = () => null, engine = "wasm"] of [
  ["with defer", () => script("defer") + use("defer")],
  // two async scripts run in any order
  ["with async", () => script('async onload="window.use && use()"') + use("async")],
  ["from another host", () => script("", `${cdn.url}/dist/${NAME}`) + use()],
  [
    "with integrity",
    () => {
      const { integrity } = JSON.parse(readFileSync(path.join(files.home, "dist/files.json"), "utf8"));
      return script(`integrity="${integrity[NAME]}" crossorigin="anonymous"`, `${cdn.url}/dist/${NAME}`) + use();
    },
  ],
  ["under script-src 'self'", () => script() + use(), () => "script-src 'self'", "js"],
  [
    "under a policy of 'self' that allows WebAssembly",
    () => script() + use(),
    () => "script-src 'self' 'wasm-unsafe-eval'",
  ],
  // `import()` has no hash, so the lazy parts need their folder
  ["under a policy of hashes and a folder", hashed, () => `${HASHES} ${site.url}/dist/`],
]) {
  test(`it works ${name}`, async () => {
    const rules = policy();
    const opened = await open(head(), { headers: rules ? { "content-security-policy": rules } : {} });
    await works(opened, engine);
    await opened.close();
  });
}

test("under a policy of hashes alone it keeps tokens fresh, and has no diagnosis", async () => {
  const opened = await open(hashed(), { headers: { "content-security-policy": HASHES } });
  await works(opened, "wasm", "ERR_ENGINE");
  await opened.close();
});

for (const [name, first, check] of [
  ["jQuery", "/jquery.js", () => window.$ === window.jQuery && $("body").length === 1],
  ["Prototype", "/prototype.js", () => typeof Class.create === "function" && typeof $$ === "function"],
  ["RequireJS, which defines AMD", "/require.js", () => window.define.amd !== undefined],
]) {
  for (const [order, head] of [
    ["after", () => script("", first) + script()],
    ["before", () => script() + script("", first)],
  ]) {
    test(`it works ${order} ${name}`, async () => {
      const opened = await open(`${head()}</head><body>${use()}`);
      await works(opened);
      assert.ok(await opened.tab.evaluate(check), `${name} is as it was`);
      await opened.close();
    });
  }
}

test("any other file of the package in a script tag says one thing, and replaces nothing", async () => {
  const others = readdirSync(path.join(files.home, "dist")).filter((file) => /\.c?js$/.test(file) && file !== NAME);
  assert.ok(others.length > 10);
  for (const file of others) {
    const opened = await open(
      `${script("", "/jquery.js")}<script>
        window.before = Object.getOwnPropertyDescriptors(window); window.dollar = $;</script>
        ${script("", `/dist/${file}`)}`,
      { only: false },
    );
    const changed = await opened.tab.evaluate(() => [
      ...Object.getOwnPropertyNames(window).filter(
        (name) => !(name in window.before) && !["before", "dollar"].includes(name),
      ),
      ...(window.$ === window.dollar ? [] : ["$"]),
    ]);
    assert.deepEqual(changed, [], file);
    assert.equal(opened.errors.length, 1, `${file}: ${opened.errors}`);
    if (file.endsWith(".cjs")) assert.match(opened.errors[0], /powerbi-token-keeper\.min\.js/, file);
    await opened.close();
  }
});

test("the script is ASCII, and every file that is listed is packed, with its hash", () => {
  const dist = path.join(files.home, "dist");
  assert.match(readFileSync(path.join(dist, NAME), "latin1"), /^[\x20-\x7e\n]*$/);
  const { integrity, script: scripts, module } = JSON.parse(readFileSync(path.join(dist, "files.json"), "utf8"));
  assert.ok(scripts.includes(NAME) && module.includes("index.js"));
  for (const file of [...scripts, ...module])
    assert.equal(integrity[file], hash(readFileSync(path.join(dist, file))), file);
});
