// A pane: a page with embeds, on a machine whose clock the demo's page moves. powerbi-client and the package are
// imported once this window's clock is virtual, and find nothing unusual.
import type { EmbedSpec, LogEvent, Pane, PaneName, PaneStatus, PaneSetup } from "./api";
import { type Machine, MachineClock, thisMachine } from "./clock";
import { TokenLog } from "./token-log";
import { EngineTrap } from "./engine-trap";
import { Network } from "./network";
import type { Strategy } from "./strategy";
import type { Embeds } from "./embeds";

const FIRST_TOKEN_RETRY_MS = 5_000;
/** How often, and how long at most, in real time, something is waited for that takes no virtual time. */
const LOOK_MS = 10;
const MAX_WAIT_MS = 5_000;
const STARTING: Pick<Strategy, "status"> = {
  status: () => ({ state: { text: "starting", tone: "off" }, nextCheck: "", windowMs: null }),
};

const name = new URLSearchParams(location.search).get("pane") as PaneName;

class RunningPane {
  readonly clock: Machine;
  readonly tokenLog: TokenLog;
  readonly network: Network;
  readonly trap = new EngineTrap();
  readonly errors: number[] = [];
  readonly setup: PaneSetup;
  embeds: Embeds | null = null;
  strategy: Strategy | null = null;
  /** Of the token in place: when it came, to show how much of its life is left. */
  #life: { until: number; from: number } | null = null;

  constructor(setup: PaneSetup) {
    this.setup = setup;
    this.clock = setup.live ? thisMachine : new MachineClock(setup.now);
    const clock = this.clock.forFrames();
    if (clock) window.demoClock = clock;
    this.tokenLog = new TokenLog(setup.now);
    this.network = new Network(setup.fetch, () => this.clock.now, setup.tell);
    window.fetch = this.network.fetch;
    // Counted, and kept out of the console: the page says so.
    addEventListener("unhandledrejection", (event) => this.#unhandled(event, "Unhandled promise rejection."));
    addEventListener("error", (event) => {
      // powerbi-client's own `error` events bubble up to here as well
      if (event instanceof ErrorEvent) this.#unhandled(event, "Uncaught error.");
    });
  }

  async start(): Promise<void> {
    const { Embeds } = await import("./embeds");
    const embeds = new Embeds(
      document.getElementById("embeds") as HTMLElement,
      () => this.#changed(),
      (event) => this.tell(event),
    );
    const { tokenType, visitor } = this.setup;
    this.embeds = embeds;
    const context = {
      embeds,
      network: this.network,
      tokenType,
      visitor,
      trap: this.trap,
      waits: until,
      tell: (event: Omit<LogEvent, "at">) => this.tell(event),
    };
    const strategy =
      name === "keeper"
        ? new (await import("./keeper-strategy")).KeeperStrategy(context)
        : new (await import("./loop-strategy")).LoopStrategy(context);
    this.strategy = strategy;
    await Promise.all(this.setup.embeds.map((spec) => this.add(spec)));
  }

  async add(spec: EmbedSpec): Promise<void> {
    if (!this.strategy || !this.embeds?.reserve(spec)) return;
    try {
      await this.strategy.embed(spec);
    } catch {
      // What was wrong is in the log. The page's own code tries again, the same in both panes.
      setTimeout(() => void this.#retry(spec), FIRST_TOKEN_RETRY_MS);
    }
  }

  /** The first report gives way to another. */
  async embedAnother(): Promise<void> {
    const [first] = this.setup.embeds;
    if (first) await this.strategy?.embedAnother(first.key);
  }

  /** Its end is a sign-in. */
  requireSignIn(required: boolean): void {
    this.network.requiresSignIn = required;
    if (!required) this.strategy?.signedIn();
  }

  remove(key: string): void {
    this.strategy?.leave(key);
    this.embeds?.remove(key);
  }

  tell(event: Omit<LogEvent, "at">): void {
    this.setup.tell({ at: this.clock.now, ...event });
  }

  moveTo(at: number): void {
    this.tokenLog.moveTo(at, this.clock.asleep);
    this.clock.moveTo(at);
  }

  status(): PaneStatus {
    const { tokenLog, network } = this;
    const { validUntil } = tokenLog;
    const expiresAt = validUntil === null || !Number.isFinite(validUntil) ? null : validUntil;
    if (expiresAt === null) this.#life = null;
    else if (this.#life?.until !== expiresAt) this.#life = { until: expiresAt, from: this.clock.now };
    const lifetimeMs = this.#life ? Math.max(1_000, this.#life.until - this.#life.from) : null;
    const status = (this.strategy ?? STARTING).status({ validUntil, broken: tokenLog.isBroken, now: this.clock.now });
    return {
      ...status,
      expiresAt,
      lifetimeMs,
      windowMs:
        lifetimeMs === null || status.windowMs === null
          ? null
          : Math.min(status.windowMs, lifetimeMs / (name === "keeper" ? 2 : 1)),
      tokens: tokenLog.tokens,
      broken: tokenLog.broken,
      requests: network.marks,
      errors: this.errors,
      counters: {
        withoutTokenMs: tokenLog.withoutTokenMs,
        brokenMs: tokenLog.brokenMs,
        requests: network.requests,
        refused: network.refused,
        unhandled: this.errors.length,
      },
    };
  }

  async #retry(spec: EmbedSpec): Promise<void> {
    this.remove(spec.key);
    await this.add(spec);
  }

  #changed(): void {
    this.tokenLog.holds(this.clock.now, this.embeds?.held ?? []);
  }

  #unhandled(event: Event, text: string): void {
    event.preventDefault();
    this.errors.push(this.clock.now);
    this.tell({ kind: "error", tone: "bad", text });
  }
}

async function until(met: () => boolean): Promise<void> {
  const end = parent.performance.now() + MAX_WAIT_MS;
  while (!met() && parent.performance.now() < end) await new Promise((resolve) => parent.setTimeout(resolve, LOOK_MS));
}

let current: RunningPane | null = null;
function running(): RunningPane {
  if (!current) throw new Error("the pane is not open yet");
  return current;
}

const pane: Pane = {
  open: async (setup) => {
    current = new RunningPane(setup);
    await current.start();
  },
  add: (spec) => running().add(spec),
  remove: (key) => running().remove(key),
  plan: (change) => running().embeds?.plan(change),
  embedAgain: () => running().embeds?.embedAgain(),
  embedAnother: () => running().embedAnother(),
  signedIn: () => running().strategy?.signedIn(),
  requireSignIn: (required) => running().requireSignIn(required),
  crashEngine: async () => running().strategy?.crashEngine?.(),
  online: () => void window.dispatchEvent(new Event("online")),
  hide: (hidden) => running().clock.hide(hidden),
  sleep: () => void (running().clock.asleep = true),
  wake: () => running().clock.wake(),
  setClock: (aheadMs) => running().clock.setAhead(aheadMs),
  nextDue: () => running().clock.nextDue(),
  moveTo: (at) => running().moveTo(at),
  isBusy: (realNow) =>
    running().network.isBusy(realNow) ||
    running().clock.isReading(realNow) ||
    running().embeds?.isLoading(realNow) === true,
  status: () => running().status(),
};
window.pane = pane;
