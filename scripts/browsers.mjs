// `npm run browsers`: the main job's scenarios in each browser, in virtual time, and the table of docs/compatibility.md
// from what came of them. Further words are browsers and files: `npm run browsers -- webkit crash` plays some anew, and
// the table keeps what came of the others before (target/browsers.json). `--cut` plays five scenarios in whichever of
// the others than Chromium are installed, for `npm test`. A browser that is missing is installed where that is allowed
// (as root, or in CI), else it says with what.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { which } from "./lib/browser.mjs";
import { UserError, capture, environment, fromRoot, run, runIfMain } from "./lib/run.mjs";
import { findBrowser } from "./setup.mjs";

/** The files of the main job, and what they are about. */
const FILES = [
  ["refresh", "a token is replaced in time"],
  ["apply", "the token is set in the frame"],
  ["provider", "`accessTokenProvider`"],
  ["embeds", "embeds that come and go"],
  ["expiry", "recovery from `TokenExpired`"],
  ["clock", "clocks that are wrong, and sleep"],
  ["faults", "sources that fail"],
  ["secrets", "no token is left anywhere"],
  ["lifecycle", "attach, detach, stop"],
  ["crash", "an engine that crashes"],
];

/** At least this share of the scenarios has to be judged in each browser. */
const SHARE = 0.8;

/** The five that matter most; each is the whole name of one scenario. */
const CUT = [
  "a token of an hour is refreshed once, when its window opens",
  "after three hours away, visible refreshes at once",
  "the frame learns that there is a provider, and gets a newer token from it",
  "the report's own TokenExpired makes one request, then one reload()",
  "an outage beyond the end: expired once, and fresh with the first answer",
];

const BROWSERS = {
  chromium: {
    name: "Chromium",
    packages: "chromium",
    find: findBrowser,
    version: () => capture(findBrowser(), ["--version"]),
  },
  firefox: {
    name: "Firefox ESR",
    packages: "firefox-esr",
    find: () => process.env.FIREFOX ?? which("firefox-esr") ?? which("firefox"),
    version: () => capture(BROWSERS.firefox.find(), ["--version"]),
  },
  webkit: {
    name: "WebKitGTK",
    packages: "webkit2gtk-driver xvfb",
    find: () => (process.env.DISPLAY || which("Xvfb")) && which("WebKitWebDriver"),
    // its driver does not tell
    version: () => {
      const [, version] = /^Version: ([\d.]+)/m.exec(capture("dpkg", ["-s", "webkit2gtk-driver"]) ?? "") ?? [];
      return ["WebKitGTK", version].filter(Boolean).join(" ");
    },
  },
};

const PAGE = "docs/compatibility.md";
const [BEGIN, END] = ["<!-- browsers: begin -->", "<!-- browsers: end -->"];

function install({ name, packages, find }) {
  if (find()) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
  const root = process.getuid?.() === 0;
  if (!which("apt-get") || !(root || process.env.CI))
    throw new UserError(`${name} is missing. On Debian or Ubuntu install it with \`${command}\`.`);
  run(root ? "sh" : "sudo", root ? ["-c", command] : ["-n", "sh", "-c", command]);
  if (!find()) throw new UserError(`${packages} brought no ${name}.`);
}

/** Runs files in a browser, and says of each scenario whether it passed. */
async function play(browser, files, names) {
  const outcomes = [];
  for (const file of files) {
    const patterns = (names ?? []).map((name) => `--test-name-pattern=^${escaped(name)}$`);
    const args = ["--test", `--test-reporter=${fromRoot("scripts/lib/outcomes.mjs")}`, ...patterns, testFile(file)];
    for (const line of (await output(args, browser)).split("\n").filter(Boolean))
      outcomes.push({ file, ...JSON.parse(line) });
  }
  return outcomes;
}

