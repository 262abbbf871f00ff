// An engine that traps, at every way in, at every moment, with one keeper and with a hundred: the WebAssembly engine's
// exports trap as they are entered or as they are left, which is what a panic, a bad index or a full memory looks like
// from outside. The keepers go on in the JavaScript engine; where that has crashed as well they say so once.
//
// `npm test` plays a part of it. A person plays all of it with `CRASH_MATRIX=all`, which writes
// docs/internals/crash-matrix.md.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hours, minutes, seconds, storyApart as story } from "./lib/story.mjs";

const ALL = process.env.CRASH_MATRIX === "all";
const root = (file) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** wasm-opt's short names of an instance's exports. */
const namesOf = (module) =>
  Object.fromEntries(JSON.parse(readFileSync(root(`target/npm/${module}/names.json`), "utf8")).exports);
const NAMES = namesOf("engine");
const DIAGNOSIS = namesOf("diagnosis");
/** The closures that the page calls: the timer's, and all others. */
const CLOSURES = Object.keys(NAMES).filter((name) => name.startsWith("__wasm_bindgen_func_elem"));
const FREE = Object.keys(NAMES).filter((name) => name.startsWith("__wbindgen_export"));

/** Runs in the page, once. */
function prepare() {
  const construct = (Instance, args) => {
    const made = new Instance(...args);
    if (args.length < 2) return made;
    const trap = () => {
      window.cell.fired = window.cell.armed;
      window.cell.armed = null;
      window.cell.dead = made;
      throw new WebAssembly.RuntimeError("unreachable");
    };
    const enter =
      (name, value) =>
      (...given) => {
        const { cell } = window;
        if (cell.dead === made) cell.afterwards.push(name);
        const meant = cell.armed?.names.includes(name) && made === cell.instance;
        if (meant && cell.armed.at === "entry") trap();
        const result = value(...given);
        if (meant && cell.armed?.at === "exit") trap();
        return result;
      };
    // the first: a later one is the diagnosis
    window.cell.instance ??= made;
    return {
      exports: Object.fromEntries(
        Object.entries(made.exports).map(([name, value]) => [
          name,
          typeof value === "function" ? enter(name, value) : value,
        ]),
      ),
    };
  };
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, { construct });
  // the JavaScript engine's exports are out of reach, but it reads the clock in its loop
  const now = performance.now.bind(performance);
  performance.now = () => {
    if (window.armedJs && new Error().stack.split("\n")[2].includes("engine-js")) {
      window.armedJs = false;
      throw new WebAssembly.RuntimeError("unreachable");
    }
    return now();
  };
  /** An embed without a frame; it takes tokens when it is told to. */
  window.makeEmbed = (token) => {
    const element = document.createElement("div");
    const config = { ...window.cell.config, accessToken: token };
    const embed = {
      element,
      config,
      setAccessToken: async (given) => {
        await window.cell.taking;
        config.accessToken = given;
      },
      reload: async () => {},
      refresh: async () => {},
    };
    element.powerBiEmbed = embed;
    return embed;
  };
}

/** A source's answer that is awaited meanwhile, within `sourceTimeoutMs`. */
const SLOW = seconds(20);

/** Each moment: how the page comes to it, with keepers that have been made and attached. */
const MOMENTS = {
  "initial request": {
    expired: true,
    begin: ({ source }) => source.always({ delayMs: SLOW }),
  },
  idle: {},
  "request under way": {
    reach: async ({ page, source }) => {
      source.always({ delayMs: SLOW });
      await page.does(() => void window.cell.keepers.map((keeper) => stage.note(keeper.refresh())));
    },
  },
  "apply under way": {
    reach: ({ page }) =>
      page.does(() => {
        window.cell.taking = new Promise((done) => (window.cell.take = done));
        for (const keeper of window.cell.keepers) stage.note(keeper.refresh());
      }),
  },
  denied: {
    reach: async ({ page, source }) => {
      source.always({ status: 401, body: "" });
      await page.does(() => void window.cell.keepers.map((keeper) => stage.note(keeper.refresh())));
    },
  },
  expired: {
    reach: async ({ page, source }) => {
      source.always({ status: 500, body: "" });
      await page.sleeps(hours(2));
      await page.passes(seconds(1));
    },
  },
  hidden: { reach: ({ page }) => page.hides() },
};

