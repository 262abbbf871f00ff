// The demo page: wires the lane, the ring, the switches and the log together.
import type { TokenType } from "powerbi-token-keeper";
import { readSwitches, resetSwitches, type Switches, turn } from "./backend";
import { BACKEND_FAULTS, type BackendFault, FRAME_ACTIONS, FRAME_FAULTS, type FrameFault, LIFETIMES, SNIPPETS, WATCH } from "./faults";
import { Lane } from "./lane";
import { clock, EventLog, type Line } from "./log";
import { minutes, Ring } from "./ring";
import { failure, STATES } from "./words";

const REPAINT_MS = 250;

function el<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

const log = new EventLog(el("log"));
const ring = new Ring(el("ring"));
const view = { line: (line: Line) => log.add(line), changed: () => paint() };

let lane: Lane | null = null;
const frameFaults = new Map<FrameFault, HTMLButtonElement>();
const backendFaults = new Map<BackendFault, HTMLButtonElement>();
const providerButtons: HTMLButtonElement[] = [];

const watch = (text: string) => { el("watch").textContent = text; };
const press = (button: HTMLElement, on: boolean) => button.setAttribute("aria-pressed", String(on));
const pressed = (button: HTMLElement) => button.getAttribute("aria-pressed") === "true";

function newButton(place: HTMLElement, label: string, onClick: (button: HTMLButtonElement) => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.addEventListener("click", () => onClick(button));
  place.append(button);
  return button;
}

/** A click on the page must never end in an unhandled rejection: the demo's backend may just have been stopped. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.add({ tone: "warn", text: `The demo’s backend is not there: ${error instanceof Error ? error.message : "unknown"}.` });
  }
}

// ---- the lane ---------------------------------------------------------------------------------------

function restart(tokenType: TokenType): void {
  lane?.end();
  for (const button of frameFaults.values()) press(button, false);
  showKeeper(true);
  el("snippet").textContent = SNIPPETS[tokenType];
  watch(tokenType === 1 ? WATCH.start : WATCH.provider);
  lane = new Lane(el("report"), tokenType, view);
  void lane.start();
  paint();
}

function showKeeper(on: boolean): void {
  press(el("keeper"), on);
  // aria-pressed says it to a screen reader; the word is for the eye.
  put("keeper-state", on ? " on" : " off");
  el<HTMLButtonElement>("refresh").disabled = !on;
}

// ---- painting -----------------------------------------------------------------------------------------

/** Touches the document only where something changed: the page repaints four times a second. */
function put(id: string, text: string): void {
  const place = el(id);
  if (place.textContent !== text) place.textContent = text;
}

function paint(): void {
  if (!lane) return;
  const status = lane.status;
  const { expiresAt, lifetimeMs, windowMs } = lane.reading();
  const now = Date.now();
  const remainingMs = expiresAt === null ? null : expiresAt - now;
  const { text, tone } = STATES[status.state];
  ring.show({ remainingMs, lifetimeMs, windowMs, tone: remainingMs !== null && remainingMs <= 0 ? "bad" : tone });
  put("state", text);
  el("state").dataset["tone"] = tone;
  put("fact-expires", expiresAt === null ? "–" : clock(expiresAt));
  put("fact-next", status.nextCheckAt === null ? "–" : `in ${minutes(Math.max(0, status.nextCheckAt - now))}`);
  put("fact-renewed", status.lastRefreshAt === null ? "–" : clock(status.lastRefreshAt));
  put("fact-requests", String(status.requests));
  put("fact-error", status.lastErrorCode === null ? "none" : failure(status.lastErrorCode));
  put("fact-engine", status.engine === "wasm" ? "WebAssembly" : status.engine === "js" ? "JavaScript" : "none");
  const hooked = lane.frame?.provider === true;
  for (const button of providerButtons) button.disabled = !hooked;
}

// ---- the switches ---------------------------------------------------------------------------------------

function showSwitches(switches: Switches): void {
  el<HTMLSelectElement>("lifetime").value = String(switches.lifetimeSeconds);
  for (const [fault, button] of backendFaults) {
    press(button, Object.entries(fault.on).every(([key, value]) => switches[key as keyof Switches] === value));
  }
}

function turnFrame(fault: FrameFault, button: HTMLButtonElement): void {
  const on = !pressed(button);
  // Faults of one kind replace each other in the frame's plan, so they do on the page.
  const key = Object.keys(fault.on)[0];
  for (const [other, otherButton] of frameFaults) if (Object.keys(other.on)[0] === key) press(otherButton, false);
  press(button, on);
  lane?.sandbox?.send({ type: "sandbox:plan", plan: on ? fault.on : fault.off });
  watch(on ? fault.watch : WATCH.start);
}

function buildSwitches(): void {
  const lifetime = el<HTMLSelectElement>("lifetime");
  for (const { label, seconds } of LIFETIMES) lifetime.add(new Option(label, String(seconds)));
  lifetime.addEventListener("change", () => void attempt(async () => {
    showSwitches(await turn({ lifetimeSeconds: Number(lifetime.value) }));
    watch(WATCH.lifetime);
  }));
  for (const fault of BACKEND_FAULTS) {
    const button = newButton(el("backend-faults"), fault.label, () => void attempt(async () => {
      const on = !pressed(button);
      showSwitches(await turn(on ? fault.on : fault.off));
      watch(on ? fault.watch : WATCH.start);
    }));
    press(button, false);
    backendFaults.set(fault, button);
  }
  for (const fault of FRAME_FAULTS) {
    const button = newButton(el("frame-faults"), fault.label, (self) => turnFrame(fault, self));
    press(button, false);
    frameFaults.set(fault, button);
  }
  for (const action of FRAME_ACTIONS) {
    const button = newButton(el("frame-actions"), action.label, () => {
      lane?.sandbox?.send(action.command);
      watch(action.watch);
    });
    if (action.needsProvider) providerButtons.push(button);
  }
}

function wire(): void {
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="token-type"]')) {
    // A browser that restores the form after a reload must not show one kind and run the other.
    radio.checked = radio.defaultChecked;
    radio.addEventListener("change", () => restart(Number(radio.value) as TokenType));
  }
  el("refresh").addEventListener("click", () => {
    void lane?.refresh();
    watch(WATCH.renew);
  });
  el("keeper").addEventListener("click", () => {
    const on = !pressed(el("keeper"));
    showKeeper(on);
    lane?.keep(on);
    watch(on ? WATCH.on : WATCH.off);
    paint();
  });
  el("log-clear").addEventListener("click", () => log.clear());
  el("all-well").addEventListener("click", () => void attempt(async () => {
    for (const [fault, button] of frameFaults) {
      if (pressed(button)) turnFrame(fault, button);
    }
    showSwitches(await resetSwitches());
    watch(WATCH.start);
  }));
}

buildSwitches();
wire();
restart(1);
setInterval(paint, REPAINT_MS);
void attempt(async () => showSwitches(await readSwitches()));
