// `npm run demo:build`: the demo as a static site, in www/dist-static. Its backend is in the page, its addresses are
// relative, and once it was loaded it works offline: for any static server, below any path. `--built` takes the package
// that is in dist/; `--url https://…` says where the site will be, for its social card and its canonical address.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { build as bundle } from "esbuild";
import { generateSW } from "workbox-build";
import { build } from "./build.mjs";
import { UserError, fromRoot, runIfMain, run } from "./lib/run.mjs";

const SITE = fromRoot("www/dist-static");
const MIB = 1024 * 1024;

async function buildStatic(url) {
  if (url !== undefined && !URL.canParse(url)) throw new UserError(`--url: "${url}" is not an address`);
  if (url !== undefined) process.env.SITE_URL = url;
  run(process.execPath, [
    fromRoot("node_modules/vite/bin/vite.js"),
    "build",
    "www",
    "--mode",
    "static",
    "--logLevel",
    "warn",
  ]);
  await copyFrame();
  const { count, size, warnings } = await generateSW({
    globDirectory: SITE,
    globPatterns: ["**/*.{html,js,css,svg}"],
    swDest: fromRoot("www/dist-static/offline.js"),
    // panes and frames are told apart by what follows the question mark
    ignoreURLParametersMatching: [/./],
    // names that have a hash in them: a copy that the browser has already is good
    dontCacheBustURLsMatching: /\/assets\//,
    maximumFileSizeToCacheInBytes: 2 * MIB,
    inlineWorkboxRuntime: true,
    cleanupOutdatedCaches: true,
    clientsClaim: true,
    skipWaiting: true,
    sourcemap: false,
  });
  for (const warning of warnings) console.warn(warning);
  console.log(`www/dist-static: ${count} files, ${(size / MIB).toFixed(1)} MiB, and offline.js`);
}

/** The stand-in frame, with its policy inside, as the demo's server sends it beside. */
async function copyFrame() {
  const { FRAME_RULES } = await policies();
  const html = await readFile(fromRoot("www/sandbox/frame.html"), "utf8");
  const meta = `<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${FRAME_RULES}">`;
  await mkdir(fromRoot("www/dist-static/sandbox"), { recursive: true });
  await writeFile(fromRoot("www/dist-static/sandbox/frame.html"), html.replace('<meta charset="utf-8">', meta));
}

/** www/server/policy.ts, which Node 20 can't read as it is. */
async function policies() {
  const { outputFiles } = await bundle({
    entryPoints: [fromRoot("www/server/policy.ts")],
    write: false,
    format: "esm",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

await runIfMain(import.meta, async (args) => {
  if (!args.includes("--built")) await build();
  const at = args.indexOf("--url");
  await buildStatic(at < 0 ? undefined : (args[at + 1] ?? ""));
});
