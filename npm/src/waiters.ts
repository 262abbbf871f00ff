import type { ErrorCode } from "./types.js";

/** Settles a caller's promise: with an error code or null, and with the token or its expiration. */
export type Settle = (code: ErrorCode | null, value: string | number | null) => void;

/** Callers that wait for an answer of the engine, by the number that the engine knows them by. */
export class Waiters {
  private readonly waiting = new Map<number, Settle>();

  add(waiter: number, settle: Settle): void {
    this.waiting.set(waiter, settle);
  }

  has(waiter: number): boolean {
    return this.waiting.has(waiter);
  }

  /** Answers a waiter, unless it has its answer already. */
  settle(waiter: number, ...answer: Parameters<Settle>): void {
    const settle = this.waiting.get(waiter);
    this.waiting.delete(waiter);
    settle?.(...answer);
  }

  rejectAll(code: ErrorCode): void {
    for (const waiter of [...this.waiting.keys()]) this.settle(waiter, code, null);
  }
}
