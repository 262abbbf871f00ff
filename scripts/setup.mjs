// Gets a fresh clone ready: the wasm32 target, the npm packages, wasm-bindgen at the library's version, a browser
// with its WebDriver. Safe to run again: what is there stays, and a second run takes a second.
// Catches a machine that lacks something, with a sentence that says what to install.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { findBrowser, findDriver, which } from "./lib/browser.mjs";
import { UserError, environment, fromRoot, capture, root, runIfMain, npm, run } from "./lib/run.mjs";

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
  const [, oldest] = readFileSync(fromRoot("Cargo.toml"), "utf8").match(/^rust-version = "1\.(\d+)"/m);
  if (Number(rust.match(/^rustc 1\.(\d+)/)?.[1] ?? 0) < Number(oldest))
    throw new UserError(`Rust 1.${oldest} or newer is needed; this is ${rust}. Try \`rustup update stable\`.`);
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

export function installPackages() {
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

async function buildTool() {
  // By its sources, not by asking cargo: which Rust it was built with does not matter, and cargo would build it anew.
  const sources = ["Cargo.lock", "tools/wasm-bindgen/Cargo.toml", "tools/wasm-bindgen/src/main.rs"];
  const hash = createHash("sha256");
  for (const file of sources) hash.update(readFileSync(fromRoot(file)));
  const wanted = hash.digest("hex");
  const stamp = `${wasmBindgen}.sha256`;
  if (existsSync(wasmBindgen) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("building wasm-bindgen's command line and test runner (about a minute, once)");
  // Its dependencies' future-incompatibility report is theirs to act on.
  const quiet = ["--config", 'future-incompat-report.frequency="never"'];
  const args = ["build", "--quiet", "--locked", "--package", "wasm-bindgen-tool", "--profile", "tools", ...quiet];
  const cargo = spawn("cargo", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: environment });
  const [code] = await once(cargo, "close");
  if (code !== 0) throw new UserError(`cargo ${args.join(" ")} ended with ${code}`);
  writeFileSync(stamp, wanted);
}

/** The command that installs Chromium and its driver here, or null. */
function browserCommand() {
  const packages = "chromium chromium-driver fonts-liberation";
  if (which("apt-get")) return `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
  if (which("brew")) return "brew install --cask chromium chromedriver";
  return null;
}

function installBrowser() {
  if (findBrowser() && findDriver()) return;
  const root = process.getuid?.() === 0;
  const command = browserCommand();
  const advice = command
    ? `Install them with \`${which("apt-get") && !root ? `sudo sh -c '${command}'` : command}\``
    : "Install Chromium or Chrome and the chromedriver of the same version";
  const missing = `No browser with a WebDriver was found. ${advice}, or name them in CHROME and CHROMEDRIVER.`;
  // A person decides themselves what is installed on their machine.
  if (!command || !(root || process.env.CI)) throw new UserError(missing);
  say(`installing Chromium and its driver: ${command}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const passwordless = root || !which("sudo") ? [] : ["sudo", "-n", "-E"];
  const [program, ...args] = [...passwordless, "sh", "-c", command];
  run(program, args, { env });
  if (!findBrowser() || !findDriver()) throw new UserError(`The installation brought none. ${missing}`);
}

/** Everything that a build and the tests need. With `browser: false`, what a build alone needs. */
export async function setup({ browser = true } = {}) {
  checkTools();
  addTarget();
  const tool = buildTool(); // beside the packages, since cargo waits for no network
  tool.catch(() => {}); // heard of below
  installPackages();
  await tool;
  if (browser) installBrowser();
  say(browser ? `ready, with ${findBrowser()} and ${findDriver()}` : "ready");
}

await runIfMain(import.meta, () => setup());
