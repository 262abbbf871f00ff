// Builds the demo's pages: `vite build www` into www/dist for the demo's server, `--mode static` into www/dist-static,
// where the backend is in the page. `vite www` serves them while they are being worked on; the backend runs beside it.
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { docs } from "./docs-plugin.ts";
import { DIAGNOSIS_RULES, PAGE_RULES } from "./server/policy.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BACKEND = "http://127.0.0.1:5178";

/**
 * The built diagnosis page carries its policy, and in the static site each page does, since nobody knows what its
 * server sends. While they are being worked on, Vite's own socket must be let through.
 */
const policy = (mode: string): Plugin => ({
  name: "policy",
  apply: "build",
  transformIndexHtml: (_html, { filename }) => {
    const content = filename.endsWith("diagnose.html") ? DIAGNOSIS_RULES : mode === "static" ? PAGE_RULES : null;
    return content === null
      ? []
      : [{ tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content }, injectTo: "head-prepend" }];
  },
});

/**
 * `SITE_URL` is where the static site will be: readers of its social card want whole addresses.
 */
const address = (site = process.env["SITE_URL"]): Plugin => ({
  name: "address",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler(html, { path }) {
      if (!site || path !== "/index.html") return html;
      const whole = new URL(site.endsWith("/") ? site : `${site}/`).href;
      return {
        html: html.replaceAll('content="./social-card.png"', `content="${whole}social-card.png"`),
        tags: [
          { tag: "meta", attrs: { property: "og:url", content: whole }, injectTo: "head" },
          { tag: "link", attrs: { rel: "canonical", href: whole }, injectTo: "head" },
        ],
      };
    },
  },
});

export default defineConfig(({ mode }) => ({
  root: here("."),
  // Relative, so that the built page also works below a path.
  base: "./",
  resolve: {
    // The package as it will be published, not its sources: the demo is its first consumer.
    alias: {
      "powerbi-token-keeper": here("../dist/index.js"),
      // fake-timers asks Node's util how to print a clock, which nobody does here
      util: here("src/time/no-util.ts"),
    },
  },
  plugins: [policy(mode), docs(), address()],
  build: {
    rollupOptions: {
      input: [
        here("index.html"),
        here("pane.html"),
        here("diagnose.html"),
        ...(mode === "static" ? [] : [here("signed-in.html")]),
      ],
    },
    // The stand-in for browsers without modulepreload would use fetch, which the diagnosis page forbids itself.
    modulePreload: { polyfill: false },
    outDir: here(mode === "static" ? "dist-static" : "dist"),
    emptyOutDir: true,
    target: "es2022",
    // The page's policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    // powerbi-client alone is beyond the default warning.
    chunkSizeWarningLimit: 1_000,
  },
  server: { host: "127.0.0.1", proxy: { "/api": BACKEND } },
}));
