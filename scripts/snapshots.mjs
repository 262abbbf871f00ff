// Compares what the build made with tests/snapshots/, so that a review shows it: the functions that the WebAssembly
// module imports (a new one is a new permission) and the declarations (a change there is a change of the contract).
// `--update` writes them anew. Needs dist/.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { UserError, fromRoot, runIfMain } from "./lib/run.mjs";

const folder = fromRoot("tests/snapshots");

/** Names alone: wasm-bindgen ends them in a hash that every compiler version changes. */
function imports(module) {
  const table = JSON.parse(readFileSync(fromRoot("target/npm", module, "names.json"), "utf8"));
  const names = table.imports.map(([, name]) => name.replace(/_[0-9a-f]{16}$/, ""));
  return `${[...new Set(names)].sort().join("\n")}\n`;
}

function declarations() {
  const files = readdirSync(fromRoot("dist"))
    .filter((file) => file.endsWith(".d.ts"))
    .sort();
  return files.map((file) => `// ---- ${file}\n\n${readFileSync(fromRoot("dist", file), "utf8").trim()}\n`).join("\n");
}

const snapshots = {
  "imports.txt": () => imports("engine"),
  "imports-diagnosis.txt": () => imports("diagnosis"),
  "declarations.txt": declarations,
};

function compare(name, now, update) {
  const kept = fromRoot("tests/snapshots", name);
  const before = existsSync(kept) ? readFileSync(kept, "utf8").replaceAll("\r\n", "\n") : "";
  if (before === now) return true;
  if (update) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(kept, now);
    console.log(`snapshots: wrote ${name}`);
    return true;
  }
  // git is wherever the repository is, and its difference is the one that a review will show.
  const other = fromRoot("target", name);
  writeFileSync(other, now);
  spawnSync("git", ["--no-pager", "diff", "--no-index", "--", existsSync(kept) ? kept : os.devNull, other], {
    stdio: "inherit",
  });
  return false;
}

export function check({ update = false } = {}) {
  const changed = Object.entries(snapshots).filter(([name, make]) => !compare(name, make(), update));
  if (changed.length)
    throw new UserError(
      `Changed: ${changed.map(([name]) => name).join(", ")}. ` +
        "If that is meant, run `npm run snapshots -- --update` and commit.",
    );
  console.log(`snapshots: ${Object.keys(snapshots).join(", ")} as committed`);
}

await runIfMain(import.meta, (args) => check({ update: args.includes("--update") }));
