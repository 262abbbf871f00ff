// The declarations as consumers compile them: strict, library checks on, as ES module, as CommonJS and for a bundler.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { installed, root } from "./packed.mjs";

const consumer = `
  import { KeeperError, TokenKeeper, diagnose, explain, inspectToken, keepFresh, type Explanation, type Finding, type KeeperStatus, type TokenReport } from "powerbi-token-keeper";
  const keeper: TokenKeeper = new TokenKeeper({ source: "/api/token" });
  const hook: () => Promise<string | null> = keeper.accessTokenProvider;
  export const status: KeeperStatus = keeper.status;
  export const fresh = (embed: HTMLElement) => keepFresh(embed, { source: () => hook().then((token) => token ?? "") });
  export const coded = (error: unknown) => error instanceof KeeperError && error.code === "ERR_ENGINE";
  export const report: Promise<TokenReport> = inspectToken("", { now: Date.now(), expected: { tenantId: "" } });
  export const findings: Promise<Finding[]> = diagnose({ type: "report", tokenType: 1, accessToken: "" });
  export const explanation: Promise<Explanation> = explain(new Error("x"), { type: "report" }, { sdkVersion: "2.23.1" });`;

let files;
before(() => {
  files = installed();
  renameSync(files.home, path.join(files.folder, "node_modules/powerbi-token-keeper"));
  for (const file of ["consumer.mts", "consumer.cts"]) writeFileSync(path.join(files.folder, file), consumer);
});
after(() => files?.remove());

function compile(file, ...options) {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const strict = ["--strict", "--noEmit", "--target", "es2020", "--lib", "es2020,dom", "--types", ""];
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...strict, ...options, file], { cwd: files.folder, encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

test("from an ES module", () => compile("consumer.mts", "--module", "node16", "--moduleResolution", "node16"));
test("from CommonJS", () => compile("consumer.cts", "--module", "node16", "--moduleResolution", "node16"));
test("through a bundler", () => compile("consumer.mts", "--module", "esnext", "--moduleResolution", "bundler"));
