/** A token that one tab tells the others of its `shareKey`. */
export interface SharedToken {
  readonly token: string;
  readonly expiration: number;
  /** The content that it was requested for, each as a number. */
  readonly contents: readonly number[];
}

/** A tab looks at so many of another's contents: more than one page shows. */
const MAX_CONTENTS = 100;
/** No token is longer. */
const MAX_TOKEN_LENGTH = 65_536;

/**
 * The tabs of this origin with the same `shareKey`: a channel that carries a token which was just obtained, and a
 * lock that lets one of them ask at a time. Where the browser has neither, every tab is alone.
 *
 * A chunk of its own: a page without a `shareKey` loads none of it.
 */
export class Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel | undefined;
  #releaseLock = (): void => {};
  /** The message that this tab posted to itself last, and what to do when it arrives. */
  #barrier = { mark: "", arrived: (): void => {} };

  /** @param onToken called with a token that another tab obtained */
  static async join(shareKey: string, onToken: (token: SharedToken) => void): Promise<Tabs> {
    return new Tabs(`powerbi-token-keeper:${await hash(shareKey)}`, onToken);
  }

  private constructor(name: string, onToken: (token: SharedToken) => void) {
    this.#name = name;
    if (typeof BroadcastChannel === "undefined") return;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => {
      if (data === this.#barrier.mark) this.#barrier.arrived();
      else if (isSharedToken(data)) {
        const { token, expiration, contents } = data;
        onToken({ token, expiration, contents: contents.slice(0, MAX_CONTENTS) });
      }
    };
  }

  /** Waits for the lock; one that is held or waited for already is released. */
  acquireLock(acquired: () => void): void {
    this.releaseLock();
    const { locks } = navigator as Partial<Navigator>;
    if (locks === undefined) {
      acquired();
      return;
    }
    const request = new AbortController();
    const held = new Promise<void>((resolve) => {
      this.#releaseLock = () => {
        resolve();
        // a lock that was not granted yet never will be
        request.abort();
      };
    });
    const whileHeld = (): Promise<void> => {
      this.#afterPendingMessages(() => {
        if (!request.signal.aborted) acquired();
      });
      return held;
    };
    // refused, as in a sandboxed frame: then this tab is alone
    locks.request(this.#name, { signal: request.signal }, whileHeld).catch(() => {
      if (!request.signal.aborted) acquired();
    });
  }

  /**
   * Lock and channel keep no order between them, but the channel does: what the tab before had to tell arrives before
   * what this tab posts now. A timer would not do, since those of a hidden page come once a minute.
   */
  #afterPendingMessages(then: () => void): void {
    if (this.#channel === undefined) {
      then();
      return;
    }
    this.#barrier = { mark: `barrier ${crypto.getRandomValues(new Uint32Array(4))}`, arrived: then };
    // a channel does not hear itself
    const other = new BroadcastChannel(this.#name);
    other.postMessage(this.#barrier.mark);
    other.close();
  }

  /** Releases the lock, or stops waiting for it. */
  releaseLock(): void {
    this.#releaseLock();
    this.#releaseLock = () => {};
  }

  broadcast(token: SharedToken): void {
    this.#channel?.postMessage(token);
  }

  /** Releases the lock and closes the channel. */
  leave(): void {
    this.releaseLock();
    this.#channel?.close();
  }
}

/** Anybody of this origin may post to the channel, and anything. */
function isSharedToken(data: unknown): data is SharedToken {
  const { token, expiration, contents } = (data ?? {}) as Partial<SharedToken>;
  if (typeof token !== "string" || token.length > MAX_TOKEN_LENGTH) return false;
  if (typeof expiration !== "number" || !Array.isArray(contents)) return false;
  return contents.slice(0, MAX_CONTENTS).every((content) => typeof content === "number");
}

/** A hash of the key, which may name the user: every script of the origin sees the names of locks and channels. */
async function hash(shareKey: string): Promise<string> {
  const bytes = new TextEncoder().encode(shareKey);
  const { subtle } = crypto as Partial<Crypto>;
  // missing on a page without TLS, where there are no locks either
  const digest = subtle === undefined ? fnv1a(bytes) : new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** FNV-1a in four lanes of 32 bits. */
function fnv1a(bytes: Uint8Array): Uint8Array {
  const lanes = Uint32Array.from([1, 2, 3, 4], (lane) => {
    let hash = 0x811c9dc5 ^ lane;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash;
  });
  return new Uint8Array(lanes.buffer);
}
