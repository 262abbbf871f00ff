// One report and the keeper that keeps its token fresh. The page has one such lane; several, side by side, are several
// instances.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import { type KeeperEventMap, type KeeperStatus, TokenKeeper, type TokenType } from "powerbi-token-keeper";
import { tokenUrl } from "./backend";
import { embedSandboxed, powerbi } from "./frame";
import type { Line } from "./log";
import { SandboxLine, type SandboxState } from "./sandbox-line";
import { failure, LINES } from "./words";

const REPORT_ID = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00010";
const GROUP_ID = "7d1c0de0-5eed-4a11-9b0b-0c0ffee00011";
const CLUSTER = { clusterUrl: "https://WABI-DEMO-SANDBOX-redirect.analysis.windows.net", embedFeatures: { modernEmbed: true } };
const EMBED_URL = `https://app.powerbi.com/reportEmbed?reportId=${REPORT_ID}&groupId=${GROUP_ID}&w=2&config=${encodeURIComponent(btoa(JSON.stringify(CLUSTER)))}`;

// The frame asks for a token a little before the keeper's own window opens, so that the hook is seen at work.
const BEHAVIOUR = { queryEveryMs: 4_000, askBeforeMs: 70_000 };
const FIRST_TOKEN_RETRY_MS = 4_000;
const DEFAULT_LEAD_MS = 600_000;

export interface LaneView {
  line(line: Line): void;
  /** The keeper or the frame has something new to show. */
  changed(): void;
}

/** What the ring shows. */
export interface TokenReading {
  expiresAt: number | null;
  lifetimeMs: number | null;
  windowMs: number | null;
}

export class Lane {
  readonly tokenType: TokenType;
  readonly #place: HTMLElement;
  readonly #view: LaneView;
  #keeper: TokenKeeper;
  #embed: Embed | null = null;
  #sandbox: SandboxLine | null = null;
  #container: HTMLElement | null = null;
  #life: { expiresAt: number; lifetimeMs: number } | null = null;
  /** The report fell while no keeper was listening, and needs more than a token. */
  #fallen = false;
  #ended = false;

  constructor(place: HTMLElement, tokenType: TokenType, view: LaneView) {
    this.#place = place;
    this.tokenType = tokenType;
    this.#view = view;
    this.#keeper = this.#newKeeper();
  }

  get status(): KeeperStatus {
    return this.#keeper.status;
  }

  get frame(): SandboxState | null {
    return this.#sandbox?.state ?? null;
  }

  get sandbox(): SandboxLine | null {
    return this.#sandbox;
  }

  /** Fetches the first token and embeds the report; tries again until there is one. */
  async start(): Promise<void> {
    this.#place.textContent = "Waiting for the first token…";
    while (!this.#ended) {
      try {
        const accessToken = await this.#keeper.getToken();
        if (!this.#ended) this.#show(accessToken);
        return;
      } catch {
        // The keeper has said why in a refreshfailed event, which is in the log.
        await new Promise((resolve) => setTimeout(resolve, FIRST_TOKEN_RETRY_MS));
      }
    }
  }

  async refresh(): Promise<void> {
    const asked = this.status.requests;
    const outcome = await this.#keeper.refresh();
    // A request that failed is in the log already; one that was not made, because the backend asked for quiet, is not.
    if (!outcome.ok && this.status.requests === asked) this.#view.line({ tone: "warn", text: `Not renewed now: ${failure(outcome.code)}.` });
  }

  /** Switched off, the report is what it is today without a keeper: it dies with its token. */
  keep(on: boolean): void {
    this.#keeper.stop();
    if (!on) return;
    this.#keeper = this.#newKeeper();
    if (!this.#embed) return void this.start();
    // The hooks object is the one powerbi-client calls into: the frame's next question goes to the new keeper.
    if (this.#embed.eventHooks?.accessTokenProvider) this.#embed.eventHooks.accessTokenProvider = this.#keeper.accessTokenProvider;
    if (this.#fallen) this.#keeper.addEventListener("refreshed", () => void this.#reload(), { once: true });
    this.#keeper.attach(this.#embed);
  }

  /** The frame's own reading counts where no keeper looks after the token. */
  reading(): TokenReading {
    const status = this.status;
    const expiresAt = (status.state === "stopped" ? null : status.expiresAt) ?? this.frame?.expiresAt ?? null;
    if (expiresAt === null) return { expiresAt, lifetimeMs: null, windowMs: null };
    if (this.#life?.expiresAt !== expiresAt) this.#life = { expiresAt, lifetimeMs: Math.max(1_000, expiresAt - Date.now()) };
    const { lifetimeMs } = this.#life;
    return { expiresAt, lifetimeMs, windowMs: Math.min(DEFAULT_LEAD_MS, lifetimeMs / 2) };
  }

  end(): void {
    this.#ended = true;
    this.#keeper.stop();
    if (this.#container) powerbi.reset(this.#container);
    this.#place.replaceChildren();
  }

  #show(accessToken: string): void {
    const config = this.#keeper.configure({ type: "report", id: REPORT_ID, groupId: GROUP_ID, embedUrl: EMBED_URL, accessToken, tokenType: this.tokenType });
    const { embed, container } = embedSandboxed(this.#place, config as IEmbedConfiguration, "Sales report", BEHAVIOUR);
    this.#embed = embed;
    this.#container = container;
    this.#sandbox = new SandboxLine(embed.iframe, () => this.#view.changed());
    container.addEventListener("error", (event) => this.#onReportError(event));
    this.#keeper.attach(embed);
    this.#view.changed();
  }

  /** A keeper brings back what it saw fall. What fell before it came, the page has to. */
  async #reload(): Promise<void> {
    try {
      await this.#embed?.reload();
      this.#fallen = false;
      this.#view.line({ tone: "good", text: "The page reloaded the report: it had fallen before the keeper came." });
    } catch {
      this.#view.line({ tone: "warn", text: "The report could not be reloaded." });
    }
  }

  #newKeeper(): TokenKeeper {
    const keeper = new TokenKeeper({ source: tokenUrl(this.tokenType), tokenType: this.tokenType });
    for (const type of Object.keys(LINES) as (keyof KeeperEventMap)[]) {
      keeper.addEventListener(type, (event) => {
        const line = (LINES[type] as (detail: unknown) => Line | null)((event as CustomEvent<unknown>).detail);
        if (line) this.#view.line(line);
      });
    }
    keeper.addEventListener("statechange", () => this.#view.changed());
    return keeper;
  }

  #onReportError(event: Event): void {
    const { message, detailedMessage } = ((event as CustomEvent<{ message?: string; detailedMessage?: string } | null>).detail ?? {});
    if (!message) return;
    const visual = detailedMessage?.includes("visual titled") === true;
    if (!visual && this.status.state === "stopped") this.#fallen = true;
    this.#view.line({ tone: "bad", text: visual ? `A visual says ${message}.` : `The report says ${message}: ${detailedMessage ?? ""}` });
  }
}
