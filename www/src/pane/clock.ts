// A pane's machine: its wall clock, its timers, and whether somebody looks at the page. Date, performance.now and the
// timers of this window are virtual; promises, messages and fetch stay real.
import FakeTimers from "@sinonjs/fake-timers";
import type { FrameClock } from "./api";

/** How often the timers of a hidden page come in today's browsers. */
const HIDDEN_TICK_MS = 60_000;
/** How long after a frame has read a token its answer is waited for, in real time. */
const SETTLE_MS = 8;

/** What a pane asks of its machine. */
export interface Machine {
  readonly now: number;
  asleep: boolean;
  nextDue(): number;
  moveTo(at: number): void;
  hide(hidden: boolean): void;
  wake(): void;
  setAhead(ms: number): void;
  forFrames(): FrameClock | null;
  isReading(realNow: number): boolean;
}

/** In live mode the machine is this one, and nobody plays with it. */
export const thisMachine: Machine = {
  get now() {
    return Date.now();
  },
  asleep: false,
  nextDue: () => Infinity,
  moveTo: () => {},
  hide: () => {},
  wake: () => {},
  setAhead: () => {},
  forFrames: () => null,
  isReading: () => false,
};

type Clock = ReturnType<typeof FakeTimers.createClock>;

export class MachineClock implements Machine {
  /** The service's time. */
  now: number;
  hidden = false;
  asleep = false;
  /** How far the machine's wall clock is from the service's. */
  #aheadMs = 0;
  /** Date and performance.now: they run in a hidden page too. It has no timers. */
  readonly #dates: Clock;
  /** The timers; behind `now` while the page is hidden or the machine asleep. */
  readonly #timers: Clock;
  #timersAt: number;
  #datesAt: number;
  #reading = 0;
  #read = -Infinity;

  /** Takes this window's clocks over. Whatever is imported afterwards knows no others. */
  constructor(now: number) {
    this.now = this.#timersAt = this.#datesAt = now;
    this.#dates = FakeTimers.install({ now, toFake: ["Date", "performance"] });
    this.#timers = FakeTimers.createClock(now);
    const { setTimeout, clearTimeout, setInterval, clearInterval } = this.#timers;
    Object.assign(window, { setTimeout, clearTimeout, setInterval, clearInterval });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => this.hidden });
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (this.hidden ? "hidden" : "visible"),
    });
  }

  nextDue(): number {
    if (this.asleep) return Infinity;
    if (this.hidden) return this.#timersAt + HIDDEN_TICK_MS;
    let next = Infinity;
    for (const { callAt } of this.#timers.timers?.values() ?? []) next = Math.min(next, callAt ?? Infinity);
    return next;
  }

  moveTo(at: number): void {
    this.now = at;
    if (this.asleep) return;
    this.#dates.tick(at - this.#datesAt);
    this.#datesAt = at;
    if (!this.hidden) this.#runTimers();
    else if (at - this.#timersAt >= HIDDEN_TICK_MS) this.#catchUp();
  }

  hide(hidden: boolean): void {
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    document.dispatchEvent(new Event("visibilitychange"));
    if (!hidden) this.#catchUp();
  }

  wake(): void {
    if (!this.asleep) return;
    this.asleep = false;
    this.#dates.tick(this.now - this.#datesAt);
    this.#datesAt = this.now;
    this.#catchUp();
  }

  /** Sets the wall clock; performance.now and the timers take no notice, as on a real machine. */
  setAhead(ms: number): void {
    this.#dates.setSystemTime(Date.now() + ms - this.#aheadMs);
    this.#aheadMs = ms;
  }

  /**
   * What the frames need beside: their own errors in time would otherwise be those of a machine, not of the service.
   */
  forFrames(): FrameClock {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = this.#timers;
    return {
      now: () => this.now,
      setTimeout: (callback, ms) => setTimeout(callback, ms),
      clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      setInterval: (callback, ms) => setInterval(callback, ms),
      clearInterval: (timer) => clearInterval(timer as ReturnType<typeof setInterval>),
      isVisible: () => !this.hidden,
      beforePainting: (draw) => void requestAnimationFrame(draw),
      during: async (work) => {
        this.#reading += 1;
        try {
          return await work;
        } finally {
          this.#reading -= 1;
          this.#read = parent.performance.now();
        }
      },
    };
  }

  /** A frame unzips a token or has just done so, which takes real time and no virtual one. */
  isReading(realNow: number): boolean {
    return this.#reading > 0 || realNow - this.#read < SETTLE_MS;
  }

  #runTimers(): void {
    const passed = this.now - this.#timersAt;
    this.#timersAt = this.now;
    this.#timers.tick(passed);
  }

  /** Timers that are late fire once, however often they would have. */
  #catchUp(): void {
    const passed = this.now - this.#timersAt;
    this.#timersAt = this.now;
    this.#timers.jump(passed);
  }
}
