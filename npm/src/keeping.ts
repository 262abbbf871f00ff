import { askInTime } from "./diagnosis/load.js";
import { type Engine, loadEngine } from "./engine/load.js";
import type { CheckedOptions } from "./options.js";
import type { News, Tabs } from "./tabs.js";
import { inTurn } from "./turns.js";
import type { EmbedLike, ErrorCode, KeeperEventMap, KeeperState, KeeperStatus, TokenRequest } from "./types.js";

/** What a running keeper's engine may be told: each call takes the keeper's number first. */
type Calls = Omit<Engine["exports"], "boot" | "begin">;
type Rest<F> = F extends (keeper: number, ...rest: infer R extends unknown[]) => unknown ? R : [];
/** What `tell` tells, in the order of `call` in `src/web/door.rs`. */
export const enum Call {
  Look,
  Detach,
  Heal,
  Claimed,
  Obtain,
  Refresh,
  Provide,
  Stop,
}
/** What a waiter is told: an error code or null, and the token or its expiration. */
type Done = (code: ErrorCode | null, value: string | number | null) => void;

/** An embed as the facade knows it. */
interface Attached {
  readonly id: number;
  readonly element: HTMLElement;
  readonly embed: EmbedLike | undefined;
  /** The errors that were explained since the last new token: fifty visuals may raise the same one. */
  explained?: Set<string>;
  /** A new token was asked for because an explanation said that it helps. Once is enough. */
  healed?: boolean;
  /** What was to be seen of it when the engine looked last. */
  seen?: Sight | undefined;
}

/** What the engine has to say to the other tabs: that it waits for its turn, a new token, or that they may go on. */
interface Talk {
  readonly claim?: number;
  readonly news?: News;
}

/** powerbi-client leaves the embed at its container. */
type Container = HTMLElement & { powerBiEmbed?: EmbedLike };

/** The embed in the container now: what the container says counts more than what was handed in. */
const embedIn = ({ element, embed }: Attached): EmbedLike | undefined => (element as Container).powerBiEmbed ?? embed;

/** All that the engine looks at (`src/web/attached.rs`). */
interface Sight {
  readonly embed: unknown;
  readonly connected: unknown;
  readonly token: unknown;
  readonly type: unknown;
}

/** Whether an embed is not as it was seen last; from now on it was seen as it is. */
function changes(attached: Attached): boolean {
  const before = attached.seen;
  attached.seen = undefined;
  try {
    const embed = embedIn(attached) as
      | { iframe?: HTMLElement; config?: { accessToken?: unknown; tokenType?: unknown } }
      | undefined;
    const config = embed?.config;
    const [connected, token, type] = [embed?.iframe?.isConnected, config?.accessToken, config?.tokenType];
    const same =
      before &&
      before.embed === embed &&
      before.connected === connected &&
      before.token === token &&
      before.type === type;
    attached.seen = same ? before : { embed, connected, token, type };
    return !same;
  } catch {
    // it does not want to be read, and may be another each time
    return true;
  }
}

/** What a frame raises on its container when it has loaded, or failed to. */
const SIGNS_OF_LIFE = ["loaded", "tileLoaded", "error"];

/** Where the keeper stands between the page and its engine. */
type Stage =
  | { name: "loading" }
  | { name: "running"; keeper: number; engine: Engine }
  | { name: "over"; code: "ERR_STOPPED" | "ERR_ENGINE" | "ERR_CRASHED" };

/** The refusals that a look at the token itself explains. The others say all there is to say. */
const DIAGNOSED = /^ERR_TOKEN_(UNUSABLE|TYPE|EXPIRED|SUBJECT)$/;

/** The number of no embed. */
const NONE = -1;

/** Nothing runs, is loaded or is listened to on a server. */
const inBrowser = (): boolean => typeof window !== "undefined" && typeof document !== "undefined";

/**
 * Has the engine be on its way while a keeper is made: reading its options takes as long as a request to a server
 * nearby.
 */
export function hasten(): void {
  if (inBrowser()) loadEngine().catch(() => {});
}

/** What a {@link TokenKeeper} does, out of the page's reach. */
export class Keeping {
  /** @param page what raises the keeper's events */
  constructor(
    private readonly options: CheckedOptions,
    private readonly page: EventTarget,
  ) {}

