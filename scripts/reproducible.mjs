// `npm run reproducible`: builds the package from two copies of the repository in different folders, the second time
// with the standard library's sources installed (the component rust-src), and compares what came out, byte for byte.
// Catches a folder, a date or an order that gets into what is published. Takes some minutes, so it is no part of
// `npm test`; what is not under version control is left out.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { UserError, capture, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { setup, wasmBindgen } from "./setup.mjs";

/** A copy of what is under version control, with the packages that are installed here. */
function copyTo(folder) {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: fromRoot(), encoding: "utf8" }).split("\0");
  for (const file of files) if (file && existsSync(fromRoot(file))) cpSync(fromRoot(file), path.join(folder, file));
  symlinkSync(fromRoot("node_modules"), path.join(folder, "node_modules"), "junction");
  // a tool, of which nothing gets into the package
  for (const file of [wasmBindgen, `${wasmBindgen}.sha256`])
    cpSync(file, path.join(folder, path.relative(fromRoot(), file)));
}

/** Each file of dist/ with its hash; `rustc` is the compiler to build with. */
function buildIn(folder, rustc) {
  run(process.execPath, [path.join(folder, "scripts/build.mjs")], rustc ? { env: { RUSTC: rustc } } : {});
  const dist = path.join(folder, "dist");
  const hashes = readdirSync(dist).map((file) => [
    file,
    createHash("sha256")
      .update(readFileSync(path.join(dist, file)))
      .digest("hex"),
  ]);
  return new Map(hashes);
}

/**
 * A compiler whose sysroot has rust-src if the installed one has not, and the reverse. All that rustc looks at is
 * whether the file is there: it then names the standard library's sources by their place on this machine.
 */
function otherRustc(folder) {
  const sysroot = capture("rustc", ["--print", "sysroot"]);
  const sources = "lib/rustlib/src/rust/library/std/src/lib.rs";
  const linkAll = (under, left) => {
    mkdirSync(path.join(folder, under), { recursive: true });
    for (const name of readdirSync(path.join(sysroot, under))) {
      const inner = path.posix.join(under, name);
      if (left.startsWith(`${inner}/`) || left === inner) linkAll(inner, left);
      else if (inner !== "lib/rustlib/src") symlinkSync(path.join(sysroot, inner), path.join(folder, inner));
    }
  };
  linkAll("", "lib/rustlib");
  const isInstalled = existsSync(path.join(sysroot, sources));
  if (!isInstalled) {
    mkdirSync(path.join(folder, path.dirname(sources)), { recursive: true });
    writeFileSync(path.join(folder, sources), "");
  }
  const rustc = path.join(folder, "rustc");
  writeFileSync(rustc, `#!/bin/sh\nexec "${path.join(sysroot, "bin/rustc")}" --sysroot "${folder}" "$@"\n`);
  chmodSync(rustc, 0o755);
  console.log(`the second build is ${isInstalled ? "without" : "with"} the component rust-src`);
  return rustc;
}

export async function reproduce() {
  await setup({ browser: false });
  const folders = ["one-", "another-with-a-longer-name-", "sysroot-"].map((name) =>
    realpathSync(mkdtempSync(path.join(os.tmpdir(), name))),
  );
  try {
    const [first, second, sysroot] = folders;
    for (const folder of [first, second]) copyTo(folder);
    const one = buildIn(first);
    const another = buildIn(second, otherRustc(sysroot));
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
