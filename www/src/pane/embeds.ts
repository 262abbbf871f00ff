// A pane's embeds: the containers in its page, powerbi-client's embeds in them, and the demo's line to each frame.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import type { EmbedSpec, LogEvent } from "./api";
import { embedLive, embedSandboxed, powerbi } from "./frame";
import type { HeldToken } from "./token-log";
import { FrameChannel, type FrameState } from "./frame-channel";

// A frame asks for a token a little before the window of the keeper opens, so that the hook is seen at work.
const BEHAVIOUR = { queryEveryMs: 15_000, askBeforeMs: 660_000 };

/** How long, in real time, a frame that loads may hold virtual time up. */
const LOADING_MS = 5_000;

interface EmbedEntry {
  spec: EmbedSpec;
  slot: HTMLElement;
  container: HTMLElement;
  /** As it was at first, the first token included. */
  config: IEmbedConfiguration;
  embed: Embed;
  /** Null in live mode: Microsoft's frame tells nothing beyond its events. */
  line: FrameChannel | null;
  /** When it was embedded, by the real clock of the demo's page. */
  since: number;
  /** The embed has shown its figures once. */
  loaded: boolean;
  /**
   * In live mode: the expiration of the token that was handed over last, and whether the frame said that it has
   * expired.
   */
  expiresAt: number | null;
  broken: boolean;
}

export class Embeds {
  readonly #place: HTMLElement;
  readonly #entries = new Map<string, EmbedEntry>();
  readonly #slots = new Map<string, HTMLElement>();
  readonly #changed: () => void;
  readonly #tell: (event: Omit<LogEvent, "at">) => void;
  #plan: Record<string, unknown> = {};

  constructor(place: HTMLElement, changed: () => void, tell: (event: Omit<LogEvent, "at">) => void) {
    this.#place = place;
    this.#changed = changed;
    this.#tell = tell;
  }

  get embeds(): Embed[] {
    return [...this.#entries.values()].map(({ embed }) => embed);
  }

  /** What those hold that have loaded once. */
  get held(): HeldToken[] {
    return [...this.#entries.values()].flatMap(({ spec, loaded, line, expiresAt, broken }) => {
      if (!loaded) return [];
      if (!line) return { usable: true, expiresAt, broken, fingerprint: String(expiresAt) };
      return line.state ? heldTokenOf(line.state, spec) : [];
    });
  }

  /** A stand-in frame is on its way, which takes real time and no virtual one. */
  isLoading(realNow: number): boolean {
    if (this.#plan["silent"] === true) return false;
    return [...this.#entries.values()].some(
      ({ line, since }) =>
        line && !["loaded", "failed"].includes(line.state?.phase ?? "") && realNow - since < LOADING_MS,
    );
  }

  /** Keeps the place of an embed whose token is not there yet. False when it has one. */
  reserve({ key }: EmbedSpec): boolean {
    if (this.#slots.has(key)) return false;
    const slot = document.createElement("div");
    slot.className = "slot waiting";
    this.#slots.set(key, slot);
    this.#place.append(slot);
    this.#place.dataset["embeds"] = String(this.#slots.size);
    return true;
  }

  /** Embeds in the reserved place; null when that was given up meanwhile. `expiresAt` is that of the config's token. */
  show(spec: EmbedSpec, config: IEmbedConfiguration, expiresAt: number | null): Embed | null {
    const slot = this.#slots.get(spec.key);
    if (!slot) return null;
    slot.classList.remove("waiting");
    const container = document.createElement("div");
    container.className = "embed";
    container.addEventListener("error", (event) => this.#onError(event, spec));
    if (spec.live)
      for (const type of ["loaded", "tileLoaded", "rendered"])
        container.addEventListener(type, () => this.#onShown(spec.key));
    return this.#embed({ spec, slot, container, config, expiresAt, loaded: false, broken: false });
  }

  /** In live mode: the embed has taken a token. A stand-in frame says so itself. */
  tookToken(key: string, expiresAt: number): void {
    const entry = this.#entries.get(key);
    if (!entry || entry.line) return;
    entry.expiresAt = expiresAt;
    this.#changed();
  }

  embedOf(key: string): Embed | undefined {
    return this.#entries.get(key)?.embed;
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry) powerbi.reset(entry.container);
    this.#slots.get(key)?.remove();
    this.#slots.delete(key);
    this.#entries.delete(key);
    this.#place.dataset["embeds"] = String(this.#slots.size);
    this.#changed();
  }

  plan(change: Record<string, unknown>): void {
    this.#plan = { ...this.#plan, ...change };
    for (const { line } of this.#entries.values()) line?.send({ type: "sandbox:plan", plan: change });
  }

  /** Embeds in the same container, as a page does that switches reports. */
  replace(key: string, config: IEmbedConfiguration): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    const embed = powerbi.embed(entry.container, { ...config });
    this.#entries.set(key, { ...entry, config, embed });
  }

  /** Every container is embedded again with the configuration of its first time, as a framework's re-render does. */
  embedAgain(): void {
    for (const entry of [...this.#entries.values()]) {
      powerbi.reset(entry.container);
      this.#embed(entry);
    }
  }

  #embed(entry: Omit<EmbedEntry, "embed" | "line" | "since">): Embed {
    const { spec, slot, container, config } = entry;
    const embed = spec.live
      ? embedLive(slot, container, { ...config }, spec.title)
      : embedSandboxed(slot, container, { ...config }, spec.title, BEHAVIOUR);
    const since = parent.performance.now();
    this.#entries.set(spec.key, { ...entry, embed, since, line: spec.live ? null : this.#connect(spec.key, embed) });
    return embed;
  }

  #connect(key: string, embed: Embed): FrameChannel {
    const line = new FrameChannel(embed.iframe, () => this.#onState(key));
    // powerbi-client's own listener came first: the frame hears of the load before it hears of the plan
    embed.iframe.addEventListener("load", () => line.send({ type: "sandbox:plan", plan: this.#plan }));
    return line;
  }

  #onState(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (entry.line?.state?.phase === "loaded") entry.loaded = true;
    this.#changed();
  }

  #onShown(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    Object.assign(entry, { loaded: true, broken: false });
    this.#changed();
  }

  #onError(event: Event, { key, title, live }: EmbedSpec): void {
    const { message, detailedMessage } =
      (event as CustomEvent<{ message?: string; detailedMessage?: string } | null>).detail ?? {};
    if (!message) return;
    const visual = detailedMessage?.includes("visual titled") === true;
    this.#tell({
      kind: "report",
      tone: "bad",
      text: visual ? `${title}: a visual raised ${message}.` : `${title} raised ${message}: ${detailedMessage ?? ""}`,
    });
    const entry = this.#entries.get(key);
    if (!live || !entry) return;
    entry.broken = true;
    this.#changed();
  }
}

/** Another user's token is none that this embed may hold. */
function heldTokenOf(state: FrameState, { role }: EmbedSpec): HeldToken {
  const { expiresAt, fingerprint, phase, expiredVisuals } = state;
  const usable = state.usable && state.role === (role ?? null);
  return { usable, expiresAt, fingerprint, broken: phase === "failed" || expiredVisuals > 0 };
}
