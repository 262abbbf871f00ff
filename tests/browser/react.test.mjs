// powerbi-token-keeper/react with powerbi-client-react, in StrictMode of React 18 and 19: nothing that a render or a
// new token does loads a report again, and nothing is left of an unmounted one.

import assert from "node:assert/strict";
import { expectTaken, minutes, seconds, story, VERSIONS } from "./lib/story.mjs";
import { bundle } from "./lib/wrapper.mjs";

const PAGE = `
import * as React from "react";
import { createRoot } from "react-dom/client";
import { PowerBIEmbed } from "powerbi-client-react";
import { useKeptEmbed, useTokenKeeper } from "powerbi-token-keeper/react";

const { createElement, StrictMode, useEffect, useState } = React;
window.app = { keepers: [], users: [], set: null };

function Report({ name, keeper, config }) {
  const { embedConfig, getEmbeddedComponent } = useKeptEmbed(keeper, config);
  const get = (embed) => {
    stage.embeds[name] = embed;
    embed.element.id = name; // where the harness looks for the frame
    getEmbeddedComponent(embed);
  };
  return createElement(PowerBIEmbed, { embedConfig, getEmbeddedComponent: get });
}

function Reports({ configs, user }) {
  const source = ({ signal }) => {
    app.users.push(user);
    return fetch("/api/token", { method: "POST", signal });
  };
  const keeper = useTokenKeeper({ source });
  if (app.keepers.at(-1) !== keeper) app.keepers.push(keeper);
  useEffect(() => {
    app.keeper = keeper;
    const kept = Object.values(stage.keepers);
    if (!kept.includes(keeper)) stage.keep("keeper" + kept.length, keeper);
  }, [keeper]);
  // new objects in every render, as pages have them
  return Object.entries(configs).map(([name, config]) =>
    createElement(Report, { key: name, name, keeper, config: structuredClone(config) }));
}

function App({ first }) {
  const [state, set] = useState(first);
  app.set = (change) => set((before) => ({ ...before, ...change }));
  const { mounted = true, hidden, ...props } = state;
  const reports = mounted && createElement(Reports, props);
  return React.Activity ? createElement(React.Activity, { mode: hidden ? "hidden" : "visible" }, reports) : reports;
}

app.render = (first) =>
  createRoot(stage.container("root")).render(createElement(StrictMode, null, createElement(App, { first })));
`;

const bundles = new Map();

/** Renders the page with these configurations. */
async function renders({ page, site, source }, react, configs) {
  if (!bundles.has(react)) bundles.set(react, await bundle({ client: VERSIONS[0], react }, PAGE));
  site.scripts.set("/dist/page.js", bundles.get(react));
  source.kind = "aad";
  await page.run(() => stage.container("report").remove());
  await page.run(async (first) => {
    await import("/dist/page.js");
    app.render({ configs: first, user: "first" });
  }, configs);
}

/** The app's state changes, and what follows from it without a clock happens. */
const changes = (page, change) => page.does((state) => app.set(state), change);
const status = (page) => page.run(() => app.keeper.status);

