// The right lane: a page that follows Microsoft's documentation. Embed tokens are renewed by the documented loop; with Aad
// tokens the documented accessTokenProvider is there as well.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import { LOOP_WINDOW_MS, type Page, startLoop } from "../loop/microsoft";
import type { EmbedSpec, Reading } from "./api";
import { configOf } from "./content";
import type { Side, Surroundings } from "./side";
import { tokenUrl } from "./side";

interface Answer {
  token?: string;
  expiration?: string;
  access_token?: string;
  expires_in?: number;
}

export class LoopSide implements Side, Page {
  tokenExpiration = "";
  readonly #around: Surroundings;
  #token: string | null = null;
  #running = false;
  /** The page's own first request, once for all that is embedded at the same time. */
  #asking: Promise<void> | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  reports(): Embed[] {
    return this.#around.stage.embeds;
  }

  async getNewUserAccessToken(): Promise<{ token: string; expiration: string }> {
    const response = await fetch(tokenUrl(this.#around.tokenType), { method: "POST" });
    if (!response.ok) throw new Error(`the backend answered ${response.status}`);
    const answer = (await response.json()) as Answer;
    const token = answer.token ?? answer.access_token ?? "";
    this.#token = token;
    this.#around.tell({ kind: "renewal", tone: "good", text: "New token, handed to what is embedded." });
    return { token, expiration: answer.expiration ?? new Date(Date.now() + (answer.expires_in ?? 0) * 1000).toISOString() };
  }

  async embed(spec: EmbedSpec): Promise<void> {
    if (!this.#hasToken()) await (this.#asking ??= this.#ask().finally(() => (this.#asking = null)));
    this.#around.stage.show(spec, this.#configure(spec));
    if (this.#running) return;
    this.#running = true;
    startLoop(this);
  }

  status({ validUntil, broken, now }: { validUntil: number | null; broken: boolean; now: number }): Pick<Reading, "state" | "nextCheckAt" | "windowMs"> {
    return { state: stateOf(validUntil, broken, now), nextCheckAt: null, windowMs: LOOP_WINDOW_MS };
  }

  #hasToken(): boolean {
    return this.#token !== null && Date.parse(this.tokenExpiration) > Date.now();
  }

  async #ask(): Promise<void> {
    this.tokenExpiration = (await this.getNewUserAccessToken()).expiration;
  }

  #configure(spec: EmbedSpec): IEmbedConfiguration {
    const config: IEmbedConfiguration = { ...configOf(spec), accessToken: this.#token ?? "", tokenType: this.#around.tokenType };
    // documented for Aad tokens and reports; powerbi-client throws for anything else
    if (this.#around.tokenType === 0 && spec.kind === "report") config.eventHooks = { accessTokenProvider: async () => (await this.getNewUserAccessToken()).token };
    return config;
  }
}

/** The loop itself says nothing of its state: what the frames hold is all there is to show. */
function stateOf(validUntil: number | null, broken: boolean, now: number): Reading["state"] {
  if (validUntil === null) return { text: "starting", tone: "off" };
  if (validUntil === -Infinity) return { text: "unusable token", tone: "bad" };
  if (validUntil <= now) return { text: "expired", tone: "bad" };
  if (broken) return { text: "report down", tone: "bad" };
  return validUntil - now <= LOOP_WINDOW_MS ? { text: "due", tone: "busy" } : { text: "fresh", tone: "good" };
}
