// Builds the demo's server and backend into www/dist-server, for Node: `main.js` is what `npm start` runs, `start.js`
// what it is told, `backend.js` and `server.js` are what tests import. npm's packages stay outside; a build takes a
// moment, so whoever needs it just builds it.

import { fromRoot, runIfMain } from "./lib/run.mjs";

export async function buildServer() {
  // Imported here, since setup may have installed it a moment ago.
  const { build } = await import("esbuild");
  await build({
    entryPoints: {
      main: fromRoot("www/server/main.ts"),
      start: fromRoot("www/server/start.ts"),
      live: fromRoot("www/server/live/index.ts"),
      server: fromRoot("www/server/server.ts"),
      backend: fromRoot("www/backend/index.ts"),
    },
    outdir: fromRoot("www/dist-server"),
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: true,
    logLevel: "warning",
  });
}

await runIfMain(import.meta, buildServer);
