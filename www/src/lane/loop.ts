// The right lane: a page that follows Microsoft's documentation. What holds an embed token is kept by the documented loop.
// With Aad tokens the documentation has reports ask for themselves, through accessTokenProvider; dashboards and tiles,
// for which powerbi-client takes no provider, stay with the loop.
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
  #loops = false;
  /** The page's own first request, once for all that is embedded at the same time. */
  #asking: Promise<void> | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** As powerbi.get() finds them, also after they were embedded again. */
  reports(): Embed[] {
    return this.#around.stage.embeds.filter((embed) => !embed.eventHooks?.accessTokenProvider);
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
    const config: IEmbedConfiguration = { ...configOf(spec), accessToken: this.#token ?? "", tokenType: this.#around.tokenType };
    const asks = this.#around.tokenType === 0 && spec.kind === "report";
    if (asks) config.eventHooks = { accessTokenProvider: async () => (await this.getNewUserAccessToken()).token };
    this.#around.stage.show(spec, config);
    if (asks || this.#loops) return;
    this.#loops = true;
    startLoop(this);
  }

  leave(): void {}

  status({ validUntil, broken, now }: { validUntil: number | null; broken: boolean; now: number }): Pick<Reading, "state" | "nextCheck" | "windowMs"> {
    return { state: stateOf(validUntil, broken, now), nextCheck: this.#loops ? "checks every 30 s" : "the frame asks", windowMs: LOOP_WINDOW_MS };
  }

  #hasToken(): boolean {
    return this.#token !== null && Date.parse(this.tokenExpiration) > Date.now();
  }

  async #ask(): Promise<void> {
    this.tokenExpiration = (await this.getNewUserAccessToken()).expiration;
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