  private readonly embeds = new Map<HTMLElement, Attached>();
  /** The same by their ids. */
  private readonly byId = new Map<number, Attached>();
  /** What listens on containers whose embed is gone. */
  private readonly gone = new WeakMap<HTMLElement, () => void>();
  /** Aborts when the keeper has ended. */
  private over: AbortController | undefined;
  /** The tabs of the same `shareKey`; none without one, or when the chunk can't be loaded. */
  private tabs: Promise<Tabs | undefined> = Promise.resolve(undefined);
  /** Everybody who waits for an answer, by the number that the engine knows. */
  private readonly waiting = new Map<number, Done>();
  /** Calls that wait for the engine. */
  private queue: (() => void)[] = [];
  private stage: Stage = { name: "loading" };
  /** The next embed's or waiter's number. */
  private ids = 0;

  /** Loads the engine, where there is anything to be done. */
  begin(): void {
    const { signal } = this.options;
    if (signal?.aborted) this.stage = { name: "over", code: "ERR_STOPPED" };
    else if (!inBrowser()) this.stage = { name: "over", code: "ERR_ENGINE" };
    else {
      signal?.addEventListener("abort", this.stop);
      loadEngine().then(
        (engine) => inTurn(() => this.start(engine)),
        () => this.end("ERR_ENGINE"),
      );
    }
  }

  get status(): KeeperStatus {
    const { stage } = this;
    if (stage.name === "running") {
      const status = this.enter("status");
      if (status !== undefined)
        return { ...(status as KeeperStatus), embeds: this.embeds.size, engine: stage.engine.name };
    }
    return this.restingStatus();
  }

  attach(embed: EmbedLike | HTMLElement): void {
    const { element, own } = parts(embed);
    if (this.stage.name === "over" || this.embeds.has(element)) return;
    const id = this.ids++;
    this.forgetFor(element);
    const attached: Attached = { id, element, embed: own };
    this.embeds.set(element, attached);
    this.byId.set(id, attached);
    this.later(() => {
      changes(attached);
      this.enter("attach", id, element, own);
    });
  }

  private readonly start = (engine: Engine): void => {
    if (this.stage.name !== "loading") return;
    engine.onCrash.add(this.crashed);
    const keeper = engine.exports.begin({ ...this.options, embeds: this.describe }, this.emit, this.look);
    if (engine.crashed) return;
    this.stage = { name: "running", keeper, engine };
    const { shareKey } = this.options;
    if (shareKey !== undefined) this.tabs = this.join(shareKey).catch(() => undefined);
    const queue = this.queue;
    this.queue = [];
    for (const call of queue) this.later(call);
  };

  /** What a source is told of the embeds. */
  private readonly describe = (): TokenRequest["embeds"] =>
    [...this.embeds.values()].map((attached) => {
      const told: Record<string, string> = {};
      try {
        const config = embedIn(attached)?.config as unknown as Record<string, unknown>;
        for (const key of ["type", "id", "groupId"])
          if (typeof config[key] === "string") told[key] = config[key] as string;
      } catch {
        // nothing is embedded there yet, or it does not want to be read
      }
      return told as { type: string };
    });

  /**
   * What the engine tells: a waiter's answer, or an event that is raised on the page. `more` is the answer, or the
   * token that was refused, for the diagnosis alone.
   */
  private readonly emit = (type: string, detail: number | object, more?: string | number): void => {
    if (typeof detail === "number") {
      const [code, value] = type === "answer" ? [null, more as string | number] : [more as ErrorCode, null];
      this.settle(detail, code, value);
      return;
    }
    if (type === "heard") {
      // an error's own getters may throw; then there is nothing to explain
      this.heard(detail as { element: HTMLElement; error: unknown }).catch(() => {});
      return;
    }
    if (type === "tabs") {
      this.talk(detail as Talk);
      return;
    }
    if (type === "refreshed") {
      for (const attached of this.byId.values()) {
        attached.explained?.clear();
        // the old token is let go of
        attached.seen = undefined;
      }
    }
    if (more !== undefined && DIAGNOSED.test((detail as { code: ErrorCode }).code)) {
      const { status } = this;
      askInTime((explainer) => explainer.findings(more as string, status)).then((findings = []) => {
        if (this.stage.name !== "over") this.dispatch(type, { ...detail, findings });
      });
      return;
    }
    const { stage } = this;
    const full = type === "statechange" && stage.name === "running" ? { ...detail, engine: stage.engine.name } : detail;
    this.dispatch(type, full);
    if (type === "applyfailed") this.forgetGone(detail as KeeperEventMap["applyfailed"]["detail"]);
  };

