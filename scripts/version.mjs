// The version is written in package.json. This compares the places that must say the same: Cargo.toml, and with
// `node scripts/version.mjs v1.2.3` the tag and the changelog's newest section. Catches a release that calls itself
// something else.

import { readFileSync } from "node:fs";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";

/** The changelog's sections, newest first: `## [Unreleased]` and `## [1.2.3] - 2026-01-31`. */
function sections(changelog) {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [, name, date] = /^\[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$/m.exec(section.split("\n", 1)[0]) ?? [];
      if (!name || (name !== "Unreleased" && !date))
        throw new UserError(
          `CHANGELOG.md: "${section.split("\n", 1)[0]}" is not [Unreleased] or [1.2.3] - YYYY-MM-DD.`,
        );
      return { name, entries: [...section.matchAll(/^- /gm)].length };
    });
}

export function check(tag, read = (file) => readFileSync(fromRoot(file), "utf8")) {
  const { version } = JSON.parse(read("package.json"));
  const crate = /^version = "(.+)"$/m.exec(read("Cargo.toml"))?.[1];
  if (crate !== version) throw new UserError(`Cargo.toml says ${crate}, package.json ${version}.`);
  const [unreleased, ...released] = sections(read("CHANGELOG.md"));
  if (unreleased?.name !== "Unreleased") throw new UserError("CHANGELOG.md has no [Unreleased] section at its top.");
  if (tag === undefined) return console.log(`version: ${version} in package.json and Cargo.toml`);
  if (tag !== `v${version}`) throw new UserError(`The tag ${tag} is not v${version}.`);
  if (released[0]?.name !== version)
    throw new UserError(
      `CHANGELOG.md's newest version is ${released[0]?.name ?? "none"}, package.json says ${version}.`,
    );
  if (unreleased.entries > 0)
    throw new UserError(`CHANGELOG.md has entries under [Unreleased]: move them to [${version}].`);
}

await runIfMain(import.meta, ([tag]) => check(tag));
