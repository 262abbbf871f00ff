// `npm start`: sets up, builds the package and the demo page, and runs the demo's server until Ctrl+C. With `-- --live`
// it serves your own report: docs/live-demo.md.

import process from "node:process";
import { build } from "./build.mjs";
import { buildServer } from "./server.mjs";
import { setup } from "./setup.mjs";
import { UserError, fromRoot, runIfMain, run } from "./lib/run.mjs";

/** A setting that is missing is better told now than after a build. */
async function checkSettings(args) {
  const { readStart } = await import("../www/dist-server/start.js");
  try {
    readStart(args, process.env);
  } catch (error) {
    throw error.problems ? new UserError(error.message) : error;
  }
}

await runIfMain(import.meta, async (args) => {
  await setup({ browser: false });
  await buildServer();
  await checkSettings(args);
  await build();
  run(process.execPath, [fromRoot("node_modules/vite/bin/vite.js"), "build", "www", "--logLevel", "warn"]);
  // In this process, so that Ctrl+C reaches it and its exit code is ours.
  await import("../www/dist-server/main.js");
});
