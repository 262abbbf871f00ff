// The browser of the figures: Chromium as in the tests, with a fresh page for each measurement.

import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { fromRoot } from "../../scripts/lib/run.mjs";
import { launch } from "../../tests/browser/lib/browser.mjs";
import { serve } from "./server.mjs";

const BLANK = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">`;

/** The package as it was built, powerbi-client as it is published, and the fixtures. */
function files() {
  // a token that can't be unpacked is refused
  const packed = gzipSync(randomBytes(1_100)).toString("base64");
  const dist = fromRoot("dist");
  const built = readdirSync(dist).filter((file) => file.endsWith(".js"));
  return {
    "/": BLANK,
    "/fixtures.html": `${BLANK}<script src="/fixtures.js"></script>`,
    "/fixtures.js": `window.PACKED = "${packed}";\n${readFileSync(fromRoot("bench/lib/fixtures.js"), "utf8")}`,
    "/powerbi.js": readFileSync(fromRoot("node_modules/powerbi-client/dist/powerbi.min.js"), "utf8"),
    ...Object.fromEntries(built.map((file) => [`/dist/${file}`, readFileSync(path.join(dist, file), "utf8")])),
  };
}

/**
 * Runs `use({ browser, fresh })`; `fresh(path, run)` opens a page in a context of its own, without any cache, for
 * `run(page)`.
 */
export async function inBrowser(use) {
  const server = await serve(files());
  const browser = await launch();
  const fresh = async (file, run) => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(server.origin + file);
      return await run(page);
    } finally {
      await context.close();
    }
  };
  try {
    return await use({ browser, fresh });
  } finally {
    await browser.close();
    server.close();
  }
}
