// A lane: a page with embeds, on a machine whose clock the demo's page moves. powerbi-client and the package are
// imported once this window's clock is virtual, and find nothing unusual.
import type { EmbedSpec, Happening, Lane, LaneName, Reading, Setup } from "./api";
import { type Machine, MachineClock, thisMachine } from "./clock";
import { Ledger } from "./ledger";
import { Network } from "./network";
import type { Side } from "./side";
import type { Stage } from "./stage";

const FIRST_TOKEN_RETRY_MS = 5_000;
const STARTING: Pick<Side, "status"> = {
  status: () => ({ state: { text: "starting", tone: "off" }, nextCheck: "", windowMs: null }),
};

const name = new URLSearchParams(location.search).get("lane") as LaneName;

class OpenLane {
  readonly clock: Machine;
  readonly ledger: Ledger;
  readonly network: Network;
  readonly errors: number[] = [];
  readonly setup: Setup;
  stage: Stage | null = null;
  side: Side | null = null;
  /** Of the token in place: when it came, to show how much of its life is left. */
  #life: { until: number; from: number } | null = null;

  constructor(setup: Setup) {
    this.setup = setup;
    this.clock = setup.live ? thisMachine : new MachineClock(setup.now);
    const clock = this.clock.forFrames();
    if (clock) window.demoClock = clock;
    this.ledger = new Ledger(setup.now);
    this.network = new Network(setup.fetch ?? window.fetch.bind(window), () => this.clock.now, setup.tell);
    window.fetch = this.network.fetch;
    // Counted, and kept out of the console: the page says so.
    addEventListener("unhandledrejection", (event) =>
      this.#unhandled(event, "A promise was rejected, and nobody caught it."),
    );
    addEventListener("error", (event) => {
      // powerbi-client's own `error` events bubble up to here as well
      if (event instanceof ErrorEvent) this.#unhandled(event, "An error was thrown, and nobody caught it.");
    });
  }

  async start(): Promise<void> {
    const { Stage } = await import("./stage");
    const stage = new Stage(
      document.getElementById("embeds") as HTMLElement,
      () => this.#changed(),
      (said) => this.tell(said),
    );
    const { tokenType, visitor } = this.setup;
    this.stage = stage;
    const around = {
      stage,
      network: this.network,
      tokenType,
      visitor,
      tell: (said: Omit<Happening, "at">) => this.tell(said),
    };
    const side =
      name === "keeper"
        ? new (await import("./keeper")).KeeperSide(around)
        : new (await import("./loop")).LoopSide(around);
    this.side = side;
    await Promise.all(this.setup.embeds.map((spec) => this.add(spec)));
  }

  async add(spec: EmbedSpec): Promise<void> {
    if (!this.side || !this.stage?.reserve(spec)) return;
    try {
      await this.side.embed(spec);
    } catch {
      // What was wrong is in the log. The page's own code tries again, the same in both lanes.
      setTimeout(() => void this.#again(spec), FIRST_TOKEN_RETRY_MS);
    }
  }

  remove(key: string): void {
    this.side?.leave(key);
    this.stage?.remove(key);
  }

  tell(said: Omit<Happening, "at">): void {
    this.setup.tell({ at: this.clock.now, ...said });
  }

  moveTo(at: number): void {
    this.ledger.moveTo(at, this.clock.asleep);
    this.clock.moveTo(at);
  }

  reading(): Reading {
    const { ledger, network } = this;
    const { validUntil } = ledger;
    const expiresAt = validUntil === null || !Number.isFinite(validUntil) ? null : validUntil;
    if (expiresAt === null) this.#life = null;
    else if (this.#life?.until !== expiresAt) this.#life = { until: expiresAt, from: this.clock.now };
    const lifetimeMs = this.#life ? Math.max(1_000, this.#life.until - this.#life.from) : null;
    const status = (this.side ?? STARTING).status({ validUntil, broken: ledger.isBroken, now: this.clock.now });
    return {
      ...status,
      expiresAt,
      lifetimeMs,
      windowMs:
        lifetimeMs === null || status.windowMs === null
          ? null
          : Math.min(status.windowMs, lifetimeMs / (name === "keeper" ? 2 : 1)),
      tokens: ledger.tokens,
      broken: ledger.broken,
      requests: network.marks,
      errors: this.errors,
      counters: {
        withoutTokenMs: ledger.withoutTokenMs,
        brokenMs: ledger.brokenMs,
        requests: network.requests,
        refused: network.refused,
        unhandled: this.errors.length,
      },
    };
  }

  async #again(spec: EmbedSpec): Promise<void> {
    this.remove(spec.key);
    await this.add(spec);
  }

  #changed(): void {
    this.ledger.holds(this.clock.now, this.stage?.held ?? []);
  }

  #unhandled(event: Event, text: string): void {
    event.preventDefault();
    this.errors.push(this.clock.now);
    this.tell({ kind: "error", tone: "bad", text });
  }
}

let open: OpenLane | null = null;
function opened(): OpenLane {
  if (!open) throw new Error("the lane is not open yet");
  return open;
}

const lane: Lane = {
  open: async (setup) => {
    open = new OpenLane(setup);
    await open.start();
  },
  add: (spec) => opened().add(spec),
  remove: (key) => opened().remove(key),
  plan: (change) => opened().stage?.plan(change),
  embedAgain: () => opened().stage?.embedAgain(),
  online: () => void window.dispatchEvent(new Event("online")),
  hide: (hidden) => opened().clock.hide(hidden),
  sleep: () => void (opened().clock.asleep = true),
  wake: () => opened().clock.wake(),
  setClock: (aheadMs) => opened().clock.setAhead(aheadMs),
  nextDue: () => opened().clock.nextDue(),
  moveTo: (at) => opened().moveTo(at),
  isBusy: (realNow) =>
    opened().network.isBusy(realNow) ||
    opened().clock.isReading(realNow) ||
    opened().stage?.isLoading(realNow) === true,
  reading: () => opened().reading(),
};
window.lane = lane;