for (const react of ["18", "19"]) {
  const reactStory = (name, tell, more) => story(`React ${react}: ${name}`, (told) => tell(told), more);

  reactStory(
    "a report that gets its token late loads once, whatever is rendered then, and takes each new token",
    async (told) => {
      const { page, source, frame } = told;
      const full = page.config({ token: source.mint({ kind: "aad" }) });
      const { accessToken, ...bare } = full;
      await renders(told, react, { report: bare });
      await page.waitsUntil("the bootstrap", () => document.querySelector("#report iframe") !== null);
      assert.equal(await frame.countLoads(), 0);
      await changes(page, { configs: { report: full } });
      await frame.ends({ least: 1 });
      await page.waitsUntil("the engine", () => app.keeper.status.engine !== "none");
      // without a token a keeper asks at once, and StrictMode attaches twice
      const before = source.requests.length;
      assert.ok(before <= 2, `${before} requests`);
      for (let i = 0; i < 3; i += 1) await changes(page, { user: `user ${i}` });
      await page.passes(minutes(55));
      source.expectRequests(before + 1);
      await expectTaken(told);
      // the page puts the new token into its props, as the wrapper's README advises
      await changes(page, { configs: { report: { ...bare, accessToken: source.newest.text } } });
      await page.passes(minutes(5));
      assert.equal(await frame.count("POST /report/load"), 1, "loaded once");
      assert.equal(await page.run(() => app.users.at(-1)), "user 2", "the source of the latest render was called");
      // the frame may ask for itself, too
      await page.passes(minutes(35));
      const asked = await frame.asks();
      await page.rests();
      assert.deepEqual(await asked.answer(), { statusCode: 200, body: source.newest.text });
    },
    { keepers: 2 }, // a request is given up with the first mount
  );

  reactStory("another report in the same component loads, with the token that it came with", async (told) => {
    const { page, source, frame } = told;
    await renders(told, react, { report: page.config({ token: source.mint({ kind: "aad" }) }) });
    await frame.ends({ least: 1 });
    await page.passes(seconds(1)); // powerbi-client drops a load right after another
    const token = source.mint({ kind: "aad" });
    const id = "5d9c4b5a-1111-4aaa-8bbb-000000000009";
    await changes(page, { configs: { report: page.config({ token, id }) } });
    await frame.ends({ least: 2 });
    assert.equal(await page.configToken(), token.text);
    await page.passes(minutes(55));
    source.expectRequests(1);
    await expectTaken(told);
    await page.passes(minutes(40));
    const asked = await frame.asks();
    await page.rests();
    assert.deepEqual(await asked.answer(), { statusCode: 200, body: source.newest.text });
  });

  reactStory("three reports, two of them the same: one keeper, one request, each hook answered", async (told) => {
    const { page, source } = told;
    const config = page.config({ token: source.mint({ kind: "aad" }) });
    const names = ["report", "second", "third"];
    await renders(told, react, Object.fromEntries(names.map((name) => [name, config])));
    for (const name of names) await page.frame(name).ends({ least: 1 });
    await page.passes(minutes(55));
    source.expectRequests(1);
    for (const name of names) {
      await expectTaken(told, name);
      assert.equal(await page.frame(name).count("POST /report/load"), 1, name);
    }
    await page.passes(minutes(40));
    for (const name of names) {
      const asked = await page.frame(name).asks();
      await page.rests();
      assert.deepEqual(await asked.answer(), { statusCode: 200, body: source.newest.text }, name);
    }
    assert.equal((await status(page)).embeds, 3);
  });

  reactStory(
    "unmounted, the keeper has stopped and leaves no timer; mounted anew, another begins",
    async (told) => {
      const { page, source, frame } = told;
      const config = page.config({ token: source.mint({ kind: "aad" }) });
      await renders(told, react, { report: config });
      await frame.ends({ least: 1 });
      await page.passes(minutes(1));
      await changes(page, { mounted: false });
      await page.passes(seconds(1));
      assert.equal((await status(page)).state, "stopped");
      assert.equal(await page.timers(), 0);
      await page.passes(minutes(55));
      source.expectRequests(0);
      await changes(page, { mounted: true });
      await frame.ends({ least: 1 });
      await page.passes(minutes(5));
      // one is given up where StrictMode mounts twice
      assert.ok([1, 2].includes(source.requests.length), `${source.requests.length} requests`);
      await expectTaken(told);
    },
    { keepers: 2 },
  );

  if (react === "19")
    reactStory("hidden by <Activity> and shown again, it is kept again", async (told) => {
      const { page, source, frame } = told;
      const config = page.config({ token: source.mint({ kind: "aad" }) });
      await renders(told, react, { report: config });
      await frame.ends({ least: 1 });
      await changes(page, { hidden: true });
      await page.passes(minutes(1));
      assert.equal((await status(page)).state, "stopped");
      await changes(page, { hidden: false });
      await frame.ends({ least: 1 });
      await page.passes(minutes(54));
      source.expectRequests(1);
      await expectTaken(told);
      assert.equal((await status(page)).embeds, 1);
    });
}
