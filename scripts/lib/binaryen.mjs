// binaryen's command line, as npm installs it.

import process from "node:process";
import { UserError, capture, fromRoot } from "./run.mjs";

// Named one by one: `--all-features` makes modules that browsers and Node 20 refuse. This is rustc's default for
// wasm32, without reference types and multivalue.
const features = [
  "bulk-memory",
  "bulk-memory-opt",
  "sign-ext",
  "nontrapping-float-to-int",
  "mutable-globals",
  "extended-const",
].map((feature) => `--enable-${feature}`);

/** Runs `wasm-opt` or `wasm2js` and returns what it prints. */
export function binaryenTool(name, ...args) {
  const program = fromRoot("node_modules/binaryen/bin", name);
  const printed = capture(process.execPath, [program, ...(name === "wasm-opt" ? features : []), ...args]);
  if (printed === null) throw new UserError(`${name} ${args.join(" ")} failed.`);
  return printed;
}
