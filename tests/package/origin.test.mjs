// A page that came over plain HTTP, as in an intranet, may ask its own origin for tokens, and no other over HTTP. The
// scenarios' page came over TLS, so here Node has the little of a page that the options look at.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./packed.mjs";

// KEEPER_DIST is another build's.
const facade = pathToFileURL(path.join(process.env.KEEPER_DIST ?? path.join(root, "dist"), "index.js")).href;

/** What the constructor throws for each of these sources on a page at `href`; null where it takes one. */
function judged(href, sources) {
  const code = `
    const href = ${JSON.stringify(href)};
    Object.assign(globalThis, { document: {}, location: { href, origin: new URL(href).origin } });
    globalThis.Request = class { constructor(url) { this.url = new URL(url, href).href; } };
    const { TokenKeeper } = await import(${JSON.stringify(facade)});
    const judge = (source) => {
      try {
        new TokenKeeper({ source });
        return null;
      } catch ({ name, code }) {
        return [name, code].join(" ");
      }
    };
    console.log(JSON.stringify(${JSON.stringify(sources)}.map(judge)));`;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }));
}

const REFUSED = "RangeError ERR_OPTION";

test("a page that came over HTTP may ask its own origin", () => {
  const sources = ["/api/token", "token", "http://intranet.test/api/token", "https://api.test/token"];
  assert.deepEqual(judged("http://intranet.test/app/", sources), [null, null, null, null]);
});

test("no other origin over HTTP, but loopback", () => {
  const sources = [
    "http://intranet.test:8080/api/token",
    "http://other.test/token",
    "http://localhost.evil.test/token",
    "http://127.0.0.1.evil.test/token",
    "http://[::1]:3000/token",
    "http://app.localhost/token",
    "http://127.0.0.1:3000/token",
  ];
  const verdicts = [REFUSED, REFUSED, REFUSED, REFUSED, null, null, null];
  assert.deepEqual(judged("http://intranet.test/app/", sources), verdicts);
  assert.deepEqual(judged("https://intranet.test/app/", ["http://intranet.test/api/token"]), [REFUSED]);
});
