// A lane's embeds: the containers in its page, powerbi-client's embeds in them, and the demo's line to each frame.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import type { EmbedSpec, Happening } from "./api";
import { embedLive, embedSandboxed, powerbi } from "./frame";
import type { Held } from "./ledger";
import { SandboxLine, type SandboxState } from "./sandbox-line";

// A frame asks for a token a little before the window of the keeper opens, so that the hook is seen at work.
const BEHAVIOUR = { queryEveryMs: 15_000, askBeforeMs: 660_000 };

/** How long, in real time, a frame that loads may hold virtual time up. */
const LOADING_MS = 5_000;

interface Placed {
  spec: EmbedSpec;
  slot: HTMLElement;
  container: HTMLElement;
  /** As it was at first, the first token included. */
  config: IEmbedConfiguration;
  embed: Embed;
  /** Null in live mode: Microsoft's frame tells nothing beyond its events. */
  line: SandboxLine | null;
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

export class Stage {
  readonly #place: HTMLElement;
  readonly #placed = new Map<string, Placed>();
  readonly #slots = new Map<string, HTMLElement>();
  readonly #changed: () => void;
  readonly #tell: (happening: Omit<Happening, "at">) => void;
  #plan: Record<string, unknown> = {};

  constructor(place: HTMLElement, changed: () => void, tell: (happening: Omit<Happening, "at">) => void) {
    this.#place = place;
    this.#changed = changed;
    this.#tell = tell;
  }

  get embeds(): Embed[] {
    return [...this.#placed.values()].map(({ embed }) => embed);
  }

  /** What those hold that have loaded once. */
  get held(): Held[] {
    return [...this.#placed.values()].flatMap(({ loaded, line, expiresAt, broken }) => {
      if (!loaded) return [];
      if (!line) return { usable: true, expiresAt, broken, fingerprint: String(expiresAt) };
      return line.state ? heldOf(line.state) : [];
    });
  }

  /** A stand-in frame is on its way, which takes real time and no virtual one. */
  isLoading(realNow: number): boolean {
    if (this.#plan["silent"] === true) return false;
    return [...this.#placed.values()].some(
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
    const placed = this.#placed.get(key);
    if (!placed || placed.line) return;
    placed.expiresAt = expiresAt;
    this.#changed();
  }

  embedOf(key: string): Embed | undefined {
    return this.#placed.get(key)?.embed;
  }

  remove(key: string): void {
    const placed = this.#placed.get(key);
    if (placed) powerbi.reset(placed.container);
    this.#slots.get(key)?.remove();
    this.#slots.delete(key);
    this.#placed.delete(key);
    this.#place.dataset["embeds"] = String(this.#slots.size);
    this.#changed();
  }

  plan(change: Record<string, unknown>): void {
    this.#plan = { ...this.#plan, ...change };
    for (const { line } of this.#placed.values()) line?.send({ type: "sandbox:plan", plan: change });
  }

  /** Every container is embedded again with the configuration of its first time, as a framework's re-render does. */
  embedAgain(): void {
    for (const placed of [...this.#placed.values()]) {
      powerbi.reset(placed.container);
      this.#embed(placed);
    }
  }

  #embed(placed: Omit<Placed, "embed" | "line" | "since">): Embed {
    const { spec, slot, container, config } = placed;
    const embed = spec.live
      ? embedLive(slot, container, { ...config }, spec.title)
      : embedSandboxed(slot, container, { ...config }, spec.title, BEHAVIOUR);
    const since = parent.performance.now();
    this.#placed.set(spec.key, { ...placed, embed, since, line: spec.live ? null : this.#connect(spec.key, embed) });
    return embed;
  }

  #connect(key: string, embed: Embed): SandboxLine {
    const line = new SandboxLine(embed.iframe, () => this.#onState(key));
    // powerbi-client's own listener came first: the frame hears of the load before it hears of the plan
    embed.iframe.addEventListener("load", () => line.send({ type: "sandbox:plan", plan: this.#plan }));
    return line;
  }

  #onState(key: string): void {
    const placed = this.#placed.get(key);
    if (!placed) return;
    if (placed.line?.state?.phase === "loaded") placed.loaded = true;
    this.#changed();
  }

  #onShown(key: string): void {
    const placed = this.#placed.get(key);
    if (!placed) return;
    Object.assign(placed, { loaded: true, broken: false });
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
      text: visual ? `${title}: a visual says ${message}.` : `${title} says ${message}: ${detailedMessage ?? ""}`,
    });
    const placed = this.#placed.get(key);
    if (!live || !placed) return;
    placed.broken = true;
    this.#changed();
  }
}

function heldOf({ usable, expiresAt, phase, expiredVisuals, fingerprint }: SandboxState): Held {
  return { usable, expiresAt, fingerprint, broken: phase === "failed" || expiredVisuals > 0 };
}
