// Start-up: from the network import of the package to a keeper whose timer is set, beside the time to load and evaluate
// powerbi-client's script. Same server, same run, in turn, each in a page with empty caches.

import { inBrowser } from "../lib/browser.mjs";
import { interleaved, median, ms, table, times } from "../lib/numbers.mjs";

const ROUNDS = 30;
export const bar = { ratio: 0.9 };

/** In the page: the time until a timer is set for an embed that has its token. */
async function keeper() {
  const made = fixtures.embed(fixtures.token());
  const set = window.setInterval;
  const ready = new Promise((resolve) => {
    window.setInterval = (...args) => {
      resolve(performance.now());
      return set(...args);
    };
  });
  const start = performance.now();
  const { keepFresh } = await import("/dist/index.js");
  const imported = performance.now();
  const keeper = keepFresh(made, { source: "/api/token" });
  const end = await ready;
  if (keeper.status.engine !== "wasm") throw new Error("another engine runs");
  const [, chunk] = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/dist/"));
  return { total: end - start, imported: imported - start, loaded: chunk.responseEnd - start };
}

async function microsoft() {
  const script = document.createElement("script");
  script.src = "/powerbi.js";
  const start = performance.now();
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  if (window.powerbi === undefined) throw new Error("powerbi-client is not there");
  return { total: performance.now() - start };
}

export function measure() {
  return inBrowser(async ({ fresh }) => {
    const inPage = (work) => () => fresh("/fixtures.html", (page) => page.evaluate(work));
    const strategies = { keeper: inPage(keeper), microsoft: inPage(microsoft) };
    await interleaved(3, strategies); // the browser itself is cold at first
    const results = await interleaved(ROUNDS, strategies);
    const of = (name, what) => median(results[name].map((one) => one[what]));
    const [total, powerbi] = [of("keeper", "total"), of("microsoft", "total")];
    return {
      rounds: ROUNDS,
      imported: of("keeper", "imported"),
      loaded: of("keeper", "loaded"),
      total,
      powerbi,
      ratio: total / powerbi,
    };
  });
}

export function tables({ rounds, imported, loaded, total, powerbi, ratio }) {
  const rows = [
    ["powerbi-client: script loaded and evaluated", ms(powerbi), ""],
    ["**powerbi-token-keeper**: ready", ms(total), times(ratio)],
    ["of which: imported", ms(imported), ""],
    ["of which: the engine's chunk is there", ms(loaded), ""],
  ];
  return `${table(["cold start over the network", `median of ${rounds}`, "to powerbi-client"], rows)}
Bar: ${bar.ratio} ×. Both from the same server on this machine, so that a network's latency is left out: the engine's \
chunk is a second
request, which begins when the first is there.
`;
}
