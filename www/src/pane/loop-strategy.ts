// The right pane: a page that follows Microsoft's documentation. What holds an embed token is kept by the documented
// loop. With Aad tokens the documentation has reports ask for themselves, through accessTokenProvider; dashboards and
// tiles, for which powerbi-client takes no provider, stay with the loop. A page with two tokens has two loops.
import type { IEmbedConfiguration } from "powerbi-client";
import { LOOP_WINDOW_MS, type Page, startLoop } from "../loop/microsoft";
import type { Role } from "../../backend/content";
import type { EmbedSpec, PaneStatus } from "./api";
import { configOf } from "./content";
import { anotherReport, recordedVisitorSource, type Strategy, type PaneContext, tokenKey, tokenUrl } from "./strategy";

interface ApiResponse {
  token?: string;
  expiration?: string;
  access_token?: string;
  expires_in?: number;
}

/** One page of the documentation: one token, what it embeds, and the loop that keeps it. */
class LoopPage implements Page {
  tokenExpiration = "";
  looped = false;
  readonly #context: PaneContext;
  readonly #url: string;
  readonly #role: Role | undefined;
  readonly #keys = new Set<string>();
  #token: string | null = null;
  /** The page's own first request, once for all that is embedded at the same time. */
  #asking: Promise<void> | null = null;

  constructor(context: PaneContext, spec: EmbedSpec) {
    this.#context = context;
    this.#url = tokenUrl(context.tokenType, spec);
    this.#role = spec.role;
  }

  /** As powerbi.get() finds them, also after they were embedded again. */
  reports(): ReturnType<Page["reports"]> {
    const { embeds } = this.#context;
    return [...this.#keys].flatMap((key) => {
      const embed = embeds.embedOf(key);
      if (!embed || embed.eventHooks?.accessTokenProvider) return [];
      return {
        setAccessToken: (token) =>
          embed.setAccessToken(token).then(() => embeds.tookToken(key, Date.parse(this.tokenExpiration))),
      };
    });
  }

  async getNewUserAccessToken(): Promise<{ token: string; expiration: string }> {
    const visitor = recordedVisitorSource(this.#context);
    const answer = visitor
      ? await visitor({ reason: this.#token === null ? "initial" : "poll" })
      : await this.#askBackend();
    this.#token = answer.token;
    this.#context.tell({ kind: "refresh", tone: "good", text: "Got a new token and set it on the report." });
    return answer;
  }

  async embed(spec: EmbedSpec): Promise<void> {
    const { embeds, tokenType } = this.#context;
    if (!this.#hasToken()) await (this.#asking ??= this.#ask().finally(() => (this.#asking = null)));
    const config: IEmbedConfiguration = { ...configOf(spec), accessToken: this.#token ?? "", tokenType };
    const asks = tokenType === 0 && spec.kind === "report";
    // as documented: it never throws, and answers null when it has no token
    if (asks)
      config.eventHooks = {
        accessTokenProvider: () =>
          this.getNewUserAccessToken().then(
            ({ token }) => token,
            () => null,
          ),
      };
    embeds.show(spec, config, Date.parse(this.tokenExpiration));
    this.#keys.add(spec.key);
    if (asks || this.looped) return;
    this.looped = true;
    startLoop(this);
  }

  leave(key: string): void {
    this.#keys.delete(key);
  }

  #hasToken(): boolean {
    return this.#token !== null && Date.parse(this.tokenExpiration) > Date.now();
  }

  async #ask(): Promise<void> {
    this.tokenExpiration = (await this.getNewUserAccessToken()).expiration;
  }

  async #askBackend(): Promise<{ token: string; expiration: string }> {
    const headers = { ...(await this.#context.network.authorization()), "Content-Type": "application/json" };
    const body = JSON.stringify({ role: this.#role });
    const response = await fetch(this.#url, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`the backend answered ${response.status}`);
    const { token, expiration, access_token, expires_in } = (await response.json()) as ApiResponse;
    return {
      token: token ?? access_token ?? "",
      expiration: expiration ?? new Date(Date.now() + (expires_in ?? 0) * 1000).toISOString(),
    };
  }
}

export class LoopStrategy implements Strategy {
  readonly #context: PaneContext;
  /** One for each token. */
  readonly #pages = new Map<string, LoopPage>();

  constructor(context: PaneContext) {
    this.#context = context;
  }

  embed(spec: EmbedSpec): Promise<void> {
    const key = tokenKey(this.#context.tokenType, spec);
    let page = this.#pages.get(key);
    if (!page) this.#pages.set(key, (page = new LoopPage(this.#context, spec)));
    return page.embed(spec);
  }

  /** The documented loop has one expiration and one way to a token, and goes on with both. */
  async embedAnother(key: string): Promise<void> {
    const { embeds, tokenType } = this.#context;
    embeds.replace(key, await anotherReport(tokenType));
  }

  /** It asks every 30 seconds as it is. */
  signedIn(): void {}

  leave(key: string): void {
    for (const page of this.#pages.values()) page.leave(key);
  }

  status({
    validUntil,
    broken,
    now,
  }: {
    validUntil: number | null;
    broken: boolean;
    now: number;
  }): Pick<PaneStatus, "state" | "nextCheck" | "windowMs"> {
    const looped = [...this.#pages.values()].some((page) => page.looped);
    return {
      state: stateOf(validUntil, broken, now),
      nextCheck: looped ? "checks every 30 s" : "the frame requests it",
      windowMs: LOOP_WINDOW_MS,
    };
  }
}

/** The loop itself says nothing of its state: what the frames hold is all there is to show. */
function stateOf(validUntil: number | null, broken: boolean, now: number): PaneStatus["state"] {
  if (validUntil === null) return { text: "starting", tone: "off" };
  if (validUntil === -Infinity) return { text: "unusable token", tone: "bad" };
  if (validUntil <= now) return { text: "expired", tone: "bad" };
  if (broken) return { text: "report down", tone: "bad" };
  return validUntil - now <= LOOP_WINDOW_MS ? { text: "due", tone: "busy" } : { text: "fresh", tone: "good" };
}
