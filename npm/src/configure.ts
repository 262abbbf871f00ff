import type { EmbedConfigLike } from "./types.js";

/** Where powerbi-client takes an `accessTokenProvider`; anywhere else it makes `powerbi.embed()` throw. */
const TAKES_PROVIDER = ["report", "create", "quickcreate"];
const AAD = 0;
/** Before 2.19: 2.18 drops the hook, older versions try to post it to the frame, which fails and leaves that empty. */
const WITHOUT_PROVIDER = /^(?:[01]|2\.(?:\d|1[0-8]))\./;

/** What some configurations have besides. */
interface Hooked {
  readonly eventHooks?: object;
  readonly uniqueId?: unknown;
}

/** powerbi-client's Service, as far as its version can be read from it: there is no other place for all versions. */
interface VersionedService {
  readonly hpm?: { readonly defaultHeaders?: { readonly "x-sdk-version"?: unknown } };
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
  const isTaken = typeof type === "string" && TAKES_PROVIDER.includes(type.toLowerCase()) && config.tokenType === AAD;
  const takes = isTaken && hasProvider(element);
  const eventHooks = takes ? { eventHooks: { ...(config as Hooked).eventHooks, accessTokenProvider } } : {};
  return { ...config, ...eventHooks, uniqueId };
}

function pin(config: EmbedConfigLike, element: HTMLElement | undefined): string {
  const id = idIn(embedIn(element)?.config) ?? idIn(config as Hooked) ?? pinned.get(config) ?? randomId();
  pinned.set(config, id);
  return id;
}

/** The embed that stands in the element. */
function embedIn(element: HTMLElement | undefined): { config?: Hooked; service?: VersionedService } | undefined {
  return (element as { powerBiEmbed?: ReturnType<typeof embedIn> } | undefined)?.powerBiEmbed;
}

/**
 * Whether this powerbi-client knows the hook. Importing it leaves a Service at `window.powerbi`, with a wrapper too;
 * where there is none yet, it will be as new as npm installs it.
 */
function hasProvider(element: HTMLElement | undefined): boolean {
  const { powerbi } = globalThis as { powerbi?: VersionedService };
  const version = (embedIn(element)?.service ?? powerbi)?.hpm?.defaultHeaders?.["x-sdk-version"];
  return typeof version !== "string" || !WITHOUT_PROVIDER.test(version);
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
