// The left lane: a page that uses this package, as the README says.
import type { Embed, IEmbedConfiguration } from "powerbi-client";
import { type KeeperEventMap, TokenKeeper } from "powerbi-token-keeper";
import type { EmbedSpec, Reading } from "./api";
import { configOf } from "./content";
import type { Side, Surroundings } from "./side";
import { tokenUrl } from "./side";
import { STATES, type Words, WORDS } from "./words";

const DEFAULT_LEAD_MS = 600_000;

export class KeeperSide implements Side {
  readonly #around: Surroundings;
  readonly #keeper: TokenKeeper;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#keeper = new TokenKeeper({ source: tokenUrl(around.tokenType), tokenType: around.tokenType });
    for (const type of Object.keys(WORDS) as (keyof KeeperEventMap)[]) {
      this.#keeper.addEventListener(type, (event) => {
        const said = (WORDS[type] as (detail: unknown) => Words | null)((event as CustomEvent<unknown>).detail);
        if (said) around.tell(said);
      });
    }
  }

  async embed(spec: EmbedSpec): Promise<void> {
    const accessToken = await this.#keeper.getToken();
    const config = this.#keeper.configure({ ...configOf(spec), accessToken, tokenType: this.#around.tokenType } as never) as IEmbedConfiguration;
    const embed = this.#around.stage.show(spec, config);
    if (embed) this.#keeper.attach(embed);
  }

  leave(embed: Embed): void {
    this.#keeper.detach(embed);
  }

  status({ broken }: { broken: boolean }): Pick<Reading, "state" | "nextCheck" | "windowMs"> {
    const { state, nextCheckAt } = this.#keeper.status;
    const shown = STATES[state];
    return { state: broken && shown.tone === "good" ? { text: "recovering", tone: "busy" } : shown, nextCheck: nextCheckAt ?? "", windowMs: DEFAULT_LEAD_MS };
  }
}
