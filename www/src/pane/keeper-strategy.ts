// The left pane: a page that uses this package, as the README says.
import type { IEmbedConfiguration } from "powerbi-client";
import { type KeeperEventMap, type KeeperStatus, TokenKeeper, type TokenRequest } from "powerbi-token-keeper";
import type { EmbedSpec, PaneStatus } from "./api";
import { configOf } from "./content";
import { anotherReport, recordedVisitorSource, type Strategy, type PaneContext, tokenKey, tokenUrl } from "./strategy";
import { STATES, type EventText, EVENT_TEXT } from "./event-text";

const DEFAULT_LEAD_MS = 600_000;
const ENGINES: Record<KeeperStatus["engine"], string> = { wasm: "WebAssembly", js: "JavaScript", none: "missing" };

export class KeeperStrategy implements Strategy {
  readonly #context: PaneContext;
  /** One for each token. */
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

  /** Each keeper on the page has the same engine. */
  async crashEngine(): Promise<void> {
    const [keeper] = this.#keepers.values();
    if (!keeper) return;
    const before = keeper.status.engine;
    // the engine answers `status` too, so it comes by the trap at once
    const crashed = before === "wasm" && this.#context.trap.spring(() => keeper.status);
    await this.#context.waits(() => keeper.status.engine !== "none");
    this.#context.tell({
      kind: "refresh",
      tone: "warn",
      text: crashed
        ? `The WebAssembly engine crashed. The keeper goes on with the ${ENGINES[keeper.status.engine]} engine.`
        : `There is no WebAssembly engine to crash: the keeper runs on the ${ENGINES[before]} engine.`,
    });
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
    const { network, tokenType } = this.#context;
    const key = tokenKey(tokenType, spec);
    const found = this.#keepers.get(key);
    if (found) return found;
    const { role } = spec;
    const endpoint = {
      url: tokenUrl(tokenType, spec),
      headers: () => network.authorization(),
      ...(role && { body: ({ reason, embeds }: TokenRequest) => ({ reason, embeds, role }) }),
    };
    const keeper = new TokenKeeper({ source: recordedVisitorSource(this.#context) ?? endpoint, tokenType });
    this.#keepers.set(key, keeper);
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
