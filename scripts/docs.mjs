// `npm run docs`: the API's pages, from the declarations in dist/ and the guide in docs/, in target/typedoc. A warning
// is a failure. TypeDoc is installed for this alone, with the TypeScript that it needs: it can't use the native
// compiler. Needs dist/.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { build } from "./build.mjs";
import { fromRoot, npm, run, runIfMain } from "./lib/run.mjs";

const folder = fromRoot("tools/typedoc");

function install() {
  const wanted = readFileSync(`${folder}/package-lock.json`, "utf8");
  const stamp = `${folder}/node_modules/.installed`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  npm("ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
  writeFileSync(stamp, wanted);
}

await runIfMain(import.meta, async () => {
  if (!existsSync(fromRoot("dist/index.d.ts"))) await build();
  install();
  run(process.execPath, [`${folder}/node_modules/typedoc/bin/typedoc`, "--options", `${folder}/typedoc.json`]);
});