const EXPLAINED = {
  message: "LoadReportFailed",
  detailedMessage: "Fail to initialize - Couldn't resolve cluster",
  errorCode: "403",
};
const call =
  (method) =>
  ({ page }) =>
    page.does((name) => void stage.note(Promise.resolve(window.cell.keepers[0][name]())), method);

/** Each way in: the exports that trap, and what enters them. */
const WAYS = {
  init: { names: ["init"], atStart: true },
  createKeeper: { names: ["createKeeper"], atStart: true },
  "createKeeper of another": {
    names: ["createKeeper"],
    enter: ({ page }) =>
      page.does(() => void window.cell.keepers.push(new window.cell.K.TokenKeeper({ source: "/api/token" }))),
  },
  attach: {
    names: ["attach"],
    enter: ({ page, source }) => {
      const token = source.mint().text;
      return page.does((text) => {
        window.cell.embeds.push(window.makeEmbed(text));
        window.cell.keepers[0].attach(window.cell.embeds.at(-1));
      }, token);
    },
  },
  detach: {
    names: ["detach"],
    enter: ({ page }) => page.does(() => window.cell.keepers[0].detach(window.cell.embeds.shift())),
  },
  getToken: { names: ["getToken"], enter: call("getToken") },
  refresh: { names: ["refresh"], enter: call("refresh") },
  checkSource: { names: ["checkSource"], enter: call("checkSource") },
  accessTokenProvider: { names: ["providerCalled"], enter: call("accessTokenProvider") },
  status: { names: ["status"], enter: ({ page }) => page.does(() => void window.cell.keepers[0].status.state) },
  stop: {
    names: ["stop"],
    enter: ({ page }) =>
      page.does(() => {
        window.cell.embeds.pop();
        window.cell.keepers.pop().stop();
      }),
    keepers: 2,
  },
  "the timer": { names: CLOSURES, enter: ({ page }) => page.passes(minutes(1)) },
  "a listener of the page": { names: CLOSURES, enter: ({ page }) => page.hears("window", "focus") },
  "a listener of an embed": {
    names: CLOSURES,
    enter: ({ page }) =>
      page.does(() =>
        window.cell.embeds[0].element.dispatchEvent(new CustomEvent("error", { detail: { message: "TokenExpired" } })),
      ),
  },
  "a promise": {
    names: CLOSURES,
    // what is under way ends, or a request that is made now is answered
    enter: async ({ page, source }) => {
      source.always();
      await page.does(() => {
        window.cell.take?.();
        stage.note(window.cell.keepers[0].refresh());
      });
      await page.passes(SLOW + seconds(2));
    },
  },
  observeEmbed: {
    names: ["observeEmbed"],
    enter: async ({ page, source }) => {
      const token = source.mint().text;
      await page.run((text) => {
        for (const embed of window.cell.embeds) embed.config.accessToken = text;
      }, token);
      await page.passes(minutes(3));
    },
  },
  refreshMayHelp: {
    names: ["refreshMayHelp"],
    enter: async ({ page }) => {
      await page.does(
        (detail) => window.cell.embeds[0].element.dispatchEvent(new CustomEvent("error", { detail })),
        EXPLAINED,
      );
      await page.waitsUntil("the explanation", () => window.cell.explained || window.cell.fired);
    },
  },
  lockAcquired: {
    names: ["lockAcquired"],
    tabs: true,
    moments: ["idle", "expired", "hidden", "denied"],
    enter: async ({ page, source }) => {
      source.always();
      await page.does(() => void stage.note(window.cell.keepers[0].refresh()));
      await page.waitsUntil("the lock", () => window.cell.fired);
    },
  },
  tokenReceivedFromTab: {
    names: ["tokenReceivedFromTab"],
    tabs: true,
    enter: async ({ page, source }) => {
      const token = source.mint();
      await page.run(async ({ text, expiresAt }) => {
        const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(window.cell.shareKey));
        const name = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
        const channel = new BroadcastChannel(`powerbi-token-keeper:${name}`);
        channel.postMessage({ token: text, expiration: expiresAt, contents: [1] });
        channel.close();
      }, token);
      await page.waitsUntil("the message", () => window.cell.fired);
    },
  },
  "memory that is asked for": {
    names: FREE,
    enter: ({ page, source }) => {
      const token = source.mint().text;
      return page.does((text) => {
        window.cell.embeds.push(window.makeEmbed(text));
        window.cell.keepers[0].attach(window.cell.embeds.at(-1));
      }, token);
    },
  },
};

