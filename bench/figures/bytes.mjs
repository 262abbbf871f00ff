// Bytes that a page loads to keep a token fresh, beside powerbi-client itself and libraries that keep other tokens
// fresh. Each through the import that its documentation names, bundled and compressed the same way. Chunks that a
// library loads later are left out, except for the keeper's engine.

import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { sizes } from "../../scripts/lib/sizes.mjs";
import { count, table, times } from "../lib/numbers.mjs";

/** The imports, and the chunks that are loaded as soon as they are used. */
const PACKAGES = [
  { name: "powerbi-token-keeper", entry: 'export { keepFresh } from "powerbi-token-keeper"', chunks: /engine-wasm/ },
  {
    name: "powerbi-token-keeper",
    strategy: "its JavaScript engine, under strict policies",
    entry: 'export { keepFresh } from "powerbi-token-keeper/csp"',
    chunks: /engine-js/,
  },
  { name: "powerbi-client", entry: 'export { factories, service } from "powerbi-client"' },
  { name: "@superset-ui/embedded-sdk", entry: 'export { embedDashboard } from "@superset-ui/embedded-sdk"' },
  { name: "keycloak-js", entry: 'export { default } from "keycloak-js"' },
  { name: "@looker/embed-sdk", entry: 'export { getEmbedSDK } from "@looker/embed-sdk"' },
  { name: "oidc-client-ts", entry: 'export { UserManager } from "oidc-client-ts"' },
  { name: "@supabase/auth-js", entry: 'export { AuthClient } from "@supabase/auth-js"' },
  { name: "@azure/msal-browser", entry: 'export { PublicClientApplication } from "@azure/msal-browser"' },
  // its module holds everything; a page has the script, which loads the rest when it is used
  { name: "@clerk/clerk-js", script: "dist/clerk.browser.js" },
];

const KEEPER = "powerbi-token-keeper";
const { refreshPath } = JSON.parse(readFileSync(fromRoot("budgets.json"), "utf8"));
export const bar = { bytes: refreshPath.maxBytes, ratio: 1.6 };

async function bundled({ name, entry, chunks, script }) {
  if (script) return [sizes(readFileSync(fromRoot("bench/node_modules", name, script)))];
  const own = {
    name: "own",
    setup: ({ onResolve }) =>
      onResolve({ filter: new RegExp(`^${KEEPER}`) }, ({ path }) => ({
        path: fromRoot(path.endsWith("/csp") ? "dist/csp.js" : "dist/index.js"),
        sideEffects: false,
      })),
  };
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: fromRoot("bench"), sourcefile: "entry.js" },
    bundle: true,
    splitting: true,
    minify: true,
    charset: "utf8", // as webpack, Vite and Rollup write
    metafile: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: fromRoot("bench/out"),
    absWorkingDir: fromRoot("bench"),
    logLevel: "error",
    plugins: [own],
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const loaded = new Set();
  const load = (file) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { path, kind } of metafile.outputs[file].imports)
      if (kind === "import-statement" || chunks?.test(path)) load(path);
  };
  load("out/stdin.js");
  // a server compresses each file by itself
  return [...loaded].map((file) => sizes(texts.get(fromRoot("bench", file))));
}

export async function measure() {
  const rows = [];
  for (const one of PACKAGES) {
    const files = await bundled(one);
    const sum = (what) => files.reduce((total, file) => total + file[what], 0);
    const folder = one.name === KEEPER ? "." : `bench/node_modules/${one.name}`;
    const { version } = JSON.parse(readFileSync(fromRoot(folder, "package.json"), "utf8"));
    rows.push({
      name: one.name,
      strategy: one.strategy ?? null,
      version,
      raw: sum("raw"),
      gzip: sum("gzip"),
      brotli: sum("brotli"),
    });
  }
  return { rows };
}

export function tables({ rows }) {
  const [{ brotli: own }, { brotli: strict }] = rows;
  const cells = ({ name, strategy, version, raw, gzip, brotli }) => {
    const label = name === KEEPER ? `**${name}**${strategy ? `, ${strategy}` : ""}` : name;
    return [label, name === KEEPER ? "" : version, count(raw), count(gzip), count(brotli), times(brotli / own)];
  };
  const sorted = [...rows].sort((a, b) => a.brotli - b.brotli);
  const head = ["bytes that a page loads", "version", "minified", "gzip 9", "brotli 11", "relative"];
  return `${table(head, sorted.map(cells))}
The refresh path is ${count(own)} bytes (bar: ${count(bar.bytes)}); the JavaScript engine makes it \
${times(strict / own)} as much (bar: ${bar.ratio}).
`;
}
