// The declarations as consumers compile them: strict, library checks on, as ES module, as CommonJS and for a bundler,
// and with powerbi-client's own declarations, old and new.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { installed, root } from "./packed.mjs";

const consumer = `
  import { KeeperError, TokenKeeper, diagnose, explain, inspectToken, keepFresh } from "powerbi-token-keeper";
  import type { Explanation, Finding, KeeperStatus, TokenReport } from "powerbi-token-keeper";
  import { keepFresh as strict } from "powerbi-token-keeper/csp";
  const keeper: TokenKeeper = new TokenKeeper({ source: "/api/token" });
  const hook: () => Promise<string | null> = keeper.accessTokenProvider;
  export const status: KeeperStatus = keeper.status;
  export const fresh = (embed: HTMLElement) => keepFresh(embed, { source: () => hook().then((token) => token ?? "") });
  export const alike: typeof keepFresh = strict;
  export const coded = (error: unknown) => error instanceof KeeperError && error.code === "ERR_ENGINE";
  export const report: Promise<TokenReport> = inspectToken("", { now: Date.now(), expected: { tenantId: "" } });
  export const findings: Promise<Finding[]> = diagnose({ type: "report", tokenType: 1, accessToken: "" });
  const options = { sdkVersion: "2.23.1" };
  export const explanation: Promise<Explanation> = explain(new Error("x"), { type: "report" }, options);`;

const versions = {
  "2.10": "powerbi-client-2.10",
  2.19: "powerbi-client-2.19",
  2.22: "powerbi-client-2.22",
  2.24: "powerbi-client",
};
/** The hooks with the wrapper's own props. */
const hooks = `
  import { createElement } from "react";
  import { PowerBIEmbed } from "powerbi-client-react";
  import type { IReportEmbedConfiguration } from "powerbi-client";
  import type { TokenKeeper } from "powerbi-token-keeper";
  import { useKeptEmbed, useTokenKeeper } from "powerbi-token-keeper/react";
  export function Report({ config, keeper }: { config: IReportEmbedConfiguration; keeper: TokenKeeper }) {
    return createElement(PowerBIEmbed, useKeptEmbed(keeper, config));
  }
  export const usePage = (user: string): TokenKeeper => useTokenKeeper({ source: async () => user, leadMs: 60_000 });`;
const from = path.join(root, "tests/package/types");

let files;
before(() => {
  files = installed();
  renameSync(files.home, path.join(files.folder, "node_modules/powerbi-token-keeper"));
  for (const file of ["consumer.mts", "consumer.cts"]) writeFileSync(path.join(files.folder, file), consumer);
  const react = path.join(files.folder, "react/node_modules");
  mkdirSync(path.join(react, "@types"), { recursive: true });
  for (const name of ["@types/react", "csstype", "powerbi-client", "powerbi-client-react"])
    symlinkSync(path.join(root, "node_modules", name), path.join(react, name), "junction");
  writeFileSync(path.join(files.folder, "react/hooks.mts"), hooks);
  cpSync(path.join(from, "contract.ts"), path.join(files.folder, "contract.mts"));
  for (const [version, name] of Object.entries(versions)) {
    const home = path.join(files.folder, version);
    mkdirSync(path.join(home, "node_modules"), { recursive: true });
    // a link, so that it finds its own powerbi-models
    symlinkSync(path.join(root, "node_modules", name), path.join(home, "node_modules/powerbi-client"), "junction");
    cpSync(path.join(from, "client.ts"), path.join(home, "client.mts"));
  }
});
after(() => files?.remove());

function compile(file, ...options) {
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const strict = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom", "--types", ""];
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...strict, ...options, file], {
    cwd: files.folder,
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout);
}

const bundler = ["--module", "esnext", "--moduleResolution", "bundler"];
const nodenext = ["--module", "nodenext", "--moduleResolution", "nodenext"];

test("from an ES module", () => compile("consumer.mts", ...nodenext));
test("from CommonJS", () => compile("consumer.cts", ...nodenext));
test("through a bundler", () => compile("consumer.mts", ...bundler));
test("every option and event, for a bundler", () => compile("contract.mts", ...bundler));
test("every option and event, for Node", () => compile("contract.mts", ...nodenext, "--exactOptionalPropertyTypes"));
// the wrapper's declarations, and React's, are not ours to check
test("the hooks, with powerbi-client-react", () => compile("react/hooks.mts", ...bundler, "--skipLibCheck"));
for (const version of Object.keys(versions)) {
  test(`with powerbi-client ${version}, for a bundler`, () => compile(`${version}/client.mts`, ...bundler));
  test(`with powerbi-client ${version}, for Node`, () => compile(`${version}/client.mts`, ...nodenext));
}
