// The browser that the stories are told in: Chromium, or with BROWSER=firefox the Firefox ESR that a distribution brings.

import { chromium } from "playwright-core";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { which } from "../../../scripts/lib/browser.mjs";
import { at } from "../../../scripts/lib/run.mjs";
import { findBrowser } from "../../../scripts/setup.mjs";

export const BROWSER = process.env.BROWSER ?? "chromium";

const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch() {
  if (BROWSER === "chromium") return chromium.launch({ executablePath: findBrowser(), args: ARGS });
  const executablePath = process.env.FIREFOX ?? which("firefox-esr") ?? which("firefox");
  if (!executablePath) throw new Error("no Firefox was found: install firefox-esr, or name one in FIREFOX");
  const { firefox } = (await import(pathToFileURL(path.join(mended(), "index.js")))).default;
  return firefox.launch({ executablePath, channel: "moz-firefox" });
}

/**
 * Playwright speaks WebDriver BiDi with an ordinary Firefox, and sends each new page a command that Firefox ESR 153 does not
 * know yet and no story needs. A copy of Playwright without it.
 */
function mended() {
  const from = at("node_modules/playwright-core");
  const { version } = JSON.parse(readFileSync(path.join(from, "package.json"), "utf8"));
  const to = at("target", `playwright-firefox-${version}`);
  if (existsSync(to)) return to;
  // made aside and put in place at once: several files of stories may start together
  const aside = mkdtempSync(`${to}-`);
  cpSync(from, aside, { recursive: true });
  const bundle = path.join(aside, "lib/coreBundle.js");
  const code = readFileSync(bundle, "utf8");
  const without = code.replace(/await this\.\S+\.send\("emulation\.setMediaFeaturesOverride", \{[^]*?\n {8}\}\);/g, "");
  if (without === code) throw new Error("Playwright sends no emulation.setMediaFeaturesOverride any more: tests/browser/lib/launch.mjs can do without its copy");
  writeFileSync(bundle, without);
  try {
    renameSync(aside, to);
  } catch {
    rmSync(aside, { recursive: true }); // another was first
  }
  return to;
}
