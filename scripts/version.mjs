// The version is written in package.json. This compares the two places that must say the same, Cargo.toml and the
// changelog, and with `node scripts/version.mjs v1.2.3` the tag. Catches a release that calls itself something else.

import { readFileSync } from "node:fs";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";

export function check(tag) {
  const read = (file) => readFileSync(fromRoot(file), "utf8");
  const { version } = JSON.parse(read("package.json"));
  const crate = /^version = "(.+)"$/m.exec(read("Cargo.toml"))?.[1];
  if (crate !== version) throw new UserError(`Cargo.toml says ${crate}, package.json ${version}.`);
  const [, newest, when] = /^## (\S+?)(?:, (.+))?$/m.exec(read("CHANGELOG.md")) ?? [];
  if (newest !== version)
    throw new UserError(`CHANGELOG.md's newest entry is ${newest}, package.json says ${version}.`);
  if (tag === undefined) return console.log(`version: ${version} in package.json, Cargo.toml and CHANGELOG.md`);
  if (tag !== `v${version}`) throw new UserError(`The tag ${tag} is not v${version}.`);
  if (when === "not published yet")
    throw new UserError(`CHANGELOG.md says that ${version} is not published yet: write the date there.`);
}

await runIfMain(import.meta, ([tag]) => check(tag));
