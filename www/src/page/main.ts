// The demo's page: wires the two lanes, the controls and the log together.
import { Backend } from "../backend";
import type { LaneName } from "../lane/api";
import { RATES, type TimeSource } from "../time/source";
import { Demo, LANES } from "./demo";
import { button, el, make, press, put } from "./dom";
import { EmbedPanel } from "./embed-panel";
import { FaultPanel } from "./fault-panel";
import { clockShort, elapsed } from "./format";
import { LaneView } from "./lane-view";
import { buildLog } from "./log-panel";
import { STORIES } from "./stories";

const REPAINT_MS = 200;

const log = buildLog();
const views = Object.fromEntries(LANES.map((name) => [name, new LaneView(el(`lane-${name}`))])) as Record<LaneName, LaneView>;
let demo: Demo;

/** Between two steps of time. A click must never end in an unhandled rejection: the demo's server may have been stopped. */
function act(work: () => Promise<void>): void {
  void demo.do(work).catch((error: unknown) => say(`The demo’s backend is not there: ${error instanceof Error ? error.message : "unknown"}.`));
}

const say = (caption: string) => put(el("caption"), caption);
const faults = new FaultPanel(() => demo, act);
const embeds = new EmbedPanel(() => demo, act);
const stories = new Map(STORIES.map((story) => [story, button(story.label, () => act(() => demo.tell(story)))]));
const paces = new Map(RATES.map((rate) => [rate, pace(rate)]));
let paceBeforePause: (typeof RATES)[number] = 60;

function pace(rate: (typeof RATES)[number]): HTMLInputElement {
  const radio = make("input", { type: "radio", name: "pace", value: String(rate) });
  radio.addEventListener("change", () => act(() => demo.setPace(rate)));
  el("paces").append(make("label", {}, radio, make("span", { textContent: `${rate}×` })));
  return radio;
}

function showControls(): void {
  faults.show();
  embeds.show();
  if (demo.pace !== 0) paceBeforePause = demo.pace;
  for (const [rate, radio] of paces) radio.checked = rate === paceBeforePause;
  press(el("pause"), demo.pace === 0);
  for (const [story, one] of stories) press(one, demo.story === story);
}

function paint(): void {
  const { now, startedAt, spans } = demo;
  put(el("elapsed"), elapsed(now - startedAt));
  put(el("clock"), clockShort(now));
  for (const name of LANES) {
    const lane = demo.lane(name);
    if (lane) views[name].show(lane.reading(), spans.all, startedAt, now);
  }
  log.paint();
}

/** The site without a server has its backend in the page, and its time with it. */
async function ownBackend(): Promise<{ backend: Backend; source: TimeSource }> {
  const [{ DemoBackend }, { inPageFetch }, { OwnTime }] = await Promise.all([import("../../backend/backend"), import("../../backend/in-page"), import("../time/own")]);
  // For tests: time that a hand moves.
  const byHand = new URLSearchParams(location.search).get("time") === "by-hand";
  const source = new OwnTime(byHand);
  const backend = new DemoBackend(source.forBackend);
  if (byHand) Object.assign(window, { step: (realMs: number) => stepByHand(source, realMs) });
  return { backend: new Backend(inPageFetch(backend)), source };
}

/** As if so much real time had passed; resolves when all of it is on the page. */
async function stepByHand(source: { step(realMs: number): void }, realMs: number): Promise<void> {
  // what was clicked before comes first
  await demo.do(async () => {});
  source.step(realMs);
  await demo.driver.catchUp();
  paint();
}

async function serverBackend(): Promise<{ backend: Backend; source: TimeSource }> {
  const { ServerTime } = await import("../time/server");
  const backend = new Backend(null);
  return { backend, source: await ServerTime.of(backend) };
}

async function start(): Promise<void> {
  const { backend, source } = await (import.meta.env.MODE === "static" ? ownBackend() : serverBackend());
  demo = new Demo(backend, source, views, log, { changed: showControls, say });
  el("stories").append(...stories.values());
  el("pause").addEventListener("click", () => act(() => demo.setPace(demo.pace === 0 ? paceBeforePause : 0)));
  el("again").addEventListener("click", () => act(() => demo.restart()));
  pauseWhileHidden();
  if (import.meta.env.MODE === "static") void keepForOffline();
  setInterval(paint, REPAINT_MS);
  demo.driver.start();
  act(async () => {
    await demo.setPace(60);
    await demo.tell(STORIES[0] as (typeof STORIES)[number]);
  });
}

/** The static site works without a network once it was loaded. Where a browser allows no service worker it works as before. */
async function keepForOffline(): Promise<void> {
  await navigator.serviceWorker?.register(new URL("offline.js", document.baseURI)).catch(() => {});
}

/** A tab that nobody looks at gets few timers, and a visitor who comes back wants to find what was there. */
function pauseWhileHidden(): void {
  let paused = false;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && demo.pace !== 0) {
      paused = true;
      act(() => demo.setPace(0));
    } else if (!document.hidden && paused) {
      paused = false;
      act(() => demo.setPace(paceBeforePause));
    }
  });
}

start().catch((error: unknown) => say(`The demo’s backend is not there: ${error instanceof Error ? error.message : "unknown"}.`));
