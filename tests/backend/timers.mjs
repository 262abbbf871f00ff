// Real time that a test moves by hand, and the timers that run on it.
export class HandClock {
  #timers = new Set();

  constructor(now = Date.parse("2026-03-01T09:00:00Z")) {
    this.time = now;
  }

  now = () => this.time;

  timers = {
    set: (callback, ms) => {
      const timer = { at: this.time + ms, callback };
      this.#timers.add(timer);
      return timer;
    },
    clear: (timer) => this.#timers.delete(timer),
  };

  get waiting() {
    return this.#timers.size;
  }

  /** Time goes on; every timer fires at its moment, and what it wakes has run before the next. */
  async passes(ms) {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      this.time = next?.at ?? end;
      if (!next) break;
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    await settle();
  }
}

/** Lets everything run that waits for nothing. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
