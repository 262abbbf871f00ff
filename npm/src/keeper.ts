import { withHook } from "./configure.js";
import { partsOf } from "./embeds.js";
import { KeeperError, reading } from "./errors.js";
import { checkOptions } from "./options.js";
import { KeeperSession, preloadEngine } from "./session.js";
import type {
  EmbedConfigLike,
  EmbedLike,
  KeeperEventMap,
  KeeperStatus,
  RefreshOutcome,
  SourceCheck,
  TokenKeeperOptions,
} from "./types.js";

declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** Each keeper's session. Not a private field: what bundles make of one for older browsers is 200 bytes. */
const sessions = new WeakMap<TokenKeeper, KeeperSession>();
const sessionOf = (keeper: TokenKeeper): KeeperSession => sessions.get(keeper) as KeeperSession;

/**
 * Keeps one access token fresh and sets it on every embed attached. Construct one per token.
 *
 * The constructor has no side effect on the page beyond fetching its engine; it throws for a bad option
 * (`ERR_OPTION`) and for nothing else. Importing the module does nothing, in Node too.
 */
export class TokenKeeper extends EventTarget {
  /**
   * For `eventHooks.accessTokenProvider`. Bound, and the same function for the keeper's whole life. Never throws,
   * never rejects, and always settles within `providerTimeoutMs`: to a token, or to null.
   */
  readonly accessTokenProvider: () => Promise<string | null>;

  constructor(options: TokenKeeperOptions) {
    super();
    preloadEngine();
    const session = reading("options", () => {
      const made = new KeeperSession(checkOptions(options), this);
      made.start();
      return made;
    });
    sessions.set(this, session);
    // powerbi-client calls it with the report that asks; a page never has to
    this.accessTokenProvider = (asked?: unknown) => session.provideToken(asked);
  }

  /** A read-out for support and dashboards. Holds no secret. */
  get status(): KeeperStatus {
    return sessionOf(this).status;
  }

  /**
   * A token that is valid now, requested if need be, for the first `powerbi.embed()`. Rejects with a {@link
   * KeeperError}.
   */
  getToken(): Promise<string> {
    return new Promise((resolve, reject) => {
      sessionOf(this).getToken((code, value) =>
        typeof value === "string" ? resolve(value) : reject(new KeeperError(code ?? "ERR_CRASHED")),
      );
    });
  }

  /**
   * Returns a copy of `config` that is ready for `powerbi.embed()`: `eventHooks.accessTokenProvider` is added where
   * powerbi-client accepts it (Aad token; report, create or quickCreate) and only there, other hooks are kept, and
   * `uniqueId` is pinned so that the hook survives a second embed on the same element. Pass the element if it was
   * bootstrapped: the hook's route has the `uniqueId` of the bootstrap, which is then kept.
   *
   * @throws TypeError when `config` can't be read
   */
  configure<C extends EmbedConfigLike>(config: C, element?: HTMLElement): C {
    return reading("config", () => withHook(config, this.accessTokenProvider, element));
  }

  /**
   * Starts keeping an embed's token fresh; takes the embed or its container. Returns the detach function. Attaching
   * twice is attaching once.
   *
   * @throws TypeError when `embed` is neither
   */
  attach(embed: EmbedLike | HTMLElement): () => void {
    const { element } = partsOf(embed);
    sessionOf(this).attach(embed);
    return () => sessionOf(this).detach(element);
  }

  /** Ends what {@link attach} began; takes the embed or its container. */
  detach(embed: EmbedLike | HTMLElement): void {
    sessionOf(this).detach(partsOf(embed).element);
  }

  /** Asks for a new token now. Never rejects. Joins a request under way. */
  refresh(): Promise<RefreshOutcome> {
    return new Promise((resolve) => {
      sessionOf(this).refresh((code, value) =>
        resolve(
          typeof value === "number" ? { ok: true, expiresAt: value } : { ok: false, code: code ?? "ERR_CRASHED" },
        ),
      );
    });
  }

  /**
   * Asks the source once, reads and judges its answer, and sets nothing. For a page's first five minutes and for its
   * tests: a wrong address would otherwise show only when the first token is due. Takes a request of the budget. Never
   * rejects.
   */
  checkSource(): Promise<SourceCheck> {
    return new Promise((resolve) => {
      sessionOf(this).checkSource((code, value) =>
        resolve(
          typeof value === "object" && value !== null
            ? value
            : { ok: false, code: code ?? "ERR_CRASHED", expiresAt: null, findings: [] },
        ),
      );
    });
  }

  /** Ends everything: timers, listeners, requests. Idempotent. Afterwards accessTokenProvider resolves to null. */
  stop(): void {
    sessionOf(this).stop();
  }

  /** The same as {@link stop}, for `using`. */
  [Symbol.dispose](): void {
    sessionOf(this).stop();
  }

  /** Listens for an event of {@link KeeperEventMap}. */
  override addEventListener<K extends keyof KeeperEventMap>(
    type: K,
    listener: (event: KeeperEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Listens for any other event. */
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }
}

/** One line for a page that already embeds: a keeper with `embed` attached. */
export function keepFresh(embed: EmbedLike | HTMLElement, options: TokenKeeperOptions): TokenKeeper {
  // read first, so that a bad embed leaves no keeper behind
  partsOf(embed);
  const keeper = new TokenKeeper(options);
  keeper.attach(embed);
  return keeper;
}
