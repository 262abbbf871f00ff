// The settings of live mode: what is read, and the one sentence for each that is missing or wrong.

import assert from "node:assert/strict";
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { CLOUDS, Secret, SettingError, readSettings } from "../../www/dist-server/live.js";
import { IDS, SECRET, certificate } from "./azure.mjs";
import { Demo } from "./demo.mjs";

const GOOD = {
  AZURE_TENANT_ID: IDS.tenant,
  AZURE_CLIENT_ID: IDS.client,
  AZURE_CLIENT_SECRET: SECRET,
  POWERBI_WORKSPACE_ID: IDS.group,
  POWERBI_REPORT_ID: IDS.report,
};

/** The sentences that these settings get. */
function problems(changes) {
  try {
    readSettings({ ...GOOD, ...changes });
  } catch (error) {
    assert.ok(error instanceof SettingError, error.stack);
    return error.problems;
  }
  return [];
}

let folder;
let pem;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "settings-"));
  pem = await certificate("one");
});
after(() => rmSync(folder, { recursive: true }));
const file = (name, text) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

test("five lines are enough", () => {
  const settings = readSettings({ ...GOOD, POWERBI_DASHBOARD_ID: "", POWERBI_RLS_USERNAME: " ", HOME: "/root" });
  assert.deepEqual(
    [settings.cloud.api, settings.cloud.authorityHost, settings.cloud.embedOrigin, settings.cloud.resource],
    [
      "https://api.powerbi.com",
      "https://login.microsoftonline.com",
      "https://app.powerbi.com",
      "https://analysis.windows.net/powerbi/api",
    ],
  );
  assert.deepEqual(
    [settings.reportIds, settings.dashboardId, settings.identity, settings.signIn, settings.ownAuthority],
    [[IDS.report], null, null, false, false],
  );
  assert.equal(settings.credential.secret.expose(), SECRET);
});

test("each that is missing is named, all at once", () => {
  for (const name of Object.keys(GOOD)) {
    const [problem, ...others] = problems({ [name]: undefined });
    assert.ok(problem.startsWith(`${name} is missing: `) && problem.endsWith("."), problem);
    assert.deepEqual(others, []);
  }
  assert.equal(problems(Object.fromEntries(Object.keys(GOOD).map((name) => [name, ""]))).length, 5);
});

// A sentence that quotes a value may quote a secret in the wrong place.
const CANARY = "canary-in-the-wrong-place";
const WRONG = [
  ["AZURE_TENANT_ID", CANARY],
  ["AZURE_CLIENT_ID", CANARY],
  ["AZURE_CLIENT_SECRET", IDS.client],
  ["POWERBI_WORKSPACE_ID", `${IDS.group}/reports/${CANARY}`],
  ["POWERBI_REPORT_ID", CANARY],
  ["POWERBI_REPORT_ID", `${IDS.report},${CANARY}`],
  ["POWERBI_REPORT_ID", ","],
  ["POWERBI_DASHBOARD_ID", CANARY],
  ["POWERBI_TILE_ID", CANARY, "POWERBI_DASHBOARD_ID", IDS.dashboard],
  ["POWERBI_EMBED_FOR", CANARY],
  ["POWERBI_CLOUD", CANARY],
  ["POWERBI_ALLOW_EDIT", CANARY],
  ["POWERBI_TOKEN_LIFETIME_MINUTES", "0"],
  ["POWERBI_TOKEN_LIFETIME_MINUTES", CANARY],
  ["POWERBI_TIMEOUT_SECONDS", "61"],
  ["POWERBI_TIMEOUT_SECONDS", "1.5"],
  ["AZURE_AUTHORITY_HOST", "http://127.0.0.1:1"],
  ["AZURE_AUTHORITY_HOST", `https://login.test/${CANARY}`],
  ["POWERBI_API_URL", `http://${CANARY}.test`],
  ["POWERBI_API_URL", `https://api.test/?${CANARY}`],
  ["POWERBI_API_URL", `https://${CANARY}@api.test`],
  ["POWERBI_API_URL", CANARY],
  ["POWERBI_RESOURCE", "https://api.test/"],
  ["POWERBI_EMBED_ORIGIN", "http://app.powerbi.com"],
  ["POWERBI_REPROT_ID", CANARY],
];
for (const [name, value, ...more] of WRONG) {
  test(`${name} = ${value} is wrong, and said to be without its value`, () => {
    const [problem, ...others] = problems({ [name]: value, ...(more.length && { [more[0]]: more[1] }) });
    assert.deepEqual(others, []);
    assert.match(problem, new RegExp(`^${name} (must|is) [^"]+\\.$`));
    assert.ok(!problem.includes(CANARY) && (value.length < 8 || !problem.includes(value)), problem);
  });
}

test("a setting that needs another names it", () => {
  assert.match(problems({ POWERBI_TILE_ID: IDS.tile })[0], /^POWERBI_DASHBOARD_ID is missing/);
  assert.match(problems({ POWERBI_RLS_ROLES: "Sales" })[0], /^POWERBI_RLS_USERNAME is missing/);
  assert.match(problems({ POWERBI_CLOUD: "france" })[0], /^AZURE_AUTHORITY_HOST is missing/);
  assert.deepEqual(problems({ POWERBI_CLOUD: "france", AZURE_AUTHORITY_HOST: "https://login.test" }), []);
});

