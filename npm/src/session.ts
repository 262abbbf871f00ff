import { explainEmbedError, shouldRefresh } from "./embed-errors.js";
import { type AttachedEmbed, AttachedEmbeds, hasChanged, partsOf } from "./embeds.js";
import { type Engine, loadEngine, noEngineCode } from "./engine/load.js";
import { KeeperError } from "./errors.js";
import { isIntact } from "./integrity.js";
import type { CheckedOptions } from "./options.js";
import { isAskedByOtherWindow } from "./provider-caller.js";
import { RemovedEmbeds } from "./removed-embeds.js";
import { schedule } from "./scheduler.js";
import { type FailureReport, reportFailure, type SourceFailure } from "./source-failures.js";
import type { Tabs } from "./tabs.js";
import type {
  EmbedLike,
  ErrorCode,
  KeeperEventMap,
  KeeperState,
  KeeperStatus,
  SourceCheck,
  TokenRequest,
} from "./types.js";
import { type Settle, Waiters } from "./waiters.js";
import { warnOnce } from "./warnings.js";

type Exports = Engine["exports"];
type Detail<K extends keyof KeeperEventMap> = KeeperEventMap[K]["detail"];

/** What the engine tells the facade: one method for each thing (`Facade` in `src/web/facade.rs`). */
export interface EngineFacade {
  refreshed(detail: Detail<"refreshed">): void;
  /** The token that was refused and the evidence (an error, a response, an answer) are for the diagnosis alone. */
  refreshFailed(detail: Detail<"refreshfailed">, refusedToken: string | undefined, evidence: unknown): void;
  applyFailed(detail: Detail<"applyfailed">): void;
  expired(detail: Detail<"expired">): void;
  recovered(detail: Detail<"recovered">): void;
  stateChanged(detail: Omit<KeeperStatus, "engine">): void;
  embedError(embed: number, error: unknown): void;
  resolveWaiter(waiter: number, value: string | number): void;
  rejectWaiter(waiter: number, code: ErrorCode): void;
  /** The token that came and the evidence are for the diagnosis alone. */
  sourceChecked(waiter: number, check: CheckDetail, token: string | undefined, evidence: unknown): void;
  /** Whether an embed token can be unpacked. */
  isIntact(token: string): Promise<boolean>;
  acquireLock(lockRequest: number): void;
  releaseLock(): void;
  broadcastToken(token: string, expiration: number, contents: Float64Array): void;
  /** A request to the source begins: its controller, and the embeds that it is told of. */
  startRequest(): [AbortController, TokenRequest["embeds"]];
  /** Writes both clocks, and has the engine observe each embed that changed, or whose number is odd (twice its id). */
  observeEmbeds(numbers: Uint32Array, clocks: Float64Array): void;
}

/** A check of the source, as the engine judged it. */
type CheckDetail = Pick<SourceCheck, "code" | "status" | "expiresAt">;

type EngineCall = (exports: Exports, keeper: number) => void;

type EndCode = "ERR_STOPPED" | "ERR_ENGINE" | "ERR_CRASHED";

/** Where the keeper stands between the page and its engine. */
type Stage =
  | { name: "loading" }
  | { name: "running"; keeper: number; engine: Engine }
  | { name: "ended"; code: EndCode };

/** False on a server, where nothing runs, is loaded or is listened to. */
const isInBrowser = (): boolean => typeof window !== "undefined" && typeof document !== "undefined";

/**
 * Starts to load the engine while a keeper's options are checked, which takes as long as a request to a near server.
 */
export function preloadEngine(): void {
  if (isInBrowser()) loadEngine().catch(() => {});
}

/**
 * One keeper from its construction to its end: connects a {@link TokenKeeper} with its engine.
 *
 * An engine that crashes is replaced by the other build of it, with the same embeds and waiters.
 */
export class KeeperSession {
  private readonly embeds = new AttachedEmbeds();
  /** Aborted at the end. */
  private readonly ending = new AbortController();
  private readonly removedEmbeds = new RemovedEmbeds(this.ending.signal, (element) => this.attach(element));
  private readonly waiters = new Waiters();
  /** The tabs of the same `shareKey`; none without one, or when the chunk can't be loaded. */
  private tabs: Promise<Tabs | undefined> = Promise.resolve(undefined);
  /** Calls that wait for the engine. */
  private queue: EngineCall[] = [];
  /** The request to the source that began last. It is aborted when the engine that knows of it has crashed. */
  private request: AbortController | undefined;
  private stage: Stage = { name: "loading" };
  /** The last statechange was raised, as an engine that stops does itself. */
  private isEndTold = false;
  /** It goes on in the other engine. */
  private hasCrashed = false;
  /** The next embed's or waiter's number. */
  private nextId = 0;

