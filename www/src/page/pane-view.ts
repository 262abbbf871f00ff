// What the page shows of one pane: state, countdown, timeline, counters.
import type { Pane, PaneName, PaneStatus } from "../pane/api";
import { el, part, setText } from "./dom";
import { clock, countdown, duration } from "./format";
import { Ring } from "./ring";
import type { FaultSpan } from "./fault-spans";
import { type TimeSpan, Timeline } from "./timeline";

const TITLES: Record<PaneName, { title: string; frame: string }> = {
  keeper: { title: "powerbi-token-keeper", frame: "A page with this package" },
  loop: { title: "Microsoft’s documented loop", frame: "A page with Microsoft’s documented loop" },
};

export class PaneView {
  readonly #name: PaneName;
  readonly frame: HTMLIFrameElement;
  readonly #root: HTMLElement;
  readonly #ring: Ring;
  readonly #timeline: Timeline;

  constructor(name: PaneName) {
    const root = el(`pane-${name}`);
    root.append(el<HTMLTemplateElement>("pane").content.cloneNode(true));
    const title = part(root, "title");
    title.id = `${name}-title`;
    title.textContent = TITLES[name].title;
    this.#name = name;
    this.#root = root;
    this.frame = part<HTMLIFrameElement>(root, "frame");
    this.frame.title = TITLES[name].frame;
    this.#ring = new Ring(part(root, "ring"));
    this.#timeline = new Timeline(part(root, "timeline"));
  }

  /** Loads the pane's page afresh. */
  async load(): Promise<Pane> {
    const loaded = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
    this.frame.src = new URL(`pane.html?pane=${this.#name}`, document.baseURI).href;
    await loaded;
    const pane = this.frame.contentWindow?.pane;
    if (!pane) throw new Error(`the ${this.#name}'s pane could not be loaded`);
    return pane;
  }

  set code(text: string) {
    setText(part(this.#root, "code"), text);
  }

  set embeds(count: number) {
    this.frame.dataset["embeds"] = String(count);
  }

  show(reading: PaneStatus, spans: readonly FaultSpan[], time: TimeSpan): void {
    const { now } = time;
    const { state, expiresAt, lifetimeMs, windowMs, counters, nextCheck } = reading;
    const remainingMs = expiresAt === null ? null : expiresAt - now;
    this.#ring.show({
      remainingMs,
      lifetimeMs,
      windowMs,
      tone: remainingMs !== null && remainingMs <= 0 ? "bad" : state.tone,
    });
    const chip = part(this.#root, "state");
    setText(chip, state.text);
    chip.dataset["tone"] = state.tone;
    setText(part(this.#root, "expires"), expiresAt === null ? "no token" : `token ends ${clock(expiresAt)}`);
    setText(
      part(this.#root, "next"),
      typeof nextCheck === "string" ? nextCheck : `next check in ${countdown(Math.max(0, nextCheck - now))}`,
    );
    this.#count("without", duration(counters.withoutTokenMs), counters.withoutTokenMs > 0);
    this.#count("broken", duration(counters.brokenMs), counters.brokenMs > 0);
    this.#count("requests", String(counters.requests), false);
    setText(part(this.#root, "refused"), counters.refused === 0 ? "" : `, ${counters.refused} refused`);
    this.#count("unhandled", String(counters.unhandled), counters.unhandled > 0);
    this.#timeline.show(reading, spans, time);
    this.#timeline.describe(
      `${state.text}. Without a valid token for ${duration(counters.withoutTokenMs)}, ${counters.requests} ` +
        `requests, ${counters.refused} of them refused, ${counters.unhandled} unhandled errors.`,
    );
  }

  #count(name: string, text: string, bad: boolean): void {
    const place = part(this.#root, name);
    setText(place, text);
    place.dataset["tone"] = bad ? "bad" : "plain";
  }
}
