// Builds the demo page into www/dist. `vite www` serves it while it is being worked on; the backend runs beside it.
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { DIAGNOSIS_RULES } from "./server/policy.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BACKEND = "http://127.0.0.1:5178";

/** The built diagnosis page carries its policy; while it is being worked on, Vite's own socket must be let through. */
const policy: Plugin = {
  name: "policy",
  apply: "build",
  transformIndexHtml: (_html, { filename }) =>
    filename.endsWith("diagnose.html")
      ? [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: DIAGNOSIS_RULES }, injectTo: "head-prepend" }]
      : [],
};

export default defineConfig({
  root: here("."),
  // Relative, so that the built page also works below a path.
  base: "./",
  resolve: {
    // The package as it will be published, not its sources: the demo is its first consumer.
    alias: { "powerbi-token-keeper": here("../dist/index.js") },
  },
  plugins: [policy],
  build: {
    rollupOptions: { input: [here("index.html"), here("diagnose.html")] },
    // The stand-in for browsers without modulepreload would use fetch, which the diagnosis page forbids itself.
    modulePreload: { polyfill: false },
    outDir: here("dist"),
    emptyOutDir: true,
    target: "es2022",
    // The page's policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    // powerbi-client alone is beyond the default warning.
    chunkSizeWarningLimit: 1_000,
  },
  server: { host: "127.0.0.1", proxy: { "/api": BACKEND } },
});
