// "Embed for your customers", a whole `npm start -- --live` against the stand-in for Microsoft.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { diagnose, explain, inspectToken } from "../../dist/index.js";
import { Azure, IDS, certificate, oauthError, restError } from "./azure.mjs";
import { Demo } from "./demo.mjs";

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

/** A server that has asked for the report's details, as it does at its start. */
async function started(changes) {
  demo = await Demo.start(azure, changes);
  assert.ok(demo.address, demo.output);
  await demo.ask("GET", "/api/config");
  return demo;
}

/** So many minutes after the start, here and at Microsoft. */
async function moveTo(minutes) {
  azure.ahead = minutes * 60_000;
  await demo.moveTo(azure.ahead);
}

test("the page learns what to embed, and gets a token for it", async () => {
  await started();
  const { body: config } = await demo.ask("GET", "/api/config");
  assert.equal(config.mode, "live");
  assert.equal(config.signIn, null);
  const [embed, ...others] = config.embeds;
  assert.equal(others.length, 0);
  assert.deepEqual(
    [embed.kind, embed.id, embed.name, embed.tokenPath],
    ["report", IDS.report, "Sales", "api/embed-token"],
  );
  const { status, headers, body } = await demo.token("initial");
  assert.equal(status, 200);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.ok(azure.tokens.includes(body.token));
  assert.equal((await inspectToken(body.token)).expiresAt, Date.parse(body.expiration));
  assert.deepEqual(
    await diagnose({
      type: "report",
      tokenType: 1,
      accessToken: body.token,
      embedUrl: embed.embedUrl,
      id: embed.id,
      groupId: embed.groupId,
    }),
    [],
  );
  assert.deepEqual(azure.last("generate").body, { reports: [{ id: IDS.report }], datasets: [{ id: IDS.dataset }] });
  assert.equal(azure.count("report"), 1, "details are asked for once");
});

test("whoever asks at once shares one request, and whoever asks later gets the same token", async () => {
  await started();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => demo.token()));
  tokens.push(await demo.token("initial"));
  assert.equal(new Set(tokens.map(({ body }) => body.token)).size, 1);
  assert.equal(azure.count("generate"), 1);
  assert.equal(azure.count("token"), 1, "the Entra token is used again while it is young");
});

test("half an hour later there is a new one, made with a young Entra token", async () => {
  await started();
  const { body: first } = await demo.token("initial");
  await moveTo(29);
  assert.equal((await demo.token("initial")).body.token, first.token);
  await moveTo(31);
  const { body: second } = await demo.token("initial");
  assert.notEqual(second.token, first.token);
  assert.equal(azure.count("generate"), 2);
  assert.equal(azure.count("token"), 2);
});

test("an Entra token that ends soon is not used for an embed token, which would end with it", async () => {
  azure.life.entra = 20 * 60_000;
  await started();
  azure.life.entra = 60 * 60_000;
  const { body } = await demo.token();
  assert.ok(Date.parse(body.expiration) - Date.now() > 59 * 60_000);
});

test("several reports share one token; a dashboard and a tile have one each", async () => {
  await started({
    POWERBI_REPORT_ID: `${IDS.report}, ${IDS.second}`,
    POWERBI_DASHBOARD_ID: IDS.dashboard,
    POWERBI_TILE_ID: IDS.tile,
    POWERBI_TOKEN_LIFETIME_MINUTES: "30",
  });
  const { body: config } = await demo.ask("GET", "/api/config");
  assert.deepEqual(
    config.embeds.map(({ kind, tokenPath }) => [kind, tokenPath]),
    [
      ["report", "api/embed-token"],
      ["report", "api/embed-token"],
      ["dashboard", "api/dashboard-token"],
      ["tile", "api/tile-token"],
    ],
  );
  const expected = {
    "/api/embed-token": [
      "/v1.0/myorg/GenerateToken",
      { reports: [{ id: IDS.report }, { id: IDS.second }], datasets: [{ id: IDS.dataset }], lifetimeInMinutes: 30 },
    ],
    "/api/dashboard-token": [
      `/v1.0/myorg/groups/${IDS.group}/dashboards/${IDS.dashboard}/GenerateToken`,
      { accessLevel: "View", lifetimeInMinutes: 30 },
    ],
    "/api/tile-token": [
      `/v1.0/myorg/groups/${IDS.group}/dashboards/${IDS.dashboard}/tiles/${IDS.tile}/GenerateToken`,
      { accessLevel: "View", lifetimeInMinutes: 30 },
    ],
  };
  for (const [route, [url, body]] of Object.entries(expected)) {
    assert.equal((await demo.token("poll", route)).status, 200);
    assert.equal(azure.last("generate").path, url);
    assert.deepEqual(azure.last("generate").body, body);
  }
});

