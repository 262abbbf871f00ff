// `npm run soak -- --days 100000`: as many simulated days as one likes, with a progress bar. The words after `--` go to the
// simulator: --days, --from, --seed, --sort, --threads, --table. Catches what the days of `npm test` are too few for.

import { runIfMain, run } from "./lib/run.mjs";

await runIfMain(import.meta, (args) => {
  run("cargo", [
    "run",
    "--quiet",
    "--profile",
    "soak",
    "--package",
    "token-keeper-sim",
    "--bin",
    "soak",
    "--",
    ...args,
  ]);
});