  /** @param page the target on which the keeper's events are dispatched */
  constructor(
    private readonly options: CheckedOptions,
    private readonly page: EventTarget,
  ) {}

  /** Loads the engine, where there is anything to do. */
  start(): void {
    const { signal } = this.options;
    if (signal?.aborted) this.stage = { name: "ended", code: "ERR_STOPPED" };
    else if (!isInBrowser()) this.stage = { name: "ended", code: "ERR_ENGINE" };
    else {
      signal?.addEventListener("abort", this.stop);
      const { shareKey } = this.options;
      if (shareKey !== undefined) this.tabs = this.joinTabs(shareKey).catch(() => undefined);
      this.load();
    }
  }

  private get hasEnded(): boolean {
    return this.stage.name === "ended";
  }

  get status(): KeeperStatus {
    const { stage } = this;
    if (stage.name === "running") {
      const status = this.callEngine(({ status }, keeper) => status(keeper));
      if (status !== undefined) {
        return { ...(status as KeeperStatus), embeds: this.embeds.size, engine: stage.engine.name };
      }
    }
    return this.statusWithoutEngine();
  }

  attach(embed: EmbedLike | HTMLElement): void {
    const { element, provided } = partsOf(embed);
    if (this.hasEnded || this.embeds.get(element) !== undefined) return;
    this.removedEmbeds.delete(element);
    const attached: AttachedEmbed = { id: this.nextId++, element, provided };
    this.embeds.add(attached);
    this.attachToEngine(attached);
  }

  private attachToEngine(attached: AttachedEmbed): void {
    this.whenReady(({ attach }, keeper) => {
      hasChanged(attached);
      attach(keeper, attached.id, attached.element, attached.provided);
    });
  }

  detach(element: HTMLElement): void {
    this.removedEmbeds.delete(element);
    const attached = this.embeds.remove(element);
    if (attached !== undefined) this.whenReady(({ detach }, keeper) => detach(keeper, attached.id));
  }

  getToken(settle: Settle): void {
    this.ask(settle, ({ getToken }, keeper, waiter) => getToken(keeper, waiter));
  }

  refresh(settle: Settle): void {
    this.ask(settle, ({ refresh }, keeper, waiter) => refresh(keeper, waiter));
  }

  checkSource(settle: Settle): void {
    this.ask(settle, ({ checkSource }, keeper, waiter) => checkSource(keeper, waiter));
  }

