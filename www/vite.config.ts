// Builds the demo page into www/dist. `vite www` serves it while it is being worked on; the backend runs beside it.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BACKEND = "http://127.0.0.1:5178";

export default defineConfig({
  root: here("."),
  // Relative, so that the built page also works below a path.
  base: "./",
  resolve: {
    // The package as it will be published, not its sources: the demo is its first consumer.
    alias: { "powerbi-token-keeper": here("../dist/index.js") },
  },
  build: {
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