let copies = 0;

/** One cell: comes to the moment, has the way in trap, and sees that it cost an event. */
async function play(told, { way, moment, at, keepers, both }) {
  const { page, source } = told;
  const { names, atStart = false, enter, tabs = false, keepers: least = 1 } = WAYS[way];
  const { expired = false, begin, reach } = MOMENTS[moment];
  const short = names.map((name) => NAMES[name]);
  copies += 1;
  source.always();
  const token = source.mint(expired ? { lifetime: -minutes(5) } : {});
  await begin?.(told);
  await page.run(
    async ([number, count, text, share, armed, config]) => {
      window.cell = {
        armed,
        config,
        fired: null,
        dead: null,
        afterwards: [],
        taking: null,
        events: [],
        shareKey: `cell ${number}`,
      };
      const { cell } = window;
      cell.K = await import(`/copy-${number}/index.js`);
      cell.keepers = Array.from({ length: count }, (_, i) => {
        const keeper = new cell.K.TokenKeeper({ source: "/api/token", ...(share && { shareKey: `${cell.shareKey}` }) });
        for (const type of stage.EVENTS)
          keeper.addEventListener(type, ({ detail }) => {
            cell.events.push({ i, type, code: detail.code, engine: detail.engine, state: detail.state });
            if (type === "explained") cell.explained = true;
          });
        return keeper;
      });
      cell.embeds = cell.keepers.map(() => window.makeEmbed(text));
      for (const [i, keeper] of cell.keepers.entries()) keeper.attach(cell.embeds[i]);
    },
    [copies, Math.max(keepers, least), token.text, tabs, atStart ? { names: short, at } : null, page.config({ token })],
  );
  const running = (engines) => window.cell.keepers.every(({ status }) => engines.includes(status.engine));
  await page.waitsUntil("an engine", `(engines) => (${running})(engines)`, atStart ? ["js"] : ["wasm"]);
  if (!atStart) {
    if (!begin) await page.passes(seconds(40));
    await reach?.(told);
    await page.run((armed) => (window.cell.armed = armed), { names: short, at });
    await enter(told);
  }
  await page.rests();
  assert.ok(await page.run(() => window.cell.fired), "it trapped");
  await page.waitsUntil("the other engine", `(engines) => (${running})(engines)`, ["js"]);

  // the world is well again
  source.always();
  await page.run(() => window.cell.take?.());
  await page.shows();
  await page.passes(minutes(2));
  const seen = await page.run(() => ({
    pending: stage.promises.filter(({ state }) => state === "pending").length,
    crashed: window.cell.events.filter(({ code }) => code === "ERR_CRASHED").length,
    stopped: window.cell.events.filter(({ state }) => state === "stopped").length,
    told: new Set(window.cell.events.filter(({ engine }) => engine === "js").map(({ i }) => i)).size,
    keepers: window.cell.keepers.length,
    states: window.cell.keepers.map(({ status }) => status.state),
    tokens: window.cell.embeds.map(({ config }) => config.accessToken),
    afterwards: window.cell.afterwards,
  }));
  assert.equal(seen.pending, 0, "everybody who waits is answered");
  assert.deepEqual([seen.crashed, seen.stopped - (way === "stop" ? 1 : 0) <= 0], [0, true], "nobody is told of an end");
  assert.ok(seen.told >= Math.min(seen.keepers, keepers), `statechange names the engine: ${seen.told}`);
  assert.deepEqual(seen.afterwards, [], "nothing enters the dead instance");
  for (const text of seen.tokens) {
    const held = source.tokens.find((one) => one.text === text);
    assert.ok(held.expiresAt > page.clock.server, "an embed has a token that is good");
  }
  assert.equal(await page.timers(), seen.tokens.length > 0 ? 1 : 0, "one timer");
  if (both) await expectEnd(told);
  await page.run(() => {
    for (const keeper of window.cell.keepers) keeper.stop();
    stage.promises.length = 0;
  });
  await page.rests();
  assert.equal(await page.timers(), 0);
}