async function output(args, browser) {
  const child = spawn(process.execPath, args, {
    cwd: fromRoot(),
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...environment, CHROME: findBrowser() ?? "", BROWSER: browser },
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  await new Promise((done) => child.on("close", done));
  return said;
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const testFile = (name) => fromRoot("tests/browser", `${name}.test.mjs`);

const isUnjudged = ({ unjudged }) => unjudged !== undefined;

/** Says what failed and what could not be judged. Returns how many are wrong. */
function report(browser, outcomes) {
  const { name } = BROWSERS[browser];
  const unjudged = outcomes.filter(isUnjudged);
  const failed = outcomes.filter((one) => !isUnjudged(one) && !one.passed);
  for (const { file, name: scenario, reason } of failed) console.log(`✖ ${file}: ${scenario}\n  ${reason}`);
  for (const one of unjudged) console.log(`﹣ ${one.file}: ${one.name}\n  can't be judged: ${one.unjudged}`);
  const passed = outcomes.length - unjudged.length - failed.length;
  console.log(`${name}: ${passed} passed, ${failed.length} failed, ${unjudged.length} can't be judged`);
  if (unjudged.length <= (1 - SHARE) * outcomes.length) return failed.length;
  console.log(`${name} judges less than ${100 * SHARE} % of the scenarios`);
  return failed.length + 1;
}

/** One row per file: scenarios passed of those that there are, per browser; then what could not be judged. */
function table(results) {
  const rows = FILES.map(([file, about]) => [
    about,
    ...[...results.values()].map((outcomes) => {
      const own = outcomes.filter((one) => one.file === file);
      const [passed, unjudged] = [own.filter((one) => one.passed).length, own.filter(isUnjudged).length];
      return `${passed} of ${own.length}${unjudged ? `, ${unjudged} not judged` : ""}`;
    }),
  ]);
  const head = ["scenarios", ...[...results.keys()].map((browser) => BROWSERS[browser].version() ?? browser)];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const lines = [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)];
  const unjudged = [...results].flatMap(([browser, outcomes]) =>
    outcomes
      .filter(isUnjudged)
      .map(({ file, name, unjudged: why }) => `- ${BROWSERS[browser].name}, ${file}: “${name}”: ${why}`),
  );
  return [...lines, ...(unjudged.length ? ["", "Not judged:", "", ...unjudged] : [])].join("\n");
}

function write(results) {
  const text = readFileSync(fromRoot(PAGE), "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new UserError(`${PAGE} has no ${BEGIN} … ${END}`);
  writeFileSync(fromRoot(PAGE), `${text.slice(0, from + BEGIN.length)}\n\n${table(results)}\n\n${text.slice(to)}`);
  console.log(`The table in ${PAGE} is written.`);
}

/** For `npm test`: five scenarios in whatever is there. */
async function playCut() {
  const there = Object.keys(BROWSERS).filter((browser) => browser !== "chromium" && BROWSERS[browser].find());
  if (!there.length)
    console.log("Neither Firefox nor WebKitGTK is installed: skipped. `npm run browsers` installs them.");
  let failed = 0;
  for (const browser of there) {
    const outcomes = await play(browser, ["refresh", "provider", "expiry", "faults"], CUT);
    failed += report(browser, outcomes);
    if (outcomes.length !== CUT.length)
      throw new UserError(
        `${outcomes.length} of the ${CUT.length} scenarios were found: scripts/browsers.mjs names them`,
      );
  }
  if (failed) throw new UserError(`${failed} scenarios failed`);
}

async function playAll(words) {
  const browsers = Object.keys(BROWSERS);
  const names = FILES.map(([file]) => file);
  const strange = words.filter((word) => !browsers.includes(word) && !names.includes(word));
  if (strange.length) throw new UserError(`"${strange[0]}" is none of ${[...browsers, ...names].join(", ")}`);
  const among = (all) => (all.some((one) => words.includes(one)) ? all.filter((one) => words.includes(one)) : all);
  const kept = fromRoot("target/browsers.json");
  const before = words.length && existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : {};
  const files = among(names);
  let failed = 0;
  for (const browser of among(browsers)) {
    install(BROWSERS[browser]);
    const outcomes = await play(browser, files);
    failed += report(browser, outcomes);
    before[browser] = [...(before[browser] ?? []).filter(({ file }) => !files.includes(file)), ...outcomes];
    writeFileSync(kept, JSON.stringify(before));
  }
  const isWhole = (browser) => names.every((name) => before[browser]?.some(({ file }) => file === name));
  if (browsers.every(isWhole)) write(new Map(browsers.map((browser) => [browser, before[browser]])));
  if (failed) throw new UserError(`${failed} scenarios failed`);
}

await runIfMain(import.meta, (args) =>
  args.includes("--cut") ? playCut() : playAll(args.filter((arg) => !arg.startsWith("--"))),
);
