// Plays scenarios of tests/browser one by one in this process, in one browser: for what plays some of them a thousand
// times. Takes the place of Node's test runner in tests/browser/lib/story.mjs.

import { readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fromRoot } from "./run.mjs";

/** These tell no stories, or measure what other code would falsify. */
const LEFT_OUT = ["panel"];

/** @typedef {{ file: string, name: string, tell: () => Promise<void> }} Scenario */

/**
 * All scenarios, in the order of their files. `ends` is called with each page before it is left.
 *
 * @returns {Promise<Scenario[]>}
 */
export async function collectScenarios({ ends } = {}) {
  const scenarios = [];
  let file = "";
  globalThis.scenarioRunner = {
    test: (name, { todo }, tell) => todo ?? scenarios.push({ file, name, tell }),
    after: (close) => closing.push(close),
    ends,
  };
  const files = readdirSync(fromRoot("tests/browser")).filter((one) => one.endsWith(".test.mjs"));
  for (const one of files.sort()) {
    file = one.replace(".test.mjs", "");
    if (!LEFT_OUT.includes(file)) await import(fromRoot("tests/browser", one));
  }
  return scenarios;
}

const closing = [];
/** How it is said that a scenario took too long. */
export const LATE = "not over after";

/** Closes the browsers; the next scenario opens one. */
export async function closeBrowsers() {
  // one whose page is in an endless loop may never say that it has closed
  await Promise.race([Promise.allSettled(closing.map((close) => close())), pause(5000)]);
}

/**
 * Plays a scenario. Returns why it failed, or null; one that takes longer than `limit` has failed.
 *
 * @param {Scenario} scenario
 */
export async function play({ tell }, limit) {
  const abandoned = new AbortController();
  const late = pause(limit, "late", { signal: abandoned.signal }).catch(() => {});
  const told = tell().then(
    () => null,
    (error) => `${error?.message ?? error}`.split("\n")[0].slice(0, 160),
  );
  const outcome = await Promise.race([told, late]);
  abandoned.abort();
  // a browser that is gone is nobody's verdict
  if (/browser has been closed/.test(outcome)) throw new Error(outcome);
  if (outcome !== "late") return outcome;
  await closeBrowsers();
  return `${LATE} ${(limit / 1000).toFixed(1)} s`;
}

// what an abandoned scenario still does is nobody's
process.on("unhandledRejection", () => {});
