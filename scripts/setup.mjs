// Gets a fresh clone ready: the wasm32 target, the npm packages, wasm-bindgen at the library's version, a browser
// with its WebDriver. Safe to run again: what is there stays, and a second run takes a second.
// Catches a machine that lacks something, with a sentence that says what to install.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { findBrowser, findDriver, which } from "./lib/browser.mjs";
import { UserError, fromRoot, capture, runIfMain, npm, run } from "./lib/run.mjs";

export { findBrowser, findDriver };

/** wasm-bindgen's command line and test runner: see tools/wasm-bindgen. */
export const wasmBindgen = fromRoot(
  "target/tools",
  process.platform === "win32" ? "wasm-bindgen-tool.exe" : "wasm-bindgen-tool",
);

const say = (text) => console.log(`setup: ${text}`);

function checkTools() {
  const wanted = Number(JSON.parse(readFileSync(fromRoot("package.json"), "utf8")).engines.node.match(/\d+/)[0]);
  if (Number(process.versions.node.split(".")[0]) < wanted)
    throw new UserError(`Node ${wanted} or newer is needed; this is ${process.version}.`);
  const rust = capture("rustc", ["--version"]);
  if (!rust || !capture("cargo", ["--version"]))
    throw new UserError("Rust is needed: install it with rustup, then run this again.");
  const minor = Number(rust.match(/^rustc 1\.(\d+)/)?.[1] ?? 0);
  if (minor < 85)
    throw new UserError(`Rust 1.85 or newer is needed (edition 2024); this is ${rust}. Try \`rustup update stable\`.`);
  say(`Node ${process.versions.node}, ${rust}`);
}

function addTarget() {
  const there = existsSync(path.join(capture("rustc", ["--print", "sysroot"]), "lib/rustlib/wasm32-unknown-unknown"));
  if (there) return;
  if (!capture("rustup", ["--version"]))
    throw new UserError("This Rust has no wasm32-unknown-unknown target and no rustup to add it with.");
  say("adding the target wasm32-unknown-unknown");
  run("rustup", ["target", "add", "wasm32-unknown-unknown"]);
}

function installPackages() {
  // By content, not by date: a checkout gives every file the date of the checkout.
  const wanted = createHash("sha256")
    .update(readFileSync(fromRoot("package-lock.json")))
    .digest("hex");
  const stamp = fromRoot("node_modules/.package-lock.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("installing npm packages");
  // No install scripts: nothing here needs one, and a build should not run strangers' code.
  npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
  writeFileSync(stamp, wanted);
}

function buildTool() {
  if (!existsSync(wasmBindgen)) say("building wasm-bindgen's command line and test runner (about a minute, once)");
  // Its dependencies' future-incompatibility report is theirs to act on.
  run("cargo", [
    "build",
    "--quiet",
    "--package",
    "wasm-bindgen-tool",
    "--profile",
    "tools",
    "--config",
    'future-incompat-report.frequency="never"',
  ]);
}

function installBrowser() {
  if (findBrowser() && findDriver()) return;
  const advice =
    "Install Chromium or Chrome and the chromedriver of the same version, or name them in CHROME and CHROMEDRIVER.";
  const root = process.getuid?.() === 0;
  if (!which("apt-get") || !(root || capture("sudo", ["-n", "true"]) !== null))
    throw new UserError(`No browser with a WebDriver was found. ${advice}`);
  say("installing chromium and its driver with apt-get");
  const apt = (...args) =>
    run(root ? "env" : "sudo", [
      ...(root ? [] : ["-n", "env"]),
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-qq",
      "-o",
      "DPkg::Lock::Timeout=120",
      ...args,
    ]);
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium", "chromium-driver", "fonts-liberation");
  if (!findBrowser() || !findDriver()) throw new UserError(`apt-get brought no browser with a WebDriver. ${advice}`);
}

/** Everything that a build and the tests need. With `browser: false`, what a build alone needs. */
export function setup({ browser = true } = {}) {
  checkTools();
  addTarget();
  installPackages();
  buildTool();
  if (browser) installBrowser();
  say(browser ? `ready, with ${findBrowser()} and ${findDriver()}` : "ready");
}

await runIfMain(import.meta, () => setup());
