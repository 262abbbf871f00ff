// Makes dist/, what the package ships: the facade, the same for strict policies, and the four chunks, each as ES module
// and as CommonJS, the command line, and the declarations. `--features a,b` goes to cargo. Catches a glue or facade
// that older bundlers can't read.

import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { UserError, fromRoot, runIfMain, run } from "./lib/run.mjs";
import { buildWasm, generated, writeText } from "./lib/wasm.mjs";
import { brotli } from "./lib/sizes.mjs";

const dist = fromRoot("dist");

// Each bundle beside the chunk in its own module system: the facade's `import()` stays a relative path.
export const chunks = ["engine-wasm", "engine-js", "diagnosis-wasm", "diagnosis-js", "tabs"];
const bundles = ["index", "csp", ...chunks].flatMap((name) => [
  { name, format: "esm", ending: ".js" },
  { name, format: "cjs", ending: ".cjs" },
]);

// Names of the facade's own that no page, no chunk and no browser's object has: in a bundle they are one letter, 100
// bytes less.
const own =
  "ask|byId|crashed|connected|describe|dispatch|emit|enter|explained|forgetFor|forgetGone|gone|healed|heard|idOf|ids|later|over|queue|restingStatus|seen|settle|stage|talk|waiting";

async function bundle({ name, format, ending }) {
  // Imported here, since setup may have installed it a moment ago.
  const { build } = await import("esbuild");
  const resolved = {
    name: "resolved",
    setup: (esbuild) => {
      esbuild.onResolve({ filter: /^\.\/[\w-]+\.js$/ }, ({ path: from, kind }) =>
        kind === "dynamic-import" ? { path: from.replace(/\.js$/, ending), external: true } : undefined,
      );
      // The facade for strict policies differs in what it tries.
      if (name === "csp")
        esbuild.onResolve({ filter: /^\.\/engines\.js$/ }, () => ({ path: fromRoot("npm/src/engines-csp.ts") }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [fromRoot("npm/src", `${name === "csp" ? "index" : name}.ts`)],
    outfile: path.join(dist, name + ending),
    bundle: true,
    minify: true,
    format,
    target: "es2018", // webpack 4 reads nothing newer
    mangleProps: new RegExp(`^(${own})$`),
    supported: { "dynamic-import": format === "esm" }, // jest's CommonJS has `require` alone
    legalComments: "none",
    plugins: [resolved],
    write: false,
    logLevel: "warning",
  });
  const code = outputFiles[0].text;
  if (code.includes("import.meta"))
    throw new UserError(`dist/${name}${ending} has import.meta, which webpack 4 can't read.`);
  return [name + ending, code];
}

/** Has the engine's chunk carry the text that makes it lightest, of those that scripts/lib/split.mjs wrote. */
async function pickText() {
  const folder = generated("engine");
  const texts = JSON.parse(readFileSync(path.join(folder, "texts.json"), "utf8"));
  // bundled with each, since esbuild names what is in a bundle by the characters that are in it
  const chunk = async ({ text }) => {
    writeText(folder, text);
    const [, code] = await bundle({ name: "engine-wasm", format: "esm", ending: ".js" });
    return code;
  };
  const hash = createHash("sha256")
    .update(await chunk(texts[0]))
    .digest("hex");
  const file = path.join(folder, "picked.json");
  let picked = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  if (picked.hash !== hash) {
    const weights = [];
    for (const text of texts) weights.push(brotli(await chunk(text)).length);
    picked = { hash, at: weights.indexOf(Math.min(...weights)) };
    writeFileSync(file, JSON.stringify(picked));
  }
  writeText(folder, texts[picked.at].text);
}

/** The command line, for Node. It takes the package beside it, so that neither facade nor chunk is there twice. */
async function commandLine() {
  const { build } = await import("esbuild");
  const beside = {
    name: "beside",
    setup: (esbuild) =>
      esbuild.onResolve({ filter: /^powerbi-token-keeper$/ }, () => ({ path: "./index.js", external: true })),
  };
  const { outputFiles } = await build({
    entryPoints: [fromRoot("npm/src/cli/main.ts")],
    outfile: path.join(dist, "cli.js"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: { js: "#!/usr/bin/env node" },
    legalComments: "none",
    plugins: [beside],
    write: false,
    logLevel: "warning",
  });
  return ["cli.js", outputFiles[0].text];
}

/** The declarations that index.d.ts reaches; what only the chunk needs is left out. */
function declarations() {
  const out = fromRoot("target/types");
  rmSync(out, { recursive: true, force: true });
  const tsc = [fromRoot("node_modules/typescript/bin/tsc"), "--project", fromRoot("tsconfig.json")];
  run(process.execPath, [...tsc, "--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", out]);
  const found = new Map();
  const visit = (file) => {
    if (found.has(file)) return;
    const text = readFileSync(path.join(out, file), "utf8");
    found.set(file, text);
    for (const [, name] of text.matchAll(/["']\.\/([\w.-]+)\.js["']/g)) visit(`${name}.d.ts`);
  };
  visit("index.d.ts");
  // CommonJS has its own copies: a .d.cts may not import from an ES module.
  const common = [...found].map(([file, text]) => [
    file.replace(/ts$/, "cts"),
    text.replace(/(["']\.\/[\w.-]+)\.js(["'])/g, "$1.cjs$2"),
  ]);
  return [...found, ...common];
}

export async function build({ cargoFeatures } = {}) {
  await buildWasm({ cargoFeatures });
  await pickText();
  const files = [...(await Promise.all([...bundles.map(bundle), commandLine()])), ...declarations()];
  mkdirSync(dist, { recursive: true });
  const names = new Set(files.map(([file]) => file));
  for (const file of readdirSync(dist)) if (!names.has(file)) rmSync(path.join(dist, file), { recursive: true });
  for (const [file, text] of files) writeFileSync(path.join(dist, file), text);
  chmodSync(path.join(dist, "cli.js"), 0o755);
  console.log(`build: ${files.length} files in dist/`);
}

await runIfMain(import.meta, async (args) => {
  const given = args.indexOf("--features");
  await build({ cargoFeatures: given < 0 ? "" : args[given + 1] });
});
