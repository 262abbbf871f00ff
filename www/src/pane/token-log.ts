// Counts what a pane's embeds went through: when they held no token that the service takes, and when they showed an
// error. It is told what the frames hold, and computes nothing about what a keeper or a loop should have done.
import type { TokenInterval } from "./api";

/** What one embed holds, as its frame says. */
export interface HeldToken {
  /** Of a kind the service takes here, whole, for this audience. */
  usable: boolean;
  expiresAt: number | null;
  /** Shows an error instead of its figures. */
  broken: boolean;
  /** Tells two tokens apart, and shows neither. */
  fingerprint: string | null;
}

/** A day at one refresh a minute is 1,440. */
const MAX_ENTRIES = 3_000;

export class TokenLog {
  withoutTokenMs = 0;
  brokenMs = 0;
  readonly tokens: TokenInterval[] = [];
  readonly broken: { from: number; to: number }[] = [];
  #at: number;
  #held: readonly HeldToken[] = [];
  #fingerprint: string | null = null;

  constructor(now: number) {
    this.#at = now;
  }

  /** The earliest end of what the embeds hold; null without embeds. */
  get validUntil(): number | null {
    return this.#held.length === 0
      ? null
      : Math.min(...this.#held.map(({ usable, expiresAt }) => (usable ? (expiresAt ?? Infinity) : -Infinity)));
  }

  get isBroken(): boolean {
    return this.#held.some(({ broken }) => broken);
  }

  /** Time has come to `at`, and the embeds held the same all the while. */
  moveTo(at: number, asleep = false): void {
    const from = this.#at;
    if (at <= from) return;
    this.#at = at;
    const until = this.validUntil;
    if (until === null) return;
    if (asleep) {
      this.#extend("asleep", from, at);
      return;
    }
    const end = Math.min(Math.max(until, from), at);
    if (end > from) this.#extend("valid", from, end);
    if (at > end) {
      this.#extend("none", end, at);
      this.withoutTokenMs += at - end;
    }
    if (!this.isBroken) return;
    this.brokenMs += at - from;
    const last = this.broken.at(-1);
    if (last?.to === from) last.to = at;
    else this.broken.push({ from, to: at });
  }

  /** From `at` on the embeds hold this. */
  holds(at: number, held: readonly HeldToken[]): void {
    this.moveTo(at);
    this.#held = held;
    const fingerprint = held.map((one) => one.fingerprint).join();
    // another token begins another stretch
    if (fingerprint !== this.#fingerprint) this.tokens.push({ kind: "valid", from: this.#at, to: this.#at });
    this.#fingerprint = fingerprint;
  }

  #extend(kind: TokenInterval["kind"], from: number, to: number): void {
    const last = this.tokens.at(-1);
    if (last?.to === from && last.kind === kind) last.to = to;
    else this.tokens.push({ kind, from, to });
    if (this.tokens.length > MAX_ENTRIES) this.tokens.shift();
  }
}
