// The demo's page: wires the two panes, the controls and the log together.
import type { LiveConfig } from "../../backend/config";
import { Backend } from "../backend";
import type { PaneName } from "../pane/api";
import { type Pace, RATES, type TimeSource, WEEK_RATE } from "../time/source";
import { Demo, PANES } from "./demo";
import { button, el, createElement, setPressed, setText } from "./dom";
import { EmbedPanel } from "./embed-panel";
import { FaultPanel } from "./fault-panel";
import { clockShort, elapsed } from "./format";
import { PaneView } from "./pane-view";
import { buildLog } from "./log-panel";
import { STORIES, type Story } from "./stories";

const REPAINT_MS = 200;

const log = buildLog();
const views = Object.fromEntries(PANES.map((name) => [name, new PaneView(name)])) as Record<PaneName, PaneView>;
let demo: Demo;

/**
 * Between two steps of time. A click must never end in an unhandled rejection: the demo's server may have been stopped.
 */
function act(work: () => Promise<void>): void {
  void demo.do(work).catch(showError);
}

async function showError(error: unknown): Promise<void> {
  const { errorText } = await import("./error-text");
  say(await errorText(error));
}

const say = (caption: string) => setText(el("caption"), caption);
const faults = new FaultPanel(() => demo, act);
const embeds = new EmbedPanel(() => demo, act);
const stories = new Map(STORIES.map((story) => [story, button(story.label, () => play(story))]));
type Rate = Exclude<Pace, 0>;
const PACES: ReadonlyMap<Rate, string> = new Map([
  ...RATES.map((rate) => [rate, `${rate}×`] as const),
  [WEEK_RATE, "Week in 2 min"] as const,
]);
const paces = new Map([...PACES].map(([rate, label]) => [rate, pace(rate, label)]));
let paceBeforePause: Rate = 60;

function pace(rate: Rate, label: string): HTMLInputElement {
  const radio = createElement("input", { type: "radio", name: "pace", value: String(rate) });
  radio.addEventListener("change", () => act(() => demo.setPace(rate)));
  el("paces").append(createElement("label", {}, radio, createElement("span", { textContent: label })));
  return radio;
}

function play(story: Story): void {
  // the server's time does not wait for the panes: such a story has its backend in the page
  if (!demo.paces.includes(story.pace)) location.search = `?story=${story.key}`;
  else act(() => demo.play(story));
}

function showControls(): void {
  faults.show();
  embeds.show();
  if (demo.pace !== 0) paceBeforePause = demo.pace;
  for (const [rate, radio] of paces) radio.checked = rate === paceBeforePause;
  setPressed(el("pause"), demo.pace === 0);
  for (const [story, one] of stories) setPressed(one, demo.story === story);
}

function paint(): void {
  const { now, startedAt: start, spans, shownMs } = demo;
  setText(el("elapsed"), elapsed(start === 0 ? 0 : now - start));
  setText(el("clock"), clockShort(now));
  for (const name of PANES) {
    const pane = demo.pane(name);
    if (pane) views[name].show(pane.status(), spans.all, { start, now, shownMs });
  }
  log.paint();
}

/** The site without a server has its backend in the page, and its time with it. */
async function localBackend(): Promise<{ backend: Backend; source: TimeSource; live: null }> {
  const [{ DemoBackend }, { inPageFetch }, { LocalTime }] = await Promise.all([
    import("../../backend/backend"),
    import("../../backend/in-page"),
    import("../time/local"),
  ]);
  // For tests: time that a hand moves.
  const byHand = new URLSearchParams(location.search).get("time") === "by-hand";
  const source = new LocalTime(byHand);
  const backend = new DemoBackend(source.forBackend);
  if (byHand) Object.assign(window, { step: (realMs: number) => stepByHand(source, realMs) });
  return { backend: new Backend(inPageFetch(backend)), source, live: null };
}

/** As if so much real time had passed; resolves when all of it is on the page. */
async function stepByHand(source: { step(realMs: number): void }, realMs: number): Promise<void> {
  // what was clicked before comes first
  await demo.do(async () => {});
  source.step(realMs);
  await demo.driver.catchUp();
  paint();
}

async function serverBackend(): Promise<{ backend: Backend; source: TimeSource; live: LiveConfig | null }> {
  const backend = new Backend(null);
  const config = await backend.config();
  if (config.mode === "live") return { backend, source: (await import("../time/real")).realTime, live: config };
  return { backend, source: await (await import("../time/server")).ServerTime.of(backend), live: null };
}

async function start(): Promise<void> {
  // a link may name a story, or none
  const wanted = new URLSearchParams(location.search).get("story");
  const story = STORIES.find(({ key }) => key === wanted) ?? STORIES[0];
  const inPage = import.meta.env.MODE === "static" || story?.pace === WEEK_RATE;
  const { backend, source, live } = await (inPage ? localBackend() : serverBackend());
  demo = new Demo(backend, source, views, log, { changed: showControls, say });
  for (const [rate, radio] of paces) if (!source.paces.includes(rate)) radio.parentElement?.remove();
  el("stories").append(...stories.values());
  el("pause").addEventListener("click", () => act(() => demo.setPace(demo.pace === 0 ? paceBeforePause : 0)));
  el("again").addEventListener("click", () => act(() => demo.restart()));
  setInterval(paint, REPAINT_MS);
  demo.driver.start();
  if (import.meta.env.MODE === "static") keepForOffline();
  if (import.meta.env.MODE !== "static" && live) return startLive(live);
  pauseWhileHidden();
  act(() => (wanted === "none" || !story ? demo.restart({ pace: 60 }) : demo.play(story)));
}

async function startLive(config: LiveConfig): Promise<void> {
  document.body.dataset["mode"] = "live";
  // nothing to see yet where visitors sign in first
  document.body.toggleAttribute("data-waiting", config.embeds.length === 0);
  faults.restrict(config.switches);
  const { openLive } = await import("./live");
  act(() => openLive(config, demo, say));
}

/**
 * The static site works without a network once it was used: the first click or key has the rest of it loaded. Where a
 * browser allows no service worker it works as before.
 */
function keepForOffline(): void {
  const signs = ["pointerdown", "keydown"] as const;
  const register = () => {
    for (const sign of signs) removeEventListener(sign, register);
    void navigator.serviceWorker?.register(new URL("offline.js", document.baseURI)).catch(() => {});
  };
  for (const sign of signs) addEventListener(sign, register);
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

/**
 * The server may have been told something wrong, or Microsoft says no: that is explained, and tried again on request.
 */
export function startOrTellWhy(): void {
  say("Starting two pages, each with a report…");
  start().catch(async (error: unknown) => {
    await showError(error);
    const again = button("Try again", () => {
      again.remove();
      startOrTellWhy();
    });
    el("caption").after(again);
  });
}
