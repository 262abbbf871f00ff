// `npm run reproducible`: builds the package from two copies of the repository in different folders and compares what
// came out, byte for byte. Catches a folder, a date or an order that gets into what is published. Takes some minutes,
// so it is no part of `npm test`; what is not under version control is left out.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { setup, wasmBindgen } from "./setup.mjs";

/** Each file of dist/ with its hash. */
function buildIn(folder) {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: fromRoot(), encoding: "utf8" }).split("\0");
  for (const file of files) if (file && existsSync(fromRoot(file))) cpSync(fromRoot(file), path.join(folder, file));
  symlinkSync(fromRoot("node_modules"), path.join(folder, "node_modules"), "junction");
  // a tool, of which nothing gets into the package
  for (const file of [wasmBindgen, `${wasmBindgen}.sha256`])
    cpSync(file, path.join(folder, path.relative(fromRoot(), file)));
  run(process.execPath, [path.join(folder, "scripts/build.mjs")]);
  const dist = path.join(folder, "dist");
  const hashes = readdirSync(dist).map((file) => [
    file,
    createHash("sha256")
      .update(readFileSync(path.join(dist, file)))
      .digest("hex"),
  ]);
  return new Map(hashes);
}

export function reproduce() {
  setup({ browser: false });
  const folders = ["one-", "another-with-a-longer-name-"].map((name) => mkdtempSync(path.join(os.tmpdir(), name)));
  try {
    const [one, another] = folders.map(buildIn);
    const names = [...new Set([...one.keys(), ...another.keys()])].sort();
    for (const name of names) console.log(`${one.get(name)}  ${name}`);
    const different = names.filter((name) => one.get(name) !== another.get(name));
    if (different.length) throw new UserError(`The second build differs in ${different.join(", ")}.`);
    console.log(`reproducible: ${names.length} files, the same in both builds`);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

await runIfMain(import.meta, reproduce);
