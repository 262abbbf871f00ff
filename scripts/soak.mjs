// `npm run soak -- --days 100000`: any number of simulated days, with a progress bar. The arguments after `--` go to
// the simulator:
// --days, --from, --seed, --kind, --threads, --table. Finds what is too rare for the days of `npm test`.

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