test("a certificate: its file, its key and its password", () => {
  const whole = file("whole.pem", `${pem.cert}\n${pem.key}`);
  const certificateOnly = file("certificate.pem", pem.cert);
  const other = file(
    "other.key",
    readFileSync(file("same.key", pem.key), "utf8")
      .replace(/^.*$/m, "-----BEGIN PRIVATE KEY-----")
      .replace(/[A-Za-z0-9+/]{64}/, CANARY),
  );
  const withCertificate = (changes) => problems({ AZURE_CLIENT_SECRET: undefined, ...changes });
  assert.deepEqual(withCertificate({ AZURE_CLIENT_CERTIFICATE_PATH: whole }), []);
  assert.match(problems({ AZURE_CLIENT_CERTIFICATE_PATH: whole })[0], /both set/);
  assert.match(
    withCertificate({ AZURE_CLIENT_CERTIFICATE_PATH: path.join(folder, "nowhere") })[0],
    /^AZURE_CLIENT_CERTIFICATE_PATH names a file that can't be read/,
  );
  assert.match(
    withCertificate({ AZURE_CLIENT_CERTIFICATE_PATH: other })[0],
    /^AZURE_CLIENT_CERTIFICATE_PATH names a file that holds no certificate/,
  );
  assert.match(
    withCertificate({ AZURE_CLIENT_CERTIFICATE_PATH: certificateOnly })[0],
    /^AZURE_CLIENT_CERTIFICATE_PATH names a file that holds no private key/,
  );
  assert.match(
    withCertificate({
      AZURE_CLIENT_CERTIFICATE_PATH: certificateOnly,
      AZURE_CLIENT_KEY_PATH: path.join(folder, "nowhere"),
    })[0],
    /^AZURE_CLIENT_KEY_PATH names a file that can't be read/,
  );
  assert.match(
    withCertificate({ AZURE_CLIENT_CERTIFICATE_PATH: certificateOnly, AZURE_CLIENT_KEY_PATH: other })[0],
    /^AZURE_CLIENT_KEY_PATH names a file that holds no private key/,
  );
});

test("a private key that is another certificate's is told", async () => {
  const { key } = await certificate("another");
  const problem = problems({
    AZURE_CLIENT_SECRET: undefined,
    AZURE_CLIENT_CERTIFICATE_PATH: file("mine.pem", pem.cert),
    AZURE_CLIENT_KEY_PATH: file("theirs.key", key),
  })[0];
  assert.match(problem, /^AZURE_CLIENT_KEY_PATH names a file whose private key is not the certificate's/);
});

test("where only visitors sign in, no secret is needed", () => {
  const settings = readSettings({ ...GOOD, AZURE_CLIENT_SECRET: undefined, POWERBI_EMBED_FOR: "organization" });
  assert.deepEqual([settings.signIn, settings.credential], [true, null]);
  assert.match(
    problems({ AZURE_CLIENT_SECRET: undefined, POWERBI_EMBED_FOR: "both" })[0],
    /^AZURE_CLIENT_SECRET is missing/,
  );
});

test("a cloud is one setting, and its addresses are those that the diagnosis knows", () => {
  const known = readFileSync(fromRoot("src/diagnosis/cloud.rs"), "utf8");
  for (const [name, { api, resource, embedOrigin }] of Object.entries(CLOUDS)) {
    const [, entry] =
      known.match(new RegExp(`Cloud \\{\\s+name: "${name}",([^}]+)\\}`)) ?? assert.fail(`${name} is in cloud.rs`);
    assert.ok(entry.includes(`analysis: "${resource.match(/^https:\/\/(.+)\/powerbi\/api$/)[1]}"`), name);
    assert.ok(entry.includes(`api: "${new URL(api).host}"`), name);
    const embed = new URL(embedOrigin).host;
    assert.ok(entry.includes(`"${embed}"`) || entry.includes(`"${embed.replace(/^app/, "")}"`), name);
    const host = { AZURE_AUTHORITY_HOST: "https://login.test" };
    assert.equal(readSettings({ ...GOOD, POWERBI_CLOUD: name, ...host }).cloud.api, api);
  }
});

test(".env.example has every setting, and none that is unknown", () => {
  const example = readFileSync(fromRoot(".env.example"), "utf8");
  const there = new Set([...example.matchAll(/^#?\s?([A-Z]+_[A-Z_]+)=/gm)].map(([, name]) => name));
  const code = ["settings.ts", "credential.ts"]
    .map((one) => readFileSync(fromRoot("www/server/live", one), "utf8"))
    .join("");
  const known = new Set(code.match(/\b(AZURE|POWERBI)_[A-Z_]+\b/g));
  for (const name of known) assert.ok(there.has(name), `${name} is in .env.example`);
  for (const name of there)
    assert.ok(known.has(name) || ["PORT", "LOG_LEVEL", "HOST"].includes(name), `${name} is a setting`);
  const lines = Object.fromEntries([...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  assert.deepEqual(Object.keys(lines).sort(), Object.keys(GOOD).sort(), "what must be filled in is no comment");
  assert.throws(() => readSettings(lines), SettingError);
});

test("a secret can't print itself", () => {
  const secret = new Secret(SECRET);
  for (const text of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 5 }),
    inspect(readSettings(GOOD), { depth: 9, showHidden: true }),
  ])
    assert.ok(!text.includes(SECRET), text);
});

test("the process says it in sentences and ends with 1", async () => {
  const demo = await Demo.start(
    { origin: "https://localhost:1", cert: "", tokens: [] },
    { POWERBI_REPORT_ID: "Sales", AZURE_CLIENT_SECRET: undefined },
  );
  assert.equal(await demo.ended, 1);
  assert.equal(
    demo.output,
    "POWERBI_REPORT_ID must be a GUID, like 11111111-2222-3333-4444-555555555555.\n" +
      "AZURE_CLIENT_SECRET is missing: the value of a client secret of your app registration; " +
      "or name a certificate in AZURE_CLIENT_CERTIFICATE_PATH.\n",
  );
});