  /** @param asked what powerbi-client calls the provider with: the report whose frame asks */
  provideToken(asked: unknown): Promise<string | null> {
    if (isAskedByOtherWindow(asked)) return Promise.resolve(null);
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle: Settle = (_, value) => {
        clearTimeout(timer);
        resolve(typeof value === "string" ? value : null);
      };
      const waiter = this.ask(settle, ({ providerCalled }, keeper, number) =>
        providerCalled(keeper, number, this.idOf(asked)),
      );
      if (this.waiters.has(waiter)) {
        timer = setTimeout(() => this.waiters.settle(waiter, null, null), this.options.providerTimeoutMs);
      }
    });
  }

  readonly stop = (): void => {
    this.callEngine(({ stop }, keeper) => stop(keeper));
    this.end("ERR_STOPPED");
  };

  private load(): void {
    loadEngine().then(
      (engine) => schedule(() => this.startKeeper(engine)),
      () => this.end(noEngineCode()),
    );
  }

  private startKeeper(engine: Engine): void {
    if (this.stage.name !== "loading") return;
    if (engine.crashed) {
      this.onCrash();
      return;
    }
    engine.onCrash.add(this.onCrash);
    const keeper = engine.exports.createKeeper(this.options, this.facadeFor(engine));
    if (engine.crashed) return;
    if (this.hasEnded) {
      // by the page's own code, which was asked for the first token or told of it
      engine.exports.stop(keeper);
      engine.onCrash.delete(this.onCrash);
      return;
    }
    // another engine would take it for a token that was just received
    delete this.options.initial;
    this.stage = { name: "running", keeper, engine };
    // with an embed the engine says so itself, once it has looked at that
    if (this.hasCrashed && this.embeds.size === 0) this.dispatch("statechange", this.status);
    const queue = this.queue;
    this.queue = [];
    for (const call of queue) this.whenReady(call);
  }

  private facadeFor(engine: Engine): EngineFacade {
    const { embeds, waiters } = this;
    return {
      refreshed: (detail) => {
        embeds.forgetOldToken();
        this.dispatch("refreshed", detail);
      },
      refreshFailed: (detail, refusedToken, evidence) =>
        this.onRefreshFailed(detail, { code: detail.code, refusedToken, evidence }),
      applyFailed: (detail) => {
        this.dispatch("applyfailed", detail);
        // the engine has let go of an embed that is gone
        const isGone = detail.code === "ERR_APPLY_GONE" && embeds.remove(detail.element) !== undefined;
        if (isGone) this.removedEmbeds.add(detail.element);
      },
      expired: (detail) => this.dispatch("expired", detail),
      recovered: (detail) => this.dispatch("recovered", detail),
      stateChanged: (status) => {
        this.isEndTold ||= status.state === "stopped";
        this.dispatch("statechange", { ...status, engine: engine.name });
      },
      // an error's own getters may throw; then there is nothing to explain
      embedError: (embed, error) => void this.onEmbedError(embed, error).catch(() => {}),
      resolveWaiter: (waiter, value) => waiters.settle(waiter, null, value),
      rejectWaiter: (waiter, code) => waiters.settle(waiter, code, null),
      sourceChecked: (waiter, check, token, evidence) => void this.onSourceChecked(waiter, check, token, evidence),
      isIntact,
      acquireLock: (lockRequest) => void this.acquireLock(lockRequest),
      releaseLock: () => void this.tabs.then((tabs) => tabs?.releaseLock()),
      broadcastToken: (token, expiration, contents) => {
        // copied, since the engine's memory may grow meanwhile
        const shared = { token, expiration, contents: [...contents] };
        void this.tabs.then((tabs) => tabs?.broadcast(shared));
      },
      startRequest: () => {
        this.request = new AbortController();
        return [this.request, embeds.describe()];
      },
      observeEmbeds: (numbers, clocks) => this.observeEmbeds(numbers, clocks),
    };
  }

  private onRefreshFailed(detail: Detail<"refreshfailed">, failure: SourceFailure): void {
    const report = this.report(failure);
    if (report === undefined) this.dispatch("refreshfailed", detail);
    else {
      report.then((more) => this.dispatch("refreshfailed", { ...detail, ...more }));
    }
  }

  private async onSourceChecked(
    waiter: number,
    check: CheckDetail,
    token: string | undefined,
    evidence: unknown,
  ): Promise<void> {
    const report = await this.report({ code: check.code, refusedToken: token, evidence });
    this.waiters.settle(waiter, null, { ok: check.code === null, ...check, findings: [], ...report });
  }

  private report(failure: SourceFailure): Promise<FailureReport> | undefined {
    const { source } = this.options;
    return reportFailure(failure, this.status, "method" in source ? source.method : undefined, this.ending.signal);
  }

  /** Explains an embed's error to the page, and requests a new token where the explanation says that it helps. */
  private async onEmbedError(embed: number, error: unknown): Promise<void> {
    const attached = this.embeds.withId(embed);
    if (attached === undefined) return;
    const { element } = attached;
    const explanation = await explainEmbedError(attached, error, this.status);
    if (explanation === undefined || this.embeds.get(element) !== attached) return;
    this.dispatch("explained", { ...explanation, element });
    if (shouldRefresh(attached, explanation)) {
      this.callEngine(({ refreshMayHelp }, keeper) => refreshMayHelp(keeper, embed));
    }
  }

  private observeEmbeds(numbers: Uint32Array, clocks: Float64Array): void {
    clocks.set([Date.now(), performance.now()]);
    // copied, since the engine's memory may grow meanwhile
    for (const number of numbers.slice()) {
      const attached = this.embeds.withId(number >> 1);
      if (attached !== undefined && (hasChanged(attached) || number % 2 === 1)) {
        this.callEngine(({ observeEmbed }, keeper) => observeEmbed(keeper, attached.id));
      }
    }
  }

  private async joinTabs(shareKey: string): Promise<Tabs> {
    const { Tabs } = await import("./tabs.js");
    return Tabs.join(shareKey, ({ token, expiration, contents }) =>
      this.callEngine(({ tokenReceivedFromTab }, keeper) =>
        tokenReceivedFromTab(keeper, token, expiration, Float64Array.from(contents)),
      ),
    );
  }

  private async acquireLock(lockRequest: number): Promise<void> {
    const acquired = (): void => {
      this.callEngine(({ lockAcquired }, keeper) => lockAcquired(keeper, lockRequest));
    };
    const tabs = await this.tabs;
    if (tabs === undefined) acquired();
    else tabs.acquireLock(acquired);
  }

  /** Raises an event, unless the keeper has ended. */
  private dispatch<K extends keyof KeeperEventMap>(type: K, detail: Detail<K>): void {
    if (!this.hasEnded) this.raise(type, detail);
  }

  private raise<K extends keyof KeeperEventMap>(type: K, detail: Detail<K>): void {
    this.page.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** The id of the embed that asked, as far as powerbi-client says. */
  private idOf(asked: unknown): number | undefined {
    try {
      return this.embeds.get((asked as { report: EmbedLike }).report.element)?.id;
    } catch {
      return undefined;
    }
  }

  /**
   * Puts a question to the engine, now or when it has loaded. `settle` is called once, with an error code when the
   * keeper ends before. Returns the waiter's number.
   */
  private ask(settle: Settle, question: (exports: Exports, keeper: number, waiter: number) => void): number {
    const waiter = this.nextId++;
    if (this.stage.name === "ended") settle(this.stage.code, null);
    else {
      const ask = (): void => this.whenReady((exports, keeper) => question(exports, keeper, waiter));
      this.waiters.add(waiter, settle, ask);
    }
    return waiter;
  }

  /** Calls the engine now, or when it has loaded. */
  private whenReady(call: EngineCall): void {
    const { stage } = this;
    if (stage.name === "loading") this.queue.push(call);
    else {
      schedule(() => {
        // what another engine has missed is told again by `onCrash`
        if (this.stage === stage) this.callEngine(call);
      });
    }
  }

  /** The only way into the engine. */
  private callEngine<T>(call: (exports: Exports, keeper: number) => T): T | undefined {
    if (this.stage.name !== "running") return undefined;
    const { engine, keeper } = this.stage;
    const result = call(engine.exports, keeper);
    return engine.crashed ? undefined : result;
  }

  /** The keeper goes on in the other build of the engine, as far as that is there. */
  private readonly onCrash = (): void => {
    if (this.hasEnded) return;
    if (this.stage.name === "running") {
      this.stage = { name: "loading" };
      this.hasCrashed = true;
      this.request?.abort();
      this.tabs.then((tabs) => tabs?.releaseLock());
      this.embeds.forgetOldToken();
      for (const attached of this.embeds.all()) this.attachToEngine(attached);
      this.waiters.askAgain();
    }
    this.load();
  };

  private end(code: EndCode): void {
    if (this.hasEnded) return;
    if (this.stage.name === "running") this.stage.engine.onCrash.delete(this.onCrash);
    this.stage = { name: "ended", code };
    this.ending.abort();
    this.queue = [];
    delete this.options.initial;
    this.embeds.clear();
    this.tabs.then((tabs) => tabs?.leave());
    try {
      this.options.signal?.removeEventListener("abort", this.stop);
    } catch {
      // a signal of the page's own making: `stop` does nothing from now on
    }
    this.waiters.rejectAll(code);
    if (!this.isEndTold) this.raise("statechange", this.statusWithoutEngine());
    if (code === "ERR_ENGINE") {
      warnOnce(code, new KeeperError(code).message, "See docs/content-security-policy.md in the package.");
    }
    if (code !== "ERR_STOPPED") {
      this.raise("refreshfailed", { reason: "initial", code, attempt: 1, retryInMs: null, findings: [] });
    }
  }

  private statusWithoutEngine(): KeeperStatus {
    const endCode = this.stage.name === "ended" ? this.stage.code : null;
    const state: KeeperState = endCode === null || !isInBrowser() ? "idle" : "stopped";
    return {
      state,
      tokenType: this.options.tokenType ?? null,
      expiresAt: null,
      remainingMs: null,
      nextCheckAt: null,
      lastRefreshAt: null,
      lastErrorCode: endCode === "ERR_STOPPED" ? null : endCode,
      attempt: 0,
      embeds: this.embeds.size,
      clockSkewMs: 0,
      requests: 0,
      engine: "none",
    };
  }
}
