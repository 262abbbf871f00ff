// The packed package under content security policies, and with chunks that can't be had: what WebAssembly is refused,
// the same Rust does as JavaScript, and a page that asks for no more than that sees no violation.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch } from "../browser/lib/browser.mjs";
import { installed, serve } from "./packed.mjs";

const SELF = "script-src 'self'";
const STRICT =
  "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; require-trusted-types-for " +
  "'script'; trusted-types 'none'";
const TOKEN = gzipSync("an embed token").toString("base64");

/** What a page does: a token by way of the engine, and a finding by way of the diagnosis. */
const script = (entry) => `
  window.violations = [];
  document.addEventListener("securitypolicyviolation", ({ blockedURI }) => window.violations.push(blockedURI));
  const { TokenKeeper, diagnose } = await import("/dist/${entry}.js");
  const keeper = new TokenKeeper({ source: "/token", tokenType: 1 });
  const token = await keeper.getToken().catch(({ code }) => code);
  const findings = await diagnose({ type: "report", tokenType: 5, accessToken: "x" }).catch(({ code }) => [{ code }]);
  const codes = findings.map(({ code }) => code);
  window.comesTo({ token, engine: keeper.status.engine, codes, violations: window.violations });`;

let browser, files, server, policy, lost;
before(async () => {
  files = installed();
  server = await serve(files.home, {}, (pathname) => {
    const headers = { "content-security-policy": policy };
    const nonce = policy.includes("nonce") ? 'nonce="n0"' : "";
    if (pathname === "/token")
      return {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: TOKEN, expiration: new Date(Date.now() + 3_600_000) }),
      };
    if (pathname.endsWith(".html"))
      return {
        headers,
        body:
          `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" ${nonce} ` +
          `src="${pathname.replace("html", "js")}"></script>`,
      };
    if (pathname === "/index.js" || pathname === "/csp.js") return { body: script(pathname.slice(1, -3)) };
    return lost(pathname);
  });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  files?.remove();
});

/** Opens a page under a policy and says what it came to, and which chunks it loaded. `first` runs before the page. */
async function under(rules, { entry = "index", first = () => {}, answer = () => undefined } = {}) {
  policy = rules;
  lost = answer;
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await tab.addInitScript(first);
    await tab.addInitScript(() => {
      window.outcome = new Promise((done) => (window.comesTo = done));
    });
    const chunks = [];
    const errors = [];
    tab.on("request", (request) =>
      chunks.push(new URL(request.url()).pathname.match(/\/dist\/((?:engine|diagnosis)-.*)\.js/)?.[1]),
    );
    tab.on("pageerror", (error) => errors.push(String(error)));
    await tab.goto(`${server.url}/${entry}.html`);
    // not waitForFunction: it needs eval
    const seen = await Promise.race([tab.evaluate(() => window.outcome), pause(20_000, null, { ref: false })]);
    assert.ok(seen, `the page came to nothing: ${errors}`);
    assert.deepEqual(errors, []);
    return { ...seen, chunks: chunks.filter(Boolean) };
  } finally {
    await context.close();
  }
}

const JS_ALONE = ["engine-js", "engine-js-code", "diagnosis-js", "diagnosis-js-data"];
const WASM_FIRST = ["engine-wasm", ...JS_ALONE.slice(0, 2), "diagnosis-wasm", ...JS_ALONE.slice(2)];

const works = ({ token, codes }) => {
  assert.equal(token, TOKEN);
  assert.ok(codes.includes("token-type-invalid"), `${codes}`);
};

for (const rules of [SELF, STRICT, "script-src 'nonce-n0' 'strict-dynamic'", `${SELF} https:; object-src 'none'`]) {
  test(`${rules}: the engine is the JavaScript one`, async () => {
    const seen = await under(rules);
    works(seen);
    assert.equal(seen.engine, "js");
    assert.deepEqual(seen.chunks, WASM_FIRST);
    assert.ok(
      seen.violations.every((uri) => uri === "wasm-eval"),
      `${seen.violations}`,
    );
  });

  test(`${rules}, and powerbi-token-keeper/csp: nothing is tried that the policy forbids`, async () => {
    const seen = await under(rules, { entry: "csp" });
    works(seen);
    assert.equal(seen.engine, "js");
    assert.deepEqual(seen.chunks, JS_ALONE);
    assert.deepEqual(seen.violations, []);
  });
}

const OPEN = "object-src 'none'";
for (const rules of [OPEN, STRICT.replace("'self'", "'self' 'wasm-unsafe-eval'")]) {
  test(`${rules}: the engine is the WebAssembly one, and nothing else is loaded`, async () => {
    const seen = await under(rules);
    works(seen);
    assert.equal(seen.engine, "wasm");
    assert.deepEqual(seen.chunks, ["engine-wasm", "diagnosis-wasm"]);
    assert.deepEqual(seen.violations, []);
  });
}

const wasm = (other) => ({ answer: (pathname) => (pathname.endsWith("-wasm.js") ? other : undefined) });
for (const [name, options] of [
  ["a chunk with WebAssembly that is missing", wasm({ status: 404 })],
  ["one of the wrong type", wasm({ headers: { "content-type": "text/html" }, body: "<!doctype html>" })],
  ["one that is damaged", wasm({ body: "export const start = async () => WebAssembly.compile(new Uint8Array(8));" })],
  ["one that a filter has emptied", wasm({ body: "" })],
  ["a browser without WebAssembly", { first: () => delete window.WebAssembly }],
  [
    "a browser without memory for it",
    {
      first: () => {
        // biome-ignore lint/complexity/useArrowFunction: it is called with new
        WebAssembly.Instance = function () {
          throw new RangeError("out of memory");
        };
      },
    },
  ],
]) {
  test(`${name}: the engine is the JavaScript one`, async () => {
    const seen = await under(OPEN, options);
    works(seen);
    assert.equal(seen.engine, "js");
  });
}

test("a browser that compiles no more than 4 KB at once: the engine is the WebAssembly one all the same", async () => {
  const first = () => {
    const { Module } = WebAssembly;
    // biome-ignore lint/complexity/useArrowFunction: it is called with new
    WebAssembly.Module = function (bytes) {
      if (bytes.length <= 4096) return new Module(bytes);
      throw new RangeError("disallowed on the main thread");
    };
  };
  const seen = await under(OPEN, { first });
  works(seen);
  assert.equal(seen.engine, "wasm");
});

test("where no chunk can be had, the keeper says so and the page goes on", async () => {
  const seen = await under(OPEN, {
    answer: (pathname) => (/(engine|diagnosis)-/.test(pathname) ? { status: 404 } : undefined),
  });
  assert.deepEqual(seen, {
    token: "ERR_ENGINE",
    engine: "none",
    codes: ["ERR_ENGINE"],
    violations: [],
    chunks: ["engine-wasm", "engine-js", "diagnosis-wasm", "diagnosis-js"],
  });
});

test("no file evaluates text, makes a worker, or writes markup or styles", () => {
  for (const file of readdirSync(path.join(files.home, "dist")).filter((name) => /\.c?js$/.test(name))) {
    const code = readFileSync(path.join(files.home, "dist", file), "utf8");
    assert.doesNotMatch(
      code,
      /\beval\(|new Function\b|new Worker\b|new Blob\b|createObjectURL|\.innerHTML|\.style\b/,
      file,
    );
  }
});
