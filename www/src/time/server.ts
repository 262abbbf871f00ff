// The server's time, followed: asked for now and then, and reckoned in between.
import type { Backend } from "../backend";
import { type Pace, RATES, type TimeSource } from "./source";

const SYNC_INTERVAL_MS = 5_000;

export class ServerTime implements TimeSource {
  readonly paces = RATES;
  readonly #backend: Backend;
  #at = performance.now();
  #time: { now: number; rate: number };
  #asked = performance.now();

  static async of(backend: Backend): Promise<ServerTime> {
    return new ServerTime(backend, await backend.clock());
  }

  private constructor(backend: Backend, time: { now: number; rate: number }) {
    this.#backend = backend;
    this.#time = time;
  }

  now(): number {
    const real = performance.now();
    if (real - this.#asked > SYNC_INTERVAL_MS) {
      this.#asked = real;
      // A server that was stopped is told of by whatever needs it next.
      void this.#backend.clock().then(
        (time) => this.#take(time),
        () => {},
      );
    }
    return Math.floor(this.#time.now + (real - this.#at) * this.#time.rate);
  }

  nextDue(): number {
    return Infinity;
  }

  reached(): void {}

  async setPace(pace: Pace): Promise<void> {
    this.#take(await this.#backend.setClock({ rate: pace }));
  }

  async leap(ms: number): Promise<void> {
    this.#take(await this.#backend.setClock({ advanceMs: ms }));
  }

  #take(time: { now: number; rate: number }): void {
    this.#time = time;
    this.#at = performance.now();
  }
}