/** The other engine crashes too: said once, the provider gives null, and the page keeps its tokens. */
async function expectEnd({ page }) {
  await page.does(() => {
    window.armedJs = true;
    window.cell.before = window.cell.embeds.map(({ config }) => config.accessToken);
    stage.note(window.cell.keepers[0].refresh());
  });
  await page.passes(minutes(1));
  const seen = await page.run(async () => ({
    armed: window.armedJs,
    provided: await Promise.all(window.cell.keepers.map((keeper) => keeper.accessTokenProvider())),
    states: window.cell.keepers.map(({ status }) => `${status.state} ${status.lastErrorCode} ${status.engine}`),
    codes: window.cell.keepers.map(
      (_, i) => window.cell.events.filter((event) => event.i === i && event.code === "ERR_CRASHED").length,
    ),
    kept: window.cell.embeds.every(({ config }, i) => config.accessToken === window.cell.before[i]),
    pending: stage.promises.filter(({ state }) => state === "pending").length,
  }));
  assert.equal(seen.armed, false, "it trapped");
  assert.deepEqual(new Set(seen.provided), new Set([null]));
  assert.deepEqual(new Set(seen.states), new Set(["stopped ERR_CRASHED none"]));
  assert.ok(
    seen.codes.slice(0, seen.states.length).every((count) => count <= 1),
    "said once",
  );
  assert.ok(seen.codes[0] === 1, "and said");
  assert.ok(seen.kept, "the embeds keep their tokens");
  assert.equal(seen.pending, 0);
}

// ---- the cells -----------------------------------------------------------------------------------------------------

const cells = Object.entries(WAYS).flatMap(([way, { atStart, moments }]) =>
  Object.keys(MOMENTS)
    .filter((moment) =>
      atStart ? moment === "initial request" || moment === "idle" : !moments || moments.includes(moment),
    )
    .flatMap((moment) => ["entry", "exit"].map((at) => ({ way, moment, at }))),
);
/** A part of the whole: some of each moment's. */
const chosen = (index) => ALL || (index * 7 + 4) % 11 === 0;
const outcomes = new Map();

for (const moment of Object.keys(MOMENTS)) {
  const here = cells
    .map((cell, index) => ({ ...cell, index }))
    .filter((cell) => cell.moment === moment && chosen(cell.index));
  if (here.length === 0) continue;
  story(
    `${moment}: ${here.length} ways in trap, and the keepers go on`,
    async (told) => {
      await told.page.run(prepare);
      for (const { way, at, index } of here) {
        const both = index % 3 === 0;
        const keepers = index % 5 === 0 ? 100 : 1;
        try {
          await play(told, { way, moment, at, keepers, both });
        } catch (error) {
          throw new Error(`${way}, ${moment}, at ${at}, ${keepers} keepers: ${error.message}`, { cause: error });
        }
        outcomes.set(`${way}/${moment}/${at}`, { both, keepers });
      }
      told.source.always();
    },
    { keepers: Number.POSITIVE_INFINITY, timeout: ALL ? 1_800_000 : 120_000 },
  );
}

