// The backend's time. It runs at the pace that the visitor wants, so that a day passes in minutes, and never backwards.

/** Nought is a pause. */
export const RATES = [0, 1, 10, 60] as const;
export type Rate = (typeof RATES)[number];

/** Timers of the real clock; what `set` returns goes back into `clear`. Like the browser's, they may fire early. */
export interface Timers {
  set(callback: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

const TIMERS: Timers = {
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

const MAX_TIMER_MS = 2 ** 31 - 1;

interface Wait {
  due: number;
  timer: unknown;
  end(): void;
}

export class VirtualClock {
  readonly #realNow: () => number;
  readonly #timers: Timers;
  readonly #waits = new Set<Wait>();
  /** From this real moment, which was that virtual one, time has run at the rate. */
  #since: { real: number; virtual: number };
  #rate: Rate = 1;

  constructor(realNow: () => number = Date.now, timers: Timers = TIMERS) {
    this.#realNow = realNow;
    this.#timers = timers;
    const now = realNow();
    this.#since = { real: now, virtual: now };
  }

  /** Milliseconds since the epoch, whole. */
  now(): number {
    const passed = Math.max(0, this.#realNow() - this.#since.real);
    return Math.floor(this.#since.virtual + passed * this.#rate);
  }

  get rate(): Rate {
    return this.#rate;
  }

  /** Time goes on from where it is, at another pace; what waits comes when it is due by the new one. */
  setRate(rate: Rate): void {
    this.#since = { real: this.#realNow(), virtual: this.now() };
    this.#rate = rate;
    for (const wait of this.#waits) this.#arm(wait);
  }

  /** Time that passes in a moment, as for a machine that sleeps. */
  advance(ms: number): void {
    this.#since = { real: this.#realNow(), virtual: this.now() + ms };
    for (const wait of this.#waits) this.#arm(wait);
  }

  /** Resolves to true when so much virtual time has passed, to false as soon as the signal aborts. */
  wait(virtualMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve(false);
      const settle = (passed: boolean) => {
        this.#waits.delete(wait);
        this.#timers.clear(wait.timer);
        signal?.removeEventListener("abort", aborted);
        resolve(passed);
      };
      const aborted = () => settle(false);
      const wait: Wait = { due: this.now() + virtualMs, timer: undefined, end: () => settle(true) };
      this.#waits.add(wait);
      signal?.addEventListener("abort", aborted);
      this.#arm(wait);
    });
  }

  #arm(wait: Wait): void {
    this.#timers.clear(wait.timer);
    const virtual = wait.due - this.now();
    const left = Math.min(Math.ceil(virtual / this.#rate), MAX_TIMER_MS);
    if (virtual <= 0) wait.end();
    // while time stands still nothing comes, until it is moved again
    else if (this.#rate > 0) wait.timer = this.#timers.set(() => this.#arm(wait), left);
  }
}
