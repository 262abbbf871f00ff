// Runs the simulator's part of the bench (tests/sim/src/bench.rs) and parses its output.

import { UserError, capture, run } from "../../scripts/lib/run.mjs";

const program = ["--quiet", "--profile", "soak", "--package", "token-keeper-sim", "--bin", "bench"];

export function simulated(figure, count) {
  run("cargo", ["build", ...program]);
  const output = capture("cargo", ["run", ...program, "--", figure, String(count)]);
  if (output === null) throw new UserError(`The simulator's bench ${figure} ${count} failed.`);
  return JSON.parse(output);
}