for (const [name, ask] of [
  ["inspect", (K, token) => K.inspectToken(token).then(({ kind }) => typeof kind)],
  ["diagnose", (K, token) => K.diagnose({ type: "report", accessToken: token }).then(Array.isArray)],
  ["explain", (K) => K.explain({ message: "TokenExpired" }).then(({ error }) => error)],
]) {
  story(`the diagnosis traps in ${name}(): the other build of it answers, once for all`, async ({ page, source }) => {
    await page.run(prepare);
    const token = source.mint().text;
    for (const at of ["entry", "exit"]) {
      copies += 1;
      const answers = await page.run(
        `(async () => {
          const ask = ${ask};
          window.cell = { armed: ${JSON.stringify({ names: [DIAGNOSIS[name]], at })}, fired: null, afterwards: [] };
          const K = await import("/copy-${copies}/index.js");
          const asked = [ask(K, ${JSON.stringify(token)}), ask(K, ${JSON.stringify(token)})];
          const first = await Promise.all(asked);
          const second = await ask(K, ${JSON.stringify(token)});
          return { first, second, fired: window.cell.fired, after: window.cell.afterwards };
        })()`,
      );
      assert.ok(answers.fired, "it trapped");
      assert.deepEqual(answers.after, [], "nothing enters the dead instance");
      for (const answer of [...answers.first, answers.second]) assert.equal(answer, answers.second);
      assert.ok(answers.second !== undefined && answers.second !== false);
    }
  });
}

// ---- the document --------------------------------------------------------------------------------------------------

if (ALL) {
  story("the matrix is written down", async () => {
    assert.equal(outcomes.size, cells.length, "every cell was played");
    const moments = Object.keys(MOMENTS);
    const mark = (way, moment) => {
      const played = ["entry", "exit"].filter((at) => outcomes.has(`${way}/${moment}/${at}`));
      return played.length === 0 ? "" : played.join(", ");
    };
    const rows = Object.keys(WAYS).map((way) => [way, ...moments.map((moment) => mark(way, moment))]);
    const widths = [0, ...moments.map((_, i) => i + 1)].map((i) =>
      Math.max(3, ...[["way in", ...moments], ...rows].map((row) => row[i].length)),
    );
    const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
    const hundreds = [...outcomes.values()].filter(({ keepers }) => keepers === 100).length;
    const both = [...outcomes.values()].filter((one) => one.both).length;
    writeFileSync(
      root("docs/internals/crash-matrix.md"),
      `${[
        "# The crash matrix",
        "",
        "What `CRASH_MATRIX=all node --test tests/browser/crash-matrix.test.mjs` wrote: at each way into the engine",
        "and each moment, the WebAssembly engine's export traps as it is entered (entry) or as it is left (exit). Each",
        "cell that names them passed: nothing enters the dead instance, the keepers go on in the JavaScript engine,",
        "`statechange` says so, everybody who waits is answered, each embed has a token that is good, and there is one",
        "timer. An empty cell can't come about: a keeper starts once, and asks for no lock while a request runs.",
        "",
        line(["way in", ...moments]),
        `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
        ...rows.map(line),
        "",
        `${outcomes.size} cells: ${hundreds} of them with a hundred keepers, the others with one. In ${both} the`,
        "JavaScript engine crashes after that: `ERR_CRASHED` once for each keeper, `accessTokenProvider` gives null,",
        "and the embeds keep their tokens.",
        "",
      ].join("\n")}`,
    );
  });
}
