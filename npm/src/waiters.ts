import type { ErrorCode, SourceCheck } from "./types.js";

/** Settles a caller's promise: with an error code or null, and with the token, its expiration or the check's result. */
export type Settle = (code: ErrorCode | null, value: string | number | SourceCheck | null) => void;

interface Waiter {
  readonly settle: Settle;
  /** Puts the question to the engine. */
  readonly ask: () => void;
}

/** Callers that wait for an answer of the engine, by the number that the engine knows them by. */
export class Waiters {
  private readonly waiting = new Map<number, Waiter>();

  add(waiter: number, settle: Settle, ask: () => void): void {
    this.waiting.set(waiter, { settle, ask });
    ask();
  }

  has(waiter: number): boolean {
    return this.waiting.has(waiter);
  }

  /** Puts every question again, to another engine. */
  askAgain(): void {
    for (const { ask } of [...this.waiting.values()]) ask();
  }

  /** Answers a waiter, unless it has its answer already. */
  settle(waiter: number, ...answer: Parameters<Settle>): void {
    const found = this.waiting.get(waiter);
    this.waiting.delete(waiter);
    found?.settle(...answer);
  }

  rejectAll(code: ErrorCode): void {
    for (const waiter of [...this.waiting.keys()]) this.settle(waiter, code, null);
  }
}
