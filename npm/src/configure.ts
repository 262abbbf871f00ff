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
 * powerbi-client registers the hook's route once, under the id of the element's first embed, a bootstrap included, and
 * draws a new id for each further embed: without a pinned one the hook is never called again.
 */
export function withHook<C extends EmbedConfigLike>(
  config: C,
  accessTokenProvider: () => Promise<string | null>,
  element?: HTMLElement,
): C {
  const uniqueId = pin(config, element);
  const { type } = config as { type?: unknown };
  const takes = typeof type === "string" && TAKES_PROVIDER.includes(type.toLowerCase()) && config.tokenType === AAD;
  const eventHooks = takes ? { eventHooks: { ...(config as Hooked).eventHooks, accessTokenProvider } } : {};
  return { ...config, ...eventHooks, uniqueId };
}

function pin(config: EmbedConfigLike, element: HTMLElement | undefined): string {
  const id = idIn(elementConfig(element)) ?? idIn(config as Hooked) ?? pinned.get(config) ?? randomId();
  pinned.set(config, id);
  return id;
}

/** The configuration of the embed that stands in the element. */
function elementConfig(element: HTMLElement | undefined): Hooked | undefined {
  return (element as { powerBiEmbed?: { config?: Hooked } } | undefined)?.powerBiEmbed?.config;
}

function idIn(config: Hooked | undefined): string | undefined {
  const id = config?.uniqueId;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** 128 random bits: powerbi-client hands a token to any window that names this id, so it must not be guessed. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
