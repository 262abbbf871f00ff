// The left pane: a page that uses this package, as the README says.
import type { IEmbedConfiguration } from "powerbi-client";
import { type KeeperEventMap, TokenKeeper } from "powerbi-token-keeper";
import type { EmbedSpec, PaneStatus } from "./api";
import { configOf } from "./content";
import { anotherReport, recordedVisitorSource, type Strategy, type PaneContext, tokenUrl } from "./strategy";
import { STATES, type EventText, EVENT_TEXT } from "./event-text";

const DEFAULT_LEAD_MS = 600_000;

export class KeeperStrategy implements Strategy {
  readonly #context: PaneContext;
  /** One for each token, by where it comes from. */
  readonly #keepers = new Map<string, TokenKeeper>();
  readonly #keeperOf = new Map<string, TokenKeeper>();

  constructor(context: PaneContext) {
    this.#context = context;
  }

  async embed(spec: EmbedSpec): Promise<void> {
    const { embeds, tokenType } = this.#context;
    const keeper = this.#keeperFor(spec);
    const accessToken = await keeper.getToken();
    const config = keeper.configure({ ...configOf(spec), accessToken, tokenType } as never) as IEmbedConfiguration;
    const embed = embeds.show(spec, config, keeper.status.expiresAt);
    if (!embed) return;
    this.#keeperOf.set(spec.key, keeper);
    keeper.attach(embed);
  }

  /** Nothing to tell the keeper: it finds the report that its container has now. */
  async embedAnother(key: string): Promise<void> {
    const { embeds, tokenType } = this.#context;
    embeds.replace(key, await anotherReport(tokenType));
  }

  /** A denied keeper asks rarely, since only the visitor can help: who has helped says so. */
  signedIn(): void {
    for (const keeper of this.#keepers.values()) void keeper.refresh();
  }

  leave(key: string): void {
    const embed = this.#context.embeds.embedOf(key);
    if (embed) this.#keeperOf.get(key)?.detach(embed);
    this.#keeperOf.delete(key);
  }

  status({ broken }: { broken: boolean }): Pick<PaneStatus, "state" | "nextCheck" | "windowMs"> {
    const all = [...this.#keepers.values()].map((keeper) => keeper.status);
    // of several keepers the one that is worst off speaks
    const worst = all.sort((a, b) => (a.remainingMs ?? Infinity) - (b.remainingMs ?? Infinity))[0];
    const shown = STATES[worst?.state ?? "idle"];
    return {
      state: broken && shown.tone === "good" ? { text: "recovering", tone: "busy" } : shown,
      nextCheck: worst?.nextCheckAt ?? "",
      windowMs: DEFAULT_LEAD_MS,
    };
  }

  #keeperFor(spec: EmbedSpec): TokenKeeper {
    const visitor = recordedVisitorSource(this.#context);
    const url = tokenUrl(this.#context.tokenType, spec);
    const found = this.#keepers.get(url);
    if (found) return found;
    const keeper = new TokenKeeper({ source: visitor ?? url, tokenType: this.#context.tokenType });
    this.#keepers.set(url, keeper);
    this.#listen(keeper);
    return keeper;
  }

  #listen(keeper: TokenKeeper): void {
    for (const type of Object.keys(EVENT_TEXT) as (keyof KeeperEventMap)[]) {
      keeper.addEventListener(type, (event) => {
        const said = (EVENT_TEXT[type] as (detail: unknown) => EventText | null)(
          (event as CustomEvent<unknown>).detail,
        );
        if (said) this.#context.tell(said);
      });
    }
    keeper.addEventListener("refreshed", ({ detail }) => {
      for (const [key, its] of this.#keeperOf)
        if (its === keeper) this.#context.embeds.tookToken(key, detail.expiresAt);
    });
  }
}
