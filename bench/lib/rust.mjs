// Runs the simulator's part of the bench (tests/sim/src/bench.rs) and reads what it says.

import { UserError, capture, run } from "../../scripts/lib/run.mjs";

const program = ["--quiet", "--profile", "soak", "--package", "token-keeper-sim", "--bin", "bench"];

export function simulated(what, count) {
  run("cargo", ["build", ...program]);
  const told = capture("cargo", ["run", ...program, "--", what, String(count)]);
  if (told === null) throw new UserError(`The simulator's bench ${what} ${count} failed.`);
  return JSON.parse(told);
}
