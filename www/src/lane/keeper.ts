// The left lane: a page that uses this package, as the README says.
import type { IEmbedConfiguration } from "powerbi-client";
import { type KeeperEventMap, TokenKeeper } from "powerbi-token-keeper";
import type { EmbedSpec, Reading } from "./api";
import { configOf } from "./content";
import { notedVisitor, type Side, type Surroundings, tokenUrl } from "./side";
import { STATES, type Words, WORDS } from "./words";

const DEFAULT_LEAD_MS = 600_000;

export class KeeperSide implements Side {
  readonly #around: Surroundings;
  /** One for each token, by where it comes from. */
  readonly #keepers = new Map<string, TokenKeeper>();
  readonly #keeperOf = new Map<string, TokenKeeper>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  async embed(spec: EmbedSpec): Promise<void> {
    const { stage, tokenType } = this.#around;
    const keeper = this.#keeperFor(spec);
    const accessToken = await keeper.getToken();
    const config = keeper.configure({ ...configOf(spec), accessToken, tokenType } as never) as IEmbedConfiguration;
    const embed = stage.show(spec, config, keeper.status.expiresAt);
    if (!embed) return;
    this.#keeperOf.set(spec.key, keeper);
    keeper.attach(embed);
  }

  leave(key: string): void {
    const embed = this.#around.stage.embedOf(key);
    if (embed) this.#keeperOf.get(key)?.detach(embed);
    this.#keeperOf.delete(key);
  }

  status({ broken }: { broken: boolean }): Pick<Reading, "state" | "nextCheck" | "windowMs"> {
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
    const visitor = notedVisitor(this.#around);
    const url = tokenUrl(this.#around.tokenType, spec);
    const found = this.#keepers.get(url);
    if (found) return found;
    const keeper = new TokenKeeper({ source: visitor ?? url, tokenType: this.#around.tokenType });
    this.#keepers.set(url, keeper);
    this.#listen(keeper);
    return keeper;
  }

  #listen(keeper: TokenKeeper): void {
    for (const type of Object.keys(WORDS) as (keyof KeeperEventMap)[]) {
      keeper.addEventListener(type, (event) => {
        const said = (WORDS[type] as (detail: unknown) => Words | null)((event as CustomEvent<unknown>).detail);
        if (said) this.#around.tell(said);
      });
    }
    keeper.addEventListener("refreshed", ({ detail }) => {
      for (const [key, its] of this.#keeperOf) if (its === keeper) this.#around.stage.tookToken(key, detail.expiresAt);
    });
  }
}
