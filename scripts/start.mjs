// `npm start`: sets up, builds the package and the demo page, and runs the demo's server until Ctrl+C.

import process from "node:process";
import { build } from "./build.mjs";
import { buildServer } from "./server.mjs";
import { at, entry, run } from "./lib/run.mjs";

await entry(import.meta, async () => {
  await build();
  run(process.execPath, [at("node_modules/vite/bin/vite.js"), "build", "www", "--logLevel", "warn"]);
  await buildServer();
  // In this process, so that Ctrl+C reaches it and its exit code is ours.
  await import("../www/dist-server/main.js");
});
