// A lane's embeds: the containers in its page, powerbi-client's embeds in them, and the demo's line to each frame.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import type { EmbedSpec, Happening } from "./api";
import { embedSandboxed, powerbi } from "./frame";
import type { Held } from "./ledger";
import { SandboxLine, type SandboxState } from "./sandbox-line";

// A frame asks for a token a little before the window of the keeper opens, so that the hook is seen at work.
const BEHAVIOUR = { queryEveryMs: 15_000, askBeforeMs: 660_000 };

interface Placed {
  slot: HTMLElement;
  container: HTMLElement;
  title: string;
  /** As it was at first, the first token included. */
  config: IEmbedConfiguration;
  embed: Embed;
  line: SandboxLine;
  /** The embed has shown its figures once. */
  loaded: boolean;
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
    return [...this.#placed.values()].filter(({ loaded, line }) => loaded && line.state).map(({ line }) => heldOf(line.state as SandboxState));
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

  /** Embeds in the reserved place; null when that was given up meanwhile. */
  show({ key, title }: EmbedSpec, config: IEmbedConfiguration): Embed | null {
    const slot = this.#slots.get(key);
    if (!slot) return null;
    slot.classList.remove("waiting");
    const container = document.createElement("div");
    container.className = "embed";
    container.addEventListener("error", (event) => this.#onError(event, title));
    return this.#embed(key, { slot, container, title, config, loaded: false });
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
    for (const { line } of this.#placed.values()) line.send({ type: "sandbox:plan", plan: change });
  }

  /** Every container is embedded again with the configuration of its first time, as a framework's re-render does. */
  embedAgain(): void {
    for (const [key, placed] of [...this.#placed]) {
      powerbi.reset(placed.container);
      this.#embed(key, placed);
    }
  }

  #embed(key: string, placed: Omit<Placed, "embed" | "line">): Embed {
    const { slot, container, config, title } = placed;
    const embed = embedSandboxed(slot, container, { ...config }, title, BEHAVIOUR);
    const line = new SandboxLine(embed.iframe, () => this.#onState(key));
    // powerbi-client's own listener came first: the frame hears of the load before it hears of the plan
    embed.iframe.addEventListener("load", () => line.send({ type: "sandbox:plan", plan: this.#plan }));
    this.#placed.set(key, { ...placed, embed, line });
    return embed;
  }

  #onState(key: string): void {
    const placed = this.#placed.get(key);
    if (!placed) return;
    if (placed.line.state?.phase === "loaded") placed.loaded = true;
    this.#changed();
  }

  #onError(event: Event, title: string): void {
    const { message, detailedMessage } = (event as CustomEvent<{ message?: string; detailedMessage?: string } | null>).detail ?? {};
    if (!message) return;
    const visual = detailedMessage?.includes("visual titled") === true;
    this.#tell({ kind: "report", tone: "bad", text: visual ? `${title}: a visual says ${message}.` : `${title} says ${message}: ${detailedMessage ?? ""}` });
  }
}

function heldOf({ usable, expiresAt, phase, expiredVisuals, fingerprint }: SandboxState): Held {
  return { usable, expiresAt, fingerprint, broken: phase === "failed" || expiredVisuals > 0 };
}
