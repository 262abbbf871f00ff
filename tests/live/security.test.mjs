// What an upstream that lies and a visitor that is none of ours can't do to the demo's server in live mode. Every test
// ends with Demo.stop, which searches the log and all answers for the secret and for tokens.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { Azure, SECRET, oauthError, restError } from "./azure.mjs";
import { Demo } from "./demo.mjs";

const MINUTE = 60_000;
const azure = new Azure();
let demo = null;

before(() => azure.listen());
after(() => azure.close());
afterEach(async () => {
  const stopped = demo && (await demo.stop(azure));
  demo = null;
  azure.reset();
  if (stopped !== null) assert.equal(stopped, 0, "it stops when it is told to");
});

async function started() {
  demo = await Demo.start(azure);
  assert.ok(demo.address, demo.output);
  await demo.ask("GET", "/api/config");
}

for (const [what, retryAfter] of [
  ["seconds", "99999999999"],
  ["a date", "Fri, 31 Dec 9999 23:59:59 GMT"],
]) {
  test(`a Retry-After of centuries, in ${what}, counts for an hour`, async () => {
    await started();
    azure.refuses("generate", {
      status: 429,
      headers: { "Retry-After": retryAfter },
      body: restError("TooManyRequests", ""),
    });
    const { status, headers } = await demo.token();
    assert.equal(status, 429);
    assert.equal(headers.get("retry-after"), "3600");
    azure.ahead = 61 * MINUTE;
    await demo.moveTo(azure.ahead);
    assert.equal((await demo.token()).status, 200, "it asks again");
  });
}

test("a client secret that Entra quotes is replaced, whole, in part and encoded", async () => {
  await started();
  const quotes = [SECRET, SECRET.slice(3, -3), encodeURIComponent(SECRET), `${SECRET} and ${SECRET}`].join("', '");
  azure.refuses("token", { status: 401, body: oauthError("invalid_client", 7000215, `Invalid secret '${quotes}'.`) });
  await demo.moveTo(31 * MINUTE);
  azure.ahead = 31 * MINUTE;
  const { status, body } = await demo.token();
  assert.equal(status, 401);
  assert.match(body.error.message, /Invalid secret '\[secret\]', '\[secret\]/);
  assert.ok(!body.error.message.includes(SECRET.slice(5, 20)));
});

test("tokens that Power BI quotes are replaced, in its code and its headers too", async () => {
  await started();
  await demo.token();
  const entra = azure.tokens.find((token) => token.startsWith("eyJ"));
  const embed = azure.tokens.find((token) => token.startsWith("H4sI"));
  azure.refuses("generate", {
    status: 400,
    headers: { "X-PowerBI-Error-Info": `Bearer ${entra}`, RequestId: embed.slice(0, 300) },
    body: restError(entra.slice(100, 200), `No use: Bearer ${entra}, ${entra.slice(40, 90)}, ${embed}`),
  });
  await demo.moveTo(31 * MINUTE);
  azure.ahead = 31 * MINUTE;
  const { status, headers, body } = await demo.token();
  assert.equal(status, 400);
  assert.match(body.error.message, /^No use: Bearer \[secret\], \[secret\], \[secret\]/);
  assert.equal(headers.get("x-powerbi-error-info"), "Bearer [secret]");
  for (const token of [entra, embed])
    for (let at = 0; at + 20 <= 300; at += 20)
      assert.ok(!JSON.stringify([...headers, body]).includes(token.slice(at + 4, at + 24)), `at ${at}`);
});

test("a page of another origin is refused, with and without Sec-Fetch-Site", async () => {
  await started();
  const post = (headers) => fetch(`${demo.address}/api/embed-token`, { method: "POST", headers });
  const own = new URL(demo.address).origin;
  for (const headers of [
    { Origin: "https://evil.example" },
    { Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" },
    { Origin: "null" },
    { Origin: own.replace(/\d+$/, "1") },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site", Origin: own },
  ])
    assert.equal((await post(headers)).status, 403, JSON.stringify(headers));
  for (const headers of [{}, { Origin: own }, { Origin: own, "Sec-Fetch-Site": "same-origin" }])
    assert.equal((await post(headers)).status, 200, JSON.stringify(headers));
});

test("a path with .. in it is not found, however it is written", async () => {
  await started();
  for (const path of [
    "/..",
    "/../server/main.ts",
    "/sandbox/../../package.json",
    "/sandbox/%2e%2e/server/main.ts",
    "/sandbox/..%2f..%2f.env",
    "/sandbox/.%2E%5c..%5C.env",
    "/api/../../.env",
  ])
    assert.match(await raw(path), /^HTTP\/1\.1 404 /, path);
  assert.match(await raw("/sandbox/frame.html?a=../b"), /^HTTP\/1\.1 200 /);
});

/** As no fetch would send it. */
function raw(path) {
  const { port, host } = new URL(demo.address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    let text = "";
    socket
      .on("data", (chunk) => (text += chunk))
      .on("end", () => resolve(text))
      .on("error", reject);
  });
}
