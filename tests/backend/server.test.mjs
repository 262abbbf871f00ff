// The demo's server around the backend: what it refuses, in which shape, and what it writes down.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { spawn } from "node:child_process";
import process from "node:process";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { createServer } from "../../www/dist-server/server.js";

let server;
let origin;
before(async () => {
  server = createServer();
  origin = await server.listen({ port: 0, host: "127.0.0.1" });
});
after(() => server.close());

const JSON_TYPE = { "Content-Type": "application/json" };
const CANARY = "canary-in-a-body";

async function refused(path, init = {}) {
  const response = await fetch(origin + path, init);
  const text = await response.text();
  const { error, ...others } = JSON.parse(text);
  assert.deepEqual(others, {});
  assert.deepEqual(Object.keys(error), ["code", "message"]);
  assert.ok(!text.includes(CANARY), text);
  return [response.status, error.code];
}

test("every refusal has one shape and quotes nothing of the request", async () => {
  assert.deepEqual(await refused("/nothing"), [404, "NotFound"]);
  assert.deepEqual(await refused("/api/nothing"), [404, "NotFound"]);
  assert.deepEqual(await refused(`/api/${CANARY}`), [404, "NotFound"]);
  assert.deepEqual(await refused("/api/switches", { method: "PUT", headers: JSON_TYPE, body: CANARY }), [
    400,
    "BadRequest",
  ]);
  assert.deepEqual(
    await refused("/api/switches", { method: "PUT", headers: JSON_TYPE, body: JSON.stringify({ delayMs: CANARY }) }),
    [400, "BadRequest"],
  );
  assert.deepEqual(
    await refused("/api/embed-token", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ reason: 7 }) }),
    [400, "BadRequest"],
  );
  assert.deepEqual(
    await refused("/api/embed-token", { method: "POST", headers: JSON_TYPE, body: '{"__proto__": 1}' }),
    [400, "BadRequest"],
  );
  assert.deepEqual(
    await refused("/api/embed-token", { method: "POST", headers: { "Content-Type": "text/xml" }, body: CANARY }),
    [415, "UnsupportedMediaType"],
  );
  assert.deepEqual(
    await refused("/api/embed-token", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify(CANARY.repeat(2_000)),
    }),
    [413, "PayloadTooLarge"],
  );
  assert.deepEqual(await refused("/api/embed-token", { method: "DELETE" }), [405, "MethodNotAllowed"]);
});

test("it answers to this machine and to its own page alone", async () => {
  const raw = await new Promise((resolve) => {
    const socket = connect(server.server.address().port, "127.0.0.1", () =>
      socket.end("GET /api/health HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"),
    );
    let text = "";
    socket.on("data", (chunk) => (text += chunk)).on("end", () => resolve(text));
  });
  assert.match(raw, /^HTTP\/1\.1 403 /);
  assert.deepEqual(await refused("/api/embed-token", { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" } }), [
    403,
    "Forbidden",
  ]);
  assert.equal(
    (await fetch(`${origin}/api/embed-token`, { method: "POST", headers: { "Sec-Fetch-Site": "same-origin" } })).status,
    200,
  );
});

test("a connection that is cut on purpose is cut", async () => {
  await fetch(`${origin}/api/switches`, {
    method: "PUT",
    headers: JSON_TYPE,
    body: JSON.stringify({ outage: "drop" }),
  });
  await assert.rejects(fetch(`${origin}/api/embed-token`, { method: "POST" }), TypeError);
  await fetch(`${origin}/api/switches`, { method: "DELETE" });
});

test("as a process: one JSON line per request, without the request's body, and a prompt exit on a signal", async () => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    const child = spawn(process.execPath, [fromRoot("www/dist-server/main.js")], {
      env: { ...process.env, PORT: "0", LOG_LEVEL: "info" },
    });
    let output = "";
    child.stderr.on("data", (chunk) => (output += chunk));
    child.stdout.on("data", (chunk) => (output += chunk));
    while (!/demo: http/.test(output)) await once(child.stdout, "data");
    const [, address] = output.match(/demo: (http:\S+)\//);
    const { token } = await (
      await fetch(`${address}/api/embed-token?code=${CANARY}`, {
        method: "POST",
        headers: { ...JSON_TYPE, Authorization: `Bearer ${CANARY}` },
        body: JSON.stringify({ reason: CANARY }),
      })
    ).json();
    // An answer that the visitor wants in ten minutes is no reason to stay.
    await fetch(`${address}/api/switches`, {
      method: "PUT",
      headers: JSON_TYPE,
      body: JSON.stringify({ delayMs: 600_000 }),
    });
    const slow = assert.rejects(fetch(`${address}/api/embed-token`, { method: "POST" }), TypeError);
    while (JSON.parse(await (await fetch(`${address}/api/health`)).text()).requests.tokens < 2);
    child.kill(signal);
    const [code] = await once(child, "close");
    await slow;
    assert.equal(code, 0);
    const lines = output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
    const { level, method, path, status } = lines.find((line) => line.path === "/api/embed-token");
    assert.deepEqual([level, method, path, status], ["info", "POST", "/api/embed-token", 200]);
    assert.ok(!output.includes(CANARY) && !output.includes(token.slice(60, 100)));
  }
});

test("what a visitor writes into a path or a header adds no line and no control character to the log", async () => {
  const child = spawn(process.execPath, [fromRoot("www/dist-server/main.js")], {
    env: { ...process.env, PORT: "0", LOG_LEVEL: "trace" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (output += part));
  while (!/demo: http/.test(output)) await once(child.stdout, "data");
  const port = Number(/demo: http:\/\/[^:]+:(\d+)/.exec(output)[1]);
  const forged = '{"level":"fatal","forged":true}';
  const paths = [
    `/api/x%0d%0a${encodeURIComponent(forged)}`,
    `/api/x?a=%0a${encodeURIComponent(forged)}`,
    "/api/%1b%5b2Jx",
    "/api/%e2%80%a8%e2%80%ae",
    "/api/\u001b[2Jx",
    "/api/%",
    `/${"a".repeat(3000)}`,
  ];
  const requests = paths.map(
    (target) => `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
  );
  requests.push(
    `GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: x\r\n y${forged}\r\nConnection: close\r\n\r\n`,
    `GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Forwarded-For: \n${forged}\r\nConnection: close\r\n\r\n`,
    `${forged}\r\n\r\n`,
    `GET\n${forged} HTTP/1.1\r\n\r\n`,
  );
  for (const request of requests) await send(port, request);
  child.kill("SIGTERM");
  await once(child, "close");
  const lines = output.split("\n").filter(Boolean);
  assert.ok(lines.length > paths.length);
  for (const line of lines) {
    assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u);
    if (!line.startsWith("{")) continue;
    const { level, forged: added } = JSON.parse(line);
    assert.notEqual(level, "fatal");
    assert.equal(added, undefined);
  }
});

/** Sends bytes as they are; returns when the server has closed. */
function send(port, bytes) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("error", () => {}).on("close", done);
    socket.resume();
  });
}

test("headers that come a letter at a time hold a connection for seconds, not for ever", () => {
  const { headersTimeout, requestTimeout, connectionsCheckingInterval = 30_000 } = server.server;
  assert.ok(headersTimeout > 0 && headersTimeout <= 15_000, `${headersTimeout} ms`);
  assert.ok(requestTimeout > 0 && requestTimeout <= 60_000, `${requestTimeout} ms`);
  assert.ok(connectionsCheckingInterval <= 30_000);
});
