// Time that belongs to the page, for the backend in the page: it waits for the panes, so that nothing is ever late.
import FakeTimers from "@sinonjs/fake-timers";
import { type Pace, RATES, type TimeSource, WEEK_RATE } from "./source";

/** What a tab that was not looked at catches up with, at most. */
const MAX_GAP_MS = 1_000;

export class LocalTime implements TimeSource {
  readonly paces = [...RATES, WEEK_RATE] as const;
  /** The backend's clock: its waits are timers here. */
  readonly #clock: ReturnType<typeof FakeTimers.createClock>;
  readonly #byHand: boolean;
  #pace: Pace = 0;
  #target = Date.now();
  #asked = performance.now();

  constructor(byHand = false) {
    this.#byHand = byHand;
    this.#clock = FakeTimers.createClock(this.#target);
  }

  /** As if so much real time had passed. */
  step(realMs: number): void {
    this.#target += realMs * this.#pace;
  }

  /** For the backend, whose own rate stays 1. */
  get forBackend() {
    return {
      realNow: () => this.#clock.now,
      timers: {
        set: (callback: () => void, ms: number): unknown => this.#clock.setTimeout(callback, ms),
        clear: (timer: unknown) => this.#clock.clearTimeout(timer as ReturnType<typeof setTimeout>),
      },
    };
  }

  now(): number {
    const real = performance.now();
    if (!this.#byHand) this.#target += Math.min(real - this.#asked, MAX_GAP_MS) * this.#pace;
    this.#asked = real;
    return Math.floor(this.#target);
  }

  nextDue(): number {
    let next = Infinity;
    for (const { callAt } of this.#clock.timers?.values() ?? []) next = Math.min(next, callAt ?? Infinity);
    return next;
  }

  reached(at: number): void {
    if (at > this.#clock.now) this.#clock.tick(at - this.#clock.now);
    // panes that could not keep up are waited for
    if (!this.#byHand) this.#target = Math.max(at, Math.min(this.#target, at + MAX_GAP_MS * Math.max(1, this.#pace)));
  }

  async setPace(pace: Pace): Promise<void> {
    this.now();
    this.#pace = pace;
  }

  async leap(ms: number): Promise<void> {
    this.#target = this.#clock.now + ms;
  }
}
