// The kinds of project that the packed package is tried in. Each is a folder in examples/, with pinned versions and
// nothing in it that is for the package's sake. `cheap` ones are part of `npm test`.
//
// A kind has commands, run in its folder after the installation; then what it made is either served as files
// (`files`), or by its own server (`server`, which gets the port as its last argument), and opened in a browser;
// with neither, the last command is the test. A `backend` serves its page itself, where the program that it `needs` is
// there. `installs` has other versions of what the folder depends on. `policy` is the page's content security policy,
// `engine` the one that must run where it is not WebAssembly; `clicks` are buttons that are pressed before time passes;
// `calls` says that the page calls the REST API when #list is
// clicked; `versions` are the packages that the table of docs/compatibility.md names.
//
// Commands run with a tool's defaults, and whatever they warn of about the package fails the kind.

import process from "node:process";

export const kinds = [
  { name: "module", what: '`<script type="module">` and an import map, no build', files: ".", cheap: true },
  {
    name: "vite",
    what: "Vite, build",
    commands: [["vite", "build"]],
    files: "dist",
    cheap: true,
  },
  {
    name: "vite",
    label: "vite-dev",
    what: "Vite, dev server",
    server: ["vite", "--host", "127.0.0.1", "--logLevel", "warn", "--port"],
  },
  {
    name: "vite",
    label: "vite-strict",
    what: "Vite, build, under `script-src 'self'` and trusted types",
    commands: [["vite", "build"]],
    files: "dist",
    policy: "script-src 'self'; require-trusted-types-for 'script'",
    engine: "js",
    cheap: true,
  },
  {
    name: "webpack",
    what: "webpack 5, default configuration",
    versions: ["webpack"],
    commands: [["webpack", "--mode", "production"]],
    files: ".",
    cheap: true,
  },
  {
    name: "rollup",
    what: "Rollup",
    versions: ["rollup"],
    commands: [["rollup", "--config"]],
    files: ".",
    cheap: true,
  },
  {
    name: "esbuild",
    what: "esbuild, splitting",
    commands: [["esbuild", "main.js", "--bundle", "--splitting", "--format=esm", "--minify", "--outdir=dist"]],
    files: ".",
    cheap: true,
  },
  {
    name: "esbuild",
    label: "esbuild-iife",
    what: "esbuild, one classic script",
    commands: [["esbuild", "main.js", "--bundle", "--minify", "--outfile=dist/main.js"]],
    files: ".",
  },
  {
    name: "parcel",
    what: "Parcel 2",
    commands: [["parcel", "build", "index.html", "--no-cache"]],
    files: "dist",
  },
  {
    name: "parcel-csp",
    what: "Parcel 2, `powerbi-token-keeper/csp`",
    commands: [["parcel", "build", "index.html", "--no-cache"]],
    files: "dist",
    engine: "js",
  },
  {
    name: "next",
    what: "Next.js App Router: server render, build and start",
    versions: ["next", "react"],
    commands: [["next", "build"]],
    server: ["next", "start", "-H", "127.0.0.1", "-p"],
  },
  {
    name: "angular",
    what: "Angular CLI with powerbi-client-angular",
    commands: [["ng", "build"]],
    files: "dist/browser",
    versions: ["@angular/core", "powerbi-client-angular"],
  },
  {
    name: "angular-ngmodule",
    what: "Angular with NgModule, HttpClient and the async pipe",
    commands: [["ng", "build"]],
    files: "dist/browser",
    versions: ["@angular/core"],
  },
  {
    name: "react",
    what: "powerbi-client-react in StrictMode, with `accessTokenProvider`",
    versions: ["react", "powerbi-client-react"],
    server: ["vite", "--host", "127.0.0.1", "--logLevel", "warn", "--port"],
  },
  {
    name: "vue",
    what: "powerbi-client-vue-js",
    versions: ["vue", "powerbi-client-vue-js"],
    commands: [["vite", "build"]],
    files: "dist",
  },
  {
    name: "msal",
    what: "MSAL as the source, with `accessTokenProvider`",
    versions: ["@azure/msal-browser"],
    commands: [["vite", "build"]],
    files: "dist",
  },
  {
    name: "several-reports",
    what: "three reports, one keeper",
    versions: [],
    commands: [["vite", "build"]],
    files: "dist",
  },
  {
    name: "script-jquery",
    what: "script tags with jQuery, a source with GET",
    versions: ["jquery"],
    files: ".",
    cheap: true,
  },
  {
    name: "react-plain",
    what: "React without a wrapper, a function and a class component",
    versions: ["react"],
    server: ["vite", "--host", "127.0.0.1", "--logLevel", "warn", "--port"],
  },
  {
    name: "svelte",
    what: "Svelte 5",
    versions: ["svelte"],
    commands: [["vite", "build"]],
    files: "dist",
  },
  {
    name: "vue-options",
    what: "powerbi-client-vue-js, options API",
    versions: ["vue", "powerbi-client-vue-js"],
    commands: [["vite", "build"]],
    files: "dist",
  },
  {
    name: "switch-reports",
    what: "another report, role and user in one container",
    versions: [],
    commands: [["vite", "build"]],
    files: "dist",
    // another user's report is in another frame, which has loaded once
    clicks: ["stock", "manager", "other-user"],
  },
  {
    name: "react-hooks",
    what: "`powerbi-token-keeper/react`, two reports in StrictMode",
    versions: ["react", "powerbi-client-react"],
    server: ["vite", "--host", "127.0.0.1", "--logLevel", "warn", "--port"],
  },
  {
    name: "rest-calls",
    what: "`getToken()` for the page's own REST calls",
    versions: [],
    commands: [["vite", "build"]],
    files: "dist",
    calls: true,
  },
  {
    name: "script-jquery",
    label: "oldest-client",
    what: "script tags with the oldest powerbi-client, 2.10.1",
    versions: [],
    installs: { "powerbi-client": "2.10.1" },
    files: ".",
  },
  {
    name: "backend-node",
    what: "a backend in Node, without a framework",
    versions: [],
    backend: ["node", "server.mjs"],
  },
  {
    name: "backend-express",
    what: "a page and its backend in Express",
    versions: ["express"],
    backend: ["node", "server.mjs"],
  },
  {
    name: "backend-flask",
    what: "a page and its backend in Flask",
    versions: [],
    backend: [process.env.PYTHON ?? "python3", "app.py"],
    needs: [process.env.PYTHON ?? "python3", "-c", "import flask, msal, requests"],
    scripts: "static",
  },
  {
    name: "backend-php",
    what: "a page and its backend in PHP",
    versions: [],
    backend: ["sh", "-c", "php -S localhost:$PORT index.php"],
    needs: ["php", "--version"],
    scripts: "static",
  },
  { name: "vitest", what: "Vitest with jsdom", commands: [["vitest", "run"]] },
  {
    name: "server-import",
    what: "Node, `import` and `require`",
    commands: [
      ["node", "import.mjs"],
      ["node", "require.cjs"],
    ],
    cheap: true,
  },
].map((kind) => ({ label: kind.name, commands: [], ...kind }));
