// Makes dist/, what the package ships: the facade, the same for strict policies, and their chunks, each as ES module
// and as CommonJS, the command line, and the declarations. README.md here says how. `--features a,b` goes to cargo;
// `--into target/x` builds in that folder, dist/ included, and leaves the usual ones alone; `--quick` leaves out what
// only makes the modules smaller.

import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { UserError, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { buildWasm } from "./lib/wasm.mjs";

const SOURCES = fromRoot("npm/src");

/**
 * Each bundle's source. A chunk lies beside the facade in its own module system, so the facade's `import()` is a
 * relative path.
 */
const sources = {
  index: "index.ts",
  csp: "index.ts",
  "engine-wasm": "engine/engine-wasm.ts",
  "engine-js": "engine/engine-js.ts",
  "engine-js-code": "engine/engine-js-code.ts",
  "diagnosis-wasm": "diagnosis/diagnosis-wasm.ts",
  "diagnosis-js": "diagnosis/diagnosis-js.ts",
  "diagnosis-js-data": "diagnosis/diagnosis-js-data.ts",
  tabs: "tabs.ts",
  react: "react.ts",
};
/** What stands in front of a bundle: hooks run in client components alone. */
const directives = { react: '"use client";' };
/** The classic script: one file with the engine in it. */
const SCRIPT = "powerbi-token-keeper.min.js";
const bundles = [
  ...Object.keys(sources).flatMap((name) => [
    { name, file: `${name}.js`, format: "esm" },
    { name, file: `${name}.cjs`, format: "cjs" },
  ]),
  { name: "index", file: SCRIPT, format: "iife" },
];

/** A facade that tries other engines than `candidates.ts` has. */
const candidates = { "csp.js": "candidates-csp", "csp.cjs": "candidates-csp", [SCRIPT]: "candidates-script" };

const NO_SCRIPT = `powerbi-token-keeper: load dist/${SCRIPT} in a script tag; this file is for require()`;
/** Around CommonJS, whose names would replace a page's own if it were loaded by a script tag. */
const asFunction = {
  banner: {
    js: `if(typeof module!=="object")throw new Error(${JSON.stringify(NO_SCRIPT)});(()=>{`,
  },
  footer: { js: "})();" },
};

/**
 * The files that a server has to offer where no bundler sees to it, and the hashes for `integrity` attributes and
 * import maps, as dist/files.json.
 */
function served(code) {
  const engineJs = ["engine-js.js", "engine-js-code.js"];
  const diagnosisJs = ["diagnosis-js.js", "diagnosis-js-data.js"];
  const lazy = [...engineJs, "diagnosis-wasm.js", ...diagnosisJs];
  const script = [SCRIPT, ...lazy];
  const module = ["index.js", "engine-wasm.js", ...lazy, "tabs.js"];
  const csp = ["csp.js", ...engineJs, ...diagnosisJs, "tabs.js"];
  const hashes = code
    .filter(([file]) => [...script, ...module, ...csp].includes(file))
    .map(([file, text]) => [file, `sha384-${createHash("sha384").update(text).digest("base64")}`]);
  const integrity = Object.fromEntries(hashes);
  return ["files.json", `${JSON.stringify({ script, module, csp, integrity }, null, 2)}\n`];
}

/** esbuild's options for all of the package that runs in a page; `generated` is the folder of what buildWasm made. */
export const browserOptions = (generated, from = SOURCES) => ({
  bundle: true,
  minify: true,
  target: "es2018", // webpack 4 reads nothing newer
  charset: "utf8", // the module's text would be twice as long
  legalComments: "none",
  logLevel: "warning",
  inject: [path.join(from, "engine/interval.ts")],
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

/** Tells webpack what to call a chunk, whose name would otherwise be a number; a minifier leaves no comment. */
const nameChunks = (code) =>
  code.replace(/\bimport\("\.\/([\w-]+)\.js"\)/g, 'import(/* webpackChunkName: "powerbi-token-keeper-$1" */"./$1.js")');

async function bundle({ name, file, format }, into, from = SOURCES) {
  // Imported here, since setup may have installed it a moment ago.
  const { build } = await import("esbuild");
  const options = browserOptions(path.join(into, "npm"), from);
  const chunks = {
    name: "chunks",
    setup: ({ onResolve }) => {
      // the classic script has all of it inside
      if (format !== "iife")
        onResolve({ filter: /\.js$/ }, ({ path: chunk, kind }) =>
          kind === "dynamic-import"
            ? { path: `./${path.basename(chunk, ".js")}${path.extname(file)}`, external: true }
            : undefined,
        );
      // the facade and React are the page's own, so that neither is there twice
      if (name === "react") {
        onResolve({ filter: /^react$/ }, () => ({ path: "react", external: true }));
        onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: `./index${path.extname(file)}`, external: true }));
      }
      if (candidates[file])
        onResolve({ filter: /\/candidates\.js$/ }, () => ({ path: path.join(from, `engine/${candidates[file]}.ts`) }));
    },
  };
  const { outputFiles } = await build({
    ...options,
    entryPoints: [path.join(from, sources[name])],
    outfile: file,
    format,
    ...(format === "cjs" ? asFunction : {}),
    ...(directives[name] ? { banner: { js: directives[name] + (format === "cjs" ? asFunction.banner.js : "") } } : {}),
    // a page may be in any encoding, and a script is read in the page's
    ...(format === "iife" ? { globalName: "PowerBITokenKeeper", charset: "ascii" } : {}),
    supported: { "dynamic-import": format !== "cjs" }, // jest's CommonJS has `require` alone
    plugins: [...options.plugins, chunks],
    write: false,
  });
  const code = nameChunks(outputFiles[0].text);
  if (code.includes("import.meta")) throw new UserError(`dist/${file} has import.meta, which webpack 4 can't read.`);
  return [file, code];
}

