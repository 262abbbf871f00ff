// A page that is left open for a week: visible, hidden, frozen and asleep in turn, with twenty embeds. Nothing grows.
// `WEEK=write` draws docs/internals/week.svg from what it measured.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { seesMemory } from "./lib/memory.mjs";
import { hours, minutes, storyApart as story } from "./lib/story.mjs";

const EMBEDS = 20;
/** The first days the page grows into what it needs. */
const SETTLED = 2;
/** What its scripts may hold beyond what they did: less than one object of each request of the days between. */
const SLACK = 60_000;

/** A day of the page, and what it holds in the evening. */
async function day(told, number) {
  const { page, source } = told;
  const before = source.requests.length;
  await page.passes(hours(4));
  await page.hides();
  await page.passes(hours(3));
  await page.shows();
  // frozen: no timer fires, and the clocks go on
  await page.sleeps(hours(2));
  await page.hears("document", "resume");
  await page.passes(hours(1));
  if (number % 2) await page.sleepsUncounted(hours(14) - minutes(1));
  else await page.sleeps(hours(14) - minutes(1));
  await page.shows();
  await page.passes(minutes(1));
  const engine = await page.run(() => window.memories.reduce((sum, buffer) => sum + buffer().byteLength, 0));
  return {
    heap: await page.heap(),
    engine,
    timers: await page.timers(),
    listeners: (await page.listeners()).length,
    requests: source.requests.length - before,
  };
}

story(
  "a week of twenty embeds: no more memory, listeners, timers or requests on the last day than on the third",
  async (told) => {
    const { page, source, keeper } = told;
    await seesMemory(page);
    await keeper.starts();
    await page.run(
      ([token, count]) => {
        for (let i = 0; i < count; i++) {
          const element = stage.container(`panel${i}`);
          const config = { type: "report", id: "r", groupId: "g", tokenType: 1, accessToken: token };
          element.powerBiEmbed = stage.embeds[element.id] = {
            element,
            config,
            setAccessToken: async (given) => void (config.accessToken = given),
            reload: async () => {},
          };
        }
      },
      [source.mint().text, EMBEDS],
    );
    await keeper.attaches(...Array.from({ length: EMBEDS }, (_, i) => `panel${i}`));
    const days = [];
    for (let number = 0; number < 7; number++) {
      days.push(await day(told, number));
      // what was minted is the story's, and not the page's
      source.tokens.splice(0, source.tokens.length - 5);
    }
    if (process.env.WEEK === "write") await draw(days);
    const [settled, last] = [days[SETTLED], days.at(-1)];
    const shown = JSON.stringify(days);
    assert.deepEqual(
      { engine: last.engine, timers: last.timers, listeners: last.listeners },
      { engine: settled.engine, timers: 1, listeners: settled.listeners },
      shown,
    );
    assert.ok(last.heap - settled.heap < SLACK, shown);
    for (const { requests } of days.slice(SETTLED)) assert.ok(requests <= settled.requests + 1, shown);
    for (const { id } of await page.run(() => Object.values(stage.embeds).map(({ element }) => ({ id: element.id }))))
      assert.equal(await page.configToken(id), source.newest.text);
  },
);

/** The week's curves. */
async function draw(days) {
  const { svg } = await import("../../bench/lib/chart.mjs");
  const CURVES = [
    ["the page's scripts, KB", ({ heap }) => Math.round(heap / 1000)],
    ["engine's memory, KB", ({ engine }) => engine / 1024],
    ["requests in the day", ({ requests }) => requests],
    ["listeners", ({ listeners }) => listeners],
    ["timers", ({ timers }) => timers],
  ];
  const width = 860 / CURVES.length;
  const text = svg(
    {
      title: CURVES.map(([name], i) => ({ text: name, left: i * width + 12, top: 8, textStyle: { fontSize: 12 } })),
      grid: CURVES.map((_, i) => ({ left: i * width + 48, width: width - 64, top: 48, bottom: 32 })),
      xAxis: CURVES.map((_, i) => ({ gridIndex: i, type: "category", data: days.map((_day, number) => number + 1) })),
      yAxis: CURVES.map((_, i) => ({ gridIndex: i, min: 0 })),
      series: CURVES.map(([name, of], i) => ({
        name,
        type: "line",
        xAxisIndex: i,
        yAxisIndex: i,
        data: days.map(of),
      })),
    },
    { height: 260 },
  );
  writeFileSync(fileURLToPath(new URL("../../docs/internals/week.svg", import.meta.url)), text);
}