test("row-level security, and reports that may be edited and saved", async () => {
  await started({
    POWERBI_RLS_USERNAME: "jo@contoso.example",
    POWERBI_RLS_ROLES: "Sales, North",
    POWERBI_RLS_CUSTOM_DATA: "region=7",
    POWERBI_ALLOW_EDIT: "true",
    POWERBI_DASHBOARD_ID: IDS.dashboard,
  });
  const identities = [
    { username: "jo@contoso.example", roles: ["Sales", "North"], customData: "region=7", datasets: [IDS.dataset] },
  ];
  await demo.token();
  assert.deepEqual(azure.last("generate").body, {
    reports: [{ id: IDS.report, allowEdit: true }],
    datasets: [{ id: IDS.dataset }],
    targetWorkspaces: [{ id: IDS.group }],
    identities,
  });
  await demo.token("poll", "/api/dashboard-token");
  assert.deepEqual(azure.last("generate").body, { accessLevel: "View", identities });
});

test("a certificate instead of a secret, its key beside it or in a file of its own", async () => {
  const { key, cert } = await certificate("a service principal");
  azure.certificates.push(cert);
  const folder = mkdtempSync(path.join(tmpdir(), "certificate-"));
  const file = (name, text) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  try {
    const whole = file("whole.pem", `${key}\n${cert}`);
    for (const changes of [
      { AZURE_CLIENT_CERTIFICATE_PATH: whole },
      { AZURE_CLIENT_CERTIFICATE_PATH: file("cert.pem", cert), AZURE_CLIENT_KEY_PATH: file("key.pem", key) },
    ]) {
      await started({ AZURE_CLIENT_SECRET: undefined, ...changes });
      assert.equal((await demo.token()).status, 200, demo.output);
      const { body } = azure.last("token");
      assert.equal(body.client_secret, undefined);
      assert.ok(body.client_assertion);
      assert.ok(!demo.output.includes("PRIVATE KEY"));
      await demo.stop(azure);
    }
    demo = null;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an Entra token that was withdrawn is replaced once, without anybody noticing", async () => {
  await started();
  azure.withdraw();
  assert.equal((await demo.token()).status, 200);
  assert.equal(azure.count("token"), 2);
  assert.equal(azure.count("generate"), 2);
});

test("Retry-After is passed on, and kept to: nothing more is asked of the API before", async () => {
  await started();
  azure.refuses("generate", {
    status: 429,
    headers: { "Retry-After": "30" },
    body: restError("TooManyRequests", "Too many requests."),
  });
  const first = await demo.token();
  assert.deepEqual(
    [first.status, first.headers.get("retry-after"), first.body.error.code],
    [429, "30", "TooManyRequests"],
  );
  const second = await demo.token();
  assert.equal(second.status, 429);
  assert.ok(Number(second.headers.get("retry-after")) <= 30 && Number(second.headers.get("retry-after")) >= 20);
  assert.equal(azure.count("generate"), 1);
  assert.match((await explain(second.body)).summary, /too many were sent/);
  await moveTo(0.51);
  assert.equal((await demo.token()).status, 200);
  assert.equal(azure.count("generate"), 2);
});

// What the API may answer, what the page gets of it, and what `explain` says to that.
const REFUSALS = [
  {
    name: "TokenExpired twice",
    on: "generate",
    times: 2,
    refusal: {
      status: 403,
      body: restError("TokenExpired", "Access token has expired, resubmit with a new access token"),
    },
    code: "TokenExpired",
    says: /rejected the backend's Entra token/,
    cause: "clock-wrong",
  },
  {
    name: "an unknown report",
    on: "generate",
    refusal: { status: 404, body: restError("PowerBIEntityNotFound", "") },
    code: "PowerBIEntityNotFound",
    says: /finds no such content/,
    cause: "permission",
  },
  {
    name: "no access to the workspace, in a header alone",
    on: "generate",
    refusal: { status: 401, headers: { "X-PowerBI-Error-Info": "GroupNotAccessible", RequestId: "a-request" } },
    code: "GroupNotAccessible",
    says: /(has no access to|may not access) the workspace/,
    cause: "permission",
  },
  {
    name: "service principals are not allowed",
    on: "generate",
    refusal: { status: 401, body: { Message: "API is not accessible for application" } },
    code: "Refused",
    says: /service principals may not use/,
    cause: "tenant-setting",
  },
  {
    name: "PowerBINotAuthorizedException, in a header alone",
    on: "generate",
    refusal: { status: 401, headers: { "X-PowerBI-Error-Info": "PowerBINotAuthorizedException" } },
    code: "PowerBINotAuthorizedException",
    says: /(has no access to|may not access) the workspace/,
    cause: "permission",
  },
  {
    name: "row-level security without an identity",
    on: "generate",
    refusal: {
      status: 400,
      body: {
        error: {
          code: "InvalidRequest",
          message: "Creating embed token for accessing dataset requires effective identity to be provided",
        },
      },
    },
    code: "InvalidRequest",
    says: /row-level security/,
    cause: "identity-invalid",
  },
  {
    name: "a detail that says why",
    on: "generate",
    refusal: {
      status: 400,
      body: {
        error: {
          code: "InvalidRequest",
          message: "Bad request",
          details: [{ code: "x", message: "shouldn't have effective identity" }],
        },
      },
    },
    code: "InvalidRequest",
    says: /effective identity for a data set that takes none/,
    cause: "identity-invalid",
  },
  {
    name: "no more tokens without a capacity",
    on: "generate",
    refusal: {
      status: 403,
      body: restError("Forbidden", "You have exceeded the amount of embed token that can be generated"),
    },
    code: "Forbidden",
    says: /no capacity/,
    cause: "capacity",
  },
  {
    name: "Conditional Access",
    on: "generate",
    refusal: {
      status: 401,
      headers: {
        "WWW-Authenticate":
          'Bearer authorization_uri="https://login.microsoftonline.com/common", error="insufficient_claims", ' +
          'claims="e30="',
      },
    },
    code: "insufficient_claims",
    says: /Conditional Access/,
    cause: "sign-in-required",
  },
  { name: "a server error without a word", on: "generate", refusal: { status: 500 }, code: "Refused" },
  {
    name: "a wrong secret",
    on: "token",
    config: true,
    refusal: { status: 401, body: oauthError("invalid_client", 7000215, "Invalid client secret provided.") },
    code: "invalid_client",
    says: /rejected the backend's client secret/,
  },
  {
    name: "an application that Entra doesn't know",
    on: "token",
    config: true,
    refusal: {
      status: 400,
      body: oauthError(
        "unauthorized_client",
        700016,
        "Application with identifier 'x' was not found in the directory.",
      ),
    },
    code: "unauthorized_client",
    says: /no such application in this tenant/,
    cause: "cloud-mismatch",
  },
  {
    name: "Conditional Access, at Entra",
    on: "token",
    config: true,
    refusal: {
      status: 400,
      body: oauthError("access_denied", 53003, "Access has been blocked by Conditional Access policies."),
    },
    code: "access_denied",
    says: /requires the user to sign in again/,
    cause: "sign-in-required",
  },
  {
    name: "Entra throttles",
    on: "token",
    config: true,
    refusal: {
      status: 429,
      headers: { "Retry-After": "17" },
      body: oauthError("temporarily_unavailable", 90055, "Too many requests."),
    },
    code: "temporarily_unavailable",
    retryAfter: 17,
  },
];

for (const { name, on, times = 1, config = false, refusal, code, says, cause, retryAfter = null } of REFUSALS) {
  test(`refused: ${name}`, async () => {
    const refusals = Array.from({ length: times }, () => refusal);
    if (config) azure.refuses(on, ...refusals, ...refusals);
    await started();
    if (!config) azure.refuses(on, ...refusals);
    const { status, headers, body } = await demo.token();
    assert.equal(status, refusal.status);
    assert.equal(body.error.code, code);
    assert.equal(body.status, refusal.status);
    const wait = headers.get("retry-after");
    assert.ok(
      retryAfter === null ? wait === null : wait <= retryAfter && wait > retryAfter - 10,
      `Retry-After: ${wait}`,
    );
    assert.equal(headers.get("x-powerbi-error-info"), refusal.headers?.["X-PowerBI-Error-Info"] ?? null);
    if (says) {
      const { summary, causes } = await explain(body);
      assert.match(summary, says);
      assert.ok(
        !cause || causes.some((one) => one.code === cause),
        `${cause} is among ${causes.map((one) => one.code)}`,
      );
    }
    const told = await demo.logged((line) => line.level === "warn" && line.what === "/api/embed-token");
    assert.deepEqual([told.status, told.code], [refusal.status, code]);
  });
}

test("a connection that is cut, and an answer that does not come", async () => {
  await started({ POWERBI_TIMEOUT_SECONDS: "1" });
  azure.refuses("generate", { cut: true }, { silent: true }, { status: 200, body: { token: "", expiration: "soon" } });
  const cut = await demo.token();
  assert.deepEqual([cut.status, cut.body.error.code], [502, "UpstreamUnreachable"]);
  const silent = await demo.token();
  assert.deepEqual([silent.status, silent.body.error.code], [504, "UpstreamTimeout"]);
  const rubbish = await demo.token();
  assert.deepEqual([rubbish.status, rubbish.body.error.code], [502, "UpstreamAnswer"]);
  assert.equal((await demo.token()).status, 200);
});

test("told to stop, it sends the answers that are under way, and cuts what takes too long", async () => {
  await started({ POWERBI_TIMEOUT_SECONDS: "60" });
  let release;
  azure.refuses("generate", { until: new Promise((resolve) => (release = resolve)) });
  const underWay = demo.token();
  await azure.isAsked("generate");
  const stopped = demo.stop(azure);
  release();
  assert.equal((await underWay).status, 200);
  assert.equal(await stopped, 0);

  await started({ POWERBI_TIMEOUT_SECONDS: "60" });
  azure.refuses("generate", { silent: true });
  const cut = assert.rejects(demo.token(), TypeError);
  await azure.isAsked("generate", 2);
  assert.equal(await demo.stop(azure, "SIGINT"), 0);
  await cut;
  demo = null;
});

test("a wrong setting that only Microsoft can know is in the log before anybody asks", async () => {
  await started({ AZURE_TENANT_ID: "7d1c0de0-5eed-4a11-9b0b-0c0ffee0dead" });
  const { status, body } = await demo.ask("GET", "/api/config");
  assert.equal(status, 400);
  assert.match(body.error.message, /AADSTS90002/);
  assert.ok(
    await demo.logged(
      ({ level, service, code }) => level === "warn" && service === "Entra" && code === "invalid_tenant",
    ),
  );
});

test("an embedUrl from elsewhere than the page's policy allows is told", async () => {
  await started({ POWERBI_EMBED_ORIGIN: "https://app.powerbigov.us" });
  const { status, body } = await demo.ask("GET", "/api/config");
  assert.equal(status, 502);
  assert.match(body.error.message, /POWERBI_EMBED_ORIGIN/);
});

test("the page's policy allows Microsoft's frames and nothing else of Microsoft's", async () => {
  await started();
  const response = await fetch(`${demo.address}/`);
  const policy = response.headers.get("content-security-policy");
  assert.match(policy, /frame-src 'self' https:\/\/app\.powerbi\.com;/);
  assert.match(policy, /connect-src 'self';/);
});

test("our own switches still work, those of the service are refused", async () => {
  await started();
  const { body } = await demo.ask("GET", "/api/config");
  assert.ok(body.switches.includes("throttle"));
  await demo.ask("PUT", "/api/switches", { throttle: 7 });
  const { status, headers } = await demo.token();
  assert.deepEqual([status, headers.get("retry-after")], [429, "7"]);
  await demo.ask("PUT", "/api/switches", { throttle: null, damaged: true });
  const damaged = await demo.token();
  assert.ok((await inspectToken(damaged.body.token)).findings.some(({ code }) => code === "token-damaged"));
  for (const change of [{ wrongKind: true }, { lifetimeSeconds: 60 }])
    assert.equal((await demo.ask("PUT", "/api/switches", change)).status, 400);
  assert.equal((await demo.ask("PUT", "/api/clock", { rate: 60 })).status, 405);
});

test("too many requests of its own page are refused in the same shape", async () => {
  await started();
  let last;
  for (let n = 0; n < 130; n += 1) last = await demo.ask("GET", "/api/health");
  assert.equal(last.status, 429);
  assert.equal(last.body.error.code, "TooManyRequests");
  assert.ok(Number(last.headers.get("retry-after")) > 0);
});
