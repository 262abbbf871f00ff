// The browser of the scenarios: Chromium; with BROWSER=firefox the Firefox at FIREFOX (else firefox-esr or firefox on
// PATH), which Playwright drives by WebDriver BiDi, without a driver of Mozilla's; with BROWSER=webkit WebKitGTK.

import Module from "node:module";
import process from "node:process";
import { which } from "../../../scripts/lib/browser.mjs";
import { findBrowser } from "../../../scripts/setup.mjs";
import { launchWebKit } from "./webkit.mjs";

export const BROWSER = process.env.BROWSER ?? "chromium";
/** Firefox says nothing of a request that the page aborts while it waits to be answered; the page itself does. */
export const TELLS_ABORTS = BROWSER !== "firefox";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Page and frames in one process: a message between them is a tenth as dear. */
const TOGETHER = ["--disable-site-isolation-trials"];

/** A browser; `isolated` has a process for each site, as people's browsers have. */
export async function launch({ isolated = true } = {}) {
  if (BROWSER === "webkit") return launchWebKit();
  if (BROWSER === "firefox") forgiveMedia();
  const { chromium, firefox } = await import("playwright-core");
  if (BROWSER !== "firefox")
    return chromium.launch({ executablePath: findBrowser(), args: isolated ? ARGS : [...ARGS, ...TOGETHER] });
  const executablePath = process.env.FIREFOX ?? which("firefox-esr") ?? which("firefox");
  return firefox.launch({ channel: "moz-firefox", executablePath, headless: true });
}

// Playwright asks for an emulation of media features with every context, which Firefox ESR does not know yet and no
// story needs.
function forgiveMedia() {
  const { _compile } = Module.prototype;
  Module.prototype._compile = function (code, file, ...rest) {
    const asks = /await this\.(_browser\._browserSession|_session)\.send\("emulation\.setMediaFeaturesOverride", /g;
    return _compile.call(this, file.endsWith("coreBundle.js") ? code.replace(asks, "void (") : code, file, ...rest);
  };
}

/** Has a context's requests answered by `serve`, and tells by `lost` which one the page has given up. */
export async function connect(context, { serve, lost }) {
  if (BROWSER === "webkit") return Object.assign(context, { serve, lost });
  if (TELLS_ABORTS) context.on("requestfailed", lost);
  await context.route(
    () => true,
    (route, request) => serve(asked(route, request)),
  );
  return context;
}

/** A request of the browser's, as the site and the source see it; lib/webkit.mjs has the same. */
const asked = (route, request) => ({
  native: request,
  url: request.url(),
  method: request.method(),
  headers: request.headers(),
  body: request.postData(),
  get tab() {
    return request.frame().page();
  },
  answer: (reply) => route.fulfill(reply),
  drop: () => route.abort("connectionreset"),
  refuse: () => route.abort(),
});