  /**
   * What the engine calls when its timer fires: says what the clocks say, and looks at some embeds. The engine looks
   * itself where something has changed since it did; an odd number, which is an id doubled and one more, wants it to in
   * any case.
   */
  private readonly look = (asked: Uint32Array, clocks: Float64Array): void => {
    clocks.set([Date.now(), performance.now()]);
    // copied, since the engine's memory may grow meanwhile
    for (const each of asked.slice()) {
      const attached = this.byId.get(each >> 1);
      if (attached !== undefined && (changes(attached) || each % 2 === 1)) this.tell(Call.Look, attached.id);
    }
  };

  private async join(shareKey: string): Promise<Tabs> {
    const { Tabs } = await import("./tabs.js");
    return new Tabs(shareKey, (news) => this.enter("shared", news));
  }

  /** Says to the other tabs what the engine has to say to them. */
  private async talk({ claim, news }: Talk): Promise<void> {
    const tabs = await this.tabs;
    if (news !== undefined) tabs?.share(news);
    else if (claim === undefined) tabs?.release();
    else {
      const granted = (): void => this.tell(Call.Claimed, claim);
      if (tabs === undefined) granted();
      else tabs.claim(granted);
    }
  }

  /** Explains an embed's error to the page, and asks for a new token where the explanation says that it helps. */
  private async heard({ element, error }: { element: HTMLElement; error: unknown }): Promise<void> {
    const attached = this.embeds.get(element);
    const { message, errorCode } = (error ?? {}) as { message?: unknown; errorCode?: unknown };
    const key = `${String(message)} ${String(errorCode)}`;
    if (attached === undefined || attached.explained?.has(key)) return;
    (attached.explained ??= new Set()).add(key);
    const [embed, status] = [embedIn(attached), this.status];
    const explanation = await askInTime((explainer) => explainer.explainError(error, embed, status));
    if (explanation === undefined || this.embeds.get(element) !== attached) return;
    this.dispatch("explained", { ...explanation, element });
    // the engine itself answers to TokenExpired
    if (!explanation.refreshHelps || explanation.error === "TokenExpired" || attached.healed) return;
    attached.healed = true;
    this.tell(Call.Heal, attached.id);
  }