/** The command line, for Node. It takes the package beside it, so that neither facade nor chunk is there twice. */
async function commandLine(from = SOURCES) {
  const { build } = await import("esbuild");
  const beside = {
    name: "beside",
    setup: (esbuild) =>
      esbuild.onResolve({ filter: /^powerbi-token-keeper$/ }, () => ({ path: "./index.js", external: true })),
  };
  const { outputFiles } = await build({
    absWorkingDir: fromRoot(), // its comments name files from there, wherever the build was started
    entryPoints: [path.join(from, "cli/main.ts")],
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

/** The declarations that the entries reach; what only a chunk needs is left out. */
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
  visit("react.d.ts");
  // CommonJS has its own copies: a .d.cts may not import from an ES module.
  const common = [...found].map(([file, text]) => [
    file.replace(/ts$/, "cts"),
    text.replace(/(["']\.\/[\w.-]+)\.js(["'])/g, "$1.cjs$2"),
  ]);
  return [...found, ...common];
}

/** A chunk as ES module, with the engine that is in the target folder `into`: its name and its code. */
export const bundleChunk = (name, into) => bundle({ name, file: `${name}.js`, format: "esm" }, into);

/** Modules and command line from other sources, such as broken ones; `into` is a target folder. */
export async function bundleModules(from, into = fromRoot("target")) {
  const modules = bundles.filter(({ format, name }) => format !== "iife" && name !== "csp");
  return Promise.all([...modules.map((one) => bundle(one, into, from)), commandLine(from)]);
}

export async function build({ cargoFeatures, into, quick } = {}) {
  const folder = into ? fromRoot(into) : fromRoot("target");
  const dist = into ? fromRoot(into, "dist") : fromRoot("dist");
  await buildWasm({ cargoFeatures, into: folder, quick });
  const code = await Promise.all([...bundles.map((one) => bundle(one, folder)), commandLine()]);
  const files = [...code, served(code), ...declarations()];
  mkdirSync(dist, { recursive: true });
  const names = new Set(files.map(([file]) => file));
  for (const file of readdirSync(dist)) if (!names.has(file)) rmSync(path.join(dist, file), { recursive: true });
  for (const [file, text] of files) writeFileSync(path.join(dist, file), text);
  chmodSync(path.join(dist, "cli.js"), 0o755);
  console.log(`build: ${files.length} files in ${path.relative(fromRoot(), dist)}/`);
}

await runIfMain(import.meta, async (args) => {
  const optionValue = (option) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);
  await build({
    cargoFeatures: optionValue("--features"),
    into: optionValue("--into"),
    quick: args.includes("--quick"),
  });
});
