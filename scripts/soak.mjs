// `npm run soak -- --days 100000`: as many simulated days as one likes, with a progress bar. The words after `--` go to the
// simulator: --days, --from, --seed, --sort, --threads, --table. Catches what the days of `npm test` are too few for.

import { entry, run } from "./lib/run.mjs";

await entry(import.meta, (args) => {
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
