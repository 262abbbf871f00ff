// Makes dist/, what the package ships: the facade, the same for strict policies, and their chunks, each as ES module
// and as CommonJS, the command line, and the declarations. README.md here says how. `--features a,b` goes to cargo;
// `--into target/x` builds in that folder, dist/ included, and leaves the usual ones alone.

import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { buildWasm } from "./lib/wasm.mjs";

const src = (...parts) => fromRoot("npm/src", ...parts);

/**
 * Each bundle's source. A chunk lies beside the facade in its own module system, so the facade's `import()` is a
 * relative path.
 */
const sources = {
  index: src("index.ts"),
  csp: src("index.ts"),
  "engine-wasm": src("engine/engine-wasm.ts"),
  "engine-js": src("engine/engine-js.ts"),
  "diagnosis-wasm": src("diagnosis/diagnosis-wasm.ts"),
  "diagnosis-js": src("diagnosis/diagnosis-js.ts"),
  tabs: src("tabs.ts"),
};
const bundles = Object.keys(sources).flatMap((name) => [
  { name, format: "esm", ending: ".js" },
  { name, format: "cjs", ending: ".cjs" },
]);

/** esbuild's options for all of the package that runs in a page; `generated` is the folder of what buildWasm made. */
export const browserOptions = (generated) => ({
  bundle: true,
  minify: true,
  target: "es2018", // webpack 4 reads nothing newer
  charset: "utf8", // the module's text would be twice as long
  legalComments: "none",
  logLevel: "warning",
  inject: [src("engine/interval.ts")],
  plugins: [
    {
      name: "generated",
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/target\/npm\// }, ({ path: file }) => ({
          path: path.join(generated, file.split("/target/npm/")[1]),
        })),
    },
  ],
});

async function bundle({ name, format, ending }, into) {
  // Imported here, since setup may have installed it a moment ago.
  const { build } = await import("esbuild");
  const options = browserOptions(path.join(into, "npm"));
  const chunks = {
    name: "chunks",
    setup: ({ onResolve }) => {
      onResolve({ filter: /\.js$/ }, ({ path: file, kind }) =>
        kind === "dynamic-import" ? { path: `./${path.basename(file, ".js")}${ending}`, external: true } : undefined,
      );
      // The facade for strict policies differs in what it tries.
      if (name === "csp") onResolve({ filter: /\/candidates\.js$/ }, () => ({ path: src("engine/candidates-csp.ts") }));
    },
  };
  const { outputFiles } = await build({
    ...options,
    entryPoints: [sources[name]],
    outfile: name + ending,
    format,
    supported: { "dynamic-import": format === "esm" }, // jest's CommonJS has `require` alone
    plugins: [...options.plugins, chunks],
    write: false,
  });
  const code = outputFiles[0].text;
  if (code.includes("import.meta"))
    throw new UserError(`dist/${name}${ending} has import.meta, which webpack 4 can't read.`);
  return [name + ending, code];
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
    outfile: "cli.js",
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
  run(process.execPath, [
    ...tsc,
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--noCheck",
    "--outDir",
    out,
  ]);
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

export async function build({ cargoFeatures, into } = {}) {
  const folder = into ? fromRoot(into) : fromRoot("target");
  const dist = into ? fromRoot(into, "dist") : fromRoot("dist");
  await buildWasm({ cargoFeatures, into: folder });
  const code = await Promise.all([...bundles.map((one) => bundle(one, folder)), commandLine()]);
  const files = [...code, ...declarations()];
  mkdirSync(dist, { recursive: true });
  const names = new Set(files.map(([file]) => file));
  for (const file of readdirSync(dist)) if (!names.has(file)) rmSync(path.join(dist, file), { recursive: true });
  for (const [file, text] of files) writeFileSync(path.join(dist, file), text);
  chmodSync(path.join(dist, "cli.js"), 0o755);
  console.log(`build: ${files.length} files in ${path.relative(fromRoot(), dist)}/`);
}

await runIfMain(import.meta, async (args) => {
  const optionValue = (option) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);
  await build({ cargoFeatures: optionValue("--features"), into: optionValue("--into") });
});
