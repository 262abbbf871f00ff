// The kinds of project that the packed package is tried in. Each is a folder in examples/, with pinned versions and
// nothing in it that is for the package's sake. `cheap` ones are part of `npm test`.
//
// A kind has commands, run in its folder after the installation; then what it made is either served as files
// (`files`), or by its own server (`server`, which gets the port as its last argument), and opened in a browser;
// with neither, the last command is the test. `policy` is the page's content security policy, `engine` the
// one that must run where it is not WebAssembly; `clicks` are buttons that are pressed before time passes, and `loads`
// how often the report then has loaded; `versions` are the packages that the table of docs/compatibility.md names.

export const kinds = [
  { name: "module", what: '`<script type="module">` and an import map, no build', files: ".", cheap: true },
  {
    name: "vite",
    what: "Vite, build",
    commands: [["vite", "build", "--logLevel", "warn"]],
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
    commands: [["vite", "build", "--logLevel", "warn"]],
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
    commands: [["rollup", "--config", "--silent"]],
    files: ".",
    cheap: true,
  },
  {
    name: "esbuild",
    what: "esbuild, splitting",
    commands: [
      [
        "esbuild",
        "main.js",
        "--bundle",
        "--splitting",
        "--format=esm",
        "--minify",
        "--outdir=dist",
        "--log-level=warning",
      ],
    ],
    files: ".",
    cheap: true,
  },
  {
    name: "esbuild",
    label: "esbuild-iife",
    what: "esbuild, one classic script",
    commands: [["esbuild", "main.js", "--bundle", "--minify", "--outfile=dist/main.js", "--log-level=warning"]],
    files: ".",
  },
  {
    name: "parcel",
    what: "Parcel 2",
    commands: [["parcel", "build", "index.html", "--no-cache", "--log-level", "warn"]],
    files: "dist",
  },
  {
    name: "parcel-csp",
    what: "Parcel 2, `powerbi-token-keeper/csp`",
    commands: [["parcel", "build", "index.html", "--no-cache", "--log-level", "warn"]],
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
    commands: [["vite", "build", "--logLevel", "warn"]],
    files: "dist",
  },
  {
    name: "msal",
    what: "MSAL as the source, with `accessTokenProvider`",
    versions: ["@azure/msal-browser"],
    commands: [["vite", "build", "--logLevel", "warn"]],
    files: "dist",
  },
  {
    name: "several-reports",
    what: "three reports, one keeper",
    versions: [],
    commands: [["vite", "build", "--logLevel", "warn"]],
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
    commands: [["vite", "build", "--logLevel", "warn"]],
    files: "dist",
  },
  {
    name: "vue-options",
    what: "powerbi-client-vue-js, options API",
    versions: ["vue", "powerbi-client-vue-js"],
    commands: [["vite", "build", "--logLevel", "warn"]],
    files: "dist",
  },
  {
    name: "switch-reports",
    what: "another report and another role in one container",
    versions: [],
    commands: [["vite", "build", "--logLevel", "warn"]],
    files: "dist",
    clicks: ["stock", "manager"],
    loads: 2,
  },
  {
    name: "backend-express",
    what: "a page and its backend in Express",
    versions: ["express"],
    backend: ["node", "server.mjs"],
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
