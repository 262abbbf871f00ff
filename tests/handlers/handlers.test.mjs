// The example backends, against the stand-in for Microsoft. The one in Python runs where PYTHON names an interpreter
// that has examples/backend-flask/requirements.txt, the one in PHP where there is a php.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { explain, inspectToken } from "../../dist/index.js";
import { which } from "../../scripts/lib/browser.mjs";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { Azure, IDS, SECRET, restError } from "../live/azure.mjs";

const azure = new Azure();
let folder;
before(async () => {
  await azure.listen();
  folder = mkdtempSync(path.join(tmpdir(), "handlers-"));
  writeFileSync(path.join(folder, "azure.pem"), azure.cert);
});
after(async () => {
  await azure.close();
  rmSync(folder, { recursive: true });
});

const { PYTHON } = process.env;
const HANDLERS = [
  { name: "Node", start: (port) => [process.execPath, [fromRoot("examples/backend-node/server.mjs")], { PORT: port }] },
  {
    name: "Python",
    skip: PYTHON ? false : "PYTHON names no interpreter",
    start: (port) => [
      PYTHON,
      ["-m", "flask", "--app", fromRoot("examples/backend-flask/app.py"), "run", "--port", String(port)],
      {},
    ],
  },
  {
    name: "PHP",
    skip: which("php") ? false : "there is no php",
    start: (port) => [
      "php",
      ["-S", `127.0.0.1:${port}`, fromRoot("examples/backend-php/index.php")],
      { SSL_CERT_FILE: path.join(folder, "azure.pem") },
    ],
  },
];

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function ask(port) {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/api/embed-token`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: '{"reason":"initial","embeds":[]}',
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED") throw error;
      await new Promise((later) => setTimeout(later, 50)); // it is starting
    }
  }
}

for (const { name, start, skip = false } of HANDLERS) {
  test(`${name}: a token of the full length, refusals passed on, no secret in either`, {
    skip,
    timeout: 60_000,
  }, async () => {
    azure.reset();
    const port = await freePort();
    const [program, args, more] = start(port);
    const certificate = path.join(folder, "azure.pem");
    const child = spawn(program, args, {
      env: {
        PATH: process.env.PATH,
        ...more,
        NODE_EXTRA_CA_CERTS: certificate,
        REQUESTS_CA_BUNDLE: certificate,
        PYTHONDONTWRITEBYTECODE: "1",
        AZURE_TENANT_ID: IDS.tenant,
        AZURE_CLIENT_ID: IDS.client,
        AZURE_CLIENT_SECRET: SECRET,
        POWERBI_WORKSPACE_ID: IDS.group,
        POWERBI_REPORT_ID: IDS.report,
        POWERBI_DATASET_ID: IDS.dataset,
        AZURE_AUTHORITY_HOST: azure.origin,
        POWERBI_API_URL: azure.origin,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    try {
      for (let n = 1; n <= 2; n += 1) {
        const { status, headers, text } = await ask(port);
        assert.equal(status, 200, text + output);
        assert.equal(headers.get("cache-control"), "no-store");
        const { token, expiration } = JSON.parse(text);
        assert.deepEqual((await inspectToken(token)).findings, []);
        assert.ok(Date.parse(expiration) - Date.now() > 59 * 60_000);
        assert.equal(azure.count("token"), n, "each embed token is made with an Entra token of its own");
      }
      azure.refuses(
        "generate",
        { status: 429, headers: { "Retry-After": "30" }, body: restError("TooManyRequests", "") },
        {
          status: 404,
          headers: { "X-PowerBI-Error-Info": "PowerBIEntityNotFound", RequestId: "of Microsoft" },
          body: restError("PowerBIEntityNotFound", ""),
        },
      );
      const throttled = await ask(port);
      assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "30"]);
      const missing = await ask(port);
      assert.equal(missing.status, 404);
      assert.equal(missing.headers.get("x-powerbi-error-info"), "PowerBIEntityNotFound");
      assert.equal(missing.headers.get("requestid"), "of Microsoft");
      assert.match((await explain(JSON.parse(missing.text))).summary, /finds no such content/);
      azure.refuses("token", {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret provided." },
      });
      const unknown = await ask(port);
      assert.equal(unknown.status, 502);
      assert.match((await explain(JSON.parse(unknown.text))).summary, /client secret/);
      for (const text of [throttled.text, missing.text, unknown.text, output])
        assert.ok(!text.includes(SECRET) && !azure.tokens.some((token) => text.includes(token.slice(60, 100))));
    } finally {
      child.kill();
    }
  });
}
