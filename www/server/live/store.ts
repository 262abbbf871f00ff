// Keeps one embed token for as long as handing it out again does some good.
import type { EmbedToken } from "./powerbi";

// Somebody who asks by hand, or after the frame has refused a token, gets a new one; but not more often than this.
const URGENT = ["manual", "token-expired"];
const URGENT_EVERY_MS = 30_000;
// Whoever has no token at all is better off with one that ends soon than with an error, if it ends no sooner than this.
const LAST_RESORT_MS = 60_000;

interface StoredToken {
  token: EmbedToken;
  obtainedAt: number;
  expiresAt: number;
}

export class TokenStore {
  readonly #generate: () => Promise<EmbedToken>;
  readonly #now: () => number;
  #stored: StoredToken | null = null;
  #pending: Promise<EmbedToken> | null = null;

  constructor(generate: () => Promise<EmbedToken>, now: () => number) {
    this.#generate = generate;
    this.#now = now;
  }

  /** A token, with the same request to Microsoft for all who ask at once. */
  async get(reason: string): Promise<EmbedToken> {
    if (this.#stored && this.#isReusable(this.#stored, reason)) return this.#stored.token;
    try {
      return await (this.#pending ??= this.#fetch());
    } catch (error) {
      if (reason === "initial" && this.#stored && this.#stored.expiresAt - this.#now() > LAST_RESORT_MS)
        return this.#stored.token;
      throw error;
    }
  }

  /**
   * A keeper asks for the next token in the second half of this one's life, whatever its `leadMs` (ten minutes before
   * the end of an hour by default). To be given the same one again would help it nothing.
   */
  #isReusable({ obtainedAt, expiresAt }: StoredToken, reason: string): boolean {
    const now = this.#now();
    const young = expiresAt - now > (expiresAt - obtainedAt) / 2;
    return young && !(URGENT.includes(reason) && now - obtainedAt > URGENT_EVERY_MS);
  }

  async #fetch(): Promise<EmbedToken> {
    try {
      const token = await this.#generate();
      this.#stored = { token, obtainedAt: this.#now(), expiresAt: Date.parse(token.expiration) };
      return token;
    } finally {
      this.#pending = null;
    }
  }
}
