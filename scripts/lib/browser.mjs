// Finds a Chromium-like browser and its WebDriver on this machine: by environment first, then by the names and
// places that installers use. Nothing is started and nothing is downloaded.

import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

const windows = process.platform === "win32";
const { env } = process;

const names = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "chrome",
  "microsoft-edge",
  "msedge",
];

const places = {
  darwin: ["Chromium", "Google Chrome", "Microsoft Edge"].flatMap((app) => [
    `/Applications/${app}.app/Contents/MacOS/${app}`,
    `${env.HOME}/Applications/${app}.app/Contents/MacOS/${app}`,
  ]),
  win32: [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA]
    .filter(Boolean)
    .flatMap((base) => [
      `${base}\\Chromium\\Application\\chrome.exe`,
      `${base}\\Google\\Chrome\\Application\\chrome.exe`,
      `${base}\\Microsoft\\Edge\\Application\\msedge.exe`,
    ]),
}[process.platform] ?? ["/usr/lib/chromium/chromium", "/opt/google/chrome/chrome"];

/** The full path of a program on PATH, or null. */
export function which(name) {
  const folders = (env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, windows ? `${name}.exe` : name)).find(existsSync) ?? null;
}

/** The browser to test with, or null. CHROME or CHROME_PATH decides when it is set. */
export function findBrowser() {
  const named = env.CHROME ?? env.CHROME_PATH;
  if (named) return existsSync(named) ? named : which(named);
  return names.map(which).find(Boolean) ?? places.find(existsSync) ?? null;
}

/**
 * The browser's WebDriver, or null. CHROMEDRIVER decides when it is set; CHROMEWEBDRIVER is a folder that CI images
 * have.
 */
export function findDriver() {
  if (env.CHROMEDRIVER) return existsSync(env.CHROMEDRIVER) ? env.CHROMEDRIVER : which(env.CHROMEDRIVER);
  const folders = [env.CHROMEWEBDRIVER, "/usr/lib/chromium", "/usr/lib/chromium-browser"].filter(Boolean);
  const found = folders
    .map((folder) => path.join(folder, windows ? "chromedriver.exe" : "chromedriver"))
    .find(existsSync);
  return which("chromedriver") ?? which("msedgedriver") ?? found ?? null;
}