  private dispatch(type: string, detail: object): void {
    this.page.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /**
   * The engine has let go of an embed that is gone. When its container comes back to life, it is kept again: a panel
   * that was closed and opened, a report embedded anew. Only the container itself holds on to this.
   */
  private forgetGone({ code, element }: KeeperEventMap["applyfailed"]["detail"]): void {
    if (code !== "ERR_APPLY_GONE" || this.remove(element) === undefined) return;
    const back = (): void => {
      this.forgetFor(element);
      if ((element as Container).powerBiEmbed !== undefined) this.attach(element);
    };
    const { signal } = (this.over ??= new AbortController());
    // captured, so that the engine, which listens from then on, hears the very error that it came back with
    for (const sign of SIGNS_OF_LIFE) element.addEventListener(sign, back, { capture: true, signal });
    this.gone.set(element, back);
  }

  /** An embed that is gone is waited for no more. */
  private forgetFor(element: HTMLElement): void {
    const back = this.gone.get(element);
    if (back === undefined) return;
    this.gone.delete(element);
    for (const sign of SIGNS_OF_LIFE) element.removeEventListener(sign, back, true);
  }

  detach(element: HTMLElement): void {
    this.forgetFor(element);
    const attached = this.remove(element);
    if (attached !== undefined) this.later(() => this.tell(Call.Detach, attached.id));
  }

  private remove(element: HTMLElement): Attached | undefined {
    const attached = this.embeds.get(element);
    if (attached !== undefined) this.byId.delete(attached.id);
    this.embeds.delete(element);
    return attached;
  }

  provide(asked: unknown): Promise<string | null> {
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const done: Done = (_, value) => {
        clearTimeout(timer);
        resolve(typeof value === "string" ? value : null);
      };
      const waiter = this.ask(Call.Provide, done, asked);
      if (this.waiting.has(waiter))
        timer = setTimeout(() => this.settle(waiter, null, null), this.options.providerTimeoutMs);
    });
  }

  /** The embed that asked, as far as powerbi-client says. */
  private idOf(asked: unknown): number {
    try {
      const element = (asked as { report: EmbedLike }).report.element;
      return this.embeds.get(element)?.id ?? NONE;
    } catch {
      return NONE;
    }
  }

  /**
   * Puts a question to the engine, now or when it has loaded. `done` is called once, with an error code when the keeper
   * ends before. Answers with the waiter's number.
   */
  ask(question: Call.Obtain | Call.Provide | Call.Refresh, done: Done, asked?: unknown): number {
    const waiter = this.ids++;
    if (this.stage.name === "over") done(this.stage.code, null);
    else {
      this.waiting.set(waiter, done);
      this.later(() => this.tell(question, waiter, this.idOf(asked)));
    }
    return waiter;
  }

  /** Tells a waiter what it waited for, unless it was told already. */
  private settle(waiter: number, ...answer: Parameters<Done>): void {
    const done = this.waiting.get(waiter);
    this.waiting.delete(waiter);
    done?.(...answer);
  }

  /** Has something done in the engine, now or when it has loaded. */
  private later(work: () => void): void {
    if (this.stage.name === "loading") this.queue.push(work);
    else inTurn(work);
  }

  private tell(call: Call, id = 0, embed = NONE): void {
    this.enter("tell", call, id, embed);
  }

  /** The only way into the engine. */
  private enter<K extends keyof Calls, R extends Rest<Calls[K]>>(
    name: K,
    ...rest: R
  ): ReturnType<Calls[K]> | undefined {
    if (this.stage.name !== "running") return undefined;
    const { keeper, engine } = this.stage;
    const call = engine.exports[name] as (keeper: number, ...rest: unknown[]) => ReturnType<Calls[K]>;
    const result = call(keeper, ...rest);
    return engine.crashed ? undefined : result;
  }

  readonly stop = (): void => {
    this.tell(Call.Stop);
    this.end("ERR_STOPPED");
  };

  private readonly crashed = (): void => this.end("ERR_CRASHED");

  private end(code: "ERR_STOPPED" | "ERR_ENGINE" | "ERR_CRASHED"): void {
    if (this.stage.name === "over") return;
    const spoke = this.stage.name === "running" && code === "ERR_STOPPED";
    if (this.stage.name === "running") this.stage.engine.onCrash.delete(this.crashed);
    this.stage = { name: "over", code };
    this.queue = [];
    this.embeds.clear();
    this.byId.clear();
    this.over?.abort();
    this.tabs.then((tabs) => tabs?.leave());
    this.options.signal?.removeEventListener("abort", this.stop);
    for (const waiter of [...this.waiting.keys()]) this.settle(waiter, code, null);
    // an engine that stops raises its last statechange itself
    if (!spoke) this.dispatch("statechange", this.restingStatus());
    if (code !== "ERR_STOPPED") {
      this.dispatch("refreshfailed", { reason: "initial", code, attempt: 1, retryInMs: null, findings: [] });
    }
  }

  /** What there is to say without an engine. */
  private restingStatus(): KeeperStatus {
    const over = this.stage.name === "over" ? this.stage.code : null;
    const state: KeeperState = over === null || !inBrowser() ? "idle" : "stopped";
    return {
      state,
      tokenType: this.options.tokenType ?? null,
      expiresAt: null,
      remainingMs: null,
      nextCheckAt: null,
      lastRefreshAt: null,
      lastErrorCode: over === "ERR_STOPPED" ? null : over,
      attempt: 0,
      embeds: this.embeds.size,
      clockSkewMs: 0,
      requests: 0,
      engine: "none",
    };
  }
}

/** An embed or a container, taken apart. */
export function parts(embed: EmbedLike | HTMLElement): { element: HTMLElement; own: EmbedLike | undefined } {
  const given = embed as Partial<EmbedLike & HTMLElement> | null | undefined;
  if (typeof given?.setAccessToken === "function" && isElement(given.element)) {
    return { element: given.element, own: embed as EmbedLike };
  }
  if (isElement(embed)) return { element: embed, own: undefined };
  throw Object.assign(
    new TypeError("powerbi-token-keeper: embed must be what powerbi.embed() returned, or its container"),
    {
      code: "ERR_OPTION" satisfies ErrorCode,
    },
  );
}

/** By shape: a page may hand in an element of another frame. */
function isElement(value: unknown): value is HTMLElement {
  return (value as Partial<Node> | null | undefined)?.nodeType === 1;
}
