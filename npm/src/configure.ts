import type { EmbedConfigLike } from "./types.js";

/** Where powerbi-client takes an `accessTokenProvider`; anywhere else it makes `powerbi.embed()` throw. */
const TAKES_PROVIDER = ["report", "create", "quickcreate"];
const AAD = 0;

/** What some configurations have besides. */
interface Hooked {
  readonly eventHooks?: object;
  readonly uniqueId?: unknown;
}

/** The same configuration gets the same id, so that embedding it again finds the hook's route. */
const pinned = new WeakMap<object, string>();

/**
 * A copy of `config` with the hook where powerbi-client accepts one, and with its `uniqueId` pinned.
 *
 * powerbi-client registers the hook's route once, under the id of the first embed, and draws a new id for each
 * further embed on the same element: without a pinned one the hook is never called again.
 */
export function withHook<C extends EmbedConfigLike>(config: C, accessTokenProvider: () => Promise<string | null>): C {
  const uniqueId = pin(config);
  const takes = TAKES_PROVIDER.includes(String(config.type).toLowerCase()) && config.tokenType === AAD;
  const eventHooks = takes ? { eventHooks: { ...(config as Hooked).eventHooks, accessTokenProvider } } : {};
  return { ...config, ...eventHooks, uniqueId };
}

function pin(config: EmbedConfigLike): string {
  const own = (config as Hooked).uniqueId;
  if (typeof own === "string" && own !== "") return own;
  const known = pinned.get(config);
  if (known !== undefined) return known;
  const drawn = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 8)).join("");
  pinned.set(config, drawn);
  return drawn;
}
