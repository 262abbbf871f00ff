// What the page shows of one lane: state, countdown, timeline, counters.
import type { Lane, LaneName, Reading } from "../lane/api";
import { el, part, put } from "./dom";
import { clock, countdown, duration } from "./format";
import { Ring } from "./ring";
import type { Span } from "./spans";
import { Timeline } from "./timeline";

const TITLES: Record<LaneName, { title: string; frame: string }> = {
  keeper: { title: "powerbi-token-keeper", frame: "A page with this package" },
  loop: { title: "Microsoft’s documented loop", frame: "A page with Microsoft’s documented loop" },
};

export class LaneView {
  readonly #name: LaneName;
  readonly frame: HTMLIFrameElement;
  readonly #root: HTMLElement;
  readonly #ring: Ring;
  readonly #timeline: Timeline;

  constructor(name: LaneName) {
    const root = el(`lane-${name}`);
    root.append(el<HTMLTemplateElement>("lane").content.cloneNode(true));
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

  /** Loads the lane's page afresh. */
  async load(): Promise<Lane> {
    const loaded = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
    this.frame.src = new URL(`lane.html?lane=${this.#name}`, document.baseURI).href;
    await loaded;
    const lane = this.frame.contentWindow?.lane;
    if (!lane) throw new Error(`the ${this.#name}'s lane could not be loaded`);
    return lane;
  }

  set code(text: string) {
    put(part(this.#root, "code"), text);
  }

  set embeds(count: number) {
    this.frame.dataset["embeds"] = String(count);
  }

  show(reading: Reading, spans: readonly Span[], start: number, now: number): void {
    const { state, expiresAt, lifetimeMs, windowMs, counters, nextCheck } = reading;
    const remainingMs = expiresAt === null ? null : expiresAt - now;
    this.#ring.show({
      remainingMs,
      lifetimeMs,
      windowMs,
      tone: remainingMs !== null && remainingMs <= 0 ? "bad" : state.tone,
    });
    const chip = part(this.#root, "state");
    put(chip, state.text);
    chip.dataset["tone"] = state.tone;
    put(part(this.#root, "expires"), expiresAt === null ? "no token" : `token ends ${clock(expiresAt)}`);
    put(
      part(this.#root, "next"),
      typeof nextCheck === "string" ? nextCheck : `next check in ${countdown(Math.max(0, nextCheck - now))}`,
    );
    this.#count("without", duration(counters.withoutTokenMs), counters.withoutTokenMs > 0);
    this.#count("broken", duration(counters.brokenMs), counters.brokenMs > 0);
    this.#count("requests", String(counters.requests), false);
    put(part(this.#root, "refused"), counters.refused === 0 ? "" : `, ${counters.refused} refused`);
    this.#count("unhandled", String(counters.unhandled), counters.unhandled > 0);
    this.#timeline.show(reading, spans, start, now);
    this.#timeline.describe(
      `${state.text}. Without a valid token for ${duration(counters.withoutTokenMs)}, ${counters.requests} ` +
        `requests, ${counters.refused} of them refused, ${counters.unhandled} unhandled errors.`,
    );
  }

  #count(name: string, text: string, bad: boolean): void {
    const place = part(this.#root, name);
    put(place, text);
    place.dataset["tone"] = bad ? "bad" : "plain";
  }
}
