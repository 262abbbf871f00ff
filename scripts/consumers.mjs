// `npm run consumers`: installs the packed package into a project of each kind (tests/consumers/matrix.mjs), builds
// it, and has a keeper refresh a token in a real browser; prints the table of docs/compatibility.md. `--cheap` takes
// the half that is part of `npm test`, further words the kinds with these names. Catches a layout that some bundler
// can't read. Needs dist/ and www/dist-server/.

import { UserError, runIfMain } from "./lib/run.mjs";
import { launch } from "../tests/browser/lib/browser.mjs";
import { build, canRun, lay, pack, serve, versions } from "../tests/consumers/lib/project.mjs";
import { kinds } from "../tests/consumers/matrix.mjs";
import { visit, visitBackend } from "../tests/consumers/lib/visit.mjs";

async function attempt(kind, tarball, browser) {
  if (!canRun(kind)) return "not here";
  const folder = lay(kind, tarball);
  build(kind, folder);
  if (kind.backend) return visitBackend(browser, folder, kind);
  if (!kind.files && !kind.server) return "ok";
  const { url, close } = await serve(kind, folder);
  try {
    const { engine, embeds } = await visit(browser, url, kind);
    return `ok, ${engine}${embeds > 1 ? `, ${embeds} embeds` : ""}`;
  } finally {
    await close();
  }
}

export async function consumers({ cheap = false, names = [] } = {}) {
  const wanted = kinds.filter((kind) => (!cheap || kind.cheap) && (!names.length || names.includes(kind.label)));
  const tarball = pack();
  const browser = await launch();
  const rows = [];
  const failures = [];
  try {
    for (const kind of wanted) {
      const start = performance.now();
      let result;
      try {
        result = await attempt(kind, tarball, browser);
      } catch (error) {
        result = "FAILED";
        failures.push(`${kind.label}: ${error.message}`);
      }
      rows.push(`| ${kind.what} | ${versions(kind)} | ${result} |`);
      console.log(
        `${result.padEnd(18)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${kind.label}`,
      );
    }
  } finally {
    await browser.close();
  }
  console.log(["", "| consumer | versions | result |", "|---|---|---|", ...rows, ""].join("\n"));
  console.log(`${rows.length - failures.length} passed, ${failures.length} failed`);
  if (failures.length) throw new UserError(failures.join("\n\n"));
}

await runIfMain(import.meta, (args) =>
  consumers({ cheap: args.includes("--cheap"), names: args.filter((arg) => !arg.startsWith("--")) }),
);
